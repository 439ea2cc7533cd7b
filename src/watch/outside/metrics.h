/* The watcher's numbers, and the two files that publish them: Prometheus' text exposition format
 * 0.0.4 (for node_exporter's textfile collector), and one line for a liveness check. */
#ifndef ACC_WATCH_METRICS_H
#define ACC_WATCH_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/error.h>
#include "base/str.h"
#include "watch/arrival/rules.h"

/* Counters begin with the process; gauges are as of now. Times are milliseconds. */
struct acc_watch_numbers {
    uint64_t states[ACC_ARRIVAL_STATE_COUNT]; /* arrivals in each */
    uint64_t loose;                           /* names in the drop folder that are no arrivals */
    uint64_t arrivals_archived, arrivals_rejected;
    uint64_t files_archived;
    int64_t bytes_archived;
    uint64_t failures[ACC_CODE_COUNT]; /* files, or whole arrivals where no file is to blame */
    uint64_t probes[ACC_CODE_COUNT];   /* by verdict */
    uint64_t scans, looks, events_dropped;
    bool halted;
    enum acc_code halt_code;
    int64_t started;      /* wall clock */
    int64_t last_success; /* wall clock; 0: none since it started */
    int64_t queue_age;    /* of the arrival that has been complete for longest */
};

/* Appends the whole exposition. Pure; `now` is the wall clock. */
void acc_metrics_render(struct acc_str *out, const struct acc_watch_numbers *numbers, int64_t now);
/* "ok", "halted REFUSED" or "stopped", then the time; one line. Pure. */
void acc_health_render(struct acc_str *out, const struct acc_watch_numbers *numbers, bool stopped,
                       int64_t now);
/* By base/file.h: whole or not at all, readable by every user, unless `path` is a device or FIFO.
 */
enum acc_code acc_metrics_write(const char *path, const struct acc_str *text,
                                struct acc_error *err);

#endif
