/* A look: walk, compare with the look before, judge. It fails only by saying "not complete" with
 * the reason, since a folder that is still being filled may be complete a minute later. Nothing
 * stays open. */
#include "watch/arrival/look.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"

#define SETTLE_BYTES_PER_MS (64 * 1024 * 1024 / 1000)
#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

/* ---- fingerprints ---- */

struct taking {
    struct acc_sight *sight;
    atomic_bool *stop;
    acc_walk_each each;
    void *arg;
};

static uint64_t mix(uint64_t value, const void *bytes, size_t len)
{
    for (const unsigned char *at = bytes; len > 0; at++, len--)
        value = (value ^ *at) * FNV_PRIME;
    return value;
}

static uint64_t mix_number(uint64_t value, int64_t number)
{
    for (unsigned bit = 0; bit < 64; bit += 8)
        value = (value ^ ((uint64_t)number >> bit & 0xff)) * FNV_PRIME;
    return value;
}

/* FNV's low bits depend on few input bits, and sums would cancel; this spreads them (the finaliser
 * of MurmurHash3). */
static uint64_t spread(uint64_t value)
{
    value = (value ^ value >> 33) * UINT64_C(0xff51afd7ed558ccd);
    value = (value ^ value >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return value ^ value >> 33;
}

static uint64_t nanoseconds(const struct timespec *time)
{
    return (uint64_t)time->tv_sec * 1000000000 + (uint64_t)time->tv_nsec;
}

static uint64_t content_of(const char *path, const struct stat *st)
{
    uint64_t value = mix(FNV_BASIS, path, strlen(path) + 1);
    return spread(mix_number(mix_number(value, st->st_size), nanoseconds(&st->st_mtim)));
}

static uint64_t touched_of(const char *path, const struct stat *st)
{
    uint64_t value = mix(FNV_BASIS, path, strlen(path) + 1);
    return spread(mix_number(mix_number(value, (int64_t)st->st_ino), nanoseconds(&st->st_ctim)));
}

uint64_t acc_sight_mark(const char *path, const struct stat *st)
{
    return content_of(path, st) ^ spread(touched_of(path, st));
}

static enum acc_code on_file(void *arg, const char *path, const struct stat *st,
                             struct acc_error *err)
{
    struct taking *t = arg;
    int64_t changed = nanoseconds(&st->st_ctim) / 1000000;
    t->sight->content += content_of(path, st);
    t->sight->touched += touched_of(path, st);
    t->sight->files++;
    t->sight->bytes += S_ISREG(st->st_mode) ? st->st_size : 0;
    if (changed > t->sight->newest)
        t->sight->newest = changed;
    if (atomic_load(t->stop))
        return acc_error_set(err, ACC_INTERRUPTED, "interrupted");
    return t->each != NULL ? t->each(t->arg, path, st, err) : ACC_OK;
}

static int on_folder(void *arg, const char *path)
{
    struct taking *t = arg;
    t->sight->content += spread(mix(FNV_BASIS, path, strlen(path) + 1));
    return 1;
}

enum acc_code acc_sight_take(const char *path, atomic_bool *stop, acc_walk_each each, void *arg,
                             struct acc_sight *sight, struct acc_error *err)
{
    struct taking t = {sight, stop, each, arg};
    struct stat st;
    *sight = (struct acc_sight){0};
    if (lstat(path, &st) != 0 || !(S_ISDIR(st.st_mode) || S_ISREG(st.st_mode)))
        return acc_error_set(err, ACC_FILE_MISSING, "%s: no such folder or package", path);
    sight->renamed = nanoseconds(&st.st_ctim) / 1000000;
    enum acc_code code = S_ISREG(st.st_mode) ? on_file(&t, "", &st, err)
                                             : acc_walk(path, on_file, on_folder, &t, err);
    if (code != ACC_OK && lstat(path, &st) != 0)
        code = acc_error_set(err, ACC_FILE_MISSING, "%s: no such folder", path);
    return code;
}

bool acc_sight_same(const struct acc_sight *a, const struct acc_sight *b)
{
    return a->content == b->content && a->touched == b->touched && a->files == b->files;
}

/* ---- readiness ---- */

int64_t acc_ready_quiet(const struct acc_look_rules *rules, int64_t bytes)
{
    return rules->ready == ACC_READY_SETTLE ? rules->settle + bytes / SETTLE_BYTES_PER_MS
                                            : rules->settle;
}

int64_t acc_ready_still(const struct acc_look_rules *rules, const struct acc_sight *sight,
                        int64_t observed, int64_t now)
{
    int64_t reported = rules->trust_times && sight->newest <= now ? now - sight->newest : 0;
    return reported > observed ? reported : observed;
}

bool acc_ready_judge(const struct acc_look_rules *rules, const struct acc_sight *sight,
                     int64_t still, struct acc_error *why)
{
    char time[32];
    int64_t quiet = acc_ready_quiet(rules, sight->bytes);
    if (sight->files == 0) {
        acc_error_set(why, ACC_FILE_MISSING, "the folder is empty");
        return false;
    }
    if (rules->ready == ACC_READY_MARKER) {
        if (!sight->marked)
            acc_error_set(why, ACC_FILE_MISSING, "its marker is missing");
        return sight->marked;
    }
    if (rules->ready == ACC_READY_RENAME && sight->newest > sight->renamed) {
        acc_error_set(why, ACC_SOURCE,
                      "files were written in it after it got its name. Complete a folder "
                      "elsewhere, then rename it into the drop folder");
        return false;
    }
    if (still < quiet) {
        acc_error_set(why, ACC_FILE_CHANGED, "it is still changing; it must stay unchanged for %s",
                      acc_show_duration(quiet, time));
        return false;
    }
    return true;
}

static bool is_marked(const struct acc_look_rules *rules, const char *path)
{
    static const char separators[] = "./";
    struct acc_str marker = {0};
    struct stat st;
    bool marked = false;
    for (const char *c = separators; *c && rules->ready == ACC_READY_MARKER; c++) {
        acc_str_clear(&marker);
        acc_str_addf(&marker, "%s%c%s", path, *c, rules->marker);
        marked = marked || stat(acc_str_cstr(&marker), &st) == 0;
    }
    acc_str_release(&marker);
    return marked;
}

/* A manifest that stays unreadable is not being written any more: let the ingest refuse it, and say
 * why. A file that is missing may still come. */
static bool is_given_up(enum acc_code code, const struct acc_look_rules *rules, int64_t still)
{
    return code == ACC_MANIFEST && still >= rules->stale;
}

static void work(struct acc_job *job)
{
    struct acc_look *look = ACC_CONTAINER_OF(job, struct acc_look, job);
    const struct acc_look_rules *rules = look->rules;
    const char *problem = acc_path_problem(look->name, strlen(look->name));
    enum acc_code code =
        acc_sight_take(look->path, rules->stop, NULL, NULL, &look->sight, &look->why);
    look->verdict = code == ACC_FILE_MISSING ? ACC_LOOK_GONE : ACC_LOOK_UNREADY;
    if (code == ACC_OK && problem != NULL) {
        look->verdict = ACC_LOOK_UNFIT;
        acc_error_set(&look->why, ACC_FILE_KEY,
                      "its name cannot be part of an object key: it %s. Rename it.", problem);
        return;
    }
    if (code != ACC_OK)
        return;
    look->sight.marked = is_marked(rules, look->path);
    bool changed = !acc_sight_same(&look->sight, &look->before);
    int64_t still = acc_ready_still(rules, &look->sight, changed ? 0 : look->still, acc_time_now());
    if (!acc_ready_judge(rules, &look->sight, still, &look->why))
        return;
    if (rules->ready == ACC_READY_MANIFEST) {
        code = acc_ready_manifest(rules, look->path, &look->why);
        if (code != ACC_OK && !is_given_up(code, rules, still))
            return;
    }
    look->verdict = ACC_LOOK_READY;
}

static void on_worked(struct acc_job *job)
{
    struct acc_look *look = ACC_CONTAINER_OF(job, struct acc_look, job);
    look->on_done(look);
}

void acc_look_start(struct acc_loop *loop, struct acc_look *look)
{
    look->why = (struct acc_error){0};
    look->job = (struct acc_job){.work = work, .done = on_worked};
    acc_job_start(loop, &look->job);
}
