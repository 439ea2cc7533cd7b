/* One object or row for each answer; nothing is kept. */
#include "cli/json/ask.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/str.h"
#include "cli/json/line.h"

static void put_time(json_t *line, const char *name, int64_t ms)
{
    char text[ACC_TIME_TEXT];
    acc_line_put(line, name, ms > 0 ? json_string(acc_time_rfc3339(ms, text)) : json_null());
}

static void put_copies(json_t *line, const struct acc_status_destination *d)
{
    json_t *others = json_array();
    struct acc_str shown = {0};
    for (const char *at = d->also_at, *end; *at != '\0'; at = *end != '\0' ? end + 1 : end) {
        end = at + strcspn(at, "\n");
        acc_str_clear(&shown);
        acc_path_show(&shown, at, (size_t)(end - at));
        json_array_append_new(others, json_string(acc_str_cstr(&shown)));
    }
    acc_str_release(&shown);
    acc_line_number(line, "copies", (int64_t)d->copies);
    acc_line_number(line, "copies_verified", (int64_t)d->copies_verified);
    acc_line_put(line, "also_at", others);
}

void acc_json_destination(FILE *out, const struct acc_status_destination *d)
{
    const struct {
        const char *name;
        int64_t value;
    } numbers[] = {{"archived", (int64_t)d->archived},
                   {"refused", (int64_t)d->refused},
                   {"pending", (int64_t)d->pending},
                   {"parked", (int64_t)d->parked},
                   {"bytes_archived", d->bytes_archived},
                   {"bytes_parked", d->bytes_parked},
                   {"different", (int64_t)d->different},
                   {"never_read", (int64_t)d->never_read},
                   {"due", (int64_t)d->due},
                   {"reported", (int64_t)d->reported},
                   {"bytes_reported", d->bytes_reported},
                   {"withheld", (int64_t)d->withheld}};
    json_t *line = json_object();
    acc_line_text(line, "type", "destination");
    acc_line_text(line, "url", d->url);
    acc_line_text(line, "destination", d->canonical);
    acc_line_text(line, "external_identifier", d->identifier);
    acc_line_text(line, "state", acc_status_state(d));
    for (size_t i = 0; i < ACC_COUNT_OF(numbers); i++)
        acc_line_number(line, numbers[i].name, numbers[i].value);
    put_time(line, "first_archived", d->first_archived);
    put_time(line, "last_archived", d->last_archived);
    put_time(line, "last_read", d->last_read);
    put_time(line, "last_checked", d->last_checked);
    acc_line_text(line, "last_level", d->last_level);
    if (d->copies > 1)
        put_copies(line, d);
    acc_line_end(out, line);
}

void acc_json_hit(FILE *out, const struct acc_hit *hit)
{
    struct acc_str url = {0};
    json_t *line = json_object();
    acc_str_addf(&url, "%s%s%s", hit->url, hit->entry != 0 ? "/" : "", hit->path);
    acc_line_text(line, "type", hit->entry != 0 ? "object" : "bag");
    acc_line_text(line, "url", acc_str_cstr(&url));
    acc_line_text(line, "destination", hit->url);
    acc_line_text(line, "path", hit->path);
    acc_line_text(line, "external_identifier", hit->identifier);
    acc_line_put(line, "archived", json_boolean(hit->archived));
    acc_line_put(line, "reported", json_boolean(hit->reported));
    if (hit->archived || (hit->reported && hit->size > 0))
        acc_line_number(line, "size", hit->size);
    put_time(line, "archived_at", hit->archived ? hit->at : 0);
    put_time(line, "last_checked", hit->last_checked);
    acc_line_text(line, "last_level", hit->last_level);
    acc_line_text(line, "last_result", hit->last_checked > 0 ? acc_code_name(hit->last_code) : "");
    acc_line_digests(line, "digests", &hit->digests);
    acc_line_end(out, line);
    acc_str_release(&url);
}

void acc_json_chronicle(FILE *out, const struct acc_chronicle *e)
{
    static const char *const kinds[ACC_CHRONICLE_KINDS] = {"promised", "upload", "archived",
                                                           "ended",    "gone",   "newer-version",
                                                           "checked",  "run",    "reported"};
    static const char *const texts[ACC_CHRONICLE_KINDS] = {
        "manifest", "upload_id", "proof", "detail", "", "", "detail", "manifests", "origin"};
    bool checked = e->kind == ACC_CHRONICLE_CHECKED, run = e->kind == ACC_CHRONICLE_RUN;
    json_t *line = json_object();
    acc_line_text(line, "type", "event");
    acc_line_text(line, "event", kinds[e->kind]);
    put_time(line, "time", e->at);
    acc_line_text(line, "run", e->run);
    acc_line_text(line, texts[e->kind], e->text);
    if (e->line > 0)
        acc_line_number(line, "line", e->line);
    if (e->size >= 0)
        acc_line_number(line, "size", e->size);
    acc_line_digests(line, "digests", &e->digests);
    acc_line_text(line, "etag", e->etag);
    acc_line_text(line, "version_id", e->version);
    acc_line_text(line, "checksum", e->checksum);
    acc_line_text(line,
                  run                             ? "kind"
                  : e->kind == ACC_CHRONICLE_TOLD ? "ground"
                                                  : "level",
                  e->level);
    acc_line_text(line, run ? "source" : "proof", e->proof);
    if (run && !e->ended)
        acc_line_put(line, "outcome", json_null());
    else if (checked || run || e->kind == ACC_CHRONICLE_ENDED)
        acc_line_text(line, run ? "outcome" : "code", acc_code_name(e->code));
    acc_line_end(out, line);
}

/* ---- CSV (RFC 4180) ---- */

static void add_text(struct acc_str *row, const char *text)
{
    acc_str_add_c(row, '"');
    for (const char *c = text; *c; c++)
        acc_str_addf(row, "%s%c", *c == '"' ? "\"" : "", *c);
    acc_str_add(row, "\",");
}

static void add_time(struct acc_str *row, int64_t ms)
{
    char text[ACC_TIME_TEXT];
    acc_str_addf(row, "%s,", ms > 0 ? acc_time_rfc3339(ms, text) : "");
}

void acc_csv_destination(FILE *out, const struct acc_status_destination *d, bool first)
{
    struct acc_str row = {0};
    if (first)
        fputs("url,external_identifier,state,files,bytes,first_archived,last_archived,last_checked,"
              "last_level,last_read,due,never_read,refused,withheld,pending,parked,different,"
              "reported,"
              "bytes_reported\r\n",
              out);
    add_text(&row, d->url);
    add_text(&row, d->identifier);
    acc_str_addf(&row, "%s,%llu,%lld,", acc_status_state(d), (unsigned long long)d->archived,
                 (long long)d->bytes_archived);
    add_time(&row, d->first_archived);
    add_time(&row, d->last_archived);
    add_time(&row, d->last_checked);
    acc_str_addf(&row, "%s,", d->last_level);
    add_time(&row, d->last_read);
    acc_str_addf(&row, "%llu,%llu,%llu,%llu,%llu,%llu,%llu,%llu,%lld\r\n",
                 (unsigned long long)d->due, (unsigned long long)d->never_read,
                 (unsigned long long)d->refused, (unsigned long long)d->withheld,
                 (unsigned long long)d->pending, (unsigned long long)d->parked,
                 (unsigned long long)d->different, (unsigned long long)d->reported,
                 (long long)d->bytes_reported);
    fwrite(row.data, 1, row.len, out);
    acc_str_release(&row);
}
