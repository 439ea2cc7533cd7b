/* s3://BUCKET[/PREFIX]: where objects go, and the keys they get. */
#ifndef ACC_S3_LOCATION_H
#define ACC_S3_LOCATION_H

#include <accession/error.h>
#include "base/str.h"

struct acc_s3_location {
    char *bucket; /* a name, or an access point ARN */
    char *prefix; /* "" or ending in "/" */
    char *url;    /* as people write it: no trailing slash */
};

/* Refuses anything that is not s3://, bucket names that S3 refuses, and prefixes that would make a
 * key unacceptable. */
enum acc_code acc_s3_location_parse(const char *url, struct acc_s3_location *location,
                                    struct acc_error *err);
/* The same for a delivery: as for cp and rsync, a URL that ends in "/" is the folder that SOURCE is
 * put into, under its name ("": it has none, and such a URL is ACC_USAGE). */
enum acc_code acc_s3_location_for(const char *url, const char *name,
                                  struct acc_s3_location *location, struct acc_error *err);
void acc_s3_location_release(struct acc_s3_location *location);

/* The key of a path: prefix + path. ACC_FILE_KEY when it has more than 1,024 bytes. */
enum acc_code acc_s3_location_key(const struct acc_s3_location *location, const char *path,
                                  struct acc_str *key, struct acc_error *err);

#endif
