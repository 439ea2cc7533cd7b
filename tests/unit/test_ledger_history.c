/* What reports ask of a ledger: runs by name, what was parked when, what is due. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "sample_ledger.h"

#define ENTRIES 40
#define FAR_AWAY INT64_C(9000000000000) /* 2255 */

static char folder[] = "/tmp/acc-history-XXXXXX";
static char path[sizeof folder + 16];

struct world {
    struct acc_ledger *ledger;
    int64_t ingest, verify;
};

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    world->ledger = acc_sample_ledger(path, ENTRIES, &world->ingest);
    acc_sample_verification(world->ledger, ENTRIES, &world->verify);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    acc_ledger_close(world->ledger);
    free(world);
    return 0;
}

static void runs_are_found_by_name(void **state)
{
    struct world *world = *state;
    struct acc_run_info info;
    struct acc_error err;
    int64_t run = 0;
    assert_int_equal(acc_ledger_run_named(world->ledger, NULL, &run, &err), ACC_OK);
    assert_int_equal(run, world->verify);
    assert_int_equal(acc_ledger_run_info(world->ledger, world->ingest, &info, &err), ACC_OK);
    assert_int_equal(acc_ledger_run_named(world->ledger, info.name, &run, &err), ACC_OK);
    assert_int_equal(run, world->ingest);
    assert_int_equal(acc_ledger_run_named(world->ledger, "2", &run, &err), ACC_USAGE);
    assert_non_null(strstr(err.message, "several"));
    assert_int_equal(acc_ledger_run_named(world->ledger, "%", &run, &err), ACC_USAGE);
    assert_non_null(strstr(err.message, "no such run"));
    assert_int_equal(acc_ledger_run_named(world->ledger, "", &run, &err), ACC_USAGE);
    assert_int_equal(run, world->ingest);
    acc_run_info_release(&info);
}

static void run_info_is_what_was_begun(void **state)
{
    struct world *world = *state;
    struct acc_run_info info;
    struct acc_error err;
    assert_int_equal(acc_ledger_run_info(world->ledger, world->ingest, &info, &err), ACC_OK);
    assert_string_equal(info.kind, "ingest");
    assert_string_equal(info.source, "/delivery/b24967646");
    assert_string_equal(info.url, "s3://archive/digitised/b24967646");
    assert_true(info.ended);
    assert_int_equal(info.outcome, ACC_DIGEST);
    assert_true(info.finished >= info.started);
    acc_run_info_release(&info);
    acc_run_info_release(&info);
    assert_int_equal(acc_ledger_run_info(world->ledger, 99, &info, &err), ACC_LEDGER);
}

struct seen_runs {
    unsigned count;
    int64_t first;
};

static void on_run(void *arg, const struct acc_run_info *run)
{
    struct seen_runs *seen = arg;
    if (seen->count++ == 0)
        seen->first = run->id;
}

static void runs_come_newest_first_and_no_more_than_asked(void **state)
{
    struct world *world = *state;
    struct seen_runs seen = {0};
    struct acc_error err;
    assert_int_equal(acc_ledger_runs(world->ledger, 1, NULL, on_run, &seen, &err), ACC_OK);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.first, world->verify);
    seen = (struct seen_runs){0};
    assert_int_equal(acc_ledger_runs(world->ledger, 10, NULL, on_run, &seen, &err), ACC_OK);
    assert_int_equal(seen.count, 2);
}

static bool was_parked(struct world *world, int64_t run, const char *name)
{
    struct acc_row row;
    struct acc_error err;
    bool found, parked;
    assert_int_equal(acc_ledger_find(world->ledger, world->ingest, name, &row, &found, &err),
                     ACC_OK);
    assert_true(found);
    assert_int_equal(acc_ledger_was_parked(world->ledger, run, row.id, &parked, &err), ACC_OK);
    return parked;
}

/* A receipt that is written again must not claim that nothing had been sent. */
static void what_was_parked_stays_so_for_that_run(void **state)
{
    struct world *world = *state;
    struct acc_error err;
    struct acc_row row;
    bool found;
    assert_true(was_parked(world, world->ingest, "parked.mkv"));
    assert_false(was_parked(world, world->ingest, "later.tif"));
    acc_ledger_find(world->ledger, world->ingest, "parked.mkv", &row, &found, &err);
    usleep(2000); /* times are milliseconds: the upload must end after the run did */
    struct acc_record gone = {
        .kind = ACC_RECORD_UPLOAD_GONE, .run = world->ingest, .entry = row.id};
    acc_ledger_post(world->ledger, &gone);
    assert_int_equal(acc_ledger_flush(world->ledger, &err), ACC_OK);
    assert_true(was_parked(world, world->ingest, "parked.mkv"));
}

static void on_destination(void *arg, const struct acc_destination_info *destination)
{
    struct acc_destination_info *seen = arg;
    assert_null(seen->url);
    assert_string_equal(destination->url, "s3://archive/digitised/b24967646");
    *seen = *destination;
}

static struct acc_destination_info destination_of(struct world *world, int64_t due_before)
{
    struct acc_destination_info seen = {0};
    struct acc_error err;
    assert_int_equal(acc_ledger_destinations(world->ledger,
                                             &(struct acc_ledger_list){.due_before = due_before},
                                             on_destination, &seen, &err),
                     ACC_OK);
    assert_non_null(seen.url);
    return seen;
}

static void destinations_add_up(void **state)
{
    struct acc_destination_info seen = destination_of(*state, 0);
    assert_int_equal(seen.archived + seen.refused + seen.pending, ENTRIES);
    assert_int_equal(seen.refused, 2);
    assert_int_equal(seen.pending, 2);
    assert_int_equal(seen.parked, 1);
    assert_int_equal(seen.different, 1);
    /* The first five odd names were not read without a finding, nor was the one found. */
    assert_int_equal(seen.never_read, 6);
}

static void a_reading_puts_off_what_is_due(void **state)
{
    struct acc_destination_info seen = destination_of(*state, 0);
    assert_int_equal(seen.due, 0);
    assert_true(seen.last_read > 0 && seen.last_read == seen.last_checked);
    assert_int_equal(destination_of(*state, FAR_AWAY).due, seen.archived);
    /* After the day on which everything was archived; the day on which it was read back counts to
     * its end. */
    int64_t between = seen.last_read;
    assert_int_equal(destination_of(*state, between).due, seen.never_read);
}

/* When its last run ended, the standing of a destination was kept; without it, it is found again.
 */
static void what_is_kept_is_what_is_found(void **state)
{
    struct acc_destination_info kept = destination_of(*state, FAR_AWAY);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM standing; DELETE FROM day", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_total_changes(db) > 0, 1);
    sqlite3_close(db);
    struct acc_destination_info found = destination_of(*state, FAR_AWAY);
    kept.url = kept.canonical = kept.last_level = kept.identifier = kept.also_at = NULL;
    found.url = found.canonical = found.last_level = found.identifier = found.also_at = NULL;
    assert_memory_equal(&kept, &found, sizeof kept);
}

static void a_verification_counts_what_it_looked_at(void **state)
{
    struct world *world = *state;
    struct acc_error err;
    uint64_t checked = 0, unchanged = 0;
    assert_int_equal(
        acc_ledger_count_checked(world->ledger, world->verify, &checked, &unchanged, &err), ACC_OK);
    /* The sample leaves out its five special entries, and looks at all others but one. */
    assert_int_equal(checked, ENTRIES - 5 - 1);
    assert_int_equal(unchanged, checked - 2);
    assert_int_equal(
        acc_ledger_count_checked(world->ledger, world->ingest, &checked, &unchanged, &err), ACC_OK);
    assert_int_equal(checked, 0);
}

/* ---- which destinations are reported ---- */

#define ARCHIVED ACC_RECORD_KINDS

/* A run that names one file, and what became of it. */
struct played {
    const char *kind, *endpoint, *url, *path;
    enum acc_record_kind record; /* ARCHIVED, FAILED, DIFFERS, or NOTE: nothing */
    enum acc_code outcome;
    const char *source; /* NULL: "" */
};

static void play(struct acc_ledger *ledger, const struct played *played)
{
    char canonical[200], name[40];
    struct acc_run_spec spec = {.kind = played->kind,
                                .source = played->source != NULL ? played->source : "",
                                .destination = canonical,
                                .url = played->url,
                                .command = "accession"};
    struct acc_entry entry = {.path = played->path, .size = 1, .origin = "list", .line = 1};
    struct acc_ledger_load *load;
    struct acc_error err;
    struct acc_row row;
    enum acc_taken taken;
    bool found;
    int64_t run;
    snprintf(canonical, sizeof canonical, "%s%s/", played->endpoint, played->url + strlen("s3:/"));
    acc_digests_put(&entry.promised, ACC_SHA256, (const uint8_t[ACC_SHA256_LEN]){1});
    assert_int_equal(acc_ledger_run_begin(ledger, &spec, &run, name, &err), ACC_OK);
    assert_int_equal(acc_ledger_load_begin(ledger, run, &load, &err), ACC_OK);
    assert_int_equal(acc_ledger_load_add(load, &entry, -1, &taken, &err), ACC_OK);
    assert_int_equal(acc_ledger_load_end(load, true, &err), ACC_OK);
    assert_int_equal(acc_ledger_find(ledger, run, played->path, &row, &found, &err), ACC_OK);
    struct acc_record record = {.kind = played->record,
                                .run = run,
                                .entry = row.id,
                                .code = ACC_DIFFERENCE,
                                .reason = "",
                                .archived = {.digests = entry.promised,
                                             .size = 1,
                                             .etag = "",
                                             .version_id = "",
                                             .proof = ACC_GROUNDS_SENT,
                                             .checksum = "",
                                             .at = 1000},
                                .checked = {.level = "read", .proof = "", .at = 2000}};
    if (played->record == ARCHIVED)
        acc_sample_post_archived(ledger, &record);
    else if (played->record != ACC_RECORD_NOTE)
        acc_ledger_post(ledger, &record);
    assert_int_equal(acc_ledger_run_end(ledger, run, played->outcome, NULL, &err), ACC_OK);
}

static void add_reported(void *arg, const struct acc_destination_info *d)
{
    char *reported = arg;
    snprintf(reported + strlen(reported), 1000 - strlen(reported), "%s %d %d %d %d\n", d->canonical,
             (int)d->archived, (int)d->refused, (int)d->pending, (int)d->different);
}

typedef void (*each_destination)(void *arg, const struct acc_destination_info *destination);

static void expect_list(const struct played *runs, size_t count, int64_t due_before,
                        each_destination each, const char *expected)
{
    struct acc_ledger *ledger;
    struct acc_error err;
    char reported[1000] = "";
    unlink(path);
    assert_int_equal(acc_ledger_open(path, &ledger, &err), ACC_OK);
    for (size_t i = 0; i < count; i++)
        play(ledger, &runs[i]);
    const struct acc_ledger_list list = {.due_before = due_before};
    assert_int_equal(acc_ledger_destinations(ledger, &list, each, reported, &err), ACC_OK);
    acc_ledger_close(ledger);
    unlink(path);
    assert_string_equal(reported, expected);
}

/* What is reported after these runs: canonical, archived, refused, pending, different. */
static void expect_reported(const struct played *runs, size_t count, const char *expected)
{
    expect_list(runs, count, 0, add_reported, expected);
}

#define HERE "http://here"
#define THERE "http://there"

static void a_mistyped_name_is_not_reported_forever(void **state)
{
    static const struct played runs[] = {
        {"ingest", HERE, "s3://archve/a", "x", ACC_RECORD_NOTE, ACC_BUCKET, NULL},
        {"verify", HERE, "s3://nope/a", "x", ACC_RECORD_NOTE, ACC_BUCKET, NULL},
        {"ingest", THERE, "s3://archive/a", "x", ACC_RECORD_NOTE, ACC_UNREACHABLE, NULL},
        {"ingest", HERE, "s3://archive/a", "x", ARCHIVED, ACC_OK, NULL},
        /* Known to exist, or not known to be wrong: reported. */
        {"ingest", HERE, "s3://archive/b", "x", ACC_RECORD_FAILED, ACC_BUCKET, NULL},
        {"ingest", HERE, "s3://archive/c", "x", ARCHIVED, ACC_OK, NULL},
        {"ingest", HERE, "s3://archive/c", "y", ACC_RECORD_NOTE, ACC_BUCKET, NULL},
        {"ingest", HERE, "s3://archive/d", "x", ACC_RECORD_NOTE, ACC_UNREACHABLE, NULL},
        {"ingest", HERE, "s3://archive/e", "x", ACC_RECORD_NOTE, ACC_REFUSED, NULL},
    };
    expect_reported(runs, sizeof runs / sizeof runs[0],
                    "http://here/archive/a/ 1 0 0 0\n"
                    "http://here/archive/b/ 0 1 0 0\n"
                    "http://here/archive/c/ 1 0 1 0\n"
                    "http://here/archive/d/ 0 0 1 0\n"
                    "http://here/archive/e/ 0 0 1 0\n");
}

/* ---- copies ---- */

static void add_copies(void *arg, const struct acc_destination_info *d)
{
    char *reported = arg;
    snprintf(reported + strlen(reported), 1000 - strlen(reported), "%s %d of %d, also %s\n",
             d->canonical, (int)d->copies_verified, (int)d->copies, d->also_at);
}

#define A_AT(place) place "/archive/a/"
#define REPLICATED(place, path)                                                                    \
    {                                                                                              \
        "replicate", place, "s3://archive/a", path, ARCHIVED, ACC_OK, A_AT(HERE)                   \
    }

static void copies_are_counted_from_each_of_them(void **state)
{
    static const struct played runs[] = {
        {"ingest", HERE, "s3://archive/a", "x", ARCHIVED, ACC_OK, "/delivery/a"},
        {"ingest", HERE, "s3://archive/b", "x", ARCHIVED, ACC_OK, "/delivery/b"},
        REPLICATED(THERE, "x"),
        REPLICATED(THERE, "x"), /* the second run of a schedule makes no further copy */
    };
    expect_list(runs, sizeof runs / sizeof runs[0], 0, add_copies,
                A_AT(HERE) " 2 of 2, also " A_AT(THERE) "\n" A_AT(THERE) " 2 of 2, also " A_AT(
                    HERE) "\nhttp://here/archive/b/ 1 of 1, also \n");
}

/* A copy of a copy, and one that a lost original was made of again, belong to the same content. */
static void copies_of_copies_count(void **state)
{
    static const struct played runs[] = {
        {"ingest", HERE, "s3://archive/a", "x", ARCHIVED, ACC_OK, "/delivery/a"},
        REPLICATED(THERE, "x"),
        {"replicate", "http://far", "s3://archive/a", "x", ARCHIVED, ACC_OK, A_AT(THERE)},
        {"replicate", HERE, "s3://archive/a", "x", ARCHIVED, ACC_OK, A_AT(THERE)},
    };
    expect_list(
        runs, sizeof runs / sizeof runs[0], 0, add_copies,
        A_AT("http://far") " 3 of 3, also " A_AT(HERE) "\n" A_AT(THERE) "\n" A_AT(
            HERE) " 3 of 3, also " A_AT(THERE) "\n" A_AT("http://far") "\n" A_AT(THERE) " 3 of 3, "
                                                                                        "also"
                                                                                        " " A_AT(HERE) "\n" A_AT(
                                                                                            "http:/"
                                                                                            "/far") "\n");
}

static void a_copy_that_lacks_something_is_not_verified(void **state)
{
    static const struct played behind[] = {
        {"ingest", HERE, "s3://archive/a", "x", ARCHIVED, ACC_OK, "/delivery/a"},
        REPLICATED(THERE, "x"),
        {"ingest", HERE, "s3://archive/a", "y", ARCHIVED, ACC_OK, "/delivery/a"},
    };
    static const struct played different[] = {
        {"ingest", HERE, "s3://archive/a", "x", ARCHIVED, ACC_OK, "/delivery/a"},
        REPLICATED(THERE, "x"),
        {"verify", THERE, "s3://archive/a", "x", ACC_RECORD_DIFFERS, ACC_DIFFERENCE, NULL},
    };
    static const struct played refused[] = {
        {"ingest", HERE, "s3://archive/a", "x", ARCHIVED, ACC_OK, "/delivery/a"},
        {"replicate", THERE, "s3://archive/a", "x", ACC_RECORD_FAILED, ACC_DIGEST, A_AT(HERE)},
    };
    static const char one_of_two[] =
        A_AT(HERE) " 1 of 2, also " A_AT(THERE) "\n" A_AT(THERE) " 1 of 2, also " A_AT(HERE) "\n";
    expect_list(behind, 3, 0, add_copies, one_of_two);
    expect_list(different, 3, 0, add_copies, one_of_two);
    expect_list(refused, 2, 0, add_copies, one_of_two);
}

static void a_copy_that_is_due_is_not_verified(void **state)
{
    static const struct played runs[] = {
        {"ingest", HERE, "s3://archive/a", "x", ARCHIVED, ACC_OK, "/delivery/a"},
        REPLICATED(THERE, "x"),
    };
    expect_list(
        runs, 2, FAR_AWAY, add_copies,
        A_AT(HERE) " 0 of 2, also " A_AT(THERE) "\n" A_AT(THERE) " 0 of 2, also " A_AT(HERE) "\n");
}

/* The wrong list given once to a verification must not make an archive look damaged. */
static void what_only_a_verification_named_is_not_counted(void **state)
{
    static const struct played runs[] = {
        {"ingest", HERE, "s3://archive/a", "x", ARCHIVED, ACC_OK, NULL},
        {"verify", HERE, "s3://archive/a", "other", ACC_RECORD_DIFFERS, ACC_DIFFERENCE, NULL},
        {"ingest", HERE, "s3://archive/b", "x", ARCHIVED, ACC_OK, NULL},
        {"verify", HERE, "s3://archive/b", "x", ACC_RECORD_DIFFERS, ACC_DIFFERENCE, NULL},
        /* Where this ledger archived nothing, only verifications can be reported. */
        {"verify", HERE, "s3://archive/c", "x", ACC_RECORD_DIFFERS, ACC_DIFFERENCE, NULL},
    };
    expect_reported(runs, sizeof runs / sizeof runs[0],
                    "http://here/archive/a/ 1 0 0 0\n"
                    "http://here/archive/b/ 1 0 0 1\n"
                    "http://here/archive/c/ 0 0 0 1\n");
}

static void on_url(void *arg, const char *url, uint64_t files, int64_t bytes)
{
    char *urls = arg;
    snprintf(urls + strlen(urls), 200 - strlen(urls), "%s ", url);
}

static void destinations_are_found_below_a_bucket(void **state)
{
    static const struct played runs[] = {
        {"ingest", HERE, "s3://archive/b", "x", ARCHIVED, ACC_OK, NULL},
        {"ingest", HERE, "s3://archive/a", "x", ARCHIVED, ACC_OK, NULL},
        {"ingest", HERE, "s3://archive/c", "x", ACC_RECORD_FAILED, ACC_DIGEST, NULL},
        {"ingest", HERE, "s3://archive-2/a", "x", ARCHIVED, ACC_OK, NULL},
        {"ingest", THERE, "s3://archive/d", "x", ARCHIVED, ACC_OK, NULL},
    };
    struct acc_ledger *ledger;
    struct acc_error err;
    char urls[200] = "";
    unlink(path);
    assert_int_equal(acc_ledger_open(path, &ledger, &err), ACC_OK);
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++)
        play(ledger, &runs[i]);
    assert_int_equal(acc_ledger_archived_below(ledger, HERE "/archive/", on_url, urls, &err),
                     ACC_OK);
    acc_ledger_close(ledger);
    unlink(path);
    assert_string_equal(urls, "s3://archive/a s3://archive/b ");
}

static int make_folder(void **state)
{
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s/ledger.db", folder);
    return 0;
}

static int remove_folder(void **state)
{
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(runs_are_found_by_name),
        TEST(run_info_is_what_was_begun),
        TEST(runs_come_newest_first_and_no_more_than_asked),
        TEST(what_was_parked_stays_so_for_that_run),
        TEST(destinations_add_up),
        TEST(a_reading_puts_off_what_is_due),
        TEST(what_is_kept_is_what_is_found),
        TEST(a_verification_counts_what_it_looked_at),
        cmocka_unit_test(a_mistyped_name_is_not_reported_forever),
        cmocka_unit_test(what_only_a_verification_named_is_not_counted),
        cmocka_unit_test(copies_are_counted_from_each_of_them),
        cmocka_unit_test(copies_of_copies_count),
        cmocka_unit_test(a_copy_that_lacks_something_is_not_verified),
        cmocka_unit_test(a_copy_that_is_due_is_not_verified),
        cmocka_unit_test(destinations_are_found_below_a_bucket),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
