#include "ledger_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <ftw.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "gate/gate.h"

static void must(struct fixture *f, enum acc_code code)
{
    if (code != ACC_OK)
        fail_msg("%s: %s", acc_code_name(code), f->err.message);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    return remove(path);
}

void remove_folder(const char *folder)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int fixture_setup(void **state)
{
    struct fixture *f = ACC_NEW(struct fixture);
    strcpy(f->folder, "/tmp/ledger-test.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/ledger.db", f->folder);
    must(f, acc_ledger_open(f->path, &f->ledger, &f->err));
    f->run = begin_run(f);
    f->found = -1;
    *state = f;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *f = *state;
    if (f->load != NULL)
        acc_ledger_load_end(f->load, false, NULL);
    acc_ledger_close(f->ledger);
    remove_folder(f->folder);
    free(f);
    return 0;
}

void reopen(struct fixture *f)
{
    acc_ledger_close(f->ledger);
    f->ledger = NULL;
    must(f, acc_ledger_open(f->path, &f->ledger, &f->err));
}

int64_t begin_run(struct fixture *f)
{
    const struct acc_run_spec spec = {.kind = "ingest",
                                      .source = "/source",
                                      .destination = DESTINATION,
                                      .url = "s3://bucket/prefix/",
                                      .command = "accession ingest /source s3://bucket/prefix/"};
    char name[40];
    int64_t run = 0;
    must(f, acc_ledger_run_begin(f->ledger, &spec, &run, name, &f->err));
    return run;
}

void next_run(struct fixture *f)
{
    must(f, acc_ledger_run_end(f->ledger, f->run, ACC_OK, "{}", &f->err));
    f->run = begin_run(f);
}

void digests_of(struct acc_digests *digests, int sha256, int md5)
{
    uint8_t value[ACC_DIGEST_MAX];
    *digests = (struct acc_digests){0};
    memset(value, sha256, sizeof value);
    if (sha256)
        acc_digests_put(digests, ACC_SHA256, value);
    memset(value, md5, sizeof value);
    if (md5)
        acc_digests_put(digests, ACC_MD5, value);
}

struct acc_entry entry_of(const char *path, const char *origin, uint64_t line, int sha256, int md5)
{
    struct acc_entry entry = {.path = path, .size = -1, .origin = origin, .line = line};
    digests_of(&entry.promised, sha256, md5);
    return entry;
}

void load_begin(struct fixture *f)
{
    must(f, acc_ledger_load_begin(f->ledger, f->run, &f->load, &f->err));
}

void load_commit(struct fixture *f)
{
    enum acc_code code = acc_ledger_load_end(f->load, true, &f->err);
    f->load = NULL;
    must(f, code);
}

enum acc_code try_add(struct fixture *f, struct acc_entry entry)
{
    enum acc_taken taken;
    return acc_ledger_load_add(f->load, &entry, f->found, &taken, &f->err);
}

bool add(struct fixture *f, struct acc_entry entry)
{
    enum acc_taken taken;
    must(f, acc_ledger_load_add(f->load, &entry, f->found, &taken, &f->err));
    return taken == ACC_TAKEN_REPEATED;
}

void load_one(struct fixture *f, struct acc_entry entry)
{
    load_begin(f);
    add(f, entry);
    load_commit(f);
}

struct acc_row row_of(struct fixture *f, const char *path)
{
    struct acc_row row = {0};
    bool found;
    must(f, acc_ledger_find(f->ledger, f->run, path, &row, &found, &f->err));
    if (!found)
        fail_msg("no row for %s", path);
    return row;
}

struct acc_ledger_counts counts_of(struct fixture *f)
{
    struct acc_ledger_counts counts;
    must(f, acc_ledger_count(f->ledger, f->run, &counts, &f->err));
    return counts;
}

void post(struct fixture *f, struct acc_record *record)
{
    if (record->kind != ARCHIVED) {
        acc_ledger_post(f->ledger, record);
        return;
    }
    struct acc_entry entry = {.size = -1, .origin = "m", .promised = record->archived.digests};
    struct acc_gate_facts facts = {.computed = &record->archived.digests,
                                   .size = record->archived.size};
    struct acc_verified *verified = acc_gate_pass(&entry, &facts, &f->err);
    assert_non_null(verified);
    acc_ledger_post_archived(f->ledger, record, verified);
    acc_verified_free(verified);
}

struct acc_proven *proven_by_ledger(struct fixture *f, const struct acc_row *row)
{
    struct acc_sighting seen = {.etag = row->archived.etag,
                                .version_id = row->archived.version_id,
                                .size = row->archived.size};
    struct acc_gate_evidence evidence = {.kind = ACC_EVIDENCE_LEDGER,
                                         .digests = &row->archived.digests,
                                         .recorded = seen,
                                         .now = seen};
    struct acc_proven *proven = NULL;
    assert_int_equal(acc_gate_present(&row->entry, &evidence, &proven, &f->err), ACC_GATE_PROVEN);
    return proven;
}

void post_already(struct fixture *f, const char *path)
{
    struct acc_row row = row_of(f, path);
    struct acc_proven *proven = proven_by_ledger(f, &row);
    struct acc_record record = {.run = f->run, .entry = row.id};
    acc_ledger_post_already(f->ledger, &record, proven);
    acc_proven_free(proven);
}

void record_already(struct fixture *f, const char *path)
{
    post_already(f, path);
    must(f, acc_ledger_flush(f->ledger, &f->err));
}

void record(struct fixture *f, struct acc_record record)
{
    record.run = f->run;
    post(f, &record);
    must(f, acc_ledger_flush(f->ledger, &f->err));
}

struct acc_record archived_record(struct fixture *f, int64_t entry, int sha256, int md5,
                                  int64_t size)
{
    struct acc_record record = {
        .kind = ARCHIVED,
        .run = f->run,
        .entry = entry,
        .archived = {.size = size,
                     .etag = "etag",
                     .version_id = "version",
                     .proof = ACC_GROUNDS_SENT,
                     .checksum = "sha256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
                     .part_size = 8 << 20,
                     .at = acc_time_now(),
                     .duration = 12},
    };
    digests_of(&record.archived.digests, sha256, md5);
    return record;
}
