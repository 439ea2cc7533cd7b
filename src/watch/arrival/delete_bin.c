/* The folders of a deletion: the bin, out of every writer's reach, and what lies in it.
 *
 * Happy path: opened, made where they are missing, removed as far as they are empty. Failure: an
 * error, and nothing is deleted. Close: acc_deleting_release(), on every way out. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "watch/arrival/delete_parts.h"

enum acc_code acc_deleting_failed(struct acc_deleting *d, const char *what, struct acc_error *err)
{
    return acc_error_set(err, ACC_LOCAL, "%s/%s: cannot be %s: %s. accession tries again later.",
                         d->deletion->folder, d->deletion->name, what, strerror(errno));
}

int acc_deleting_open_folder(int parent, const char *name)
{
    return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void close_one(int fd)
{
    if (fd >= 0)
        close(fd);
}

enum acc_code acc_deleting_open_drop(struct acc_deleting *d, struct acc_error *err)
{
    d->drop = open(d->deletion->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    acc_str_addf(&d->inside, "%s/" ACC_WATCH_DELETING "/%s", d->deletion->folder,
                 d->deletion->name);
    return d->drop >= 0 ? ACC_OK : acc_deleting_failed(d, "deleted", err);
}

int acc_deleting_make_folder(int parent, const char *name)
{
    return mkdirat(parent, name, 0700) == 0 || errno == EEXIST
               ? acc_deleting_open_folder(parent, name)
               : -1;
}

/* A bin that another user prepared would be within that user's reach. */
static bool is_ours(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 077) == 0;
}

enum acc_code acc_deleting_open_bin(struct acc_deleting *d, struct acc_error *err)
{
    bool made = mkdirat(d->drop, ACC_WATCH_DELETING, 0700) == 0;
    d->bin = acc_deleting_open_folder(d->drop, ACC_WATCH_DELETING);
    if (d->bin >= 0 && !made && !is_ours(d->bin))
        return acc_error_set(err, ACC_LOCAL,
                             "%s/" ACC_WATCH_DELETING ": belongs to another user, or others may "
                             "write in it. Nothing is deleted until it is removed.",
                             d->deletion->folder);
    d->own = d->bin >= 0 ? acc_deleting_make_folder(d->bin, d->deletion->name) : -1;
    d->taken = d->own >= 0 ? acc_deleting_make_folder(d->own, ACC_DELETING_TAKEN) : -1;
    return d->taken >= 0 ? ACC_OK : acc_deleting_failed(d, "deleted", err);
}

/* Removes the folders of the deletion as far as they are empty; others may be in the bin. */
static void close_bin(struct acc_deleting *d)
{
    if (d->own >= 0) {
        unlinkat(d->own, ACC_DELETING_TAKEN, AT_REMOVEDIR);
        if (faccessat(d->own, ACC_DELETING_DELIVERY, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
            unlinkat(d->own, ACC_DELETING_JUDGED, 0);
    }
    if (d->bin >= 0)
        unlinkat(d->bin, d->deletion->name, AT_REMOVEDIR);
    if (d->drop >= 0)
        unlinkat(d->drop, ACC_WATCH_DELETING, AT_REMOVEDIR);
}

void acc_deleting_release(struct acc_deleting *d)
{
    close_bin(d);
    close_one(d->taken);
    close_one(d->own);
    close_one(d->bin);
    close_one(d->drop);
    acc_judged_release(&d->judged);
    acc_str_release(&d->inside);
    acc_str_release(&d->first);
}
