/* The files that go beside the delivery are written first and the delivery is renamed last, so a
 * kill in between leaves the delivery in the drop folder and a place that the next try uses. A step
 * that fails leaves the arrival where it is and says why. */
#include "watch/arrival/move.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "watch/arrival/look.h"
#include "watch/arrival/scan.h"

#define NAMES_TRIED 10000

static enum acc_code failed(struct acc_error *err, const char *path, const char *what)
{
    return acc_error_set(err, ACC_LOCAL, "%s: cannot be %s: %s. accession tries again later.", path,
                         what, strerror(errno));
}

/* Of a folder itself: a link that another user put there could lead anywhere. */
static bool look(const char *path, struct stat *st)
{
    return lstat(path, st) == 0 && S_ISDIR(st->st_mode);
}

static enum acc_code make_folder(const char *path, struct acc_error *err)
{
    struct stat st;
    if (mkdir(path, 0777) == 0 || (errno == EEXIST && look(path, &st)))
        return ACC_OK;
    return errno == EEXIST || errno == ENOTDIR
               ? acc_error_set(
                     err, ACC_LOCAL,
                     "%s: is a symbolic link or a file, not a folder, so nothing is moved "
                     "there. Remove it; accession makes the folder.",
                     path)
               : failed(err, path, "made");
}

static bool exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

static enum acc_code check_unchanged(const struct acc_move *move, const char *path,
                                     struct acc_error *err)
{
    atomic_bool never = false;
    struct acc_sight sight;
    enum acc_code code = acc_sight_take(path, &never, NULL, NULL, &sight, err);
    if (code == ACC_FILE_MISSING ||
        (code == ACC_OK && (sight.content != move->content || sight.touched != move->touched)))
        code = acc_error_set(err, ACC_FILE_CHANGED,
                             "%s: changed since it was checked, so it stays where it is", path);
    return code;
}

/* A place that this user's earlier try made is used again. What another user prepared there could
 * lead the files that go beside the delivery elsewhere. */
static bool is_taken(const char *place, const char *inside)
{
    struct stat st;
    return exists(inside) || (exists(place) && !(look(place, &st) && st.st_uid == geteuid()));
}

/* done/NAME, or done/NAME~2 … if an earlier delivery of that name is there already. */
static enum acc_code find_place(struct acc_move *move, struct acc_error *err)
{
    const char *base = move->archived ? ACC_WATCH_DONE : ACC_WATCH_REJECTED;
    struct acc_str inside = {0}, *place = &move->place;
    bool taken = true;
    acc_str_addf(place, "%s/%s", move->folder, base);
    enum acc_code code = make_folder(place->data, err);
    for (int n = 1; code == ACC_OK && taken && n <= NAMES_TRIED; n++) {
        acc_str_clear(place);
        acc_str_addf(place, "%s/%s/%s", move->folder, base, move->name);
        if (n > 1)
            acc_str_addf(place, "~%d", n);
        acc_str_clear(&inside);
        acc_str_addf(&inside, "%s/%s", place->data, move->name);
        taken = is_taken(place->data, inside.data);
    }
    acc_str_release(&inside);
    if (code == ACC_OK && taken) {
        errno = EEXIST;
        code = failed(err, place->data, "made");
    }
    return code != ACC_OK ? code : make_folder(place->data, err);
}

static enum acc_code write_text(const struct acc_move *move, struct acc_error *err)
{
    struct acc_str path = {0};
    struct acc_file_new file;
    acc_str_addf(&path, "%s/%s", move->place.data, move->archived ? "RECEIPT.txt" : "WHY.txt");
    enum acc_code code = acc_file_begin(&file, path.data, err);
    if (code == ACC_OK) {
        fputs(move->text, file.stream); /* commit sees the stream's error flag */
        acc_file_share(&file);
        code = acc_file_commit(&file, err);
    }
    acc_str_release(&path);
    return code;
}

static enum acc_code copy_receipt(const struct acc_move *move, struct acc_error *err)
{
    struct acc_str path = {0};
    struct acc_file_new file;
    char buffer[65536];
    size_t got;
    FILE *from = *move->receipt != '\0' ? fopen(move->receipt, "re") : NULL;
    if (from == NULL)
        return ACC_OK; /* the run had none, or it was cleared away since: the text names the run */
    acc_str_addf(&path, "%s/receipt.json", move->place.data);
    enum acc_code code = acc_file_begin(&file, path.data, err);
    if (code == ACC_OK) {
        while ((got = fread(buffer, 1, sizeof buffer, from)) > 0)
            fwrite(buffer, 1, got, file.stream);
        acc_file_share(&file);
        if (ferror(from)) {
            code = failed(err, move->receipt, "read");
            acc_file_abandon(&file);
        } else {
            code = acc_file_commit(&file, err);
        }
    }
    fclose(from);
    acc_str_release(&path);
    return code;
}

/* The marker goes with the delivery. Otherwise the next delivery of that name would count as
 * complete when it begins to arrive. */
static void take_marker(const struct acc_move *move, const char *path)
{
    struct acc_str from = {0}, to = {0};
    if (move->marker == NULL)
        return;
    acc_str_addf(&from, "%s.%s", path, move->marker);
    acc_str_addf(&to, "%s/%s.%s", move->place.data, move->name, move->marker);
    rename(from.data, to.data);
    acc_str_release(&from);
    acc_str_release(&to);
}

enum acc_code acc_move_arrival(struct acc_move *move, struct acc_error *err)
{
    struct acc_str from = {0}, to = {0};
    acc_str_addf(&from, "%s/%s", move->folder, move->name);
    enum acc_code code = check_unchanged(move, from.data, err);
    if (code == ACC_OK)
        code = find_place(move, err);
    if (code == ACC_OK)
        code = write_text(move, err);
    if (code == ACC_OK)
        code = copy_receipt(move, err);
    acc_str_addf(&to, "%s/%s", acc_str_cstr(&move->place), move->name);
    if (code == ACC_OK && rename(from.data, to.data) != 0)
        code = failed(err, from.data, "moved");
    if (code == ACC_OK)
        take_marker(move, from.data);
    acc_str_release(&from);
    acc_str_release(&to);
    return code;
}
