/* Records, cursors, uploads: what was posted is there afterwards, in the order and state it should.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

#include "gate/gate.h"
#include "ledger_fixture.h"

static void load_sizes(struct fixture *f, const int64_t *sizes, size_t count)
{
    load_begin(f);
    for (size_t i = 0; i < count; i++) {
        char path[32];
        snprintf(path, sizeof path, "f%04zu", i);
        struct acc_entry entry = entry_of(path, "m", i + 1, 1, 0);
        entry.size = sizes[i];
        add(f, entry);
    }
    load_commit(f);
}

/* Draws everything, comparing paths with `expected`. */
static void assert_drawn(struct fixture *f, enum acc_entry_state state, enum acc_role role,
                         const char *const *expected, size_t count)
{
    struct acc_ledger_cursor *cursor;
    struct acc_row row;
    bool more;
    assert_int_equal(
        acc_ledger_draw_open(f->ledger, f->run, state, role, -1, INT64_MAX, &cursor, &f->err),
        ACC_OK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(acc_ledger_next(cursor, &row, &more, &f->err), ACC_OK);
        assert_true(more);
        assert_string_equal(row.entry.path, expected[i]);
        assert_int_equal(row.state, state);
    }
    assert_int_equal(acc_ledger_next(cursor, &row, &more, &f->err), ACC_OK);
    assert_false(more);
    acc_ledger_cursor_close(cursor);
}
#define ASSERT_DRAWN(f, state, role, ...)                                                          \
    assert_drawn(f, state, role, (const char *const[]){__VA_ARGS__},                               \
                 sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

#define MIB (INT64_C(1) << 20)

static void draws_unknown_then_large_then_small(void **state)
{
    struct fixture *f = *state;
    const int64_t sizes[] = {5, 3 * MIB, -1, 1000, 9000 * MIB, 0, -1, 4 * MIB};
    load_sizes(f, sizes, ACC_COUNT_OF(sizes));
    ASSERT_DRAWN(f, ACC_ENTRY_PENDING, ACC_ROLE_PAYLOAD, "f0002", "f0006", "f0004", "f0007",
                 "f0001", "f0000", "f0003", "f0005");
}

static void draws_one_role_and_one_state(void **state)
{
    struct fixture *f = *state;
    struct acc_entry tag = entry_of("bag-info.txt", "m", 1, 1, 0);
    tag.role = ACC_ROLE_TAG;
    load_begin(f);
    add(f, tag);
    add(f, entry_of("a", "m", 2, 1, 0));
    add(f, entry_of("b", "m", 3, 1, 0));
    load_commit(f);
    record(f, archived_record(f, row_of(f, "a").id, 1, 0, 3));
    ASSERT_DRAWN(f, ACC_ENTRY_PENDING, ACC_ROLE_TAG, "bag-info.txt");
    ASSERT_DRAWN(f, ACC_ENTRY_PENDING, ACC_ROLE_PAYLOAD, "b");
    ASSERT_DRAWN(f, ACC_ENTRY_ARCHIVED, ACC_ROLE_PAYLOAD, "a");
    assert_drawn(f, ACC_ENTRY_PENDING, ACC_ROLE_MANIFEST, NULL, 0);
}

/* Many pages, two cursors concurrently, entries changing state under them: each pending one exactly
 * once. */
static void draws_each_once_while_states_change(void **state)
{
    enum { COUNT = 1000 };
    struct fixture *f = *state;
    struct acc_ledger_cursor *cursor, *other;
    struct acc_row row, ignored;
    bool more, seen[COUNT] = {false};
    int64_t sizes[COUNT];
    for (int i = 0; i < COUNT; i++)
        sizes[i] = (i * 37 % 50) * MIB;
    load_sizes(f, sizes, COUNT);
    assert_int_equal(acc_ledger_draw_open(f->ledger, f->run, ACC_ENTRY_PENDING, ACC_ROLE_PAYLOAD,
                                          -1, INT64_MAX, &cursor, &f->err),
                     ACC_OK);
    assert_int_equal(acc_ledger_rows_open(f->ledger, f->run, &other, &f->err), ACC_OK);
    unsigned drawn = 0;
    while (acc_ledger_next(cursor, &row, &more, &f->err) == ACC_OK && more) {
        int number = atoi(row.entry.path + 1);
        assert_false(seen[number]);
        seen[number] = true;
        drawn++;
        struct acc_record done = archived_record(f, row.id, 1, 0, row.entry.size);
        post(f, &done);
        if (drawn % 100 == 0)
            assert_int_equal(acc_ledger_flush(f->ledger, &f->err), ACC_OK);
        if (drawn == 500)
            acc_ledger_cursor_close(other);
        else if (drawn < 500)
            assert_int_equal(acc_ledger_next(other, &ignored, &more, &f->err), ACC_OK);
    }
    acc_ledger_cursor_close(cursor);
    assert_int_equal(drawn, COUNT);
    assert_int_equal(acc_ledger_flush(f->ledger, &f->err), ACC_OK);
    assert_int_equal(counts_of(f).archived, COUNT);
    assert_int_equal(counts_of(f).pending, 0);
}

static void a_page_is_read_late_enough_to_pass_over_what_is_done(void **state)
{
    enum { COUNT = 600 };
    struct fixture *f = *state;
    struct acc_ledger_cursor *cursor;
    struct acc_row row;
    bool more;
    int64_t sizes[COUNT] = {0};
    load_sizes(f, sizes, COUNT);
    assert_int_equal(acc_ledger_draw_open(f->ledger, f->run, ACC_ENTRY_PENDING, ACC_ROLE_PAYLOAD,
                                          -1, INT64_MAX, &cursor, &f->err),
                     ACC_OK);
    assert_int_equal(acc_ledger_next(cursor, &row, &more, &f->err), ACC_OK);
    for (int i = 300; i < 599; i++) {
        char path[16];
        snprintf(path, sizeof path, "f%04d", i);
        struct acc_record done = archived_record(f, row_of(f, path).id, 1, 0, 0);
        post(f, &done);
    }
    assert_int_equal(acc_ledger_flush(f->ledger, &f->err), ACC_OK);
    char last[16] = "";
    int drawn = 1;
    while (acc_ledger_next(cursor, &row, &more, &f->err) == ACC_OK && more) {
        snprintf(last, sizeof last, "%.15s", row.entry.path);
        drawn++;
    }
    acc_ledger_cursor_close(cursor);
    assert_string_equal(last, "f0599");
    assert_int_equal(drawn, 301);
}

static void rows_come_in_path_order(void **state)
{
    static const char *const sorted[] = {
        "A", "a", "a b", "a-b", "a/b", "a0", "z", "\xC3\xA9", "\xF0\x9F\x93\x9C"};
    struct fixture *f = *state;
    struct acc_ledger_cursor *cursor;
    struct acc_row row;
    bool more;
    load_begin(f);
    for (size_t i = ACC_COUNT_OF(sorted); i-- > 0;)
        add(f, entry_of(sorted[i], "m", i, 1, 0));
    load_commit(f);
    record(f, archived_record(f, row_of(f, "z").id, 1, 2, 77));
    assert_int_equal(acc_ledger_rows_open(f->ledger, f->run, &cursor, &f->err), ACC_OK);
    for (size_t i = 0; i < ACC_COUNT_OF(sorted); i++) {
        assert_int_equal(acc_ledger_next(cursor, &row, &more, &f->err), ACC_OK);
        assert_true(more);
        assert_string_equal(row.entry.path, sorted[i]);
        if (strcmp(sorted[i], "z") == 0) {
            assert_true(row.fresh);
            assert_int_equal(row.archived.size, 77);
            assert_int_equal(row.archived.part_size, 8 << 20);
            assert_int_equal(row.archived.duration, 12);
            assert_string_equal(row.archived.etag, "etag");
            assert_string_equal(row.archived.version_id, "version");
            assert_int_equal(row.archived.digests.present, 1u << ACC_SHA256 | 1u << ACC_MD5);
        }
    }
    assert_int_equal(acc_ledger_next(cursor, &row, &more, &f->err), ACC_OK);
    assert_false(more);
    acc_ledger_cursor_close(cursor);
}

/* Each run's rows are as that run left them, whatever later runs do with the entries. */
/* However many there are, each comes once, whether the rows are drawn or read along the index. */
static void a_page_ends_where_the_next_begins(void **state)
{
    typedef enum acc_code opener(struct acc_ledger *, int64_t, struct acc_ledger_cursor **,
                                 struct acc_error *);
    static opener *const openers[] = {acc_ledger_rows_open, acc_ledger_draw_rows};
    struct fixture *f = *state;
    int64_t sizes[257] = {0};
    for (size_t count = 127; count <= 257; count = count == 129 ? 255 : count + 1) {
        next_run(f);
        load_sizes(f, sizes, count);
        for (size_t way = 0; way < ACC_COUNT_OF(openers); way++) {
            struct acc_ledger_cursor *cursor;
            struct acc_row row;
            bool more = true;
            size_t seen = 0;
            assert_int_equal(openers[way](f->ledger, f->run, &cursor, &f->err), ACC_OK);
            while (acc_ledger_next(cursor, &row, &more, &f->err) == ACC_OK && more)
                assert_int_equal(atoi(row.entry.path + 1), seen++);
            assert_false(more);
            assert_int_equal(seen, count);
            acc_ledger_cursor_close(cursor);
        }
    }
}

static void an_old_runs_rows_stay(void **state)
{
    struct fixture *f = *state;
    load_one(f, entry_of("a", "m", 1, 1, 0));
    record(f, (struct acc_record){.kind = ACC_RECORD_FAILED,
                                  .entry = row_of(f, "a").id,
                                  .code = ACC_DIGEST,
                                  .reason = "differs"});
    int64_t first = f->run;
    next_run(f);
    load_one(f, entry_of("a", "m", 1, 1, 0));
    record(f, archived_record(f, row_of(f, "a").id, 1, 0, 10));
    int64_t second = f->run;
    next_run(f);
    load_one(f, entry_of("a", "m", 1, 1, 0));
    record(f, (struct acc_record){
                  .kind = ACC_RECORD_MISSED, .entry = row_of(f, "a").id, .checked.gone = true});
    assert_true(row_of(f, "a").gone);
    assert_int_equal(row_of(f, "a").state, ACC_ENTRY_PENDING);
    record(f, archived_record(f, row_of(f, "a").id, 1, 0, 20));
    assert_false(row_of(f, "a").gone);
    assert_int_equal(row_of(f, "a").archived.size, 20);
    assert_int_equal(row_of(f, "a").reason_code, ACC_OK);
    assert_string_equal(row_of(f, "a").reason, "");
    assert_true(row_of(f, "a").fresh);
    assert_int_equal(counts_of(f).already, 0);

    f->run = first;
    struct acc_row row = row_of(f, "a");
    assert_int_equal(row.state, ACC_ENTRY_FAILED);
    assert_int_equal(row.reason_code, ACC_DIGEST);
    assert_string_equal(row.reason, "differs");
    assert_int_equal(row.archived_run, 0);
    f->run = second;
    row = row_of(f, "a");
    assert_int_equal(row.state, ACC_ENTRY_ARCHIVED);
    assert_int_equal(row.archived.size, 10);
    assert_true(row.fresh);
}

enum { STRETCH = 40 };

static void name_in_stretch(char name[16], int i)
{
    snprintf(name, 16, "%04d", i);
}

/* A load of that many entries, all of which are archived. */
static void archive_stretch(struct fixture *f)
{
    char name[16];
    load_begin(f);
    for (int i = 0; i < STRETCH; i++) {
        name_in_stretch(name, i);
        add(f, entry_of(name, "m", (uint64_t)i + 1, 1, 0));
    }
    load_commit(f);
    for (int i = 0; i < STRETCH; i++) {
        name_in_stretch(name, i);
        struct acc_record one = archived_record(f, row_of(f, name).id, 1, 0, i);
        one.run = f->run;
        post(f, &one);
    }
    acc_ledger_flush(f->ledger, &f->err);
}

/* Posted without a pause, those that follow each other become one statement: each is as if it had
 * been alone, what lies between is left as it is, and an upload of any of them ends. */
static void entries_there_already_are_recorded_in_stretches(void **state)
{
    struct fixture *f = *state;
    char name[16];
    archive_stretch(f);
    next_run(f);
    archive_stretch(f); /* the newer object counts */
    next_run(f);
    load_begin(f);
    for (int i = 0; i < STRETCH; i++) {
        name_in_stretch(name, i);
        add(f, entry_of(name, "m", (uint64_t)i + 1, 1, 0));
    }
    load_commit(f);
    name_in_stretch(name, 7);
    record(f, (struct acc_record){.kind = ACC_RECORD_UPLOAD_BEGUN,
                                  .entry = row_of(f, name).id,
                                  .upload_id = "id",
                                  .token = "token",
                                  .part_size = 5});
    assert_true(row_of(f, name).unfinished);
    for (int i = 0; i < STRETCH; i++) {
        name_in_stretch(name, i);
        struct acc_record failed = {
            .kind = ACC_RECORD_FAILED, .run = f->run, .code = ACC_DIGEST, .reason = "differs"};
        if (i == 20) {
            failed.entry = row_of(f, name).id;
            post(f, &failed);
        } else if (i != 30) {
            post_already(f, name);
        }
    }
    assert_int_equal(acc_ledger_flush(f->ledger, &f->err), ACC_OK);
    for (int i = 0; i < STRETCH; i++) {
        name_in_stretch(name, i);
        struct acc_row row = row_of(f, name);
        assert_int_equal(row.state, i == 20   ? ACC_ENTRY_FAILED
                                    : i == 30 ? ACC_ENTRY_PENDING
                                              : ACC_ENTRY_ALREADY);
        assert_int_equal(row.archived_run, f->run - 1);
        assert_int_equal(row.archived.size, i);
        assert_false(row.fresh);
        assert_false(row.unfinished);
    }
    assert_int_equal(counts_of(f).already, STRETCH - 2);
}

/* The run names every second one of what could be a stretch. */
static void a_stretch_takes_no_entry_that_the_run_does_not_name(void **state)
{
    struct fixture *f = *state;
    char name[16];
    archive_stretch(f);
    int64_t first = row_of(f, "0000").id;
    next_run(f);
    load_one(f, entry_of("0000", "m", 1, 1, 0));
    post_already(f, "0000");
    struct acc_row row = row_of(f, "0000");
    struct acc_proven *proven = proven_by_ledger(f, &row);
    for (int i = 1; i < STRETCH; i++) {
        struct acc_record other = {.run = f->run, .entry = first + i};
        acc_ledger_post_already(f->ledger, &other, proven);
    }
    acc_proven_free(proven);
    assert_int_equal(acc_ledger_flush(f->ledger, &f->err), ACC_INTERNAL);
    name_in_stretch(name, 1);
    assert_non_null(strstr(f->err.message, "which run"));
}

/* ---- uploads ---- */

static struct acc_record part_record(int64_t entry, int number, int64_t size)
{
    struct acc_record r = {
        .kind = ACC_RECORD_PART_DONE, .entry = entry, .part = {.number = number, .size = size}};
    memset(r.part.sha256, number, sizeof r.part.sha256);
    snprintf(r.part.etag, sizeof r.part.etag, "etag-%d", number);
    return r;
}

static struct acc_upload_row upload_of(struct fixture *f, int64_t entry, bool expected)
{
    struct acc_upload_row upload = {0};
    bool found;
    assert_int_equal(acc_ledger_upload(f->ledger, entry, &upload, &found, &f->err), ACC_OK);
    assert_int_equal(found, expected);
    return upload;
}

static void an_upload_is_resumed_by_the_next_run(void **state)
{
    struct fixture *f = *state;
    load_one(f, entry_of("a", "m", 1, 1, 0));
    int64_t entry = row_of(f, "a").id;
    upload_of(f, entry, false);
    record(f, (struct acc_record){.kind = ACC_RECORD_UPLOAD_BEGUN,
                                  .entry = entry,
                                  .upload_id = "2~id",
                                  .token = "tok",
                                  .archived.checksum = "crc32c",
                                  .part_size = 5 * MIB});
    record(f, part_record(entry, 3, 50));
    record(f, part_record(entry, 1, 5 * MIB));
    record(f, part_record(entry, 2, 5 * MIB));
    record(f, part_record(entry, 3, 60));
    record(f, (struct acc_record){
                  .kind = ACC_RECORD_PART_FORGOTTEN, .entry = entry, .part = {.number = 2}});
    assert_int_equal(counts_of(f).unfinished_uploads, 1);
    assert_int_equal(counts_of(f).bytes_parked, 5 * MIB + 60);
    reopen(f);
    f->run = begin_run(f);
    load_one(f, entry_of("a", "m", 1, 1, 0));
    struct acc_upload_row upload = upload_of(f, entry, true);
    assert_string_equal(upload.upload_id, "2~id");
    assert_string_equal(upload.token, "tok");
    assert_string_equal(upload.checksum, "crc32c");
    assert_int_equal(upload.part_size, 5 * MIB);
    assert_false(upload.gated);
    assert_int_equal(upload.part_count, 2);
    assert_int_equal(upload.parts[0].number, 1);
    assert_int_equal(upload.parts[1].number, 3);
    assert_int_equal(upload.parts[1].size, 60);
    assert_int_equal(upload.parts[1].sha256[31], 3);
    assert_string_equal(upload.parts[1].etag, "etag-3");
    acc_upload_row_release(&upload);

    struct acc_record gated = {.kind = ACC_RECORD_UPLOAD_GATED, .entry = entry};
    digests_of(&gated.archived.digests, 1, 2);
    gated.archived.checksum = "crc32c:4waSgw==";
    record(f, gated);
    upload = upload_of(f, entry, true);
    assert_true(upload.gated);
    assert_string_equal(upload.checksum, "crc32c:4waSgw==");
    assert_int_equal(upload.digests.value[ACC_MD5][0], 2);
    acc_upload_row_release(&upload);
    record(f, archived_record(f, entry, 1, 2, 5 * MIB + 60));
    upload_of(f, entry, false);
    assert_int_equal(counts_of(f).unfinished_uploads, 0);
    assert_int_equal(counts_of(f).bytes_parked, 0);
}

static bool knows(struct fixture *f, const char *id)
{
    bool known;
    assert_int_equal(acc_ledger_knows_upload(f->ledger, id, &known, &f->err), ACC_OK);
    return known;
}

static void uploads_are_known_for_ever(void **state)
{
    struct fixture *f = *state;
    load_one(f, entry_of("a", "m", 1, 1, 0));
    int64_t entry = row_of(f, "a").id;
    record(f, (struct acc_record){.kind = ACC_RECORD_UPLOAD_BEGUN,
                                  .entry = entry,
                                  .upload_id = "one",
                                  .token = "t",
                                  .part_size = 5});
    record(f, part_record(entry, 1, 5));
    /* A second one takes the place of the first, with none of its parts. */
    record(f, (struct acc_record){.kind = ACC_RECORD_UPLOAD_BEGUN,
                                  .entry = entry,
                                  .upload_id = "two",
                                  .token = "u",
                                  .part_size = 5});
    struct acc_upload_row upload = upload_of(f, entry, true);
    assert_string_equal(upload.upload_id, "two");
    assert_int_equal(upload.part_count, 0);
    acc_upload_row_release(&upload);
    record(f, (struct acc_record){.kind = ACC_RECORD_UPLOAD_GONE, .entry = entry});
    upload_of(f, entry, false);
    /* An answer that comes late is not an error. */
    record(f, part_record(entry, 2, 5));
    upload_of(f, entry, false);
    assert_true(knows(f, "one"));
    assert_true(knows(f, "two"));
    assert_false(knows(f, "three"));
}

/* ---- delivery ---- */

struct op {
    struct acc_record record;
    int order;
    bool failed;
    int *counter;
};

static void on_durable(struct acc_record *r, const struct acc_error *failed)
{
    struct op *op = ACC_CONTAINER_OF(r, struct op, record);
    op->order = ++*op->counter;
    op->failed = failed != NULL;
}

static void wake(void *arg)
{
    sem_post(arg);
}

static void delivers_in_order_and_only_when_asked(void **state)
{
    enum { COUNT = 5000 };
    struct fixture *f = *state;
    struct op *ops = acc_calloc(COUNT, sizeof *ops);
    int counter = 0;
    sem_t woken;
    sem_init(&woken, 0, 0);
    acc_ledger_set_wake(f->ledger, wake, &woken);
    for (int i = 0; i < COUNT; i++) {
        char text[24];
        snprintf(text, sizeof text, "note %d", i);
        ops[i].counter = &counter;
        ops[i].record = (struct acc_record){.kind = ACC_RECORD_NOTE,
                                            .run = f->run,
                                            .reason = text,
                                            .code = ACC_UNLISTED,
                                            .on_durable = on_durable};
        post(f, &ops[i].record);
        assert_int_equal(counter, 0);
    }
    while (counter < COUNT) {
        sem_wait(&woken);
        acc_ledger_deliver(f->ledger);
    }
    assert_int_equal(acc_ledger_backlog(f->ledger), 0);
    assert_int_equal(acc_ledger_deliver(f->ledger), 0);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(ops[i].order, i + 1);
        assert_false(ops[i].failed);
    }
    acc_ledger_set_wake(f->ledger, NULL, NULL);
    sem_destroy(&woken);
    free(ops);
}

static void each_note(void *arg, enum acc_code code, const char *text)
{
    int *count = arg;
    char expected[16];
    snprintf(expected, sizeof expected, "note %d", (*count)++);
    assert_string_equal(text, expected);
    assert_int_equal(code, ACC_UNLISTED);
}

static void notes_stay_in_order(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 50; i++) {
        char text[24];
        snprintf(text, sizeof text, "note %d", i);
        record(f,
               (struct acc_record){.kind = ACC_RECORD_NOTE, .reason = text, .code = ACC_UNLISTED});
    }
    int count = 0;
    assert_int_equal(acc_ledger_notes(f->ledger, f->run, each_note, &count, &f->err), ACC_OK);
    assert_int_equal(count, 50);
}

/* Posting again from within on_durable, as an upload does that takes its next step. */
struct chain {
    struct acc_record record;
    struct acc_ledger *ledger;
    int steps;
};

static void on_step(struct acc_record *r, const struct acc_error *failed)
{
    struct chain *chain = ACC_CONTAINER_OF(r, struct chain, record);
    assert_null(failed);
    if (++chain->steps < 10)
        acc_ledger_post(chain->ledger, &chain->record);
}

static void posts_from_within_a_delivery(void **state)
{
    struct fixture *f = *state;
    struct chain chain = {.ledger = f->ledger};
    chain.record = (struct acc_record){
        .kind = ACC_RECORD_NOTE, .run = f->run, .reason = "step", .on_durable = on_step};
    post(f, &chain.record);
    for (int flushes = 1; flushes <= 10; flushes++) {
        assert_int_equal(acc_ledger_flush(f->ledger, &f->err), ACC_OK);
        assert_int_equal(chain.steps, flushes);
    }
    assert_int_equal(acc_ledger_backlog(f->ledger), 0);
}

static void a_record_for_a_strange_entry_fails_all_after_it(void **state)
{
    struct fixture *f = *state;
    int counter = 0;
    struct op before = {.counter = &counter}, wrong = {.counter = &counter},
              after = {.counter = &counter};
    load_one(f, entry_of("a", "m", 1, 1, 0));
    before.record = archived_record(f, row_of(f, "a").id, 1, 0, 1);
    before.record.on_durable = on_durable;
    post(f, &before.record);
    assert_int_equal(acc_ledger_flush(f->ledger, &f->err), ACC_OK);
    wrong.record = (struct acc_record){.kind = ACC_RECORD_FAILED,
                                       .run = f->run,
                                       .entry = 4711,
                                       .code = ACC_DIGEST,
                                       .reason = "?",
                                       .on_durable = on_durable};
    post(f, &wrong.record);
    assert_int_equal(acc_ledger_flush(f->ledger, &f->err), ACC_INTERNAL);
    after.record = (struct acc_record){
        .kind = ACC_RECORD_NOTE, .run = f->run, .reason = "late", .on_durable = on_durable};
    post(f, &after.record);
    assert_int_equal(acc_ledger_flush(f->ledger, &f->err), ACC_INTERNAL);
    assert_int_equal(counter, 3);
    assert_false(before.failed);
    assert_true(wrong.failed);
    assert_true(after.failed);
    reopen(f);
    assert_int_equal(row_of(f, "a").state, ACC_ENTRY_ARCHIVED);
}

static void closing_commits_what_is_posted(void **state)
{
    struct fixture *f = *state;
    int64_t sizes[500] = {0};
    load_sizes(f, sizes, 500);
    int64_t first = row_of(f, "f0000").id;
    for (int i = 0; i < 500; i++) {
        struct acc_record done = archived_record(f, first + i, 1, 0, 0);
        post(f, &done);
    }
    reopen(f);
    assert_int_equal(counts_of(f).archived, 500);
}

/* A reader that never closes its transaction would let the WAL grow without bound. */
static void cursors_hold_no_transaction(void **state)
{
    struct fixture *f = *state;
    struct acc_ledger_cursor *cursor;
    struct acc_row row;
    bool more;
    int64_t sizes[300] = {0};
    load_sizes(f, sizes, 300);
    assert_int_equal(acc_ledger_rows_open(f->ledger, f->run, &cursor, &f->err), ACC_OK);
    assert_int_equal(acc_ledger_next(cursor, &row, &more, &f->err), ACC_OK);
    record(f, archived_record(f, row.id, 1, 0, 0));
    sqlite3 *db;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "SELECT count(*) FROM run", NULL, NULL, NULL), SQLITE_OK);
    int wal, done;
    assert_int_equal(sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, &wal, &done),
                     SQLITE_OK);
    assert_int_equal(wal, 0);
    sqlite3_close(db);
    acc_ledger_cursor_close(cursor);
}

static void held_it_is_of_one_moment(void **state)
{
    struct fixture *f = *state;
    load_one(f, entry_of("a", "SHA256SUMS", 1, 1, 0));
    int64_t id = row_of(f, "a").id;
    acc_ledger_hold(f->ledger);
    assert_int_equal(row_of(f, "a").state, ACC_ENTRY_PENDING);
    record(f, archived_record(f, id, 1, 0, 10));
    assert_int_equal(row_of(f, "a").state, ACC_ENTRY_PENDING);
    acc_ledger_let_go(f->ledger);
    assert_int_equal(row_of(f, "a").state, ACC_ENTRY_ARCHIVED);
}

/* ---- a verification's results ---- */

static void post_read(struct fixture *f, const char *path, int64_t at)
{
    struct acc_row row = row_of(f, path);
    struct acc_record record = {.run = f->run, .entry = row.id, .reason = "", .checked.at = at};
    struct acc_gate_finding finding = {
        .proof = ACC_PROOF_READ, .expected = -1, .size = 5, .read = &row.entry.promised};
    struct acc_unchanged *unchanged = acc_gate_unchanged(&row.entry, &finding);
    assert_non_null(unchanged);
    acc_ledger_post_unchanged(f->ledger, &record, unchanged);
    acc_unchanged_free(unchanged);
    assert_int_equal(acc_ledger_flush(f->ledger, &f->err), ACC_OK);
}

static bool last_good(struct fixture *f, int64_t earlier, struct acc_good_check *check)
{
    bool found;
    assert_int_equal(acc_ledger_last_good(f->ledger, f->run, row_of(f, "a").id, earlier, "read",
                                          check, &found, &f->err),
                     ACC_OK);
    return found;
}

static void a_success_of_a_verification_has_the_gates_word(void **state)
{
    struct fixture *f = *state;
    load_one(f, entry_of("a", "m", 1, 1, 0));
    post_read(f, "a", 1000);
    struct acc_row row = row_of(f, "a");
    assert_string_equal(row.checked.level, "read");
    assert_string_equal(row.checked.proof, "read");
    struct acc_record own = {.kind = ACC_RECORD_DIFFERS,
                             .run = f->run,
                             .entry = row.id,
                             .checked = {.level = "read", .proof = "read", .at = 1},
                             .code = ACC_OK,
                             .reason = ""};
    acc_ledger_post(f->ledger, &own);
    assert_int_equal(acc_ledger_flush(f->ledger, &f->err), ACC_INTERNAL);
}

static void a_check_goes_on_counting_for_the_same_promise(void **state)
{
    struct fixture *f = *state;
    struct acc_good_check check;
    load_one(f, entry_of("a", "m", 1, 1, 0));
    post_read(f, "a", 1000);
    int64_t earlier = f->run;
    next_run(f);
    load_one(f, entry_of("a", "m", 1, 1, 0));
    assert_true(last_good(f, earlier, &check));
    assert_true(last_good(f, 0, &check));
    struct acc_record carried = {.kind = ACC_RECORD_CARRIED,
                                 .run = f->run,
                                 .entry = row_of(f, "a").id,
                                 .checked.run = earlier};
    record(f, carried);
    assert_int_equal(row_of(f, "a").checked.at, 1000);
    assert_string_equal(row_of(f, "a").checked.level, "read");
}

/* The manifest was corrected: what was compared with the former promise says nothing of this one.
 */
static void a_check_of_another_promise_counts_no_more(void **state)
{
    struct fixture *f = *state;
    struct acc_good_check check;
    load_one(f, entry_of("a", "m", 1, 1, 0));
    post_read(f, "a", 1000);
    int64_t earlier = f->run;
    next_run(f);
    load_one(f, entry_of("a", "m", 1, 2, 0));
    assert_false(last_good(f, earlier, &check));
    assert_false(last_good(f, 0, &check));
    struct acc_record carried = {.kind = ACC_RECORD_CARRIED,
                                 .run = f->run,
                                 .entry = row_of(f, "a").id,
                                 .checked.run = earlier};
    acc_ledger_post(f->ledger, &carried);
    assert_int_equal(acc_ledger_flush(f->ledger, &f->err), ACC_INTERNAL);
}

static int64_t id_of(struct fixture *f, int64_t run, const char *path)
{
    struct acc_row row;
    bool found = false;
    assert_int_equal(acc_ledger_find(f->ledger, run, path, &row, &found, &f->err), ACC_OK);
    if (!found)
        return 0;
    assert_string_equal(row.entry.path, path);
    return row.id;
}

/* A held ledger walks from one find to the next. Neighbours, the same path again, paths of another
 * run, paths between, before and behind all others, and back. */
static void held_it_finds_the_same(void **state)
{
    struct fixture *f = *state;
    static const char *const first[] = {"a", "a/b", "a0", "b", "c", "d", "\xc3\xa4", "y"};
    static const char *const second[] = {"a/b", "b", "e", "y"};
    static const char *const asked[] = {"a/b", "a/b", "b", "c",        "d",  "e",   "y", "z", "zz",
                                        "z",   "y",   "b", "a",        "a-", "a/b", "B", "b", "bb",
                                        "d",   "x",   "y", "\xc3\xa4", "a",  "a0",  "e"};
    int64_t ids[2][ACC_COUNT_OF(asked)], runs[2] = {f->run, 0};
    for (size_t i = 0; i < ACC_COUNT_OF(first); i++)
        load_one(f, entry_of(first[i], "m", 1, 1, 0));
    next_run(f);
    runs[1] = f->run;
    for (size_t i = 0; i < ACC_COUNT_OF(second); i++)
        load_one(f, entry_of(second[i], "m", 1, 2, 0));
    for (size_t i = 0; i < 2 * ACC_COUNT_OF(asked); i++)
        ids[i % 2][i / 2] = id_of(f, runs[i % 2], asked[i / 2]);
    acc_ledger_hold(f->ledger);
    for (size_t i = 0; i < 2 * ACC_COUNT_OF(asked); i++) /* both runs in turn */
        assert_int_equal(id_of(f, runs[i % 2], asked[i / 2]), ids[i % 2][i / 2]);
    for (size_t run = 0; run < 2; run++)
        for (size_t i = 0; i < ACC_COUNT_OF(asked); i++)
            assert_int_equal(id_of(f, runs[run], asked[i]), ids[run][i]);
    acc_ledger_let_go(f->ledger);
    /* What was committed meanwhile is seen again, also where the walk stood. */
    load_one(f, entry_of("f", "m", 1, 2, 0));
    acc_ledger_hold(f->ledger);
    assert_string_equal(row_of(f, "f").entry.path, "f");
    acc_ledger_let_go(f->ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(draws_unknown_then_large_then_small),
        TEST(draws_one_role_and_one_state),
        TEST(draws_each_once_while_states_change),
        TEST(a_page_is_read_late_enough_to_pass_over_what_is_done),
        TEST(rows_come_in_path_order),
        TEST(a_page_ends_where_the_next_begins),
        TEST(an_old_runs_rows_stay),
        TEST(entries_there_already_are_recorded_in_stretches),
        TEST(a_stretch_takes_no_entry_that_the_run_does_not_name),
        TEST(an_upload_is_resumed_by_the_next_run),
        TEST(uploads_are_known_for_ever),
        TEST(delivers_in_order_and_only_when_asked),
        TEST(notes_stay_in_order),
        TEST(posts_from_within_a_delivery),
        TEST(a_record_for_a_strange_entry_fails_all_after_it),
        TEST(closing_commits_what_is_posted),
        TEST(cursors_hold_no_transaction),
        TEST(held_it_is_of_one_moment),
        TEST(held_it_finds_the_same),
        TEST(a_success_of_a_verification_has_the_gates_word),
        TEST(a_check_goes_on_counting_for_the_same_promise),
        TEST(a_check_of_another_promise_counts_no_more),
    };
    return cmocka_run_group_tests_name("ledger: records and rows", tests, NULL, NULL);
}
