/* One entry on its way into the bucket, by the rules of ingest/upload/rules.h.
 *
 * Callbacks of requests, jobs and records only store what they brought and post an event; the
 * machine (ingest/upload/machine.h) applies the rules and changes the state.
 *
 * An upload is made by acc_upload_new() from a row of the ledger, started once it has a place, and
 * ends in DONE, FAILED or PARKED: then env->on_over is called, from the loop, and the upload is the
 * caller's to free. Threads: the loop's thread, but for what stands in job_only while a job runs.
 */
#ifndef ACC_INGEST_UPLOAD_H
#define ACC_INGEST_UPLOAD_H

#include <accession/error.h>
#include "digest/hasher.h"
#include "ingest/upload/commit.h"
#include "source/content.h"
#include "gate/gate.h"
#include "ingest/upload/kinds.h"
#include "ingest/upload/media_type.h"
#include "ingest/upload/prove.h"
#include "ingest/upload/readback.h"
#include "source/source.h"
#include "ingest/upload/rules.h"
#include "ledger/ledger.h"
#include "loop/loop.h"
#include "loop/tickets.h"
#include "s3/ops/ops.h"

struct acc_upload;

/* What all uploads of a run share. Outlives them. */
struct acc_upload_env {
    struct acc_loop *loop;
    struct acc_s3 *s3;
    struct acc_ledger *ledger;
    const struct acc_algs *algs;
    struct acc_tickets *tickets;
    struct acc_media_types *media_types; /* NULL: content types are not detected */
    const struct acc_kinds *kinds;       /* what objects carry, by the file */
    const struct acc_source *source;
    int64_t run;
    int64_t part_size;
    enum acc_s3_checksum checksum, put_checksum; /* of parts; of a file in one PutObject */
    bool unsigned_parts;             /* those with a CRC-32C go without their signed SHA-256 */
    bool checksum_heard;             /* the server has shown that it knows `checksum` */
    const unsigned *large_under_way; /* how many large files are */
    bool undigested_accepted;        /* the user asked for --undigested archive */
    bool compares_files;             /* the user asked for --compare-all */
    bool claimed;                    /* no other run writes here */
    bool read_back_all;              /* only its bytes show that an object arrived intact */
    bool look_before_put;            /* there is no listing: look before each PutObject */
    /* A request was denied; the upload is HELD until it is given a VERDICT event or PARK. */
    void (*on_denied)(struct acc_upload_env *env, struct acc_upload *upload);
    /* The server or the ledger failed it; it parks. upload->err and upload->lost_class say how. */
    void (*on_lost)(struct acc_upload_env *env, struct acc_upload *upload);
    void (*on_over)(struct acc_upload_env *env, struct acc_upload *upload);
    /* The file was read to its end, or cannot be. */
    void (*on_read)(struct acc_upload_env *env, struct acc_upload *upload);
    /* The file was found under another Unicode form of its name. */
    void (*on_note)(struct acc_upload_env *env, struct acc_upload *upload, const char *text);
    /* An upload's Create, finished or given up, was sent more than once. */
    void (*on_doubt)(struct acc_upload_env *env, struct acc_upload *upload);
    /* It was written, but the server says that it holds another checksum than was sent: its content
     * is read back. */
    void (*on_contradicted)(struct acc_upload_env *env, struct acc_upload *upload);
    /* The object is archived, but lacks what `readback` says. */
    void (*on_lacking)(struct acc_upload_env *env, struct acc_upload *upload);
};

/* A part on its way; ingest/upload/transfer.c. */
struct acc_upload_part;

#define ACC_UPLOAD_EVENTS_QUEUED 32

typedef void (*acc_upload_action_fn)(struct acc_upload *upload);

struct acc_upload_machine {
    enum acc_upload_event queue[ACC_UPLOAD_EVENTS_QUEUED];
    unsigned queued, first;
    unsigned busy; /* requests, jobs, records and waits for a buffer in progress */
    bool draining, idle_posted;
};

struct acc_upload_file {
    struct acc_job job;
    struct acc_ticket whole;  /* the buffer of a small file */
    int64_t size;             /* -1: not known yet */
    struct timespec modified; /* as it was read */
    bool reading, hashed; /* a read job runs; the whole file is read and its digests are known */
    struct {              /* the job's while one of the file runs */
        struct acc_content content;
        struct acc_digests digests;
        struct acc_error err;
        enum acc_code code;
        char media_type[128];
        uint64_t crc; /* of what was read so far, where the checksum is one */
        bool with_md5;
        struct acc_digests md5; /* of a small file, where the server demands it */
    } job_only;
};

struct acc_upload_multipart {
    struct acc_str id;
    int64_t part_size;
    int32_t part_count, next_part, parts_done;
    int64_t bytes_sent; /* on the server, */
    int64_t bytes_kept; /* of them those that an earlier run sent */
    bool outdated;      /* created for another promise: it is aborted, and the file is sent again */
    bool stays;         /* a later run may be able to finish it: do not abort it */
    enum acc_s3_checksum checksum;  /* of the parts; as the upload was created */
    bool composite;                 /* the object's will be of its parts' checksums */
    bool heard;                     /* a part's answer shows that the server knows it */
    uint64_t *crcs;                 /* [part_count]: the parts', if the checksum is a CRC */
    struct acc_part_row *parts;     /* [part_count]: what is on the server, number 0: not yet */
    struct acc_part_row *on_server; /* [ACC_S3_PARTS_MAX]: found there by ADOPTING, or recorded */
    struct acc_link sending;        /* struct acc_upload_part */
    struct acc_str xml;             /* Complete's body */
    int64_t create_started;         /* monotonic */
};

/* What the object's additional checksum must be, known once every byte is. */
struct acc_upload_sum {
    struct acc_s3_sum whole;          /* of NONE for none */
    char parts[ACC_S3_SUM_TEXT];      /* of the parts' checksums; "" if these are not known */
    char expected[ACC_S3_SUM_RECORD]; /* the one of these it is to have, as the ledger has it */
};

/* What an earlier run recorded. */
struct acc_upload_known {
    bool archived;
    char etag[ACC_S3_ETAG], version_id[ACC_S3_VERSION];
    struct acc_digests digests;
    int64_t size;       /* of the object */
    int64_t gated_size; /* of an upload that passed the gate */
};

/* What few uploads need is not a part of all: thousands of bytes each. */
struct acc_upload_proof {
    struct acc_upload *upload;
    struct acc_prove prove;
};

struct acc_upload_inspection {
    struct acc_upload *upload;
    struct acc_readback readback;
};

struct acc_upload {
    struct acc_upload_env *env;
    struct acc_link link;                /* the scheduler's */
    const acc_upload_action_fn *actions; /* by enum acc_upload_action; NULL does nothing */

    /* the entry, owned copies */
    int64_t id;
    struct acc_entry entry;
    const struct acc_s3_attributes *attributes; /* what its object must have */
    int64_t planned;                            /* acc_row_size() of it */
    struct acc_str key;
    bool large; /* as the scheduler counts it */

    enum acc_upload_state state;
    struct acc_upload_facts facts;
    struct acc_upload_machine machine;
    unsigned tries, denials;
    uint64_t pause_ms; /* before the next request of a file that is restarted */
    int64_t started;   /* monotonic, milliseconds */
    bool hurried;

    /* outcome */
    struct acc_error err;         /* why FAILED or PARKED */
    enum acc_s3_class lost_class; /* ACC_S3_OK when it was not the server */
    struct acc_s3_call *trouble;  /* the call that was denied or lost, while it lasts; else NULL */
    struct acc_archived archived; /* strings point into `object` and `stored_checksum` */
    struct acc_s3_object object;
    char stored_checksum[ACC_S3_SUM_RECORD];
    bool already;      /* it was there before */
    bool unconfirmed;  /* the write was answered 2xx, but HEAD would not show the object */
    bool resent;       /* PutObject was sent again after an answer was lost */
    bool contradicted; /* written by us, but the server's checksum is not the one sent */

    struct acc_upload_known known;
    struct acc_upload_file file;
    struct acc_upload_multipart multipart;
    struct acc_upload_sum sum;
    char token[48]; /* sent with Create and Put, to recognise our object */

    /* operations; at most one of them runs */
    struct acc_s3_call call; /* create, list parts, abort */
    struct acc_s3_page page;
    struct acc_commit commit;
    struct acc_upload_proof *proof;           /* NULL until the key is found to exist */
    struct acc_upload_inspection *inspection; /* NULL until attributes are to be read back */
    struct acc_verified *verified;
    struct acc_record record; /* the one that is waited for */
};

/* `row` is read, not kept. `key_exists`: the listing showed the key. */
struct acc_upload *acc_upload_new(struct acc_upload_env *env, const struct acc_row *row,
                                  bool key_exists, const char *key);
void acc_upload_free(struct acc_upload *upload);

void acc_upload_post(struct acc_upload *upload, enum acc_upload_event event);

#endif
