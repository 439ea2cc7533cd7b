/* Happy path: survey where it is, rename into the bin, survey again, commit, clear, remove the
 * empty folders. Before the commit every failure puts the arrival back whole. After it every step
 * can be repeated: a kill or a failure leaves the set beside what is left of the arrival, and
 * acc_delete_recover() goes on from there. Descriptors are closed on every way out.
 *
 * delete_bin.c opens the folders, delete_survey.c compares, delete_clear.c deletes, and
 * delete_put_back.c puts back. */
#include "watch/arrival/delete.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "watch/arrival/delete_parts.h"
#include "watch/arrival/take.h"

/* In the bin, where no writer finds it by name: what was judged, still? */
static enum acc_code give_up(struct acc_deleting *d, struct acc_error *err)
{
    struct acc_str delivery = {0}, judged = {0};
    acc_str_addf(&delivery, "%s/" ACC_DELETING_DELIVERY, d->inside.data);
    acc_str_addf(&judged, "%s/" ACC_DELETING_JUDGED, d->inside.data);
    enum acc_code code = acc_deleting_survey_in_bin(d, delivery.data, err);
    if (code == ACC_OK)
        code = acc_judged_save(&d->judged, judged.data, err);
    if (code == ACC_OK)
        code = d->deletion->commit(d->deletion->arg, err);
    acc_str_release(&delivery);
    acc_str_release(&judged);
    return code;
}

/* What a package holds is archived; the package, byte for byte, is not. */
static enum acc_code refuse_package(const struct acc_deleting *d, struct acc_error *err)
{
    struct stat st;
    const char *name = d->deletion->name;
    if (fstatat(d->drop, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
        return ACC_OK;
    return acc_error_set(
        err, ACC_UNLISTED,
        "%s/%s: is a package. The files in it are archived, but the package itself "
        "is not, so it is kept. Delete it yourself, or use --after move.",
        d->deletion->folder, name);
}

enum acc_code acc_delete_arrival(struct acc_deletion *deletion, struct acc_error *err)
{
    struct acc_deleting d = {.deletion = deletion, .drop = -1, .bin = -1, .own = -1, .taken = -1};
    enum acc_code code = acc_deleting_open_drop(&d, err);
    if (code == ACC_OK)
        code = refuse_package(&d, err);
    if (code == ACC_OK)
        code = acc_deleting_survey_in_place(&d, err);
    if (code == ACC_OK)
        code = acc_deleting_open_bin(&d, err);
    if (code == ACC_OK && !acc_take(d.drop, deletion->name, d.own, ACC_DELETING_DELIVERY))
        code = acc_deleting_failed(&d, "deleted", err);
    else if (code == ACC_OK)
        code = give_up(&d, err);
    if (code == ACC_OK) {
        code = acc_deleting_clear(&d, err);
    } else if (d.own >= 0 &&
               faccessat(d.own, ACC_DELETING_DELIVERY, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        struct acc_error back;
        if (acc_deleting_put_back(&d, &back) != ACC_OK)
            acc_error_context(err, "%s", back.message);
    }
    acc_deleting_release(&d);
    return code;
}

/* ---- after a kill ---- */

/* Versions before 0.2 renamed the arrival itself to .accession-deleting/NAME. */
static bool is_old_layout(const struct acc_deleting *d)
{
    return faccessat(d->own, ACC_DELETING_DELIVERY, F_OK, AT_SYMLINK_NOFOLLOW) != 0 &&
           faccessat(d->own, ACC_DELETING_TAKEN, F_OK, AT_SYMLINK_NOFOLLOW) != 0;
}

static enum acc_code recover(struct acc_deleting *d, bool go_on, struct acc_error *err)
{
    struct acc_str judged = {0};
    if (is_old_layout(d))
        return acc_deleting_put_back_old(d, err);
    d->taken = acc_deleting_make_folder(d->own, ACC_DELETING_TAKEN);
    int delivery = d->taken >= 0 ? acc_deleting_make_folder(d->own, ACC_DELETING_DELIVERY) : -1;
    if (delivery < 0)
        return acc_deleting_failed(d, "put back", err);
    acc_deleting_return_taken(d, delivery);
    close(delivery);
    acc_str_addf(&judged, "%s/" ACC_DELETING_JUDGED, d->inside.data);
    go_on = go_on && acc_judged_load(&d->judged, judged.data);
    acc_str_release(&judged);
    return go_on ? acc_deleting_clear(d, err) : acc_deleting_put_back(d, err);
}

enum acc_code acc_delete_recover(struct acc_deletion *deletion, bool go_on, struct acc_error *err)
{
    struct acc_deleting d = {.deletion = deletion, .drop = -1, .bin = -1, .own = -1, .taken = -1};
    enum acc_code code = acc_deleting_open_drop(&d, err);
    d.bin = code == ACC_OK ? acc_deleting_open_folder(d.drop, ACC_WATCH_DELETING) : -1;
    d.own = d.bin >= 0 ? acc_deleting_open_folder(d.bin, deletion->name) : -1;
    bool foreign = d.bin >= 0 && d.own < 0 && (errno == ENOTDIR || errno == ELOOP);
    if (code == ACC_OK && d.own >= 0)
        code = recover(&d, go_on, err);
    else if (code == ACC_OK && !foreign) /* a file in the bin is not ours: it is left alone */
        code = acc_deleting_failed(&d, "put back", err);
    acc_deleting_release(&d);
    return code;
}
