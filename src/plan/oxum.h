/* A Payload-Oxum that data/ does not have, though every file that the manifests list is there.
 *
 * Either a file is longer or shorter than it was, which is that file's failure and no reason to
 * refuse the others, or bag-info.txt is wrong, which is the bag's. BagIt's manifests give no sizes,
 * so only the digests know. Reads payload files, as few as that takes.
 */
#ifndef ACC_PLAN_OXUM_H
#define ACC_PLAN_OXUM_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/str.h"
#include "source/source.h"

/* `culprit` gets the path of the first payload file found that is not as its manifest says, or
 * stays empty when all are. ACC_INTERRUPTED once `stop` is set; ACC_MANIFEST and the like when the
 * bag cannot be read any more. Runs to its end on the calling thread. */
enum acc_code acc_oxum_find_culprit(const struct acc_source *source, const atomic_bool *stop,
                                    struct acc_str *culprit, struct acc_error *err);

#endif
