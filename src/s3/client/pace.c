/* Additive increase, multiplicative decrease, with a pause at each decrease: even one request at a
 * time can be more a second than a server takes. Cannot fail, holds nothing. */
#include "s3/client/pace.h"

#define PAUSE_FIRST_MS 100
#define PAUSE_DOUBLINGS_MAX 7 /* 12.8 s */
/* So many rounds of successes before one request more is tried. */
#define ROUNDS 4

void acc_s3_pace_init(struct acc_s3_pace *pace, unsigned limit)
{
    *pace = (struct acc_s3_pace){.limit = limit, .allowed = limit};
}

uint64_t acc_s3_pace_pause(struct acc_s3_pace *pace, uint64_t now)
{
    if (pace->quiet_to > now)
        return pace->quiet_to - now;
    pace->quiet_to = 0;
    return 0;
}

void acc_s3_pace_slow_down(struct acc_s3_pace *pace, uint64_t now, uint64_t sent_at,
                           uint64_t asked_ms, uint64_t chance)
{
    if (sent_at < pace->paused_at)
        return;
    uint64_t pause = (uint64_t)PAUSE_FIRST_MS << pace->doublings;
    pause = pause / 2 + chance % (pause / 2);
    if (pause < asked_ms)
        pause = asked_ms;
    pace->allowed = pace->allowed > 1 ? pace->allowed / 2 : 1;
    pace->successes = 0;
    pace->doublings += pace->doublings < PAUSE_DOUBLINGS_MAX;
    pace->paused_at = now;
    pace->quiet_to = now + pause;
}

void acc_s3_pace_success(struct acc_s3_pace *pace)
{
    if (pace->allowed == pace->limit && pace->doublings == 0)
        return;
    if (++pace->successes < pace->allowed * ROUNDS)
        return;
    pace->successes = 0;
    pace->allowed += pace->allowed < pace->limit;
    pace->doublings -= pace->doublings > 0;
}
