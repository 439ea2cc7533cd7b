/* A client for one bucket: settings, connections, credentials, clock and retry budget shared by all
 * calls. The operations themselves are calls (s3/client/call.h) made ready by s3/ops.h.
 *
 * Threads: the loop's thread only. Outlives its calls.
 */
#ifndef ACC_S3_S3_H
#define ACC_S3_S3_H

#include <accession/capabilities.h>
#include <accession/connection.h>
#include <accession/error.h>
#include "loop/loop.h"
#include "s3/client/call.h"
#include "s3/config/location.h"
#include "s3/config/settings.h"

/* Counts of requests and retries, for progress and summaries. */
struct acc_s3_stats {
    uint64_t requests, write_requests, retries, bytes_sent;
    uint64_t preconditions;      /* writes that were refused with 412: the key existed */
    uint64_t successes;          /* calls that ended ACC_S3_OK */
    uint64_t written_while_held; /* objects made visible by requests sent while writes were held: 0,
                                    or the hold is broken */
    char last_retry[64];         /* "503 SlowDown" */
};

/* Takes over nothing; `connections` is the limit of concurrent requests. */
enum acc_code acc_s3_new(struct acc_loop *loop, const struct acc_connection *connection,
                         const struct acc_s3_location *location, unsigned connections,
                         struct acc_s3 **s3, struct acc_error *err);
/* No call may be running. Close before acc_loop_release(). NULL is fine. */
void acc_s3_free(struct acc_s3 *s3);

const struct acc_s3_location *acc_s3_where(const struct acc_s3 *s3);
const struct acc_s3_settings *acc_s3_settings(const struct acc_s3 *s3);
const struct acc_s3_stats *acc_s3_stats(const struct acc_s3 *s3);
/* The server's abilities as observed; the probe writes them. Lives as long as the client. */
struct acc_capabilities *acc_s3_can(struct acc_s3 *s3);
/* Whether the server is AWS: what AWS documents holds without having been seen. */
bool acc_s3_is_aws(const struct acc_s3 *s3);
/* How the names of the options of this connection begin, for messages: "", "source-", "target-". */
const char *acc_s3_side(const struct acc_s3 *s3);
/* Whether If-None-Match is known to keep a key from being overwritten, by each of the two kinds of
 * write: AWS documents it; another server shows it by a 412. */
bool acc_s3_put_is_conditional(const struct acc_s3 *s3);
bool acc_s3_complete_is_conditional(const struct acc_s3 *s3);
/* The bucket shows that a write of that kind replaced what was there, in spite of the header. */
void acc_s3_condition_ignored(struct acc_s3 *s3, bool multipart);
/* Each body gets Content-MD5 from now on. */
void acc_s3_demand_md5(struct acc_s3 *s3);
/* HEADs ask for additional checksums unless this turns it off: a server that supports none may
 * refuse such a request. */
void acc_s3_ask_checksums(struct acc_s3 *s3, bool ask);
bool acc_s3_asks_checksums(const struct acc_s3 *s3);
/* Whether a body was refused because it lacked Content-MD5. From then on every body has it, and the
 * caller should supply it rather than have it computed on the loop's thread. */
bool acc_s3_demands_md5(const struct acc_s3 *s3);
/* "https://host[:port]" that requests go to. */
const char *acc_s3_endpoint(const struct acc_s3 *s3);
/* The region that requests are signed for; it changes if the bucket turns out to be elsewhere. */
const char *acc_s3_region(const struct acc_s3 *s3);
/* "ENDPOINT/BUCKET/PREFIX", one text for one destination however it was written. Appended. */
void acc_s3_canonical(const struct acc_s3 *s3, struct acc_str *out);
/* How far the server's clock is ahead of ours, as a RequestTimeTooSkewed showed; 0 before. */
int64_t acc_s3_clock_offset(const struct acc_s3 *s3);
/* The time by the server's clock, wall clock, milliseconds: from the Date of a late answer,
 * whatever was done to our clock since; before the first answer, by ours. */
int64_t acc_s3_now(const struct acc_s3 *s3);

/* The next request looks for credentials as if it were the first, and the profile files are read
 * again: the user may have fixed them. No call may be running. */
void acc_s3_renew_credentials(struct acc_s3 *s3);

/* Sent as x-amz-expected-bucket-owner with every request. */
void acc_s3_set_expected_owner(struct acc_s3 *s3, const char *account);

/* While held, no request that writes is sent: those started wait, and so do retries. Abort is not
 * held, nor is a call that has `passes_hold` set. */
void acc_s3_hold_writes(struct acc_s3 *s3, bool hold);
/* Asked right before each PutObject and CompleteMultipartUpload is sent, first and again: while it
 * says no, they wait. It may not start or cancel calls. NULL: none is asked. */
void acc_s3_fence_writes(struct acc_s3 *s3, bool (*may_write)(void *arg), void *arg);

#endif
