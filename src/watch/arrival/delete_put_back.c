/* Putting back what is left of an arrival: into the drop folder, under its name or one beside it.
 *
 * Happy path: it is there again, and the deletion's `place` says where. Failure: an error; it stays
 * in the bin, and the next start puts it back. */
#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "base/walk.h"
#include "watch/arrival/delete_parts.h"
#include "watch/arrival/take.h"

/* A file that was taken when the program was killed, or that could not be put back where it was,
 * goes to the top of the delivery. */
void acc_deleting_return_taken(struct acc_deleting *d, int delivery)
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
    acc_deleting_count_left(arg, path);
    return ACC_OK;
}

static void count_all_left(struct acc_deleting *d)
{
    struct acc_str path = {0};
    struct acc_error ignored;
    acc_str_addf(&path, "%s/" ACC_DELETING_DELIVERY, d->inside.data);
    d->left = 0;
    acc_str_clear(&d->first);
    acc_walk(path.data, on_left, NULL, d, &ignored);
    acc_str_release(&path);
}

enum acc_code acc_deleting_put_back(struct acc_deleting *d, struct acc_error *err)
{
    struct acc_str name = {0};
    int delivery = acc_deleting_make_folder(d->own, ACC_DELETING_DELIVERY);
    if (delivery < 0)
        return acc_deleting_failed(d, "put back", err);
    acc_deleting_return_taken(d, delivery);
    close(delivery);
    acc_str_set(&name, d->deletion->name);
    if (!acc_take_back_as(d->own, ACC_DELETING_DELIVERY, d->drop, &name)) {
        acc_str_release(&name);
        return acc_deleting_failed(d, "put back", err);
    }
    acc_str_clear(&d->deletion->place);
    acc_str_addf(&d->deletion->place, "%s/%s", d->deletion->folder, name.data);
    acc_str_release(&name);
    return ACC_OK;
}

/* Files added or changed during the deletion: they are back in the drop folder, and reported. */
enum acc_code acc_deleting_put_back_the_rest(struct acc_deleting *d, struct acc_error *err)
{
    count_all_left(d);
    enum acc_code code = acc_deleting_put_back(d, err);
    return code != ACC_OK
               ? code
               : acc_error_set(err, ACC_FILE_CHANGED,
                               "%s: holds %llu files that were written while the archived ones "
                               "were deleted (the first: %s). They are not archived. Deliver them "
                               "separately, or remove them.",
                               d->deletion->place.data, (unsigned long long)d->left,
                               acc_str_cstr(&d->first));
}

enum acc_code acc_deleting_put_back_old(struct acc_deleting *d, struct acc_error *err)
{
    struct acc_str name = {0};
    acc_str_set(&name, d->deletion->name);
    enum acc_code code = acc_take_back_as(d->bin, d->deletion->name, d->drop, &name)
                             ? ACC_OK
                             : acc_deleting_failed(d, "put back", err);
    acc_str_addf(&d->deletion->place, "%s/%s", d->deletion->folder, name.data);
    acc_str_release(&name);
    return code;
}
