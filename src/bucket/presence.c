/* Page after page of ListObjectsV2; each key is looked up in the ledger and leaves a mark.
 * Memory: half a byte an entry. Ends early if the listing is denied (not an error: the
 * summary says so) or outgrows the manifest. */
#include "bucket/presence.h"

#include <string.h>

#include "base/mem.h"

/* Ten times as many keys as entries, and some: then asking one by one costs less. */
#define PAGES_MAX(entries) (10 + (entries) / 100)

static void ask(struct acc_presence *p);

bool acc_presence_of(const struct acc_presence *p, int64_t id)
{
    return acc_marks_of(&p->marks, id) != 0;
}

static void on_listed(void *arg, const struct acc_s3_listed *item)
{
    struct acc_presence *p = arg;
    const char *prefix = acc_s3_where(p->s3)->prefix;
    struct acc_row row;
    bool named = false;
    p->listed++;
    if (p->code != ACC_OK || !acc_starts_with(item->key, prefix))
        return;
    if (p->versions && strcmp(item->key, acc_str_cstr(&p->key)) == 0)
        return; /* an older version */
    if (p->versions)
        acc_str_set(&p->key, item->key);
    if (item->delete_marker)
        return;
    p->code = acc_ledger_find(p->ledger, p->run, item->key + strlen(prefix), &row, &named, &p->err);
    if (p->code == ACC_OK && !named && p->on_unnamed != NULL)
        p->on_unnamed(p, item->key + strlen(prefix));
    if (p->code != ACC_OK || !named)
        return;
    acc_marks_add(&p->marks, row.id, 1);
    p->on_seen(p, &row, item);
}

static void finish(struct acc_presence *p, bool known)
{
    p->known = known;
    p->on_done(p);
}

static void on_page(struct acc_s3_call *call)
{
    struct acc_presence *p = ACC_CONTAINER_OF(call, struct acc_presence, call);
    p->pages++;
    acc_ledger_hold(p->ledger);
    bool read = call->class == ACC_S3_OK &&
                (p->versions ? acc_s3_read_list_versions : acc_s3_read_list_objects)(call, &p->page,
                                                                                     on_listed, p);
    acc_ledger_let_go(p->ledger);
    if (read) {
        if (p->code == ACC_OK && p->page.more && !p->cancelled && p->pages < PAGES_MAX(p->entries))
            ask(p);
        else
            finish(p, p->code == ACC_OK && !p->page.more);
    } else if (p->versions && p->pages == 1 && call->class != ACC_S3_CANCELLED &&
               call->class != ACC_S3_UNREACHABLE) {
        p->versions = false; /* not every server lists versions, and not everybody may */
        acc_presence_start(p);
    } else if (call->class == ACC_S3_DENIED) {
        finish(p, false);
    } else {
        if (call->class == ACC_S3_OK)
            call->class = ACC_S3_PROTOCOL;
        p->code = acc_s3_call_error(call, &p->err);
        finish(p, false);
    }
}

static void ask(struct acc_presence *p)
{
    if (p->versions)
        acc_s3_list_versions(&p->call, p->s3, acc_s3_where(p->s3)->prefix, &p->page);
    else
        acc_s3_list_objects(&p->call, p->s3, acc_s3_where(p->s3)->prefix, 0, &p->page);
    p->call.on_done = on_page;
    acc_s3_call_start(&p->call);
}

void acc_presence_start(struct acc_presence *p)
{
    acc_s3_page_release(&p->page);
    acc_str_clear(&p->key);
    p->code = ACC_OK;
    p->listed = p->pages = 0;
    ask(p);
}

void acc_presence_cancel(struct acc_presence *p)
{
    p->cancelled = true;
    acc_s3_call_cancel(&p->call);
}

void acc_presence_release(struct acc_presence *p)
{
    acc_marks_release(&p->marks);
    acc_s3_call_release(&p->call);
    acc_s3_page_release(&p->page);
    acc_str_release(&p->key);
}
