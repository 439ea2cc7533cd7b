/* One pass over the text, rate by rate. Whatever is not exactly a rate, with or without hours,
 * makes the whole text invalid: a limit that was misread would hold nothing. */
#include "base/rate_plan.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/str.h"

#define RATE_TEXT_MAX 64

static bool minute_of_day(const char *text, int *minute)
{
    int hours, minutes;
    size_t len = strlen(text);
    if (len < 4 || len > 5 || text[len - 3] != ':' || strspn(text, "0123456789:") != len ||
        sscanf(text, "%2d:%2d", &hours, &minutes) != 2 || minutes > 59 ||
        hours * 60 + minutes > 24 * 60)
        return false;
    *minute = hours * 60 + minutes;
    return true;
}

/* "08:00-18:00"; cuts `text` at the dash. */
static bool parse_hours(char *text, struct acc_rate_hours *hours)
{
    char *dash = strchr(text, '-');
    if (dash == NULL)
        return false;
    *dash = '\0';
    return minute_of_day(text, &hours->from) && minute_of_day(dash + 1, &hours->to) &&
           hours->from != hours->to;
}

static bool add_rate(char *text, struct acc_rate_plan *plan)
{
    long long bytes;
    char *at = strchr(text, '@');
    if (at != NULL)
        *at = '\0';
    if (!acc_parse_bytes(text, &bytes) || bytes < ACC_RATE_LEAST)
        return false;
    if (at == NULL) {
        bool first = plan->usual == 0;
        plan->usual = bytes;
        return first;
    }
    if (plan->count == ACC_RATE_HOURS_MAX || !parse_hours(at + 1, &plan->hours[plan->count]))
        return false;
    plan->hours[plan->count++].per_second = bytes;
    return true;
}

bool acc_rate_plan_parse(const char *text, struct acc_rate_plan *out)
{
    struct acc_rate_plan plan = {0};
    for (const char *next = text; next != NULL;) {
        char rate[RATE_TEXT_MAX];
        size_t len = strcspn(next, ",");
        if (len >= sizeof rate)
            return false;
        memcpy(rate, next, len);
        rate[len] = '\0';
        if (!add_rate(rate, &plan))
            return false;
        next = next[len] == ',' ? next + len + 1 : NULL;
    }
    *out = plan;
    return true;
}

bool acc_rate_plan_limits(const struct acc_rate_plan *plan)
{
    return plan->usual > 0 || plan->count > 0;
}

static bool holds(const struct acc_rate_hours *hours, int minute)
{
    if (hours->from < hours->to)
        return minute >= hours->from && minute < hours->to;
    return minute >= hours->from || minute < hours->to;
}

int64_t acc_rate_plan_at(const struct acc_rate_plan *plan, int minute)
{
    for (unsigned i = 0; i < plan->count; i++)
        if (holds(&plan->hours[i], minute))
            return plan->hours[i].per_second;
    return plan->usual;
}

int64_t acc_rate_plan_now(const struct acc_rate_plan *plan)
{
    time_t now = time(NULL);
    struct tm local;
    if (plan->count == 0 || localtime_r(&now, &local) == NULL)
        return plan->usual;
    return acc_rate_plan_at(plan, local.tm_hour * 60 + local.tm_min);
}
