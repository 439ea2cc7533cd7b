/* Proving: the key exists, and the gate must decide whether its content is what the entry promises.
 * Claims (our own metadata) are no evidence. What the gate is given, in this order:
 *
 *   the ledger's digests     HEAD shows the write that the ledger recorded: ETag, size, version
 *   an upload of ours        that passed the gate and was completed without our hearing of it: its
 *                            token, unless the server keeps another checksum than it was sent
 *   the server's SHA-256     of the whole object
 *   the local file           where one of these has a SHA-256, but not every promised digest: the
 *                            file is read once, by all of them
 *   the object               every byte read back and hashed
 *
 * With `compares_file` the local file is hashed in every case: it must meet the promise, and equal
 * the object by SHA-256. The object is read back if nothing else has its SHA-256.
 *
 * Threads: the loop's thread. on_done fires once for each start, never inside it.
 */
#ifndef ACC_INGEST_PROVE_H
#define ACC_INGEST_PROVE_H

#include "base/entry.h"
#include "digest/hasher.h"
#include "gate/gate.h"
#include "plan/hashing.h"
#include "s3/ops/ops.h"

enum acc_prove_result {
    ACC_PROVE_SAME,  /* `proven` is set */
    ACC_PROVE_OTHER, /* `err` says how it differs */
    ACC_PROVE_FILE,  /* the local file is not what the entry promises: `err` */
    ACC_PROVE_ABSENT,
    ACC_PROVE_UNREAD, /* only bytes could decide, and none may be read */
    ACC_PROVE_DENIED,
    ACC_PROVE_REFUSED,
    ACC_PROVE_LOST
};

struct acc_prove {
    /* set by the user; borrowed until on_done */
    struct acc_loop *loop;
    struct acc_s3 *s3;
    const struct acc_algs *algs;
    const struct acc_source *source;
    const struct acc_entry *entry;
    const char *key;
    struct acc_sighting known;               /* what the ledger recorded, etag NULL for nothing */
    const struct acc_digests *known_digests; /* of that */
    struct acc_sighting sent;                /* a gated upload, token NULL for none */
    const struct acc_digests *gated;         /* of that */
    bool undigested_accepted;                /* as in acc_gate_facts */
    bool reads_nothing;                      /* neither the object nor the file: a dry run */
    bool compares_file;   /* the local file must meet the promise too, whatever the object proves */
    bool bytes_only;      /* the server's words are in doubt: the bytes alone decide */
    const char *expected; /* the checksum its object is to have, as the ledger has it */
    void (*on_done)(struct acc_prove *prove);

    /* results */
    enum acc_prove_result result;
    struct acc_proven *proven; /* when SAME; the user's to take, else freed by release */
    struct acc_s3_object object;
    bool on_record;          /* it is the write that the ledger recorded */
    struct acc_error err;    /* when OTHER or FILE */
    struct acc_s3_call call; /* the last one */

    /* private */
    struct acc_hashing hashing;
    struct acc_hasher hasher;
    struct acc_digests read;         /* of the object, read back */
    struct acc_digests server;       /* what the server keeps */
    struct acc_gate_evidence bridge; /* what the local file is compared with */
    int64_t received;
    unsigned reads;
    bool hashing_now;
};

void acc_prove_start(struct acc_prove *prove);
void acc_prove_cancel(struct acc_prove *prove);
void acc_prove_release(struct acc_prove *prove);

#endif
