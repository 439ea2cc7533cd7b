/* A token bucket that holds a quarter of a second. Nothing fails. The queue is served by a timer;
 * a user that is called may ask again immediately and joins the end of the queue. */
#include "loop/rate.h"

#include "base/clock.h"
#include "base/mem.h"

#define HOLDS 0.25 /* seconds */
#define TURNS 16   /* slices a second, for a single user */
#define SLICE_LEAST ((size_t)1 << 10)
#define SLICE_MOST ((size_t)1 << 18)

static void refill(struct acc_rate *rate)
{
    int64_t now = acc_clock_now();
    rate->per_second = acc_rate_plan_now(&rate->plan);
    double most = (double)rate->per_second * HOLDS;
    rate->tokens += (double)(now - rate->at) * (double)rate->per_second / 1000;
    if (rate->tokens > most)
        rate->tokens = most;
    rate->at = now;
}

/* What is set aside when a user's turn comes, until it reports what it moved. */
static void grant(struct acc_rate *rate, struct acc_rate_wait *wait)
{
    wait->granted = (int64_t)acc_rate_slice(rate, SLICE_MOST);
    acc_rate_spend(rate, wait->granted);
    wait->on_turn(wait);
}

static void give_back(struct acc_rate *rate, struct acc_rate_wait *wait)
{
    acc_rate_spend(rate, -wait->granted);
    wait->granted = 0;
}

static bool may_move(const struct acc_rate *rate)
{
    return rate->per_second == 0 || rate->tokens > 0;
}

static void arm(struct acc_rate *rate)
{
    bool now = may_move(rate);
    double ms = now ? 0 : 1 - rate->tokens * 1000 / (double)rate->per_second;
    acc_timer_start(&rate->timer, (uint64_t)ms);
}

static void on_time(struct acc_timer *timer)
{
    struct acc_rate *rate = ACC_CONTAINER_OF(timer, struct acc_rate, timer);
    refill(rate);
    while (may_move(rate) && !acc_list_empty(&rate->waiting)) {
        struct acc_link *link = acc_list_pop(&rate->waiting);
        grant(rate, ACC_CONTAINER_OF(link, struct acc_rate_wait, link));
    }
    if (!acc_list_empty(&rate->waiting))
        arm(rate);
}

void acc_rate_init(struct acc_rate *rate, struct acc_loop *loop, const struct acc_rate_plan *plan)
{
    *rate = (struct acc_rate){.plan = *plan, .at = acc_clock_now()};
    acc_list_init(&rate->waiting);
    acc_timer_init(loop, &rate->timer, on_time);
}

void acc_rate_close(struct acc_rate *rate, void (*on_closed)(struct acc_timer *timer))
{
    acc_timer_close(&rate->timer, on_closed);
}

bool acc_rate_ask(struct acc_rate *rate, struct acc_rate_wait *wait)
{
    if (!acc_rate_plan_limits(&rate->plan))
        return true;
    if (wait->granted > 0) {
        give_back(rate, wait);
        return true;
    }
    refill(rate);
    if (may_move(rate) && acc_list_empty(&rate->waiting))
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

size_t acc_rate_slice(const struct acc_rate *rate, size_t bytes)
{
    size_t slice = (size_t)(rate->per_second / TURNS);
    if (rate->per_second == 0)
        return bytes;
    slice = slice < SLICE_LEAST ? SLICE_LEAST : slice > SLICE_MOST ? SLICE_MOST : slice;
    return bytes < slice ? bytes : slice;
}

void acc_rate_leave(struct acc_rate *rate, struct acc_rate_wait *wait)
{
    acc_list_remove(&wait->link);
    give_back(rate, wait);
}
