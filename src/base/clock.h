/* Time: wall clock in milliseconds since 1970-01-01T00:00:00Z, monotonic clock for durations, and
 * the texts that S3, ledgers and people need. UTC everywhere; a time zone never appears. */
#ifndef ACC_BASE_CLOCK_H
#define ACC_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define ACC_TIME_TEXT 32

int64_t acc_time_now(void);   /* wall clock */
int64_t acc_clock_now(void);  /* monotonic */
uint64_t acc_clock_us(void);  /* monotonic, microseconds */
int64_t acc_clock_boot(void); /* monotonic, and goes on while the machine is suspended */

/* "2026-11-22T10:04:11.218Z"; `out` is returned. */
char *acc_time_rfc3339(int64_t ms, char out[ACC_TIME_TEXT]);
/* "20261122T100411Z", as Signature Version 4 wants it. */
char *acc_time_amz(int64_t ms, char out[ACC_TIME_TEXT]);
/* "2026-11-22 10:04:11", for people. */
char *acc_time_show(int64_t ms, char out[ACC_TIME_TEXT]);

/* An HTTP date (RFC 9110, IMF-fixdate) or an RFC 3339 time with any offset. False if it is
 * another text. */
bool acc_time_parse(const char *text, int64_t *ms);

/* A file's time in milliseconds, within the years 1 to 9999: file systems and packages hold others,
 * which no text here can show. */
int64_t acc_time_of(struct timespec time);

#endif
