/* A limit of bytes a second, which may differ by the time of day: "20M", "20M@08:00-18:00",
 * "20M@08:00-18:00,100M".
 *
 * A rate with hours holds from the first time up to, not including, the second, in local time;
 * hours that end before they begin go over midnight. A rate without hours holds whenever none of
 * the others does; without one there is no limit then. Where hours overlap, the first rate that is
 * given holds. Pure but for acc_rate_plan_now(), which reads the clock. Any thread. */
#ifndef ACC_BASE_RATE_PLAN_H
#define ACC_BASE_RATE_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#define ACC_RATE_LEAST ((int64_t)16 << 10) /* bytes a second */
#define ACC_RATE_HOURS_MAX 8

struct acc_rate_plan {
    int64_t usual; /* bytes a second outside of all hours; 0: no limit */
    unsigned count;
    struct acc_rate_hours {
        int from, to; /* minutes after midnight */
        int64_t per_second;
    } hours[ACC_RATE_HOURS_MAX];
};

/* NULL is a plan without limits. False when the text is not a plan; `*plan` is then untouched. */
bool acc_rate_plan_parse(const char *text, struct acc_rate_plan *plan);
/* True if it limits at some time. */
bool acc_rate_plan_limits(const struct acc_rate_plan *plan);
/* Bytes a second at a minute of the day; 0: no limit. */
int64_t acc_rate_plan_at(const struct acc_rate_plan *plan, int minute);
/* The same, now. */
int64_t acc_rate_plan_now(const struct acc_rate_plan *plan);

#endif
