/* A token bucket that holds a quarter of a second. Nothing fails. */
#include "verify/rate.h"

#include "base/clock.h"
#include "base/mem.h"

#define HOLDS 0.25 /* seconds */
#define TURN_MS 10

static void refill(struct acc_rate *rate)
{
    int64_t now = acc_clock_now();
    double most = (double)rate->per_second * HOLDS;
    rate->tokens += (double)(now - rate->at) * (double)rate->per_second / 1000;
    if (rate->tokens > most)
        rate->tokens = most;
    rate->at = now;
}

static void arm(struct acc_rate *rate)
{
    double short_of = rate->tokens < 0 ? -rate->tokens : 0;
    acc_timer_start(&rate->timer, TURN_MS + (uint64_t)(short_of * 1000 / (double)rate->per_second));
}

static void on_time(struct acc_timer *timer)
{
    struct acc_rate *rate = ACC_CONTAINER_OF(timer, struct acc_rate, timer);
    refill(rate);
    while (rate->tokens > 0 && !acc_list_empty(&rate->waiting)) {
        struct acc_link *link = acc_list_pop(&rate->waiting);
        struct acc_rate_wait *wait = ACC_CONTAINER_OF(link, struct acc_rate_wait, link);
        wait->granted = true;
        wait->on_turn(wait);
    }
    if (!acc_list_empty(&rate->waiting))
        arm(rate);
}

void acc_rate_init(struct acc_rate *rate, struct acc_loop *loop, int64_t per_second)
{
    *rate = (struct acc_rate){.per_second = per_second, .at = acc_clock_now()};
    acc_list_init(&rate->waiting);
    acc_timer_init(loop, &rate->timer, on_time);
}

void acc_rate_close(struct acc_rate *rate)
{
    acc_timer_close(&rate->timer, NULL);
}

bool acc_rate_ask(struct acc_rate *rate, struct acc_rate_wait *wait)
{
    if (rate->per_second <= 0)
        return true;
    if (wait->granted) {
        wait->granted = false;
        return true;
    }
    refill(rate);
    if (rate->tokens > 0 && acc_list_empty(&rate->waiting))
        return true;
    if (!acc_link_in_list(&wait->link))
        acc_list_push(&rate->waiting, &wait->link);
    arm(rate);
    return false;
}

void acc_rate_spend(struct acc_rate *rate, int64_t bytes)
{
    if (rate->per_second > 0)
        rate->tokens -= (double)bytes;
}

void acc_rate_leave(struct acc_rate_wait *wait)
{
    acc_list_remove(&wait->link);
    wait->granted = false;
}
