/* Composes a line and writes it with one write(2), so that threads and processes never share one.
 * Tracing is the process's, not an object's: the one piece of file-scope state, set before threads
 * start. Lines that cannot be written are dropped. Closing stops tracing and closes the file. */
#include "base/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/path.h"
#include "base/str.h"

static const char *const names[ACC_TRACE_AREA_COUNT] = {
#define X(name, text, what) text,
    ACC_TRACE_AREAS(X)
#undef X
};

static struct {
    unsigned areas; /* a bit an area */
    int fd;
} tracing;

static enum acc_code unknown_area(const char *name, size_t len, struct acc_error *err)
{
    struct acc_str shown = {0}, known = {0};
    acc_path_show(&shown, name, len);
    for (size_t i = 0; i < ACC_TRACE_AREA_COUNT; i++)
        acc_str_addf(&known, "%s, ", names[i]);
    acc_error_set(err, ACC_USAGE, "debug area '%s': must be %sor all.", acc_str_cstr(&shown),
                  acc_str_cstr(&known));
    acc_str_release(&shown);
    acc_str_release(&known);
    return ACC_USAGE;
}

static unsigned area_bits(const char *name, size_t len)
{
    if ((len == 3 && memcmp(name, "all", len) == 0) || (len == 1 && *name == '1'))
        return (1u << ACC_TRACE_AREA_COUNT) - 1;
    for (size_t i = 0; i < ACC_TRACE_AREA_COUNT; i++)
        if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
            return 1u << i;
    return 0;
}

enum acc_code acc_trace_open(const char *areas, const char *path, struct acc_error *err)
{
    unsigned wanted = 0;
    for (const char *at = areas;; at++) {
        size_t len = strcspn(at, ",");
        unsigned bits = area_bits(at, len);
        if (bits == 0)
            return unknown_area(at, len, err);
        wanted |= bits;
        at += len;
        if (*at == '\0')
            break;
    }
    int fd = STDERR_FILENO;
    if (path != NULL && (fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) < 0)
        return acc_error_set(err, ACC_LOCAL,
                             "%s: the debug file cannot be opened: %s. Name another file.", path,
                             strerror(errno));
    acc_trace_close();
    tracing.fd = fd;
    tracing.areas = wanted;
    return ACC_OK;
}

void acc_trace_close(void)
{
    if (tracing.areas != 0 && tracing.fd != STDERR_FILENO)
        close(tracing.fd);
    tracing.areas = 0;
}

bool acc_trace_on(enum acc_trace_area area)
{
    return (tracing.areas >> area) & 1;
}

bool acc_trace_on_stderr(void)
{
    return tracing.areas != 0 && tracing.fd == STDERR_FILENO;
}

void acc_trace_line(enum acc_trace_area area, const char *format, ...)
{
    char time[ACC_TIME_TEXT], *message = NULL;
    struct acc_str line = {0};
    va_list args;
    int saved = errno;
    va_start(args, format);
    int len = vasprintf(&message, format, args);
    va_end(args);
    if (len < 0)
        return;
    acc_str_addf(&line, "%s %-7s ", acc_time_rfc3339(acc_time_now(), time), names[area]);
    acc_text_show(&line, message, (size_t)len);
    acc_str_add_c(&line, '\n');
    if (write(tracing.fd, line.data, line.len) < 0) {
        /* A full disk or a closed pipe: the run goes on without its trace. */
    }
    free(message);
    acc_str_release(&line);
    errno = saved;
}
