/* Lists the drop folder and stats each name. A name that vanishes meanwhile is left out; a folder
 * that cannot be read whole is an error and no list at all, so that an arrival is never taken for
 * gone because of a failing disk or mount. */
#include "watch/arrival/scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"

bool acc_scan_ignores(const char *name)
{
    static const char *const own[] = {ACC_WATCH_DONE, ACC_WATCH_REJECTED, "lost+found"};
    static const char *const unfinished[] = {".part", ".partial", ".filepart", ".tmp"};
    for (size_t i = 0; i < ACC_COUNT_OF(own); i++)
        if (strcmp(name, own[i]) == 0)
            return true;
    for (size_t i = 0; i < ACC_COUNT_OF(unfinished); i++)
        if (acc_ends_with(name, unfinished[i]))
            return true;
    return name[0] == '.';
}

static uint64_t stamp(const struct stat *st)
{
    const uint64_t parts[] = {st->st_ino, st->st_dev, (uint64_t)st->st_ctim.tv_sec,
                              (uint64_t)st->st_ctim.tv_nsec};
    uint64_t value = 0;
    for (size_t i = 0; i < ACC_COUNT_OF(parts); i++)
        value = (value ^ parts[i]) * UINT64_C(0x9e3779b97f4a7c15) + (value >> 29);
    return value;
}

static void add(struct acc_scan *scan, const char *name, const struct stat *st)
{
    if (scan->count == scan->cap) {
        scan->cap = scan->cap > 0 ? 2 * scan->cap : 64;
        scan->found = acc_realloc(scan->found, scan->cap * sizeof *scan->found);
    }
    scan->found[scan->count++] =
        (struct acc_scanned){acc_strdup(name), stamp(st), S_ISREG(st->st_mode)};
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct acc_scanned *)a)->name, ((const struct acc_scanned *)b)->name);
}

static enum acc_code unreadable(struct acc_scan *scan, int number)
{
    return acc_error_set(&scan->err, ACC_SOURCE,
                         "%s: the drop folder cannot be read: %s. accession keeps trying.",
                         scan->folder, strerror(number));
}

static bool is_package(const char *name, const struct stat *st)
{
    return S_ISREG(st->st_mode) && acc_path_without_packing(name) < strlen(name);
}

static enum acc_code list(struct acc_scan *scan, DIR *folder)
{
    struct stat st;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL)
            return errno != 0 ? unreadable(scan, errno) : ACC_OK;
        if (acc_scan_ignores(entry->d_name))
            continue;
        if (fstatat(dirfd(folder), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno != ENOENT)
                return unreadable(scan, errno);
        } else if (S_ISDIR(st.st_mode) || is_package(entry->d_name, &st)) {
            add(scan, entry->d_name, &st);
        } else {
            scan->loose++;
        }
    }
}

static void work(struct acc_job *job)
{
    struct acc_scan *scan = ACC_CONTAINER_OF(job, struct acc_scan, job);
    struct stat st;
    DIR *folder = opendir(scan->folder);
    if (folder == NULL) {
        unreadable(scan, errno);
        return;
    }
    if (fstat(dirfd(folder), &st) == 0)
        scan->inode = st.st_ino;
    if (list(scan, folder) == ACC_OK && scan->count > 0)
        qsort(scan->found, scan->count, sizeof *scan->found, by_name);
    closedir(folder);
}

static void on_worked(struct acc_job *job)
{
    struct acc_scan *scan = ACC_CONTAINER_OF(job, struct acc_scan, job);
    scan->running = false;
    scan->on_done(scan);
    acc_scan_release(scan);
}

void acc_scan_start(struct acc_loop *loop, struct acc_scan *scan)
{
    scan->err = (struct acc_error){0};
    scan->loose = 0;
    scan->running = true;
    scan->job = (struct acc_job){.work = work, .done = on_worked};
    acc_job_start(loop, &scan->job);
}

void acc_scan_release(struct acc_scan *scan)
{
    for (size_t i = 0; i < scan->count; i++)
        free(scan->found[i].name);
    free(scan->found);
    scan->found = NULL;
    scan->count = scan->cap = 0;
}
