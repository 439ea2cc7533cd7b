/* Deleting the files that were judged, each out of every writer's reach and looked at once more.
 *
 * Happy path: the folders are empty and removed, then the marker. Failure: what is not (or is no
 * longer) what was judged stays, and is put back into the drop folder. Every step can be repeated
 * after a kill. Descriptors are closed on every way out. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/walk.h"
#include "watch/arrival/delete_parts.h"
#include "watch/arrival/take.h"

static void clear_folder(struct acc_deleting *d, int fd, struct acc_str *path, int depth);

static bool visit(struct acc_deleting *d, int folder, const char *name, struct acc_str *path,
                  int depth)
{
    struct stat st;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    if (S_ISREG(st.st_mode))
        return acc_judged_has(&d->judged, acc_str_cstr(path), &st) &&
               acc_take_and_unlink(d->taken, folder, name, &st);
    int fd =
        S_ISDIR(st.st_mode) && depth < ACC_WALK_DEPTH ? acc_deleting_open_folder(folder, name) : -1;
    if (fd < 0)
        return false;
    clear_folder(d, fd, path, depth + 1);
    return unlinkat(folder, name, AT_REMOVEDIR) == 0;
}

/* One pass over a folder; true when it removed something. A name that is removed may hide another
 * from readdir(), so the user goes on until a pass removes nothing. */
static bool clear_once(struct acc_deleting *d, DIR *folder, struct acc_str *path, int depth)
{
    const struct dirent *entry;
    size_t base = path->len;
    bool removed = false;
    rewinddir(folder);
    while ((entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        acc_str_add(path, base > 0 ? "/" : "");
        acc_str_add(path, entry->d_name);
        removed = visit(d, dirfd(folder), entry->d_name, path, depth) || removed;
        acc_str_cut(path, base);
    }
    return removed;
}

/* Takes over `fd`. */
static void clear_folder(struct acc_deleting *d, int fd, struct acc_str *path, int depth)
{
    DIR *folder = fdopendir(fd);
    if (folder == NULL) {
        close(fd);
        return;
    }
    while (clear_once(d, folder, path, depth)) {
    }
    closedir(folder);
}

static void remove_marker(struct acc_deleting *d)
{
    struct acc_str name = {0};
    struct stat st;
    if (d->deletion->marker == NULL)
        return;
    acc_str_addf(&name, "%s.%s", d->deletion->name, d->deletion->marker);
    if (fstatat(d->drop, name.data, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
        st.st_size == 0)
        acc_take_and_unlink(d->own, d->drop, name.data, &st);
    acc_str_release(&name);
}

static bool is_removed(int folder, const char *name)
{
    return unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT;
}

enum acc_code acc_deleting_clear(struct acc_deleting *d, struct acc_error *err)
{
    struct acc_str path = {0};
    d->deletion->began = true;
    int fd = acc_deleting_open_folder(d->own, ACC_DELETING_DELIVERY);
    if (fd >= 0)
        clear_folder(d, fd, &path, 0);
    acc_str_release(&path);
    bool empty =
        is_removed(d->own, ACC_DELETING_DELIVERY) && is_removed(d->own, ACC_DELETING_TAKEN);
    if (empty)
        remove_marker(d);
    return empty ? ACC_OK : acc_deleting_put_back_the_rest(d, err);
}
