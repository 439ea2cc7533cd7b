/* Moving and deleting arrivals: only what was judged, and killed at any point nothing is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "ledger_fixture.h"
#include "watch/arrival/dispose.h"
#include "watch/arrival/look.h"

#define URL "s3://archive/in"

struct world {
    char folder[64];
    struct acc_ledger *ledger;
    struct acc_loop loop;
};

static void shell(const struct world *world, const char *command)
{
    char line[512];
    snprintf(line, sizeof line, "cd %s && %s", world->folder, command);
    assert_int_equal(system(line), 0);
}

static bool is_there(const struct world *world, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", world->folder, name);
    return access(path, F_OK) == 0;
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    char path[128];
    struct acc_error err;
    strcpy(world->folder, "/tmp/acc-dispose-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    snprintf(path, sizeof path, "%s/.ledger.db", world->folder);
    assert_int_equal(acc_ledger_open(path, &world->ledger, &err), ACC_OK);
    assert_int_equal(acc_loop_init(&world->loop, &err), ACC_OK);
    shell(world, "mkdir -p bag/data/deep && echo 1 >bag/data/deep/a && echo 2 >bag/b");
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    char command[128];
    acc_ledger_close(world->ledger);
    acc_loop_release(&world->loop);
    snprintf(command, sizeof command, "rm -rf %s", world->folder);
    assert_int_equal(system(command), 0);
    free(world);
    return 0;
}

static struct acc_arrival_row judged(const struct world *world, enum acc_code code)
{
    static atomic_bool never;
    struct acc_sight sight;
    struct acc_error err;
    char path[128];
    snprintf(path, sizeof path, "%s/bag", world->folder);
    assert_int_equal(acc_sight_take(path, &never, NULL, NULL, &sight, &err), ACC_OK);
    return (struct acc_arrival_row){.folder = world->folder,
                                    .destination = URL,
                                    .name = "bag",
                                    .mark = code == ACC_OK ? ACC_MARK_ARCHIVED : ACC_MARK_REJECTED,
                                    .content = sight.content,
                                    .touched = sight.touched,
                                    .code = code,
                                    .run = "run-1",
                                    .reason = "",
                                    .receipt = ""};
}

static void on_done(struct acc_disposal *disposal)
{
    *(bool *)disposal->arg = true;
}

static enum acc_disposal_result dispose(struct world *world, enum acc_disposal_kind kind,
                                        struct acc_arrival_row row)
{
    bool done = false;
    struct acc_disposal disposal = {
        .kind = kind, .ledger = world->ledger, .row = row, .on_done = on_done, .arg = &done};
    acc_str_set(&disposal.text, "because\n");
    acc_dispose_start(&world->loop, &disposal);
    acc_loop_run(&world->loop);
    assert_true(done);
    acc_disposal_release(&disposal);
    return disposal.result;
}

static enum acc_arrival_mark mark_of(struct world *world, const char *run)
{
    struct acc_arrival_row row;
    struct acc_error err;
    bool found;
    assert_int_equal(
        acc_ledger_find_arrival(world->ledger, world->folder, URL, "bag", &row, &found, &err),
        ACC_OK);
    if (!found)
        return (enum acc_arrival_mark)0;
    assert_string_equal(row.run, run);
    return row.mark;
}

static void on_said(void *arg, const char *sentence)
{
    (void)sentence;
    ++*(unsigned *)arg;
}

/* Returns how many arrivals it said were put back. */
static unsigned recover(struct world *world)
{
    struct acc_error err;
    unsigned said = 0;
    assert_int_equal(acc_dispose_recover(world->ledger, world->folder, URL, on_said, &said, &err),
                     ACC_OK);
    return said;
}

static void test_moves_beside_its_reason(void **state)
{
    struct world *world = *state;
    assert_int_equal(dispose(world, ACC_DISPOSE_MOVE, judged(world, ACC_DIGEST)),
                     ACC_DISPOSAL_DONE);
    assert_false(is_there(world, "bag"));
    assert_true(is_there(world, "rejected/bag/bag/data/deep/a"));
    shell(world, "test \"$(cat rejected/bag/WHY.txt)\" = because");
    assert_int_equal(mark_of(world, "run-1"), ACC_MARK_LEFT);

    shell(world, "mkdir bag && echo 3 >bag/b"); /* another of the same name */
    assert_int_equal(dispose(world, ACC_DISPOSE_MOVE, judged(world, ACC_DIGEST)),
                     ACC_DISPOSAL_DONE);
    shell(world,
          "test \"$(cat rejected/bag~2/bag/b)\" = 3 && test \"$(cat rejected/bag/bag/b)\" = 2");

    shell(world, "mkdir bag && echo 4 >bag/b");
    assert_int_equal(dispose(world, ACC_DISPOSE_MOVE, judged(world, ACC_OK)), ACC_DISPOSAL_DONE);
    assert_true(is_there(world, "done/bag/bag/b"));
}

/* Whoever may write to the drop folder cannot lead the files elsewhere. */
static void test_moves_through_no_link(void **state)
{
    struct world *world = *state;
    shell(world, "mkdir elsewhere && ln -s elsewhere done");
    assert_int_equal(dispose(world, ACC_DISPOSE_MOVE, judged(world, ACC_OK)), ACC_DISPOSAL_FAILED);
    shell(world, "test -e bag/b && test -z \"$(ls elsewhere)\"");

    shell(world, "rm done && mkdir done && ln -s ../elsewhere done/bag");
    assert_int_equal(dispose(world, ACC_DISPOSE_MOVE, judged(world, ACC_OK)), ACC_DISPOSAL_DONE);
    shell(world, "test -e done/bag~2/bag/b && test -z \"$(ls elsewhere)\"");
}

/* A kill after WHY.txt was written and before the rename. */
static void test_takes_up_a_place_that_was_prepared(void **state)
{
    struct world *world = *state;
    shell(world, "mkdir -p done/bag && echo half >done/bag/RECEIPT.txt");
    assert_int_equal(dispose(world, ACC_DISPOSE_MOVE, judged(world, ACC_OK)), ACC_DISPOSAL_DONE);
    shell(world, "test \"$(cat done/bag/RECEIPT.txt)\" = because && test -e done/bag/bag/b");
    assert_false(is_there(world, "done/bag~2"));
}

static void test_leaves_alone_what_changed(void **state)
{
    struct world *world = *state;
    struct acc_arrival_row row = judged(world, ACC_OK);
    shell(world, "echo more >bag/data/new");
    assert_int_equal(dispose(world, ACC_DISPOSE_MOVE, row), ACC_DISPOSAL_DIFFERS);
    shell(world, "test -e bag/data/new && test -e bag/b && test ! -e done");
}

/* ---- deleting ---- */

static int64_t begin(struct world *world, char name[40])
{
    const struct acc_run_spec spec = {.kind = "ingest",
                                      .source = "/source",
                                      .destination = DESTINATION,
                                      .url = URL "/bag",
                                      .command = "accession ingest"};
    struct acc_error err;
    int64_t run = 0;
    assert_int_equal(acc_ledger_run_begin(world->ledger, &spec, &run, name, &err), ACC_OK);
    return run;
}

/* A run that has these files on record as archived, two bytes each. */
static void archive(struct world *world, char name[40], const char *const paths[])
{
    struct fixture f = {.ledger = world->ledger, .found = -1};
    f.run = begin(world, name);
    for (size_t i = 0; paths[i] != NULL; i++) {
        load_one(&f, entry_of(paths[i], "manifest-sha256.txt", i + 1, 1, 0));
        record(&f, archived_record(&f, row_of(&f, paths[i]).id, 1, 0, 2));
    }
    assert_int_equal(acc_ledger_run_end(f.ledger, f.run, ACC_OK, "{}", &f.err), ACC_OK);
}

static void test_deletes_what_is_on_record_as_archived(void **state)
{
    struct world *world = *state;
    char run[40];
    archive(world, run, (const char *const[]){"b", "data/deep/a", NULL});
    struct acc_arrival_row row = judged(world, ACC_OK);
    row.run = run;
    shell(world, "mkdir other && echo keep >other/file");
    assert_int_equal(dispose(world, ACC_DISPOSE_DELETE, row), ACC_DISPOSAL_DONE);
    assert_false(is_there(world, "bag"));
    assert_false(is_there(world, ".accession-deleting"));
    assert_true(is_there(world, "other/file"));
    assert_int_equal(mark_of(world, run), ACC_MARK_LEFT);
}

static void test_keeps_what_holds_anything_unarchived(void **state)
{
    struct world *world = *state;
    char run[40];
    archive(world, run, (const char *const[]){"b", "data/deep/a", NULL});
    shell(world, "echo list >bag/SHA256SUMS");
    struct acc_arrival_row row = judged(world, ACC_OK);
    row.run = run;
    assert_int_equal(dispose(world, ACC_DISPOSE_DELETE, row), ACC_DISPOSAL_KEPT);
    shell(world, "test -e bag/SHA256SUMS && test -e bag/b && test ! -e .accession-deleting");
    assert_int_equal(mark_of(world, run), ACC_MARK_KEPT);

    shell(world, "rm bag/SHA256SUMS && echo longer >bag/b"); /* not the size that is archived */
    row = judged(world, ACC_OK);
    row.run = run;
    assert_int_equal(dispose(world, ACC_DISPOSE_DELETE, row), ACC_DISPOSAL_KEPT);
    shell(world, "rm bag/b && ln -s data/deep/a bag/b");
    row = judged(world, ACC_OK);
    row.run = run;
    assert_int_equal(dispose(world, ACC_DISPOSE_DELETE, row), ACC_DISPOSAL_KEPT);
    assert_true(is_there(world, "bag/data/deep/a"));

    row.run = "no-such-run";
    assert_int_equal(dispose(world, ACC_DISPOSE_DELETE, row), ACC_DISPOSAL_FAILED);
    assert_true(is_there(world, "bag/data/deep/a"));
}

/* The record is of the file that was read for the name: never of another of the same size. */
static void test_keeps_the_twin_in_another_normal_form(void **state)
{
    struct world *world = *state;
    char run[40];
    archive(world, run, (const char *const[]){"b", "data/deep/a", "data/\u00e9", NULL});
    shell(world, "echo 3 >'bag/data/\u00e9' && echo 4 >'bag/data/e\u0301'");
    struct acc_arrival_row row = judged(world, ACC_OK);
    row.run = run;
    assert_int_equal(dispose(world, ACC_DISPOSE_DELETE, row), ACC_DISPOSAL_KEPT);
    assert_true(is_there(world, "bag/data/\u00e9"));
    assert_true(is_there(world, "bag/data/e\u0301"));

    shell(world, "rm 'bag/data/\u00e9'"); /* alone, it is the one that was read */
    row = judged(world, ACC_OK);
    row.run = run;
    assert_int_equal(dispose(world, ACC_DISPOSE_DELETE, row), ACC_DISPOSAL_DONE);
    assert_false(is_there(world, "bag"));
}

/* ---- recording ---- */

/* Whatever a child said: archived is what the ledger's outcomes show. */
static void test_records_as_archived_what_the_outcomes_prove(void **state)
{
    struct world *world = *state;
    struct fixture f = {.ledger = world->ledger, .found = -1};
    struct acc_arrival_row row = judged(world, ACC_OK);
    char run[40];
    row.run = "no-such-run";
    assert_int_equal(dispose(world, ACC_DISPOSE_RECORD, row), ACC_DISPOSAL_FAILED);
    row.run = "";
    assert_int_equal(dispose(world, ACC_DISPOSE_RECORD, row), ACC_DISPOSAL_FAILED);
    row.run = run;
    f.run = begin(world, run);
    assert_int_equal(dispose(world, ACC_DISPOSE_RECORD, row), ACC_DISPOSAL_FAILED); /* no entry */
    load_one(&f, entry_of("b", "manifest-sha256.txt", 1, 1, 0));
    assert_int_equal(dispose(world, ACC_DISPOSE_RECORD, row), ACC_DISPOSAL_FAILED); /* pending */
    assert_int_equal(mark_of(world, run), 0);
    record(&f, archived_record(&f, row_of(&f, "b").id, 1, 0, 2));
    assert_int_equal(acc_ledger_run_end(f.ledger, f.run, ACC_OK, "{}", &f.err), ACC_OK);
    assert_int_equal(dispose(world, ACC_DISPOSE_RECORD, row), ACC_DISPOSAL_DONE);
    assert_int_equal(mark_of(world, run), ACC_MARK_ARCHIVED);
    row.mark = ACC_MARK_REJECTED; /* a refusal needs no proof */
    row.run = "no-such-run";
    assert_int_equal(dispose(world, ACC_DISPOSE_RECORD, row), ACC_DISPOSAL_DONE);
}

/* ---- after a kill ---- */

/* Killed after the rename, before the ledger was reported: it goes back, to be verified again. */
static void test_puts_back_what_was_not_given_up(void **state)
{
    struct world *world = *state;
    struct acc_arrival_row row = judged(world, ACC_OK);
    char run[40];
    archive(world, run, (const char *const[]){"b", "data/deep/a", NULL});
    row.run = run;
    assert_int_equal(dispose(world, ACC_DISPOSE_RECORD, row), ACC_DISPOSAL_DONE);
    shell(world, "mkdir -p .accession-deleting/bag/taken && "
                 "mv bag .accession-deleting/bag/delivery");
    assert_int_equal(recover(world), 1);
    assert_true(is_there(world, "bag/data/deep/a"));
    assert_false(is_there(world, ".accession-deleting"));
    assert_int_equal(mark_of(world, run), ACC_MARK_ARCHIVED);
}

/* As an earlier version left it: nothing says which of it was judged. */
static void test_deletes_nothing_unseen(void **state)
{
    struct world *world = *state;
    struct acc_arrival_row row = judged(world, ACC_OK);
    row.mark = ACC_MARK_DELETING;
    assert_int_equal(dispose(world, ACC_DISPOSE_RECORD, row), ACC_DISPOSAL_DONE);
    shell(world, "mkdir .accession-deleting && mv bag .accession-deleting/ && "
                 "rm .accession-deleting/bag/b && echo late >.accession-deleting/bag/late");
    assert_int_equal(recover(world), 1);
    assert_true(is_there(world, "bag/late"));
    assert_true(is_there(world, "bag/data/deep/a"));
    assert_false(is_there(world, ".accession-deleting"));
}

static void test_never_overwrites_when_putting_back(void **state)
{
    struct world *world = *state;
    shell(
        world,
        "mkdir .accession-deleting && mv bag .accession-deleting/ && mkdir bag && echo new >bag/b");
    assert_int_equal(recover(world), 1);
    shell(world, "test \"$(cat bag/b)\" = new && test \"$(cat bag~2/b)\" = 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_moves_beside_its_reason, setup, teardown),
        cmocka_unit_test_setup_teardown(test_moves_through_no_link, setup, teardown),
        cmocka_unit_test_setup_teardown(test_takes_up_a_place_that_was_prepared, setup, teardown),
        cmocka_unit_test_setup_teardown(test_leaves_alone_what_changed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deletes_what_is_on_record_as_archived, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_keeps_what_holds_anything_unarchived, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keeps_the_twin_in_another_normal_form, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_records_as_archived_what_the_outcomes_prove, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_puts_back_what_was_not_given_up, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deletes_nothing_unseen, setup, teardown),
        cmocka_unit_test_setup_teardown(test_never_overwrites_when_putting_back, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
