/* What people see of answers from the ledger, of restores and of several sources, at three widths,
 * compared to the letter with tests/data/screens/ (screens_support.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "cli/screen/ask.h"
#include "cli/screen/overview.h"
#include "cli/screen/progress.h"
#include "cli/screen/report.h"
#include "cli/several_report.h"
#include "screens_support.h"

#define DAY (24 * 3600 * 1000LL)
#define LONG_URL                                                                                   \
    "s3://wellcome-archive/digitised/2026/accessions-of-the-photographic-collection/DEL-0412"

static int64_t at(const char *text)
{
    int64_t ms = 0;
    assert_true(acc_time_parse(text, &ms));
    return ms;
}

/* `show` writes to a terminal of each width. */
static void at_each_width(const char *name, void (*show)(struct acc_screen *screen))
{
    static const unsigned widths[] = {40, 80, 120};
    for (size_t i = 0; i < ACC_COUNT_OF(widths); i++) {
        char *text, file[64];
        size_t len;
        FILE *out = open_memstream(&text, &len);
        struct acc_screen screen = {
            .file = out, .width = widths[i], .terminal = true, .glyphs = &acc_glyphs_utf8};
        show(&screen);
        fclose(out);
        snprintf(file, sizeof file, "%s-%u", name, widths[i]);
        compare_screen(file, text);
        free(text);
    }
}

/* ---- list ---- */

static struct acc_status_destination bag(const char *url, uint64_t files)
{
    return (struct acc_status_destination){
        .url = url,
        .canonical = "https://s3.example.org/wellcome-archive/digitised/",
        .archived = files,
        .bytes_archived = (int64_t)files * 52000000,
        .first_archived = at("2026-05-01T10:00:00Z"),
        .last_archived = at("2026-05-01T10:04:11Z"),
        .last_checked = at("2026-09-12T02:30:00Z"),
        .last_read = at("2026-09-12T02:30:00Z"),
        .last_level = "read",
        .identifier = "",
        .copies = 1,
        .copies_verified = 1,
        .also_at = "",
    };
}

static void show_list(struct acc_screen *screen)
{
    struct acc_status_destination bags[] = {bag("s3://wellcome-archive/digitised/b24967646", 2001),
                                            bag(LONG_URL, 1204331), bag("s3://loans/1998-17", 0),
                                            bag("s3://w\xC3\xBCrzburg/\xE9\x95\xB7", 12)};
    struct acc_list_totals totals = {0};
    bags[1].different = 3;
    bags[2].reported = 40;
    bags[2].bytes_reported = 4000000;
    bags[2].last_archived = bags[2].last_checked = bags[2].last_read = 0;
    bags[2].last_level = "";
    bags[3].refused = 2;
    bags[3].withheld = 4;
    for (size_t i = 0; i < ACC_COUNT_OF(bags); i++) {
        acc_ask_bag(screen, &bags[i], i == 0);
        totals.bags++;
        totals.files += bags[i].archived;
        totals.bytes += bags[i].bytes_archived;
        totals.reported += bags[i].reported;
        totals.bytes_reported += bags[i].bytes_reported;
    }
    acc_ask_totals(screen, &totals);
}

static void test_list(void **state)
{
    at_each_width("list", show_list);
}

/* ---- find ---- */

static void show_hits(struct acc_screen *screen)
{
    const struct acc_hit hits[] = {
        {.entry = 1,
         .url = "s3://wellcome-archive/digitised/b24967646",
         .path = "data/objects/b24967646_0117.tif",
         .identifier = "",
         .archived = true,
         .size = 12582912,
         .at = at("2026-05-01T10:02:00Z"),
         .last_checked = at("2026-09-12T02:31:00Z"),
         .last_level = "read"},
        {.entry = 2,
         .url = LONG_URL,
         .path = "data/sheet-3.tif",
         .identifier = "",
         .archived = true,
         .size = 400,
         .at = at("2026-05-01T10:02:00Z"),
         .last_checked = at("2026-09-12T02:31:00Z"),
         .last_level = "stored",
         .last_code = ACC_DIFFERENCE},
        {.url = "s3://loans/1998-17",
         .path = "",
         .identifier = "EXT-1998-17 \xE2\x80\x93 loan",
         .reported = true,
         .last_level = ""},
    };
    for (size_t i = 0; i < ACC_COUNT_OF(hits); i++)
        acc_ask_hit(screen, &hits[i]);
}

static void test_find(void **state)
{
    at_each_width("find", show_hits);
}

/* ---- show ---- */

static void show_history(struct acc_screen *screen)
{
    struct acc_digests digests = {0};
    struct acc_chronicle event = {.kind = ACC_CHRONICLE_PROMISED,
                                  .at = at("2026-05-01T10:00:00Z"),
                                  .run = "2026-05-01T10-00-00Z-7f3a",
                                  .text = "manifest-sha256.txt",
                                  .etag = "",
                                  .version = "",
                                  .level = "",
                                  .proof = "",
                                  .checksum = "",
                                  .line = 118,
                                  .size = 12582912};
    for (size_t i = 0; i < ACC_SHA256_LEN; i++)
        digests.value[ACC_SHA256][i] = (uint8_t)(i * 7);
    digests.present = 1u << ACC_SHA256;
    event.digests = digests;
    acc_ask_event(screen, &event);
    event.kind = ACC_CHRONICLE_ARCHIVED;
    event.text = "sent";
    event.etag = "9b2f0c44d1a87a52c8d0e07bb1f641aa";
    event.version = "kQ9dL0xV1mS6u8kq3.J0nb5W7tYpE2aC";
    acc_ask_event(screen, &event);
    event = (struct acc_chronicle){.kind = ACC_CHRONICLE_CHECKED,
                                   .at = at("2026-09-12T02:31:00Z"),
                                   .run = "2026-09-12T02-30-00Z-11c0",
                                   .text = "newer version 3HL4 of 2026-09-01 lies on top of the "
                                           "archived one, which still exists",
                                   .etag = "",
                                   .version = "",
                                   .checksum = "",
                                   .level = "read",
                                   .proof = "full read",
                                   .code = ACC_DIFFERENCE,
                                   .size = -1};
    acc_ask_event(screen, &event);
}

static void test_show(void **state)
{
    at_each_width("show", show_history);
}

/* ---- status ---- */

static void show_status(struct acc_screen *screen)
{
    struct acc_status_destination one = bag("s3://wellcome-archive/digitised/b24967646", 1999);
    const struct acc_status_run run = {.name = "2026-09-12T02-30-00Z-11c0",
                                       .kind = "verify",
                                       .url = one.url,
                                       .started = at("2026-09-12T02:30:00Z"),
                                       .finished = at("2026-09-12T02:31:00Z"),
                                       .ended = true,
                                       .outcome = ACC_DIFFERENCE,
                                       .entries = 2001,
                                       .checked = 1999,
                                       .unchanged = 1996};
    one.last_read = one.last_checked = 0; /* else it says how long ago that is */
    one.refused = 2;
    one.withheld = 4;
    one.different = 3;
    one.due = 1204;
    one.copies = 2;
    one.also_at = "https://s3.second.example/second-archive/digitised/b24967646/";
    acc_report_destination(screen, &one, 90, NULL);
    acc_report_run(screen, &run, true);
}

static void test_status(void **state)
{
    at_each_width("status", show_status);
}

static void show_overview(struct acc_screen *screen)
{
    struct acc_overview page = {0};
    const struct acc_status_options options = {.due_days = 90};
    char urls[14][64];
    for (unsigned i = 0; i < ACC_COUNT_OF(urls); i++) {
        snprintf(urls[i], sizeof urls[i], "s3://wellcome-archive/digitised/b%08u", i * 7919);
        struct acc_status_destination one = bag(urls[i], 100 + i);
        one.last_read = one.last_checked = 0;
        one.different = i == 0 ? 3 : 0;
        one.refused = i == 1 ? 2 : 0;
        one.due = i < 5 ? 100 : 0;
        one.last_archived += i * DAY;
        acc_overview_add(&page, &one);
    }
    acc_overview_show(&page, screen, &options, false);
    acc_overview_release(&page);
}

static void test_overview(void **state)
{
    at_each_width("overview", show_overview);
}

/* ---- restore ---- */

static void restored(struct acc_screen *screen, const struct acc_restore_summary *summary,
                     const struct acc_error *err, bool refused)
{
    struct acc_failures failures = {0};
    struct acc_render_setup setup = {
        .out = *screen,
        .err = *screen,
        .url = summary->url,
        .command = "accession restore s3://wellcome-archive/digitised/b24967646 b24967646"};
    if (refused)
        acc_failures_add(&failures,
                         &(struct acc_file_event){.path = "data/objects/b24967646_0117.tif",
                                                  .key = "b24967646/data/b24967646_0117.tif",
                                                  .outcome = ACC_OUTCOME_FAILED,
                                                  .code = ACC_FILE_MISSING,
                                                  .reason = "is not in the bucket",
                                                  .size = -1},
                         screen->glyphs);
    acc_report_restore(&setup, summary, err, &failures);
    acc_failures_release(&failures);
}

static void show_restores(struct acc_screen *screen)
{
    struct acc_restore_summary *s = ACC_NEW(struct acc_restore_summary);
    struct acc_error err = {0};
    *s = (struct acc_restore_summary){.files = 2001,
                                      .selected = 2001,
                                      .restored = 2001,
                                      .bytes_read = 103829000000,
                                      .elapsed = 161000,
                                      .bags = 1,
                                      .bags_valid = 1,
                                      .from_ledger = true,
                                      .url = "s3://wellcome-archive/digitised/b24967646",
                                      .folder = "/srv/back/b24967646",
                                      .receipt = "/srv/receipts/2026-09-12T02-30-00Z-11c0.json"};
    restored(screen, s, &err, false);
    fputc('\n', screen->file);
    s->restored = 2000;
    s->failed = 1;
    s->bags = 0;
    s->outcome = acc_error_set(&err, ACC_FILE_MISSING, "1 file was not restored");
    restored(screen, s, &err, true);
    fputc('\n', screen->file);
    s->restored = 812;
    s->failed = 0;
    s->not_begun = 1189;
    s->outcome = acc_error_set(&err, ACC_UNREACHABLE,
                               "s3://wellcome-archive: the server cannot be reached (Connection "
                               "refused). What was restored is in the folder.");
    restored(screen, s, &err, false);
    free(s);
}

static void test_restore(void **state)
{
    at_each_width("restore", show_restores);
}

/* ---- several sources ---- */

static void one_of_several(struct acc_batch_options *batch, const char *source, int status,
                           const char *summary)
{
    struct acc_batch_run run = {.source = source, .said = ""};
    batch->on_begin(batch->arg, &run);
    batch->on_line(batch->arg, &run, summary, strlen(summary));
    run.status = status;
    batch->on_end(batch->arg, &run);
}

static void show_several(struct acc_screen *screen)
{
    struct acc_cli cli = {.out = screen->file,
                          .err = screen->file,
                          .command_line = "accession ingest --parallel 2 incoming/* archive:"};
    const struct acc_output_options output = {0};
    const struct acc_progress_options progress = {.hidden = true};
    const struct acc_batch_summary so_far = {.sources = 5};
    struct acc_several_report report;
    struct acc_batch_options batch = {0};
    acc_several_report_begin(&report, &cli, "ingest", &output, &progress);
    report.out.width = screen->width;
    acc_several_report_follow(&report, &batch, &so_far);
    one_of_several(&batch, "incoming/b24967646", 0,
                   "{\"type\":\"summary\",\"sent\":2001,\"bytes_archived\":103829000000}");
    one_of_several(&batch, "incoming/accessions-of-the-photographic-collection/DEL-0412", 1,
                   "{\"type\":\"summary\",\"run\":\"2026-09-12T02-30-00Z-11c0\",\"message\":\"1 of "
                   "12 files was refused\"}");
    one_of_several(&batch, "incoming/DEL-0413", 3,
                   "{\"type\":\"summary\",\"message\":\"s3://wellcome-archive: the destination "
                   "refuses writes (PutObject: 403 AccessDenied)\"}");
    acc_several_report_end(
        &report, &(struct acc_batch_summary){
                     .sources = 5, .succeeded = 1, .failed = 2, .not_begun = 2, .exit_status = 3});
    acc_several_report_release(&report);
}

static void test_several(void **state)
{
    at_each_width("several", show_several);
}

/* ---- what comes before the work ---- */

static void show_delayed(struct acc_screen *screen)
{
    struct acc_lines lines = {0};
    const struct acc_progress progress = {
        .url = LONG_URL, .retries = 4, .last_retry = "Connection refused", .elapsed = 12000};
    acc_progress_delayed(&lines, &progress, "Listing", screen->width - 1, screen->glyphs);
    for (unsigned i = 0; i < lines.count; i++)
        fprintf(screen->file, "%s\n", acc_str_cstr(&lines.line[i]));
    const struct acc_progress reading = {
        .url = "s3://archive/DEL-0412", .bytes_done = 5LL << 30, .elapsed = 21000};
    acc_progress_delayed(&lines, &reading, "Reading the package", screen->width - 1,
                         screen->glyphs);
    fputc('\n', screen->file);
    for (unsigned i = 0; i < lines.count; i++)
        fprintf(screen->file, "%s\n", acc_str_cstr(&lines.line[i]));
    acc_lines_release(&lines);
}

static void test_delayed(void **state)
{
    at_each_width("delayed", show_delayed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_list),     cmocka_unit_test(test_find),
        cmocka_unit_test(test_show),     cmocka_unit_test(test_status),
        cmocka_unit_test(test_overview), cmocka_unit_test(test_restore),
        cmocka_unit_test(test_several),  cmocka_unit_test(test_delayed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
