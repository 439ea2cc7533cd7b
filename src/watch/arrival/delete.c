/* Happy path: survey where it is, rename into the bin, survey again, commit, clear, remove the
 * empty folders. Before the commit every failure puts the arrival back whole. After it every step
 * can be repeated: a kill or a failure leaves the set beside what is left of the arrival, and
 * acc_delete_recover() goes on from there. Descriptors are closed on every way out. */
#include "watch/arrival/delete.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/walk.h"
#include "watch/arrival/judged.h"
#include "watch/arrival/take.h"

#define DELIVERY "delivery"
#define JUDGED "judged"
#define TAKEN "taken"

/* The open folders and the set of one deletion; none: -1. */
struct deleting {
    struct acc_deletion *deletion;
    int drop, bin, own, taken;
    struct acc_str inside; /* path of `own` */
    struct acc_judged judged;
    uint64_t left;
    struct acc_str first; /* of what is left, or was never archived; showable */
};

static enum acc_code failed(struct deleting *d, const char *what, struct acc_error *err)
{
    return acc_error_set(err, ACC_LOCAL, "%s/%s: cannot be %s: %s. It is tried again later.",
                         d->deletion->folder, d->deletion->name, what, strerror(errno));
}

static int open_folder(int parent, const char *name)
{
    return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static void close_one(int fd)
{
    if (fd >= 0)
        close(fd);
}

static enum acc_code open_drop(struct deleting *d, struct acc_error *err)
{
    d->drop = open(d->deletion->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    acc_str_addf(&d->inside, "%s/" ACC_WATCH_DELETING "/%s", d->deletion->folder,
                 d->deletion->name);
    return d->drop >= 0 ? ACC_OK : failed(d, "deleted", err);
}

static int make_and_open(int parent, const char *name)
{
    return mkdirat(parent, name, 0700) == 0 || errno == EEXIST ? open_folder(parent, name) : -1;
}

/* A bin that another user prepared would be within that user's reach. */
static bool is_ours(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 077) == 0;
}

static enum acc_code open_bin(struct deleting *d, struct acc_error *err)
{
    bool made = mkdirat(d->drop, ACC_WATCH_DELETING, 0700) == 0;
    d->bin = open_folder(d->drop, ACC_WATCH_DELETING);
    if (d->bin >= 0 && !made && !is_ours(d->bin))
        return acc_error_set(err, ACC_LOCAL,
                             "%s/" ACC_WATCH_DELETING ": belongs to another user, or others may "
                             "write in it. Nothing is deleted until it is removed.",
                             d->deletion->folder);
    d->own = d->bin >= 0 ? make_and_open(d->bin, d->deletion->name) : -1;
    d->taken = d->own >= 0 ? make_and_open(d->own, TAKEN) : -1;
    return d->taken >= 0 ? ACC_OK : failed(d, "deleted", err);
}

/* Removes the folders of the deletion as far as they are empty; others may be in the bin. */
static void close_bin(struct deleting *d)
{
    if (d->own >= 0) {
        unlinkat(d->own, TAKEN, AT_REMOVEDIR);
        if (faccessat(d->own, DELIVERY, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
            unlinkat(d->own, JUDGED, 0);
    }
    if (d->bin >= 0)
        unlinkat(d->bin, d->deletion->name, AT_REMOVEDIR);
    if (d->drop >= 0)
        unlinkat(d->drop, ACC_WATCH_DELETING, AT_REMOVEDIR);
}

static void release(struct deleting *d)
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

/* ---- is it what was judged, and is all of it archived? ---- */

static void count_left(struct deleting *d, const char *path)
{
    if (d->left++ == 0)
        acc_path_show(&d->first, path, strlen(path));
}

static enum acc_code on_surveyed(void *arg, const char *path, const struct stat *st,
                                 struct acc_error *err)
{
    struct deleting *d = arg;
    bool archived = false;
    enum acc_code code = ACC_OK;
    acc_judged_add(&d->judged, path, st);
    if (S_ISREG(st->st_mode))
        code = d->deletion->archived(d->deletion->arg, path, st->st_size, &archived, err);
    if (code == ACC_OK && !archived)
        count_left(d, path);
    return code;
}

static enum acc_code on_marked(void *arg, const char *path, const struct stat *st,
                               struct acc_error *err)
{
    struct deleting *d = arg;
    (void)err;
    acc_judged_add(&d->judged, path, st);
    return ACC_OK;
}

static enum acc_code survey(struct deleting *d, const char *path, acc_walk_each each,
                            struct acc_error *err)
{
    atomic_bool never = false;
    struct acc_sight sight;
    acc_judged_release(&d->judged);
    enum acc_code code = acc_sight_take(path, &never, each, d, &sight, err);
    acc_judged_close(&d->judged);
    if (code == ACC_FILE_MISSING || (code == ACC_OK && (sight.content != d->deletion->content ||
                                                        sight.touched != d->deletion->touched)))
        code = acc_error_set(err, ACC_FILE_CHANGED,
                             "%s/%s: changed since it was judged, so it is left alone",
                             d->deletion->folder, d->deletion->name);
    return code;
}

/* The marker beside the arrival goes with it, and is not archived: so it has to be empty. */
static void check_marker(struct deleting *d)
{
    struct acc_str name = {0};
    struct stat st;
    if (d->deletion->marker == NULL)
        return;
    acc_str_addf(&name, "%s.%s", d->deletion->name, d->deletion->marker);
    if (fstatat(d->drop, name.data, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        !(S_ISREG(st.st_mode) && st.st_size == 0))
        count_left(d, name.data);
    acc_str_release(&name);
}

static enum acc_code survey_in_place(struct deleting *d, struct acc_error *err)
{
    struct acc_str path = {0};
    acc_str_addf(&path, "%s/%s", d->deletion->folder, d->deletion->name);
    enum acc_code code = survey(d, path.data, on_surveyed, err);
    acc_str_release(&path);
    check_marker(d);
    if (code == ACC_OK && d->left > 0)
        code = acc_error_set(err, ACC_UNLISTED,
                             "%s/%s: kept, since %llu of the files in it were not archived: %s%s. "
                             "Archive them too, or use --after move.",
                             d->deletion->folder, d->deletion->name, (unsigned long long)d->left,
                             acc_str_cstr(&d->first), d->left > 1 ? " is the first" : "");
    return code;
}

/* ---- putting back ---- */

/* A file that was taken when the program was killed, or that could not be put back where it was,
 * goes to the top of the delivery. */
static void return_taken(struct deleting *d, int delivery)
{
    int fd = dup(d->taken);
    DIR *taken = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *entry;
    while (taken != NULL && (entry = readdir(taken)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            acc_take_back(d->taken, delivery, entry->d_name);
    if (taken != NULL)
        closedir(taken);
}

static enum acc_code on_left(void *arg, const char *path, const struct stat *st,
                             struct acc_error *err)
{
    (void)st;
    (void)err;
    count_left(arg, path);
    return ACC_OK;
}

static void count_all_left(struct deleting *d)
{
    struct acc_str path = {0};
    struct acc_error ignored;
    acc_str_addf(&path, "%s/" DELIVERY, d->inside.data);
    d->left = 0;
    acc_str_clear(&d->first);
    acc_walk(path.data, on_left, NULL, d, &ignored);
    acc_str_release(&path);
}

static enum acc_code put_back(struct deleting *d, struct acc_error *err)
{
    struct acc_str name = {0};
    int delivery = make_and_open(d->own, DELIVERY);
    if (delivery < 0)
        return failed(d, "put back", err);
    return_taken(d, delivery);
    close(delivery);
    acc_str_set(&name, d->deletion->name);
    if (!acc_take_back_as(d->own, DELIVERY, d->drop, &name)) {
        acc_str_release(&name);
        return failed(d, "put back", err);
    }
    acc_str_clear(&d->deletion->place);
    acc_str_addf(&d->deletion->place, "%s/%s", d->deletion->folder, name.data);
    acc_str_release(&name);
    return ACC_OK;
}

/* Files added or changed during the deletion: they are back in the drop folder, and reported. */
static enum acc_code put_back_the_rest(struct deleting *d, struct acc_error *err)
{
    count_all_left(d);
    enum acc_code code = put_back(d, err);
    return code != ACC_OK
               ? code
               : acc_error_set(err, ACC_FILE_CHANGED,
                               "%s: holds %llu files that were written while the archived ones "
                               "were deleted (the first: %s). They are not archived. Make a "
                               "delivery of them, or take them away.",
                               d->deletion->place.data, (unsigned long long)d->left,
                               acc_str_cstr(&d->first));
}

/* ---- deleting ---- */

static void clear_folder(struct deleting *d, int fd, struct acc_str *path, int depth);

static bool visit(struct deleting *d, int folder, const char *name, struct acc_str *path, int depth)
{
    struct stat st;
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return false;
    if (S_ISREG(st.st_mode))
        return acc_judged_has(&d->judged, acc_str_cstr(path), &st) &&
               acc_take_and_unlink(d->taken, folder, name, &st);
    int fd = S_ISDIR(st.st_mode) && depth < ACC_WALK_DEPTH ? open_folder(folder, name) : -1;
    if (fd < 0)
        return false;
    clear_folder(d, fd, path, depth + 1);
    return unlinkat(folder, name, AT_REMOVEDIR) == 0;
}

/* One pass over a folder; true when it removed something. A name that is removed may hide another
 * from readdir(), so the user goes on until a pass removes nothing. */
static bool clear_once(struct deleting *d, DIR *folder, struct acc_str *path, int depth)
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
static void clear_folder(struct deleting *d, int fd, struct acc_str *path, int depth)
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

static void remove_marker(struct deleting *d)
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

static enum acc_code clear(struct deleting *d, struct acc_error *err)
{
    struct acc_str path = {0};
    d->deletion->began = true;
    int fd = open_folder(d->own, DELIVERY);
    if (fd >= 0)
        clear_folder(d, fd, &path, 0);
    acc_str_release(&path);
    bool empty = is_removed(d->own, DELIVERY) && is_removed(d->own, TAKEN);
    if (empty)
        remove_marker(d);
    return empty ? ACC_OK : put_back_the_rest(d, err);
}

/* In the bin, where no writer finds it by name: what was judged, still? */
static enum acc_code give_up(struct deleting *d, struct acc_error *err)
{
    struct acc_str delivery = {0}, judged = {0};
    acc_str_addf(&delivery, "%s/" DELIVERY, d->inside.data);
    acc_str_addf(&judged, "%s/" JUDGED, d->inside.data);
    enum acc_code code = survey(d, delivery.data, on_marked, err);
    if (code == ACC_OK)
        code = acc_judged_save(&d->judged, judged.data, err);
    if (code == ACC_OK)
        code = d->deletion->commit(d->deletion->arg, err);
    acc_str_release(&delivery);
    acc_str_release(&judged);
    return code;
}

enum acc_code acc_delete_arrival(struct acc_deletion *deletion, struct acc_error *err)
{
    struct deleting d = {.deletion = deletion, .drop = -1, .bin = -1, .own = -1, .taken = -1};
    enum acc_code code = open_drop(&d, err);
    if (code == ACC_OK)
        code = survey_in_place(&d, err);
    if (code == ACC_OK)
        code = open_bin(&d, err);
    if (code == ACC_OK && !acc_take(d.drop, deletion->name, d.own, DELIVERY))
        code = failed(&d, "deleted", err);
    else if (code == ACC_OK)
        code = give_up(&d, err);
    if (code == ACC_OK) {
        code = clear(&d, err);
    } else if (d.own >= 0 && faccessat(d.own, DELIVERY, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        struct acc_error back;
        if (put_back(&d, &back) != ACC_OK)
            acc_error_context(err, "%s", back.message);
    }
    release(&d);
    return code;
}

/* ---- after a kill ---- */

/* Versions before 0.2 renamed the arrival itself to .accession-deleting/NAME. */
static bool is_old_layout(const struct deleting *d)
{
    return faccessat(d->own, DELIVERY, F_OK, AT_SYMLINK_NOFOLLOW) != 0 &&
           faccessat(d->own, TAKEN, F_OK, AT_SYMLINK_NOFOLLOW) != 0;
}

static enum acc_code put_back_old(struct deleting *d, struct acc_error *err)
{
    struct acc_str name = {0};
    acc_str_set(&name, d->deletion->name);
    enum acc_code code = acc_take_back_as(d->bin, d->deletion->name, d->drop, &name)
                             ? ACC_OK
                             : failed(d, "put back", err);
    acc_str_addf(&d->deletion->place, "%s/%s", d->deletion->folder, name.data);
    acc_str_release(&name);
    return code;
}

static enum acc_code recover(struct deleting *d, bool go_on, struct acc_error *err)
{
    struct acc_str judged = {0};
    if (is_old_layout(d))
        return put_back_old(d, err);
    d->taken = make_and_open(d->own, TAKEN);
    int delivery = d->taken >= 0 ? make_and_open(d->own, DELIVERY) : -1;
    if (delivery < 0)
        return failed(d, "put back", err);
    return_taken(d, delivery);
    close(delivery);
    acc_str_addf(&judged, "%s/" JUDGED, d->inside.data);
    go_on = go_on && acc_judged_load(&d->judged, judged.data);
    acc_str_release(&judged);
    return go_on ? clear(d, err) : put_back(d, err);
}

enum acc_code acc_delete_recover(struct acc_deletion *deletion, bool go_on, struct acc_error *err)
{
    struct deleting d = {.deletion = deletion, .drop = -1, .bin = -1, .own = -1, .taken = -1};
    enum acc_code code = open_drop(&d, err);
    d.bin = code == ACC_OK ? open_folder(d.drop, ACC_WATCH_DELETING) : -1;
    d.own = d.bin >= 0 ? open_folder(d.bin, deletion->name) : -1;
    bool foreign = d.bin >= 0 && d.own < 0 && (errno == ENOTDIR || errno == ELOOP);
    if (code == ACC_OK && d.own >= 0)
        code = recover(&d, go_on, err);
    else if (code == ACC_OK && !foreign) /* a file in the bin is not ours: it is left alone */
        code = failed(&d, "put back", err);
    release(&d);
    return code;
}
