/* The S3 operations: making calls ready, and reading their answers.
 *
 * Each acc_s3_NAME() initialises the call (s3/client/call.h) for one operation; the caller may add
 * headers, sets on_done and starts it. Each acc_s3_read_NAME() reads a call that ended ACC_S3_OK.
 * Answers that lack what they must have are refused with false: the caller treats them as an
 * outcome that is unknown.
 */
#ifndef ACC_S3_OPS_H
#define ACC_S3_OPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "s3/client/call.h"
#include "s3/wire/checksum.h"
#include "s3/client/s3.h"

#define ACC_S3_MIB ((int64_t)1 << 20)
#define ACC_S3_PART_MIN (5 * ACC_S3_MIB)
#define ACC_S3_PART_MAX (5 * 1024 * ACC_S3_MIB)
#define ACC_S3_PARTS_MAX 10000
#define ACC_S3_ETAG 96
#define ACC_S3_VERSION 256

/* Metadata that accession puts on every object. */
#define ACC_S3_META_SHA256 "x-amz-meta-sha256"
#define ACC_S3_META_TOKEN "x-amz-meta-accession-upload"

/* Headers that an object gets: PutObject and CreateMultipartUpload carry them, and so does the
 * probe. Names in lower case; s3/ops/attributes.h makes them, and owns all strings. */
#define ACC_S3_OBJECT_HEADERS 40
struct acc_s3_object_headers {
    char *name[ACC_S3_OBJECT_HEADERS];
    char *value[ACC_S3_OBJECT_HEADERS];
    size_t count;
};
/* The same for the files that a rule is for. */
struct acc_s3_object_kind {
    const char *rule; /* its name, for messages */
    const struct acc_s3_object_headers *headers;
};
/* Adds them to a call that was made ready; NULL: none. */
void acc_s3_carry(struct acc_s3_call *call, const struct acc_s3_object_headers *headers);

/* Part size for a file: at least `wanted`, 5 MiB and what keeps the file within 10,000 parts; whole
 * MiB. 0 if no part size suffices (more than 48.8 TiB). */
int64_t acc_s3_part_size(int64_t file_size, int64_t wanted);

/* One PUT of a whole object, refused if the key exists, on servers that honour If-None-Match. `sum`
 * is the additional checksum; its algorithm is NONE if there is none to send. */
void acc_s3_put_object(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                       const void *body, size_t len, const uint8_t sha256[ACC_SHA256_LEN],
                       const struct acc_s3_sum *sum);

/* The checksum of the parts is chosen here. If part checksums can be joined, that of the whole
 * object is requested. */
void acc_s3_create_upload(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                          enum acc_s3_checksum checksum);
bool acc_s3_read_create_upload(const struct acc_s3_call *call, struct acc_str *upload_id);
/* Whether the finished object's checksum will be that of its parts' checksums, by the answer to
 * Create: as asked for, unless the server says otherwise or does not know that there is a choice.
 */
bool acc_s3_read_composite(const struct acc_s3_call *call, enum acc_s3_checksum checksum);
/* `sha256` NULL: computed at start. For a body that is not to be signed, set unsigned_body. */
void acc_s3_upload_part(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                        const char *upload_id, int number, const void *body, size_t len,
                        const uint8_t *sha256, const struct acc_s3_sum *sum);
/* Whether the answer to what was sent with `sum` says that the server found this very checksum. */
bool acc_s3_confirms(const struct acc_s3_call *call, const struct acc_s3_sum *sum);
/* `xml` is the body made with acc_s3_complete_part(); borrowed until on_done. */
void acc_s3_complete_begin(struct acc_str *xml);
/* `sum` is the part's; of NONE where it is not wanted: only composite ones are. */
void acc_s3_complete_part(struct acc_str *xml, int number, const char *etag,
                          const struct acc_s3_sum *sum);
void acc_s3_complete_end(struct acc_str *xml);
/* `whole` is the checksum that the object must have; its algorithm is NONE if there is none to
 * compare. `size` is the object's, or -1; AWS, which documents it, refuses an object of another. */
void acc_s3_complete_upload(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                            const char *upload_id, const struct acc_str *xml,
                            const struct acc_s3_sum *whole, int64_t size);
void acc_s3_abort_upload(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                         const char *upload_id);

/* An object as PutObject, UploadPart, CompleteMultipartUpload and HeadObject describe it. */
struct acc_s3_object {
    int64_t size;                    /* Content-Length of a HEAD */
    char etag[ACC_S3_ETAG];          /* without quotes; "" when the answer had none */
    char version_id[ACC_S3_VERSION]; /* "" without one; "null" of an unversioned object stays */
    /* Base64; composite ones end in "-N". "" when the answer had none */
    char checksum[ACC_S3_CHECKSUM_COUNT][ACC_S3_SUM_TEXT];
    char checksum_sha1[ACC_S3_SUM_TEXT];
    char encryption[32]; /* "AES256", "aws:kms"; "" if the server reports none */
    bool customer_key;   /* encrypted with a key that the customer sends (SSE-C) */
    char meta_sha256[80];
    char token[64];
    char storage_class[32];
    bool delete_marker;
};
void acc_s3_read_object(const struct acc_s3_call *call, struct acc_s3_object *object);

void acc_s3_head_object(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                        const char *version_id);
/* Whether an object can be read now, by HeadObject. */
enum acc_s3_temperature { ACC_S3_WARM, ACC_S3_COLD, ACC_S3_THAWING };
/* Also its storage class, "" if the server says none. */
enum acc_s3_temperature acc_s3_read_temperature(const struct acc_s3_call *call, char *class,
                                                size_t size);
/* Asks for a readable copy of an object in cold storage. `xml` is borrowed until on_done. */
void acc_s3_restore_object(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                           const char *version_id, const struct acc_str *xml);
/* The whole object, or the one version of it; `etag`, when not NULL, is sent as If-Match. */
void acc_s3_get_object(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                       const char *version_id, const char *etag);
/* Of a call to get an object, also before a further attempt: only the bytes from `from` on, those
 * before `until` unless that is -1, and only of this content (If-Match) unless `etag` is NULL or
 * "". */
void acc_s3_get_range(struct acc_s3_call *call, int64_t from, int64_t until, const char *etag);
/* The first byte that the answer holds: 0 where the server sent the whole object. */
int64_t acc_s3_read_range(const struct acc_s3_call *call);
/* The size of the whole object by the answer's Content-Range; -1 when it does not say. */
int64_t acc_s3_read_whole_size(const struct acc_s3_call *call);

/* ---- listings: a page at a time; start again with what the page says comes next ---- */

struct acc_s3_page {
    bool more;
    struct acc_str next;       /* continuation token, or key marker */
    struct acc_str next_extra; /* version id or upload id marker */
};
void acc_s3_page_release(struct acc_s3_page *page);

struct acc_s3_listed {
    const char *key;
    int64_t size;
    char etag[ACC_S3_ETAG];
    char storage_class[32];
    char version_id[ACC_S3_VERSION];
    bool latest, delete_marker;
    int64_t modified; /* or the start, of an upload; wall clock, milliseconds */
    const char *upload_id;
};
typedef void (*acc_s3_each)(void *arg, const struct acc_s3_listed *item);

/* `page` is the last page read, or a zeroed one to begin; `max` of 0 means the server's 1,000. */
void acc_s3_list_objects(struct acc_s3_call *call, struct acc_s3 *s3, const char *prefix, int max,
                         const struct acc_s3_page *page);
bool acc_s3_read_list_objects(const struct acc_s3_call *call, struct acc_s3_page *page,
                              acc_s3_each each, void *arg);
void acc_s3_list_versions(struct acc_s3_call *call, struct acc_s3 *s3, const char *prefix,
                          const struct acc_s3_page *page);
bool acc_s3_read_list_versions(const struct acc_s3_call *call, struct acc_s3_page *page,
                               acc_s3_each each, void *arg);
void acc_s3_list_uploads(struct acc_s3_call *call, struct acc_s3 *s3, const char *prefix,
                         const struct acc_s3_page *page);
bool acc_s3_read_list_uploads(const struct acc_s3_call *call, struct acc_s3_page *page,
                              acc_s3_each each, void *arg);

struct acc_s3_listed_part {
    int number;
    int64_t size;
    char etag[ACC_S3_ETAG];
};
void acc_s3_list_parts(struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                       const char *upload_id, const struct acc_s3_page *page);
bool acc_s3_read_list_parts(const struct acc_s3_call *call, struct acc_s3_page *page,
                            void (*each)(void *arg, const struct acc_s3_listed_part *part),
                            void *arg);
/* As acc_s3_read_composite(), by the answer to ListParts. */
bool acc_s3_read_parts_composite(const struct acc_s3_call *call, enum acc_s3_checksum checksum);

/* Whether a finished Create may have left an upload whose id was not heard. */
bool acc_s3_create_is_doubtful(const struct acc_s3_call *call);

/* Ends with the code ObjectLockConfigurationNotFoundError where the bucket has no Object Lock. */
void acc_s3_get_lock(struct acc_s3_call *call, struct acc_s3 *s3);

void acc_s3_get_versioning(struct acc_s3_call *call, struct acc_s3 *s3);
/* True when the bucket keeps versions (enabled, or suspended after having been). */
bool acc_s3_read_versioning(const struct acc_s3_call *call);

#endif
