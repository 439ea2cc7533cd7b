/* The content of one file: read once, hashed on the way, watched for change.
 *
 *     open -> read... (each buffer once, in order) -> finish -> close
 *
 * What read() puts into a buffer is what it hashed: the caller sends that buffer and nothing else.
 *
 * Threads: one at a time, normally a pool thread; nothing here touches the loop.
 */
#ifndef ACC_PLAN_CONTENT_H
#define ACC_PLAN_CONTENT_H

#include <sys/stat.h>

#include "digest/hasher.h"
#include "plan/source.h"

struct acc_content {
    int fd;
    int64_t size;   /* of the file when it was opened */
    int64_t offset; /* bytes read and hashed */
    struct stat first;
    struct acc_hasher hasher;
    struct acc_str mapped; /* the name it was found under, if another */
};

/* ACC_FILE_SIZE when the manifest promises a size (not -1) and it is another. */
enum acc_code acc_content_check_size(int64_t size, int64_t promised, struct acc_error *err);

/* Opens the file; when the manifest promises a size (not -1) the file must have it. */
enum acc_code acc_content_open(struct acc_content *content, const struct acc_source *source,
                               const struct acc_algs *algs, uint32_t wanted, const char *path,
                               int64_t promised, struct acc_error *err);
/* Reads exactly `len` bytes, which must be there, and hashes them. */
enum acc_code acc_content_read(struct acc_content *content, void *buffer, size_t len,
                               struct acc_error *err);
/* After the last byte: nothing may follow it, and size, times and inode must be as they were at
 * open. */
enum acc_code acc_content_finish(struct acc_content *content, struct acc_digests *digests,
                                 struct acc_error *err);
/* Accepts a zeroed struct and one already closed. */
void acc_content_close(struct acc_content *content);

#endif
