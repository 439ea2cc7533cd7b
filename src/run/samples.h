/* How fast a run is: samples of bytes done, and the rate over the last few of them.
 *
 * Threads: one at a time.
 */
#ifndef ACC_RUN_SAMPLES_H
#define ACC_RUN_SAMPLES_H

#include <stdint.h>

#define ACC_SAMPLES 32

/* Zeroed: no samples. */
struct acc_samples {
    struct {
        int64_t at, bytes; /* monotonic milliseconds */
    } sample[ACC_SAMPLES];
    unsigned count;
};

/* `bytes`: all that are done by now. The oldest sample is dropped once there are ACC_SAMPLES. */
void acc_samples_add(struct acc_samples *samples, int64_t bytes);
/* Bytes per second between the oldest sample and the newest; 0 if there are not two. */
int64_t acc_samples_rate(const struct acc_samples *samples);

#endif
