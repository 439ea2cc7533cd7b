/* Taking: open, flock, and see that the name still leads to what was locked, since its last holder
 * may have removed it between the two; then write the pid. Releasing removes the file while it is
 * still locked, so a file is left behind only after a kill, and the next holder takes it over. */
#include "ledger/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

#define PID_TEXT 24

struct acc_lock {
    struct acc_link link;
    int64_t run;
    int fd;
    char *path;
};

/* FNV-1a, 64 bits: a name for any destination that is safe in a file name. */
static uint64_t hash(const char *text)
{
    uint64_t value = UINT64_C(0xcbf29ce484222325);
    for (; *text; text++)
        value = (value ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return value;
}

static enum acc_code busy(int fd, const char *destination, struct acc_error *err)
{
    char text[PID_TEXT] = "";
    ssize_t len = pread(fd, text, sizeof text - 1, 0);
    long pid = len > 0 ? strtol(text, NULL, 10) : 0;
    if (pid == (long)getpid())
        return acc_error_set(
            err, ACC_LEDGER_BUSY,
            "%s: this very process (%ld) already has a run to this destination; let that end "
            "first",
            destination, pid);
    if (pid > 0)
        return acc_error_set(
            err, ACC_LEDGER_BUSY,
            "%s: another run to this destination is at work (process %ld); wait for it, or stop "
            "it with kill %ld, then run again",
            destination, pid, pid);
    return acc_error_set(
        err, ACC_LEDGER_BUSY,
        "%s: another run to this destination has just begun; wait for it, then run again",
        destination);
}

/* SQLite's journal goes by the file's name, so a second name in another folder would be a second
 * ledger on the same pages. */
static enum acc_code find_path(const char *ledger_path, const char *destination,
                               struct acc_str *path, struct acc_error *err)
{
    struct stat st;
    char *real = realpath(ledger_path, NULL);
    enum acc_code code = ACC_OK;
    if (real == NULL || stat(real, &st) != 0)
        code =
            acc_error_set(err, ACC_LEDGER, "%s: cannot be found: %s", ledger_path, strerror(errno));
    else if (st.st_nlink > 1)
        code = acc_error_set(err, ACC_LEDGER,
                             "%s: the ledger has %lu names (hard links), and two runs could use it "
                             "without seeing each other; keep one name and remove the others",
                             ledger_path, (unsigned long)st.st_nlink);
    if (code == ACC_OK) {
        acc_str_add_n(path, real, (size_t)(strrchr(real, '/') + 1 - real));
        acc_str_addf(path, "accession.%llx.%016llx.lock", (unsigned long long)st.st_ino,
                     (unsigned long long)hash(destination));
    }
    free(real);
    return code;
}

/* If the file under the lock's name was not made here, it is neither followed nor written to. */
static bool is_lock(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink <= 1 && st.st_size < PID_TEXT;
}

static bool leads_here(const char *path, int fd)
{
    struct stat named, held;
    return lstat(path, &named) == 0 && fstat(fd, &held) == 0 && named.st_ino == held.st_ino &&
           named.st_dev == held.st_dev;
}

static bool write_pid(int fd)
{
    char text[PID_TEXT];
    int len = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    return ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)len, 0) == len;
}

/* A killed process holds its lock until the kernel has taken it apart, which takes a moment if it
 * had much memory. A run started right after it should not be refused for that. */
static bool lock_soon(int fd)
{
    const struct timespec pause = {.tv_nsec = 20 * 1000 * 1000};
    for (int tries = 0; tries < 50; tries++) {
        if (flock(fd, LOCK_EX | LOCK_NB) == 0)
            return true;
        if (errno != EWOULDBLOCK)
            return false;
        nanosleep(&pause, NULL);
    }
    errno = EWOULDBLOCK;
    return false;
}

enum acc_code acc_lock_take(const char *ledger_path, const char *destination,
                            struct acc_lock **lock, struct acc_error *err)
{
    struct acc_str path = {0};
    enum acc_code code = find_path(ledger_path, destination, &path, err);
    int fd = -1;
    if (code != ACC_OK)
        return code;
    do {
        if (fd >= 0)
            close(fd);
        fd = open(path.data, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
        if (fd < 0)
            code = acc_error_set(err, ACC_LEDGER,
                                 "%s: the lock cannot be made: %s; see that it is no link and the "
                                 "ledger's folder is "
                                 "writable",
                                 path.data, strerror(errno));
        else if (!is_lock(fd))
            code = acc_error_set(err, ACC_LEDGER,
                                 "%s: this file is not a lock of accession, so it was not changed. "
                                 "Remove it, then run the same command again",
                                 path.data);
        else if (!lock_soon(fd))
            code = errno == EWOULDBLOCK
                       ? busy(fd, destination, err)
                       : acc_error_set(err, ACC_LEDGER,
                                       "%s: cannot be locked: %s; put the ledger on a local disk",
                                       path.data, strerror(errno));
    } while (code == ACC_OK && !leads_here(path.data, fd));
    if (code == ACC_OK && !write_pid(fd)) {
        code = acc_error_set(err, ACC_LEDGER,
                             "%s: the lock cannot be written: %s; free some space there, then run "
                             "the same command again",
                             path.data, strerror(errno));
        unlink(path.data);
    }
    if (code != ACC_OK) {
        if (fd >= 0)
            close(fd);
        acc_str_release(&path);
        return code;
    }
    *lock = ACC_NEW(struct acc_lock);
    (*lock)->fd = fd;
    (*lock)->path = acc_str_detach(&path);
    return ACC_OK;
}

void acc_lock_assign(struct acc_lock *lock, struct acc_link *locks, int64_t run)
{
    lock->run = run;
    acc_list_push(locks, &lock->link);
}

void acc_lock_release(struct acc_lock *lock)
{
    if (lock == NULL)
        return;
    acc_list_remove(&lock->link);
    unlink(lock->path);
    close(lock->fd);
    free(lock->path);
    free(lock);
}

bool acc_locks_hold(struct acc_link *locks, int64_t run)
{
    ACC_LIST_EACH (link, locks)
        if (ACC_CONTAINER_OF(link, struct acc_lock, link)->run == run)
            return true;
    return false;
}

void acc_locks_release(struct acc_link *locks, int64_t run)
{
    ACC_LIST_EACH (link, locks) {
        struct acc_lock *lock = ACC_CONTAINER_OF(link, struct acc_lock, link);
        if (lock->run == run) {
            acc_lock_release(lock);
            return;
        }
    }
}

void acc_locks_release_all(struct acc_link *locks)
{
    while (!acc_list_empty(locks))
        acc_lock_release(ACC_CONTAINER_OF(locks->next, struct acc_lock, link));
}
