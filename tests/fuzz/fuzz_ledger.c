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

#include "ledger/ledger.h"
#include "receipt/receipt.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static char folder[64], template[96], path[96];

static void must(bool holds)
{
    if (!holds)
        abort();
}

/* A run of two entries, one of them with a digest of each kind. */
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
    for (int i = 0; i < 2; i++) {
        struct acc_entry entry = {
            .path = i ? "a" : "b/c", .size = 4, .origin = "list", .line = 1 + (uint64_t)i};
        acc_digests_put(&entry.promised, ACC_SHA256,
                        (const uint8_t *)"0123456789abcdef0123456789abcdef");
        must(acc_ledger_load_add(load, &entry, 4, &taken, &err) == ACC_OK);
    }
    must(acc_ledger_load_end(load, true, &err) == ACC_OK);
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
