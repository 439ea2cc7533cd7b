/* The text of WHY.txt and RECEIPT.txt, which lie beside a delivery that was moved. Nothing fails.
 */
#include <string.h>

#include "base/clock.h"
#include "base/path.h"
#include "watch/watcher.h"

static void add_shown(struct acc_str *out, const char *before, const char *path)
{
    acc_str_add(out, before);
    acc_path_show(out, path, strlen(path));
    acc_str_add(out, "\n");
}

static void add_refusal(const struct acc_arrival *a, struct acc_str *out)
{
    add_shown(out, "\nWhy\n  ", acc_str_cstr(&a->verdict.message));
    if (a->verdict.reasons.len > 0)
        acc_str_addf(out, "\n%s", a->verdict.reasons.data);
    if (a->verdict.refused > ACC_RESULT_REASONS)
        acc_str_addf(out, "  and %llu more; the receipt lists all of them\n",
                     (unsigned long long)(a->verdict.refused - ACC_RESULT_REASONS));
    add_shown(out,
              "\nWhat to do\n"
              "  None of the files named above is visible in the bucket. Files that are not named\n"
              "  may be archived already, and are safe. Correct the delivery, or create it again,\n"
              "  and put it into the drop folder under the same name:\n    ",
              a->path);
    acc_str_add(out, "  accession then sends only what is missing.\n");
}

/* Says no more than the run's summary does. */
static void add_success(const struct acc_arrival *a, struct acc_str *out)
{
    unsigned long long files = a->verdict.files, sent = a->verdict.sent,
                       already = a->verdict.already;
    if (files > 0 && sent + already == files)
        acc_str_addf(
            out,
            "\nAll %llu files that its manifests name are in the bucket. Each was compared "
            "with its manifest:\n"
            "  %llu before they became visible, in this run\n"
            "  %llu found in the bucket from an earlier run, and the same there\n",
            files, sent, already);
    else
        acc_str_add(out, "\nIts run ended without an error. The receipt says for each file how its "
                         "content is known.\n");
}

void acc_why_write(const struct acc_arrival *a, struct acc_str *out)
{
    char time[ACC_TIME_TEXT];
    bool archived = a->verdict.code == ACC_OK;
    acc_time_show(acc_time_now(), time);
    acc_path_show(out, a->name, strlen(a->name));
    acc_str_addf(out, " was %s on %s UTC.\n", archived ? "archived" : "refused", time);
    if (archived)
        add_success(a, out);
    else
        add_refusal(a, out);
    add_shown(out, "\nWhere  ", a->url);
    if (a->verdict.run.len > 0)
        acc_str_addf(out, "Run    %s (accession report shows it)\n", a->verdict.run.data);
    if (a->verdict.receipt.len > 0)
        acc_str_add(out, "Proof  receipt.json, beside this file\n");
}
