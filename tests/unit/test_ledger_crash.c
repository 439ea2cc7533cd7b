/* Killed anywhere: a child loads, archives and records parts, and is killed at random moments.
 * Whatever it reported as durable must be in the ledger afterwards, and the ledger must be whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "ledger_fixture.h"

enum { ENTRIES = 3000, KILLS = 20 };

/* What the child reports through the pipe, each in one write(). */
struct durable {
    int64_t entry;
    int32_t part; /* 0: the entry was archived */
};

static int report_to;

static void on_durable(struct acc_record *record, const struct acc_error *failed)
{
    struct durable durable = {.entry = record->entry, .part = record->part.number};
    if (failed != NULL || write(report_to, &durable, sizeof durable) != sizeof durable)
        _exit(3);
    free(record);
}

static void post_and_deliver(struct fixture *f, struct acc_record record)
{
    struct acc_record *own = acc_memdup(&record, sizeof record);
    own->run = f->run;
    own->on_durable = on_durable;
    post(f, own);
    acc_ledger_deliver(f->ledger);
}

static void send_one(struct fixture *f, const struct acc_row *row)
{
    /* Every seventh is a large file, of which the first two parts are ever done. */
    if (row->entry.line % 7 == 0) {
        struct acc_record begun = {.kind = ACC_RECORD_UPLOAD_BEGUN,
                                   .run = f->run,
                                   .entry = row->id,
                                   .upload_id = "id",
                                   .token = "token",
                                   .part_size = 5 << 20};
        struct acc_upload_row upload;
        bool found = false;
        if (acc_ledger_upload(f->ledger, row->id, &upload, &found, &f->err) != ACC_OK)
            _exit(4);
        if (found)
            acc_upload_row_release(&upload);
        else
            acc_ledger_post(f->ledger, &begun);
        for (int number = 1; number <= 2; number++)
            post_and_deliver(
                f, (struct acc_record){.kind = ACC_RECORD_PART_DONE,
                                       .entry = row->id,
                                       .part = {.number = number, .size = 5 << 20, .etag = "e"}});
    } else {
        post_and_deliver(f, archived_record(f, row->id, 1, 0, 10));
    }
}

/* One run from beginning to end, as ingest does it. */
static void work(const char *path)
{
    struct fixture f = {0};
    struct acc_ledger_cursor *cursor;
    struct acc_row row;
    bool more;
    int sent = 0;
    if (acc_ledger_open(path, &f.ledger, &f.err) != ACC_OK)
        _exit(5);
    f.run = begin_run(&f);
    load_begin(&f);
    for (int i = 0; i < ENTRIES; i++) {
        char name[32];
        snprintf(name, sizeof name, "data/f%05d", i);
        add(&f, entry_of(name, "m", (uint64_t)i, 1, 0));
    }
    load_commit(&f);
    if (acc_ledger_draw_open(f.ledger, f.run, ACC_ENTRY_PENDING, ACC_ROLE_PAYLOAD, -1, INT64_MAX,
                             &cursor, &f.err) != ACC_OK)
        _exit(6);
    while (acc_ledger_next(cursor, &row, &more, &f.err) == ACC_OK && more) {
        if (row.archived_run == 0) /* else an earlier run did it */
            send_one(&f, &row);
        /* Many small commits, as a network makes them, so that a kill finds one in progress. */
        if (++sent % 16 == 0 && acc_ledger_flush(f.ledger, &f.err) != ACC_OK)
            _exit(8);
    }
    acc_ledger_cursor_close(cursor);
    if (acc_ledger_run_end(f.ledger, f.run, ACC_OK, "{}", &f.err) != ACC_OK)
        _exit(7);
    acc_ledger_close(f.ledger);
    _exit(0);
}

static pid_t begin_work(const char *path, int *reports)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        report_to = ends[1];
        work(path);
    }
    close(ends[1]);
    *reports = ends[0];
    return pid;
}

/* Reads what was reported until the child is gone; the pipe is read all along so it never fills. */
static void collect(int reports, bool archived[], bool parts[][3])
{
    struct durable durable;
    while (read(reports, &durable, sizeof durable) == sizeof durable) {
        assert_in_range(durable.entry, 1, ENTRIES);
        if (durable.part == 0)
            archived[durable.entry] = true;
        else
            parts[durable.entry][durable.part] = true;
    }
    close(reports);
}

static int64_t number(sqlite3 *db, const char *sql, int64_t a, int64_t b)
{
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    sqlite3_bind_int64(stmt, 1, a);
    sqlite3_bind_int64(stmt, 2, b);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t value = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return value;
}

static void assert_kept(const char *path, const bool archived[], bool parts[][3])
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(number(db, "SELECT integrity_check = 'ok' FROM pragma_integrity_check", 0, 0),
                     1);
    assert_int_equal(number(db, "SELECT count(*) FROM pragma_foreign_key_check", 0, 0), 0);
    for (int64_t entry = 1; entry <= ENTRIES; entry++) {
        if (archived[entry])
            assert_int_equal(number(db,
                                    "SELECT count(DISTINCT a.entry) FROM object a JOIN outcome u"
                                    " ON u.entry = a.entry AND u.object = a.seq WHERE a.entry = ?1"
                                    " AND u.outcome = ?2",
                                    entry, ACC_ENTRY_ARCHIVED),
                             1);
        for (int part = 1; part <= 2; part++)
            if (parts[entry][part])
                assert_int_equal(
                    number(db,
                           "SELECT count(*) FROM part JOIN upload ON upload.id = part.upload"
                           " WHERE upload.entry = ?1 AND part.number = ?2",
                           entry, part),
                    1);
    }
    sqlite3_close(db);
}

static void what_was_durable_survives_a_kill(void **state)
{
    struct fixture *f = *state;
    static bool archived[ENTRIES + 1], parts[ENTRIES + 1][3];
    acc_ledger_close(f->ledger);
    f->ledger = NULL;
    for (int i = 0; i < KILLS; i++) {
        int reports;
        pid_t pid = begin_work(f->path, &reports);
        /* Kill from a second child, since this process has to empty the pipe meanwhile. */
        pid_t killer = fork();
        if (killer == 0) {
            usleep((unsigned)(random() % 80000));
            kill(pid, SIGKILL);
            _exit(0);
        }
        collect(reports, archived, parts);
        waitpid(killer, NULL, 0);
        waitpid(pid, NULL, 0);
        assert_kept(f->path, archived, parts);
    }
    int reports, status;
    pid_t pid = begin_work(f->path, &reports);
    collect(reports, archived, parts);
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
    assert_kept(f->path, archived, parts);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(number(db, "SELECT count(*) FROM entry", 0, 0), ENTRIES);
    assert_int_equal(number(db, "SELECT count(DISTINCT entry) FROM outcome WHERE outcome = ?1",
                            ACC_ENTRY_ARCHIVED, 0),
                     ENTRIES - (ENTRIES + 6) / 7);
    assert_int_equal(number(db, "SELECT count(*) FROM run WHERE finished IS NULL", 0, 0), 0);
    sqlite3_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_durable_survives_a_kill, fixture_setup,
                                        fixture_teardown),
    };
    return cmocka_run_group_tests_name("ledger: killed", tests, NULL, NULL);
}
