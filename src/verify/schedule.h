/* Which entries a verification looks at. Sample and slice are chosen by hashes of the path, so that
 * the same paths come again, on any machine, and the M slices of a set are disjoint and together
 * all of it.
 *
 *   slice N of M   the first 8 bytes of SHA-256(path), as a big-endian number, modulo M, is N - 1
 *   sample P       the first 8 bytes of SHA-256(seed, NUL, path), as a share of 2^64, are below
 * P */
#ifndef ACC_VERIFY_SCHEDULE_H
#define ACC_VERIFY_SCHEDULE_H

#include <stdbool.h>

#include <accession/verify.h>

/* By slice and sample alone. */
bool acc_schedule_takes(const struct acc_verify_options *options, const char *path);
/* By time: `last` is when the entry was last found as promised, 0 for never; wall clock. */
bool acc_schedule_due(const struct acc_verify_options *options, int64_t last, int64_t now);

/* Whether it is in order that nothing was selected: all of it was found as promised not long ago,
 * or it falls into the other slices. */
bool acc_schedule_is_idle(const struct acc_verify_options *options, uint64_t recent);

#endif
