/* Deleting an arrival while writers are at work in it: whatever is gone is in the bucket, byte for
 * byte. The bucket is played by a table of what was archived. ACC_TEST_SEED repeats a run. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/walk.h"
#include "ledger_fixture.h"
#include "watch/arrival/delete.h"

#define FILES 60
#define FOLDERS 4
#define WRITERS 4
#define WRITES 150
#define TEXT 48

struct world {
    char drop[64], arrival[80];
    struct acc_sight sight;
    bool commit_fails;
    unsigned committed;
};

static void path_of(int file, char path[32])
{
    snprintf(path, 32, "d%d/f%02d", file % FOLDERS, file);
}

static void content_of(int file, char text[TEXT])
{
    snprintf(text, TEXT, "archived content of file %02d\n", file);
}

static void put_at(int folder, const char *path, const char *text, int flags)
{
    int fd = openat(folder, path, O_WRONLY | O_CREAT | flags, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    /* A write of a later moment shows, whatever the file system's clock. */
    assert_int_equal(futimens(fd, (const struct timespec[]){{1000, 0}, {1000, 0}}), 0);
    close(fd);
}

static void deliver(struct world *world)
{
    atomic_bool never = false;
    struct acc_error err;
    assert_int_equal(mkdir(world->arrival, 0755), 0);
    int folder = open(world->arrival, O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < FOLDERS; i++) {
        char name[16];
        snprintf(name, sizeof name, "d%d", i);
        assert_int_equal(mkdirat(folder, name, 0755), 0);
    }
    for (int i = 0; i < FILES; i++) {
        char path[32], text[TEXT];
        path_of(i, path);
        content_of(i, text);
        put_at(folder, path, text, O_EXCL);
    }
    close(folder);
    assert_int_equal(acc_sight_take(world->arrival, &never, NULL, NULL, &world->sight, &err),
                     ACC_OK);
}

static int setup(void **state)
{
    struct world *world = ACC_NEW(struct world);
    strcpy(world->drop, "/tmp/acc-delete-XXXXXX");
    assert_non_null(mkdtemp(world->drop));
    snprintf(world->arrival, sizeof world->arrival, "%s/bag", world->drop);
    deliver(world);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    remove_folder(world->drop);
    free(world);
    return 0;
}

static enum acc_code on_archived(void *arg, const char *path, int64_t size, bool *archived,
                                 struct acc_error *err)
{
    int folder, file;
    char text[TEXT];
    (void)arg;
    (void)err;
    if (sscanf(path, "d%d/f%d", &folder, &file) == 2 && file < FILES && file % FOLDERS == folder) {
        content_of(file, text);
        *archived = size == (int64_t)strlen(text);
    }
    return ACC_OK;
}

static enum acc_code on_commit(void *arg, struct acc_error *err)
{
    struct world *world = arg;
    world->committed++;
    return world->commit_fails ? acc_error_set(err, ACC_LEDGER, "the disk is full") : ACC_OK;
}

static struct acc_deletion deletion_of(struct world *world)
{
    return (struct acc_deletion){.folder = world->drop,
                                 .name = "bag",
                                 .content = world->sight.content,
                                 .touched = world->sight.touched,
                                 .archived = on_archived,
                                 .commit = on_commit,
                                 .arg = world};
}

static enum acc_code delete_it(struct world *world, struct acc_error *err)
{
    struct acc_deletion deletion = deletion_of(world);
    enum acc_code code = acc_delete_arrival(&deletion, err);
    acc_str_release(&deletion.place);
    return code;
}

static bool is_there(const struct world *world, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", world->drop, name);
    return access(path, F_OK) == 0;
}

/* ---- without writers ---- */

static void deletes_all_that_was_judged(void **state)
{
    struct world *world = *state;
    struct acc_error err = {0};
    assert_int_equal(delete_it(world, &err), ACC_OK);
    assert_int_equal(world->committed, 1);
    assert_false(is_there(world, "bag"));
    assert_false(is_there(world, ".accession-deleting"));
}

static void what_cannot_be_committed_is_put_back_whole(void **state)
{
    struct world *world = *state;
    struct acc_error err = {0};
    world->commit_fails = true;
    assert_int_equal(delete_it(world, &err), ACC_LEDGER);
    assert_false(is_there(world, ".accession-deleting"));
    world->commit_fails = false; /* and is what was judged, still */
    assert_int_equal(delete_it(world, &err), ACC_OK);
}

static void a_bin_of_others_is_not_used(void **state)
{
    struct world *world = *state;
    struct acc_error err = {0};
    char bin[128];
    snprintf(bin, sizeof bin, "%s/.accession-deleting", world->drop);
    assert_int_equal(mkdir(bin, 0755), 0);
    assert_int_equal(delete_it(world, &err), ACC_LOCAL);
    rmdir(bin);
    assert_int_equal(symlink(world->arrival, bin), 0);
    assert_int_equal(delete_it(world, &err), ACC_LOCAL);
    assert_true(is_there(world, "bag/d0/f00"));
}

static void a_marker_with_content_keeps_it(void **state)
{
    struct world *world = *state;
    struct acc_deletion deletion = deletion_of(world);
    struct acc_error err = {0};
    int drop = open(world->drop, O_RDONLY | O_DIRECTORY);
    deletion.marker = "complete";
    put_at(drop, "bag.complete", "received by Ann", O_EXCL);
    assert_int_equal(acc_delete_arrival(&deletion, &err), ACC_UNLISTED);
    assert_non_null(strstr(err.message, "bag.complete"));
    put_at(drop, "bag.complete", "", O_TRUNC);
    assert_int_equal(acc_delete_arrival(&deletion, &err), ACC_OK);
    assert_false(is_there(world, "bag.complete"));
    close(drop);
    acc_str_release(&deletion.place);
}

static void what_a_process_may_still_write_is_put_back(void **state)
{
    struct world *world = *state;
    struct acc_error err = {0};
    char path[128];
    snprintf(path, sizeof path, "%s/d1/f01", world->arrival);
    int reader = open(path, O_RDONLY);
    if (fcntl(reader, F_SETLEASE, F_RDLCK) != 0)
        skip(); /* this file system has no leases */
    close(reader);
    int writer = open(path, O_WRONLY);
    assert_int_equal(delete_it(world, &err), ACC_FILE_CHANGED);
    assert_true(is_there(world, "bag/d1/f01"));
    assert_false(is_there(world, "bag/d2"));
    close(writer);
}

static enum acc_code stop_here(void *arg, struct acc_error *err)
{
    (void)err;
    _exit(*(int *)arg);
}

/* A child that is killed once the deletion is committed; then a file is written late. */
static void what_survived_a_kill_is_not_deleted_unseen(void **state)
{
    struct world *world = *state;
    struct acc_deletion deletion = deletion_of(world);
    struct acc_error err = {0};
    int status = 7, ended = 0;
    char path[128];
    pid_t pid = fork();
    if (pid == 0) {
        struct acc_deletion killed = deletion;
        killed.commit = stop_here;
        killed.archived = on_archived;
        killed.arg = &status;
        acc_delete_arrival(&killed, &err);
        _exit(1);
    }
    assert_int_equal(waitpid(pid, &ended, 0), pid);
    assert_int_equal(WEXITSTATUS(ended), status);
    assert_false(is_there(world, "bag"));
    snprintf(path, sizeof path, "%s/.accession-deleting/bag/delivery", world->drop);
    int delivery = open(path, O_RDONLY | O_DIRECTORY);
    assert_true(delivery >= 0);
    put_at(delivery, "d1/late", "precious", O_EXCL);
    close(delivery);
    assert_int_equal(acc_delete_recover(&deletion, true, &err), ACC_FILE_CHANGED);
    assert_non_null(strstr(err.message, "d1/late"));
    assert_true(is_there(world, "bag/d1/late"));
    assert_false(is_there(world, "bag/d1/f01")); /* judged, and so deleted */
    assert_false(is_there(world, ".accession-deleting"));
    acc_str_release(&deletion.place);
}

/* ---- with writers ---- */

/* Stands in the arrival, as a process with this working directory does. */
struct writer {
    pthread_t thread;
    int id, folder;
    unsigned seed;
    atomic_bool *go;
    char kept[WRITES][TEXT]; /* what each finished write left in a file of its own */
    unsigned count, replaced;
};

static void note(struct writer *w, const char *text)
{
    snprintf(w->kept[w->count++], TEXT, "%s", text);
}

/* Each kind of writing ends with the text as the whole content of one file, or fails. */
static void add_one(struct writer *w, const char *text)
{
    char name[48];
    snprintf(name, sizeof name, "d%d/w%d-%u", rand_r(&w->seed) % FOLDERS, w->id, w->count);
    int fd = openat(w->folder, name, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (fd < 0)
        return;
    if (write(fd, text, strlen(text)) == (ssize_t)strlen(text))
        note(w, text);
    close(fd);
}

/* As rsync does: a file of its own beside it, renamed over it. Each writer replaces files that are
 * its own, each once, so that what it noted is not replaced by another. */
static void replace_one(struct writer *w, const char *text)
{
    char temp[48], path[32];
    unsigned file = (unsigned)w->id + WRITERS * ++w->replaced;
    if (file >= FILES)
        return;
    path_of((int)file, path);
    snprintf(temp, sizeof temp, "t%d-%u", w->id, w->count);
    int fd = openat(w->folder, temp, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (fd < 0)
        return;
    if (write(fd, text, strlen(text)) == (ssize_t)strlen(text))
        note(w, text);
    close(fd);
    renameat(w->folder, temp, w->folder, path);
}

/* In place, so that inode and size stay. */
static void rewrite_one(struct writer *w)
{
    char path[32], text[TEXT];
    path_of(w->id, path);
    content_of(w->id, text);
    text[0] = (char)('A' + w->id);
    int fd = openat(w->folder, path, O_WRONLY);
    if (fd < 0)
        return;
    for (unsigned spin = rand_r(&w->seed) % 5000; spin > 0; spin--)
        atomic_load(w->go);
    if (pwrite(fd, text, strlen(text), 0) == (ssize_t)strlen(text))
        note(w, text);
    close(fd);
}

static void *write_on(void *arg)
{
    struct writer *w = arg;
    char text[TEXT];
    while (!atomic_load(w->go)) {
    }
    unsigned rewrite = rand_r(&w->seed) % 20;
    for (unsigned i = 0; i < WRITES - 1; i++) {
        snprintf(text, sizeof text, "w%d n%u", w->id, i);
        if (i == rewrite)
            rewrite_one(w);
        else if (rand_r(&w->seed) % 2 == 0)
            add_one(w, text);
        else
            replace_one(w, text);
        for (unsigned spin = rand_r(&w->seed) % 2000; spin > 0; spin--)
            atomic_load(w->go);
    }
    return NULL;
}

/* The content of every file below the drop folder. */
struct found {
    const struct world *world;
    char texts[WRITERS * WRITES + 4 * FILES][TEXT];
    unsigned count;
};

static enum acc_code on_file(void *arg, const char *path, const struct stat *st,
                             struct acc_error *err)
{
    struct found *found = arg;
    char full[512];
    (void)st;
    (void)err;
    snprintf(full, sizeof full, "%s/%s", found->world->drop, path);
    int fd = open(full, O_RDONLY | O_NOFOLLOW);
    assert_true(fd >= 0 && found->count < ACC_COUNT_OF(found->texts));
    assert_true(read(fd, found->texts[found->count++], TEXT - 1) >= 0);
    close(fd);
    return ACC_OK;
}

static void must_be_there(const struct found *found, const struct writer *writer, unsigned seed)
{
    for (unsigned i = 0; i < writer->count; i++) {
        unsigned at = 0;
        while (at < found->count && strcmp(found->texts[at], writer->kept[i]) != 0)
            at++;
        if (at == found->count)
            fail_msg("seed %u: '%s' of writer %d is lost", seed, writer->kept[i], writer->id);
    }
}

static unsigned must_all_be_there(const struct world *world, const struct writer *writers,
                                  unsigned seed)
{
    struct found *found = ACC_NEW(struct found);
    struct acc_error err;
    unsigned written = 0;
    found->world = world;
    assert_int_equal(acc_walk(world->drop, on_file, NULL, found, &err), ACC_OK);
    for (int i = 0; i < WRITERS; i++) {
        must_be_there(found, &writers[i], seed);
        written += writers[i].count;
    }
    free(found);
    return written;
}

static enum acc_code let_go(void *arg, struct acc_error *err)
{
    (void)err;
    atomic_store((atomic_bool *)arg, true);
    return ACC_OK;
}

static unsigned one_round(struct world *world, unsigned seed)
{
    struct writer *writers = acc_realloc(NULL, WRITERS * sizeof *writers);
    atomic_bool go = false;
    struct acc_error err = {0};
    int folder = open(world->arrival, O_RDONLY | O_DIRECTORY);
    for (int i = 0; i < WRITERS; i++) {
        writers[i] =
            (struct writer){.id = i, .folder = folder, .seed = seed + (unsigned)i, .go = &go};
        assert_int_equal(pthread_create(&writers[i].thread, NULL, write_on, &writers[i]), 0);
    }
    struct acc_deletion deletion = deletion_of(world);
    struct timespec wait = {0, (long)(seed % 50) * 1000};
    if (seed % 3 == 0)
        atomic_store(&go, true); /* or else once it is renamed away: commit lets them go */
    deletion.commit = let_go;
    deletion.arg = &go;
    nanosleep(&wait, NULL);
    enum acc_code code = acc_delete_arrival(&deletion, &err);
    atomic_store(&go, true);
    for (int i = 0; i < WRITERS; i++)
        pthread_join(writers[i].thread, NULL);
    close(folder);
    if (code != ACC_OK && code != ACC_FILE_CHANGED && code != ACC_UNLISTED)
        fail_msg("seed %u: %s", seed, err.message);
    unsigned written = must_all_be_there(world, writers, seed);
    acc_str_release(&deletion.place);
    free(writers);
    return written;
}

static void what_is_gone_is_in_the_bucket(void **state)
{
    struct world *world = *state;
    const char *given = getenv("ACC_TEST_SEED");
    unsigned seed = given != NULL ? (unsigned)atoi(given) : (unsigned)time(NULL), written = 0;
    print_message("# ACC_TEST_SEED=%u\n", seed);
    for (unsigned round = 0; round < 12; round++) {
        written += one_round(world, seed + round);
        remove_folder(world->drop);
        assert_int_equal(mkdir(world->drop, 0700), 0);
        deliver(world);
    }
    assert_true(written > 0);
}

/* Its files are archived; its own bytes are not. */
static void a_package_is_kept(void **state)
{
    struct world *world = *state;
    struct acc_error err;
    struct stat st;
    char path[96];
    snprintf(path, sizeof path, "%s/d0.tar", world->drop);
    put_at(AT_FDCWD, path, "any bytes", O_EXCL);
    struct acc_deletion deletion = {.folder = world->drop,
                                    .name = "d0.tar",
                                    .archived = on_archived,
                                    .commit = on_commit,
                                    .arg = world};
    assert_int_equal(acc_delete_arrival(&deletion, &err), ACC_UNLISTED);
    assert_non_null(strstr(err.message, "is a package"));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(world->committed, 0);
    acc_str_release(&deletion.place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(deletes_all_that_was_judged, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_committed_is_put_back_whole, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_package_is_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(a_bin_of_others_is_not_used, setup, teardown),
        cmocka_unit_test_setup_teardown(a_marker_with_content_keeps_it, setup, teardown),
        cmocka_unit_test_setup_teardown(what_a_process_may_still_write_is_put_back, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_survived_a_kill_is_not_deleted_unseen, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(what_is_gone_is_in_the_bucket, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
