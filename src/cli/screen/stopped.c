/* Runs that did not come to their end: halted, interrupted, or ended by an error. A run that never
 * began gets one line on standard error; the others a report: what is safe, what happened, what may
 * be the cause, how to go on. */
#include "cli/screen/report.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/path.h"

static void headline(struct acc_render_setup *setup, const struct acc_ingest_summary *s)
{
    struct acc_str text = {0};
    struct acc_screen *screen = &setup->out;
    const char *word = s->outcome == ACC_INTERRUPTED ? "Interrupted." : "Stopped:";
    if (s->outcome == ACC_REFUSED) {
        acc_str_add(&text, "s3://");
        acc_show_bucket(&text, setup->url);
        acc_str_add(&text, " refuses writes. ");
    } else if (s->outcome != ACC_INTERRUPTED) {
        acc_str_addf(&text, "%s. ", acc_code_text(s->outcome));
    }
    acc_str_add(&text, "Nothing is lost.");
    acc_screen_styled(screen, s->outcome == ACC_REFUSED ? ACC_BAD : ACC_WAITING, word);
    unsigned at = acc_text_width(word);
    acc_screen_paragraph(screen, at, at + 1, text.data);
    fputc('\n', screen->file);
    acc_str_release(&text);
}

static void count_line(struct acc_screen *screen, const char *label, unsigned long long count,
                       const char *remark)
{
    char digits[32];
    fprintf(screen->file, "  %-22s%7s %s%s\n", label, acc_show_count(count, digits),
            count == 1 ? "file" : "files", remark);
}

static void counts(struct acc_screen *screen, const struct acc_ingest_summary *s)
{
    char bytes[32];
    struct acc_str sent = {0};
    if (s->bytes_parked > 0)
        acc_str_addf(&sent, " (the %s already sent are kept)",
                     acc_show_bytes((double)s->bytes_parked, bytes));
    count_line(screen, "archived and verified", s->sent + s->already, "");
    count_line(screen, "parked, will resume", s->parked, acc_str_cstr(&sent));
    count_line(screen, "not started", s->not_begun, "");
    if (s->failed + s->conflicts > 0)
        count_line(screen, "refused", s->failed + s->conflicts, " (listed below)");
    if (s->outcome == ACC_REFUSED && s->written_after_refusal == 0)
        fputs("  changed since the refusal: nothing\n", screen->file);
    else if (s->outcome == ACC_REFUSED)
        count_line(screen, "written since the refusal", s->written_after_refusal, "");
    fputc('\n', screen->file);
    acc_str_release(&sent);
}

static void request_line(struct acc_str *out, const struct acc_halt *halt,
                         const struct acc_glyphs *glyphs)
{
    char time[ACC_TIME_TEXT];
    acc_str_addf(out, "%s %s%s%s ", halt->operation, halt->key, halt->key[0] ? " " : "",
                 glyphs->arrow);
    if (halt->status == 0)
        acc_str_add(out, "no answer");
    else
        acc_str_addf(out, "%d %s", halt->status, halt->s3_code);
    if (halt->at != 0)
        acc_str_addf(out, " at %s UTC", acc_time_show(halt->at, time));
    if (halt->status == 0 && halt->message[0] != '\0')
        acc_str_addf(out, ": %s", halt->message);
    /* Whole: it is what the storage's administrators ask for. */
    if (halt->request_id[0] != '\0')
        acc_str_addf(out, " (request %s)", halt->request_id);
}

static void probe_lines(struct acc_screen *screen, const struct acc_halt *halt)
{
    struct acc_str text = {0};
    if (halt->probed) {
        acc_str_add(&text, "a probe write (create, one byte, abort) was refused too");
        if (halt->probe_step[0] != '\0' && strcmp(halt->probe_step, halt->operation) != 0)
            acc_str_addf(&text, " at %s", halt->probe_step);
        acc_str_add(&text, halt->reads_work ? "; reading still works"
                                            : "; listing the bucket is refused as well");
        acc_report_field(screen, ACC_REPORT_COLUMN, "", text.data);
    }
    if (halt->open_probe[0] != '\0') {
        acc_str_clear(&text);
        acc_str_addf(&text,
                     "the probe's own upload could not be aborted. It is one byte long and "
                     "never visible: %s",
                     halt->open_probe);
        acc_report_field(screen, ACC_REPORT_COLUMN, "", text.data);
    }
    acc_str_release(&text);
}

static void what_happened(struct acc_render_setup *setup, const struct acc_ingest_summary *s,
                          const struct acc_error *err)
{
    struct acc_screen *screen = &setup->out;
    struct acc_str text = {0};
    if (s->halted && s->halt.operation[0] != '\0')
        request_line(&text, &s->halt, screen->glyphs);
    else if (err->message[0] != '\0')
        acc_str_add(&text, err->message);
    if (text.len > 0)
        acc_report_field(screen, ACC_REPORT_COLUMN, "What happened", text.data);
    if (s->halted && s->halt.status != 0 && s->halt.message[0] != '\0') {
        acc_str_clear(&text);
        acc_str_addf(&text, "the server says: %s", s->halt.message);
        acc_report_field(screen, ACC_REPORT_COLUMN, "", text.data);
    }
    if (s->halted) {
        probe_lines(screen, &s->halt);
        if (s->halt.advice[0] != '\0')
            acc_report_field(screen, ACC_REPORT_COLUMN, "", s->halt.advice);
    }
    acc_report_advice(setup, s->outcome, s->halt.s3_code);
    acc_str_release(&text);
}

static bool lacks_credentials(const struct acc_ingest_summary *s)
{
    return s->halted && strcmp(s->halt.s3_code, "NoCredentials") == 0;
}

/* Whether there is more to report than the reason. A manifest that cannot be read, or missing
 * credentials, need no report that lists zeros. */
static bool began(const struct acc_ingest_summary *s)
{
    return (s->halted && !lacks_credentials(s)) || s->outcome == ACC_INTERRUPTED ||
           s->sent + s->already + s->failed + s->conflicts + s->parked > 0;
}

/* One line: the reason and the next step, then what is safe. */
static void report_in_a_line(struct acc_render_setup *setup, const struct acc_error *err)
{
    struct acc_error reported = *err;
    size_t len = strlen(reported.message);
    if (len > 0)
        snprintf(reported.message + len, sizeof reported.message - len, "%s Nothing was sent.",
                 reported.message[len - 1] == '.' || reported.message[len - 1] == '?' ? "" : ".");
    acc_render_error(setup, &reported);
}

void acc_report_stopped(struct acc_render_setup *setup, const struct acc_ingest_summary *summary,
                        const struct acc_error *err, const struct acc_failures *failures)
{
    struct acc_screen *screen = &setup->out;
    if (!began(summary)) {
        report_in_a_line(setup, err);
        if (lacks_credentials(summary))
            acc_screen_paragraph(&setup->err, 0, 0,
                                 "To try it without a bucket of your own, run tools/quickstart in "
                                 "accession's source folder.");
        return;
    }
    struct acc_str receipt = {0};
    headline(setup, summary);
    counts(screen, summary);
    acc_failures_print(screen, failures, ACC_FAILURES_KEPT, summary->receipt);
    if (summary->outcome != ACC_INTERRUPTED)
        what_happened(setup, summary, err);
    if (summary->halted && strcmp(summary->halt.s3_code, "AccessDenied") == 0)
        acc_screen_verbatim(screen, 2, "More", ACC_REPORT_COLUMN, "man accession-readonly");
    acc_show_home_path(&receipt, summary->receipt);
    if (receipt.len > 0)
        acc_screen_verbatim(screen, 2, "Receipt", ACC_REPORT_COLUMN, receipt.data);
    acc_screen_verbatim(screen, 2, summary->outcome == ACC_INTERRUPTED ? "Continue" : "Afterwards",
                        ACC_REPORT_COLUMN, setup->command);
    acc_str_release(&receipt);
}
