/* Opening and closing. Happy path: the work folder is made, found to be this user's alone, and
 * locked; at the end one syncfs makes all names durable. Failure: what this machine lacks (space,
 * rights) is ACC_LOCAL. Close: the work folder goes when nothing is to come or it has no pieces,
 * and is kept with them otherwise. */
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
#define PIECE_NAME 64    /* hexadecimal digits */
#define PROBE "probe"

enum acc_code acc_target_failed(struct acc_error *err, const char *what, const char *path)
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
            return acc_target_failed(err, "cannot be made", path);
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
            acc_target_failed(err, "no file can be made in its " ACC_TARGET_WORK, target->path);
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
            return acc_target_failed(err, "no file can be made in it", target->path);
        int work =
            openat(target->fd, ACC_TARGET_WORK, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (work < 0 && errno == ENOENT)
            continue;
        if (work < 0)
            return acc_target_failed(err, ACC_TARGET_WORK " in it cannot be opened", target->path);
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
    return target->fd < 0 ? acc_target_failed(err, "cannot be opened as a folder", path) : ACC_OK;
}

static bool is_empty(const struct acc_target *target)
{
    int fd = openat(target->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    if (dir == NULL)
        return false;
    errno = 0;
    do
        entry = readdir(dir);
    while (entry != NULL && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0));
    bool empty = entry == NULL && errno == 0;
    closedir(dir);
    return empty;
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
        return acc_target_failed(err, "cannot be opened as a folder", path);
    target->empty = target->made || is_empty(target);
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
        return acc_target_failed(err, "what was written could not be made durable", target->path);
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
