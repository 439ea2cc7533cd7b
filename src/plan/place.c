/* A source that holds none of the files that its manifest names is another folder than the one that
 * was meant, or the manifest's paths begin elsewhere. This says which, if a look around shows it.
 */
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "base/str.h"
#include "plan/guess.h"
#include "plan/planning.h"

static void set_text(char *out, size_t size, const struct acc_str *text)
{
    snprintf(out, size, "%s", text->len < size ? acc_str_cstr(text) : "");
}

void acc_plan_hint(struct acc_planning *p)
{
    struct acc_plan *plan = p->plan;
    struct acc_str text = {0}, prefix = {0};
    struct acc_guess guess = {0};
    char files[32];
    if (p->windows == 0)
        acc_guess_place(plan->source, p->first_missing.data, &guess);
    acc_str_addf(&text, "None of the %s files in the manifest exist. The first, ",
                 acc_show_count(plan->coverage.listed, files));
    acc_path_show(&text, p->first_missing.data, p->first_missing.len);
    acc_str_addf(&text, ", is not in %s", plan->source->path);
    if (p->windows > 0) {
        plan->right_windows = true;
        acc_str_add(&text, ". The manifest separates folders by backslashes, as Windows does: pass "
                           "--windows-paths, and the files are found.");
    } else if (guess.prefix.len > 0) {
        if (plan->strip_prefix != NULL)
            acc_str_addf(&prefix, "%s/", plan->strip_prefix);
        acc_str_add(&prefix, guess.prefix.data);
        acc_str_add(&text, "; it is found with --strip-prefix ");
        acc_path_show(&text, prefix.data, prefix.len);
        acc_str_add(&text, ".");
    } else if (guess.folder.len > 0) {
        acc_str_add(&text, "; a file of that name is in ");
        acc_path_show(&text, guess.folder.data, guess.folder.len);
        acc_str_add(&text, ": give that as SOURCE.");
    } else {
        acc_str_add(&text,
                    ". Give as SOURCE the folder that the manifest's paths start from, or remove "
                    "the start of the paths with --strip-prefix.");
    }
    set_text(plan->hint, sizeof plan->hint, &text);
    set_text(plan->right_source, sizeof plan->right_source, &guess.folder);
    if (plan->strip_prefix == NULL)
        set_text(plan->right_prefix, sizeof plan->right_prefix, &prefix);
    acc_str_release(&text);
    acc_str_release(&prefix);
    acc_guess_release(&guess);
}
