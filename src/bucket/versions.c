/* Few keys are looked up one by one, many through pages of the whole prefix. Versions of a key
 * come newest first, next to each other, also across pages; `above` is the last one newer than ours
 * that hides what was archived. The same content twice hides nothing. */
#include "bucket/versions.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define ONE_BY_ONE_MAX 50
#define PAGES_MAX(entries) (10 + (entries) / 100)

static void go_on(struct acc_versions *v);
static void ask_page(struct acc_versions *v);

static bool find_ours(struct acc_versions *v, const char *key, struct acc_row *row)
{
    const char *prefix = acc_s3_where(v->s3)->prefix;
    struct acc_error err;
    bool found = false;
    if (!acc_starts_with(key, prefix))
        return false;
    if (acc_ledger_find(v->ledger, v->run, key + strlen(prefix), row, &found, &err) != ACC_OK) {
        v->failed = true;
        return false;
    }
    return found && row->state == ACC_ENTRY_ARCHIVED;
}

static void begin_key(struct acc_versions *v, const char *key)
{
    acc_str_set(&v->key, key);
    v->ours_seen = v->surplus_seen = false;
    v->above = (struct acc_s3_listed){0};
}

static bool has_version(const char *version_id)
{
    return *version_id != '\0' && strcmp(version_id, "null") != 0;
}

/* What the answer to the write left out, so that the next run knows this very write again. */
static void learn(struct acc_versions *v, const struct acc_s3_listed *item,
                  const struct acc_row *row)
{
    bool lacks_etag = row->archived.etag[0] == '\0' && item->etag[0] != '\0';
    bool lacks_version = !has_version(row->archived.version_id) && has_version(item->version_id);
    if ((lacks_etag || lacks_version) && !item->delete_marker && item->size == row->archived.size)
        v->on_learnt(v, row, item);
}

static bool is_copy(const struct acc_s3_listed *item, const struct acc_row *row)
{
    bool same = row->archived.etag[0] != '\0' ? strcmp(item->etag, row->archived.etag) == 0
                                              : item->size == row->archived.size;
    return same && !item->delete_marker;
}

static void count_surplus(struct acc_versions *v)
{
    v->surplus++;
    v->surplus_keys += !v->surplus_seen;
    if (v->first_surplus_key.len == 0)
        acc_str_set(&v->first_surplus_key, acc_str_cstr(&v->key));
    v->surplus_seen = true;
}

/* By its version id; if the answer to the write had none, by its ETag. */
static bool is_ours(const struct acc_versions *v, const struct acc_s3_listed *item,
                    const struct acc_row *row)
{
    return has_version(row->archived.version_id)
               ? strcmp(item->version_id, row->archived.version_id) == 0
               : !v->ours_seen && is_copy(item, row);
}

/* In a bucket without versions the only one is called "null". Its ETag shows whose it is; that
 * of an object written in parts is not always on record. */
static void check_unversioned(struct acc_versions *v, const struct acc_s3_listed *item,
                              const struct acc_row *row)
{
    v->interesting = false;
    learn(v, item, row);
    if (item->etag[0] == '\0' && item->size == row->archived.size) {
        v->checked--; /* this server's listing does not show whose content it is */
        return;
    }
    if (item->delete_marker || row->archived.etag[0] == '\0' ||
        strcmp(item->etag, row->archived.etag) == 0)
        return;
    v->on_conflict(v, row,
                   "archived and verified, but another client has since replaced it, and this "
                   "bucket keeps no versions. Decide which content is right, then archive this "
                   "one under another key.");
}

static void check(struct acc_versions *v, const struct acc_s3_listed *item,
                  const struct acc_row *row)
{
    char reason[640];
    if (!has_version(row->archived.version_id) && !has_version(item->version_id)) {
        check_unversioned(v, item, row);
        return;
    }
    bool ours = is_ours(v, item, row);
    if (ours)
        learn(v, item, row);
    if (ours && v->above.version_id[0] != '\0') {
        snprintf(reason, sizeof reason,
                 "archived as version %.200s, but another client has since put %s %.200s on top. "
                 "Both exist; decide which "
                 "one is right.",
                 item->version_id, v->above.delete_marker ? "a delete marker" : "version",
                 v->above.version_id);
        v->on_conflict(v, row, reason);
        v->interesting = false;
    } else if (!ours && is_copy(item, row)) {
        count_surplus(v);
    } else if (v->ours_seen && !item->delete_marker) {
        snprintf(reason, sizeof reason,
                 "archived as version %.200s, but another client wrote version %.200s to the same "
                 "key at the same time. "
                 "Both exist; decide which one is right.",
                 row->archived.version_id, item->version_id);
        acc_s3_condition_ignored(v->s3, row->archived.part_size > 0);
        v->on_conflict(v, row, reason);
        v->interesting = false;
    } else if (v->ours_seen) {
        v->interesting = false; /* what lies beneath a delete marker was there before the run */
    } else if (!ours) {
        v->above = *item;
    }
    v->ours_seen = v->ours_seen || ours;
}

static void on_version(void *arg, const struct acc_s3_listed *item)
{
    struct acc_versions *v = arg;
    struct acc_row row;
    if (v->one_key.len > 0 && strcmp(item->key, acc_str_cstr(&v->one_key)) != 0)
        return;
    bool first = strcmp(item->key, acc_str_cstr(&v->key)) != 0;
    if (first)
        begin_key(v, item->key);
    else if (!v->interesting)
        return;
    v->interesting = find_ours(v, item->key, &row);
    v->checked += first && v->interesting;
    if (v->interesting)
        check(v, item, &row);
}

static void finish(struct acc_versions *v, bool complete)
{
    acc_ledger_cursor_close(v->cursor);
    v->cursor = NULL;
    v->confirmed = complete && !v->failed && v->checked >= v->sent;
    v->on_done(v);
}

static void on_page(struct acc_s3_call *call)
{
    struct acc_versions *v = ACC_CONTAINER_OF(call, struct acc_versions, call);
    v->pages++;
    acc_ledger_hold(v->ledger);
    bool read = !v->cancelled && call->class == ACC_S3_OK &&
                (v->flat ? acc_s3_read_list_objects : acc_s3_read_list_versions)(call, &v->page,
                                                                                 on_version, v);
    acc_ledger_let_go(v->ledger);
    if (read) {
        go_on(v);
    } else if (!v->cancelled && !v->flat && v->pages == 1 && acc_s3_lacks(call)) {
        v->flat = true; /* this server does not list versions */
        v->pages = 0;
        ask_page(v);
    } else {
        finish(v, false);
    }
}

static void ask(struct acc_versions *v, const char *prefix)
{
    if (v->flat)
        acc_s3_list_objects(&v->call, v->s3, prefix, 0, &v->page);
    else
        acc_s3_list_versions(&v->call, v->s3, prefix, &v->page);
    v->call.on_done = on_page;
    v->call.delay_ms = v->delay_ms;
    v->delay_ms = 0;
    acc_s3_call_start(&v->call);
}

/* Of the key in hand or, without one, of the prefix. */
static void ask_page(struct acc_versions *v)
{
    ask(v, v->cursor != NULL ? acc_str_cstr(&v->one_key) : acc_s3_where(v->s3)->prefix);
}

/* The next key that was sent in this run, into one_key. */
static bool next_key(struct acc_versions *v)
{
    struct acc_row row;
    struct acc_error err;
    bool more = true;
    while (more) {
        if (acc_ledger_next(v->cursor, &row, &more, &err) != ACC_OK) {
            v->failed = true;
            return false;
        }
        if (more && row.state == ACC_ENTRY_ARCHIVED) {
            acc_str_set(&v->one_key, acc_s3_where(v->s3)->prefix);
            acc_str_add(&v->one_key, row.entry.path);
            return true;
        }
    }
    return false;
}

static void go_on(struct acc_versions *v)
{
    if (v->cursor == NULL) {
        if (v->page.more && v->pages < PAGES_MAX(v->entries))
            ask_page(v);
        else
            finish(v, !v->page.more);
        return;
    }
    /* Keys that merely begin with this one come after it: a million of them are no concern here. */
    bool past = v->flat || strcmp(acc_str_cstr(&v->page.next), acc_str_cstr(&v->one_key)) > 0;
    if (!v->page.more || past) {
        acc_s3_page_release(&v->page);
        if (!next_key(v)) {
            finish(v, true);
            return;
        }
    }
    ask_page(v);
}

void acc_versions_start(struct acc_versions *v)
{
    struct acc_error err;
    if (v->sent <= ONE_BY_ONE_MAX &&
        acc_ledger_rows_open(v->ledger, v->run, &v->cursor, &err) != ACC_OK)
        v->cursor = NULL;
    v->page.more = v->cursor == NULL;
    go_on(v);
}

void acc_versions_cancel(struct acc_versions *v)
{
    v->cancelled = true;
    acc_s3_call_cancel(&v->call);
}

void acc_versions_release(struct acc_versions *v)
{
    acc_s3_call_release(&v->call);
    acc_s3_page_release(&v->page);
    acc_str_release(&v->first_surplus_key);
    acc_str_release(&v->one_key);
    acc_str_release(&v->key);
}
