/* A file on its way into the folder. Happy path: it is written in the work folder, fsynced, stamped
 * and renamed into place without replacing anything. Failure: what this machine lacks (space,
 * rights) is ACC_LOCAL; a name that is taken is ACC_CONFLICT. Close: left for a later run, or
 * removed. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "restore/target.h"

#define FOLDER_MODE 0777 /* less what the umask takes */
#define FILE_MODE 0666

/* ---- the way to a name ---- */

/* The folder that the path's last component lies in; `*name` is that component. -1: errno says why.
 */
static int open_parent(const struct acc_target *target, const char *path, bool make,
                       const char **name)
{
    int fd = fcntl(target->fd, F_DUPFD_CLOEXEC, 0);
    for (const char *slash; fd >= 0 && (slash = strchr(path, '/')) != NULL; path = slash + 1) {
        char part[NAME_MAX + 1];
        size_t len = (size_t)(slash - path);
        int next = -1;
        if (len < sizeof part) {
            memcpy(part, path, len);
            part[len] = '\0';
            if (make && mkdirat(fd, part, FOLDER_MODE) != 0 && errno != EEXIST)
                next = -1;
            else
                next = openat(fd, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        } else {
            errno = ENAMETOOLONG;
        }
        int number = errno;
        close(fd);
        errno = number;
        fd = next;
    }
    *name = path;
    return fd;
}

static enum acc_code way_is_blocked(int number, struct acc_error *err)
{
    if (number == ENOTDIR || number == ELOOP)
        return acc_error_set(err, ACC_CONFLICT,
                             "a folder on its way exists as a file or a symbolic link, which was "
                             "left alone");
    return acc_error_set(err, acc_code_of_errno(number, ACC_FILE_UNREADABLE),
                         "the folder cannot be opened: %s", strerror(number));
}

enum acc_code acc_target_look(const struct acc_target *target, const char *path, int *fd,
                              struct acc_error *err)
{
    const char *name;
    struct stat st;
    *fd = -1;
    int parent = target->fd >= 0 ? open_parent(target, path, false, &name) : -1;
    if (parent < 0)
        return target->fd < 0 || errno == ENOENT ? ACC_OK : way_is_blocked(errno, err);
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    int found = openat(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    int number = errno;
    close(parent);
    if (found < 0 && number == ENOENT)
        return ACC_OK;
    if (found >= 0 && fstat(found, &st) == 0 && S_ISREG(st.st_mode)) {
        *fd = found;
        return ACC_OK;
    }
    if (found >= 0)
        close(found);
    if (found < 0 && number != ELOOP && number != ENXIO)
        return acc_error_set(err, acc_code_of_errno(number, ACC_CONFLICT),
                             "exists, cannot be read and was left alone: %s", strerror(number));
    return acc_error_set(err, ACC_CONFLICT, "exists and is not a regular file; it was left alone");
}

/* ---- pieces ---- */

/* The piece of an earlier run, or -1. A file with a second name may be somebody's. */
static int open_kept(const struct acc_target *target, const char *name)
{
    struct stat st;
    int fd = openat(target->work, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 &&
        st.st_uid == target->owner)
        return fd;
    close(fd);
    errno = EEXIST;
    return -1;
}

/* Named where it lies, so that what is in its way can be found. */
static enum acc_code no_piece(const struct acc_target *target, const struct acc_piece *piece,
                              struct acc_error *err)
{
    int number = errno;
    struct acc_str path = {0};
    acc_str_addf(&path, "%s/" ACC_TARGET_WORK "/%s", target->path, piece->name);
    errno = number;
    enum acc_code code = acc_target_failed(
        err,
        number == EEXIST ? "is in the way of a temporary file. Remove it, then run the same "
                           "command again"
                         : "a temporary file cannot be made",
        acc_str_cstr(&path));
    acc_str_release(&path);
    return code;
}

/* What has its name goes: nothing is written through a link. */
static int make_piece(const struct acc_target *target, const char *name)
{
    int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(target->work, name, flags, FILE_MODE);
    if (fd >= 0 || errno != EEXIST)
        return fd;
    unlinkat(target->work, name, 0);
    return openat(target->work, name, flags, FILE_MODE);
}

enum acc_code acc_target_begin(const struct acc_target *target, struct acc_piece *piece, bool anew,
                               struct acc_error *err)
{
    piece->size = 0;
    piece->fd = anew ? -1 : open_kept(target, piece->name);
    if (piece->fd >= 0) {
        piece->size = lseek(piece->fd, 0, SEEK_END);
        return piece->size >= 0 ? ACC_OK : no_piece(target, piece, err);
    }
    /* A lack of descriptors or the like is no reason to give up what is there. */
    if (!anew && acc_code_of_errno(errno, ACC_CONFLICT) == ACC_LOCAL)
        return no_piece(target, piece, err);
    piece->fd = make_piece(target, piece->name);
    return piece->fd >= 0 ? ACC_OK : no_piece(target, piece, err);
}

enum acc_code acc_piece_write(struct acc_piece *piece, const void *bytes, size_t len,
                              struct acc_error *err)
{
    for (const char *at = bytes; len > 0;) {
        ssize_t put = write(piece->fd, at, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return acc_target_failed(err, "cannot be written", piece->path);
        at += put;
        len -= (size_t)put;
        piece->size += put;
    }
    return ACC_OK;
}

/* Not every file system has renameat2's flag: there a second name is made, which fails likewise. */
static int name_it(const struct acc_target *target, const char *temporary, int parent,
                   const char *name)
{
    if (renameat2(target->work, temporary, parent, name, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return -1;
    if (linkat(target->work, temporary, parent, name, 0) != 0)
        return -1;
    unlinkat(target->work, temporary, 0);
    return 0;
}

enum acc_code acc_target_publish(const struct acc_target *target, struct acc_piece *piece,
                                 const struct acc_restored *restored, struct acc_error *err)
{
    const char *name;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_nsec = UTIME_OMIT}};
    if (restored == NULL)
        return acc_error_set(err, ACC_INTERNAL, "a file without the gate's value; this is a bug");
    if (piece->modified != INT64_MIN) {
        int64_t part = piece->modified % 1000000000;
        times[1].tv_sec = piece->modified / 1000000000 - (part < 0);
        times[1].tv_nsec = part < 0 ? part + 1000000000 : part;
    }
    if (futimens(piece->fd, times) != 0 || fsync(piece->fd) != 0)
        return acc_target_failed(err, "cannot be written", piece->path);
    int parent = open_parent(target, piece->path, true, &name);
    if (parent < 0)
        return way_is_blocked(errno, err);
    int result = name_it(target, piece->name, parent, name), number = errno;
    close(parent);
    if (result == 0) {
        acc_piece_leave(piece);
        return ACC_OK;
    }
    errno = number;
    if (number == EEXIST)
        return acc_error_set(err, ACC_CONFLICT, "appeared while it was being restored");
    return acc_target_failed(err,
                             number == EXDEV
                                 ? "lies on another file system than the folder; restore "
                                   "into that file system by itself"
                                 : "cannot get its name",
                             piece->path);
}

void acc_piece_leave(struct acc_piece *piece)
{
    if (piece->fd >= 0)
        close(piece->fd);
    piece->fd = -1;
}

void acc_target_drop(const struct acc_target *target, struct acc_piece *piece)
{
    if (piece->fd < 0)
        return;
    unlinkat(target->work, piece->name, 0);
    acc_piece_leave(piece);
}
