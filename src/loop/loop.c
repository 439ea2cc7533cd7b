/* Thin cover over libuv. Its init calls fail only when the process is out of memory or descriptors;
 * acc_loop_init() reports that, the later ones end the process, which is safe (base/mem.h).
 * On close: every handle goes through uv_close, and release runs the loop until they are gone. */
#include "loop/loop.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

static void must(int result, const char *what)
{
    if (result == 0)
        return;
    fprintf(stderr,
            "accession: %s failed: %s. Nothing archived is lost; run the same command again.\n",
            what, uv_strerror(result));
    exit(70);
}

enum acc_code acc_loop_init(struct acc_loop *loop, struct acc_error *err)
{
    /* One thread per processor to hash, and as many again to wait for disks: opening and reading
     * small files blocks. */
    unsigned threads = uv_available_parallelism() * 2;
    if (threads < 4)
        threads = 4;
    const char *set = getenv("UV_THREADPOOL_SIZE");
    if (set != NULL) {
        threads = (unsigned)atoi(set);
    } else {
        char text[16];
        snprintf(text, sizeof text, "%u", threads);
        setenv("UV_THREADPOOL_SIZE", text, 0);
    }
    int result = uv_loop_init(&loop->uv);
    if (result != 0)
        return acc_error_set(err, ACC_LOCAL, "the event loop cannot start: %s",
                             uv_strerror(result));
    loop->pool_threads = threads;
    loop->apart = false;
    return ACC_OK;
}

void acc_loop_run(struct acc_loop *loop)
{
    uv_run(&loop->uv, UV_RUN_DEFAULT);
}

void acc_loop_stop(struct acc_loop *loop)
{
    uv_stop(&loop->uv);
}

void acc_loop_release(struct acc_loop *loop)
{
    /* A stop requested while handles are closing only interrupts the run. */
    while (uv_run(&loop->uv, UV_RUN_DEFAULT) != 0)
        ;
    must(uv_loop_close(&loop->uv), "uv_loop_close");
}

static void on_work(uv_work_t *work)
{
    struct acc_job *job = ACC_CONTAINER_OF(work, struct acc_job, uv);
    job->work(job);
}

static void on_worked(uv_work_t *work, int status)
{
    struct acc_job *job = ACC_CONTAINER_OF(work, struct acc_job, uv);
    (void)status; /* jobs are never cancelled */
    job->done(job);
}

/* A job of a loop apart. */
struct apart {
    uv_thread_t thread;
    uv_async_t over;
    struct acc_job *job;
};

static void work_apart(void *arg)
{
    struct apart *apart = arg;
    apart->job->work(apart->job);
    uv_async_send(&apart->over);
}

static void on_apart_closed(uv_handle_t *handle)
{
    free(ACC_CONTAINER_OF((uv_async_t *)handle, struct apart, over));
}

static void on_apart(uv_async_t *over)
{
    struct apart *apart = ACC_CONTAINER_OF(over, struct apart, over);
    uv_thread_join(&apart->thread);
    uv_close((uv_handle_t *)over, on_apart_closed);
    apart->job->done(apart->job);
}

static void start_apart(struct acc_loop *loop, struct acc_job *job)
{
    struct apart *apart = ACC_NEW(struct apart);
    apart->job = job;
    must(uv_async_init(&loop->uv, &apart->over, on_apart), "uv_async_init");
    must(uv_thread_create(&apart->thread, work_apart, apart), "uv_thread_create");
}

void acc_job_start(struct acc_loop *loop, struct acc_job *job)
{
    if (loop->apart) {
        start_apart(loop, job);
        return;
    }
    must(uv_queue_work(&loop->uv, &job->uv, on_work, on_worked), "uv_queue_work");
}

static void on_time(uv_timer_t *handle)
{
    struct acc_timer *timer = ACC_CONTAINER_OF(handle, struct acc_timer, uv);
    timer->on_time(timer);
}

void acc_timer_init(struct acc_loop *loop, struct acc_timer *timer,
                    void (*callback)(struct acc_timer *))
{
    *timer = (struct acc_timer){.on_time = callback};
    must(uv_timer_init(&loop->uv, &timer->uv), "uv_timer_init");
}

void acc_timer_start(struct acc_timer *timer, uint64_t ms)
{
    /* The loop's idea of now may be as old as its last poll; a timer must not fire early for that.
     */
    uv_update_time(timer->uv.loop);
    must(uv_timer_start(&timer->uv, on_time, ms, 0), "uv_timer_start");
}

void acc_timer_stop(struct acc_timer *timer)
{
    uv_timer_stop(&timer->uv);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct acc_timer *timer = ACC_CONTAINER_OF((uv_timer_t *)handle, struct acc_timer, uv);
    if (timer->on_closed != NULL)
        timer->on_closed(timer);
}

void acc_timer_close(struct acc_timer *timer, void (*on_closed)(struct acc_timer *))
{
    timer->on_closed = on_closed;
    uv_close((uv_handle_t *)&timer->uv, on_timer_closed);
}

static void on_async(uv_async_t *handle)
{
    struct acc_wake *wake = ACC_CONTAINER_OF(handle, struct acc_wake, uv);
    wake->on_wake(wake);
}

void acc_wake_init(struct acc_loop *loop, struct acc_wake *wake, void (*on_wake)(struct acc_wake *))
{
    wake->on_wake = on_wake;
    must(uv_async_init(&loop->uv, &wake->uv, on_async), "uv_async_init");
}

void acc_wake_send(struct acc_wake *wake)
{
    uv_async_send(&wake->uv);
}

static void on_wake_closed(uv_handle_t *handle)
{
    struct acc_wake *wake = ACC_CONTAINER_OF((uv_async_t *)handle, struct acc_wake, uv);
    if (wake->on_closed != NULL)
        wake->on_closed(wake);
}

void acc_wake_close(struct acc_wake *wake, void (*on_closed)(struct acc_wake *))
{
    wake->on_closed = on_closed;
    uv_close((uv_handle_t *)&wake->uv, on_wake_closed);
}

static void on_uv_signal(uv_signal_t *handle, int number)
{
    struct acc_signal *signal = ACC_CONTAINER_OF(handle, struct acc_signal, uv);
    signal->on_signal(signal, number);
}

void acc_signal_start(struct acc_loop *loop, struct acc_signal *signal, int number,
                      void (*on_signal)(struct acc_signal *, int))
{
    signal->on_signal = on_signal;
    must(uv_signal_init(&loop->uv, &signal->uv), "uv_signal_init");
    must(uv_signal_start(&signal->uv, on_uv_signal, number), "uv_signal_start");
}

void acc_signal_close(struct acc_signal *signal)
{
    uv_close((uv_handle_t *)&signal->uv, NULL);
}
