/* A ledger in a temporary folder, and short ways to fill it. Every call fails the test that makes
 * it when the ledger reports an error, unless its name says otherwise. */
#ifndef TESTS_LEDGER_FIXTURE_H
#define TESTS_LEDGER_FIXTURE_H

#include "base/mem.h"
#include "base/str.h"
#include "ledger/ledger.h"

#define DESTINATION "http://localhost/bucket/prefix/"

struct fixture {
    char folder[64];
    char path[128];
    struct acc_ledger *ledger;
    int64_t run;
    struct acc_ledger_load *load;
    int64_t found; /* the size that stat would find of what is added, -1 at first */
    struct acc_error err;
};

/* For cmocka: *state is a struct fixture with an open ledger and a started run. */
int fixture_setup(void **state);
int fixture_teardown(void **state);
/* Removes a folder and everything in it. */
void remove_folder(const char *folder);

void reopen(struct fixture *f);
int64_t begin_run(struct fixture *f);
/* Ends the present run and begins the next one. */
void next_run(struct fixture *f);

/* An entry whose digests are made of one byte repeated; 0 leaves the digest out. */
struct acc_entry entry_of(const char *path, const char *origin, uint64_t line, int sha256, int md5);
void digests_of(struct acc_digests *digests, int sha256, int md5);

/* Loading: begin, add …, commit. try_add returns what the ledger said, message in f->err. */
void load_begin(struct fixture *f);
void load_commit(struct fixture *f);
bool add(struct fixture *f, struct acc_entry entry);
enum acc_code try_add(struct fixture *f, struct acc_entry entry);
/* A load of this one entry. */
void load_one(struct fixture *f, struct acc_entry entry);

/* The run's row of a path; fails the test if it is missing. Lives until the next find. */
struct acc_row row_of(struct fixture *f, const char *path);
struct acc_ledger_counts counts_of(struct fixture *f);

/* As a record's kind: posted with a value that the gate makes of its own digests. */
#define ARCHIVED ACC_RECORD_KINDS

void post(struct fixture *f, struct acc_record *record);
/* Records that the object is there as recorded, and agrees with what the run was asked. */
/* The gate's word that the row's object is there as the ledger has it. The caller frees it. */
struct acc_proven *proven_by_ledger(struct fixture *f, const struct acc_row *row);
void post_already(struct fixture *f, const char *path);
/* The same, and waits until it is durable. */
void record_already(struct fixture *f, const char *path);
/* Posts and waits until it is durable. */
void record(struct fixture *f, struct acc_record record);
/* The record of an entry archived with these digests and size. */
struct acc_record archived_record(struct fixture *f, int64_t entry, int sha256, int md5,
                                  int64_t size);

#endif
