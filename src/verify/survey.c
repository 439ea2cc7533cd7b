/* Happy path: cut, ask each lane's first page, look every key up in the ledger, ask for the next
 * page until the lane meets its end; the last lane to end calls on_done. A denied listing ends
 * unknown, which is not an error: each entry is then asked about by itself. Any other failure is an
 * error. On cancel the lanes' requests end, and on_done follows. */
#include "verify/survey.h"

#include <string.h>

#include "base/mem.h"

#define PAGE_KEYS 1000

enum acc_listing acc_survey_compare(const struct acc_row *row, const struct acc_s3_listed *item)
{
    const struct acc_archived *a = acc_rules_archived(row);
    return acc_gate_listing(acc_rules_size(row), a != NULL ? a->etag : NULL, item->size,
                            item->etag);
}

enum acc_listing acc_survey_of(const struct acc_survey *s, int64_t entry)
{
    unsigned mark = acc_marks_of(&s->marks, entry);
    if (!s->known)
        return ACC_LISTING_UNKNOWN;
    return mark == 0 ? ACC_LISTING_ABSENT : (enum acc_listing)mark;
}

static void look_up(struct acc_survey *s, const struct acc_s3_listed *item)
{
    const char *prefix = acc_s3_where(s->s3)->prefix;
    struct acc_row row;
    bool found = false;
    s->listed++;
    if (s->code != ACC_OK || !acc_starts_with(item->key, prefix))
        return;
    s->code = acc_ledger_find(s->ledger, s->run, item->key + strlen(prefix), &row, &found, &s->err);
    if (s->code != ACC_OK)
        return;
    if (found && acc_marks_of(&s->marks, row.id) == 0)
        acc_marks_add(&s->marks, row.id, acc_survey_compare(&row, item));
    else if (!found)
        s->on_extra(s, item);
}

/* Characters from U+10000 on are surrogates in UTF-16, and come before U+E000 there. */
#define FROM_E000 0xEE
#define FROM_10000 0xF0

static bool is_in_order(const char *before, const char *key)
{
    const unsigned char *a = (const unsigned char *)before, *b = (const unsigned char *)key;
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a <= *b || (*a >= FROM_10000 && *b >= FROM_E000 && *b < FROM_10000) ||
           (*a >= FROM_E000 && *a < FROM_10000 && *b >= FROM_10000);
}

/* Every order that servers use agrees about where other keys stand to this one. */
static bool parts_all(const char *key)
{
    const unsigned char *c = (const unsigned char *)key;
    while (*c != '\0' && *c < FROM_E000)
        c++;
    return *c == '\0';
}

static void on_listed(void *arg, const struct acc_s3_listed *item)
{
    struct acc_survey_lane *lane = arg;
    if (!is_in_order(acc_str_cstr(&lane->before), item->key))
        lane->survey->disordered = true;
    acc_str_set(&lane->before, item->key);
    if (lane->last.len > 0 && strcmp(item->key, lane->last.data) >= 0)
        lane->over = true;
    if (lane->last.len > 0 && strcmp(item->key, lane->last.data) > 0)
        return; /* the next lane's */
    if (!lane->survey->first_page_only)
        look_up(lane->survey, item);
}

static void finish_if_over(struct acc_survey *s)
{
    for (unsigned i = 0; i < s->lane_count; i++)
        if (s->lanes[i].running)
            return;
    s->known = s->code == ACC_OK && s->class == ACC_S3_OK && !s->cancelled && !s->first_page_only &&
               !(s->disordered && s->lane_count > 1);
    s->on_done(s);
}

static void stop_others(struct acc_survey *s)
{
    for (unsigned i = 0; i < s->lane_count; i++)
        acc_s3_call_cancel(&s->lanes[i].call);
}

static void fail(struct acc_survey *s, struct acc_s3_call *call)
{
    if (s->class != ACC_S3_OK || s->cancelled)
        return; /* the first one counts; the others were cancelled for it */
    s->class = call->class == ACC_S3_OK ? ACC_S3_PROTOCOL : call->class;
    if (s->class != ACC_S3_DENIED) {
        call->class = s->class;
        s->code = acc_s3_call_error(call, &s->err);
    }
    stop_others(s);
}

static void ask(struct acc_survey_lane *lane);

static void on_page(struct acc_s3_call *call)
{
    struct acc_survey_lane *lane = ACC_CONTAINER_OF(call, struct acc_survey_lane, call);
    struct acc_survey *s = lane->survey;
    lane->running = false;
    acc_ledger_hold(s->ledger);
    bool read =
        call->class == ACC_S3_OK && acc_s3_read_list_objects(call, &lane->page, on_listed, lane);
    acc_ledger_let_go(s->ledger);
    if (!read)
        fail(s, call);
    else if (s->code == ACC_OK && s->class == ACC_S3_OK && !s->cancelled && lane->page.more &&
             !lane->over && !s->first_page_only)
        ask(lane);
    finish_if_over(s);
}

static void ask(struct acc_survey_lane *lane)
{
    struct acc_survey *s = lane->survey;
    bool first = lane->page.next.len == 0;
    acc_s3_list_objects(&lane->call, s->s3, acc_s3_where(s->s3)->prefix, s->first_page_only ? 1 : 0,
                        &lane->page);
    if (first && lane->after.len > 0)
        acc_s3_call_query(&lane->call, "start-after", lane->after.data);
    lane->call.on_done = on_page;
    lane->running = true;
    s->requests++;
    acc_s3_call_start(&lane->call);
}

/* Lanes of whole pages of the promised keys; the first ones get what does not divide. Where a key
 * is no place to cut, the lane gets the next one's pages too. */
static enum acc_code cut(struct acc_survey *s, struct acc_ledger_cursor *rows, unsigned lanes,
                         struct acc_error *err)
{
    uint64_t keys = acc_ledger_cursor_rows(rows), pages = (keys + PAGE_KEYS - 1) / PAGE_KEYS;
    const char *prefix = acc_s3_where(s->s3)->prefix;
    uint64_t page = 0;
    if (lanes > ACC_SURVEY_LANES)
        lanes = ACC_SURVEY_LANES;
    if (s->first_page_only || pages < lanes)
        lanes = s->first_page_only || pages == 0 ? 1 : (unsigned)pages;
    s->lane_count = 1;
    s->lanes[0].survey = s;
    for (unsigned i = 0; i + 1 < lanes; i++) {
        struct acc_survey_lane *lane = &s->lanes[s->lane_count - 1];
        struct acc_str path = {0}, key = {0};
        page += pages / lanes + (i < pages % lanes);
        enum acc_code code = acc_ledger_cursor_path(rows, page * PAGE_KEYS - 1, &path, err);
        acc_str_addf(&key, "%s%s", prefix, acc_str_cstr(&path));
        acc_str_release(&path);
        if (code == ACC_OK && parts_all(acc_str_cstr(&key))) {
            acc_str_set(&lane->last, key.data);
            acc_str_set(&lane[1].after, key.data);
            lane[1].survey = s;
            s->lane_count++;
        }
        acc_str_release(&key);
        if (code != ACC_OK)
            return code;
    }
    return ACC_OK;
}

enum acc_code acc_survey_start(struct acc_survey *s, struct acc_ledger_cursor *rows, unsigned lanes,
                               struct acc_error *err)
{
    enum acc_code code = cut(s, rows, lanes, err);
    for (unsigned i = 0; code == ACC_OK && i < s->lane_count; i++)
        ask(&s->lanes[i]);
    return code;
}

void acc_survey_cancel(struct acc_survey *s)
{
    s->cancelled = true;
    stop_others(s);
}

void acc_survey_release(struct acc_survey *s)
{
    for (unsigned i = 0; i < s->lane_count; i++) {
        acc_s3_call_release(&s->lanes[i].call);
        acc_s3_page_release(&s->lanes[i].page);
        acc_str_release(&s->lanes[i].before);
        acc_str_release(&s->lanes[i].after);
        acc_str_release(&s->lanes[i].last);
    }
    acc_marks_release(&s->marks);
}
