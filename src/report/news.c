/* Runs are listed first and counted afterwards, since the ledger answers one question at a time.
 * What is kept is bounded by the runs of the period. Fails as the ledger does. */
#include <accession/news.h>

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ledger/news.h"
#include "report/open.h"

#define DAY (INT64_C(24) * 3600 * 1000)
/* A run that has not ended for so long is stalled, or was killed. */
#define STALLED DAY

const char *acc_news_age_text(enum acc_news_age age)
{
    static const char *const texts[] = {
#define X(name, days, text) text,
        ACC_NEWS_AGES(X)
#undef X
    };
    return texts[age];
}

/* ---- keeping ---- */

static void *grow(void *list, size_t count, size_t size)
{
    return (count & (count - 1)) == 0 ? acc_realloc(list, (count > 0 ? 2 * count : 1) * size)
                                      : list;
}

static void keep_run(void *arg, const struct acc_run_info *info)
{
    struct acc_news *news = arg;
    news->people = grow(news->people, news->people_count, sizeof news->people[0]);
    news->people[news->people_count++] = (struct acc_news_run){
        .name = acc_strdup(info->name),
        .kind = acc_strdup(info->kind),
        .url = acc_strdup(info->url),
        .id = info->id,
        .started = info->started,
        .finished = info->finished,
        .ended = info->ended,
        .outcome = info->outcome,
    };
}

static void keep_refusal(void *arg, enum acc_code code, uint64_t count, const char *path,
                         const char *reason)
{
    struct acc_news_run *run = arg;
    run->refusals = grow(run->refusals, run->refusal_count, sizeof run->refusals[0]);
    run->refusals[run->refusal_count++] = (struct acc_news_refusal){
        .code = code, .count = count, .path = acc_strdup(path), .reason = acc_strdup(reason)};
}

static void keep_arrival(void *arg, const char *folder, const char *name, enum acc_code code,
                         const char *reason)
{
    struct acc_news *news = arg;
    news->arrived++;
    if (code == ACC_OK)
        return;
    news->rejected++;
    news->arrivals = grow(news->arrivals, news->arrival_count, sizeof news->arrivals[0]);
    news->arrivals[news->arrival_count++] = (struct acc_news_arrival){.folder = acc_strdup(folder),
                                                                      .name = acc_strdup(name),
                                                                      .reason = acc_strdup(reason),
                                                                      .code = code};
}

static void keep_day(void *arg, const struct acc_ledger_day *day)
{
    static const int64_t limits[] = {
#define X(name, days, text) days,
        ACC_NEWS_AGES(X)
#undef X
    };
    struct acc_news *news = arg;
    int64_t age = news->until / DAY - day->day;
    unsigned at = 0;
    while (at < ACC_NEWS_AGE_OLDER && age >= limits[at])
        at++;
    news->ages[at] += (uint64_t)day->proven;
    if (day->files == 0)
        return;
    news->days = grow(news->days, news->day_count, sizeof news->days[0]);
    news->days[news->day_count++] =
        (struct acc_news_day){.day = day->day, .files = (uint64_t)day->files, .bytes = day->bytes};
}

static void keep_destination(void *arg, const struct acc_destination_info *info)
{
    struct acc_news *news = arg;
    const struct acc_status_destination d = acc_report_destination_of(info);
    const char *state = acc_status_state(&d);
    news->bags++;
    news->files += d.archived;
    news->bytes += d.bytes_archived;
    news->due_files += d.due;
    news->due_bags += d.due > 0;
    if (d.due > 0 && news->due_count < ACC_NEWS_DUE)
        news->due[news->due_count++] = (struct acc_news_due){
            .url = acc_strdup(d.url), .files = d.due, .last_read = d.last_read};
    news->attention += strcmp(state, "complete") != 0 && strcmp(state, "due") != 0 &&
                       strcmp(state, "reported") != 0;
}

/* ---- counting ---- */

static void release_run(struct acc_news_run *run)
{
    for (size_t i = 0; i < run->refusal_count; i++) {
        free(run->refusals[i].path);
        free(run->refusals[i].reason);
    }
    free(run->refusals);
    free(run->name);
    free(run->kind);
    free(run->url);
}

static enum acc_code count_run(struct acc_ledger *ledger, struct acc_news_run *run,
                               struct acc_error *err)
{
    struct acc_ledger_counts counts;
    uint64_t unchanged = 0;
    bool verifies = strcmp(run->kind, "verify") == 0;
    enum acc_code code = acc_ledger_count(ledger, run->id, &counts, err);
    if (code == ACC_OK && verifies)
        code = acc_ledger_count_checked(ledger, run->id, &run->checked, &unchanged, err);
    if (code == ACC_OK)
        code = acc_ledger_sent_bytes(ledger, run->id, &run->bytes, err);
    if (code == ACC_OK)
        code = acc_ledger_refusals(ledger, run->id, keep_refusal, run, err);
    if (code != ACC_OK)
        return code;
    run->different = run->checked - unchanged;
    if (strcmp(run->kind, "restore") == 0)
        run->bytes = 0; /* came from the archive */
    else if (!verifies)
        run->archived = counts.archived;
    if (!verifies) {
        run->refused = counts.failed + counts.conflict;
        run->withheld = counts.withheld;
        run->pending = counts.pending;
    }
    return ACC_OK;
}

/* Whether the run needs a person. */
static bool add_run(struct acc_news *news, const struct acc_news_run *run)
{
    int exit = acc_code_exit(run->outcome);
    bool stalled = !run->ended && news->until - run->started > STALLED;
    news->runs++;
    news->archived += run->archived;
    news->sent += run->bytes;
    news->refused += run->refused;
    news->withheld += run->withheld;
    news->checked += run->checked;
    news->different += run->different;
    news->halted += run->ended && exit >= 3 && exit <= 5;
    news->unended += !run->ended;
    news->stalled += stalled;
    /* The answer to a question, for no person to act on. */
    bool asked = run->outcome == ACC_NOT_ON_RECORD;
    return stalled || (run->ended && run->outcome != ACC_OK && !asked) ||
           run->refused + run->different > 0;
}

static enum acc_code count_runs(struct acc_ledger *ledger, struct acc_news *news,
                                struct acc_error *err)
{
    size_t kept = 0, i = 0;
    enum acc_code code = ACC_OK;
    for (; code == ACC_OK && i < news->people_count; i++) {
        struct acc_news_run run = news->people[i];
        code = count_run(ledger, &run, err);
        if (code == ACC_OK && add_run(news, &run))
            news->people[kept++] = run;
        else
            release_run(&run);
    }
    for (; i < news->people_count; i++)
        release_run(&news->people[i]);
    news->people_count = kept;
    return code;
}

enum acc_code acc_news_collect(const struct acc_news_options *options, struct acc_news *news,
                               struct acc_error *err)
{
    struct acc_ledger *ledger = NULL;
    int64_t now = acc_time_now();
    *news = (struct acc_news){
        .until = now, .since = now - options->period, .url = acc_report_plain_url(options->url)};
    const struct acc_ledger_list list = {
        .due_before = acc_report_due_before(options->due_days), .below = news->url, .sort = "due"};
    enum acc_code code = acc_report_open(options->ledger, &ledger, err);
    if (code == ACC_OK)
        code = acc_ledger_destinations(ledger, &list, keep_destination, news, err);
    if (code == ACC_OK)
        code = acc_ledger_days(ledger, news->url, keep_day, news, err);
    if (code == ACC_OK)
        code = acc_ledger_arrivals_since(ledger, news->since, news->url, keep_arrival, news, err);
    if (code == ACC_OK)
        code = acc_ledger_runs_since(ledger, news->since, news->url, keep_run, news, err);
    if (code == ACC_OK)
        code = count_runs(ledger, news, err);
    acc_ledger_close(ledger);
    return code;
}

void acc_news_release(struct acc_news *news)
{
    for (size_t i = 0; i < news->people_count; i++)
        release_run(&news->people[i]);
    for (size_t i = 0; i < news->arrival_count; i++) {
        free(news->arrivals[i].folder);
        free(news->arrivals[i].name);
        free(news->arrivals[i].reason);
    }
    for (size_t i = 0; i < news->due_count; i++)
        free(news->due[i].url);
    free(news->people);
    free(news->arrivals);
    free(news->days);
    free(news->url);
    *news = (struct acc_news){0};
}
