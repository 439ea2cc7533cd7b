/* Happy path: pieces in the work folder, each fsynced, stamped and renamed into place without
 * replacing anything; at the end one syncfs makes all names durable. Failure: what this machine
 * lacks (space, rights) is ACC_LOCAL; a name that is taken is ACC_CONFLICT. Close: the work folder
 * goes when nothing is to come or it has no pieces, and is kept with them otherwise. */
#include "restore/target.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "restore/file_names.h"

#define FOLDER_MODE 0777 /* less what the umask takes */
#define FILE_MODE 0666
#define PIECE_NAME 64 /* hexadecimal digits */
#define PROBE "probe"

static enum acc_code failed(struct acc_error *err, const char *what, const char *path)
{
    int number = errno;
    struct acc_str shown = {0};
    acc_path_show(&shown, path, strlen(path));
    acc_error_set(err, ACC_LOCAL, "%s: %s: %s", acc_str_cstr(&shown), what, strerror(number));
    acc_str_release(&shown);
    return ACC_LOCAL;
}

/* ---- opening and closing ---- */

static enum acc_code make_folders(char *path, bool *made, struct acc_error *err)
{
    for (char *at = path + 1;; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char kept = *at;
        *at = '\0';
        *made = mkdir(path, FOLDER_MODE) == 0;
        if (!*made && errno != EEXIST)
            return failed(err, "cannot be made", path);
        *at = kept;
        if (kept == '\0')
            return ACC_OK;
    }
}

static enum acc_code lock_work(const struct acc_target *target, int work, struct acc_error *err)
{
    if (flock(work, LOCK_EX | LOCK_NB) == 0)
        return ACC_OK;
    return acc_error_set(err, ACC_LEDGER_BUSY,
                         "%s: another restore is writing to this folder. Wait for its end, or "
                         "name another folder.",
                         target->path);
}

/* The restore that had the lock may have removed the folder meanwhile. */
static bool still_there(const struct acc_target *target, int work)
{
    struct stat locked, named;
    return fstat(work, &locked) == 0 &&
           fstatat(target->fd, ACC_TARGET_WORK, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
}

/* Another program that may write there could put links under the names of pieces. A file made here
 * shows which owner and which modes the file system gives: a share may give all files one owner,
 * and a disk without modes lets everybody write. */
static enum acc_code own_work(struct acc_target *target, int work, struct acc_error *err)
{
    struct stat made, folder;
    unlinkat(work, PROBE, 0);
    int fd = openat(work, PROBE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0 || fstat(fd, &made) != 0 || fstat(work, &folder) != 0) {
        enum acc_code code =
            failed(err, "no file can be made in its " ACC_TARGET_WORK, target->path);
        if (fd >= 0)
            close(fd);
        return code;
    }
    close(fd);
    unlinkat(work, PROBE, 0);
    target->owner = made.st_uid;
    if (folder.st_uid == made.st_uid && (folder.st_mode & ~made.st_mode & (S_IWGRP | S_IWOTH)) == 0)
        return ACC_OK;
    return acc_error_set(err, ACC_LOCAL,
                         "%s: " ACC_TARGET_WORK " in it belongs to another user, or others may "
                         "write to it. Look who made it, remove it, and run again.",
                         target->path);
}

/* Only what is locked and this user's own is kept open, and removed by a close. */
static enum acc_code open_work(struct acc_target *target, struct acc_error *err)
{
    for (;;) {
        if (mkdirat(target->fd, ACC_TARGET_WORK, 0700) != 0 && errno != EEXIST)
            return failed(err, "no file can be made in it", target->path);
        int work =
            openat(target->fd, ACC_TARGET_WORK, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (work < 0 && errno == ENOENT)
            continue;
        if (work < 0)
            return failed(err, ACC_TARGET_WORK " in it cannot be opened", target->path);
        enum acc_code code = lock_work(target, work, err);
        bool again = code == ACC_OK && !still_there(target, work);
        if (code == ACC_OK && !again)
            code = own_work(target, work, err);
        if (code == ACC_OK && !again) {
            target->work = work;
            return ACC_OK;
        }
        close(work);
        if (!again)
            return code;
    }
}

/* A folder that is not there yet is empty. */
static enum acc_code open_dry(struct acc_target *target, const char *path, struct acc_error *err)
{
    target->path = realpath(path, NULL);
    if (target->path == NULL && errno == ENOENT) {
        target->path = acc_strdup(path);
        return ACC_OK;
    }
    if (target->path != NULL)
        target->fd = open(target->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return target->fd < 0 ? failed(err, "cannot be opened as a folder", path) : ACC_OK;
}

enum acc_code acc_target_open(struct acc_target *target, const char *path, bool dry,
                              struct acc_error *err)
{
    *target = (struct acc_target){.fd = -1, .work = -1};
    if (*path == '\0')
        return acc_error_set(err, ACC_USAGE, "FOLDER: is empty.");
    if (dry)
        return open_dry(target, path, err);
    char *copy = acc_strdup(path);
    enum acc_code code = make_folders(copy, &target->made, err);
    free(copy);
    if (code != ACC_OK)
        return code;
    target->path = realpath(path, NULL);
    if (target->path != NULL)
        target->fd = open(target->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (target->fd < 0)
        return failed(err, "cannot be opened as a folder", path);
    return open_work(target, err);
}

static bool is_in_place(const struct acc_target *target)
{
    struct stat open, named;
    return fstat(target->fd, &open) == 0 && stat(target->path, &named) == 0 &&
           open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

enum acc_code acc_target_sync(const struct acc_target *target, struct acc_error *err)
{
    if (target->work < 0)
        return ACC_OK;
    if (syncfs(target->fd) != 0)
        return failed(err, "what was written could not be made durable", target->path);
    if (!is_in_place(target))
        return acc_error_set(err, ACC_LOCAL,
                             "%s was moved or replaced while files were restored into it. They "
                             "went where it was moved to. Move it back, then run the same command "
                             "again.",
                             target->path);
    return ACC_OK;
}

/* Whatever else lies there is somebody's file. */
static bool is_own_name(const char *name)
{
    return strcmp(name, PROBE) == 0 || strcmp(name, ACC_ODD_NAME) == 0 ||
           (strlen(name) == PIECE_NAME && strspn(name, "0123456789abcdef") == PIECE_NAME);
}

void acc_target_clear(const struct acc_target *target)
{
    int fd = openat(target->work, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
        if (is_own_name(entry->d_name))
            unlinkat(target->work, entry->d_name, 0);
    if (dir != NULL)
        closedir(dir);
}

void acc_target_close(struct acc_target *target, bool over)
{
    if (target->path == NULL)
        return;
    if (target->work >= 0 && over)
        acc_target_clear(target);
    /* Fails while anything is in it. A restore that comes now makes it anew. */
    if (target->work >= 0)
        unlinkat(target->fd, ACC_TARGET_WORK, AT_REMOVEDIR);
    if (target->work >= 0)
        close(target->work);
    if (target->fd >= 0)
        close(target->fd);
    if (target->made)
        rmdir(target->path); /* fails unless nothing was restored */
    free(target->path);
    *target = (struct acc_target){.fd = -1, .work = -1};
}

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
    enum acc_code code =
        failed(err,
               number == EEXIST ? "is in the way of a temporary file. Remove it, then run the same "
                                  "command again"
                                : "a temporary file cannot be made",
               acc_str_cstr(&path));
    acc_str_release(&path);
    return code;
}

enum acc_code acc_target_begin(const struct acc_target *target, struct acc_piece *piece, bool anew,
                               struct acc_error *err)
{
    struct stat st;
    piece->fd = anew ? -1 : open_kept(target, piece->name);
    /* A lack of descriptors or the like is no reason to give up what is there. */
    if (piece->fd < 0 && !anew && acc_code_of_errno(errno, ACC_CONFLICT) == ACC_LOCAL)
        return no_piece(target, piece, err);
    if (piece->fd < 0) {
        unlinkat(target->work, piece->name, 0);
        piece->fd = openat(target->work, piece->name,
                           O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    }
    if (piece->fd < 0 || fstat(piece->fd, &st) != 0 || lseek(piece->fd, 0, SEEK_END) < 0)
        return no_piece(target, piece, err);
    piece->size = st.st_size;
    return ACC_OK;
}

enum acc_code acc_piece_write(struct acc_piece *piece, const void *bytes, size_t len,
                              struct acc_error *err)
{
    for (const char *at = bytes; len > 0;) {
        ssize_t put = write(piece->fd, at, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return failed(err, "cannot be written", piece->path);
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
        return failed(err, "cannot be written", piece->path);
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
    return failed(err,
                  number == EXDEV ? "lies on another file system than the folder; restore "
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
