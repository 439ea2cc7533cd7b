/* The first signal goes to the owner, which parks its work and ends. A later one ends the process
 * with the status a shell expects, 128 + signal. Nothing here fails. On close the signals get their
 * default action again. */
#include "loop/stop.h"

#include <signal.h>
#include <unistd.h>

#include "base/mem.h"

static void on_signal(struct acc_stop *stop, int number)
{
    uint64_t now = uv_now(stop->interrupt.uv.loop);
    if (stop->first_at == 0) {
        stop->first_at = now > 0 ? now : 1;
        stop->on_stop(stop, number);
    } else if (now - stop->first_at >= ACC_STOP_AGAIN_MS) {
        stop->on_leave(stop);
        _exit(128 + number);
    }
}

static void on_interrupt(struct acc_signal *signal, int number)
{
    on_signal(ACC_CONTAINER_OF(signal, struct acc_stop, interrupt), number);
}

static void on_terminate(struct acc_signal *signal, int number)
{
    on_signal(ACC_CONTAINER_OF(signal, struct acc_stop, terminate), number);
}

void acc_stop_watch(struct acc_loop *loop, struct acc_stop *stop,
                    void (*on_stop)(struct acc_stop *, int), void (*on_leave)(struct acc_stop *))
{
    stop->first_at = 0;
    stop->on_stop = on_stop;
    stop->on_leave = on_leave;
    acc_signal_start(loop, &stop->interrupt, SIGINT, on_interrupt);
    acc_signal_start(loop, &stop->terminate, SIGTERM, on_terminate);
}

void acc_stop_close(struct acc_stop *stop)
{
    acc_signal_close(&stop->interrupt);
    acc_signal_close(&stop->terminate);
}
