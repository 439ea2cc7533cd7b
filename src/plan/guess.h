/* What may have been meant, when the folder given does not hold what its manifest names: a few
 * looks around it, nothing read, nothing certain. */
#ifndef ACC_PLAN_GUESS_H
#define ACC_PLAN_GUESS_H

#include "base/str.h"
#include "source/source.h"

/* Where `path` would be found. At most one of the two is set; both are replaced. */
struct acc_guess {
    struct acc_str prefix; /* to be stripped from the path's front */
    struct acc_str folder; /* the source that holds the path as it stands */
};
void acc_guess_place(const struct acc_source *source, const char *path, struct acc_guess *guess);
void acc_guess_release(struct acc_guess *guess);

/* A bag that the source lies in, or the only one that lies in it, in `bag` (replaced; "": none).
 * True if several lie in it. */
bool acc_guess_bag(const struct acc_source *source, struct acc_str *bag);

#endif
