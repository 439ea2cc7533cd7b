/* Loading: what becomes of an entry that is offered once, twice, by two manifests, by two runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger_fixture.h"

#define SHA_MANIFEST "manifest-sha256.txt"
#define MD5_MANIFEST "manifest-md5.txt"

#define NFC_NAME "data/caf\xC3\xA9.tif"
#define NFD_NAME "data/cafe\xCC\x81.tif"

static void assert_names(const struct fixture *f, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strstr(f->err.message, *words) == NULL)
            fail_msg("'%s' is not in: %s", *words, f->err.message);
    assert_null(strchr(f->err.message, '\n'));
}
#define ASSERT_NAMES(f, ...) assert_names(f, (const char *const[]){__VA_ARGS__, NULL})

static void keeps_what_it_was_given(void **state)
{
    struct fixture *f = *state;
    struct acc_entry entry = entry_of("data/a.tif", SHA_MANIFEST, 7, 1, 2);
    entry.size = 1234;
    entry.role = ACC_ROLE_TAG;
    load_one(f, entry);
    struct acc_row row = row_of(f, "data/a.tif");
    assert_string_equal(row.entry.path, "data/a.tif");
    assert_string_equal(row.entry.origin, SHA_MANIFEST);
    assert_int_equal(row.entry.line, 7);
    assert_int_equal(row.entry.size, 1234);
    assert_int_equal(row.entry.role, ACC_ROLE_TAG);
    assert_int_equal(row.state, ACC_ENTRY_PENDING);
    assert_int_equal(row.entry.promised.present, entry.promised.present);
    assert_memory_equal(row.entry.promised.value[ACC_SHA256], entry.promised.value[ACC_SHA256], 32);
    assert_string_equal(row.reason, "");
    assert_false(row.fresh);
}

static void odd_names_come_back_as_they_were(void **state)
{
    static const char *const names[] = {
        "new\nline",
        "trailing ",
        " leading",
        "%25",
        "%",
        "a'b\"c\\d",
        "emoji \xF0\x9F\x93\x9C",
        "+&=;,#?~()[]!*",
        NFC_NAME,
        "data/\xEF\xBF\xBD",
        "\xC3\x80",
        "zero",
        "ZERO",
    };
    struct fixture *f = *state;
    char *key = acc_alloc(ACC_COUNT_OF(names) * 300);
    memset(key, 'k', 1024);
    for (size_t i = 200; i < 1024; i += 200)
        key[i] = '/';
    key[1024] = '\0';
    load_begin(f);
    for (size_t i = 0; i < ACC_COUNT_OF(names); i++)
        assert_false(add(f, entry_of(names[i], "m", i, (int)i + 1, 0)));
    assert_false(add(f, entry_of(key, "m", 99, 99, 0)));
    load_commit(f);
    for (size_t i = 0; i < ACC_COUNT_OF(names); i++) {
        struct acc_row row = row_of(f, names[i]);
        assert_string_equal(row.entry.path, names[i]);
        assert_int_equal(row.entry.promised.value[ACC_SHA256][0], i + 1);
    }
    assert_string_equal(row_of(f, key).entry.path, key);
    assert_int_equal(counts_of(f).entries, ACC_COUNT_OF(names) + 1);
    free(key);
}

static void two_manifests_merge(void **state)
{
    struct fixture *f = *state;
    struct acc_entry with_size = entry_of("a", "list.csv", 5, 0, 2);
    with_size.size = 10;
    load_begin(f);
    assert_false(add(f, entry_of("a", SHA_MANIFEST, 3, 1, 0)));
    assert_false(add(f, with_size));
    load_commit(f);
    struct acc_row row = row_of(f, "a");
    assert_true(acc_digests_has(&row.entry.promised, ACC_SHA256));
    assert_true(acc_digests_has(&row.entry.promised, ACC_MD5));
    assert_int_equal(row.entry.size, 10);
    assert_int_equal(counts_of(f).entries, 1);
}

enum { MANY = 300 };

static void name_of(char name[16], int i)
{
    snprintf(name, 16, "data/%04d", i);
}

static void load_in_order(struct fixture *f, int start, int step)
{
    char name[16];
    load_begin(f);
    for (int n = 0; n < MANY; n++) {
        int i = (start + n * step) % MANY, again = i - i % 9;
        name_of(name, i);
        assert_false(add(f, entry_of(name, SHA_MANIFEST, (uint64_t)i + 1, 1 + i % 250, 0)));
        if (i % 3 == 0) /* from another manifest, most of the time while its row is kept back */
            assert_false(add(f, entry_of(name, MD5_MANIFEST, (uint64_t)i + 1, 0, 1 + i % 250)));
        name_of(name, again);
        if (i == again) /* and in the same one */
            assert_true(add(f, entry_of(name, SHA_MANIFEST, (uint64_t)i + 5, 1 + i % 250, 0)));
    }
    assert_int_equal(acc_ledger_load_entries(f->load), MANY);
    load_commit(f);
}

static void assert_all_loaded(struct fixture *f)
{
    char name[16];
    bool named = false;
    assert_int_equal(counts_of(f).entries, MANY);
    for (int i = 0; i < MANY; i++) {
        name_of(name, i);
        struct acc_row row = row_of(f, name);
        assert_int_equal(row.entry.line, i + 1);
        assert_int_equal(row.entry.promised.value[ACC_SHA256][31], 1 + i % 250);
        assert_int_equal(acc_digests_has(&row.entry.promised, ACC_MD5), i % 3 == 0);
        assert_int_equal(row.state, ACC_ENTRY_PENDING);
        assert_int_equal(acc_ledger_names(f->ledger, f->run, name, &named, &f->err), ACC_OK);
        assert_true(named);
    }
}

/* Another half of the paths each time: every path has been asked of by up to three runs, and lies
 * beside some that no run named. */
static void load_a_half(struct fixture *f, int which)
{
    char name[16];
    load_begin(f);
    for (int i = which % 2; i < MANY; i += 1 + which) {
        name_of(name, i);
        assert_false(add(f, entry_of(name, SHA_MANIFEST, (uint64_t)i + 1, 251 + which, 0)));
    }
    load_commit(f);
    name_of(name, which % 2 + 1);
    bool named = false;
    assert_int_equal(acc_ledger_names(f->ledger, f->run, name, &named, &f->err), ACC_OK);
    assert_int_equal(named, which == 0);
    next_run(f);
}

/* Rows are kept back and inserted many at a time, those of a list in order without a look, or one
 * step from the last: whatever the order, wherever a path is named again, and whatever earlier runs
 * were asked, the tables end the same. */
static void many_in_any_order(void **state)
{
    static const struct {
        int start, step;
    } orders[] = {{0, 1}, {MANY - 1, MANY - 1}, {7, 7}, {150, 1}, {0, 67}};
    struct fixture *f = *state;
    for (size_t order = 0; order < 2 * ACC_COUNT_OF(orders); order++) {
        for (int which = 0; order % 2 == 1 && which < 3; which++)
            load_a_half(f, which);
        load_in_order(f, orders[order / 2].start, orders[order / 2].step);
        assert_all_loaded(f);
        next_run(f); /* the same again, which shares all promises */
        load_in_order(f, orders[order / 2].start, orders[order / 2].step);
        assert_all_loaded(f);
        fixture_teardown(state);
        fixture_setup(state);
        f = *state;
    }
}

/* Behind the last path of an earlier run, before it, and between. */
static void a_later_run_adds_to_the_paths_of_an_earlier_one(void **state)
{
    struct fixture *f = *state;
    char name[16];
    for (int run = 0; run < 3; run++) {
        if (run > 0)
            next_run(f);
        load_begin(f);
        for (int i = 100 - run * 50; i < 200 + run * 50; i++) {
            name_of(name, i);
            assert_false(add(f, entry_of(name, SHA_MANIFEST, (uint64_t)i + 1, 1, 0)));
        }
        load_commit(f);
        assert_int_equal(counts_of(f).entries, 100 + run * 100);
    }
    name_of(name, 199);
    assert_int_equal(row_of(f, name).entry.line, 200);
}

static void contradicting_digests_name_both_places(void **state)
{
    struct fixture *f = *state;
    load_begin(f);
    add(f, entry_of("data/a\nb", SHA_MANIFEST, 3, 1, 0));
    assert_int_equal(try_add(f, entry_of("data/a\nb", "list.csv", 5, 9, 0)), ACC_MANIFEST);
    ASSERT_NAMES(f, SHA_MANIFEST ":3", "list.csv:5", "data/a\\nb", "sha256", "0101010101",
                 "0909090909");
}

/* The second of three manifests gave the digest that the third contradicts. */
static void contradiction_names_the_manifest_that_said_it(void **state)
{
    struct fixture *f = *state;
    load_begin(f);
    add(f, entry_of("a", SHA_MANIFEST, 3, 1, 0));
    add(f, entry_of("a", MD5_MANIFEST, 4, 0, 2));
    assert_int_equal(try_add(f, entry_of("a", "list.csv", 5, 1, 8)), ACC_MANIFEST);
    ASSERT_NAMES(f, MD5_MANIFEST ":4", "list.csv:5", "md5");
    assert_null(strstr(f->err.message, SHA_MANIFEST));
}

/* Line 0: the file itself as found. It is not a line that somebody could correct. */
static void a_file_that_its_manifest_contradicts_is_named(void **state)
{
    struct fixture *f = *state;
    load_begin(f);
    add(f, entry_of("bag-info.txt", "bag-info.txt", 0, 1, 0));
    assert_int_equal(try_add(f, entry_of("bag-info.txt", SHA_MANIFEST, 5, 9, 0)), ACC_MANIFEST);
    ASSERT_NAMES(f, "'bag-info.txt' has sha256 0101", SHA_MANIFEST ":5 promises sha256 0909");
    assert_null(strstr(f->err.message, "bag-info.txt:0"));
}

static void contradicting_sizes_name_both_places(void **state)
{
    struct fixture *f = *state;
    struct acc_entry one = entry_of("a", "one.csv", 2, 1, 0),
                     two = entry_of("a", "two.csv", 8, 1, 0);
    one.size = 10;
    two.size = 11;
    load_begin(f);
    add(f, one);
    assert_int_equal(try_add(f, two), ACC_MANIFEST);
    ASSERT_NAMES(f, "one.csv:2", "two.csv:8", "size 10", "size 11");
}

static void a_found_size_is_no_promise(void **state)
{
    struct fixture *f = *state;
    struct acc_entry promises = entry_of("a", "list.csv", 8, 1, 0);
    promises.size = 11;
    load_begin(f);
    f->found = 10;
    add(f, entry_of("a", SHA_MANIFEST, 1, 1, 0));
    f->found = 20;
    add(f, entry_of("b", SHA_MANIFEST, 2, 1, 0));
    f->found = 30;
    add(f, promises);
    f->found = -1;
    load_commit(f);
    assert_int_equal(row_of(f, "a").entry.size, 11);
    struct acc_row measured = row_of(f, "b"); /* no manifest promises this size */
    assert_int_equal(measured.entry.size, -1);
    assert_int_equal(acc_row_size(&measured), 20);
    uint64_t entries;
    int64_t bytes;
    assert_int_equal(acc_ledger_count_asked(f->ledger, f->run, &entries, &bytes, &f->err), ACC_OK);
    assert_int_equal(entries, 2);
    assert_int_equal(bytes, 31);
    next_run(f);
    load_one(f, entry_of("b", SHA_MANIFEST, 2, 1, 0));
    assert_int_equal(row_of(f, "b").entry.size, -1);
}

static void repeated_in_one_manifest(void **state)
{
    struct fixture *f = *state;
    load_begin(f);
    assert_false(add(f, entry_of("a", SHA_MANIFEST, 1, 1, 0)));
    assert_true(add(f, entry_of("a", SHA_MANIFEST, 9, 1, 0)));
    assert_false(add(f, entry_of("a", MD5_MANIFEST, 1, 0, 2)));
    assert_true(add(f, entry_of("a", MD5_MANIFEST, 2, 0, 2)));
    assert_true(add(f, entry_of("a", SHA_MANIFEST, 12, 1, 0)));
    assert_int_equal(try_add(f, entry_of("a", SHA_MANIFEST, 13, 3, 0)), ACC_MANIFEST);
    ASSERT_NAMES(f, SHA_MANIFEST ":1 ", SHA_MANIFEST ":13");
}

/* A record of an earlier run is not a repetition, though the manifest's name is the same.
 */
static void a_rerun_repeats_nothing(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 3; i++) {
        load_begin(f);
        assert_false(add(f, entry_of("a", SHA_MANIFEST, 1, 1, 0)));
        assert_false(add(f, entry_of("a", MD5_MANIFEST, 1, 0, 1)));
        load_commit(f);
        assert_int_equal(counts_of(f).entries, 1);
        next_run(f);
    }
    assert_int_equal(counts_of(f).entries, 0);
}

static void the_later_role_counts(void **state)
{
    struct fixture *f = *state;
    struct acc_entry manifest = entry_of("m.txt", "tagmanifest-sha256.txt", 1, 1, 0);
    manifest.role = ACC_ROLE_MANIFEST;
    load_begin(f);
    add(f, entry_of("m.txt", "list.csv", 1, 1, 0));
    add(f, manifest);
    add(f, entry_of("m.txt", "other.csv", 1, 1, 0));
    load_commit(f);
    assert_int_equal(row_of(f, "m.txt").entry.role, ACC_ROLE_MANIFEST);
}

static void one_name_in_two_forms_is_refused(void **state)
{
    static const struct {
        const char *first, *second;
    } pairs[] = {
        {NFC_NAME, NFD_NAME},  {NFD_NAME, NFC_NAME},
        {"K", "\xE2\x84\xAA"}, /* KELVIN SIGN has the NFC form "K", which is ASCII */
        {"\xE2\x84\xAA", "K"}, {"q\xCC\xA3\xCC\x87", "q\xCC\x87\xCC\xA3"}, /* marks in two orders */
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ACC_COUNT_OF(pairs); i++) {
        load_begin(f);
        add(f, entry_of("x", SHA_MANIFEST, 1, 1, 0));
        add(f, entry_of(pairs[i].first, SHA_MANIFEST, 2, 1, 0));
        assert_int_equal(try_add(f, entry_of(pairs[i].second, "list.csv", 3, 1, 0)), ACC_MANIFEST);
        ASSERT_NAMES(f, SHA_MANIFEST ":2", "list.csv:3");
        assert_int_equal(acc_ledger_load_end(f->load, false, &f->err), ACC_OK);
        f->load = NULL;
    }
}

/* A delivery whose names were normalised anew is another set of keys, not a permanent error. */
static void forms_of_different_runs_do_not_clash(void **state)
{
    struct fixture *f = *state;
    load_one(f, entry_of(NFD_NAME, SHA_MANIFEST, 2, 1, 0));
    next_run(f);
    load_one(f, entry_of(NFC_NAME, SHA_MANIFEST, 2, 1, 0));
    assert_int_equal(counts_of(f).entries, 1);
    next_run(f);
    load_begin(f);
    add(f, entry_of(NFC_NAME, SHA_MANIFEST, 2, 1, 0));
    assert_int_equal(try_add(f, entry_of(NFD_NAME, SHA_MANIFEST, 3, 1, 0)), ACC_MANIFEST);
}

static void an_abandoned_load_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    load_begin(f);
    add(f, entry_of("a", SHA_MANIFEST, 1, 1, 0));
    assert_int_equal(acc_ledger_load_end(f->load, false, &f->err), ACC_OK);
    f->load = NULL;
    assert_int_equal(counts_of(f).entries, 0);
    struct acc_row row;
    bool found;
    assert_int_equal(acc_ledger_find(f->ledger, f->run, "a", &row, &found, &f->err), ACC_OK);
    assert_false(found);
}

static void a_load_with_an_error_cannot_be_committed(void **state)
{
    struct fixture *f = *state;
    load_begin(f);
    add(f, entry_of("a", SHA_MANIFEST, 1, 1, 0));
    assert_int_equal(try_add(f, entry_of("a", SHA_MANIFEST, 2, 2, 0)), ACC_MANIFEST);
    f->err = (struct acc_error){0};
    assert_int_equal(acc_ledger_load_end(f->load, true, &f->err), ACC_MANIFEST);
    f->load = NULL;
    ASSERT_NAMES(f, "contradict");
    assert_int_equal(counts_of(f).entries, 0);
    load_one(f, entry_of("a", SHA_MANIFEST, 1, 1, 0));
}

static void *load_elsewhere(void *arg)
{
    struct fixture *f = arg;
    load_begin(f);
    for (int i = 0; i < 1000; i++) {
        char path[16];
        snprintf(path, sizeof path, "f%d", i);
        add(f, entry_of(path, SHA_MANIFEST, (uint64_t)i, 1, 0));
    }
    const uint8_t digest[ACC_SHA256_LEN] = {7};
    assert_int_equal(acc_ledger_add_manifest(f->ledger, f->run, "m", "gnu", digest, &f->err),
                     ACC_OK);
    load_commit(f);
    return NULL;
}

static void loads_on_another_thread_while_the_owner_posts(void **state)
{
    struct fixture *f = *state;
    struct acc_record note = {.kind = ACC_RECORD_NOTE, .run = f->run, .reason = "seen"};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, load_elsewhere, f), 0);
    for (int i = 0; i < 10000; i++)
        post(f, &note);
    pthread_join(thread, NULL);
    assert_int_equal(acc_ledger_flush(f->ledger, &f->err), ACC_OK);
    assert_int_equal(acc_ledger_backlog(f->ledger), 0);
    assert_int_equal(counts_of(f).entries, 1000);
}

/* On the loading thread itself post must not wait for the load, however much is posted. */
static void posting_inside_a_load_does_not_wait(void **state)
{
    struct fixture *f = *state;
    struct acc_record note = {.kind = ACC_RECORD_NOTE, .run = f->run, .reason = "a remark"};
    load_begin(f);
    for (int i = 0; i < 20000; i++)
        post(f, &note);
    add(f, entry_of("a", SHA_MANIFEST, 1, 1, 0));
    load_commit(f);
    assert_int_equal(acc_ledger_flush(f->ledger, &f->err), ACC_OK);
}

/* ---- across runs ---- */

static void archive(struct fixture *f, const char *path, int sha256, int md5, int64_t size)
{
    record(f, archived_record(f, row_of(f, path).id, sha256, md5, size));
}

/* What was archived is known to later runs, and proves nothing by itself: the bucket is looked at.
 */
static void what_is_archived_is_known_to_later_runs(void **state)
{
    struct fixture *f = *state;
    load_one(f, entry_of("a", SHA_MANIFEST, 1, 1, 0));
    archive(f, "a", 1, 2, 10);
    int64_t first = f->run;
    assert_true(row_of(f, "a").fresh);
    next_run(f);
    load_one(f, entry_of("a", SHA_MANIFEST, 1, 1, 0));
    struct acc_row row = row_of(f, "a");
    assert_int_equal(row.state, ACC_ENTRY_PENDING);
    assert_int_equal(row.archived_run, first);
    record_already(f, "a");
    row = row_of(f, "a");
    assert_int_equal(row.state, ACC_ENTRY_ALREADY);
    assert_false(row.fresh);
    assert_int_equal(row.archived_run, first);
    assert_int_equal(row.archived.proof, ACC_GROUNDS_SENT);
    assert_int_equal(row.archived.size, 10);
    struct acc_ledger_counts counts = counts_of(f);
    assert_int_equal(counts.archived, 0);
    assert_int_equal(counts.already, 1);
    assert_int_equal(counts.bytes_archived, 10);
}

/* However an attempt ends, the object's facts stay, and the refused digest is not among them. */
static void an_attempt_changes_no_facts(void **state)
{
    struct fixture *f = *state;
    load_one(f, entry_of("a", SHA_MANIFEST, 1, 1, 0));
    archive(f, "a", 1, 2, 10);
    int64_t first = f->run;
    static const enum acc_record_kind kinds[] = {ACC_RECORD_CONFLICT, ACC_RECORD_FAILED};
    for (size_t i = 0; i < ACC_COUNT_OF(kinds); i++) {
        next_run(f);
        load_one(f, entry_of("a", SHA_MANIFEST, 8, 5, 0));
        record(f, (struct acc_record){.kind = kinds[i],
                                      .entry = row_of(f, "a").id,
                                      .code = ACC_CONFLICT,
                                      .reason = "other content"});
        struct acc_row row = row_of(f, "a");
        assert_int_equal(row.reason_code, ACC_CONFLICT);
        assert_int_equal(row.entry.promised.value[ACC_SHA256][0], 5);
        assert_int_equal(row.archived_run, first);
        assert_int_equal(row.archived.digests.value[ACC_SHA256][0], 1);
        assert_int_equal(row.archived.size, 10);
        assert_false(row.gone);
    }
    next_run(f);
    load_one(f, entry_of("a", SHA_MANIFEST, 8, 1, 0));
    assert_int_equal(row_of(f, "a").reason_code, ACC_OK);
    record_already(f, "a");
    assert_int_equal(counts_of(f).already, 1);
}

/* A key written once more with the same SHA-256 keeps the digests that only the first manifest
 * asked for; with another SHA-256 it has nothing of the earlier content. */
static void the_same_bytes_keep_every_digest(void **state)
{
    struct fixture *f = *state;
    load_one(f, entry_of("a", SHA_MANIFEST, 1, 1, 0));
    archive(f, "a", 1, 2, 10);
    static const struct {
        int sha256;
        bool has_md5;
    } then[] = {{1, true}, {3, false}};
    for (size_t i = 0; i < ACC_COUNT_OF(then); i++) {
        next_run(f);
        load_one(f, entry_of("a", SHA_MANIFEST, 1, then[i].sha256, 0));
        struct acc_record again = archived_record(f, row_of(f, "a").id, then[i].sha256, 2, 10);
        again.archived.digests.present &= ~(1u << ACC_MD5);
        record(f, again);
        struct acc_row row = row_of(f, "a");
        assert_int_equal(row.archived_run, f->run);
        assert_int_equal(row.archived.digests.value[ACC_SHA256][0], then[i].sha256);
        assert_int_equal(acc_digests_has(&row.archived.digests, ACC_MD5), then[i].has_md5);
    }
}

static void failed_and_conflict_are_tried_again(void **state)
{
    struct fixture *f = *state;
    load_begin(f);
    add(f, entry_of("a", SHA_MANIFEST, 1, 1, 0));
    add(f, entry_of("b", SHA_MANIFEST, 2, 1, 0));
    load_commit(f);
    record(f, (struct acc_record){.kind = ACC_RECORD_FAILED,
                                  .entry = row_of(f, "a").id,
                                  .code = ACC_FILE_MISSING,
                                  .reason = "gone"});
    record(f, (struct acc_record){.kind = ACC_RECORD_CONFLICT,
                                  .entry = row_of(f, "b").id,
                                  .code = ACC_CONFLICT,
                                  .reason = "other content"});
    struct acc_row row = row_of(f, "a");
    assert_int_equal(row.state, ACC_ENTRY_FAILED);
    assert_int_equal(row.reason_code, ACC_FILE_MISSING);
    assert_string_equal(row.reason, "gone");
    assert_int_equal(row_of(f, "b").state, ACC_ENTRY_CONFLICT);
    assert_int_equal(counts_of(f).failed, 1);
    assert_int_equal(counts_of(f).conflict, 1);
    next_run(f);
    load_begin(f);
    add(f, entry_of("a", SHA_MANIFEST, 1, 1, 0));
    add(f, entry_of("b", SHA_MANIFEST, 2, 1, 0));
    load_commit(f);
    assert_int_equal(row_of(f, "a").state, ACC_ENTRY_PENDING);
    assert_int_equal(row_of(f, "b").state, ACC_ENTRY_PENDING);
    assert_int_equal(counts_of(f).pending, 2);
}

/* A wrong digest in a manifest that is no longer given must not count against the file. */
static void only_this_runs_promises_count(void **state)
{
    struct fixture *f = *state;
    load_begin(f);
    add(f, entry_of("a", MD5_MANIFEST, 1, 0, 2));
    add(f, entry_of("a", "typo.txt", 1, 66, 0));
    load_commit(f);
    int64_t first = f->run;
    next_run(f);
    load_one(f, entry_of("a", MD5_MANIFEST, 1, 0, 2));
    struct acc_row row = row_of(f, "a");
    assert_false(acc_digests_has(&row.entry.promised, ACC_SHA256));
    assert_int_equal(row.entry.promised.value[ACC_MD5][0], 2);
    int64_t second = f->run;
    next_run(f);
    load_begin(f);
    add(f, entry_of("a", MD5_MANIFEST, 1, 0, 2));
    add(f, entry_of("a", SHA_MANIFEST, 1, 1, 0));
    load_commit(f);
    assert_int_equal(row_of(f, "a").entry.promised.value[ACC_SHA256][0], 1);
    /* Receipts of earlier runs stay as they were. */
    f->run = first;
    assert_int_equal(row_of(f, "a").entry.promised.value[ACC_SHA256][0], 66);
    f->run = second;
    assert_int_equal(row_of(f, "a").entry.promised.present, 1u << ACC_MD5);
}

static void destinations_do_not_mix(void **state)
{
    struct fixture *f = *state;
    load_one(f, entry_of("a", SHA_MANIFEST, 1, 1, 0));
    archive(f, "a", 1, 0, 10);
    const struct acc_run_spec spec = {.kind = "ingest",
                                      .source = "",
                                      .destination = "http://other/b/",
                                      .url = "s3://b/",
                                      .command = "accession"};
    char name[40];
    int64_t first = f->run;
    assert_int_equal(acc_ledger_run_begin(f->ledger, &spec, &f->run, name, &f->err), ACC_OK);
    load_one(f, entry_of("a", SHA_MANIFEST, 1, 9, 0));
    assert_int_equal(row_of(f, "a").state, ACC_ENTRY_PENDING);
    assert_int_equal(acc_ledger_run_end(f->ledger, f->run, ACC_OK, NULL, &f->err), ACC_OK);
    f->run = first;
    assert_int_equal(row_of(f, "a").state, ACC_ENTRY_ARCHIVED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(keeps_what_it_was_given),
        TEST(odd_names_come_back_as_they_were),
        TEST(two_manifests_merge),
        TEST(many_in_any_order),
        TEST(a_later_run_adds_to_the_paths_of_an_earlier_one),
        TEST(contradicting_digests_name_both_places),
        TEST(contradiction_names_the_manifest_that_said_it),
        TEST(a_file_that_its_manifest_contradicts_is_named),
        TEST(contradicting_sizes_name_both_places),
        TEST(a_found_size_is_no_promise),
        TEST(repeated_in_one_manifest),
        TEST(a_rerun_repeats_nothing),
        TEST(the_later_role_counts),
        TEST(one_name_in_two_forms_is_refused),
        TEST(forms_of_different_runs_do_not_clash),
        TEST(an_abandoned_load_leaves_nothing),
        TEST(a_load_with_an_error_cannot_be_committed),
        TEST(loads_on_another_thread_while_the_owner_posts),
        TEST(posting_inside_a_load_does_not_wait),
        TEST(what_is_archived_is_known_to_later_runs),
        TEST(an_attempt_changes_no_facts),
        TEST(the_same_bytes_keep_every_digest),
        TEST(failed_and_conflict_are_tried_again),
        TEST(only_this_runs_promises_count),
        TEST(destinations_do_not_mix),
    };
    return cmocka_run_group_tests_name("ledger: loading", tests, NULL, NULL);
}
