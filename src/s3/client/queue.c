/* Decides whose turn it is. A call is sent if there is room and the pace allows it; else it waits
 * in one list, first come first served, or in another until its next attempt is due. One timer
 * serves both, so that a call needs no handle of its own. Nothing fails here; on close the lists
 * are empty. */
#include <stdlib.h>

#include <curl/curl.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/trace.h"
#include "s3/client/internal.h"

#define RETRY_BUDGET_MAX 500

const struct acc_s3_op_traits acc_s3_ops[ACC_S3_OP_COUNT] = {
#define X(name, method, text, sub, good, write, ambiguous)                                         \
    {method, text, sub, ACC_S3_GOOD_##good, write, ambiguous},
    ACC_S3_OPS(X)
#undef X
};

const char *acc_s3_op_name(enum acc_s3_op op)
{
    return acc_s3_ops[op].name;
}

/* ---- turns ---- */

static void arm_backoff(struct acc_s3 *s3)
{
    uint64_t now = (uint64_t)acc_clock_now(), soonest = UINT64_MAX;
    ACC_LIST_EACH (link, &s3->backoff) {
        uint64_t due = ACC_CONTAINER_OF(link, struct acc_s3_call, backoff)->due;
        soonest = due < soonest ? due : soonest;
    }
    if (!acc_list_empty(&s3->waiting) && s3->pace.quiet_to != 0 && s3->pace.quiet_to < soonest)
        soonest = s3->pace.quiet_to;
    if (soonest != UINT64_MAX)
        acc_timer_start(&s3->backoff_timer, soonest > now ? soonest - now : 0);
}

static bool has_room(struct acc_s3 *s3)
{
    return s3->in_flight < s3->pace.allowed &&
           (s3->pace.quiet_to == 0 || acc_s3_pace_pause(&s3->pace, (uint64_t)acc_clock_now()) == 0);
}

bool acc_s3_may_send(struct acc_s3 *s3, const struct acc_s3_call *call)
{
    if (!has_room(s3) || (s3->hold_writes && acc_s3_ops[call->op].write && !call->passes_hold))
        return false;
    return s3->may_write == NULL || !acc_s3_ops[call->op].ambiguous ||
           s3->may_write(s3->may_write_arg);
}

/* The next call that ends sends it. If sending is paused, the timer does. */
void acc_s3_await_turn(struct acc_s3_call *call)
{
    acc_list_push(&call->s3->waiting, &call->backoff);
    if (call->s3->pace.quiet_to != 0)
        arm_backoff(call->s3);
}

void acc_s3_pump(struct acc_s3 *s3)
{
    for (struct acc_link *link = s3->waiting.next, *next; link != &s3->waiting && has_room(s3);
         link = next) {
        struct acc_s3_call *call = ACC_CONTAINER_OF(link, struct acc_s3_call, backoff);
        next = link->next;
        if (!acc_s3_may_send(s3, call))
            continue;
        acc_list_remove(link);
        s3->attempt(call);
    }
    if (s3->pace.quiet_to != 0 && !acc_list_empty(&s3->waiting))
        arm_backoff(s3); /* the answer that led here began a pause */
}

void acc_s3_on_backoff(struct acc_timer *timer)
{
    struct acc_s3 *s3 = ACC_CONTAINER_OF(timer, struct acc_s3, backoff_timer);
    uint64_t now = (uint64_t)acc_clock_now();
    for (struct acc_link *link = s3->backoff.next, *next; link != &s3->backoff; link = next) {
        struct acc_s3_call *call = ACC_CONTAINER_OF(link, struct acc_s3_call, backoff);
        next = link->next;
        if (call->due > now)
            continue;
        acc_list_remove(link);
        s3->attempt(call);
    }
    acc_s3_pump(s3); /* a pause may be over */
    arm_backoff(s3);
}

void acc_s3_backoff_push(struct acc_s3 *s3, struct acc_s3_call *call, uint64_t delay_ms)
{
    call->due = (uint64_t)acc_clock_now() + delay_ms;
    acc_trace(ACC_TRACE_RETRY, "%s %s again in %llu ms, after attempt %u", acc_s3_op_name(call->op),
              acc_str_cstr(&call->key), (unsigned long long)delay_ms, call->attempts);
    acc_list_push(&s3->backoff, &call->backoff);
    arm_backoff(s3);
}

/* ---- ending ---- */

void acc_s3_call_finish(struct acc_s3_call *call, enum acc_s3_class class)
{
    call->class = class;
    call->running = false;
    curl_slist_free_all(call->http.headers);
    call->http.headers = NULL;
    if (class == ACC_S3_OK && call->s3->budget < RETRY_BUDGET_MAX)
        call->s3->budget++;
    if (class == ACC_S3_OK) {
        call->s3->stats.successes++;
        acc_s3_pace_success(&call->s3->pace);
    }
    if (class == ACC_S3_PRECONDITION) {
        acc_s3_call_learn_condition(call);
        call->s3->stats.preconditions++;
    }
    if (class == ACC_S3_OK && call->sent_while_held && acc_s3_ops[call->op].ambiguous)
        call->s3->stats.written_while_held++;
    call->on_done(call);
}
