/* Proving: the key exists, and something must tell whether its content is what the manifest
 * promises. Claims (our own metadata) are no proof. In this order:
 *
 *   "ledger"           this ledger archived it, and ETag and size are still those it recorded
 *   "sent"             an upload of ours that passed the gate, completed without our hearing of it:
 *                      its token, unless the server holds another checksum than it was sent
 *   "server-checksum"  the server's SHA-256 of the whole object is the promised one, and no other
 *                      digest is promised
 *   "read"             every byte read back and hashed
 *
 * Threads: the loop's thread. on_done fires once for each start, never inside it.
 */
#ifndef ACC_INGEST_PROVE_H
#define ACC_INGEST_PROVE_H

#include "base/entry.h"
#include "digest/hasher.h"
#include "s3/ops/ops.h"

enum acc_prove_result {
    ACC_PROVE_SAME,
    ACC_PROVE_OTHER, /* `err` says how it differs */
    ACC_PROVE_ABSENT,
    ACC_PROVE_DENIED,
    ACC_PROVE_REFUSED,
    ACC_PROVE_LOST
};

struct acc_prove {
    /* set by the user; borrowed until on_done */
    struct acc_s3 *s3;
    const struct acc_algs *algs;
    const struct acc_entry *entry;
    const char *key;
    const char *known_etag; /* of the ledger's record, or NULL */
    int64_t known_size;
    const struct acc_digests *known_digests; /* with known_etag */
    const char *token;                       /* of a gated upload, or NULL */
    const struct acc_digests *gated;         /* with token */
    const char *expected; /* with token: the checksum its object is to have, as the ledger has it */
    void (*on_done)(struct acc_prove *prove);

    /* results */
    enum acc_prove_result result;
    const char *proof;          /* static */
    struct acc_digests digests; /* what is known of the content when SAME */
    struct acc_s3_object object;
    struct acc_error err;    /* when OTHER */
    struct acc_s3_call call; /* the last one */

    /* private */
    struct acc_hasher hasher;
    int64_t received;
    unsigned reads;
};

void acc_prove_start(struct acc_prove *prove);
void acc_prove_cancel(struct acc_prove *prove);
void acc_prove_release(struct acc_prove *prove);

#endif
