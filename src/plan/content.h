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
    bool parts;            /* parts get their SHA-256 in the same pass */
    struct acc_str mapped; /* the name it was found under, if another */
};

/* ACC_FILE_SIZE when the manifest promises a size (not -1) and it is another. */
enum acc_code acc_content_check_size(int64_t size, int64_t promised, struct acc_error *err);

/* Opens the file; when the manifest promises a size (not -1) the file must have it. */
enum acc_code acc_content_open(struct acc_content *content, const struct acc_source *source,
                               const struct acc_algs *algs, uint32_t wanted, const char *path,
                               int64_t promised, struct acc_error *err);
/* Before the first read: digest each part as well, where the processor makes that cheap. All parts
 * but the last must then have a multiple of 64 bytes. */
void acc_content_in_parts(struct acc_content *content);
/* Reads exactly `len` bytes, which must be there, and hashes them. */
enum acc_code acc_content_read(struct acc_content *content, void *buffer, size_t len,
                               struct acc_error *err);
/* The SHA-256 of what was read since the last call; only where `parts` is set. */
void acc_content_part(struct acc_content *content, uint8_t sha256[ACC_SHA256_LEN]);
/* After the last byte: nothing may follow it, and size, times and inode must be as they were at
 * open. */
enum acc_code acc_content_finish(struct acc_content *content, struct acc_digests *digests,
                                 struct acc_error *err);
/* Accepts a zeroed struct and one already closed. */
void acc_content_close(struct acc_content *content);

#endif
