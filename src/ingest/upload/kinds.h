/* What objects carry, by the file: the attributes of the first rule that matches its path, else
 * those of the run (include/accession/object.h).
 *
 * A pattern with a slash is compared with the whole path, any other with the last part of it; `*`
 * also stands for slashes, and letters match in either case.
 *
 * Threads: the loop's thread. */
#ifndef ACC_INGEST_KINDS_H
#define ACC_INGEST_KINDS_H

#include <accession/object.h>
#include "s3/ops/attributes.h"

struct acc_kinds {
    struct acc_s3_attributes usual;
    const struct acc_object_rule *rules;  /* borrowed for the run */
    struct acc_s3_attributes *attributes; /* of each rule */
    struct acc_s3_object_kind *probed;    /* what the probe asks about */
    size_t count;
};

/* ACC_USAGE names the option, and the rule, that is wrong. Release in every case. */
enum acc_code acc_kinds_init(struct acc_kinds *kinds, const struct acc_object_options *usual,
                             const struct acc_object_rule *rules, size_t count, int64_t now,
                             struct acc_error *err);
void acc_kinds_release(struct acc_kinds *kinds);
/* Lives as long as `kinds`. */
const struct acc_s3_attributes *acc_kinds_of(const struct acc_kinds *kinds, const char *path);

#endif
