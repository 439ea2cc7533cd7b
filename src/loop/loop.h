/* The event loop: libuv behind the few verbs that the program needs.
 *
 * Threads: everything here is called on the loop's thread, but for acc_wake_send(), which any
 * thread may call, and a job's work(), which runs on the pool.
 *
 * Handles (timers, wakes, signals) are embedded in their users. Their memory may go only after the
 * close callback ran; acc_loop_free() runs the loop until every handle is closed.
 */
#ifndef ACC_LOOP_LOOP_H
#define ACC_LOOP_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include <accession/error.h>

struct acc_loop {
    uv_loop_t uv;
    unsigned pool_threads;
    /* Its jobs run on a thread of their own each: for a loop that the pool's threads wait for. */
    bool apart;
};

/* Sets up the loop and sizes libuv's pool to the processors (unless UV_THREADPOOL_SIZE is set). */
enum acc_code acc_loop_init(struct acc_loop *loop, struct acc_error *err);
/* Runs until acc_loop_stop() or until nothing is left to wait for. */
void acc_loop_run(struct acc_loop *loop);
void acc_loop_stop(struct acc_loop *loop);
/* Runs the loop until all handles have closed, then releases it. Close them first. */
void acc_loop_release(struct acc_loop *loop);

/* ---- jobs: work on a pool thread, then done on the loop's thread, exactly once ---- */
struct acc_job {
    uv_work_t uv;
    void (*work)(struct acc_job *job); /* touches only the struct the job is embedded in */
    void (*done)(struct acc_job *job);
};
void acc_job_start(struct acc_loop *loop, struct acc_job *job);

/* ---- timers: one shot ---- */
struct acc_timer {
    uv_timer_t uv;
    void (*on_time)(struct acc_timer *timer);
    void (*on_closed)(struct acc_timer *timer);
};
void acc_timer_init(struct acc_loop *loop, struct acc_timer *timer,
                    void (*on_time)(struct acc_timer *));
/* (Re)starts it; `ms` from now. Zero fires in the next round of the loop, never inside this call.
 */
void acc_timer_start(struct acc_timer *timer, uint64_t ms);
void acc_timer_stop(struct acc_timer *timer);
/* `on_closed` may be NULL when the memory outlives the loop. */
void acc_timer_close(struct acc_timer *timer, void (*on_closed)(struct acc_timer *));

/* ---- wakes: another thread makes the loop call on_wake ---- */
struct acc_wake {
    uv_async_t uv;
    void (*on_wake)(struct acc_wake *wake);
    void (*on_closed)(struct acc_wake *wake);
};
void acc_wake_init(struct acc_loop *loop, struct acc_wake *wake,
                   void (*on_wake)(struct acc_wake *));
void acc_wake_send(struct acc_wake *wake); /* any thread; several may become one on_wake */
/* As acc_timer_close(). */
void acc_wake_close(struct acc_wake *wake, void (*on_closed)(struct acc_wake *));

/* ---- signals ---- */
struct acc_signal {
    uv_signal_t uv;
    void (*on_signal)(struct acc_signal *signal, int number);
};
void acc_signal_start(struct acc_loop *loop, struct acc_signal *signal, int number,
                      void (*on_signal)(struct acc_signal *, int));
void acc_signal_close(struct acc_signal *signal);

#endif
