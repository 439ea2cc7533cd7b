/* One S3 request with everything that belongs to it: credentials, signature, retries, and the
 * answer read into a class.
 *
 *     acc_s3_call_init -> set key, query, headers, body -> acc_s3_call_start -> on_done -> ...
 * release
 *
 * on_done fires exactly once for each start, from the loop, never inside start() or cancel(). Key,
 * queries and headers are copied; the body is borrowed until on_done and must not change before.
 *
 * Retried in here, with full jitter, at most settings.retries times and only while the client's
 * retry budget lasts: what acc_s3_classify() calls RETRY, and connections that broke, if asking
 * again is harmless. A write whose outcome is unknown is never retried in here (ACC_S3_UNKNOWN).
 * Expired credentials are fetched again once, a wrong clock is corrected once. A server that
 * demands Content-MD5 of an object's or a part's body, as S3 does for objects to be locked that
 * carry no checksum it supports, gets it: the call is sent again with it, and so is every such call
 * from then on (acc_s3_demands_md5 in s3/client/s3.h).
 *
 * A server that asks to slow down is sent fewer requests concurrently, and none for a while
 * (s3/client/pace.h); such retries are not taken from the budget.
 *
 * Threads: the loop's thread only. */
#ifndef ACC_S3_CALL_H
#define ACC_S3_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/capabilities.h>
#include <accession/digest.h>
#include "base/str.h"
#include "loop/http.h"
#include "s3/credentials/credentials.h"
#include "s3/wire/error.h"
#include "s3/wire/sign.h"

struct acc_s3;

/* What answers an operation with success. */
enum acc_s3_good {
    ACC_S3_GOOD_XML,   /* a document, which may still be an <Error> */
    ACC_S3_GOOD_ETAG,  /* no body, and an ETag */
    ACC_S3_GOOD_EMPTY, /* no body */
    ACC_S3_GOOD_OTHER  /* an object, headers alone, or text of another kind */
};

/* X(name, method, S3's name, subresource, what answers it with success, writes into the bucket,
 * outcome unknown without an answer) */
#define ACC_S3_OPS(X)                                                                              \
    X(PUT_OBJECT, "PUT", "PutObject", NULL, ETAG, true, true)                                      \
    X(CREATE_UPLOAD, "POST", "CreateMultipartUpload", "uploads", XML, true, false)                 \
    X(UPLOAD_PART, "PUT", "UploadPart", NULL, ETAG, true, false)                                   \
    X(COMPLETE_UPLOAD, "POST", "CompleteMultipartUpload", NULL, XML, true, true)                   \
    X(ABORT_UPLOAD, "DELETE", "AbortMultipartUpload", NULL, EMPTY, false, false)                   \
    X(LIST_PARTS, "GET", "ListParts", NULL, XML, false, false)                                     \
    X(LIST_UPLOADS, "GET", "ListMultipartUploads", "uploads", XML, false, false)                   \
    X(LIST_OBJECTS, "GET", "ListObjectsV2", NULL, XML, false, false)                               \
    X(LIST_VERSIONS, "GET", "ListObjectVersions", "versions", XML, false, false)                   \
    X(LIST_BUCKETS, "GET", "ListBuckets", NULL, XML, false, false)                                 \
    X(HEAD_OBJECT, "HEAD", "HeadObject", NULL, OTHER, false, false)                                \
    X(PUT_RETENTION, "PUT", "PutObjectRetention", "retention", EMPTY, false, false)                \
    X(PUT_LEGAL_HOLD, "PUT", "PutObjectLegalHold", "legal-hold", EMPTY, false, false)              \
    X(PUT_TAGGING, "PUT", "PutObjectTagging", "tagging", EMPTY, false, false)                      \
    X(RESTORE_OBJECT, "POST", "RestoreObject", "restore", OTHER, false, false)                     \
    X(GET_OBJECT, "GET", "GetObject", NULL, OTHER, false, false)                                   \
    X(GET_VERSIONING, "GET", "GetBucketVersioning", "versioning", XML, false, false)               \
    X(GET_LOCK, "GET", "GetObjectLockConfiguration", "object-lock", XML, false, false)             \
    X(GET_POLICY, "GET", "GetBucketPolicy", "policy", OTHER, false, false)

enum acc_s3_op {
#define X(name, method, text, sub, good, write, ambiguous) ACC_S3_##name,
    ACC_S3_OPS(X)
#undef X
        ACC_S3_OP_COUNT
};
const char *acc_s3_op_name(enum acc_s3_op op);

#define ACC_S3_CALL_PAIRS 56

struct acc_xml;

struct acc_s3_call {
    /* set by the user */
    enum acc_s3_op op;
    const void *body;
    size_t body_len;
    const uint8_t *body_sha256; /* ACC_SHA256_LEN bytes, borrowed; NULL: computed at start */
    bool unsigned_body;         /* body_sha256 is not used: the body is sent without being signed */
    const uint8_t *body_md5;    /* 16 bytes, borrowed; NULL: computed when it is demanded */
    size_t reply_max;
    uint64_t delay_ms; /* before the first attempt */
    bool passes_hold;  /* may be sent while writes are held: the probe */
    bool question;     /* asks what the server can do: any answer below 500 is one, and a server
                          that does not answer it is asked twice, not longer */
    bool (*on_data)(struct acc_s3_call *call, const void *bytes,
                    size_t len);                /* as in loop/http.h */
    void (*on_retry)(struct acc_s3_call *call); /* before each further attempt; may be NULL. With
                                                   on_data set, discard what was received so far. */
    void (*on_done)(struct acc_s3_call *call);

    /* results, valid from on_done until the next start */
    enum acc_s3_class class;
    int status;        /* of the last answer, 0 without one */
    char code[64];     /* <Code>, "" if missing */
    char message[256]; /* <Message>, or the connection's failure in words */
    char region[64];   /* where the bucket is, if the answer said so */
    char request_id[96];
    int64_t at; /* wall clock of the last answer, milliseconds */
    unsigned attempts;
    struct acc_http_request http; /* headers and body of the answer */
    struct acc_xml *xml;          /* its body, where that is XML; else NULL */

    /* private */
    struct acc_s3 *s3;
    struct acc_str key;
    struct acc_str url;
    struct acc_s3_pair query[ACC_S3_CALL_PAIRS], headers[ACC_S3_CALL_PAIRS];
    size_t query_count, header_count;
    struct acc_str signed_with; /* access key id of the attempt */
    struct acc_credentials_wait wait;
    struct acc_link backoff; /* in the client's backoff or waiting list, or neither */
    uint64_t due, sent_at;   /* monotonic, milliseconds */
    bool on_account, running, corrected_clock, followed_region, cancelled, sent_while_held,
        withdrew;
    enum acc_known known_before; /* of the condition that was withdrawn */
    unsigned refreshes; /* how often credentials were fetched again because the server called them
                           expired */
    uint8_t own_sha256[ACC_SHA256_LEN];
    char content_md5[ACC_BASE64_LEN(16)]; /* as sent, "" while it is not */
};

/* Forgets everything but allocated memory; the struct may be zeroed or used before. `key` may be ""
 * for calls on the bucket, and NULL for calls on the account. */
void acc_s3_call_init(struct acc_s3_call *call, struct acc_s3 *s3, enum acc_s3_op op,
                      const char *key);
void acc_s3_call_query(struct acc_s3_call *call, const char *name, const char *value);
/* `name` in lower case and static; headers are all signed. */
void acc_s3_call_header(struct acc_s3_call *call, const char *name, const char *value);
/* The same, in the place of an earlier value; also from on_retry, for the attempt that follows. */
void acc_s3_call_set_header(struct acc_s3_call *call, const char *name, const char *value);
void acc_s3_call_start(struct acc_s3_call *call);
/* From on_data, if a further attempt will go on behind these bytes: attempts are counted anew. */
void acc_s3_call_progressed(struct acc_s3_call *call);
/* Ends it with ACC_S3_CANCELLED; the outcome of a write is then unknown. Harmless when not running.
 */
void acc_s3_call_cancel(struct acc_s3_call *call);
/* The same from on_data, where a call cannot be cancelled: these bytes are the last. */
void acc_s3_call_refuse(struct acc_s3_call *call);
/* The same, but only for a call that waits for its turn; a call in progress runs to its end. */
void acc_s3_call_cancel_waiting(struct acc_s3_call *call);
void acc_s3_call_release(struct acc_s3_call *call);

/* When a finished call was answered, by the server's clock: its Date, else acc_s3_now(). */
int64_t acc_s3_server_time(const struct acc_s3_call *call);

/* Whether the last answer says that the server has no such operation. */
bool acc_s3_lacks(const struct acc_s3_call *call);

/* Whether the last answer asked to slow down. */
bool acc_s3_call_throttled(const struct acc_s3_call *call);

/* Fills `err` from a finished call: "PutObject KEY -> 403 AccessDenied: …", code by class. */
enum acc_code acc_s3_call_error(const struct acc_s3_call *call, struct acc_error *err);

#endif
