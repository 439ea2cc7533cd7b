/* The thread that speaks to the source's server. Happy path: orders are posted, the wake makes the
 * loop run them, their requests call back on the same thread. Failure: a call's class says whether
 * the object, or the whole source, cannot be read. Close: what was expected is cancelled; when no
 * object is left the loop stops, the thread ends, and the client goes. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "source/bucket.h"

/* Requests to the source in flight. They are many where objects are small and the server far. */
#define CONNECTIONS 32
/* So many failures in a row mean that the server, not the object, is at fault. */
#define FAILING_MAX 3

void acc_bucket_post(struct acc_bucket *b, struct acc_bucket_order *order)
{
    acc_list_push(&b->orders, &order->link);
    acc_wake_send(&b->session.wake);
}

static void on_wake(struct acc_wake *wake)
{
    struct acc_bucket *b = ACC_CONTAINER_OF(wake, struct acc_bucket, session.wake);
    struct acc_link *link;
    pthread_mutex_lock(&b->lock);
    while ((link = acc_list_pop(&b->orders)) != NULL) {
        struct acc_bucket_order *order = ACC_CONTAINER_OF(link, struct acc_bucket_order, link);
        pthread_mutex_unlock(&b->lock);
        order->run(order);
        pthread_mutex_lock(&b->lock);
    }
    bool over = b->quitting && acc_list_empty(&b->objects);
    pthread_mutex_unlock(&b->lock);
    if (over)
        acc_loop_stop(&b->session.loop);
}

static void *turn(void *arg)
{
    struct acc_bucket *b = arg;
    acc_loop_run(&b->session.loop);
    return NULL;
}

static int start_thread(struct acc_bucket *b)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the other threads' */
    int number = pthread_create(&b->session.thread, NULL, turn, b);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return number;
}

enum acc_code acc_bucket_start(struct acc_bucket *b, const struct acc_connection *connection,
                               struct acc_error *err)
{
    pthread_mutex_init(&b->lock, NULL);
    acc_list_init(&b->orders);
    acc_list_init(&b->objects);
    acc_list_init(&b->waiting);
    enum acc_code code = acc_loop_init(&b->session.loop, err);
    if (code != ACC_OK)
        return code;
    b->session.loop.apart = b->started = true;
    acc_wake_init(&b->session.loop, &b->session.wake, on_wake);
    code = acc_s3_new(&b->session.loop, connection, &b->location, CONNECTIONS, &b->session.s3, err);
    if (code == ACC_OK && start_thread(b) != 0)
        code = acc_error_set(err, ACC_LOCAL, "%s: no thread can be started to read it.", b->path);
    b->session.running = code == ACC_OK;
    if (code != ACC_OK)
        acc_bucket_finish(b);
    return code;
}

void acc_bucket_finish(struct acc_bucket *b)
{
    if (!b->started)
        return;
    b->started = false;
    if (b->session.running) {
        pthread_mutex_lock(&b->lock);
        b->quitting = true;
        pthread_mutex_unlock(&b->lock);
        acc_wake_send(&b->session.wake);
        pthread_join(b->session.thread, NULL);
    }
    acc_s3_free(b->session.s3);
    acc_wake_close(&b->session.wake, NULL);
    acc_loop_release(&b->session.loop);
    pthread_mutex_destroy(&b->lock);
}

/* ---- what failures mean ---- */

static enum acc_code lost(const struct acc_bucket *b, const struct acc_s3_call *call,
                          enum acc_code code, const char *what, const char *next,
                          struct acc_error *err)
{
    struct acc_error why;
    acc_s3_call_error(call, &why);
    return acc_error_set(err, code, "%s: %s: %s. %s", b->path, what, why.message, next);
}

enum acc_code acc_bucket_trouble(struct acc_bucket *b, const struct acc_s3_call *call,
                                 struct acc_error *err)
{
    bool listing = call->op == ACC_S3_LIST_OBJECTS;
    switch (call->class) {
    case ACC_S3_CREDENTIALS:
    case ACC_S3_EXPIRED:
        return lost(b, call, ACC_SOURCE, "the credentials for the source are not accepted",
                    "Correct them, or name others with --source-profile.", err);
    case ACC_S3_BUCKET:
        return lost(b, call, ACC_SOURCE, "the source's bucket cannot be found",
                    "Correct its name, or say where it is with --source-region or "
                    "--source-endpoint-url.",
                    err);
    case ACC_S3_CLOCK:
        return lost(b, call, ACC_SOURCE, "the source's server does not accept this machine's clock",
                    "Set the clock (timedatectl).", err);
    case ACC_S3_PROTOCOL:
        return lost(b, call, ACC_SOURCE, "the source's endpoint does not answer as an S3 server",
                    "Correct --source-endpoint-url.", err);
    case ACC_S3_UNREACHABLE:
        return lost(b, call, ACC_SOURCE_UNREACHABLE, "the source's server cannot be reached",
                    "Run the same command again when it can.", err);
    case ACC_S3_CANCELLED:
        return acc_error_set(err, ACC_INTERRUPTED, "interrupted while reading the source");
    case ACC_S3_RETRY:
        if (listing || ++b->session.failing >= FAILING_MAX)
            return lost(b, call, ACC_SOURCE_UNREACHABLE, "the source's server keeps failing",
                        "Run the same command again when it works.", err);
        return ACC_OK;
    default:
        return !listing ? ACC_OK
                        : lost(b, call, ACC_SOURCE, "the source's bucket cannot be listed",
                               "The credentials for the source need s3:ListBucket on it.", err);
    }
}
