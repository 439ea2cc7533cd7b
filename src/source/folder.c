/* A folder. Files are opened beneath its descriptor so that no "..", no absolute link and no race
 * with a link swapped in can lead outside. Kernels before 5.6, and sandboxes that filter openat2,
 * get the slower way: open, then ask /proc where that was. Failures are errno's. Closing a file
 * closes its descriptor. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "source/kinds.h"
#include "source/near.h"

/* From this size on the kernel learns that the file is read from end to end. */
#define SEQUENTIAL ((off_t)1 << 18)

static int look(const struct acc_source *source, const char *path, int flags, struct stat *st)
{
    return fstatat(source->fd, path, st, flags);
}

static int look_near(const struct acc_source *source, struct acc_folder *near, const char *path,
                     struct stat *st)
{
    return acc_folder_stat(near, source->fd, path, st);
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

int acc_source_use_fd(struct acc_source_file *file, int fd)
{
    if (fd < 0)
        return -1;
    if (fstat(fd, &file->st) != 0) {
        int number = errno;
        close(fd);
        errno = number;
        return -1;
    }
    file->kind = &acc_source_folder;
    file->fd = fd;
    if (S_ISREG(file->st.st_mode) && file->st.st_size > SEQUENTIAL)
        posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return 0;
}

static int open_file(struct acc_source_file *file, const char *path)
{
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. It changes nothing for regular files.
     */
    struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                           .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
    int fd = (int)syscall(SYS_openat2, file->source->fd, path, &how, sizeof how);
    if (fd < 0 && (errno == ENOSYS || errno == EPERM))
        fd = open_then_ask(file->source, path);
    return acc_source_use_fd(file, fd);
}

static ssize_t failed(struct acc_error *err)
{
    int number = errno;
    acc_error_set(err, acc_code_of_errno(number, ACC_FILE_UNREADABLE), "%s", strerror(number));
    return -1;
}

static ssize_t read_file(struct acc_source_file *file, void *buffer, size_t len,
                         struct acc_error *err)
{
    ssize_t got;
    do
        got = read(file->fd, buffer, len);
    while (got < 0 && errno == EINTR);
    return got < 0 ? failed(err) : got;
}

static ssize_t peek(struct acc_source_file *file, void *buffer, size_t len, struct acc_error *err)
{
    ssize_t got = pread(file->fd, buffer, len, 0);
    return got < 0 ? failed(err) : got;
}

static int again(struct acc_source_file *file, struct stat *now)
{
    return fstat(file->fd, now);
}

static void shut(struct acc_source_file *file)
{
    close(file->fd);
    file->fd = -1;
}

static enum acc_code walk(const struct acc_source *source, const char *below, acc_walk_each each,
                          acc_walk_enter enter, void *arg, struct acc_error *err)
{
    struct acc_str folder = {0};
    acc_str_set(&folder, source->path);
    if (*below != '\0')
        acc_str_addf(&folder, "/%s", below);
    enum acc_code code = acc_walk(acc_str_cstr(&folder), each, enter, arg, err);
    acc_str_release(&folder);
    return code;
}

static enum acc_code walk_names(const struct acc_source *source, acc_walk_each each, void *arg,
                                struct acc_error *err)
{
    return acc_walk_names(source->path, each, NULL, arg, err);
}

static int list(const struct acc_source *source, void (*each)(void *arg, const char *name),
                void *arg)
{
    DIR *dir = opendir(source->path);
    const struct dirent *entry;
    if (dir == NULL)
        return -1;
    while (errno = 0, (entry = readdir(dir)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            each(arg, entry->d_name);
    int number = errno;
    closedir(dir);
    errno = number;
    return number == 0 ? 0 : -1;
}

static void close_folder(struct acc_source *source)
{
    close(source->fd);
}

const struct acc_source_kind acc_source_folder = {.name = "folder",
                                                  .look = look,
                                                  .look_near = look_near,
                                                  .open = open_file,
                                                  .read = read_file,
                                                  .peek = peek,
                                                  .again = again,
                                                  .shut = shut,
                                                  .walk = walk,
                                                  .walk_names = walk_names,
                                                  .list = list,
                                                  .close = close_folder};
