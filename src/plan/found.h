/* The manifests that lie at the top of a source which is not a bag, when none was named. */
#ifndef ACC_PLAN_FOUND_H
#define ACC_PLAN_FOUND_H

#include "source/source.h"

#define ACC_FOUND_MAX 8

struct acc_found {
    char *names[ACC_FOUND_MAX + 1]; /* paths in the source; NULL-terminated */
    size_t count;                   /* 0: no manifest was found */
};

/* Of a source that is prepared. ACC_MANIFEST, with nothing to release, if they are several of which
 * one alone can be meant. */
enum acc_code acc_found_manifests(const struct acc_source *source, struct acc_found *found,
                                  struct acc_error *err);
void acc_found_release(struct acc_found *found); /* accepts a zeroed struct */

#endif
