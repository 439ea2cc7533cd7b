/* The entries of a source that is no folder, by their paths: a private temporary database, so that
 * a million of them take no memory. Paths are those from the top; what lies below the root is asked
 * for by the paths below it.
 *
 * Threads: any, several concurrently. Errors are ACC_LOCAL: the temporary folder has no room.
 */
#ifndef ACC_SOURCE_INDEX_H
#define ACC_SOURCE_INDEX_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <accession/digest.h>
#include <accession/error.h>
#include "base/str.h"
#include "base/walk.h"
#include "ledger/sql.h"

struct acc_index {
    pthread_mutex_t lock;
    struct acc_sql sql;
    struct acc_str root; /* "" or "FOLDER/": what all entries lie in */
    bool opened;
};

enum acc_index_kind { ACC_INDEX_FILE, ACC_INDEX_FOLDER, ACC_INDEX_LINK, ACC_INDEX_HARD_LINK };

#define ACC_INDEX_TAG 96

struct acc_index_entry {
    enum acc_index_kind kind;
    int64_t place;  /* which entry of the source, from 0; -1: a folder that is only implied */
    int64_t offset; /* of its bytes in a package's file, or -1: they are packed */
    int64_t size;
    int64_t seconds, nanoseconds; /* modified */
    bool kept;                    /* its content is in the index */
    struct acc_digests digests;   /* those that are known */
    char tag[ACC_INDEX_TAG];      /* what identifies this content: an object's ETag */
};

/* What stood in the way of an entry. */
enum acc_index_clash {
    ACC_INDEX_CLEAR,
    ACC_INDEX_TWICE,     /* its path is taken */
    ACC_INDEX_NO_FOLDER, /* it is a folder, and something else stands there */
    ACC_INDEX_IN_FILE    /* it was added, though a folder on its way is something else */
};

/* A zeroed struct; also one that could not be opened must be closed. */
enum acc_code acc_index_open(struct acc_index *index, struct acc_error *err);
void acc_index_close(struct acc_index *index); /* accepts a zeroed struct */

/* `target` of a link is a path from the top; NULL for others. Folders on the way are added with it.
 * What stood there first stays. `at` is where the clash is, if there is one. */
enum acc_code acc_index_add(struct acc_index *index, const char *path,
                            const struct acc_index_entry *entry, const char *target,
                            enum acc_index_clash *clash, struct acc_str *at, struct acc_error *err);
enum acc_code acc_index_set_digests(struct acc_index *index, int64_t place,
                                    const struct acc_digests *digests, struct acc_error *err);
enum acc_code acc_index_keep(struct acc_index *index, int64_t place, int64_t at, const void *bytes,
                             size_t len, struct acc_error *err);
/* A piece of a kept content; 0 is its end, -1 an error. */
ssize_t acc_index_kept(struct acc_index *index, int64_t place, int64_t at, void *buffer, size_t len,
                       struct acc_error *err);
/* If all entries lie in one folder, that is the root from here on. */
enum acc_code acc_index_find_root(struct acc_index *index, struct acc_error *err);
/* `path` below the root. 0, or -1 and errno: ENOENT, EXDEV for a link that leaves the root, ELOOP;
 * EIO: the index could not be asked. */
int acc_index_find(struct acc_index *index, const char *path, bool follow,
                   struct acc_index_entry *entry);
/* The first entry whose path below the root is not before `from`; `*row` is false at the end. */
enum acc_code acc_index_next(struct acc_index *index, const struct acc_str *from,
                             struct acc_str *path, struct acc_index_entry *entry, bool *row,
                             struct acc_error *err);

/* ---- as source.h asks ---- */

void acc_index_stat(const struct acc_index_entry *entry, struct stat *st);
int acc_index_look(struct acc_index *index, const char *path, int flags, struct stat *st);
enum acc_code acc_index_walk(struct acc_index *index, const char *below, acc_walk_each each,
                             acc_walk_enter enter, void *arg, struct acc_error *err);
int acc_index_list(struct acc_index *index, void (*each)(void *arg, const char *name), void *arg);

#endif
