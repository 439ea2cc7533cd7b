/* The commit: the one write that makes an object visible, and finding out what became of it.
 *
 *     [RIVALS ──>] [LOOK ──absent──>] WRITE ──2xx──> [CONFIRM, without ETag or checksum] ──> DONE
 *                     │ there          │ 412 ──────────────────────────────────────────> EXISTS
 *                     └> EXISTS        │ outcome unknown
 *                                      v
 *      an upload: LIST ──still there──> WRITE again
 *                      └─gone──> FIND ──ours──> DONE   ──other──> EXISTS   ──nothing──> RESTART
 *      a PUT:                    FIND ──ours──> DONE   ──other──> EXISTS   ──nothing, twice──>
 * WRITE again
 *
 * RIVALS, if the server may ignore If-None-Match on Complete (Ceph RGW does): does another client
 * have an upload of this key open? Of two clients that look before either completes, each sees the
 * other's upload. The younger steps back for a moment and then looks whether the key exists.
 * Otherwise both could find it absent, and one would silently replace the other.
 *
 * CONFIRM: the answer lacks the ETag, or the additional checksum that the server knows; HEAD asks
 * for it. A write that was answered 2xx is done: no answer to HEAD makes it a refusal, and none
 * sends the file again. Without an answer the object is UNCONFIRMED, and its ETag unknown. Only
 * what HEAD shows can differ: an object that another client wrote since (EXISTS), or a checksum
 * that is not the one that was sent (CONTRADICTED).
 *
 * A write without an answer may still act a moment later. So a key that shows nothing is looked at
 * twice, a pause apart, before the write is sent again; and if the server refuses to say, the write
 * stays UNKNOWN for the next run rather than be sent twice.
 *
 * An object is "ours" by the random token that Create and Put carry in x-amz-meta-accession-upload,
 * and the size. A commit takes an acc_verified, which only the gate can make.
 *
 * Threads: the loop's thread. on_done fires once for each start, never inside it.
 */
#ifndef ACC_INGEST_COMMIT_H
#define ACC_INGEST_COMMIT_H

#include "gate/gate.h"
#include "s3/ops/ops.h"

enum acc_commit_result {
    ACC_COMMIT_DONE,
    ACC_COMMIT_CONTRADICTED, /* written, but by its checksum the server holds something else */
    ACC_COMMIT_EXISTS,       /* the key holds something that this commit did not write */
    ACC_COMMIT_RESTART,      /* the upload is gone or unusable: begin the file again */
    ACC_COMMIT_DENIED,       /* 403 AccessDenied */
    ACC_COMMIT_REFUSED,      /* refused for good */
    ACC_COMMIT_LOST /* no answer to be had, cancelled, or an error that halts: see call.class.
                     * UNKNOWN: `call` says how the write was last answered. */
};

enum acc_commit_stage {
    ACC_COMMIT_RIVALS,
    ACC_COMMIT_LOOK,
    ACC_COMMIT_WRITE,
    ACC_COMMIT_CONFIRM,
    ACC_COMMIT_LIST,
    ACC_COMMIT_FIND
};

struct acc_commit {
    /* set by the user; borrowed until on_done */
    struct acc_s3 *s3;
    const struct acc_verified *verified;
    const char *key;
    const char *token;
    const char *upload_id;                       /* NULL: one PutObject with the verified body */
    const struct acc_str *parts_xml;             /* of an upload */
    const char *media_type;                      /* of a PutObject; "" for none */
    const struct acc_s3_object_headers *headers; /* that a PutObject carries */
    const uint8_t *md5;                          /* of a PutObject, where it is known; or NULL */
    struct acc_s3_sum sum; /* additional checksum of the whole; of NONE for none */
    const char *parts_sum; /* that of its parts' checksums, "" when it is not known */
    bool composite;        /* the upload was created for the latter */
    bool checksum_heard;   /* the server has shown that it knows it */
    bool look_first;
    bool mind_rivals;  /* with look_first, of an upload */
    uint64_t delay_ms; /* before the first request */
    void (*on_done)(struct acc_commit *commit);

    /* results */
    enum acc_commit_result result;
    struct acc_s3_object object; /* when DONE; its checksum is then the one sent, or "" */
    bool unconfirmed;            /* DONE by the answer to the write alone: `call` says why */
    bool resent;                 /* sent again after an answer was lost: both may have acted */
    struct acc_s3_call call;     /* the last one */

    /* private */
    enum acc_commit_stage stage;
    unsigned writes, looks; /* looks: since the last write */
    bool answered;          /* the last write was answered 2xx */
    struct acc_s3_page page;
    struct {
        int64_t ours,
            other;  /* when created, by the server's clock; 0: not seen. The oldest other */
        bool first; /* both created at one time: the other's id sorts before ours */
    } rivals;
    bool step_back;
    struct {
        enum acc_s3_op op;
        int status;
        char code[64], message[256], request_id[96];
        int64_t at;
    } unknown; /* the last write whose outcome is not known */
};

void acc_commit_start(struct acc_commit *commit);
void acc_commit_cancel(struct acc_commit *commit);
void acc_commit_release(struct acc_commit *commit);

#endif
