/* Each event is a child of /bin/sh. Its output goes to our standard error. A failed command is
 * reported and not tried again: the next event will show whether it works. */
#include "watch/outside/hook.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

#define LIMIT_MS 30000

static void start_next(struct acc_hook *hook)
{
    if (hook->running || hook->count == 0)
        return;
    const char *const argv[] = {"sh", "-c", hook->command, NULL};
    char *json = hook->queue[hook->first];
    hook->first = (hook->first + 1) % ACC_HOOK_QUEUE;
    hook->count--;
    hook->ended = false;
    hook->running = true;
    acc_timer_start(&hook->limit, LIMIT_MS);
    acc_child_start(hook->loop, &hook->child, "/bin/sh", argv, json);
    free(json);
}

static void on_limit(struct acc_timer *timer)
{
    struct acc_hook *hook = ACC_CONTAINER_OF(timer, struct acc_hook, limit);
    hook->ended = true;
    acc_child_kill(&hook->child, SIGKILL);
}

static void on_done(struct acc_child *child)
{
    struct acc_hook *hook = ACC_CONTAINER_OF(child, struct acc_hook, child);
    char text[ACC_CHILD_TAIL];
    acc_timer_stop(&hook->limit);
    hook->running = false;
    if (hook->ended)
        snprintf(text, sizeof text, "took longer than %d s and was ended", LIMIT_MS / 1000);
    else if (child->status < 0 && child->signal == 0)
        snprintf(text, sizeof text, "%s", child->tail);
    else
        snprintf(text, sizeof text, "ended with %s %d", child->signal ? "signal" : "status",
                 child->signal ? child->signal : child->status);
    if (child->status != 0)
        hook->on_trouble(hook, text);
    start_next(hook);
    if (acc_hook_idle(hook))
        hook->on_idle(hook);
}

void acc_hook_init(struct acc_hook *hook)
{
    hook->child.on_done = on_done;
    hook->child.own_group = true;
    hook->child.foreign = true;
    acc_timer_init(hook->loop, &hook->limit, on_limit);
}

void acc_hook_post(struct acc_hook *hook, char *json)
{
    if (hook->command == NULL) {
        free(json);
        return;
    }
    if (hook->count == ACC_HOOK_QUEUE) {
        free(hook->queue[hook->first]);
        hook->first = (hook->first + 1) % ACC_HOOK_QUEUE;
        hook->count--;
        if (hook->dropped++ == 0)
            hook->on_trouble(hook, "is too slow: events are being dropped");
    }
    hook->queue[(hook->first + hook->count++) % ACC_HOOK_QUEUE] = json;
    start_next(hook);
}

bool acc_hook_idle(const struct acc_hook *hook)
{
    return !hook->running && hook->count == 0;
}

void acc_hook_stop(struct acc_hook *hook)
{
    for (; hook->count > 0; hook->count--) {
        free(hook->queue[hook->first]);
        hook->first = (hook->first + 1) % ACC_HOOK_QUEUE;
    }
    hook->ended = true;
    acc_child_kill(&hook->child, SIGKILL);
}

void acc_hook_close(struct acc_hook *hook)
{
    acc_timer_close(&hook->limit, NULL);
}
