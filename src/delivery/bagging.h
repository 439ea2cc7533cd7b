/* Making a bag of a folder (RFC 8493, version 1.0): the manifest is written while files are hashed,
 * then the tag files, then, in place, the content moves into data/.
 *
 *     acc_bagging_begin -> acc_bagging_add... -> acc_bagging_finish | acc_bagging_abandon
 */
#ifndef ACC_DELIVERY_BAGGING_H
#define ACC_DELIVERY_BAGGING_H

#include <accession/digest.h>
#include "base/file.h"
#include "source/source.h"

/* The folder at the top of a source that is being bagged in place. */
#define ACC_BAGGING_FOLDER ".accession-bag"

struct acc_bagging {
    const char *folder; /* the bag that is made */
    char *work;         /* where its tag files are until they are complete */
    bool in_place;
    enum acc_alg alg;
    struct acc_file_new manifest;
    uint64_t files;
    int64_t bytes;
};

/* `output` NULL: in place. Refuses a source that is a bag, one where an earlier run was
 * interrupted, and an output folder that is not empty: ACC_SOURCE. */
enum acc_code acc_bagging_begin(struct acc_bagging *b, const struct acc_source *source,
                                const char *output, enum acc_alg alg, struct acc_error *err);
void acc_bagging_add(struct acc_bagging *b, const char *path, int64_t size,
                     const struct acc_digests *digests);
/* `identifier` may be NULL. When the content cannot be moved, what has been moved goes back. Ends
 * the struct either way. */
enum acc_code acc_bagging_finish(struct acc_bagging *b, const char *identifier,
                                 struct acc_error *err);
void acc_bagging_abandon(struct acc_bagging *b);

#endif
