/* renameat2(2) with RENAME_NOREPLACE where the file system has it. Otherwise a look comes before
 * the rename, and only an empty folder or a file made in between could be replaced. */
#include "watch/arrival/take.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define NAMES_TRIED 10000

bool acc_take(int from_folder, const char *from, int to_folder, const char *to)
{
    struct stat st;
    if (renameat2(from_folder, from, to_folder, to, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    if (fstatat(to_folder, to, &st, AT_SYMLINK_NOFOLLOW) == 0)
        errno = EEXIST;
    else if (errno == ENOENT)
        return renameat(from_folder, from, to_folder, to) == 0;
    return false;
}

bool acc_take_back_as(int from_folder, const char *from, int to_folder, struct acc_str *name)
{
    size_t base = name->len;
    bool done = acc_take(from_folder, from, to_folder, name->data);
    for (int n = 2; !done && errno == EEXIST && n <= NAMES_TRIED; n++) {
        acc_str_cut(name, base);
        acc_str_addf(name, "~%d", n);
        done = acc_take(from_folder, from, to_folder, name->data);
    }
    return done;
}

void acc_take_back(int from_folder, int to_folder, const char *name)
{
    struct acc_str as = {0};
    acc_str_set(&as, name);
    acc_take_back_as(from_folder, name, to_folder, &as);
    acc_str_release(&as);
}

/* A read lease is granted only while no process has the file open for writing, mappings included,
 * and an open for writing would wait until it is given back. False: some process has it open. If
 * the file system has no leases, the file counts as closed. */
static bool is_closed_for_writing(int fd)
{
    fcntl(fd, F_SETSIG, SIGURG); /* the default, SIGIO, would end this process */
    return fcntl(fd, F_SETLEASE, F_RDLCK) == 0 || errno != EAGAIN;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

bool acc_take_and_unlink(int taken, int folder, const char *name, const struct stat *st)
{
    struct stat now;
    if (!acc_take(folder, name, taken, name))
        return false;
    int fd = openat(taken, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool gone = fd >= 0 && is_closed_for_writing(fd) && fstat(fd, &now) == 0 && is_same(st, &now) &&
                unlinkat(taken, name, 0) == 0;
    if (fd >= 0)
        close(fd);
    if (!gone)
        acc_take_back(taken, folder, name);
    return gone;
}
