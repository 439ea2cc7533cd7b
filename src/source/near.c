/* The first file of a folder is looked for by its whole path; at the second the folder is opened,
 * or found missing with all that is said to be in it. Whatever else fails falls back to the whole
 * path, so errno is always that of the file. */
#include "source/near.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void forget(struct acc_folder *folder)
{
    if (folder->state == ACC_FOLDER_OPEN)
        close(folder->fd);
    folder->state = ACC_FOLDER_CLOSED;
}

static void enter(struct acc_folder *folder, int source)
{
    folder->fd = openat(source, acc_str_cstr(&folder->path), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder->fd >= 0)
        folder->state = ACC_FOLDER_OPEN;
    else if (errno == ENOENT)
        folder->state = ACC_FOLDER_MISSING;
}

int acc_folder_stat(struct acc_folder *folder, int source, const char *path, struct stat *st)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash != NULL ? (size_t)(slash + 1 - path) : 0;
    if (len == 0)
        return fstatat(source, path, st, 0);
    if (len != folder->path.len || memcmp(path, folder->path.data, len) != 0) {
        forget(folder);
        acc_str_clear(&folder->path);
        acc_str_add_n(&folder->path, path, len);
        return fstatat(source, path, st, 0);
    }
    if (folder->state == ACC_FOLDER_CLOSED)
        enter(folder, source);
    if (folder->state == ACC_FOLDER_OPEN)
        return fstatat(folder->fd, path + len, st, 0);
    if (folder->state == ACC_FOLDER_CLOSED)
        return fstatat(source, path, st, 0);
    errno = ENOENT;
    return -1;
}

void acc_folder_release(struct acc_folder *folder)
{
    forget(folder);
    acc_str_release(&folder->path);
}
