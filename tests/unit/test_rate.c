/* --max-rate: what its text means, and that the bucket keeps the rate. Clock and timer are the
 * test's own: a minute passes in a moment, and nothing depends on the machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "base/mem.h"
#include "loop/rate.h"

#define KIB 1024
#define MIB (1024 * KIB)
#define USERS 24
/* One more than a plan holds. */
#define THREE_HOURS "1M@1:00-2:00,1M@1:00-2:00,1M@1:00-2:00"
#define NINE_HOURS THREE_HOURS "," THREE_HOURS "," THREE_HOURS

static struct {
    int64_t now;      /* milliseconds */
    int64_t timer_at; /* -1: not started */
    time_t midnight;
} played;

int64_t __wrap_acc_clock_now(void);
int64_t __wrap_acc_clock_now(void)
{
    return played.now;
}

void __wrap_acc_timer_start(struct acc_timer *timer, uint64_t ms);
void __wrap_acc_timer_start(struct acc_timer *timer, uint64_t ms)
{
    played.timer_at = played.now + (int64_t)ms;
}

time_t __wrap_time(time_t *out);
time_t __wrap_time(time_t *out)
{
    return played.midnight + (time_t)(played.now / 1000);
}

/* ---- the text ---- */

static void a_rate_alone_holds_always(void **state)
{
    struct acc_rate_plan plan;
    assert_true(acc_rate_plan_parse("20M", &plan));
    assert_true(acc_rate_plan_limits(&plan));
    assert_int_equal(acc_rate_plan_at(&plan, 0), 20 * MIB);
    assert_int_equal(acc_rate_plan_at(&plan, 1439), 20 * MIB);
}

static void hours_hold_from_the_first_to_before_the_last(void **state)
{
    struct acc_rate_plan plan;
    assert_true(acc_rate_plan_parse("20M@08:00-18:30", &plan));
    assert_true(acc_rate_plan_limits(&plan));
    assert_int_equal(acc_rate_plan_at(&plan, 8 * 60 - 1), 0);
    assert_int_equal(acc_rate_plan_at(&plan, 8 * 60), 20 * MIB);
    assert_int_equal(acc_rate_plan_at(&plan, 18 * 60 + 29), 20 * MIB);
    assert_int_equal(acc_rate_plan_at(&plan, 18 * 60 + 30), 0);
}

static void hours_go_over_midnight(void **state)
{
    struct acc_rate_plan plan;
    assert_true(acc_rate_plan_parse("1M@22:00-6:00,100M", &plan));
    assert_int_equal(acc_rate_plan_at(&plan, 23 * 60), MIB);
    assert_int_equal(acc_rate_plan_at(&plan, 0), MIB);
    assert_int_equal(acc_rate_plan_at(&plan, 6 * 60), 100 * MIB);
}

static void the_first_of_overlapping_hours_holds(void **state)
{
    struct acc_rate_plan plan;
    assert_true(acc_rate_plan_parse("64K@12:00-13:00,5M@08:00-24:00", &plan));
    assert_int_equal(acc_rate_plan_at(&plan, 12 * 60), 64 * KIB);
    assert_int_equal(acc_rate_plan_at(&plan, 13 * 60), 5 * MIB);
    assert_int_equal(acc_rate_plan_at(&plan, 1439), 5 * MIB);
}

static void what_is_no_rate_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        ",",
        "20M,",
        "20M,30M",
        "15K",
        "0",
        "-1M",
        "20M@",
        "20M@08:00",
        "20M@08:00-",
        "20M@8-18",
        "20M@-18:00",
        "20M@08:00-8:00",
        "20M@24:01-25:00",
        "20M@08:60-09:00",
        "20M@08:0-9:00",
        "20M@08:00-18:00x",
        "20M @08:00-18:00",
        "@08:00-18:00",
        "fast",
        NINE_HOURS,
    };
    for (size_t i = 0; i < ACC_COUNT_OF(texts); i++) {
        struct acc_rate_plan plan = {.usual = 7};
        if (acc_rate_plan_parse(texts[i], &plan))
            fail_msg("\"%s\" counted as a rate", texts[i]);
        assert_int_equal(plan.usual, 7);
    }
}

/* ---- the bucket ---- */

struct user {
    struct acc_rate_wait wait;
    bool waits;
    int64_t moved;
};

static void on_turn(struct acc_rate_wait *wait)
{
    ACC_CONTAINER_OF(wait, struct user, wait)->waits = false;
}

static void move_what_it_may(struct acc_rate *rate, struct user *user)
{
    while (!user->waits) {
        if (!acc_rate_ask(rate, &user->wait)) {
            user->waits = true;
            return;
        }
        size_t bytes = acc_rate_slice(rate, (size_t)(1 + rand() % (256 * KIB)));
        acc_rate_spend(rate, (int64_t)bytes);
        user->moved += (int64_t)bytes;
    }
}

/* What USERS users move in a minute. `least` is what the slowest of them moved. */
static int64_t minute_of(struct acc_rate *rate, int64_t *least)
{
    struct user users[USERS];
    int64_t end = played.now + 60000, all = 0;
    for (size_t i = 0; i < USERS; i++)
        users[i] = (struct user){.wait.on_turn = on_turn};
    while (played.now < end) {
        for (size_t i = 0; i < USERS; i++)
            move_what_it_may(rate, &users[i]);
        assert_true(played.timer_at >= played.now); /* all wait, and will be called */
        played.now = played.timer_at;
        played.timer_at = -1;
        rate->timer.on_time(&rate->timer);
    }
    *least = INT64_MAX;
    for (size_t i = 0; i < USERS; i++) {
        all += users[i].moved;
        *least = users[i].moved < *least ? users[i].moved : *least;
        acc_rate_leave(rate, &users[i].wait);
    }
    return all;
}

static void begin(struct acc_loop *loop, struct acc_rate *rate, const char *text)
{
    struct acc_error err;
    struct acc_rate_plan plan;
    played.timer_at = -1;
    assert_true(acc_rate_plan_parse(text, &plan));
    assert_int_equal(acc_loop_init(loop, &err), ACC_OK);
    acc_rate_init(rate, loop, &plan);
}

static void end(struct acc_loop *loop, struct acc_rate *rate)
{
    acc_rate_close(rate, NULL);
    acc_loop_release(loop);
}

static void the_rate_is_kept_and_shared(void **state)
{
    static const char *const texts[] = {"16K", "100K", "1M", "20M", "900M"};
    unsigned seed = 20261126;
    printf("seed %u\n", seed);
    srand(seed);
    for (size_t i = 0; i < ACC_COUNT_OF(texts); i++) {
        struct acc_loop loop;
        struct acc_rate rate;
        int64_t least;
        begin(&loop, &rate, texts[i]);
        double moved = (double)minute_of(&rate, &least), allowed = 60.0 * (double)rate.plan.usual;
        printf("%s: %.3f of what is allowed, the slowest %.3f of its share\n", texts[i],
               moved / allowed, (double)least * USERS / allowed);
        assert_true(moved > 0.95 * allowed && moved < 1.05 * allowed);
        assert_true((double)least * USERS > 0.8 * allowed);
        end(&loop, &rate);
    }
}

static void the_rate_changes_with_the_hour(void **state)
{
    struct acc_loop loop;
    struct acc_rate rate;
    int64_t least;
    time_t wanted = 1790000000;
    struct tm local;
    localtime_r(&wanted, &local);
    /* The minute begins at 07:59:30: half of it at the first rate, half at the second. */
    local.tm_hour = 7, local.tm_min = 59, local.tm_sec = 30;
    played.now = 0;
    played.midnight = mktime(&local);
    begin(&loop, &rate, "8M@00:00-08:00,1M");
    double moved = (double)minute_of(&rate, &least);
    assert_true(moved > 0.95 * 30 * 9 * MIB && moved < 1.05 * 30 * 9 * MIB);
    end(&loop, &rate);
}

static void who_leaves_gives_its_turn_back(void **state)
{
    struct acc_loop loop;
    struct acc_rate rate;
    begin(&loop, &rate, "1M");
    struct user user = {.wait.on_turn = on_turn};
    move_what_it_may(&rate, &user);
    assert_true(user.waits);
    played.now += 1000;
    rate.timer.on_time(&rate.timer);
    assert_false(user.waits);
    double before = rate.tokens;
    acc_rate_leave(&rate, &user.wait);
    assert_true(rate.tokens > before);
    acc_rate_leave(&rate, &user.wait); /* harmless */
    end(&loop, &rate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rate_alone_holds_always),
        cmocka_unit_test(hours_hold_from_the_first_to_before_the_last),
        cmocka_unit_test(hours_go_over_midnight),
        cmocka_unit_test(the_first_of_overlapping_hours_holds),
        cmocka_unit_test(what_is_no_rate_is_refused),
        cmocka_unit_test(the_rate_is_kept_and_shared),
        cmocka_unit_test(the_rate_changes_with_the_hour),
        cmocka_unit_test(who_leaves_gives_its_turn_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
