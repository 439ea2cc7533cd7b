/* The attributes that every object is to carry (include/accession/object.h): checked, turned into
 * headers, and compared with what a HEAD says the object has.
 *
 * Threads: the loop's thread.
 */
#ifndef ACC_S3_ATTRIBUTES_H
#define ACC_S3_ATTRIBUTES_H

#include <accession/object.h>
#include "base/clock.h"
#include "s3/ops/ops.h"

/* Checked and normalised; owned strings, "" when not asked for. */
struct acc_s3_attributes {
    char storage_class[32];
    char sse[16];
    char lock_mode[16];
    char retain_until[ACC_TIME_TEXT]; /* "2046-01-01T00:00:00.000Z" */
    int64_t retain_until_ms;
    bool legal_hold;
    unsigned tag_count;
    char *tagging_xml;                    /* body of PutObjectTagging */
    bool any;                             /* something must be read back */
    bool typed;                           /* a content type is among the headers */
    struct acc_s3_object_headers headers; /* what requests carry for them */
};

/* ACC_USAGE names the option that is wrong. `now`: wall clock. Release in every case. */
enum acc_code acc_s3_attributes_init(struct acc_s3_attributes *attributes,
                                     const struct acc_object_options *options, int64_t now,
                                     struct acc_error *err);
void acc_s3_attributes_release(struct acc_s3_attributes *attributes);
/* --expected-bucket-owner: every request carries it. NULL is fine. */
enum acc_code acc_s3_owner_option(struct acc_s3 *s3, const char *account, struct acc_error *err);
/* --checksum; NULL is the default. ACC_USAGE if it is not the name of a checksum. */
enum acc_code acc_s3_checksum_option(const char *name, enum acc_s3_checksum *checksum,
                                     struct acc_error *err);

/* The attributes that an object lacks: bits, derived from the answer to a HEAD. */
enum acc_s3_lack {
    ACC_LACKS_STORAGE_CLASS = 1,
    ACC_LACKS_SSE = 2,
    ACC_LACKS_RETENTION = 4,
    ACC_LACKS_LEGAL_HOLD = 8,
    ACC_LACKS_TAGS = 16
};
unsigned acc_s3_attributes_lacking(const struct acc_s3_attributes *attributes,
                                   const struct acc_s3_call *head);
/* "storage class GLACIER, legal hold": appended. */
void acc_s3_attributes_name(const struct acc_s3_attributes *attributes, unsigned lacking,
                            struct acc_str *out);

/* The call that adds one of ACC_LACKS_RETENTION, _LEGAL_HOLD, _TAGS to this version. `body` is
 * replaced and must live until on_done. */
void acc_s3_attributes_mend(const struct acc_s3_attributes *attributes, enum acc_s3_lack lack,
                            struct acc_s3_call *call, struct acc_s3 *s3, const char *key,
                            const char *version_id, struct acc_str *body);

#endif
