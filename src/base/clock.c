/* Clocks and their texts. Only the parser can fail; it then returns false. */
#include "base/clock.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"

/* Seconds of the years 1 and 9999: what a time of four digits can say. */
#define FIRST INT64_C(-62135596800)
#define LAST INT64_C(253402300799)
#define LAST_MS (LAST * 1000 + 999)

static int64_t read_clock(clockid_t id, int64_t per_second)
{
    struct timespec now;
    clock_gettime(id, &now);
    return now.tv_sec * per_second + now.tv_nsec / (1000000000 / per_second);
}

int64_t acc_time_now(void)
{
    return read_clock(CLOCK_REALTIME, 1000);
}

int64_t acc_clock_now(void)
{
    return read_clock(CLOCK_MONOTONIC, 1000);
}

int64_t acc_clock_boot(void)
{
    return read_clock(CLOCK_BOOTTIME, 1000);
}

uint64_t acc_clock_us(void)
{
    return (uint64_t)read_clock(CLOCK_MONOTONIC, 1000000);
}

/* Milliseconds of its second, also before 1970. */
static int fraction(int64_t ms)
{
    return (int)(ms % 1000 + 1000) % 1000;
}

static struct tm utc(int64_t ms)
{
    time_t seconds = (time_t)((ms - fraction(ms)) / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    return tm;
}

static char *put_digits(char *out, int number, int width, char behind)
{
    for (int at = width; at-- > 0; number /= 10)
        out[at] = (char)('0' + number % 10);
    out[width] = behind;
    return out + width + 1;
}

/* A receipt has two in each line: strftime() would be most of their cost. */
char *acc_time_rfc3339(int64_t ms, char out[ACC_TIME_TEXT])
{
    ms = ms < FIRST * 1000 ? FIRST * 1000 : ms > LAST_MS ? LAST_MS : ms;
    struct tm tm = utc(ms);
    char *to = put_digits(out, tm.tm_year + 1900, 4, '-');
    to = put_digits(to, tm.tm_mon + 1, 2, '-');
    to = put_digits(to, tm.tm_mday, 2, 'T');
    to = put_digits(to, tm.tm_hour, 2, ':');
    to = put_digits(to, tm.tm_min, 2, ':');
    to = put_digits(to, tm.tm_sec, 2, '.');
    to = put_digits(to, fraction(ms), 3, 'Z');
    *to = '\0';
    return out;
}

char *acc_time_amz(int64_t ms, char out[ACC_TIME_TEXT])
{
    struct tm tm = utc(ms);
    strftime(out, ACC_TIME_TEXT, "%Y%m%dT%H%M%SZ", &tm);
    return out;
}

char *acc_time_show(int64_t ms, char out[ACC_TIME_TEXT])
{
    struct tm tm = utc(ms);
    strftime(out, ACC_TIME_TEXT, "%Y-%m-%d %H:%M:%S", &tm);
    return out;
}

/* "Z", " GMT", "+01:00": seconds ahead of UTC. */
static bool parse_offset(const char *text, int64_t *seconds)
{
    int hours, minutes, end = 0;
    char sign;
    *seconds = 0;
    if (strcmp(text, "Z") == 0 || strcmp(text, " GMT") == 0)
        return true;
    if (sscanf(text, "%c%2d:%2d%n", &sign, &hours, &minutes, &end) != 3 || text[end] != '\0' ||
        (sign != '+' && sign != '-') || hours < 0 || hours > 23 || minutes < 0 || minutes > 59)
        return false;
    *seconds = (sign == '+' ? 1 : -1) * (hours * 3600 + minutes * 60);
    return true;
}

bool acc_time_parse(const char *text, int64_t *ms)
{
    static const char *const formats[] = {"%a, %d %b %Y %H:%M:%S", "%Y-%m-%dT%H:%M:%S"};
    for (size_t i = isdigit((unsigned char)*text) != 0; i < ACC_COUNT_OF(formats); i++) {
        struct tm tm = {0};
        const char *rest = strptime(text, formats[i], &tm);
        if (rest == NULL)
            continue;
        double fraction = 0;
        if (*rest == '.') {
            char *end;
            fraction = strtod(rest, &end);
            rest = end;
        }
        int64_t offset;
        if (!parse_offset(rest, &offset))
            return false;
        *ms = ((int64_t)timegm(&tm) - offset) * 1000 + (int64_t)(fraction * 1000 + 0.5);
        return true;
    }
    return false;
}

int64_t acc_time_of(struct timespec time)
{
    if (time.tv_sec < FIRST || time.tv_sec > LAST)
        return (time.tv_sec < FIRST ? FIRST : LAST) * 1000;
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}
