/* The probe write: does the destination take writes, under this very prefix, with the very headers
 * that uploads carry? CreateMultipartUpload, UploadPart of one byte, AbortMultipartUpload: leaves
 * no object, no version, no open upload. In between and afterwards it asks what the server can do.
 *
 * The stages follow each other in the order of ACC_PROBE_STAGES; each is asked only if it has a
 * point (probe.c has the table):
 *
 *     lock      only if objects are to be locked: does the bucket have Object Lock? Ceph RGW does
 *               not look at these headers on Create, and would refuse every object instead
 *     kind, dismiss    an upload with the headers of each rule, created and aborted
 *     create, part, abort
 *     list      after a refusal, to see whether reading works; or to learn
 *
 * The others fill what is not known in acc_s3_can() (accession/capabilities.h), unless the server
 * is AWS, which documents all of it:
 *
 *     hash, sum, md5   the byte is sent again with a wrong signed SHA-256: a server that accepts it
 *                      checks no signed hash. Then with a wrong additional checksum, and with a
 *                      wrong Content-MD5, to find one that is checked
 *     uploads, own     is the open upload listed, by its folder, and by its own key?
 *     condition        an upload that is gone is completed with If-None-Match: 501 shows a server
 *                      that does not implement that. Never at a key that exists: there are servers
 *                      that answer 200 to it. That a condition is ignored, or heeded, is seen by
 *                      the run: in its first 412, or in the look at what it wrote
 *     versioning, versions
 *
 * A question that the server does not answer (5xx) stays unknown; it is asked twice, not longer.
 *
 * With ACC_S3_CHECKSUM_AUTO the answers also settle which checksum parts get: the probe is repeated
 * with one after the other until the server's answer to the part shows that it supports it. Those
 * that become the checksum of a whole object come first, then SHA-256; a server that supports none
 * gets none. A server that refuses a request because of its checksum does not support it.
 * `may_drop` settles it likewise, but only between the given checksum and none.
 *
 * If the refusal is about an option rather than the bucket, `fault` names it and the verdict is
 * ACC_CONFIG.
 *
 * After a refusal the probe asks a second time after `again_ms`, since a new IAM policy takes a
 * moment to reach all of AWS. on_done fires once, never inside start(). Threads: the loop's thread
 * only. */
#ifndef ACC_S3_PROBE_H
#define ACC_S3_PROBE_H

#include <accession/error.h>
#include "s3/ops/ops.h"

/* Below the destination's prefix; what it is about to hold is never an object. */
#define ACC_S3_PROBE_FOLDER ".accession-probe/"

struct acc_s3_probe_step {
    bool tried;
    enum acc_s3_class class;
    enum acc_s3_op op;
    int status;
    char code[64], message[256], request_id[96], region[64];
    int64_t at;
};

enum acc_s3_probe_stage {
    ACC_PROBE_LOCK,
    ACC_PROBE_KIND,
    ACC_PROBE_DISMISS,
    ACC_PROBE_CREATE,
    ACC_PROBE_PART,
    ACC_PROBE_HASH,
    ACC_PROBE_SUM,
    ACC_PROBE_MD5,
    ACC_PROBE_UPLOADS,
    ACC_PROBE_OWN,
    ACC_PROBE_ABORT,
    ACC_PROBE_LIST,
    ACC_PROBE_CONDITION,
    ACC_PROBE_VERSIONING,
    ACC_PROBE_VERSIONS,
    ACC_PROBE_STAGES
};

struct acc_s3_probe {
    /* set by the user */
    struct acc_s3 *s3;
    const struct acc_s3_object_headers *headers; /* that uploads carry; NULL: none */
    const struct acc_s3_object_kind *kinds;      /* and those of some files instead; or NULL */
    size_t kind_count;
    enum acc_s3_checksum checksum; /* of parts; or AUTO */
    bool may_drop; /* the user did not ask for `checksum`: a server that refuses it gets none */
    bool unsigned_parts; /* parts go without their signed SHA-256 */
    bool learn;          /* ask which digests the server checks, too */
    bool learn_more;     /* and what a run would find out by itself: the last questions */
    unsigned tries;      /* 2: a refusal must be seen twice */
    uint64_t again_ms;   /* between them */
    const char *name;    /* of its upload, or NULL for a random one */
    bool keep;           /* the upload is not aborted if all goes well */
    void (*on_done)(struct acc_s3_probe *probe);

    /* results */
    enum acc_code
        verdict; /* ACC_OK, ACC_REFUSED, ACC_CREDENTIALS, ACC_CLOCK, ACC_BUCKET, ACC_UNREACHABLE… */
    struct acc_s3_probe_step steps[ACC_PROBE_STAGES];
    const struct acc_s3_probe_step
        *refused;    /* the step that decided, NULL when writes are accepted */
    char fault[256]; /* the options that the server does not accept, or "" */
    bool listing_works;
    enum acc_s3_checksum settled; /* `checksum`, or what AUTO came to */
    bool heard;                   /* the server's answer shows that it knows that checksum */
    struct acc_str kept;          /* the upload id of the one that was kept, or "" */
    int64_t kept_since;           /* before it was created, by acc_clock_boot() */
    bool doubtful;                /* there may be uploads whose id was never heard */
    char left_open[1200];         /* "KEY (upload id ID)" when the abort failed, or "" */

    /* private */
    struct acc_s3_call call;
    struct acc_s3_page page;
    struct acc_str key, upload_id, xml;
    enum acc_s3_probe_stage stage;
    bool open;  /* there is an upload that must be aborted, or kept */
    bool found; /* it was listed */
    unsigned tried, candidate;
    size_t kind;           /* the one that is asked about; kind_count: all were accepted */
    struct acc_s3_sum sum; /* of the one byte */
    bool composite;        /* as acc_s3_read_composite() has it */
    bool cancelled, running;
    struct acc_timer timer;
};

/* Sets up the timer; once per struct. */
void acc_s3_probe_init(struct acc_s3_probe *probe, struct acc_loop *loop);
void acc_s3_probe_start(struct acc_s3_probe *probe);
/* Ends it soon, having aborted what it created; a second call cancels that, too. Harmless when it
 * is not running. */
void acc_s3_probe_cancel(struct acc_s3_probe *probe);
/* Not while running. The memory may go when the loop has been released. */
void acc_s3_probe_close(struct acc_s3_probe *probe);

#endif
