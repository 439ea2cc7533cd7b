/* What all kinds of sources share: finding the kind, files that are archived beside the source's
 * own, names in another normal form, and what a failed open means. A kind is a table of functions,
 * as in folder.c. Failures name the entry's fault; the caller names the entry. */
#include "source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "source/kinds.h"

static enum acc_code open_at(char *real, int fd, const struct acc_manifest_rules *rules,
                             struct acc_source *source, struct acc_error *err)
{
    struct stat st;
    *source = (struct acc_source){.kind = &acc_source_folder, .path = real, .fd = fd};
    source->name = acc_strdup(fd < 0 ? "" : strrchr(real, '/') + 1);
    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        return ACC_OK;
    source->name[acc_path_without_packing(source->name)] = '\0';
    enum acc_code code = acc_package_open(source, fd, rules, err);
    if (code != ACC_OK)
        acc_source_close(source);
    return code;
}

static enum acc_code open_in_bucket(const char *url, const struct acc_manifest_rules *rules,
                                    const struct acc_connection *connection,
                                    struct acc_source *source, struct acc_error *err)
{
    bool object;
    enum acc_code code = acc_bucket_source(source, url, connection, &object, err);
    if (code == ACC_OK && object) {
        source->name[acc_path_without_packing(source->name)] = '\0';
        code = acc_package_open(source, -1, rules, err);
    }
    if (code != ACC_OK)
        acc_source_close(source);
    return code;
}

enum acc_code acc_source_open(const char *path, const struct acc_manifest_rules *rules,
                              const struct acc_connection *connection, struct acc_source *source,
                              struct acc_error *err)
{
    if (connection != NULL && acc_starts_with(path, "s3://"))
        return open_in_bucket(path, rules, connection, source, err);
    if (strcmp(path, "-") == 0)
        return open_at(acc_strdup("standard input"), -1, rules, source, err);
    char *real = realpath(path, NULL);
    int fd = real != NULL ? open(real, O_RDONLY | O_NONBLOCK | O_CLOEXEC) : -1;
    if (fd >= 0)
        return open_at(real, fd, rules, source, err);
    enum acc_code code = acc_code_of_errno(errno, ACC_SOURCE);
    acc_error_set(err, code, "%s: %s. SOURCE must be a folder or a package that can be read.", path,
                  strerror(errno));
    free(real);
    return code;
}

enum acc_code acc_source_open_object(const char *url, const struct acc_connection *connection,
                                     struct acc_source *source, struct acc_error *err)
{
    bool object;
    enum acc_code code = acc_bucket_source(source, url, connection, &object, err);
    if (code == ACC_OK && !object)
        code = acc_error_set(err, ACC_SOURCE, "%s: no object lies there, or it may not be read.",
                             source->path);
    if (code != ACC_OK)
        acc_source_close(source);
    return code;
}

enum acc_code acc_source_prepare(struct acc_source *source, uint32_t wanted,
                                 const atomic_bool *stop, struct acc_error *err)
{
    return source->kind->prepare != NULL ? source->kind->prepare(source, wanted, stop, err)
                                         : ACC_OK;
}

bool acc_source_is_package(const struct acc_source *source)
{
    return source->package != NULL;
}

bool acc_source_known(const struct acc_source *source, const char *path, uint32_t wanted,
                      struct acc_digests *digests, struct stat *st)
{
    return source->kind->known != NULL && source->kind->known(source, path, wanted, digests, st);
}

const char *acc_source_below(const struct acc_source *source, const char *path)
{
    size_t len = strlen(source->path);
    if (strcmp(source->path, "/") == 0)
        return path + 1;
    return acc_starts_with(path, source->path) && path[len] == '/' ? path + len + 1 : NULL;
}

enum acc_code acc_source_hash_package(const struct acc_source *source, const struct acc_algs *algs,
                                      uint32_t wanted, const atomic_bool *stop,
                                      struct acc_digests *digests, struct acc_error *err)
{
    return acc_package_hash(source->package, algs, wanted, stop, digests, err);
}

/* `folder` becomes the one that it lies in; false at the root, and at a bucket's. */
static bool go_up(struct acc_str *folder)
{
    const char *slash = strrchr(folder->data, '/');
    if (slash == NULL || folder->data[1] == '\0' || (slash > folder->data && slash[-1] == '/'))
        return false;
    acc_str_cut(folder, slash > folder->data ? (size_t)(slash - folder->data) : 1);
    return true;
}

bool acc_source_above(const struct acc_source *source, unsigned up, const char *path,
                      struct acc_str *folder)
{
    struct acc_bucket *bucket =
        source->package != NULL ? acc_package_bucket(source->package) : source->bucket;
    struct acc_str full = {0};
    struct stat st;
    acc_str_set(folder, source->path);
    while (up > 0 && go_up(folder))
        up--;
    acc_str_addf(&full, "%s/%s", folder->data, path);
    bool holds = up == 0 && (bucket != NULL ? acc_bucket_holds_url(bucket, full.data)
                                            : stat(full.data, &st) == 0 && S_ISREG(st.st_mode));
    acc_str_release(&full);
    return holds;
}

bool acc_source_canonical(const struct acc_source *source, struct acc_str *canonical)
{
    if (source->bucket != NULL)
        acc_bucket_canonical(source->bucket, canonical);
    return source->bucket != NULL;
}

bool acc_source_in_order(const struct acc_source *source)
{
    return source->package != NULL && acc_package_is_packed(source->package);
}

int64_t acc_source_place(const struct acc_source *source, const char *path)
{
    return source->kind->place != NULL ? source->kind->place(source, path) : -1;
}

void acc_source_expect(const struct acc_source *source, const char *path)
{
    if (source->kind->expect != NULL)
        source->kind->expect(source, path);
}

void acc_source_stop(struct acc_source *source)
{
    if (source->kind != NULL && source->kind->stop != NULL)
        source->kind->stop(source);
}

void acc_source_add(struct acc_source *source, const char *name, const char *path)
{
    size_t n = source->extra_count++;
    source->extras = acc_realloc(source->extras, source->extra_count * sizeof *source->extras);
    source->extras[n] = (struct acc_source_extra){acc_strdup(name), acc_strdup(path)};
}

void acc_source_close(struct acc_source *source)
{
    if (source->kind != NULL)
        source->kind->close(source);
    for (size_t i = 0; i < source->extra_count; i++) {
        free(source->extras[i].name);
        free(source->extras[i].path);
    }
    free(source->extras);
    free(source->path);
    free(source->name);
    *source = (struct acc_source){0};
}

int acc_source_look(const struct acc_source *source, const char *path, int flags, struct stat *st)
{
    return source->kind->look(source, path, flags, st);
}

int acc_source_look_near(const struct acc_source *source, struct acc_folder *near, const char *path,
                         struct stat *st)
{
    return source->kind->look_near(source, near, path, st);
}

bool acc_source_has(const struct acc_source *source, const char *path)
{
    struct stat st;
    return acc_source_look(source, path, 0, &st) == 0 && S_ISREG(st.st_mode);
}

bool acc_source_lacks(int number)
{
    return number == ENOENT || number == ENOTDIR || number == ELOOP || number == EXDEV;
}

/* Where the file lies that was added under this name, or NULL. */
static const char *added(const struct acc_source *source, const char *name)
{
    for (size_t i = 0; i < source->extra_count; i++)
        if (strcmp(source->extras[i].name, name) == 0)
            return source->extras[i].path;
    return NULL;
}

static int open_by_name(struct acc_source_file *file, const char *path)
{
    const char *outside = added(file->source, path);
    if (outside == NULL)
        return file->source->kind->open(file, path);
    return acc_source_use_fd(file, open(outside, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
}

static int open_normalised(struct acc_source_file *file, const char *path)
{
    char *forms[] = {acc_path_nfc(path), acc_path_nfd(path)};
    int opened = -1, number = ENOENT;
    for (size_t i = 0; i < ACC_COUNT_OF(forms); i++) {
        if (opened < 0 && number == ENOENT && forms[i] != NULL && strcmp(forms[i], path) != 0) {
            opened = open_by_name(file, forms[i]);
            if (opened == 0)
                acc_str_set(&file->mapped, forms[i]);
            else
                number = errno;
        }
        free(forms[i]);
    }
    errno = number;
    return opened;
}

static enum acc_code open_problem(int number, struct acc_error *err)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR:
        return acc_error_set(err, ACC_FILE_MISSING,
                             "listed in the manifest, not found in the source");
    case EXDEV:
    case ELOOP:
        return acc_error_set(err, ACC_FILE_KIND,
                             "is a symbolic link that leaves the source; copy the file in instead");
    case ENXIO:
        return acc_error_set(err, ACC_FILE_KIND, "is not a regular file");
    default:
        return acc_error_set(err, acc_code_of_errno(number, ACC_FILE_UNREADABLE),
                             "cannot be opened: %s", strerror(number));
    }
}

enum acc_code acc_source_open_file(const struct acc_source *source, const char *path,
                                   struct acc_source_file *file, struct acc_error *err)
{
    *file = (struct acc_source_file){.source = source, .fd = -1};
    int opened = open_by_name(file, path);
    if (opened < 0 && errno == ENOENT)
        opened = open_normalised(file, path);
    if (opened < 0)
        return open_problem(errno, err);
    if (!S_ISREG(file->st.st_mode)) {
        acc_source_shut(file);
        return acc_error_set(err, ACC_FILE_KIND, "is not a regular file");
    }
    return ACC_OK;
}

/* Two names of one file: those that a file system takes for the same whatever their form. A hard
 * link is a name of its own. */
static bool is_same(const struct acc_source *source, const char *path, const char *other)
{
    struct stat a, b;
    return strcmp(path, other) == 0 ||
           (source->fd >= 0 && acc_source_look(source, path, AT_SYMLINK_NOFOLLOW, &a) == 0 &&
            acc_source_look(source, other, AT_SYMLINK_NOFOLLOW, &b) == 0 && a.st_ino == b.st_ino &&
            a.st_dev == b.st_dev && a.st_nlink == 1);
}

bool acc_source_stands_for(const struct acc_source *source, const char *path, const char *listed)
{
    char *nfc = acc_path_nfc(listed), *nfd = acc_path_nfd(listed);
    const char *order[] = {listed, nfc, nfd}, *opened = NULL;
    struct stat st;
    bool outside = added(source, listed) != NULL;
    for (size_t i = 0; i < ACC_COUNT_OF(order) && opened == NULL && !outside; i++)
        if (order[i] != NULL &&
            (acc_source_look(source, order[i], 0, &st) == 0 || (i == 0 && errno != ENOENT)))
            opened = order[i];
    bool same = opened != NULL && is_same(source, path, opened);
    free(nfc);
    free(nfd);
    return same;
}

ssize_t acc_source_read(struct acc_source_file *file, void *buffer, size_t len,
                        struct acc_error *err)
{
    return file->kind->read(file, buffer, len, err);
}

bool acc_source_fails_all(const struct acc_source *source, enum acc_code code)
{
    return code == ACC_LOCAL ||
           (source->bucket != NULL && (code == ACC_SOURCE || code == ACC_SOURCE_UNREACHABLE));
}

ssize_t acc_source_peek(struct acc_source_file *file, void *buffer, size_t len,
                        struct acc_error *err)
{
    return file->kind->peek(file, buffer, len, err);
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

enum acc_code acc_source_unchanged(struct acc_source_file *file, struct acc_error *err)
{
    struct stat now;
    if (file->kind->again(file, &now) != 0)
        return acc_error_set(err, acc_code_of_errno(errno, ACC_FILE_UNREADABLE),
                             "cannot be examined: %s", strerror(errno));
    if (now.st_size != file->st.st_size || !same_time(now.st_mtim, file->st.st_mtim) ||
        !same_time(now.st_ctim, file->st.st_ctim) || now.st_ino != file->st.st_ino)
        return acc_error_set(err, ACC_FILE_CHANGED,
                             "changed while it was being read. When nothing writes to it any more, "
                             "run the same command again.");
    return ACC_OK;
}

void acc_source_shut(struct acc_source_file *file)
{
    if (file->kind != NULL)
        file->kind->shut(file);
    file->kind = NULL;
    acc_str_release(&file->mapped);
}

enum acc_code acc_source_walk(const struct acc_source *source, const char *below,
                              acc_walk_each each, acc_walk_enter enter, void *arg,
                              struct acc_error *err)
{
    return source->kind->walk(source, below, each, enter, arg, err);
}

enum acc_code acc_source_walk_names(const struct acc_source *source, acc_walk_each each, void *arg,
                                    struct acc_error *err)
{
    return source->kind->walk_names != NULL ? source->kind->walk_names(source, each, arg, err)
                                            : source->kind->walk(source, "", each, NULL, arg, err);
}

int acc_source_list(const struct acc_source *source, void (*each)(void *arg, const char *name),
                    void *arg)
{
    return source->kind->list(source, each, arg);
}
