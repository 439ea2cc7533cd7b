/* Inside src/source: the kinds, and what they share. */
#ifndef ACC_SOURCE_KINDS_H
#define ACC_SOURCE_KINDS_H

#include "source/source.h"

extern const struct acc_source_kind acc_source_folder, acc_source_package, acc_source_bucket;

bool acc_package_is_packed(const struct acc_package *package);
struct acc_bucket *acc_package_bucket(const struct acc_package *package); /* it lies in; or NULL */
enum acc_code acc_package_hash(const struct acc_package *package, const struct acc_algs *algs,
                               uint32_t wanted, const atomic_bool *stop,
                               struct acc_digests *digests, struct acc_error *err);

/* The object at the URL, which is of the bucket's. */
bool acc_bucket_holds_url(struct acc_bucket *bucket, const char *url);

/* Makes `source`, of which path is set, the package open at `fd`, which is its own from here on, or
 * for -1 the one on standard input or, if `source` has a bucket, the one that is its only object;
 * the bucket is the package's then. The source must be closed after a failure, too. */
enum acc_code acc_package_open(struct acc_source *source, int fd,
                               const struct acc_manifest_rules *rules, struct acc_error *err);

/* Makes `source` the objects below s3://BUCKET/PREFIX; or, if that is one `object`, those in the
 * folder that it lies in, of which this one is all that is there. It must be closed after a
 * failure, too. */
enum acc_code acc_bucket_source(struct acc_source *source, const char *url,
                                const struct acc_connection *connection, bool *object,
                                struct acc_error *err);

void acc_bucket_canonical(const struct acc_bucket *bucket, struct acc_str *canonical);

/* Makes `file` the file that is open at `fd`: as in a folder, wherever it lies. */
int acc_source_use_fd(struct acc_source_file *file, int fd);

#endif
