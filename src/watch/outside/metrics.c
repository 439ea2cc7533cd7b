/* Rendering is pure; writing goes beside the file and renames, so that a collector never reads half
 * of one. */
#include "watch/outside/metrics.h"

#include <fcntl.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"

static void family(struct acc_str *out, const char *name, const char *type, const char *help)
{
    acc_str_addf(out, "# HELP accession_watch_%s %s\n# TYPE accession_watch_%s %s\n", name, help,
                 name, type);
}

static void plain(struct acc_str *out, const char *name, const char *type, const char *help,
                  long long value)
{
    family(out, name, type, help);
    acc_str_addf(out, "accession_watch_%s %lld\n", name, value);
}

static void seconds(struct acc_str *out, const char *name, const char *help, int64_t milliseconds)
{
    family(out, name, "gauge", help);
    acc_str_addf(out, "accession_watch_%s %lld.%03d\n", name, (long long)(milliseconds / 1000),
                 (int)(milliseconds % 1000));
}

/* Codes that never occurred are left out. If none occurred, one of value 0 is written: a family
 * without a sample would look like a broken one. */
static void by_code(struct acc_str *out, const char *name, const char *label, const char *help,
                    const uint64_t counts[ACC_CODE_COUNT], enum acc_code always)
{
    family(out, name, "counter", help);
    for (int code = 0; code < ACC_CODE_COUNT; code++)
        if (counts[code] > 0 || code == (int)always)
            acc_str_addf(out, "accession_watch_%s{%s=\"%s\"} %llu\n", name, label,
                         acc_code_name((enum acc_code)code), (unsigned long long)counts[code]);
}

void acc_metrics_render(struct acc_str *out, const struct acc_watch_numbers *n, int64_t now)
{
    family(out, "arrivals", "gauge", "Arrivals in the drop folder, by what they are doing.");
    for (int state = 0; state < ACC_ARRIVAL_GONE; state++)
        acc_str_addf(out, "accession_watch_arrivals{state=\"%s\"} %llu\n",
                     acc_arrival_state_name((enum acc_arrival_state)state),
                     (unsigned long long)n->states[state]);
    plain(out, "loose_files", "gauge",
          "Entries in the drop folder that are neither folders nor packages.", (long long)n->loose);
    plain(out, "arrivals_archived_total", "counter", "Arrivals archived completely.",
          (long long)n->arrivals_archived);
    plain(out, "arrivals_rejected_total", "counter", "Arrivals refused.",
          (long long)n->arrivals_rejected);
    plain(out, "files_archived_total", "counter", "Files sent, verified and on record.",
          (long long)n->files_archived);
    plain(out, "bytes_archived_total", "counter", "Bytes of those files.", n->bytes_archived);
    by_code(out, "failures_total", "reason", "Files refused, by reason.", n->failures, ACC_DIGEST);
    by_code(out, "probes_total", "result", "Probes of the destination while halted, by result.",
            n->probes, ACC_OK);
    plain(out, "halted", "gauge", "1 while the destination accepts no writes.", n->halted);
    seconds(out, "queue_age_seconds", "Time that the oldest complete arrival has been waiting.",
            n->queue_age);
    int64_t since = n->last_success > 0 ? n->last_success : n->started;
    seconds(out, "seconds_since_last_success",
            "Time since the last arrival was archived, or since the start if none was.",
            now > since ? now - since : 0);
    seconds(out, "last_success_timestamp_seconds",
            "Time when the last arrival was archived; 0 if none was.", n->last_success);
    seconds(out, "start_timestamp_seconds", "Time when this process started.", n->started);
    plain(out, "scans_total", "counter", "Scans of the drop folder.", (long long)n->scans);
    plain(out, "looks_total", "counter", "Looks into arrivals.", (long long)n->looks);
    plain(out, "events_dropped_total", "counter",
          "Events dropped because the --on-event command was too slow.",
          (long long)n->events_dropped);
}

void acc_health_render(struct acc_str *out, const struct acc_watch_numbers *n, bool stopped,
                       int64_t now)
{
    char time[ACC_TIME_TEXT];
    if (stopped)
        acc_str_add(out, "stopped");
    else if (n->halted)
        acc_str_addf(out, "halted %s", acc_code_name(n->halt_code));
    else
        acc_str_add(out, "ok");
    acc_str_addf(out, " %s\n", acc_time_rfc3339(now, time));
}

enum acc_code acc_metrics_write(const char *path, const struct acc_str *text, struct acc_error *err)
{
    struct acc_file_new file;
    enum acc_code code = acc_file_begin(&file, path, err);
    if (code != ACC_OK)
        return code;
    /* A FIFO that is full must not hold the watcher up: then this text is lost, and said to be. */
    int fd = fileno(file.stream), flags = fcntl(fd, F_GETFL);
    if (file.temp == NULL && strcmp(path, "-") != 0 && flags >= 0)
        fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    fwrite(text->data, 1, text->len, file.stream); /* commit sees the stream's error flag */
    acc_file_share(&file);
    return acc_file_commit(&file, err);
}
