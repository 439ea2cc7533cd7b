/* Every regular file of a folder, hashed by several threads, handed on in the order of the walk.
 *
 * Memory: a fixed number of files in progress, however many the folder holds. The calling thread
 * walks and hands on; the others hash. */
#ifndef ACC_DELIVERY_HASH_TREE_H
#define ACC_DELIVERY_HASH_TREE_H

#include <accession/digest.h>
#include <accession/error.h>
#include "source/source.h"

struct acc_hash_tree {
    /* set by the user */
    const struct acc_source *source;
    unsigned threads;      /* 0: one for each processor */
    const char *leave_out; /* a folder at the top that is not entered, or NULL */
    bool (*skip)(void *arg, const struct stat *st); /* files that are left out; may be NULL */
    uint32_t wanted;                                /* bits (1 << enum acc_alg) */
    enum acc_code (*on_file)(void *arg, const char *path, int64_t size,
                             const struct acc_digests *digests, struct acc_error *err);
    void *arg;
};

/* ACC_SOURCE for anything that is neither a folder nor a regular file within the source, and for
 * what changes or cannot be read; the code of on_file, when that fails. All threads have ended when
 * it returns. */
enum acc_code acc_hash_tree(const struct acc_hash_tree *tree, struct acc_error *err);

#endif
