/* How fast the ledger is, and how much memory it takes. Not a test: it asserts nothing about time.
 *
 *     ledger_bench [ENTRIES] [LEDGER]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "gate/gate.h"
#include "ledger/ledger.h"

static void must(enum acc_code code, const struct acc_error *err)
{
    if (code != ACC_OK) {
        fprintf(stderr, "%s\n", err->message);
        exit(1);
    }
}

static long peak_kib(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void report(const char *what, long count, uint64_t since)
{
    double seconds = (double)(acc_clock_us() - since) / 1e6;
    printf("%-28s %9ld in %7.2f s  %10.0f /s   peak %6ld KiB\n", what, count, seconds,
           (double)count / seconds, peak_kib());
}

static void load(struct acc_ledger *ledger, int64_t run, long count)
{
    struct acc_error err;
    struct acc_ledger_load *load;
    must(acc_ledger_load_begin(ledger, run, &load, &err), &err);
    for (long i = 0; i < count; i++) {
        char path[96];
        enum acc_taken taken;
        struct acc_entry entry = {
            .path = path, .size = -1, .origin = "manifest-sha256.txt", .line = (uint64_t)i + 1};
        uint8_t digest[ACC_SHA256_LEN] = {0};
        snprintf(path, sizeof path, "data/objects/b%06ld/master/page_%04ld.tif", i / 1000,
                 i % 1000);
        memcpy(digest, &i, sizeof i);
        acc_digests_put(&entry.promised, ACC_SHA256, digest);
        must(acc_ledger_load_add(load, &entry, (i * 7919) % 100000, &taken, &err), &err);
    }
    must(acc_ledger_load_end(load, true, &err), &err);
}

static void on_durable(struct acc_record *record, const struct acc_error *failed)
{
    if (failed != NULL)
        must(failed->code, failed);
    free(record);
}

static long archive(struct acc_ledger *ledger, int64_t run)
{
    struct acc_error err;
    struct acc_ledger_cursor *cursor;
    struct acc_row row;
    bool more;
    long count = 0;
    must(acc_ledger_draw_open(ledger, run, ACC_ENTRY_PENDING, ACC_ROLE_PAYLOAD, -1, INT64_MAX,
                              &cursor, &err),
         &err);
    while (must(acc_ledger_next(cursor, &row, &more, &err), &err), more) {
        struct acc_record *record = malloc(sizeof *record);
        *record = (struct acc_record){
            .run = run,
            .entry = row.id,
            .archived = {.digests = row.entry.promised,
                         .size = acc_row_size(&row),
                         .etag = "9b2fa1c0d4e5f60718293a4b5c6d7e8f",
                         .version_id = "3HL4kQ9dXvT1.aB7cDeFgHiJkLmNoPqR",
                         .proof = ACC_GROUNDS_SENT,
                         .checksum = "sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                         .at = acc_time_now(),
                         .duration = 12},
            .on_durable = on_durable,
        };
        const struct acc_gate_facts facts = {.computed = &row.entry.promised,
                                             .size = acc_row_size(&row)};
        struct acc_verified *verified = acc_gate_pass(&row.entry, &facts, &err);
        acc_ledger_post_archived(ledger, record, verified);
        acc_verified_free(verified);
        if (++count % 64 == 0)
            acc_ledger_deliver(ledger);
    }
    acc_ledger_cursor_close(cursor);
    must(acc_ledger_flush(ledger, &err), &err);
    return count;
}

static long walk(struct acc_ledger *ledger, int64_t run)
{
    struct acc_error err;
    struct acc_ledger_cursor *cursor;
    struct acc_row row;
    bool more;
    long count = 0;
    must(acc_ledger_rows_open(ledger, run, &cursor, &err), &err);
    while (must(acc_ledger_next(cursor, &row, &more, &err), &err), more)
        count++;
    acc_ledger_cursor_close(cursor);
    return count;
}

static void one_run(struct acc_ledger *ledger, long count)
{
    const struct acc_run_spec spec = {.kind = "ingest",
                                      .source = "/source",
                                      .destination = "http://bench/bucket/",
                                      .url = "s3://bucket/",
                                      .command = "accession ingest"};
    struct acc_error err;
    struct acc_ledger_counts counts;
    char name[40];
    int64_t run;
    must(acc_ledger_run_begin(ledger, &spec, &run, name, &err), &err);
    uint64_t at = acc_clock_us();
    load(ledger, run, count);
    report("load, with sizes", count, at);
    at = acc_clock_us();
    report("archive, drawn and recorded", archive(ledger, run), at);
    at = acc_clock_us();
    must(acc_ledger_count(ledger, run, &counts, &err), &err);
    report("count", (long)counts.entries, at);
    at = acc_clock_us();
    report("rows in path order", walk(ledger, run), at);
    must(acc_ledger_run_end(ledger, run, ACC_OK, "{}", &err), &err);
}

int main(int argc, char **argv)
{
    long count = argc > 1 ? atol(argv[1]) : 1000000;
    char folder[] = "/tmp/ledger-bench.XXXXXX", path[256];
    bool own = argc < 3;
    if (own && mkdtemp(folder) == NULL)
        return 1;
    snprintf(path, sizeof path, "%s", own ? "" : argv[2]);
    if (own)
        snprintf(path, sizeof path, "%s/ledger.db", folder);
    struct acc_ledger *ledger;
    struct acc_error err;
    must(acc_ledger_open(path, &ledger, &err), &err);
    printf("first run\n");
    one_run(ledger, count);
    printf("the same again\n");
    one_run(ledger, count);
    uint64_t at = acc_clock_us();
    acc_ledger_close(ledger);
    report("close", 1, at);
    if (own) {
        unlink(path);
        rmdir(folder);
    }
    return 0;
}
