/* Unfinished multipart uploads, and openings whose answer was lost (ledger/ledger.h). Threads: the
 * owner. */
#ifndef ACC_LEDGER_UPLOADS_H
#define ACC_LEDGER_UPLOADS_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/error.h>
#include "ledger/rows.h"

struct acc_ledger;

struct acc_upload_row {
    char *upload_id;
    char *token;    /* our x-amz-meta-accession-upload */
    char *checksum; /* "crc64nvme", "none"; when gated what the object's must be: "crc64nvme:BASE64"
                     */
    int64_t part_size;
    int64_t begun;               /* wall clock, milliseconds */
    struct acc_digests promised; /* what the entry promised when the upload was started */
    bool gated; /* the digest was compared and agreed; Complete may have been sent */
    struct acc_digests digests; /* when gated */
    uint32_t part_count;
    struct acc_part_row {
        int32_t number;
        int64_t size;
        uint8_t sha256[ACC_SHA256_LEN];
        char etag[96]; /* without quotes */
    } * parts;         /* by number */
};

/* The entry's unfinished upload; `*found` is false if there is no such upload. Release
 * afterwards. */
enum acc_code acc_ledger_upload(struct acc_ledger *ledger, int64_t entry,
                                struct acc_upload_row *upload, bool *found, struct acc_error *err);
void acc_upload_row_release(struct acc_upload_row *upload);

/* Whether this ledger ever made the upload (any destination, ended or not), for
 * `uploads --abort-own`. */
enum acc_code acc_ledger_knows_upload(struct acc_ledger *ledger, const char *upload_id, bool *known,
                                      struct acc_error *err);

/* All unfinished uploads, in the order of their objects' canonical names, "ENDPOINT/BUCKET/KEY".
 * `each` may not ask the ledger. */
enum acc_code acc_ledger_open_uploads(struct acc_ledger *ledger,
                                      void (*each)(void *arg, const char *object,
                                                   const char *upload_id, int64_t begun),
                                      void *arg, struct acc_error *err);

/* Whether one of those Creates, of any run to a destination in `bucket` (canonical, "…/BUCKET/"),
 * was of `key` and was sent between `from` and `to`. */
enum acc_code acc_ledger_knows_opening(struct acc_ledger *ledger, const char *bucket,
                                       const char *key, int64_t from, int64_t to, bool *known,
                                       struct acc_error *err);

/* Before an upload that this ledger made is aborted from outside a run: takes the lock of its
 * destination, or ACC_LEDGER_BUSY while a run there is at work. Held until the ledger is closed. */
enum acc_code acc_ledger_claim_upload(struct acc_ledger *ledger, const char *upload_id,
                                      struct acc_error *err);
/* The same of an upload that came of a Create, of which only the key is known. */
enum acc_code acc_ledger_claim_opening(struct acc_ledger *ledger, const char *bucket,
                                       const char *key, struct acc_error *err);
/* It was aborted: the next run begins the file again. Waits until that is durable. */
enum acc_code acc_ledger_upload_aborted(struct acc_ledger *ledger, const char *upload_id,
                                        struct acc_error *err);

/* Keys of which earlier runs to the destination of `run` sent a Create, at `at` (by the server's
 * clock, milliseconds) or soon after, whose outcome they did not hear in full; `key` lives until
 * the callback returns. */
enum acc_code acc_ledger_openings(struct acc_ledger *ledger, int64_t run,
                                  void (*each)(void *arg, const char *key, int64_t at), void *arg,
                                  struct acc_error *err);
/* How many earlier runs to the destination of `run` may have left a claim in the bucket
 * (bucket/claim.h): each may, from its begin to ACC_RECORD_CLAIM_GONE. */
enum acc_code acc_ledger_claims_left(struct acc_ledger *ledger, int64_t run, uint64_t *count,
                                     struct acc_error *err);

#endif
