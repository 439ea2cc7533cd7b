/* Inside src/source: a package (.tar, compressed or not, or .zip) as a source. Its entries are in
 * an index, a private temporary database, so that a million of them take no memory; their bytes
 * stay where they are.
 *
 *     package.c        the kind: what source.h asks, answered from index and readers
 *     index.h          the index: entries, links followed, contents of manifests
 *     package_scan.c   pass one: every entry judged, hashed and put into the index
 *     package_rules.c  what no package may hold
 *     package_reader.c one walk through the package, from front to back
 *     package_bytes.c  the bytes below it: unpacked, with the packing's own checks
 *     package_detect.c what it is
 *     package_zip.c    a zip's directory, held against the file
 *     package_spool.c  standard input, or an object, made readable twice
 *
 * Threads: what takes a struct acc_package locks its index by itself; a reader belongs to one
 * thread at a time. Errors are ACC_SOURCE with the whole sentence, unless something else is said.
 */
#ifndef ACC_SOURCE_PACKAGE_H
#define ACC_SOURCE_PACKAGE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <archive.h>
#include <archive_entry.h>

#include "base/str.h"
#include "digest/hasher.h"
#include "source/index.h"
#include "source/source.h"

enum acc_packing {
    ACC_PACKING_NONE, /* a tar as it is */
    ACC_PACKING_GZIP,
    ACC_PACKING_FILTER, /* bzip2, xz, zstd */
    ACC_PACKING_ZIP
};

struct acc_package_reader;

struct acc_package {
    const char *path;          /* the source's; for messages */
    int fd;                    /* -1 until standard input, or the object, was spooled */
    struct acc_bucket *bucket; /* that has the package as its only object, or NULL */
    struct stat st;            /* when it was opened */
    enum acc_packing packing;
    const char *encoding; /* of names that are not UTF-8, or NULL; borrowed */
    int64_t max_expansion;
    bool scanned;
    bool packed; /* a file's bytes can only be read after those before it */
    struct acc_source_watcher watcher;
    struct acc_index index;
    pthread_mutex_t lock; /* of what follows */
    struct acc_package_reader *idle;
};

/* ---- pass one ---- */

/* Reads all of it. Every file gets the `wanted` digests (0: those that manifests are expected to
 * have); the first time, entries are judged and the index is made. */
enum acc_code acc_package_scan(struct acc_package *package, uint32_t wanted,
                               const atomic_bool *stop, struct acc_error *err);

/* ---- rules ---- */

/* The name as UTF-8, clean, without "/" at its end; "" is the top itself. ACC_SOURCE if no file may
 * have that name. */
enum acc_code acc_package_name(const struct acc_package *package, const char *raw,
                               struct acc_str *name, struct acc_error *err);
/* Where a link leads, from the top of the package. `hard` ones say that by themselves. */
enum acc_code acc_package_target(const struct acc_package *package, const char *name,
                                 const char *raw, bool hard, struct acc_str *target,
                                 struct acc_error *err);
enum acc_code acc_package_judge(const struct acc_package *package, const char *name,
                                struct archive_entry *entry, struct acc_error *err);
/* Sets and returns ACC_SOURCE: "PACKAGE: NAME WHAT". */
enum acc_code acc_package_refuse(const struct acc_package *package, const char *name,
                                 const char *what, struct acc_error *err);

/* ---- reader ---- */

enum acc_code acc_package_reader_new(struct acc_package *package,
                                     struct acc_package_reader **reader, struct acc_error *err);
void acc_package_reader_free(struct acc_package_reader *reader);
/* The next entry, or NULL at the end, whose mark has then been seen and beyond which nothing lies.
 */
enum acc_code acc_package_reader_next(struct acc_package_reader *reader,
                                      struct archive_entry **entry, struct acc_error *err);
/* Of the entry's bytes, in order; 0 at their end, -1 on error. */
ssize_t acc_package_reader_read(struct acc_package_reader *reader, void *buffer, size_t len,
                                struct acc_error *err);
int64_t acc_package_reader_place(const struct acc_package_reader *reader);
/* Where the entry's bytes begin in the package's file, if they lie there as they are; else -1. To
 * be asked before they are read. */
int64_t acc_package_reader_offset(const struct acc_package_reader *reader);
/* Bytes that came out of the packing. */
int64_t acc_package_reader_unpacked(const struct acc_package_reader *reader);

/* ---- bytes ---- */

struct acc_package_bytes;

enum acc_code acc_package_bytes_new(const struct acc_package *package,
                                    struct acc_package_bytes **bytes, struct acc_error *err);
void acc_package_bytes_free(struct acc_package_bytes *bytes);
/* The next piece, alive until the next call; 0 is the end, -1 an error with the reason alone. */
ssize_t acc_package_bytes_next(struct acc_package_bytes *bytes, const void **piece,
                               struct acc_error *err);

/* Whether a zip is made of its entries, so many, and its directory: nothing before or behind them.
 */
enum acc_code acc_package_zip_check(const struct acc_package *package, int64_t entries,
                                    struct acc_error *err);

/* What the first bytes show; ACC_SOURCE if it cannot be a package. */
enum acc_code acc_package_detect(struct acc_package *package, struct acc_error *err);

/* ---- what cannot be read twice ---- */

/* All of standard input, or of the object in the bucket, in memory, or in a temporary file without
 * a name; `fd` is then open. ACC_LOCAL if it does not fit there. */
enum acc_code acc_package_spool(struct acc_package *package, const atomic_bool *stop,
                                struct acc_error *err);

/* pread(2) until `len` bytes or the end. */
ssize_t acc_package_pread(int fd, void *buffer, size_t len, int64_t offset);

#endif
