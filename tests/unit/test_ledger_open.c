/* Opening what cannot be opened, and losing the disk at work: each gives one clear line and
 * ACC_LEDGER (ACC_LEDGER_BUSY for a lock), and leaves the file as it was.
 *
 * Root may write where modes say no, so those tests take another user's id while they open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/file.h"
#include "ledger/sql.h"
#include "ledger_fixture.h"

#define NOBODY 65534

/* Of "content of b\\n" and so on: what tests/data/ledgers/layout-3.sql is about. */
#define SHA_B "468509ecc6f76cf4cfd2791b65dd11ed4d485c0be6aa7488d1cd0edbc4016554"
#define SHA_C "6deeb2f456a006572f935e5e17dcd6b8e38e76d2d52cde943789293f7949d158"
#define SHA_OTHER_B "824fa7d51c7b1044651ca25c4f76ca7e5d46ec8f6ea7ed47b225c67e5053bf65"

static void assert_message(const struct acc_error *err, const char *const *words)
{
    for (; *words != NULL; words++)
        if (strstr(err->message, *words) == NULL)
            fail_msg("'%s' is not in: %s", *words, err->message);
    assert_null(strchr(err->message, '\n'));
}
#define ASSERT_MESSAGE(err, ...) assert_message(err, (const char *const[]){__VA_ARGS__, NULL})

static void become(uid_t uid)
{
    if (getuid() == 0)
        assert_int_equal(seteuid(uid), 0);
}

/* A closed ledger that everybody's modes apply to. */
static void close_and_give_away(struct fixture *f)
{
    acc_ledger_close(f->ledger);
    f->ledger = NULL;
    if (getuid() == 0) {
        assert_int_equal(chown(f->path, NOBODY, NOBODY), 0);
        assert_int_equal(chown(f->folder, NOBODY, NOBODY), 0);
    }
}

static enum acc_code open_as_user(struct fixture *f)
{
    become(NOBODY);
    enum acc_code code = acc_ledger_open(f->path, &f->ledger, &f->err);
    become(0);
    return code;
}

static void folders_are_made(void **state)
{
    struct fixture *f = *state;
    struct acc_ledger *ledger;
    char path[192];
    snprintf(path, sizeof path, "%s/one/two/ledger.db", f->folder);
    assert_int_equal(acc_ledger_open(path, &ledger, &f->err), ACC_OK);
    assert_string_equal(acc_ledger_path(ledger), path);
    acc_ledger_close(ledger);
    struct stat st;
    snprintf(path, sizeof path, "%s/one", f->folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
}

static void a_folder_that_cannot_be_made(void **state)
{
    struct fixture *f = *state;
    struct acc_ledger *ledger;
    char path[192];
    snprintf(path, sizeof path, "%s/sub/ledger.db", f->path);
    assert_int_equal(acc_ledger_open(path, &ledger, &f->err), ACC_LEDGER);
    ASSERT_MESSAGE(&f->err, path, "cannot be made", "Not a directory", "--ledger");
}

static void a_read_only_file(void **state)
{
    struct fixture *f = *state;
    close_and_give_away(f);
    chmod(f->path, 0400);
    assert_int_equal(open_as_user(f), ACC_LEDGER);
    ASSERT_MESSAGE(&f->err, f->path, "cannot be written", "Permission denied", "--ledger");
}

static void a_read_only_folder(void **state)
{
    struct fixture *f = *state;
    close_and_give_away(f);
    chmod(f->folder, 0500);
    assert_int_equal(open_as_user(f), ACC_LEDGER);
    ASSERT_MESSAGE(&f->err, f->path, "folder cannot be written", "--ledger");
    /* Reading what is there works all the same, and leaves nothing. */
    become(NOBODY);
    enum acc_code code = acc_ledger_open_readonly(f->path, &f->ledger, &f->err);
    become(0);
    assert_int_equal(code, ACC_OK);
    assert_int_equal(counts_of(f).entries, 0);
}

static void a_folder_as_ledger(void **state)
{
    struct fixture *f = *state;
    struct acc_ledger *ledger;
    assert_int_equal(acc_ledger_open(f->folder, &ledger, &f->err), ACC_LEDGER);
    ASSERT_MESSAGE(&f->err, f->folder, "not a regular file");
}

static void write_file(const char *path, const char *text, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(write(fd, text, len), len);
    close(fd);
}

static void assert_unchanged(const char *path, const char *text, size_t len)
{
    struct acc_str now = {0};
    assert_int_equal(acc_file_read(path, 1 << 20, &now, NULL), ACC_OK);
    assert_int_equal(now.len, len);
    assert_memory_equal(now.data, text, len);
    acc_str_release(&now);
}

static void a_text_file(void **state)
{
    struct fixture *f = *state;
    struct acc_ledger *ledger;
    char path[192];
    static char text[5000];
    memset(text, 'x', sizeof text);
    snprintf(path, sizeof path, "%s/text", f->folder);
    write_file(path, text, sizeof text);
    assert_int_equal(acc_ledger_open(path, &ledger, &f->err), ACC_LEDGER);
    ASSERT_MESSAGE(&f->err, path, "not a ledger", "--ledger");
    assert_unchanged(path, text, sizeof text);
    assert_int_equal(acc_ledger_open_readonly(path, &ledger, &f->err), ACC_LEDGER);
    ASSERT_MESSAGE(&f->err, path, "not a ledger");
}

static void edit(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static void another_programs_database(void **state)
{
    struct fixture *f = *state;
    struct acc_ledger *ledger;
    struct acc_str before = {0};
    char path[192];
    snprintf(path, sizeof path, "%s/other.db", f->folder);
    edit(path, "CREATE TABLE bookmarks(url)");
    assert_int_equal(acc_file_read(path, 1 << 20, &before, NULL), ACC_OK);
    assert_int_equal(acc_ledger_open(path, &ledger, &f->err), ACC_LEDGER);
    ASSERT_MESSAGE(&f->err, path, "another program", "--ledger");
    assert_unchanged(path, before.data, before.len);
    acc_str_release(&before);
    assert_int_equal(acc_ledger_open_readonly(path, &ledger, &f->err), ACC_LEDGER);
}

static void a_newer_version(void **state)
{
    struct fixture *f = *state;
    struct acc_ledger *ledger;
    acc_ledger_close(f->ledger);
    f->ledger = NULL;
    edit(f->path, "PRAGMA user_version = 999");
    assert_int_equal(acc_ledger_open(f->path, &ledger, &f->err), ACC_LEDGER);
    ASSERT_MESSAGE(&f->err, f->path, "newer version", "layout 999", "--ledger");
    assert_int_equal(acc_ledger_open_readonly(f->path, &ledger, &f->err), ACC_LEDGER);
    ASSERT_MESSAGE(&f->err, "newer version");
}

/* What a file may say that no version of this program wrote: each is one sentence, for every way of
 * opening it, and the file stays as it is. */
static void what_nobody_wrote_is_damage(void **state)
{
    static const struct {
        const char *sql, *says;
    } cases[] = {
        {"PRAGMA user_version = -1", "layout has no number"},
        {"PRAGMA user_version = -2147483648", "layout has no number"},
        {"PRAGMA user_version = 0", "layout has no number"},
        {"CREATE TRIGGER t AFTER INSERT ON run BEGIN DELETE FROM entry; END", "triggers or views"},
        {"CREATE VIEW v AS SELECT 1", "triggers or views"},
    };
    struct fixture *f = *state;
    struct acc_ledger *ledger;
    load_one(f, entry_of("a", "m", 1, 1, 0));
    for (size_t i = 0; i < ACC_COUNT_OF(cases); i++) {
        acc_ledger_close(f->ledger);
        f->ledger = NULL;
        edit(f->path, "PRAGMA wal_checkpoint(TRUNCATE)");
        struct acc_str before = {0};
        assert_int_equal(acc_file_read(f->path, 1 << 24, &before, NULL), ACC_OK);
        edit(f->path, cases[i].sql);
        assert_int_equal(acc_ledger_open(f->path, &ledger, &f->err), ACC_LEDGER);
        ASSERT_MESSAGE(&f->err, f->path, "damaged", cases[i].says, "backup");
        assert_int_equal(acc_ledger_open_readonly(f->path, &ledger, &f->err), ACC_LEDGER);
        ASSERT_MESSAGE(&f->err, f->path, "damaged", cases[i].says);
        write_file(f->path, before.data, before.len);
        acc_str_release(&before);
        assert_int_equal(acc_ledger_open(f->path, &f->ledger, &f->err), ACC_OK);
    }
}

/* Values out of their range, in each column that is an index, a size or packed digests. */
static void rows_are_looked_at_where_they_are_read(void **state)
{
    static const char *const damages[] = {
        "UPDATE outcome SET outcome = 99",      "UPDATE outcome SET outcome = -1",
        "UPDATE outcome SET found = -5",        "UPDATE promise SET role = 7",
        "UPDATE promise SET role = -1",         "UPDATE promise SET size = -9223372036854775808",
        "UPDATE promise SET line = -1",         "UPDATE promise SET digests = x'ff00'",
        "UPDATE promise SET digests = x'04'",   "UPDATE object SET digests = x'0401'",
        "UPDATE object SET size = -1",          "UPDATE object SET part_size = -1",
        "UPDATE object SET run = -3",           "UPDATE object SET at = -1",
        "UPDATE entry SET path = '../x'",       "UPDATE entry SET path = ''",
        "UPDATE entry SET path = '/etc/passwd'"};
    struct fixture *f = *state;
    struct acc_ledger_cursor *cursor;
    struct acc_row row;
    bool more;
    load_one(f, entry_of("a", "m", 1, 1, 0));
    record(f, archived_record(f, row_of(f, "a").id, 1, 0, 10));
    for (size_t i = 0; i < ACC_COUNT_OF(damages); i++) {
        edit(f->path,
             "DROP TABLE IF EXISTS kept_entry; CREATE TABLE kept_entry AS SELECT * FROM entry;"
             "DROP TABLE IF EXISTS kept_promise;"
             "CREATE TABLE kept_promise AS SELECT * FROM promise;"
             "DROP TABLE IF EXISTS kept_object;"
             "CREATE TABLE kept_object AS SELECT * FROM object;"
             "DROP TABLE IF EXISTS kept_outcome;"
             "CREATE TABLE kept_outcome AS SELECT * FROM outcome");
        edit(f->path, damages[i]);
        assert_int_equal(acc_ledger_rows_open(f->ledger, f->run, &cursor, &f->err), ACC_OK);
        enum acc_code code = acc_ledger_next(cursor, &row, &more, &f->err);
        acc_ledger_cursor_close(cursor);
        if (code != ACC_LEDGER)
            fail_msg("not noticed: %s", damages[i]);
        ASSERT_MESSAGE(&f->err, f->path, "damaged", "backup");
        edit(f->path, "DELETE FROM entry; INSERT INTO entry SELECT * FROM kept_entry;"
                      "DELETE FROM promise; INSERT INTO promise SELECT * FROM kept_promise;"
                      "DELETE FROM object; INSERT INTO object SELECT * FROM kept_object;"
                      "DELETE FROM outcome; INSERT INTO outcome SELECT * FROM kept_outcome");
    }
    assert_int_equal(row_of(f, "a").state, ACC_ENTRY_ARCHIVED);
}

static const char *checksum_of(struct fixture *f, int64_t entry, char out[32])
{
    struct acc_upload_row upload = {0};
    bool found;
    assert_int_equal(acc_ledger_upload(f->ledger, entry, &upload, &found, &f->err), ACC_OK);
    assert_true(found);
    snprintf(out, 32, "%s", upload.checksum);
    acc_upload_row_release(&upload);
    return out;
}

/* ---- older layouts ---- */

static const struct acc_run_spec old_spec = {.kind = "verify",
                                             .source = "/home/archivist/g",
                                             .destination = "http://localhost/archive/old/",
                                             .url = "s3://archive/old",
                                             .command = "accession ingest"};

/* Makes the ledger that an earlier version left, changes it by `sql`, opens it, and begins a run.
 */
static void open_older(struct fixture *f, const char *sql)
{
    struct acc_str path = {0}, text = {0};
    char name[40];
    acc_ledger_close(f->ledger);
    f->ledger = NULL;
    assert_int_equal(unlink(f->path), 0);
    acc_str_addf(&path, "%s/ledgers/layout-3.sql", getenv("ACC_TEST_DATA"));
    assert_int_equal(acc_file_read(acc_str_cstr(&path), 1 << 20, &text, &f->err), ACC_OK);
    edit(f->path, acc_str_cstr(&text));
    edit(f->path, sql);
    acc_str_release(&path);
    acc_str_release(&text);
    assert_int_equal(acc_ledger_open(f->path, &f->ledger, &f->err), ACC_OK);
    assert_int_equal(acc_ledger_run_begin(f->ledger, &old_spec, &f->run, name, &f->err), ACC_OK);
}

static void assert_sha256(const struct acc_digests *digests, const char *expected)
{
    char hex[ACC_DIGEST_MAX * 2 + 1];
    acc_digests_hex(digests, ACC_SHA256, hex);
    assert_string_equal(hex, expected);
}

/* Before its third layout a ledger knew the checksum of an upload's parts by the token's end. */
static void uploads_of_an_older_version(void **state)
{
    static const char *const wanted[] = {"sha256", "crc32c", "crc64nvme"};
    struct fixture *f = *state;
    char found[32];
    open_older(f, "INSERT INTO upload(entry, upload_id, token, part_size, begun) VALUES"
                  " (1, 'a', 't', 5, 1895657914000), (2, 'b', 't-crc32c', 5, 1895657914000),"
                  " (3, 'c', 't-crc64', 5, 1895657914000);"
                  "ALTER TABLE upload DROP COLUMN checksum; PRAGMA user_version = 2");
    for (int i = 0; i < 3; i++)
        assert_string_equal(checksum_of(f, i + 1, found), wanted[i]);
}

/* The upload of b was begun after its second promise, of c after its first. */
static void an_older_upload_keeps_the_promise_it_was_begun_for(void **state)
{
    struct fixture *f = *state;
    open_older(f, "INSERT INTO upload(entry, upload_id, token, part_size, begun) SELECT"
                  " 2, 'b', 't', 5, started + 1 FROM run WHERE id = 2;"
                  "INSERT INTO upload(entry, upload_id, token, part_size, begun) SELECT"
                  " 3, 'c', 't', 5, started + 1 FROM run WHERE id = 2");
    struct acc_upload_row upload = {0};
    bool found;
    for (int64_t entry = 2; entry <= 3; entry++) {
        assert_int_equal(acc_ledger_upload(f->ledger, entry, &upload, &found, &f->err), ACC_OK);
        assert_true(found);
        assert_sha256(&upload.promised, entry == 2 ? SHA_OTHER_B : SHA_C);
        acc_upload_row_release(&upload);
    }
}

static void each_note(void *arg, enum acc_code code, const char *text)
{
    (void)code;
    snprintf(arg, 300, "%s", text);
}

static void each_destination(void *arg, const struct acc_destination_info *d)
{
    *(struct acc_destination_info *)arg = *d;
}

static bool take_all(void *arg, const char *path)
{
    (void)arg;
    return path[0] != '\0';
}

/* Key by key what the bucket holds, whatever refused attempts had made of it. */
static void what_refused_attempts_marked_is_repaired(void **state)
{
    uint64_t all = 0;
    static const struct {
        const char *path, *sha256;
        bool gone;
    } keys[] = {
        {"a", "ae1234b2b51186ede2fca3f1c69ec585b263c4bdc45adaafcd3921bd3eb9fea6", false},
        {"b", "468509ecc6f76cf4cfd2791b65dd11ed4d485c0be6aa7488d1cd0edbc4016554", false},
        {"c", "6deeb2f456a006572f935e5e17dcd6b8e38e76d2d52cde943789293f7949d158", false},
        {"d", "4847c433348191718d764dc88de7b20f2c73d466356fabccb60aca7efa9d701d", false},
        {"e", "ecb275b154714c0474df9b1d94faafed08e95fdb30ccc4a98ab5b90faabfe012", true},
        {"f", "5dcf8b3c187f1e3e54f16edcfcaf8dfd17f4187cb2ef569da056be9823db71c7", false},
    };
    struct fixture *f = *state;
    struct acc_destination_info reported = {0};
    char note[300] = "";
    open_older(f, "");
    load_begin(f);
    assert_int_equal(acc_ledger_load_archived(f->load, take_all, NULL, &all, &f->err), ACC_OK);
    load_commit(f);
    for (size_t i = 0; i < ACC_COUNT_OF(keys); i++) {
        struct acc_row row = row_of(f, keys[i].path);
        assert_sha256(&row.archived.digests, keys[i].sha256);
        assert_int_equal(row.gone, keys[i].gone);
        assert_int_equal(row.archived.size, 13);
    }
    assert_int_equal(acc_ledger_destinations(f->ledger, &(struct acc_ledger_list){0},
                                             each_destination, &reported, &f->err),
                     ACC_OK);
    assert_int_equal(reported.archived, 5);
    assert_int_equal(reported.refused, 1);
    assert_int_equal(acc_ledger_notes(f->ledger, f->run, each_note, note, &f->err), ACC_OK);
    assert_non_null(strstr(note, "2 archived files that a refused attempt"));
    /* Said once. */
    reopen(f);
    char name[40];
    note[0] = '\0';
    assert_int_equal(acc_ledger_run_begin(f->ledger, &old_spec, &f->run, name, &f->err), ACC_OK);
    assert_int_equal(acc_ledger_notes(f->ledger, f->run, each_note, note, &f->err), ACC_OK);
    assert_string_equal(note, "");
}

/* Rows of the runs before are what those runs were asked, and what became of it. */
static void older_runs_stay_what_they_were(void **state)
{
    struct fixture *f = *state;
    struct acc_row row;
    open_older(f, "");
    f->run = 1;
    assert_int_equal(row_of(f, "b").state, ACC_ENTRY_ARCHIVED);
    row = row_of(f, "b");
    assert_sha256(&row.entry.promised, SHA_B);
    f->run = 2;
    assert_int_equal(row_of(f, "a").state, ACC_ENTRY_ALREADY);
    assert_int_equal(row_of(f, "b").state, ACC_ENTRY_CONFLICT);
    row = row_of(f, "b");
    assert_sha256(&row.entry.promised, SHA_OTHER_B);
    row = row_of(f, "b");
    assert_sha256(&row.archived.digests, SHA_B);
    f->run = 4;
    assert_int_equal(row_of(f, "d").state, ACC_ENTRY_ARCHIVED);
    f->run = 5;
    assert_int_equal(row_of(f, "e").state, ACC_ENTRY_FAILED);
    assert_int_equal(row_of(f, "e").reason_code, ACC_FILE_MISSING);
    f->run = 7;
    assert_string_equal(row_of(f, "b").checked.level, "read");
    assert_int_equal(row_of(f, "e").reason_code, ACC_DIFFERENCE);
}

static void an_empty_file_becomes_a_ledger(void **state)
{
    struct fixture *f = *state;
    struct acc_ledger *ledger;
    char path[192];
    snprintf(path, sizeof path, "%s/empty", f->folder);
    write_file(path, "", 0);
    assert_int_equal(acc_ledger_open_readonly(path, &ledger, &f->err), ACC_LEDGER);
    ASSERT_MESSAGE(&f->err, path, "is empty");
    assert_int_equal(acc_ledger_open(path, &ledger, &f->err), ACC_OK);
    acc_ledger_close(ledger);
    assert_int_equal(acc_ledger_open_readonly(path, &ledger, &f->err), ACC_OK);
    acc_ledger_close(ledger);
}

static void no_ledger_to_read(void **state)
{
    struct fixture *f = *state;
    struct acc_ledger *ledger;
    char path[192];
    snprintf(path, sizeof path, "%s/none/ledger.db", f->folder);
    assert_int_equal(acc_ledger_open_readonly(path, &ledger, &f->err), ACC_LEDGER);
    ASSERT_MESSAGE(&f->err, path, "there is no ledger", "--ledger");
    snprintf(path, sizeof path, "%s/none", f->folder);
    assert_int_not_equal(access(path, F_OK), 0);
}

/* Names that mean something to a URI. */
static void a_sealed_ledger_with_an_odd_name(void **state)
{
    struct fixture *f = *state;
    struct acc_ledger *ledger;
    char path[192];
    close_and_give_away(f);
    snprintf(path, sizeof path, "%s/100%%25 #1?.db", f->folder);
    assert_int_equal(rename(f->path, path), 0);
    chmod(f->folder, 0500);
    become(NOBODY);
    enum acc_code code = acc_ledger_open_readonly(path, &ledger, &f->err);
    become(0);
    if (code != ACC_OK)
        fail_msg("%s", f->err.message);
    acc_ledger_close(ledger);
}

/* Overwrites every page but the first with rubbish. */
static void a_damaged_ledger(void **state)
{
    struct fixture *f = *state;
    static char rubbish[4096];
    struct acc_row row;
    bool found;
    load_one(f, entry_of("a", "m", 1, 1, 0));
    acc_ledger_close(f->ledger);
    f->ledger = NULL;
    memset(rubbish, 0x5A, sizeof rubbish);
    int fd = open(f->path, O_WRONLY);
    off_t size = lseek(fd, 0, SEEK_END);
    for (off_t at = 4096; at < size; at += 4096)
        assert_int_equal(pwrite(fd, rubbish, sizeof rubbish, at), sizeof rubbish);
    close(fd);
    enum acc_code code = acc_ledger_open(f->path, &f->ledger, &f->err);
    if (code == ACC_OK)
        code = acc_ledger_find(f->ledger, f->run, "a", &row, &found, &f->err);
    assert_int_equal(code, ACC_LEDGER);
    ASSERT_MESSAGE(&f->err, f->path, "damaged", "move it aside");
}

static void truncated(void **state)
{
    struct fixture *f = *state;
    load_one(f, entry_of("a", "m", 1, 1, 0));
    acc_ledger_close(f->ledger);
    f->ledger = NULL;
    assert_int_equal(truncate(f->path, 6000), 0);
    enum acc_code code = acc_ledger_open(f->path, &f->ledger, &f->err);
    struct acc_row row;
    bool found;
    if (code == ACC_OK)
        code = acc_ledger_find(f->ledger, f->run, "a", &row, &found, &f->err);
    assert_int_equal(code, ACC_LEDGER);
    ASSERT_MESSAGE(&f->err, f->path, "damaged");
}

/* ---- locks ---- */

static const struct acc_run_spec spec = {.kind = "ingest",
                                         .source = "/source",
                                         .destination = DESTINATION,
                                         .url = "s3://bucket/prefix/",
                                         .command = "accession ingest"};

static enum acc_code try_run(const char *path, struct acc_error *err)
{
    struct acc_ledger *ledger;
    char name[40];
    int64_t run;
    enum acc_code code = acc_ledger_open(path, &ledger, err);
    if (code != ACC_OK)
        return code;
    code = acc_ledger_run_begin(ledger, &spec, &run, name, err);
    acc_ledger_close(ledger);
    return code;
}

/* Begins a run in another process, which then waits to be killed. */
static pid_t run_elsewhere(const char *path)
{
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct acc_ledger *ledger;
        char name[40];
        int64_t run;
        if (acc_ledger_open(path, &ledger, NULL) != ACC_OK ||
            acc_ledger_run_begin(ledger, &spec, &run, name, NULL) != ACC_OK ||
            write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    char byte;
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void another_run_is_named_and_its_death_frees_the_lock(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(acc_ledger_run_end(f->ledger, f->run, ACC_OK, NULL, &f->err), ACC_OK);
    pid_t pid = run_elsewhere(f->path);
    char pid_text[32];
    snprintf(pid_text, sizeof pid_text, "process %ld", (long)pid);
    assert_int_equal(try_run(f->path, &f->err), ACC_LEDGER_BUSY);
    ASSERT_MESSAGE(&f->err, DESTINATION, pid_text, "then run again");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_int_equal(try_run(f->path, &f->err), ACC_OK);
}

static void one_process_cannot_have_two_runs_to_one_destination(void **state)
{
    struct fixture *f = *state;
    char name[40];
    int64_t run;
    assert_int_equal(acc_ledger_run_begin(f->ledger, &spec, &run, name, &f->err), ACC_LEDGER_BUSY);
    ASSERT_MESSAGE(&f->err, "this very process");
    assert_int_equal(try_run(f->path, &f->err), ACC_LEDGER_BUSY);
    /* Another destination is free. */
    struct acc_run_spec other = spec;
    other.destination = "http://localhost/other/";
    assert_int_equal(acc_ledger_run_begin(f->ledger, &other, &run, name, &f->err), ACC_OK);
}

static void a_symbolic_link_leads_to_the_same_lock(void **state)
{
    struct fixture *f = *state;
    char other[192], link[192];
    snprintf(other, sizeof other, "%s/other", f->folder);
    snprintf(link, sizeof link, "%s/other/link.db", f->folder);
    assert_int_equal(mkdir(other, 0700), 0);
    assert_int_equal(symlink("../ledger.db", link), 0);
    assert_int_equal(try_run(link, &f->err), ACC_LEDGER_BUSY);
    ASSERT_MESSAGE(&f->err, "this very process");
}

static void a_ledger_with_two_names_is_refused(void **state)
{
    struct fixture *f = *state;
    char second[192];
    snprintf(second, sizeof second, "%s/second.db", f->folder);
    acc_ledger_close(f->ledger);
    f->ledger = NULL;
    assert_int_equal(link(f->path, second), 0);
    assert_int_equal(try_run(f->path, &f->err), ACC_LEDGER);
    ASSERT_MESSAGE(&f->err, f->path, "2 names", "remove the others");
}

static void a_copy_is_refused_while_the_original_is_in_use(void **state)
{
    struct fixture *f = *state;
    char copy[192], sql[256];
    assert_int_equal(acc_ledger_run_end(f->ledger, f->run, ACC_OK, NULL, &f->err), ACC_OK);
    pid_t pid = run_elsewhere(f->path);
    snprintf(copy, sizeof copy, "%s/copy.db", f->folder);
    snprintf(sql, sizeof sql, "VACUUM INTO '%s'", copy);
    edit(f->path, sql);
    assert_int_equal(try_run(copy, &f->err), ACC_LEDGER_BUSY);
    ASSERT_MESSAGE(&f->err, copy, "a copy", "--ledger");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_int_equal(try_run(copy, &f->err), ACC_OK);
}

/* The name that the lock is given, from the outside. */
static void find_lock(struct fixture *f, char path[256])
{
    char command[256];
    snprintf(command, sizeof command, "ls %s/accession.*.lock", f->folder);
    FILE *ls = popen(command, "r");
    assert_non_null(fgets(path, 256, ls));
    path[strcspn(path, "\n")] = '\0';
    assert_int_equal(pclose(ls), 0);
}

static void what_lies_in_the_lock_s_place_is_left_alone(void **state)
{
    static const char text[] = "letters that are no pid, and precious";
    struct fixture *f = *state;
    char lock[256], precious[192];
    snprintf(precious, sizeof precious, "%s/precious", f->folder);
    write_file(precious, text, sizeof text);
    find_lock(f, lock);
    acc_ledger_close(f->ledger);
    f->ledger = NULL;
    assert_int_equal(symlink(precious, lock), 0);
    assert_int_equal(try_run(f->path, &f->err), ACC_LEDGER);
    ASSERT_MESSAGE(&f->err, lock);
    unlink(lock);
    assert_int_equal(link(precious, lock), 0);
    assert_int_equal(try_run(f->path, &f->err), ACC_LEDGER);
    ASSERT_MESSAGE(&f->err, lock, "not a lock of accession");
    unlink(lock);
    assert_int_equal(mkfifo(lock, 0600), 0);
    assert_int_equal(try_run(f->path, &f->err), ACC_LEDGER);
    assert_unchanged(precious, text, sizeof text);
    unlink(lock);
    assert_int_equal(try_run(f->path, &f->err), ACC_OK);
}

static void no_lock_is_left_behind(void **state)
{
    struct fixture *f = *state;
    char command[256];
    acc_ledger_close(f->ledger);
    f->ledger = NULL;
    snprintf(command, sizeof command, "test \"$(ls %s)\" = ledger.db", f->folder);
    assert_int_equal(system(command), 0);
}

static void a_run_has_a_name(void **state)
{
    struct fixture *f = *state;
    struct acc_run_spec other = spec;
    char name[40];
    int64_t run;
    int day, minute;
    unsigned random;
    other.destination = "http://localhost/other/";
    assert_int_equal(acc_ledger_run_begin(f->ledger, &other, &run, name, &f->err), ACC_OK);
    assert_int_equal(strlen(name), strlen("2026-11-22T10-04-11Z-7f3a"));
    assert_int_equal(sscanf(name, "20%*2d-%*2d-%2dT%*2d-%2d-%*2dZ-%4x", &day, &minute, &random), 3);
}

static int64_t ask(const char *path, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t answer = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return answer;
}

static void a_killed_run_is_closed_by_the_next(void **state)
{
    struct fixture *f = *state;
    reopen(f);
    assert_int_equal(ask(f->path, "SELECT count(*) FROM run WHERE finished IS NULL"), 1);
    begin_run(f);
    assert_int_equal(
        ask(f->path,
            "SELECT count(*) FROM run WHERE outcome = 'INTERRUPTED' AND finished >= started"),
        1);
    assert_int_equal(ask(f->path, "SELECT count(*) FROM run WHERE finished IS NULL"), 1);
}

static void manifests_are_numbered(void **state)
{
    struct fixture *f = *state;
    const uint8_t digest[ACC_SHA256_LEN] = {1};
    assert_int_equal(acc_ledger_add_manifest(f->ledger, f->run, "a\nb", "gnu", digest, &f->err),
                     ACC_OK);
    load_begin(f);
    assert_int_equal(acc_ledger_add_manifest(f->ledger, f->run, "c", "csv", digest, &f->err),
                     ACC_OK);
    load_commit(f);
    assert_int_equal(ask(f->path, "SELECT count(*) FROM manifest WHERE (idx, path) IN (VALUES (0, "
                                  "'a' || char(10) || 'b'), (1, 'c'))"),
                     2);
    load_begin(f);
    assert_int_equal(acc_ledger_add_manifest(f->ledger, f->run, "d", "csv", digest, &f->err),
                     ACC_OK);
    acc_ledger_load_end(f->load, false, NULL);
    f->load = NULL;
    assert_int_equal(ask(f->path, "SELECT count(*) FROM manifest"), 2);
}

/* Several processes find no ledger at the same moment, and each makes it. */
static void many_may_make_it_at_once(void **state)
{
    enum { ROUNDS = 10, PROCESSES = 6 };
    struct fixture *f = *state;
    for (int round = 0; round < ROUNDS; round++) {
        char path[192];
        int begin[2], bad = 0;
        snprintf(path, sizeof path, "%s/round-%d/ledger.db", f->folder, round);
        assert_int_equal(pipe(begin), 0);
        for (int i = 0; i < PROCESSES; i++) {
            if (fork() != 0)
                continue;
            struct acc_ledger *ledger;
            struct acc_error err;
            struct acc_run_spec own = spec;
            char destination[64], name[40], byte;
            int64_t run;
            snprintf(destination, sizeof destination, "http://localhost/%d/", i);
            own.destination = destination;
            close(begin[1]);
            if (read(begin[0], &byte, 1) < 0)
                _exit(2);
            if (acc_ledger_open(path, &ledger, &err) != ACC_OK ||
                acc_ledger_run_begin(ledger, &own, &run, name, &err) != ACC_OK ||
                acc_ledger_run_end(ledger, run, ACC_OK, NULL, &err) != ACC_OK) {
                fprintf(stderr, "%s\n", err.message);
                _exit(1);
            }
            acc_ledger_close(ledger);
            _exit(0);
        }
        close(begin[0]);
        close(begin[1]);
        for (int i = 0, status; i < PROCESSES; i++)
            bad += wait(&status) < 0 || status != 0;
        assert_int_equal(bad, 0);
        assert_int_equal(ask(path, "SELECT count(*) FROM run WHERE outcome = 'OK'"), PROCESSES);
    }
}

static void post_notes(const char *path, int number, int count)
{
    struct acc_ledger *ledger = NULL;
    struct acc_error err;
    struct acc_run_spec own = spec;
    char destination[64], name[40];
    int64_t run;
    snprintf(destination, sizeof destination, "http://localhost/%d/", number);
    own.destination = destination;
    enum acc_code code = acc_ledger_open(path, &ledger, &err);
    if (code == ACC_OK)
        code = acc_ledger_run_begin(ledger, &own, &run, name, &err);
    for (int i = 0; code == ACC_OK && i < count; i++) {
        struct acc_record note = {.kind = ACC_RECORD_NOTE, .run = run, .reason = "busy"};
        acc_ledger_post(ledger, &note);
        if (i % 10 == 0)
            code = acc_ledger_flush(ledger, &err);
    }
    if (code == ACC_OK)
        code = acc_ledger_run_end(ledger, run, ACC_OK, NULL, &err);
    if (code != ACC_OK)
        fprintf(stderr, "%s\n", err.message);
    acc_ledger_close(ledger);
    _exit(code == ACC_OK ? 0 : 1);
}

/* Runs to different destinations commit without pause, and they do not starve each other. */
static void processes_share_a_ledger(void **state)
{
    struct fixture *f = *state;
    int status;
    acc_ledger_close(f->ledger);
    f->ledger = NULL;
    for (int i = 0; i < 3; i++)
        if (fork() == 0)
            post_notes(f->path, i, 2000);
    for (int i = 0; i < 3; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(ask(f->path, "SELECT count(*) FROM note"), 6000);
}

/* ---- a full disk ---- */

static int failures;

static void count_failure(struct acc_record *record, const struct acc_error *failed)
{
    failures += failed != NULL;
    free(record);
}

/* Posts notes until the disk is full, and then some. */
static enum acc_code fill(struct fixture *f, int limit)
{
    static char text[2000];
    enum acc_code code = ACC_OK;
    memset(text, 'n', sizeof text - 1);
    for (int i = 0; i < limit && code == ACC_OK; i++) {
        for (int k = 0; k < 100; k++) {
            struct acc_record *note = ACC_NEW(struct acc_record);
            *note = (struct acc_record){.kind = ACC_RECORD_NOTE,
                                        .run = f->run,
                                        .reason = text,
                                        .on_durable = count_failure};
            post(f, note);
        }
        code = acc_ledger_flush(f->ledger, &f->err);
    }
    return code;
}

static void assert_survives(struct fixture *f)
{
    reopen(f);
    assert_int_equal(
        ask(f->path, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"),
        1);
    f->run = begin_run(f);
    assert_int_equal(acc_ledger_run_end(f->ledger, f->run, ACC_OK, NULL, &f->err), ACC_OK);
}

static void a_file_size_limit_at_work(void **state)
{
    struct fixture *f = *state;
    struct rlimit before, limit;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = 1 << 20;
    setrlimit(RLIMIT_FSIZE, &limit);
    failures = 0;
    enum acc_code code = fill(f, 100);
    int failed = failures;
    enum acc_code again = fill(f, 1);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(code, ACC_LEDGER);
    ASSERT_MESSAGE(&f->err, f->path, "disk is full", "free some space");
    /* Whatever part of the last hundred was committed before counts as kept; nothing later does. */
    assert_in_range(failed, 1, 100);
    assert_int_equal(again, ACC_LEDGER);
    assert_int_equal(failures, failed + 100);
    assert_survives(f);
}

static void a_load_on_a_full_disk(void **state)
{
    struct fixture *f = *state;
    struct rlimit before, limit;
    enum acc_code code = ACC_OK;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before;
    limit.rlim_cur = 4 << 20;
    load_begin(f);
    setrlimit(RLIMIT_FSIZE, &limit);
    for (int i = 0; code == ACC_OK && i < 200000; i++) {
        char path[64];
        snprintf(path, sizeof path, "data/a/longish/path/of/an/entry/%d", i);
        code = try_add(f, entry_of(path, "m", (uint64_t)i, 1, 0));
    }
    enum acc_code end = acc_ledger_load_end(f->load, true, &f->err);
    f->load = NULL;
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(code, ACC_LEDGER);
    assert_int_equal(end, ACC_LEDGER);
    ASSERT_MESSAGE(&f->err, f->path, "disk is full");
    assert_int_equal(counts_of(f).entries, 0);
    load_one(f, entry_of("a", "m", 1, 1, 0));
    assert_survives(f);
}

static void a_full_file_system(void **state)
{
    struct fixture *f = *state;
    char folder[96];
    snprintf(folder, sizeof folder, "%s/small", f->folder);
    mkdir(folder, 0700);
    if (mount("none", folder, "tmpfs", 0, "size=2m") != 0)
        skip();
    acc_ledger_close(f->ledger);
    snprintf(f->path, sizeof f->path, "%s/ledger.db", folder);
    enum acc_code opened = acc_ledger_open(f->path, &f->ledger, &f->err), code = ACC_OK;
    if (opened == ACC_OK) {
        f->run = begin_run(f);
        failures = 0;
        code = fill(f, 100);
        acc_ledger_close(f->ledger);
        f->ledger = NULL;
    }
    /* A disk that is full before there is a ledger. */
    struct acc_error fresh = {0};
    char other[112];
    snprintf(other, sizeof other, "%s/rubbish", folder);
    int fd = open(other, O_WRONLY | O_CREAT, 0600);
    static char zeros[65536];
    while (write(fd, zeros, sizeof zeros) > 0)
        ;
    close(fd);
    snprintf(other, sizeof other, "%s/other.db", folder);
    struct acc_ledger *ledger;
    enum acc_code none = acc_ledger_open(other, &ledger, &fresh);
    umount2(folder, MNT_DETACH);
    assert_int_equal(opened, ACC_OK);
    assert_int_equal(code, ACC_LEDGER);
    ASSERT_MESSAGE(&f->err, f->path, "disk is full");
    assert_in_range(failures, 1, 100);
    assert_int_equal(none, ACC_LEDGER);
    ASSERT_MESSAGE(&fresh, other, "disk is full");
}

/* A caller may end what never began: were `stmt` left as it was, that would free stray memory. */
static void a_statement_that_cannot_be_made_is_none(void **state)
{
    static const char of_no_table[] = "SELECT 1 FROM nothing";
    struct acc_sql sql;
    struct acc_error err;
    sqlite3_stmt *stmt = (sqlite3_stmt *)&sql;
    bool row;
    assert_int_equal(acc_sql_open(&sql, "memory", ":memory:", SQLITE_OPEN_READWRITE, &err), ACC_OK);
    assert_int_equal(acc_sql_first(&sql, of_no_table, ACC_SQL_NO_ARGS, &stmt, &row, &err),
                     ACC_LEDGER);
    assert_null(stmt);
    acc_sql_close(&sql);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
        TEST(folders_are_made),
        TEST(a_folder_that_cannot_be_made),
        TEST(a_read_only_file),
        TEST(a_read_only_folder),
        TEST(a_folder_as_ledger),
        TEST(a_text_file),
        TEST(another_programs_database),
        TEST(a_newer_version),
        TEST(what_nobody_wrote_is_damage),
        TEST(rows_are_looked_at_where_they_are_read),
        TEST(uploads_of_an_older_version),
        TEST(an_older_upload_keeps_the_promise_it_was_begun_for),
        TEST(what_refused_attempts_marked_is_repaired),
        TEST(older_runs_stay_what_they_were),
        TEST(an_empty_file_becomes_a_ledger),
        TEST(no_ledger_to_read),
        TEST(a_sealed_ledger_with_an_odd_name),
        TEST(a_damaged_ledger),
        TEST(truncated),
        TEST(another_run_is_named_and_its_death_frees_the_lock),
        TEST(one_process_cannot_have_two_runs_to_one_destination),
        TEST(a_symbolic_link_leads_to_the_same_lock),
        TEST(a_ledger_with_two_names_is_refused),
        TEST(a_copy_is_refused_while_the_original_is_in_use),
        TEST(what_lies_in_the_lock_s_place_is_left_alone),
        TEST(no_lock_is_left_behind),
        TEST(a_run_has_a_name),
        TEST(a_killed_run_is_closed_by_the_next),
        TEST(manifests_are_numbered),
        TEST(many_may_make_it_at_once),
        TEST(processes_share_a_ledger),
        TEST(a_file_size_limit_at_work),
        TEST(a_load_on_a_full_disk),
        TEST(a_full_file_system),
        TEST(a_statement_that_cannot_be_made_is_none),
    };
    return cmocka_run_group_tests_name("ledger: opening and failing", tests, NULL, NULL);
}
