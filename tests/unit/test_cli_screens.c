/* What people see of runs, compared to the letter with tests/data/screens/ (screens_support.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "cli/screen/progress.h"
#include "cli/render/render.h"
#include "cli/screen/report.h"
#include "../lib/played.h"
#include "screens_support.h"

struct view {
    unsigned width;
    bool quiet, color;
    const struct acc_glyphs *glyphs;
};

static struct acc_render *view_new(const struct view *view, FILE *out, FILE *err, const char *scene,
                                   const char *command)
{
    struct acc_screen screen = {.width = view->width, .color = view->color, .glyphs = view->glyphs};
    struct acc_render_setup setup = {.out = screen,
                                     .err = screen,
                                     .quiet = view->quiet,
                                     .source = scene,
                                     .url = "s3://wellcome-archive/digitised/b24967646",
                                     .command = command};
    setup.out.file = out;
    setup.err.file = err;
    return acc_render_terminal_new(&setup);
}

/* Everything that is written, standard error first. */
static void check_ingest(const char *name, const char *scene, struct view view)
{
    char *out_text, *err_text, command[128];
    size_t out_len, err_len;
    FILE *out = open_memstream(&out_text, &out_len), *err = open_memstream(&err_text, &err_len);
    struct acc_ingest_summary *summary = ACC_NEW(struct acc_ingest_summary);
    struct acc_error error = {0};
    snprintf(command, sizeof command,
             "accession ingest %s s3://wellcome-archive/digitised/b24967646", scene);
    struct acc_render *render = view_new(&view, out, err, scene, command);
    struct acc_ingest_options options = {.source = scene,
                                         .destination = render->setup.url,
                                         .on_event = acc_render_event,
                                         .arg = render};
    struct acc_str corrected = {0};
    acc_ingest(&options, summary, &error);
    acc_correct_command(&corrected, command, options.destination, &options, summary);
    render->setup.command = acc_str_cstr(&corrected);
    render->functions->ingest_done(render, summary, &error);
    acc_render_free(render);
    acc_str_release(&corrected);
    free(summary);
    fclose(out);
    fclose(err);

    struct acc_str all = {0};
    acc_str_addf(&all, "%s%s", err_text, out_text);
    compare_screen(name, acc_str_cstr(&all));
    acc_str_release(&all);
    free(out_text);
    free(err_text);
}

static const struct view standard = {.width = 80, .glyphs = &acc_glyphs_utf8};
static const struct view narrow = {.width = 40, .glyphs = &acc_glyphs_utf8};
static const struct view wide = {.width = 120, .glyphs = &acc_glyphs_utf8};
static const struct view ascii = {.width = 80, .glyphs = &acc_glyphs_ascii};
static const struct view quiet = {.width = 80, .quiet = true, .glyphs = &acc_glyphs_utf8};
static const struct view colored = {.width = 80, .color = true, .glyphs = &acc_glyphs_utf8};

static void test_ingest_screens(void **state)
{
    static const char *const scenes[] = {
        "done",        "again",      "crc-kept",    "crc-dropped",
        "no-checksum", "auto-some",  "auto-none",   "default-dropped",
        "refused",     "odd",        "unlisted",    "dry",
        "dry-compare", "dry-denied", "occupied",    "dry-missing",
        "lacking",     "many",       "denied",      "denied-with-failures",
        "quota",       "not-taken",  "credentials", "clock",
        "bucket",      "misplaced",  "unreachable", "server",
        "interrupted", "full",       "manifest"};
    for (size_t i = 0; i < ACC_COUNT_OF(scenes); i++)
        check_ingest(scenes[i], scenes[i], standard);
}

static void test_other_views(void **state)
{
    check_ingest("odd-40", "odd", narrow);
    check_ingest("refused-40", "refused", narrow);
    check_ingest("denied-40", "denied", narrow);
    check_ingest("denied-120", "denied", wide);
    check_ingest("occupied-40", "occupied", narrow);
    check_ingest("refused-ascii", "refused", ascii);
    check_ingest("refused-quiet", "refused", quiet);
    check_ingest("done-quiet", "done", quiet);
    check_ingest("denied-quiet", "denied", quiet);
    check_ingest("refused-color", "refused", colored);
}

static void check_verify(const char *name, const char *scene, struct view view)
{
    char *out_text, *err_text, command[128];
    size_t out_len, err_len;
    FILE *out = open_memstream(&out_text, &out_len), *err = open_memstream(&err_text, &err_len);
    struct acc_verify_summary *summary = ACC_NEW(struct acc_verify_summary);
    struct acc_error error = {0};
    snprintf(command, sizeof command,
             "accession verify %s s3://wellcome-archive/digitised/b24967646", scene);
    struct acc_render *render = view_new(&view, out, err, scene, command);
    struct acc_verify_options options = {
        .source = scene, .on_event = acc_render_event, .arg = render};
    acc_verify(&options, summary, &error);
    render->functions->verify_done(render, summary, &error);
    acc_render_free(render);
    free(summary);
    fclose(out);
    fclose(err);

    struct acc_str all = {0};
    acc_str_addf(&all, "%s%s", err_text, out_text);
    compare_screen(name, acc_str_cstr(&all));
    acc_str_release(&all);
    free(out_text);
    free(err_text);
}

static void test_verify_screens(void **state)
{
    check_verify("verify-as-promised", "as-promised", standard);
    check_verify("verify-stored", "stored", standard);
    check_verify("verify-slice", "slice", standard);
    check_verify("verify-differences", "differences", standard);
    check_verify("verify-many-missing", "many-missing", standard);
    check_verify("verify-local", "local", standard);
    check_verify("verify-halted", "halted", standard);
    check_verify("verify-not-begun", "not-begun", standard);
    check_verify("verify-interrupted", "interrupted", standard);
}

static void test_other_views_of_a_verification(void **state)
{
    check_verify("verify-differences-40", "differences", narrow);
    check_verify("verify-differences-120", "differences", wide);
    check_verify("verify-differences-ascii", "differences", ascii);
    check_verify("verify-differences-quiet", "differences", quiet);
    check_verify("verify-differences-color", "differences", colored);
    check_verify("verify-as-promised-quiet", "as-promised", quiet);
}

static void test_home_folder_is_a_tilde(void **state)
{
    setenv("HOME", "/var/lib/archive", 1);
    check_ingest("done-home", "done", standard);
    setenv("HOME", "/var/lib/arch", 1);
    check_ingest("done", "done", standard);
}

static void check_probe(const char *name, const char *url)
{
    char *out_text, *err_text;
    size_t out_len, err_len;
    FILE *out = open_memstream(&out_text, &out_len), *err = open_memstream(&err_text, &err_len);
    struct acc_probe_result result;
    struct acc_error error = {0};
    struct acc_render *render = view_new(&standard, out, err, "", "accession probe …");
    render->setup.url = url;
    acc_probe(NULL, NULL, url, NULL, &result, &error);
    render->functions->probe_done(render, &result, &error);
    acc_render_free(render);
    fclose(out);
    fclose(err);
    struct acc_str all = {0};
    acc_str_addf(&all, "%s%s", err_text, out_text);
    compare_screen(name, acc_str_cstr(&all));
    acc_str_release(&all);
    free(out_text);
    free(err_text);
}

static void test_probe_screens(void **state)
{
    check_probe("probe-accepted", "s3://archive/scans");
    check_probe("probe-denied", "s3://denied/a b");
    check_probe("probe-no-credentials", "s3://nobody");
}

/* A minute and more at a rate that grows, falls to nothing, and comes back. */
static void play_rates(struct acc_graph *graph)
{
    int64_t bytes = (int64_t)9 << 30; /* of an earlier run */
    for (int second = 3; second < 75; second++) {
        acc_graph_note(graph, second * 1000LL, bytes);
        bytes += second >= 50 && second < 58 ? 0 : (int64_t)(second % 40) << 24;
    }
}

static void check_progress(const char *name, unsigned width, const char *state,
                           const struct acc_glyphs *glyphs)
{
    struct acc_graph graph = {0};
    struct acc_progress progress;
    struct acc_lines lines = {0};
    struct acc_str all = {0};
    played_progress(&progress);
    play_rates(&graph);
    acc_progress_lines(&lines, &progress, &graph, state, width - 1, glyphs);
    for (unsigned i = 0; i < lines.count; i++)
        acc_str_addf(&all, "%s\n", lines.line[i].data);
    compare_screen(name, all.data);
    acc_str_release(&all);
    acc_lines_release(&lines);
}

static void test_progress(void **state)
{
    check_progress("progress-40", 40, "", &acc_glyphs_utf8);
    check_progress("progress-80", 80, "", &acc_glyphs_utf8);
    check_progress("progress-120", 120, "stopping", &acc_glyphs_utf8);
    check_progress("progress-ascii", 80, "", &acc_glyphs_ascii);
    check_progress("progress-console", 80, "", &acc_glyphs_console);
}

static void test_progress_without_a_source(void **state)
{
    struct acc_graph graph = {0};
    struct acc_progress progress;
    struct acc_lines lines = {0};
    played_progress(&progress);
    progress.activity = "Verifying";
    progress.source = "";
    progress.url = "s3://archive/b24967646";
    acc_progress_lines(&lines, &progress, &graph, "", 79, &acc_glyphs_utf8);
    assert_string_equal(lines.line[0].data, "Verifying  s3://archive/b24967646");
    acc_lines_release(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ingest_screens),
        cmocka_unit_test(test_other_views),
        cmocka_unit_test(test_verify_screens),
        cmocka_unit_test(test_other_views_of_a_verification),
        cmocka_unit_test(test_home_folder_is_a_tilde),
        cmocka_unit_test(test_probe_screens),
        cmocka_unit_test(test_progress),
        cmocka_unit_test(test_progress_without_a_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
