/* Each step can be repeated: whatever a kill leaves, the next try finds the arrival either where it
 * was or where it goes. A step that fails leaves the arrival where it is and says why. */
#include "watch/arrival/away.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "watch/arrival/scan.h"

#define DELETING ".accession-deleting"
#define NAMES_TRIED 10000

static enum acc_code failed(struct acc_error *err, const char *path, const char *what)
{
    return acc_error_set(err, ACC_LOCAL, "%s: cannot be %s: %s. It is tried again later.", path,
                         what, strerror(errno));
}

static void source_of(const struct acc_away *away, struct acc_str *path)
{
    acc_str_clear(path);
    acc_str_addf(path, "%s/%s", away->row.folder, away->row.name);
}

/* True when the folder at `path` is what was judged. */
static bool unchanged(const struct acc_away *away, const char *path, struct acc_error *err)
{
    atomic_bool never = false;
    struct acc_sight sight;
    if (acc_sight_take(path, &never, &sight, err) != ACC_OK)
        return false;
    if (sight.content == away->row.content && sight.touched == away->row.touched)
        return true;
    acc_error_set(err, ACC_FILE_CHANGED, "%s: changed since it was judged, so it is left alone",
                  path);
    return false;
}

static enum acc_code make_folder(const char *path, mode_t mode, struct acc_error *err)
{
    return mkdir(path, mode) == 0 || errno == EEXIST ? ACC_OK : failed(err, path, "made");
}

static bool exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

/* ---- moving ---- */

/* done/NAME, or done/NAME~2 … where an earlier delivery of that name lies already. */
static enum acc_code find_place(const struct acc_away *away, struct acc_str *place,
                                struct acc_error *err)
{
    const char *base = away->row.code == ACC_OK ? ACC_WATCH_DONE : ACC_WATCH_REJECTED;
    struct acc_str inside = {0};
    bool taken = true;
    acc_str_addf(place, "%s/%s", away->row.folder, base);
    enum acc_code code = make_folder(acc_str_cstr(place), 0777, err);
    for (int n = 1; code == ACC_OK && taken && n <= NAMES_TRIED; n++) {
        acc_str_clear(place);
        acc_str_addf(place, "%s/%s/%s", away->row.folder, base, away->row.name);
        if (n > 1)
            acc_str_addf(place, "~%d", n);
        acc_str_clear(&inside);
        acc_str_addf(&inside, "%s/%s", acc_str_cstr(place), away->row.name);
        taken = exists(acc_str_cstr(&inside));
    }
    acc_str_release(&inside);
    if (code == ACC_OK && taken) {
        errno = EEXIST;
        code = failed(err, acc_str_cstr(place), "made");
    }
    return code != ACC_OK ? code : make_folder(acc_str_cstr(place), 0777, err);
}

static enum acc_code write_why(const struct acc_away *away, struct acc_error *err)
{
    struct acc_str path = {0};
    struct acc_file_new file;
    acc_str_addf(&path, "%s/WHY.txt", acc_str_cstr(&away->place));
    enum acc_code code = acc_file_begin(&file, acc_str_cstr(&path), err);
    if (code == ACC_OK) {
        fputs(acc_str_cstr(&away->why), file.stream); /* commit sees the stream's error flag */
        acc_file_share(&file);
        code = acc_file_commit(&file, err);
    }
    acc_str_release(&path);
    return code;
}

static enum acc_code copy_receipt(const struct acc_away *away, struct acc_error *err)
{
    struct acc_str path = {0};
    struct acc_file_new file;
    char buffer[65536];
    size_t got;
    FILE *from = away->receipt.len > 0 ? fopen(away->receipt.data, "re") : NULL;
    if (from == NULL)
        return ACC_OK; /* the run had none, or it was cleared away since: WHY.txt names the run */
    acc_str_addf(&path, "%s/receipt.json", acc_str_cstr(&away->place));
    enum acc_code code = acc_file_begin(&file, acc_str_cstr(&path), err);
    if (code == ACC_OK) {
        while ((got = fread(buffer, 1, sizeof buffer, from)) > 0)
            fwrite(buffer, 1, got, file.stream);
        acc_file_share(&file);
        if (ferror(from)) {
            code = failed(err, away->receipt.data, "read");
            acc_file_abandon(&file);
        } else {
            code = acc_file_commit(&file, err);
        }
    }
    fclose(from);
    acc_str_release(&path);
    return code;
}

/* The marker goes with the delivery, or the next one of that name would count as complete at once.
 */
static void take_marker(const struct acc_away *away, const char *path)
{
    struct acc_str from = {0}, to = {0};
    if (away->marker == NULL)
        return;
    acc_str_addf(&from, "%s.%s", path, away->marker);
    acc_str_addf(&to, "%s/%s.%s", acc_str_cstr(&away->place), away->row.name, away->marker);
    if (away->kind == ACC_AWAY_MOVE)
        rename(from.data, to.data);
    else
        unlink(from.data);
    acc_str_release(&from);
    acc_str_release(&to);
}

static enum acc_code move(struct acc_away *away, const char *path)
{
    struct acc_str to = {0};
    enum acc_code code = find_place(away, &away->place, &away->err);
    if (code == ACC_OK)
        code = write_why(away, &away->err);
    if (code == ACC_OK)
        code = copy_receipt(away, &away->err);
    acc_str_addf(&to, "%s/%s", acc_str_cstr(&away->place), away->row.name);
    if (code == ACC_OK && rename(path, to.data) != 0)
        code = failed(&away->err, path, "moved");
    if (code == ACC_OK)
        take_marker(away, path);
    acc_str_release(&to);
    return code;
}

/* ---- deleting ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st;
    (void)type;
    (void)walk;
    return remove(path);
}

static enum acc_code remove_tree(const char *path, struct acc_error *err)
{
    return nftw(path, remove_one, 32, FTW_DEPTH | FTW_PHYS) == 0 ? ACC_OK
                                                                 : failed(err, path, "deleted");
}

static enum acc_code mark(struct acc_away *away, enum acc_arrival_mark mark)
{
    away->row.mark = mark;
    return acc_ledger_put_arrival(away->ledger, &away->row, &away->err);
}

static enum acc_code delete (struct acc_away *away, const char *path) {
    struct acc_str bin = {0}, inside = {0}; acc_str_addf(&bin, "%s/%s", away->row.folder, DELETING);
    acc_str_addf(&inside, "%s/%s", bin.data, away->row.name);
    enum acc_code code = make_folder(bin.data, 0700, &away->err);
    if (code == ACC_OK && rename(path, inside.data) != 0)
        code = failed(&away->err, path, "deleted");
    if (code == ACC_OK && !unchanged(away, inside.data, &away->err)){
        code = away->err.code; if (rename(inside.data, path) != 0)
            acc_error_context(&away->err, "%s stays in " DELETING, away->row.name);}
if (code == ACC_OK) code = mark(away, ACC_MARK_DELETING); /* from here on it only goes forward */
if (code == ACC_OK)
    code = remove_tree(inside.data, &away->err);
if (code == ACC_OK)
    take_marker(away, path);
rmdir(bin.data); /* fails while others are in it */
acc_str_release(&inside);
acc_str_release(&bin);
return code;
}

/* ---- the job ---- */

static void work(struct acc_job *job)
{
    struct acc_away *away = ACC_CONTAINER_OF(job, struct acc_away, job);
    struct acc_str path = {0};
    enum acc_code code;
    source_of(away, &path);
    if (away->kind == ACC_AWAY_RECORD)
        code = acc_ledger_put_arrival(away->ledger, &away->row, &away->err);
    else if (!unchanged(away, path.data, &away->err))
        code = ACC_FILE_CHANGED;
    else
        code = away->kind == ACC_AWAY_MOVE ? move(away, path.data) : delete (away, path.data);
    if (code == ACC_OK && away->kind != ACC_AWAY_RECORD)
        code = mark(away, ACC_MARK_LEFT);
    away->result = code == ACC_OK             ? ACC_AWAY_DONE
                   : code == ACC_FILE_CHANGED ? ACC_AWAY_DIFFERS
                                              : ACC_AWAY_FAILED;
    acc_str_release(&path);
}

static void on_worked(struct acc_job *job)
{
    struct acc_away *away = ACC_CONTAINER_OF(job, struct acc_away, job);
    away->on_done(away);
}

void acc_away_start(struct acc_loop *loop, struct acc_away *away)
{
    away->job = (struct acc_job){.work = work, .done = on_worked};
    acc_job_start(loop, &away->job);
}

void acc_away_release(struct acc_away *away)
{
    acc_str_release(&away->why);
    acc_str_release(&away->receipt);
    acc_str_release(&away->place);
}

/* ---- after a kill ---- */

static enum acc_code recover_one(struct acc_ledger *ledger, const char *folder,
                                 const char *destination, const char *name, struct acc_error *err)
{
    struct acc_str inside = {0}, back = {0};
    struct acc_arrival_row row;
    bool found = false;
    acc_str_addf(&inside, "%s/" DELETING "/%s", folder, name);
    acc_str_addf(&back, "%s/%s", folder, name);
    enum acc_code code =
        acc_ledger_find_arrival(ledger, folder, destination, name, &row, &found, err);
    if (code == ACC_OK && found && row.mark == ACC_MARK_DELETING) {
        code = remove_tree(inside.data, err);
        row.mark = ACC_MARK_LEFT;
        if (code == ACC_OK)
            code = acc_ledger_put_arrival(ledger, &row, err);
    } else if (code == ACC_OK && !exists(back.data) && rename(inside.data, back.data) != 0) {
        code = failed(err, inside.data, "put back");
    }
    acc_str_release(&inside);
    acc_str_release(&back);
    return code;
}

enum acc_code acc_away_recover(struct acc_ledger *ledger, const char *folder,
                               const char *destination, struct acc_error *err)
{
    struct acc_str bin = {0};
    enum acc_code code = ACC_OK;
    acc_str_addf(&bin, "%s/%s", folder, DELETING);
    DIR *names = opendir(bin.data);
    const struct dirent *entry;
    while (names != NULL && code == ACC_OK && (entry = readdir(names)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            code = recover_one(ledger, folder, destination, entry->d_name, err);
    }
    if (names != NULL)
        closedir(names);
    rmdir(bin.data);
    acc_str_release(&bin);
    return code;
}
