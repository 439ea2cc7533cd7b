/* For each key in doubt: ListMultipartUploads of that key, then for each upload that fits ListParts
 * and, when it has none, Abort. After a request that fails, the next key follows: an orphan that
 * is left costs money, but does no harm. On cancel the running call ends it. */
#include "bucket/orphans.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void next_key(struct acc_orphans *o);
static void next_found(struct acc_orphans *o);

void acc_orphans_doubt(struct acc_orphans *o, const struct acc_s3_call *create, int64_t elapsed)
{
    if (o->count == ACC_ORPHANS_MAX)
        return;
    int64_t now = acc_s3_server_time(create);
    o->doubts[o->count++] = (struct acc_doubt){
        .key = acc_strdup(acc_str_cstr(&create->key)),
        .from = now - elapsed - ACC_ORPHAN_SLACK_MS,
        .to = now + ACC_ORPHAN_SLACK_MS,
    };
}

static void on_opening(void *arg, const char *key, int64_t at)
{
    struct acc_orphans *o = arg;
    if (o->count == ACC_ORPHANS_MAX) {
        o->complete = false;
        return;
    }
    o->doubts[o->count++] = (struct acc_doubt){
        .key = acc_strdup(key), .from = at - ACC_ORPHAN_SLACK_MS, .to = at + ACC_ORPHAN_LATEST_MS};
}

static void start(struct acc_orphans *o, void (*on_done)(struct acc_s3_call *))
{
    o->call.on_done = on_done;
    acc_s3_call_start(&o->call);
}

static void on_aborted(struct acc_s3_call *call)
{
    struct acc_orphans *o = ACC_CONTAINER_OF(call, struct acc_orphans, call);
    bool gone =
        call->class == ACC_S3_OK || call->class == ACC_S3_RESTART || call->class == ACC_S3_MISSING;
    o->aborted += call->class == ACC_S3_OK;
    o->complete = o->complete && gone;
    next_found(o);
}

static void on_part(void *arg, const struct acc_s3_listed_part *part)
{
    struct acc_orphans *o = arg;
    o->has_parts = true;
}

static void on_parts(struct acc_s3_call *call)
{
    struct acc_orphans *o = ACC_CONTAINER_OF(call, struct acc_orphans, call);
    o->has_parts = false;
    bool read = call->class == ACC_S3_OK && acc_s3_read_list_parts(call, &o->parts, on_part, o);
    if (read && !o->has_parts) {
        acc_s3_abort_upload(&o->call, o->s3, o->doubts[o->at].key, o->found[o->found_at - 1]);
        start(o, on_aborted);
    } else {
        next_found(o);
    }
}

static void next_found(struct acc_orphans *o)
{
    if (o->cancelled || o->found_at == o->found_count) {
        o->at++;
        next_key(o);
        return;
    }
    acc_s3_page_release(&o->parts);
    acc_s3_list_parts(&o->call, o->s3, o->doubts[o->at].key, o->found[o->found_at++], &o->parts);
    start(o, on_parts);
}

static void on_upload(void *arg, const struct acc_s3_listed *item)
{
    struct acc_orphans *o = arg;
    const struct acc_doubt *doubt = &o->doubts[o->at];
    bool known = true;
    if (strcmp(item->key, doubt->key) != 0 || item->modified < doubt->from ||
        item->modified > doubt->to ||
        acc_ledger_knows_upload(o->ledger, item->upload_id, &known, NULL) != ACC_OK || known)
        return;
    o->found = acc_realloc(o->found, (o->found_count + 1) * sizeof *o->found);
    o->found[o->found_count++] = acc_strdup(item->upload_id);
}

static void forget_found(struct acc_orphans *o)
{
    for (size_t i = 0; i < o->found_count; i++)
        free(o->found[i]);
    o->found_count = o->found_at = 0;
}

static void ask_uploads(struct acc_orphans *o);

static void on_uploads(struct acc_s3_call *call)
{
    struct acc_orphans *o = ACC_CONTAINER_OF(call, struct acc_orphans, call);
    bool read = call->class == ACC_S3_OK && acc_s3_read_list_uploads(call, &o->page, on_upload, o);
    o->complete = o->complete && read && !o->cancelled;
    if (read && o->page.more && !o->cancelled)
        ask_uploads(o);
    else
        next_found(o);
}

static void ask_uploads(struct acc_orphans *o)
{
    acc_s3_list_uploads(&o->call, o->s3, o->doubts[o->at].key, &o->page);
    start(o, on_uploads);
}

static void next_key(struct acc_orphans *o)
{
    forget_found(o);
    acc_s3_page_release(&o->page);
    if (o->cancelled || o->at == o->count)
        o->on_done(o);
    else
        ask_uploads(o);
}

void acc_orphans_start(struct acc_orphans *o)
{
    struct acc_error err;
    o->at = 0;
    o->complete = o->count < ACC_ORPHANS_MAX;
    if (acc_ledger_openings(o->ledger, o->run, on_opening, o, &err) != ACC_OK)
        o->complete = false;
    next_key(o);
}

void acc_orphans_cancel(struct acc_orphans *o)
{
    o->cancelled = true;
    acc_s3_call_cancel(&o->call);
}

void acc_orphans_release(struct acc_orphans *o)
{
    forget_found(o);
    free(o->found);
    for (unsigned i = 0; i < o->count; i++)
        free(o->doubts[i].key);
    acc_s3_call_release(&o->call);
    acc_s3_page_release(&o->page);
    acc_s3_page_release(&o->parts);
}
