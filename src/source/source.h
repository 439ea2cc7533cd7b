/* A source: where the files of a delivery come from. Plan, gate, pipeline and receipts know sources
 * by this interface alone; its kinds are rows of a table in source.c.
 *
 * Paths are relative to the source, clean (base/path.h). A `struct stat` describes an entry
 * whatever the kind: st_mode, st_size and st_mtim are true; the rest is the kind's own.
 *
 * Threads: opening, reading and walking may be done on any thread, several concurrently; a
 * struct acc_source_file belongs to one thread at a time. acc_source_open(), _add() and _close()
 * are for when no other thread uses the source.
 */
#ifndef ACC_SOURCE_SOURCE_H
#define ACC_SOURCE_SOURCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <accession/connection.h>
#include <accession/error.h>
#include <accession/manifest.h>
#include "base/str.h"
#include "base/walk.h"

struct acc_algs;          /* digest/hasher.h */
struct acc_folder;        /* source/near.h */
struct acc_package;       /* source/package.h */
struct acc_packed_file;   /* likewise */
struct acc_bucket;        /* source/bucket.h */
struct acc_bucket_object; /* likewise */

/* Called while a source is prepared, on that thread, with what was read so far. While a package is
 * fetched that cannot be read where it lies, `files` is 0. */
struct acc_source_watcher {
    void (*on_read)(void *arg, uint64_t files, int64_t bytes); /* or NULL */
    void *arg;
};

struct acc_source {
    const struct acc_source_kind *kind;
    char *path; /* as people know it: absolute, symlinks resolved; or s3://BUCKET/PREFIX, or
                   "standard input" */
    char *name; /* the last part of that, of a package without its ending; "" on standard input */
    int fd;     /* of the folder, or -1 */
    struct acc_package *package; /* or NULL */
    struct acc_bucket *bucket;   /* or NULL */
    struct acc_source_watcher watcher;
    /* Files that lie outside and are archived with it all the same: manifests beside it. Added
     * before other threads open anything. */
    struct acc_source_extra {
        char *name, *path; /* in the source's terms; on disk */
    } * extras;
    size_t extra_count;
};

/* A file of the source that is open. */
struct acc_source_file {
    const struct acc_source_kind *kind; /* NULL: closed */
    const struct acc_source *source;
    int fd;
    struct stat st;                   /* when it was opened */
    struct acc_str mapped;            /* the name it was found under, if another */
    struct acc_packed_file *packed;   /* in a package, or NULL */
    struct acc_bucket_object *object; /* in a bucket, or NULL */
};

/* What a kind does. Those that answer with an int return 0, or -1 and errno; -1 from `read` and
 * `peek` comes with an error, whose message is the reason alone. */
struct acc_source_kind {
    const char *name;
    /* These five may be NULL: nothing to prepare, nothing known, no order, nothing to fetch ahead,
     * no read that waits for long. */
    enum acc_code (*prepare)(struct acc_source *source, uint32_t wanted, const atomic_bool *stop,
                             struct acc_error *err);
    bool (*known)(const struct acc_source *source, const char *path, uint32_t wanted,
                  struct acc_digests *digests, struct stat *st);
    int64_t (*place)(const struct acc_source *source, const char *path);
    void (*expect)(const struct acc_source *source, const char *path);
    void (*stop)(struct acc_source *source);
    int (*look)(const struct acc_source *source, const char *path, int flags, struct stat *st);
    int (*look_near)(const struct acc_source *source, struct acc_folder *near, const char *path,
                     struct stat *st);
    int (*open)(struct acc_source_file *file, const char *path);
    ssize_t (*read)(struct acc_source_file *file, void *buffer, size_t len, struct acc_error *err);
    ssize_t (*peek)(struct acc_source_file *file, void *buffer, size_t len, struct acc_error *err);
    int (*again)(struct acc_source_file *file, struct stat *now);
    void (*shut)(struct acc_source_file *file);
    enum acc_code (*walk)(const struct acc_source *source, const char *below, acc_walk_each each,
                          acc_walk_enter enter, void *arg, struct acc_error *err);
    /* For names alone; NULL: the walk costs no look at each file. */
    enum acc_code (*walk_names)(const struct acc_source *source, acc_walk_each each, void *arg,
                                struct acc_error *err);
    int (*list)(const struct acc_source *source, void (*each)(void *arg, const char *name),
                void *arg);
    void (*close)(struct acc_source *source);
};

/* A folder, or a package (tar, zip); "-" is one on standard input; s3://BUCKET/PREFIX, unless
 * `connection` is NULL, the objects there, or the package that this object is. `rules`, which may
 * be NULL, are borrowed. ACC_SOURCE when nothing of that name can be read. */
enum acc_code acc_source_open(const char *path, const struct acc_manifest_rules *rules,
                              const struct acc_connection *connection, struct acc_source *source,
                              struct acc_error *err);
/* A source that has one file only, the object of that URL, whose name is the source's. */
enum acc_code acc_source_open_object(const char *url, const struct acc_connection *connection,
                                     struct acc_source *source, struct acc_error *err);
/* Before anything of the source is asked for: a package is then read from front to back, each file
 * hashed, and refused as a whole if it is damaged or holds what none may hold (ACC_SOURCE).
 * `wanted`: algorithms (bits); 0: those that its manifests are expected to have. Once more with
 * those that acc_source_known() lacks. Runs long; ACC_INTERRUPTED once `stop`, which may be NULL,
 * is set. */
enum acc_code acc_source_prepare(struct acc_source *source, uint32_t wanted,
                                 const atomic_bool *stop, struct acc_error *err);
/* The source was read whole, and is compared before anything of it is used. */
bool acc_source_is_package(const struct acc_source *source);
/* The file's digests, if the source computed those that are `wanted` of the bytes that it still
 * holds. */
bool acc_source_known(const struct acc_source *source, const char *path, uint32_t wanted,
                      struct acc_digests *digests, struct stat *st);
/* The path in the source of what lies at `path`, which begins as the source's does; or NULL. */
const char *acc_source_below(const struct acc_source *source, const char *path);
/* The digests of a package itself, as it lies there; it is read once more. */
enum acc_code acc_source_hash_package(const struct acc_source *source, const struct acc_algs *algs,
                                      uint32_t wanted, const atomic_bool *stop,
                                      struct acc_digests *digests, struct acc_error *err);
/* Whether the folder that lies `up` levels above the source, which is then in `folder`, holds the
 * regular file `path`. False, too, if it cannot be looked at. */
bool acc_source_above(const struct acc_source *source, unsigned up, const char *path,
                      struct acc_str *folder);
/* Where a source in a bucket lies, as the ledger names places; false for other kinds. Before it is
 * prepared. */
bool acc_source_canonical(const struct acc_source *source, struct acc_str *canonical);
/* Where the file comes in a source that is read quickly in one order alone; -1: anywhere. */
int64_t acc_source_place(const struct acc_source *source, const char *path);
bool acc_source_in_order(const struct acc_source *source); /* it has such files */
/* The file is about to be opened: what takes time may begin. Any thread; several such files are
 * best opened in the order in which they were expected. */
void acc_source_expect(const struct acc_source *source, const char *path);
/* Reads that wait for a server, and all that follow, end with ACC_INTERRUPTED. Any thread. */
void acc_source_stop(struct acc_source *source);
/* From here on the file at `path` is opened as `name`. */
void acc_source_add(struct acc_source *source, const char *name, const char *path);
/* Accepts a zeroed struct and one already closed. */
void acc_source_close(struct acc_source *source);

/* fstatat(2) within the source, `flags` included; follows links while they stay inside. */
int acc_source_look(const struct acc_source *source, const char *path, int flags, struct stat *st);
/* The same with links followed, of one name after another: quicker while they share a folder. */
int acc_source_look_near(const struct acc_source *source, struct acc_folder *near, const char *path,
                         struct stat *st);
bool acc_source_has(const struct acc_source *source, const char *path); /* a regular file */
/* Of a look's errno: the source has nothing there. What else fails, a network's file system that is
 * away for instance, says nothing of that. */
bool acc_source_lacks(int number);

/* Opens the regular file that a manifest names. A symlink is followed while it stays inside. When
 * no file has the very name, its NFC and NFD forms are tried; the one found is then in
 * `file->mapped` ("" otherwise). ACC_FILE_MISSING, ACC_FILE_KIND (leaves the source, or is not a
 * regular file), ACC_FILE_UNREADABLE. On failure nothing needs shutting. */
enum acc_code acc_source_open_file(const struct acc_source *source, const char *path,
                                   struct acc_source_file *file, struct acc_error *err);
/* Whether acc_source_open_file() of the name `listed` opens the entry at `path`, which is another
 * normal form of it: never while the source has `listed` itself as another file. */
bool acc_source_stands_for(const struct acc_source *source, const char *path, const char *listed);
/* Up to `len` bytes, in order; 0 is the end. -1 is an error. ACC_FILE_UNREADABLE, ACC_FILE_CHANGED
 * and ACC_LOCAL have the reason alone as message; ACC_SOURCE and ACC_SOURCE_UNREACHABLE are about
 * the whole source, as is their sentence. */
ssize_t acc_source_read(struct acc_source_file *file, void *buffer, size_t len,
                        struct acc_error *err);
/* Whether a failure to open or read one file would be that of any other: this machine's fault, or
 * that of the server that the source lies on. */
bool acc_source_fails_all(const struct acc_source *source, enum acc_code code);
/* The first bytes, before anything is read; the next read gives them again. */
ssize_t acc_source_peek(struct acc_source_file *file, void *buffer, size_t len,
                        struct acc_error *err);
/* ACC_FILE_CHANGED when the file is no longer what it was when it was opened. */
enum acc_code acc_source_unchanged(struct acc_source_file *file, struct acc_error *err);
void acc_source_shut(struct acc_source_file *file); /* accepts a zeroed struct */

/* acc_walk() of the source, or of the folder `below` in it. */
enum acc_code acc_source_walk(const struct acc_source *source, const char *below,
                              acc_walk_each each, acc_walk_enter enter, void *arg,
                              struct acc_error *err);
/* acc_walk_names() of the source. */
enum acc_code acc_source_walk_names(const struct acc_source *source, acc_walk_each each, void *arg,
                                    struct acc_error *err);
/* The names at the top, of whatever kind. */
int acc_source_list(const struct acc_source *source, void (*each)(void *arg, const char *name),
                    void *arg);

#endif
