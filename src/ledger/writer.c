/* Group commit. The thread sleeps until something is queued, takes the whole queue, applies it
 * inside one transaction and commits: one fsync for all records that came while the last one was in
 * progress. Then it marks them settled and wakes the owner, who delivers. While records keep coming
 * it waits a few milliseconds for more, since a commit costs about the same for one record as for a
 * hundred; a single record never waits.
 *
 * The first commit that fails (a full disk, say) is final: that batch and everything after it is
 * settled with that error, because a later record may rest on an earlier one. Closing lets the
 * thread empty the queue, then joins it. */
#include "ledger/writer.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ledger/internal.h"
#include "ledger/record.h"

/* How many are enough for a commit, and how long it waits for them. */
#define ENOUGH 128
#define PATIENCE_NS 4000000

/* A copy of what was posted; its strings lie behind it in the same block. */
struct queued {
    struct acc_link link;
    struct acc_record *owner; /* to deliver to, or NULL */
    struct acc_record record;
    char strings[];
};

struct settled {
    struct acc_record *record;
    bool failed;
};

struct acc_writer {
    struct acc_ledger *ledger;
    pthread_t thread;
    atomic_uint backlog;
    struct {
        pthread_mutex_t mutex;
        pthread_cond_t work;    /* something queued, or stopping */
        pthread_cond_t room;    /* the queue was taken */
        pthread_cond_t settled; /* count_settled has grown */
        struct acc_link queue;
        unsigned queue_len;
        uint64_t count_posted, count_settled;
        struct settled *done;
        size_t done_len, done_cap;
        bool stopping, patient; /* the thread waits for more to be queued */
        acc_ledger_wake wake;
        void *wake_arg;
        bool failed; /* once true, `failure` no longer changes */
    } shared;
    struct acc_error failure;
};

static enum acc_code commit_batch(struct acc_ledger *ledger, struct acc_link *batch,
                                  struct acc_error *err)
{
    enum acc_code code = acc_ledger_turn_begin(ledger, err);
    if (code != ACC_OK)
        return code;
    struct acc_span span = {0};
    ACC_LIST_EACH (link, batch) {
        code = acc_record_apply(&ledger->turn.sql, &span,
                                &ACC_CONTAINER_OF(link, struct queued, link)->record, err);
        if (code != ACC_OK)
            break;
    }
    if (code == ACC_OK)
        code = acc_span_apply(&ledger->turn.sql, &span, err);
    return acc_ledger_turn_end(ledger, code, err);
}

/* Moves the batch to `done`; the mutex is held. */
static void settle(struct acc_writer *writer, struct acc_link *batch, unsigned count)
{
    struct acc_link *link;
    while ((link = acc_list_pop(batch)) != NULL) {
        struct queued *item = ACC_CONTAINER_OF(link, struct queued, link);
        if (item->owner != NULL) {
            if (writer->shared.done_len == writer->shared.done_cap) {
                writer->shared.done_cap =
                    writer->shared.done_cap ? writer->shared.done_cap * 2 : 64;
                writer->shared.done = acc_realloc(
                    writer->shared.done, writer->shared.done_cap * sizeof *writer->shared.done);
            }
            writer->shared.done[writer->shared.done_len++] =
                (struct settled){.record = item->owner, .failed = writer->shared.failed};
        }
        free(item);
    }
    writer->shared.count_settled += count;
    atomic_fetch_sub(&writer->backlog, count);
    pthread_cond_broadcast(&writer->shared.settled);
}

static void take_queue(struct acc_writer *writer, struct acc_link *batch, unsigned *count)
{
    struct acc_link *link;
    acc_list_init(batch);
    while ((link = acc_list_pop(&writer->shared.queue)) != NULL)
        acc_list_push(batch, link);
    *count = writer->shared.queue_len;
    writer->shared.queue_len = 0;
    pthread_cond_broadcast(&writer->shared.room);
}

/* The mutex is held. */
static void wait_for_more(struct acc_writer *writer)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += PATIENCE_NS;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    writer->shared.patient = true;
    while (writer->shared.queue_len < ENOUGH && !writer->shared.stopping &&
           pthread_cond_clockwait(&writer->shared.work, &writer->shared.mutex, CLOCK_MONOTONIC,
                                  &until) == 0)
        ;
    writer->shared.patient = false;
}

static void *writer_main(void *arg)
{
    struct acc_writer *writer = arg;
    unsigned count = 0; /* of the last batch */
    pthread_mutex_lock(&writer->shared.mutex);
    for (;;) {
        while (writer->shared.queue_len == 0 && !writer->shared.stopping)
            pthread_cond_wait(&writer->shared.work, &writer->shared.mutex);
        if (writer->shared.queue_len == 0)
            break;
        if (count > 1)
            wait_for_more(writer);
        struct acc_link batch;
        struct acc_error err = {0};
        take_queue(writer, &batch, &count);
        bool failed = writer->shared.failed;
        pthread_mutex_unlock(&writer->shared.mutex);

        if (!failed)
            failed = commit_batch(writer->ledger, &batch, &err) != ACC_OK;

        pthread_mutex_lock(&writer->shared.mutex);
        if (failed && !writer->shared.failed) {
            writer->failure = err;
            writer->shared.failed = true;
        }
        settle(writer, &batch, count);
        /* Always: even if no caller waits for a record, one may wait for the backlog to shrink. */
        acc_ledger_wake wake = writer->shared.wake;
        void *wake_arg = writer->shared.wake_arg;
        pthread_mutex_unlock(&writer->shared.mutex);
        if (wake != NULL)
            wake(wake_arg);
        pthread_mutex_lock(&writer->shared.mutex);
    }
    pthread_mutex_unlock(&writer->shared.mutex);
    return NULL;
}

enum acc_code acc_writer_new(struct acc_ledger *ledger, struct acc_writer **out,
                             struct acc_error *err)
{
    struct acc_writer *writer = ACC_NEW(struct acc_writer);
    writer->ledger = ledger;
    acc_list_init(&writer->shared.queue);
    pthread_mutex_init(&writer->shared.mutex, NULL);
    pthread_cond_init(&writer->shared.work, NULL);
    pthread_cond_init(&writer->shared.room, NULL);
    pthread_cond_init(&writer->shared.settled, NULL);
    /* Signals are the owner's business. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int problem = pthread_create(&writer->thread, NULL, writer_main, writer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (problem != 0) {
        free(writer);
        return acc_error_set(err, ACC_LOCAL, "no thread can be started: %s; see ulimit -u",
                             strerror(problem));
    }
    *out = writer;
    return ACC_OK;
}

void acc_writer_free(struct acc_writer *writer)
{
    if (writer == NULL)
        return;
    pthread_mutex_lock(&writer->shared.mutex);
    writer->shared.stopping = true;
    writer->shared.wake = NULL;
    pthread_cond_signal(&writer->shared.work);
    pthread_mutex_unlock(&writer->shared.mutex);
    pthread_join(writer->thread, NULL);
    pthread_cond_destroy(&writer->shared.settled);
    pthread_cond_destroy(&writer->shared.room);
    pthread_cond_destroy(&writer->shared.work);
    pthread_mutex_destroy(&writer->shared.mutex);
    free(writer->shared.done);
    free(writer);
}

/* Copies *text behind the item and points it there. */
static char *keep(const char **text, char *to)
{
    if (*text == NULL)
        return to;
    size_t size = strlen(*text) + 1;
    memcpy(to, *text, size);
    *text = to;
    return to + size;
}

static struct queued *copy_record(struct acc_record *record)
{
    struct acc_record copy = *record;
    const char **const strings[] = {&copy.upload_id,
                                    &copy.token,
                                    &copy.reason,
                                    &copy.archived.etag,
                                    &copy.archived.version_id,
                                    &copy.archived.checksum,
                                    &copy.checked.level,
                                    &copy.checked.proof};
    size_t size = 0;
    for (size_t i = 0; i < ACC_COUNT_OF(strings); i++)
        size += *strings[i] ? strlen(*strings[i]) + 1 : 0;
    struct queued *item = acc_alloc(sizeof *item + size);
    char *to = item->strings;
    for (size_t i = 0; i < ACC_COUNT_OF(strings); i++)
        to = keep(strings[i], to);
    item->link = (struct acc_link){0};
    item->owner = record->on_durable ? record : NULL;
    item->record = copy;
    return item;
}

void acc_ledger_post(struct acc_ledger *ledger, struct acc_record *record)
{
    struct acc_writer *writer = ledger->writer;
    struct queued *item = copy_record(record);
    atomic_fetch_add(&writer->backlog, 1);
    pthread_mutex_lock(&writer->shared.mutex);
    while (writer->shared.queue_len >= ACC_WRITER_QUEUE && atomic_load(&ledger->loading) == 0)
        pthread_cond_wait(&writer->shared.room, &writer->shared.mutex);
    acc_list_push(&writer->shared.queue, &item->link);
    writer->shared.queue_len++;
    writer->shared.count_posted++;
    if (!writer->shared.patient || writer->shared.queue_len >= ENOUGH)
        pthread_cond_signal(&writer->shared.work);
    pthread_mutex_unlock(&writer->shared.mutex);
}

void acc_ledger_set_wake(struct acc_ledger *ledger, acc_ledger_wake wake, void *arg)
{
    struct acc_writer *writer = ledger->writer;
    pthread_mutex_lock(&writer->shared.mutex);
    writer->shared.wake = wake;
    writer->shared.wake_arg = arg;
    pthread_mutex_unlock(&writer->shared.mutex);
}

unsigned acc_ledger_deliver(struct acc_ledger *ledger)
{
    struct acc_writer *writer = ledger->writer;
    pthread_mutex_lock(&writer->shared.mutex);
    struct settled *done = writer->shared.done;
    size_t count = writer->shared.done_len;
    writer->shared.done = NULL;
    writer->shared.done_len = writer->shared.done_cap = 0;
    pthread_mutex_unlock(&writer->shared.mutex);
    for (size_t i = 0; i < count; i++)
        done[i].record->on_durable(done[i].record, done[i].failed ? &writer->failure : NULL);
    free(done);
    return (unsigned)count;
}

enum acc_code acc_ledger_flush(struct acc_ledger *ledger, struct acc_error *err)
{
    struct acc_writer *writer = ledger->writer;
    pthread_mutex_lock(&writer->shared.mutex);
    uint64_t wanted = writer->shared.count_posted;
    while (writer->shared.count_settled < wanted)
        pthread_cond_wait(&writer->shared.settled, &writer->shared.mutex);
    bool failed = writer->shared.failed;
    pthread_mutex_unlock(&writer->shared.mutex);
    acc_ledger_deliver(ledger);
    return failed ? acc_error_set(err, writer->failure.code, "%s", writer->failure.message)
                  : ACC_OK;
}

unsigned acc_ledger_backlog(const struct acc_ledger *ledger)
{
    return atomic_load(&ledger->writer->backlog);
}
