/* The content of one file: read once, hashed on the way, watched for change.
 *
 *     open -> read... (each buffer once, in order) -> finish -> close
 *
 * What read() puts into a buffer is what it hashed: the caller sends that buffer and nothing else.
 *
 * Threads: one at a time, normally a pool thread; nothing here touches the loop.
 */
#ifndef ACC_SOURCE_CONTENT_H
#define ACC_SOURCE_CONTENT_H

#include "digest/hasher.h"
#include "source/source.h"

/* What is computed of each part in the pass that hashes the file: bits, of which one may be a CRC.
 */
enum acc_content_parts {
    ACC_CONTENT_PARTS_SHA256 = 1,
    ACC_CONTENT_PARTS_CRC32C = 2,
    ACC_CONTENT_PARTS_CRC64NVME = 4
};

struct acc_content {
    struct acc_source_file file;
    int64_t size;   /* of the file when it was opened */
    int64_t offset; /* bytes read and hashed */
    struct acc_hasher hasher;
    unsigned parts;
    uint64_t crc; /* of the part so far */
};

/* ACC_FILE_SIZE when the manifest promises a size (not -1) and it is another. */
enum acc_code acc_content_check_size(int64_t size, int64_t promised, struct acc_error *err);

/* Opens the file; when the manifest promises a size (not -1) the file must have it. */
enum acc_code acc_content_open(struct acc_content *content, const struct acc_source *source,
                               const struct acc_algs *algs, uint32_t wanted, const char *path,
                               int64_t promised, struct acc_error *err);
/* Before the first read. SHA-256 only where the processor makes that cheap (`parts` says); all
 * parts but the last must then have a multiple of 64 bytes. */
void acc_content_in_parts(struct acc_content *content, unsigned parts);
/* Reads exactly `len` bytes, which must be there, and hashes them. */
enum acc_code acc_content_read(struct acc_content *content, void *buffer, size_t len,
                               struct acc_error *err);
/* Of what was read since the last call; those that `parts` says. */
void acc_content_part_sha256(struct acc_content *content, uint8_t sha256[ACC_SHA256_LEN]);
uint64_t acc_content_part_crc(struct acc_content *content);
/* After the last byte: nothing may follow it, and size, times and inode must be as they were at
 * open. */
enum acc_code acc_content_finish(struct acc_content *content, struct acc_digests *digests,
                                 struct acc_error *err);
/* Accepts a zeroed struct and one already closed. */
void acc_content_close(struct acc_content *content);

/* All of that in one call, for callers that need the digests alone; what the source has hashed
 * already (a package) is not read again. `*size` is what the manifest promises, or -1; then what
 * was found. `stop` may be NULL; once true: ACC_INTERRUPTED. */
enum acc_code acc_content_hash(const struct acc_source *source, const struct acc_algs *algs,
                               uint32_t wanted, const char *path, int64_t *size,
                               const atomic_bool *stop, struct acc_digests *digests,
                               struct acc_error *err);

#endif
