/* Files of the source, opened beneath its descriptor so that no "..", no absolute link and no race
 * with a link swapped in can lead outside. Kernels before 5.6, and sandboxes that filter openat2,
 * get the slower way: open, then ask /proc where that was. */
#include "plan/source.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"

enum acc_code acc_source_open(const char *path, struct acc_source *source, struct acc_error *err)
{
    char *real = realpath(path, NULL);
    int fd = real != NULL ? open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd < 0) {
        enum acc_code code = acc_code_of_errno(errno, ACC_SOURCE);
        acc_error_set(err, code, "%s: %s. SOURCE must be a folder that can be read.", path,
                      strerror(errno));
        free(real);
        return code;
    }
    *source = (struct acc_source){.path = real, .fd = fd};
    return ACC_OK;
}

void acc_source_add(struct acc_source *source, const char *name, const char *path)
{
    size_t n = source->extra_count++;
    source->extras = acc_realloc(source->extras, source->extra_count * sizeof *source->extras);
    source->extras[n] = (struct acc_source_extra){acc_strdup(name), acc_strdup(path)};
}

void acc_source_close(struct acc_source *source)
{
    if (source->path != NULL)
        close(source->fd);
    for (size_t i = 0; i < source->extra_count; i++) {
        free(source->extras[i].name);
        free(source->extras[i].path);
    }
    free(source->extras);
    free(source->path);
    *source = (struct acc_source){0};
}

static int open_then_ask(const struct acc_source *source, const char *path)
{
    char link[64], where[4096];
    int fd = openat(source->fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -1;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, where, sizeof where - 1);
    size_t root = strlen(source->path);
    bool inside = len > (ssize_t)root && memcmp(where, source->path, root) == 0 &&
                  (where[root] == '/' || strcmp(source->path, "/") == 0);
    if (inside)
        return fd;
    close(fd);
    errno = EXDEV;
    return -1;
}

static int open_beneath(const struct acc_source *source, const char *path)
{
    for (size_t i = 0; i < source->extra_count; i++)
        if (strcmp(source->extras[i].name, path) == 0)
            return open(source->extras[i].path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. It changes nothing for regular files.
     */
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    int fd = (int)syscall(SYS_openat2, source->fd, path, &how, sizeof how);
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        fd = open_then_ask(source, path);
    return fd;
}

static int open_normalised(const struct acc_source *source, const char *path,
                           struct acc_str *mapped)
{
    char *forms[] = {acc_path_nfc(path), acc_path_nfd(path)};
    int fd = -1;
    for (size_t i = 0; i < ACC_COUNT_OF(forms); i++) {
        if (fd < 0 && forms[i] != NULL && strcmp(forms[i], path) != 0) {
            fd = open_beneath(source, forms[i]);
            if (fd >= 0)
                acc_str_set(mapped, forms[i]);
        }
        free(forms[i]);
    }
    if (fd < 0)
        errno = ENOENT;
    return fd;
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

enum acc_code acc_source_open_file(const struct acc_source *source, const char *path, int *out,
                                   struct stat *st, struct acc_str *mapped, struct acc_error *err)
{
    acc_str_clear(mapped);
    int fd = open_beneath(source, path);
    if (fd < 0 && errno == ENOENT)
        fd = open_normalised(source, path, mapped);
    if (fd < 0)
        return open_problem(errno, err);
    if (fstat(fd, st) != 0) {
        enum acc_code code = open_problem(errno, err);
        close(fd);
        return code;
    }
    if (!S_ISREG(st->st_mode)) {
        close(fd);
        return acc_error_set(err, ACC_FILE_KIND, "is not a regular file");
    }
    *out = fd;
    return ACC_OK;
}
