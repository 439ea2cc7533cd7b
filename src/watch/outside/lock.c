/* flock() on the folder itself: needs no file and no right to write. File systems that lock only
 * files (NFS among them) get a hidden file in it; which of the two it is depends on the file system
 * alone, so two watchers always mean the same one. */
#include "watch/outside/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/str.h"

#define LOCK_FILE ".accession-watch.lock"

static enum acc_code lock(int fd, const char *folder, struct acc_error *err)
{
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return ACC_OK;
    if (errno == EWOULDBLOCK)
        return acc_error_set(err, ACC_SOURCE,
                             "%s: another accession watch is at work on this folder. Stop it "
                             "first, or let it continue: one is enough.",
                             folder);
    return acc_error_set(err, ACC_LOCAL, "%s: cannot be locked: %s", folder, strerror(errno));
}

static enum acc_code lock_file(const char *folder, int *fd, struct acc_error *err)
{
    struct acc_str path = {0};
    acc_str_addf(&path, "%s/%s", folder, LOCK_FILE);
    *fd = open(acc_str_cstr(&path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    enum acc_code code =
        *fd < 0 ? acc_error_set(
                      err, ACC_SOURCE,
                      "%s: the lock cannot be created: %s. Give this user write permission there.",
                      acc_str_cstr(&path), strerror(errno))
                : lock(*fd, folder, err);
    acc_str_release(&path);
    return code;
}

enum acc_code acc_watch_lock(const char *folder, int *fd, struct acc_error *err)
{
    *fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*fd < 0)
        return acc_error_set(err, ACC_SOURCE, "%s: the drop folder cannot be opened: %s.", folder,
                             strerror(errno));
    enum acc_code code = lock(*fd, folder, err);
    if (code == ACC_LOCAL) {
        close(*fd);
        code = lock_file(folder, fd, err);
    }
    if (code != ACC_OK && *fd >= 0) {
        close(*fd);
        *fd = -1;
    }
    return code;
}
