/* Is the arrival still what was judged, and is every file of it on record as archived?
 *
 * Happy path: yes, and the set of its files is kept for the clearing. Failure: ACC_FILE_CHANGED or
 * ACC_UNLISTED, and nothing is deleted. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/path.h"
#include "watch/arrival/delete_parts.h"

void acc_deleting_count_left(struct acc_deleting *d, const char *path)
{
    if (d->left++ == 0)
        acc_path_show(&d->first, path, strlen(path));
}

static enum acc_code on_surveyed(void *arg, const char *path, const struct stat *st,
                                 struct acc_error *err)
{
    struct acc_deleting *d = arg;
    bool archived = false;
    enum acc_code code = ACC_OK;
    acc_judged_add(&d->judged, path, st);
    if (S_ISREG(st->st_mode))
        code = d->deletion->archived(d->deletion->arg, path, st->st_size, &archived, err);
    if (code == ACC_OK && !archived)
        acc_deleting_count_left(d, path);
    return code;
}

static enum acc_code on_marked(void *arg, const char *path, const struct stat *st,
                               struct acc_error *err)
{
    struct acc_deleting *d = arg;
    (void)err;
    acc_judged_add(&d->judged, path, st);
    return ACC_OK;
}

static enum acc_code survey(struct acc_deleting *d, const char *path, acc_walk_each each,
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
                             "%s/%s: changed since it was checked, so it stays where it is",
                             d->deletion->folder, d->deletion->name);
    return code;
}

/* The marker beside the arrival goes with it, and is not archived: so it has to be empty. */
static void check_marker(struct acc_deleting *d)
{
    struct acc_str name = {0};
    struct stat st;
    if (d->deletion->marker == NULL)
        return;
    acc_str_addf(&name, "%s.%s", d->deletion->name, d->deletion->marker);
    if (fstatat(d->drop, name.data, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
        !(S_ISREG(st.st_mode) && st.st_size == 0))
        acc_deleting_count_left(d, name.data);
    acc_str_release(&name);
}

enum acc_code acc_deleting_survey_in_place(struct acc_deleting *d, struct acc_error *err)
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

enum acc_code acc_deleting_survey_in_bin(struct acc_deleting *d, const char *path,
                                         struct acc_error *err)
{
    return survey(d, path, on_marked, err);
}
