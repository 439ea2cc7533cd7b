/* A short array of samples, shifted when it is full. Nothing fails, nothing is to be closed. */
#include "run/samples.h"

#include <string.h>

#include "base/clock.h"

void acc_samples_add(struct acc_samples *s, int64_t bytes)
{
    if (s->count == ACC_SAMPLES)
        memmove(s->sample, s->sample + 1, (--s->count) * sizeof s->sample[0]);
    s->sample[s->count].at = acc_clock_now();
    s->sample[s->count++].bytes = bytes;
}

int64_t acc_samples_rate(const struct acc_samples *s)
{
    if (s->count < 2)
        return 0;
    int64_t ms = s->sample[s->count - 1].at - s->sample[0].at;
    int64_t bytes = s->sample[s->count - 1].bytes - s->sample[0].bytes;
    return ms > 0 && bytes > 0 ? bytes * 1000 / ms : 0;
}
