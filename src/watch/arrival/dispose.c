/* Each step can be repeated: after a kill the next try finds the arrival either where it
 * was or where it goes. A step that fails leaves the arrival where it is and says why. */
#include "watch/arrival/dispose.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "source/source.h"
#include "watch/arrival/delete.h"
#include "watch/arrival/move.h"

static enum acc_code mark(struct acc_disposal *disposal, enum acc_arrival_mark mark,
                          struct acc_error *err)
{
    disposal->row.mark = mark;
    return acc_ledger_put_arrival(disposal->ledger, &disposal->row, err);
}

/* ---- moving ---- */

static enum acc_code move(struct acc_disposal *disposal)
{
    struct acc_move move = {
        .folder = disposal->row.folder,
        .name = disposal->row.name,
        .marker = disposal->marker,
        .content = disposal->row.content,
        .touched = disposal->row.touched,
        .archived = disposal->row.code == ACC_OK,
        .text = acc_str_cstr(&disposal->text),
        .receipt = disposal->row.receipt,
    };
    enum acc_code code = acc_move_arrival(&move, &disposal->err);
    disposal->place = move.place;
    return code == ACC_OK ? mark(disposal, ACC_MARK_LEFT, &disposal->err) : code;
}

/* ---- deleting ---- */

/* The run's records, read through a connection of the job's own. */
struct asking {
    struct acc_disposal *disposal;
    struct acc_ledger *ledger;
    int64_t run;
};

static enum acc_code find_archived(struct asking *ask, const char *path, int64_t size,
                                   bool *archived, struct acc_error *err)
{
    struct acc_row row;
    bool found = false;
    enum acc_code code = acc_ledger_find(ask->ledger, ask->run, path, &row, &found, err);
    if (code == ACC_OK && found)
        *archived = acc_row_succeeded(&row) && row.archived.size == size;
    return code;
}

/* Whether the run opened this file for that name, which the arrival may have as another file. */
static bool stands_for(const struct asking *ask, const char *path, const char *listed)
{
    struct acc_str arrival = {0};
    struct acc_source source = {0};
    struct acc_error ignored;
    acc_str_addf(&arrival, "%s/%s", ask->disposal->row.folder, ask->disposal->row.name);
    bool same = acc_source_open(arrival.data, NULL, NULL, &source, &ignored) == ACC_OK &&
                acc_source_stands_for(&source, path, listed);
    acc_source_close(&source);
    acc_str_release(&arrival);
    return same;
}

/* A manifest may spell the name in another of Unicode's normal forms. */
static enum acc_code is_archived(void *arg, const char *path, int64_t size, bool *archived,
                                 struct acc_error *err)
{
    if (!acc_utf8_valid(path, strlen(path)))
        return ACC_OK;
    enum acc_code code = find_archived(arg, path, size, archived, err);
    char *forms[] = {acc_path_nfc(path), acc_path_nfd(path)};
    for (size_t i = 0; i < ACC_COUNT_OF(forms); i++) {
        bool named = false;
        if (code == ACC_OK && !*archived && forms[i] != NULL)
            code = find_archived(arg, forms[i], size, &named, err);
        if (named)
            *archived = stands_for(arg, path, forms[i]);
        free(forms[i]);
    }
    return code;
}

static enum acc_code on_commit(void *arg, struct acc_error *err)
{
    return mark(((struct asking *)arg)->disposal, ACC_MARK_DELETING, err);
}

static enum acc_code delete_asking(struct acc_disposal *disposal, struct asking *ask)
{
    struct acc_deletion deletion = {
        .folder = disposal->row.folder,
        .name = disposal->row.name,
        .marker = disposal->marker,
        .content = disposal->row.content,
        .touched = disposal->row.touched,
        .archived = is_archived,
        .commit = on_commit,
        .arg = ask,
    };
    struct acc_error ignored;
    enum acc_code code = acc_delete_arrival(&deletion, &disposal->err);
    disposal->place = deletion.place;
    if (code == ACC_OK)
        return mark(disposal, ACC_MARK_LEFT, &disposal->err);
    if (code == ACC_UNLISTED)
        mark(disposal, ACC_MARK_KEPT, &ignored);
    else if (code == ACC_FILE_CHANGED && deletion.began)
        mark(disposal, ACC_MARK_LEFT, &ignored);
    return code;
}

static enum acc_code delete_arrival(struct acc_disposal *disposal)
{
    struct asking ask = {.disposal = disposal};
    enum acc_code code =
        acc_ledger_open_readonly(acc_ledger_path(disposal->ledger), &ask.ledger, &disposal->err);
    if (code == ACC_OK)
        code = acc_ledger_run_named(ask.ledger, disposal->row.run, &ask.run, &disposal->err);
    if (code == ACC_OK)
        code = delete_asking(disposal, &ask);
    acc_ledger_close(ask.ledger);
    return code;
}

/* ---- recording ---- */

static enum acc_code not_proven(const struct acc_disposal *disposal,
                                const struct acc_ledger_counts *counts, struct acc_error *err)
{
    return acc_error_set(err, ACC_INTERNAL,
                         "%s: the run %s reported everything as archived, but the ledger has %llu "
                         "of %llu files. accession archives it again, and proves the files "
                         "that are in the bucket.",
                         disposal->row.name, disposal->row.run,
                         (unsigned long long)(counts->archived + counts->already),
                         (unsigned long long)counts->entries);
}

/* What a child says of its run is no proof: its outcomes on record are. */
static enum acc_code check_outcomes(struct acc_disposal *disposal)
{
    struct acc_ledger *ledger = NULL;
    struct acc_ledger_counts counts = {0};
    int64_t run;
    if (disposal->row.run[0] == '\0')
        return not_proven(disposal, &counts, &disposal->err);
    enum acc_code code =
        acc_ledger_open_readonly(acc_ledger_path(disposal->ledger), &ledger, &disposal->err);
    if (code == ACC_OK)
        code = acc_ledger_run_named(ledger, disposal->row.run, &run, &disposal->err);
    if (code == ACC_OK)
        code = acc_ledger_count(ledger, run, &counts, &disposal->err);
    if (code == ACC_OK &&
        (counts.entries == 0 || counts.archived + counts.already != counts.entries))
        code = not_proven(disposal, &counts, &disposal->err);
    acc_ledger_close(ledger);
    return code;
}

static enum acc_code record(struct acc_disposal *disposal)
{
    enum acc_code code =
        disposal->row.mark == ACC_MARK_ARCHIVED ? check_outcomes(disposal) : ACC_OK;
    return code == ACC_OK ? mark(disposal, disposal->row.mark, &disposal->err) : code;
}

/* ---- the job ---- */

static enum acc_code dispose(struct acc_disposal *disposal)
{
    switch (disposal->kind) {
    case ACC_DISPOSE_MOVE:
        return move(disposal);
    case ACC_DISPOSE_DELETE:
        return delete_arrival(disposal);
    case ACC_DISPOSE_RECORD:
        break;
    }
    return record(disposal);
}

static void work(struct acc_job *job)
{
    struct acc_disposal *disposal = ACC_CONTAINER_OF(job, struct acc_disposal, job);
    switch (dispose(disposal)) {
    case ACC_OK:
        disposal->result = ACC_DISPOSAL_DONE;
        return;
    case ACC_FILE_CHANGED:
        disposal->result = ACC_DISPOSAL_DIFFERS;
        return;
    case ACC_UNLISTED:
        disposal->result = ACC_DISPOSAL_KEPT;
        return;
    default:
        disposal->result = ACC_DISPOSAL_FAILED;
    }
}

static void on_worked(struct acc_job *job)
{
    struct acc_disposal *disposal = ACC_CONTAINER_OF(job, struct acc_disposal, job);
    disposal->on_done(disposal);
}

void acc_dispose_start(struct acc_loop *loop, struct acc_disposal *disposal)
{
    disposal->job = (struct acc_job){.work = work, .done = on_worked};
    acc_job_start(loop, &disposal->job);
}

void acc_disposal_release(struct acc_disposal *disposal)
{
    acc_str_release(&disposal->text);
    acc_str_release(&disposal->place);
}

/* ---- after a kill ---- */

struct recovering {
    struct acc_ledger *ledger;
    const char *folder, *destination;
    void (*say)(void *arg, const char *sentence);
    void *arg;
};

static void say_put_back(const struct recovering *r, const struct acc_deletion *deletion)
{
    struct acc_str text = {0};
    acc_str_addf(&text,
                 "%s: accession was killed before it started to delete this delivery. The delivery "
                 "is back in the drop folder",
                 deletion->place.data);
    r->say(r->arg, text.data);
    acc_str_release(&text);
}

static enum acc_code recover_one(const struct recovering *r, const char *name,
                                 struct acc_error *err)
{
    struct acc_deletion deletion = {.folder = r->folder, .name = name};
    struct acc_arrival_row row;
    bool found = false;
    enum acc_code code =
        acc_ledger_find_arrival(r->ledger, r->folder, r->destination, name, &row, &found, err);
    if (code != ACC_OK)
        return code;
    bool go_on = found && row.mark == ACC_MARK_DELETING;
    code = acc_delete_recover(&deletion, go_on, err);
    if (code == ACC_FILE_CHANGED)
        r->say(r->arg, err->message);
    else if (code == ACC_OK && deletion.place.len > 0)
        say_put_back(r, &deletion);
    row.mark = ACC_MARK_LEFT;
    if (code == ACC_OK || code == ACC_FILE_CHANGED)
        code = go_on ? acc_ledger_put_arrival(r->ledger, &row, err) : ACC_OK;
    acc_str_release(&deletion.place);
    return code;
}

enum acc_code acc_dispose_recover(struct acc_ledger *ledger, const char *folder,
                                  const char *destination,
                                  void (*say)(void *arg, const char *sentence), void *arg,
                                  struct acc_error *err)
{
    const struct recovering r = {ledger, folder, destination, say, arg};
    struct acc_str bin = {0};
    enum acc_code code = ACC_OK;
    acc_str_addf(&bin, "%s/" ACC_WATCH_DELETING, folder);
    errno = 0;
    DIR *names = opendir(bin.data);
    bool missing = names == NULL && errno == ENOENT;
    const struct dirent *entry;
    while (names != NULL && code == ACC_OK && (errno = 0, entry = readdir(names)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            code = recover_one(&r, entry->d_name, err);
    }
    if (code == ACC_OK && errno != 0 && !missing)
        code = acc_error_set(err, ACC_LOCAL,
                             "%s: cannot be read: %s. It holds arrivals whose deletion was "
                             "interrupted; they go back to the drop folder once it can be.",
                             bin.data, strerror(errno));
    if (names != NULL)
        closedir(names);
    rmdir(bin.data);
    acc_str_release(&bin);
    return code;
}
