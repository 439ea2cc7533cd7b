/* The end of a restore, for people: what is in the folder, and what is not and why. */
#include "cli/screen/report.h"

#include <string.h>

#define FIELD 19

static void field(struct acc_screen *screen, const char *label, const char *text)
{
    struct acc_str shown = {0};
    acc_show_text(&shown, text);
    acc_screen_field(screen, 2, label, FIELD, acc_str_cstr(&shown));
    acc_str_release(&shown);
}

static void headline(struct acc_screen *screen, const struct acc_restore_summary *s)
{
    struct acc_str text = {0};
    char count[32], bytes[32], time[32], files[40];
    acc_str_addf(&text, "%s %s in ", acc_show_files(s->restored + s->already, files),
                 s->restored + s->already == 1 ? "is" : "are");
    acc_show_home_path(&text, s->folder);
    acc_str_addf(&text, ", compared with %s: %s restored",
                 s->from_ledger ? "what the ledger knows" : "the manifest",
                 acc_show_count(s->restored, count));
    if (s->already > 0)
        acc_str_addf(&text, ", %s there already", acc_show_count(s->already, count));
    if (s->failed + s->conflicts > 0)
        acc_str_addf(&text, ", %s NOT restored", acc_show_count(s->failed + s->conflicts, count));
    acc_str_addf(&text, " (%s read in %s)", acc_show_bytes((double)s->bytes_read, bytes),
                 acc_show_duration(s->elapsed, time));
    acc_screen_paragraph(screen, 0, 0, text.data);
    acc_str_release(&text);
}

static void dry_headline(struct acc_screen *screen, const struct acc_restore_summary *s)
{
    struct acc_str text = {0};
    char count[32], bytes[32], files[40];
    acc_str_addf(&text, "Dry run: %s (%s) would be restored to ", acc_show_files(s->would, files),
                 acc_show_bytes((double)s->would_bytes, bytes));
    acc_show_home_path(&text, s->folder);
    acc_str_addf(&text, ", %s there already", acc_show_count(s->already, count));
    if (s->failed + s->conflicts > 0)
        acc_str_addf(&text, ", %s could not be", acc_show_count(s->failed + s->conflicts, count));
    acc_screen_paragraph(screen, 0, 0, text.data);
    acc_str_release(&text);
}

/* Of many, how many; which one is not valid, and why, comes with it. */
static void bags(struct acc_screen *screen, const struct acc_restore_summary *s,
                 const struct acc_error *err)
{
    char all[32], valid[32];
    struct acc_str text = {0};
    if (s->bags == s->bags_valid && s->bags == 1)
        acc_str_set(&text, "valid, by its own manifests");
    else if (s->bags == s->bags_valid)
        acc_str_addf(&text, "all %s valid, by their own manifests", acc_show_count(s->bags, all));
    else
        acc_str_addf(&text, "NOT VALID (%s of the %s checked are): %s",
                     acc_show_count(s->bags_valid, valid), acc_show_count(s->bags, all),
                     err->message);
    field(screen, s->bags == 1 ? "bag" : "bags", acc_str_cstr(&text));
    acc_str_release(&text);
}

void acc_report_restore(struct acc_render_setup *setup, const struct acc_restore_summary *s,
                        const struct acc_error *err, const struct acc_failures *failures)
{
    struct acc_screen *screen = &setup->out;
    bool stopped = acc_code_exit(s->outcome) > 1;
    struct acc_str receipt = {0};
    char count[32];
    if (stopped || s->selected == 0 || s->outcome == ACC_FILE_KEY || s->outcome == ACC_COLD)
        acc_render_error(setup, err);
    if (s->selected == 0 || s->outcome == ACC_FILE_KEY)
        return;
    if (!setup->quiet && s->dry_run)
        dry_headline(screen, s);
    else if (!setup->quiet)
        headline(screen, s);
    acc_failures_print(screen, failures, ACC_FAILURES_KEPT, s->receipt);
    if (setup->quiet)
        return;
    if (s->not_begun > 0)
        field(screen, "not restored yet", acc_show_count(s->not_begun, count));
    if (s->bags > 0)
        bags(screen, s, err);
    acc_show_home_path(&receipt, s->receipt);
    if (receipt.len > 0)
        acc_screen_verbatim(screen, 2, "receipt", FIELD, receipt.data);
    acc_str_release(&receipt);
    if (stopped)
        acc_screen_verbatim(screen, 2, s->outcome == ACC_INTERRUPTED ? "go on" : "afterwards",
                            FIELD, setup->command);
}
