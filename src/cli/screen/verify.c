/* The findings of a verification, for people: first what is as promised and what that rests on,
 * then every problem on a line of its own, then what this level cannot see. */
#include "cli/screen/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define LABEL 10
#define COLUMN 29
#define FIELD 19
#define WIDEST_LINE 100

void acc_differences_add(struct acc_differences *problems, const struct acc_check_event *check,
                         const struct acc_glyphs *glyphs)
{
    struct acc_problem_list *list = &problems->of[check->finding];
    struct acc_str path = {0}, detail = {0};
    if (list->count == ACC_PROBLEMS_KEPT)
        return;
    if (list->kept == NULL)
        list->kept = acc_calloc(ACC_PROBLEMS_KEPT, sizeof *list->kept);
    acc_show_path(&path, check->path);
    acc_show_abridged(&detail, check->detail, glyphs);
    list->kept[list->count++] = (struct acc_problem){
        acc_str_detach(&path), detail.data != NULL ? acc_str_detach(&detail) : acc_strdup("")};
}

void acc_differences_release(struct acc_differences *problems)
{
    for (unsigned f = 0; f < ACC_FINDING_COUNT; f++) {
        struct acc_problem_list *list = &problems->of[f];
        for (unsigned i = 0; i < list->count; i++) {
            free(list->kept[i].path);
            free(list->kept[i].detail);
        }
        free(list->kept);
    }
    *problems = (struct acc_differences){0};
}

static void field(struct acc_screen *screen, const char *label, const char *text)
{
    struct acc_str shown = {0};
    acc_show_text(&shown, text);
    acc_screen_field(screen, 2, label, FIELD, acc_str_cstr(&shown));
    acc_str_release(&shown);
}

/* "  1,998  unchanged          " */
static void begin_row(struct acc_screen *screen, unsigned long long count, enum acc_style style,
                      const char *label)
{
    char digits[32];
    fprintf(screen->file, "%8s  ", acc_show_count(count, digits));
    acc_screen_styled(screen, style, label);
}

static void proof_rows(struct acc_screen *screen, const struct acc_verify_summary *s)
{
    for (unsigned proof = 0; proof < ACC_PROOF_COUNT; proof++) {
        struct acc_str text = {0};
        if (s->proofs[proof] == 0)
            continue;
        const char *label = acc_finding_text(ACC_FINDING_UNCHANGED);
        begin_row(screen, s->proofs[proof], ACC_GOOD, label);
        acc_str_addf(&text, "proof: %s", acc_proof_text((enum acc_proof)proof));
        acc_screen_paragraph(screen, LABEL + acc_text_width(label), COLUMN, text.data);
        acc_str_release(&text);
    }
}

/* The detail follows the path if there is room, else it goes below. A reason that many share is
 * shown once. Paths are never cut: the user is going to look for the object. */
static void problem_line(struct acc_screen *screen, unsigned at, const struct acc_problem *problem,
                         bool repeated)
{
    unsigned width = screen->width < WIDEST_LINE ? screen->width : WIDEST_LINE;
    unsigned here = COLUMN + acc_text_width(problem->path);
    fprintf(screen->file, "%*s%s", (int)(COLUMN - at), "", problem->path);
    if (problem->detail[0] == '\0' || repeated)
        fputc('\n', screen->file);
    else if (here + 3 + acc_text_width(problem->detail) <= width)
        acc_screen_paragraph(screen, here, here + 3, problem->detail);
    else
        acc_screen_paragraph(screen, LABEL + 3, LABEL + 2, problem->detail);
}

static void problem_rows(struct acc_screen *screen, const struct acc_verify_summary *s,
                         const struct acc_differences *problems, enum acc_finding finding)
{
    const struct acc_problem_list *list = &problems->of[finding];
    const char *label = acc_finding_text(finding);
    char digits[32];
    if (s->found[finding] == 0)
        return;
    bool waits = finding == ACC_FINDING_COLD || finding == ACC_FINDING_UNPROVEN;
    bool own_details = finding == ACC_FINDING_EXTRA; /* sizes, not reasons */
    begin_row(screen, s->found[finding], waits ? ACC_WAITING : ACC_BAD, label);
    unsigned at = LABEL + acc_text_width(label);
    for (unsigned i = 0; i < list->count; i++, at = 0)
        problem_line(screen, at, &list->kept[i],
                     i > 0 && !own_details &&
                         strcmp(list->kept[i].detail, list->kept[i - 1].detail) == 0);
    if (s->found[finding] > list->count)
        fprintf(screen->file, "%*sand %s more%s\n", (int)(list->count > 0 ? COLUMN : COLUMN - at),
                "", acc_show_count(s->found[finding] - list->count, digits),
                s->receipt[0] ? ": see the receipt" : "");
}

/* Files of the source, not objects: they came as notes, which have been shown already. */
static void unlisted_row(struct acc_screen *screen, const struct acc_verify_summary *s)
{
    const char *label = acc_finding_text(ACC_FINDING_EXTRA);
    if (s->unlisted == 0)
        return;
    begin_row(screen, s->unlisted, s->outcome == ACC_UNLISTED ? ACC_BAD : ACC_WAITING, label);
    acc_screen_paragraph(screen, LABEL + acc_text_width(label), COLUMN,
                         "in the folder, named in the notes");
}

static const char *word_of_success(const struct acc_verify_summary *s)
{
    if (s->selected > 0)
        return "Verified";
    return s->recent > 0 ? "Nothing is due" : "Nothing in this slice";
}

static void headline(struct acc_render_setup *setup, const struct acc_verify_summary *s)
{
    struct acc_screen *screen = &setup->out;
    struct acc_str text = {0};
    bool good = s->outcome == ACC_OK, ended = acc_code_exit(s->outcome) <= 1;
    const char *word = good                            ? word_of_success(s)
                       : ended                         ? "Checked"
                       : s->outcome == ACC_INTERRUPTED ? "Interrupted"
                                                       : "Stopped";
    acc_show_text(&text, s->url);
    acc_str_addf(&text, "   level: %s (%s)", acc_level_name(s->level),
                 acc_level_rests_on(s->level));
    if (s->destinations > 0)
        acc_str_addf(&text, ", %u destination%s below", s->destinations,
                     s->destinations == 1 ? "" : "s");
    acc_screen_styled(screen, good ? ACC_GOOD : ended ? ACC_BAD : ACC_WAITING, word);
    acc_screen_paragraph(screen, acc_text_width(word), acc_text_width(word) + 2, text.data);
    acc_str_release(&text);
}

static void coverage_field(struct acc_screen *screen, const struct acc_verify_summary *s)
{
    char all[40], some[32], count[32];
    struct acc_str text = {0};
    acc_show_files(s->files, all);
    if (s->checked == s->files)
        acc_str_addf(&text, "all of %s", all);
    else
        acc_str_addf(&text, "%s of %s", acc_show_count(s->checked, some), all);
    if (s->selected < s->files)
        acc_str_addf(&text, "; the schedule selects %s", acc_show_count(s->selected, count));
    if (s->recent > 0)
        acc_str_addf(&text, "; %s found as promised recently", acc_show_count(s->recent, count));
    if (s->carried > 0)
        acc_str_addf(&text, "; %s of these before the interruption",
                     acc_show_count(s->carried, count));
    field(screen, "checked", text.data);
    acc_str_release(&text);
}

static void effort_field(struct acc_screen *screen, const struct acc_verify_summary *s)
{
    char bytes[32], rate[32], time[32], requests[32];
    struct acc_str text = {0};
    acc_str_addf(&text, "%s", acc_show_duration(s->elapsed, time));
    if (s->bytes_read > 0)
        acc_str_addf(
            &text, ", %s read (%s/s)", acc_show_bytes((double)s->bytes_read, bytes),
            acc_show_bytes((double)s->bytes_read * 1000 / (double)(s->elapsed > 0 ? s->elapsed : 1),
                           rate));
    if (!s->local)
        acc_str_addf(&text, ", %s request%s, none a write", acc_show_count(s->requests, requests),
                     s->requests == 1 ? "" : "s");
    field(screen, "took", text.data);
    acc_str_release(&text);
}

static void blind_field(struct acc_screen *screen, const struct acc_verify_summary *s)
{
    struct acc_str text = {0};
    acc_str_add(&text, acc_level_blind_to(s->level));
    if (!s->local && !s->extra_known)
        acc_str_addf(&text, "%sobjects that no manifest names: not all keys were listed",
                     text.len > 0 ? "; " : "");
    if (s->destinations > 0)
        acc_str_addf(&text, "%sobjects outside %s", text.len > 0 ? "; " : "",
                     s->destinations == 1 ? "this destination" : "these destinations");
    if (s->checked < s->files)
        acc_str_addf(&text, "%sentries that were not selected or not reached",
                     text.len > 0 ? "; " : "");
    if (text.len > 0)
        field(screen, "not seen", text.data);
    acc_str_release(&text);
}

static void copies_field(struct acc_screen *screen, const struct acc_verify_summary *s)
{
    char all[32], some[32];
    struct acc_str text = {0};
    if (s->copies == 0)
        return;
    acc_str_addf(&text, "%s of %s copies verified within %d days",
                 acc_show_count(s->copies_verified, some), acc_show_count(s->copies, all),
                 ACC_VERIFY_DUE_DAYS);
    field(screen, "copies", text.data);
    acc_str_release(&text);
}

static void evidence(struct acc_screen *screen, const struct acc_verify_summary *s)
{
    struct acc_str text = {0};
    acc_show_abridged(&text, s->ledger_promised ? "what the ledger knows" : s->manifest,
                      screen->glyphs);
    if (s->manifest_count > 1)
        acc_str_addf(&text, " and %u more", s->manifest_count - 1);
    if (text.len > 0)
        field(screen, "promised by", text.data);
    coverage_field(screen, s);
    blind_field(screen, s);
    copies_field(screen, s);
    effort_field(screen, s);
    acc_str_clear(&text);
    acc_show_home_path(&text, s->receipt);
    if (text.len > 0)
        acc_screen_verbatim(screen, 2, "receipt", FIELD, text.data);
    acc_str_release(&text);
}

static void next_step(struct acc_screen *screen, const struct acc_verify_summary *s)
{
    struct acc_str text = {0};
    uint64_t other = s->found[ACC_FINDING_DIFFERENT] + s->found[ACC_FINDING_SIZE] +
                     s->found[ACC_FINDING_REPLACED];
    if (s->local || s->found[ACC_FINDING_MISSING] + other == 0)
        return;
    acc_str_add(&text, "Nothing was changed.");
    if (s->found[ACC_FINDING_MISSING] == s->files)
        acc_str_add(&text,
                    " None of the files is there. Perhaps they were archived to another prefix, or "
                    "the manifest's paths have a folder in front that the keys lack "
                    "(--strip-prefix).");
    else if (s->found[ACC_FINDING_MISSING] > 0)
        acc_str_add(&text, " What is missing, accession ingest sends again from its source.");
    if (other > 0)
        acc_str_add(&text, " Other content is never replaced: settle first which is right; an "
                           "archived version that still exists can be restored.");
    fputc('\n', screen->file);
    acc_screen_paragraph(screen, 0, 0, text.data);
    acc_str_release(&text);
}

void acc_report_verify(struct acc_render_setup *setup, const struct acc_verify_summary *summary,
                       const struct acc_error *err, const struct acc_differences *problems)
{
    struct acc_screen *screen = &setup->out;
    bool stopped = acc_code_exit(summary->outcome) > 1;
    if (stopped || summary->selected == 0)
        acc_render_error(setup, err);
    if (summary->checked == 0 && (stopped || summary->outcome != ACC_OK)) {
        if (summary->outcome != ACC_CREDENTIALS) /* its line says which, and what to set */
            acc_report_advice(setup, summary->outcome, "");
        return;
    }
    if (!setup->quiet) {
        headline(setup, summary);
        proof_rows(screen, summary);
    }
    for (unsigned finding = ACC_FINDING_UNCHANGED + 1; finding < ACC_FINDING_COUNT; finding++)
        problem_rows(screen, summary, problems, (enum acc_finding)finding);
    unlisted_row(screen, summary);
    if (setup->quiet)
        return;
    evidence(screen, summary);
    if (stopped)
        acc_report_advice(setup, summary->outcome, "");
    else
        next_step(screen, summary);
    if (stopped)
        acc_screen_verbatim(screen, 2, summary->outcome == ACC_INTERRUPTED ? "go on" : "afterwards",
                            FIELD, setup->command);
}
