/* How many requests may be in progress, and when: a server that answers "slow down" gets fewer.
 *
 * Each time it does so the number is halved and nothing at all is sent for a while, which doubles
 * with each time; successes bring the number back one by one, and shorten the next pause. Answers
 * to requests that were sent before the latest pause began say nothing new. Pure: times are given,
 * in monotonic milliseconds, and so is the chance that spreads the pauses of many clients. */
#ifndef ACC_S3_PACE_H
#define ACC_S3_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct acc_s3_pace {
    unsigned limit, allowed;
    unsigned doublings;
    unsigned successes;           /* since `allowed` was changed */
    uint64_t paused_at, quiet_to; /* quiet_to 0: no pause */
};

void acc_s3_pace_init(struct acc_s3_pace *pace, unsigned limit);
/* Milliseconds until something may be sent; 0: now, if fewer than `allowed` are in progress. */
uint64_t acc_s3_pace_pause(struct acc_s3_pace *pace, uint64_t now);
/* A request sent at `sent_at` was answered "slow down"; `asked_ms`: what Retry-After said, or 0.
 * `chance` is any random number. */
void acc_s3_pace_slow_down(struct acc_s3_pace *pace, uint64_t now, uint64_t sent_at,
                           uint64_t asked_ms, uint64_t chance);
void acc_s3_pace_success(struct acc_s3_pace *pace);

#endif
