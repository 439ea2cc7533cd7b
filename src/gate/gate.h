/* The gate: the only maker of an acc_verified, and so the only way to a commit.
 *
 * Passing means: every digest that the manifests promise for this entry was computed from the bytes
 * that are to be committed, at least one was compared, and all agree; and so does the size. The
 * struct's definition is private to gate.c; ingest/upload/commit.c takes nothing else.
 */
#ifndef ACC_INGEST_GATE_H
#define ACC_INGEST_GATE_H

#include <accession/error.h>
#include "base/entry.h"

struct acc_verified;

/* What was found of the content that is to be committed. */
struct acc_gate_facts {
    const struct acc_digests *computed;
    int64_t size;
    int64_t modified; /* wall clock, milliseconds, for the message; 0 when not known */
    const void
        *body; /* the very buffer that was hashed, when the whole file is in one; else NULL */
};

/* NULL and ACC_DIGEST, ACC_FILE_SIZE or ACC_NO_DIGEST in `err` when the entry
 * does not pass. Freed with acc_verified_free(). The body stays the caller's and must outlive it.
 */
struct acc_verified *acc_gate_pass(const struct acc_entry *entry,
                                   const struct acc_gate_facts *facts, struct acc_error *err);
void acc_verified_free(struct acc_verified *verified);

const struct acc_digests *acc_verified_digests(const struct acc_verified *verified);
int64_t acc_verified_size(const struct acc_verified *verified);
const void *acc_verified_body(const struct acc_verified *verified);

/* Sets and returns ACC_NO_DIGEST: the manifest names the file and promises nothing of its content.
 */
enum acc_code acc_gate_no_digest(const struct acc_entry *entry, struct acc_error *err);

/* Compares only: ACC_OK, ACC_DIGEST, or ACC_NO_DIGEST when the entry promises nothing. `what`
 * describes the content in the message ("the file", "the object in the bucket"). Used where content
 * that is in the bucket already has to be proven. */
enum acc_code acc_gate_compare(const struct acc_entry *entry, const struct acc_gate_facts *facts,
                               const char *what, struct acc_error *err);

#endif
