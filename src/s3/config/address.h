/* Where a bucket is asked: host name, URL and signing region, for AWS and for any other server, in
 * path style ("HOST/BUCKET") or virtual-host style ("BUCKET.HOST"), by name or by the ARN of an
 * access point. Pure.
 * Sources: Amazon S3 User Guide, "Virtual hosting of general purpose buckets", "Referencing access
 * points"; what botocore makes of the same settings. */
#ifndef ACC_S3_ADDRESS_H
#define ACC_S3_ADDRESS_H

#include <accession/error.h>
#include "base/str.h"
#include "s3/config/settings.h"

struct acc_s3_address {
    struct acc_str base;   /* "https://HOST[:PORT]" */
    struct acc_str host;   /* "HOST[:PORT]" as the Host header has it */
    struct acc_str path;   /* "" or "/BUCKET" */
    struct acc_str region; /* what requests are signed for */
};

/* `region` is where the bucket is known to be, or NULL: then the settings' or the ARN's. `address`
 * is zeroed or was found before. ACC_USAGE: there is no such bucket, or this program cannot write
 * to it; ACC_CONFIG: the settings and the bucket do not go together. */
enum acc_code acc_s3_address_find(struct acc_s3_address *address,
                                  const struct acc_s3_settings *settings, const char *bucket,
                                  const char *region, struct acc_error *err);
/* The same for what is asked of the account, without a bucket. */
void acc_s3_address_of_account(struct acc_s3_address *address,
                               const struct acc_s3_settings *settings);
void acc_s3_address_release(struct acc_s3_address *address);

#endif
