/* Traces for bug reports: what happened, when, a line an event, on standard error or in a file.
 *
 *     2026-11-22T10:04:11.218Z upload  a/0117.tif: SENDING, PART_DONE -> COMPARING
 *
 * An area is a subject that can be asked for alone. A call site is one line:
 *
 *     acc_trace(ACC_TRACE_UPLOAD, "%s: %s -> %s", path, before, after);
 *
 * Its arguments are not evaluated unless the area is traced. Control characters are escaped. A
 * trace never holds a secret: call sites pass keys, statuses and times, never headers, signatures
 * or bodies.
 *
 * Threads: acc_trace_open() and acc_trace_close() before other threads start and after they end;
 * acc_trace() from any. A line is one write(2), appended, so processes may share a file.
 * Errors: ACC_USAGE for an unknown area, ACC_LOCAL for a file that cannot be opened. A line that
 * cannot be written is lost: a trace must not end a run.
 */
#ifndef ACC_BASE_TRACE_H
#define ACC_BASE_TRACE_H

#include <stdbool.h>

#include <accession/error.h>

/* X(name, as the user writes it, what is traced) */
#define ACC_TRACE_AREAS(X)                                                                         \
    X(RUN, "run", "phases of a run")                                                               \
    X(UPLOAD, "upload", "states of each file")                                                     \
    X(ARRIVAL, "arrival", "states of each arrival in a watched folder")                            \
    X(S3, "s3", "each request: operation, key, status, request id, time")                          \
    X(RETRY, "retry", "requests that are sent again, and after how long")                          \
    X(LEDGER, "ledger", "commits of the ledger")

enum acc_trace_area {
#define X(name, text, what) ACC_TRACE_##name,
    ACC_TRACE_AREAS(X)
#undef X
        ACC_TRACE_AREA_COUNT
};

/* Starts tracing: `areas` is a list of names separated by commas; "all" and "1" are every area.
 * `path` is a file to append to (mode 0600), or NULL for standard error. */
enum acc_code acc_trace_open(const char *areas, const char *path, struct acc_error *err);
void acc_trace_close(void);

bool acc_trace_on(enum acc_trace_area area);
/* Whether lines go to standard error, where a progress block would be torn. */
bool acc_trace_on_stderr(void);

void acc_trace_line(enum acc_trace_area area, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
#define acc_trace(area, ...)                                                                       \
    do {                                                                                           \
        if (acc_trace_on(area))                                                                    \
            acc_trace_line(area, __VA_ARGS__);                                                     \
    } while (0)

#endif
