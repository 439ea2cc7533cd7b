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
#include "watch/arrival/away.h"

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
    strcpy(world->folder, "/tmp/acc-away-XXXXXX");
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
    assert_int_equal(acc_sight_take(path, &never, &sight, &err), ACC_OK);
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

static void on_done(struct acc_away *away)
{
    *(bool *)away->arg = true;
}

static enum acc_away_result put_away(struct world *world, enum acc_away_kind kind,
                                     struct acc_arrival_row row)
{
    bool done = false;
    struct acc_away away = {
        .kind = kind, .ledger = world->ledger, .row = row, .on_done = on_done, .arg = &done};
    acc_str_set(&away.why, "because\n");
    acc_away_start(&world->loop, &away);
    acc_loop_run(&world->loop);
    assert_true(done);
    acc_away_release(&away);
    return away.result;
}

static enum acc_arrival_mark mark_of(struct world *world)
{
    struct acc_arrival_row row;
    struct acc_error err;
    bool found;
    assert_int_equal(
        acc_ledger_find_arrival(world->ledger, world->folder, URL, "bag", &row, &found, &err),
        ACC_OK);
    if (!found)
        return (enum acc_arrival_mark)0;
    assert_string_equal(row.run, "run-1");
    return row.mark;
}

static void recover(struct world *world)
{
    struct acc_error err;
    assert_int_equal(acc_away_recover(world->ledger, world->folder, URL, &err), ACC_OK);
}

static void test_moves_beside_its_reason(void **state)
{
    struct world *world = *state;
    assert_int_equal(put_away(world, ACC_AWAY_MOVE, judged(world, ACC_DIGEST)), ACC_AWAY_DONE);
    assert_false(is_there(world, "bag"));
    assert_true(is_there(world, "rejected/bag/bag/data/deep/a"));
    shell(world, "test \"$(cat rejected/bag/WHY.txt)\" = because");
    assert_int_equal(mark_of(world), ACC_MARK_LEFT);

    shell(world, "mkdir bag && echo 3 >bag/b"); /* another of the same name */
    assert_int_equal(put_away(world, ACC_AWAY_MOVE, judged(world, ACC_DIGEST)), ACC_AWAY_DONE);
    shell(world,
          "test \"$(cat rejected/bag~2/bag/b)\" = 3 && test \"$(cat rejected/bag/bag/b)\" = 2");

    shell(world, "mkdir bag && echo 4 >bag/b");
    assert_int_equal(put_away(world, ACC_AWAY_MOVE, judged(world, ACC_OK)), ACC_AWAY_DONE);
    assert_true(is_there(world, "done/bag/bag/b"));
}

/* A kill after WHY.txt was written and before the rename. */
static void test_takes_up_a_place_that_was_prepared(void **state)
{
    struct world *world = *state;
    shell(world, "mkdir -p done/bag && echo half >done/bag/WHY.txt");
    assert_int_equal(put_away(world, ACC_AWAY_MOVE, judged(world, ACC_OK)), ACC_AWAY_DONE);
    shell(world, "test \"$(cat done/bag/WHY.txt)\" = because && test -e done/bag/bag/b");
    assert_false(is_there(world, "done/bag~2"));
}

static void test_leaves_alone_what_changed(void **state)
{
    struct world *world = *state;
    struct acc_arrival_row row = judged(world, ACC_OK);
    shell(world, "echo more >bag/data/new");
    assert_int_equal(put_away(world, ACC_AWAY_DELETE, row), ACC_AWAY_DIFFERS);
    assert_int_equal(put_away(world, ACC_AWAY_MOVE, row), ACC_AWAY_DIFFERS);
    shell(world, "test -e bag/data/new && test -e bag/b && test ! -e done");
}

static void test_deletes_the_whole_and_nothing_else(void **state)
{
    struct world *world = *state;
    shell(world, "mkdir other && echo keep >other/file && ln -s ../other bag/link");
    assert_int_equal(put_away(world, ACC_AWAY_DELETE, judged(world, ACC_OK)), ACC_AWAY_DONE);
    assert_false(is_there(world, "bag"));
    assert_false(is_there(world, ".accession-deleting"));
    assert_true(is_there(world, "other/file")); /* a symlink is removed, never followed */
    assert_int_equal(mark_of(world), ACC_MARK_LEFT);
}

/* Killed after the rename, before the ledger recorded it: it goes back, to be verified again. */
static void test_puts_back_what_was_not_given_up(void **state)
{
    struct world *world = *state;
    struct acc_arrival_row row = judged(world, ACC_OK);
    assert_int_equal(put_away(world, ACC_AWAY_RECORD, row), ACC_AWAY_DONE);
    shell(world, "mkdir .accession-deleting && mv bag .accession-deleting/");
    recover(world);
    assert_true(is_there(world, "bag/data/deep/a"));
    assert_false(is_there(world, ".accession-deleting"));
    assert_int_equal(mark_of(world), ACC_MARK_ARCHIVED);
}

/* Killed in the middle of deleting: half a folder must not come back as an arrival. */
static void test_ends_what_was_begun(void **state)
{
    struct world *world = *state;
    struct acc_arrival_row row = judged(world, ACC_OK);
    row.mark = ACC_MARK_DELETING;
    assert_int_equal(put_away(world, ACC_AWAY_RECORD, row), ACC_AWAY_DONE);
    shell(
        world,
        "mkdir .accession-deleting && mv bag .accession-deleting/ && rm .accession-deleting/bag/b");
    recover(world);
    assert_false(is_there(world, "bag"));
    assert_false(is_there(world, ".accession-deleting"));
    assert_int_equal(mark_of(world), ACC_MARK_LEFT);
}

static void test_never_overwrites_when_putting_back(void **state)
{
    struct world *world = *state;
    shell(
        world,
        "mkdir .accession-deleting && mv bag .accession-deleting/ && mkdir bag && echo new >bag/b");
    recover(world);
    shell(world, "test \"$(cat bag/b)\" = new && test \"$(cat .accession-deleting/bag/b)\" = 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_moves_beside_its_reason, setup, teardown),
        cmocka_unit_test_setup_teardown(test_takes_up_a_place_that_was_prepared, setup, teardown),
        cmocka_unit_test_setup_teardown(test_leaves_alone_what_changed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deletes_the_whole_and_nothing_else, setup, teardown),
        cmocka_unit_test_setup_teardown(test_puts_back_what_was_not_given_up, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ends_what_was_begun, setup, teardown),
        cmocka_unit_test_setup_teardown(test_never_overwrites_when_putting_back, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
