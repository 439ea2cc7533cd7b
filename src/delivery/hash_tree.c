/* A ring of files: the walk fills it at one end and takes finished ones from the other, so results
 * come in its order; between the two, threads take the oldest file that no thread hashes yet. The
 * walk waits when the ring is full. The first failure stops the walk; hashing in progress ends, and
 * nothing more is handed on. */
#include "delivery/hash_tree.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/walk.h"
#include "source/content.h"

#define RING 256
#define THREADS_MAX 64

struct file {
    char *path;
    int64_t size;
    struct acc_digests digests;
    enum acc_code code;
    struct acc_error err;
    bool done;
};

struct ring {
    const struct acc_hash_tree *tree;
    struct acc_algs *algs;
    pthread_mutex_t lock;
    pthread_cond_t work, finished;
    struct file files[RING];        /* under the lock, but for a file that is being hashed */
    size_t added, taken, handed_on; /* counts since the start */
    bool over;
};

static void *hash_files(void *arg)
{
    struct ring *r = arg;
    const struct acc_hash_tree *tree = r->tree;
    pthread_mutex_lock(&r->lock);
    for (;;) {
        while (r->taken == r->added && !r->over)
            pthread_cond_wait(&r->work, &r->lock);
        if (r->taken == r->added)
            break;
        struct file *f = &r->files[r->taken++ % RING];
        pthread_mutex_unlock(&r->lock);
        f->code = acc_content_hash(tree->source, r->algs, tree->wanted, f->path, &f->size, NULL,
                                   &f->digests, &f->err);
        pthread_mutex_lock(&r->lock);
        f->done = true;
        pthread_cond_signal(&r->finished);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

static enum acc_code refuse(const char *path, const char *why, struct acc_error *err)
{
    struct acc_str shown = {0};
    acc_path_show(&shown, path, strlen(path));
    acc_error_set(err, ACC_SOURCE, "%s: %s. Nothing was written.", acc_str_cstr(&shown), why);
    acc_str_release(&shown);
    return ACC_SOURCE;
}

/* The oldest file, waited for; called on the walking thread with the lock held. */
static enum acc_code hand_on(struct ring *r, struct acc_error *err)
{
    struct file *f = &r->files[r->handed_on % RING];
    while (!f->done)
        pthread_cond_wait(&r->finished, &r->lock);
    r->handed_on++;
    pthread_mutex_unlock(&r->lock);
    enum acc_code code = f->code != ACC_OK
                             ? refuse(f->path, f->err.message, err)
                             : r->tree->on_file(r->tree->arg, f->path, f->size, &f->digests, err);
    free(f->path);
    f->path = NULL;
    pthread_mutex_lock(&r->lock);
    return code;
}

static enum acc_code on_walked(void *arg, const char *path, const struct stat *st,
                               struct acc_error *err)
{
    struct ring *r = arg;
    enum acc_code code = ACC_OK;
    if (r->tree->skip != NULL && r->tree->skip(r->tree->arg, st))
        return ACC_OK;
    const char *problem = acc_path_problem(path, strlen(path));
    if (problem != NULL)
        return refuse(path, problem, err);
    if (!S_ISREG(st->st_mode) && !S_ISLNK(st->st_mode))
        return refuse(path, "is not a regular file", err);
    pthread_mutex_lock(&r->lock);
    if (r->added - r->handed_on == RING)
        code = hand_on(r, err);
    if (code == ACC_OK) {
        r->files[r->added++ % RING] = (struct file){.path = acc_strdup(path), .size = -1};
        pthread_cond_signal(&r->work);
    }
    pthread_mutex_unlock(&r->lock);
    return code;
}

static int enters(void *arg, const char *path)
{
    const struct ring *r = arg;
    return r->tree->leave_out == NULL || strcmp(path, r->tree->leave_out) != 0;
}

/* Everything that is left, in order; after a failure only waited for. */
static enum acc_code drain(struct ring *r, enum acc_code code, struct acc_error *err)
{
    pthread_mutex_lock(&r->lock);
    r->over = true;
    if (code != ACC_OK)
        r->taken = r->added;
    pthread_cond_broadcast(&r->work);
    while (code == ACC_OK && r->handed_on < r->added)
        code = hand_on(r, err);
    pthread_mutex_unlock(&r->lock);
    return code;
}

static unsigned thread_count(unsigned wanted)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned count = wanted > 0 ? wanted : processors > 0 ? (unsigned)processors : 1;
    return count < THREADS_MAX ? count : THREADS_MAX;
}

enum acc_code acc_hash_tree(const struct acc_hash_tree *tree, struct acc_error *err)
{
    struct ring *r = ACC_NEW(struct ring);
    pthread_t threads[THREADS_MAX];
    unsigned wanted = thread_count(tree->threads), running = 0;
    r->tree = tree;
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->work, NULL);
    pthread_cond_init(&r->finished, NULL);
    enum acc_code code = acc_algs_new(&r->algs, err);
    while (code == ACC_OK && running < wanted &&
           pthread_create(&threads[running], NULL, hash_files, r) == 0)
        running++;
    if (code == ACC_OK && running == 0)
        code = acc_error_set(err, ACC_LOCAL, "no thread can be started. Try again later.");
    if (code == ACC_OK)
        code = acc_source_walk(tree->source, "", on_walked, enters, r, err);
    code = drain(r, code, err);
    for (unsigned i = 0; i < running; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < RING; i++)
        free(r->files[i].path);
    acc_algs_free(r->algs);
    pthread_cond_destroy(&r->finished);
    pthread_cond_destroy(&r->work);
    pthread_mutex_destroy(&r->lock);
    free(r);
    return code;
}
