/* Writes values that no run of ours wrote into the rows of a ledger, then reads all that reports
 * read. Three bytes of the input make one change: table, column, and what to put there. The ledger
 * may be refused with a sentence; it may not crash, and what it says fits its own bounds. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/clock.h"
#include "gate/gate.h"
#include "ledger/heard.h"
#include "ledger/known.h"
#include "receipt/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static char folder[64], template[96], path[96];

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* The first entry is archived. */
static void archive(struct acc_ledger *ledger, int64_t run, const struct acc_entry *entry)
{
    struct acc_ledger_cursor *cursor = NULL;
    struct acc_error err;
    struct acc_row row;
    bool more;
    const struct acc_gate_facts facts = {.computed = &entry->promised, .size = 4};
    struct acc_verified *verified = acc_gate_pass(entry, &facts, &err);
    must(verified != NULL && acc_ledger_rows_open(ledger, run, &cursor, &err) == ACC_OK &&
         acc_ledger_next(cursor, &row, &more, &err) == ACC_OK && more);
    struct acc_record record = {.run = run,
                                .entry = row.id,
                                .archived = {.size = 4,
                                             .etag = "etag",
                                             .version_id = "version",
                                             .checksum = "",
                                             .proof = ACC_GROUNDS_SENT,
                                             .at = acc_time_now()}};
    acc_ledger_cursor_close(cursor);
    acc_ledger_post_archived(ledger, &record, verified);
    must(acc_ledger_flush(ledger, &err) == ACC_OK);
    acc_verified_free(verified);
}

/* Another ledger says of the second that it is archived. */
static void hear(struct acc_ledger *ledger, int64_t run, const struct acc_entry *entry)
{
    struct acc_hearing *hearing = NULL;
    struct acc_error err, why;
    enum acc_heard heard;
    int64_t id;
    const struct acc_claim claim = {.said = "a run",
                                    .path = entry->path,
                                    .digests = entry->promised,
                                    .size = 4,
                                    .at = acc_time_now(),
                                    .origin = "a receipt"};
    must(acc_hearing_begin(ledger, run, &hearing, &err) == ACC_OK &&
         acc_hearing_add(hearing, &claim, &heard, &id, &why, &err) == ACC_OK &&
         heard == ACC_HEARD_NEW && acc_hearing_end(hearing, true, &err) == ACC_OK);
}

/* A run of two entries, one of them archived, the other known from others. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct acc_ledger *ledger = NULL;
    struct acc_ledger_load *load = NULL;
    struct acc_error err;
    int64_t run;
    char name[40];
    enum acc_taken taken;
    snprintf(folder, sizeof folder, "/dev/shm/acc-fuzz-ledger-%d", (int)getpid());
    snprintf(template, sizeof template, "%s/template.db", folder);
    snprintf(path, sizeof path, "%s/ledger.db", folder);
    mkdir(folder, 0700);
    const struct acc_run_spec spec = {"ingest", "/source", "https://host/b/p/", "s3://b/p",
                                      "accession ingest"};
    must(acc_ledger_open_temporary(template, &ledger, &err) == ACC_OK);
    must(acc_ledger_run_begin(ledger, &spec, &run, name, &err) == ACC_OK);
    must(acc_ledger_load_begin(ledger, run, &load, &err) == ACC_OK);
    struct acc_entry entries[] = {{.path = "a", .size = 4, .origin = "list", .line = 1},
                                  {.path = "b/c", .size = 4, .origin = "list", .line = 2}};
    for (int i = 0; i < 2; i++) {
        acc_digests_put(&entries[i].promised, ACC_SHA256,
                        (const uint8_t *)"0123456789abcdef0123456789abcdef");
        must(acc_ledger_load_add(load, &entries[i], 4, &taken, &err) == ACC_OK);
    }
    must(acc_ledger_load_end(load, true, &err) == ACC_OK);
    archive(ledger, run, &entries[0]);
    hear(ledger, run, &entries[1]);
    must(acc_ledger_run_end(ledger, run, ACC_OK, "{}", &err) == ACC_OK);
    acc_ledger_close(ledger);
    return 0;
}

static const char *const values[] = {"NULL",
                                     "0",
                                     "1",
                                     "-1",
                                     "2",
                                     "7",
                                     "99",
                                     "9223372036854775807",
                                     "-9223372036854775808",
                                     "1.5",
                                     "''",
                                     "'x'",
                                     "x'00ff'",
                                     "zeroblob(33)",
                                     "randomblob(8)",
                                     "'a' || char(10) || 'b'",
                                     "char(27) || '[2J'",
                                     "'../../x'",
                                     "printf('%.*c', 3000, 'p')",
                                     "rowid",
                                     "'2026-11-26T00-00-00Z-0000'",
                                     "x'c328'"};

static void change(sqlite3 *db, const uint8_t *three)
{
    static const char sql[] =
        "SELECT printf('UPDATE OR IGNORE \"%w\" SET \"%w\" = %s', m.name, c.name, ?1), "
        "printf('INSERT OR IGNORE INTO \"%w\" (\"%w\") VALUES (%s)', m.name, c.name, ?1) "
        "FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' "
        "ORDER BY m.name, c.cid LIMIT 1 OFFSET ?2 % (SELECT count(*) FROM sqlite_master m, "
        "pragma_table_info(m.name) "
        "WHERE m.type = 'table')";
    sqlite3_stmt *statement = NULL;
    must(sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK);
    sqlite3_bind_text(statement, 1, values[three[2] % (sizeof values / sizeof values[0])], -1,
                      SQLITE_STATIC);
    sqlite3_bind_int(statement, 2, three[0] * 256 + three[1]);
    if (sqlite3_step(statement) == SQLITE_ROW)
        sqlite3_exec(db, (const char *)sqlite3_column_text(statement, three[2] >= 192), NULL, NULL,
                     NULL);
    sqlite3_finalize(statement);
}

static void copy_template(void)
{
    char chunk[65536];
    size_t n;
    FILE *from = fopen(template, "rb"), *to = fopen(path, "wb");
    must(from != NULL && to != NULL);
    while ((n = fread(chunk, 1, sizeof chunk, from)) > 0)
        must(fwrite(chunk, 1, n, to) == n);
    fclose(from);
    must(fclose(to) == 0);
}

static void on_run(void *arg, const struct acc_run_info *info)
{
    int64_t *newest = arg;
    if (*newest == 0)
        *newest = info->id;
    must(info->name != NULL && info->url != NULL && info->outcome < ACC_CODE_COUNT);
}

static void on_destination(void *arg, const struct acc_destination_info *destination)
{
    must(destination->url != NULL && destination->canonical != NULL);
}

/* What a replication promises: known is what has a digest, a size and a path. */
static enum acc_code on_known(void *arg, const struct acc_object_known *object,
                              struct acc_error *err)
{
    struct acc_error why;
    const struct acc_entry entry = {
        .path = object->path, .size = object->size, .promised = object->digests};
    const struct acc_gate_facts facts = {.computed = &object->digests, .size = object->size};
    must(object->path != NULL && object->role < ACC_ROLES && object->size >= -1 &&
         object->size <= ACC_SIZE_MAX && strlen(object->etag) < sizeof object->etag);
    acc_verified_free(acc_gate_pass(&entry, &facts, &why));
    return ACC_OK;
}

static void read_record(struct acc_ledger *ledger)
{
    static const char *const places[] = {"https://host/b/p/", "https://host/b/",
                                         "https://host/b/p/b/"};
    struct acc_object_known object;
    struct acc_error err = {0};
    bool found;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        acc_ledger_each_known(ledger, places[i], INT64_MAX, "", on_known, NULL, &err);
        acc_ledger_each_reported(ledger, places[i], on_known, NULL, &err);
    }
    if (acc_ledger_find_known(ledger, places[0], "a", INT64_MAX, "", &object, &found, &err) ==
            ACC_OK &&
        found) {
        object.path = "a";
        on_known(NULL, &object, &err);
    }
}

static void read_all(void)
{
    struct acc_ledger *ledger = NULL;
    struct acc_error err = {0};
    int64_t run = 0;
    if (acc_ledger_open_readonly(path, &ledger, &err) != ACC_OK) {
        must(err.message[0] != '\0');
        return;
    }
    acc_ledger_destinations(ledger, &(struct acc_ledger_list){0}, on_destination, NULL, &err);
    acc_ledger_runs(ledger, 10, NULL, on_run, &run, &err);
    read_record(ledger);
    for (int format = ACC_RECEIPT_JSON; run != 0 && format <= ACC_RECEIPT_MANIFEST; format++) {
        FILE *null = fopen("/dev/null", "w");
        must(null != NULL);
        acc_receipt_write(ledger, run, (enum acc_receipt_format)format, "p/", NULL, null, &err);
        fclose(null);
    }
    acc_ledger_close(ledger);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    sqlite3 *db = NULL;
    copy_template();
    must(sqlite3_open(path, &db) == SQLITE_OK);
    sqlite3_exec(db,
                 "PRAGMA ignore_check_constraints=1; PRAGMA foreign_keys=0; PRAGMA synchronous=0",
                 NULL, NULL, NULL);
    for (size_t i = 0; i + 3 <= len && i < 60; i += 3)
        change(db, bytes + i);
    sqlite3_close(db);
    read_all();
    return 0;
}
