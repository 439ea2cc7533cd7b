/* The totals, then what needs a person, then days and ages. */
#include "cli/json/news.h"

#include "base/clock.h"
#include "base/mem.h"
#include "cli/json/line.h"

static void put_time(json_t *object, const char *name, int64_t ms)
{
    char text[ACC_TIME_TEXT];
    acc_line_put(object, name, ms > 0 ? json_string(acc_time_rfc3339(ms, text)) : json_null());
}

static void put_totals(json_t *line, const struct acc_news *n)
{
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {{"bags", (int64_t)n->bags},
                   {"files", (int64_t)n->files},
                   {"bytes", n->bytes},
                   {"attention", (int64_t)n->attention},
                   {"due_bags", (int64_t)n->due_bags},
                   {"due_files", (int64_t)n->due_files},
                   {"arrived", (int64_t)n->arrived},
                   {"rejected", (int64_t)n->rejected},
                   {"runs", (int64_t)n->runs},
                   {"archived", (int64_t)n->archived},
                   {"sent_bytes", n->sent},
                   {"refused", (int64_t)n->refused},
                   {"withheld", (int64_t)n->withheld},
                   {"checked", (int64_t)n->checked},
                   {"different", (int64_t)n->different},
                   {"halted", (int64_t)n->halted},
                   {"not_ended", (int64_t)n->unended},
                   {"stalled", (int64_t)n->stalled}};
    for (size_t i = 0; i < ACC_COUNT_OF(numbers); i++)
        acc_line_number(line, numbers[i].name, numbers[i].value);
}

static json_t *refusals(const struct acc_news_run *run)
{
    json_t *list = json_array();
    for (size_t i = 0; i < run->refusal_count; i++) {
        const struct acc_news_refusal *r = &run->refusals[i];
        json_t *object = json_object();
        acc_line_text(object, "code", acc_code_name(r->code));
        acc_line_text(object, "fault", acc_code_fault(r->code));
        acc_line_number(object, "files", (long long)r->count);
        acc_line_text(object, "first", r->path);
        acc_line_text(object, "reason", r->reason);
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *people(const struct acc_news *n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n->people_count; i++) {
        const struct acc_news_run *run = &n->people[i];
        json_t *object = json_object();
        acc_line_text(object, "run", run->name);
        acc_line_text(object, "kind", run->kind);
        acc_line_text(object, "url", run->url);
        put_time(object, "started", run->started);
        put_time(object, "finished", run->ended ? run->finished : 0);
        acc_line_put(object, "outcome",
                     run->ended ? json_string(acc_code_name(run->outcome)) : json_null());
        acc_line_text(object, "fault", run->ended ? acc_code_fault(run->outcome) : "");
        acc_line_put(object, "refusals", refusals(run));
        json_array_append_new(list, object);
    }
    for (size_t i = 0; i < n->arrival_count; i++) {
        json_t *object = json_object();
        acc_line_text(object, "arrival", n->arrivals[i].name);
        acc_line_text(object, "folder", n->arrivals[i].folder);
        acc_line_text(object, "outcome", acc_code_name(n->arrivals[i].code));
        acc_line_text(object, "fault", acc_code_fault(n->arrivals[i].code));
        acc_line_text(object, "reason", n->arrivals[i].reason);
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *due(const struct acc_news *n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n->due_count; i++) {
        json_t *object = json_object();
        acc_line_text(object, "url", n->due[i].url);
        acc_line_number(object, "files", (long long)n->due[i].files);
        put_time(object, "last_read", n->due[i].last_read);
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *ages(const struct acc_news *n)
{
    static const int64_t limits[] = {
#define X(name, days, text) days,
        ACC_NEWS_AGES(X)
#undef X
    };
    json_t *list = json_array();
    for (int i = 0; i < ACC_NEWS_AGE_COUNT; i++) {
        json_t *object = json_object();
        acc_line_put(object, "days_below",
                     i < ACC_NEWS_AGE_OLDER ? json_integer(limits[i]) : json_null());
        acc_line_number(object, "files", (long long)n->ages[i]);
        json_array_append_new(list, object);
    }
    return list;
}

void acc_json_news(FILE *out, const struct acc_news *news)
{
    json_t *line = json_object(), *days = json_array();
    acc_line_text(line, "type", "digest");
    put_time(line, "since", news->since);
    put_time(line, "until", news->until);
    acc_line_text(line, "url", news->url);
    put_totals(line, news);
    acc_line_put(line, "people", people(news));
    acc_line_put(line, "due", due(news));
    acc_line_put(line, "ages", ages(news));
    for (size_t i = 0; i < news->day_count; i++) {
        char text[ACC_TIME_TEXT];
        json_t *day = json_object();
        acc_time_show(news->days[i].day * 86400000, text)[10] = '\0';
        acc_line_text(day, "day", text);
        acc_line_number(day, "files", (long long)news->days[i].files);
        acc_line_number(day, "bytes", news->days[i].bytes);
        json_array_append_new(days, day);
    }
    acc_line_put(line, "days", days);
    acc_line_end(out, line);
}
