/* Page after page of ListObjectsV2; each key is looked up in the ledger and leaves two bits behind.
 * Memory: half a byte an entry. Ends early if the listing is denied (not an error: the
 * summary says so) or outgrows the manifest. */
#include "bucket/presence.h"

#include <string.h>

#include "base/mem.h"

/* Beyond ten times as many keys as entries, single requests cost less. */
#define PAGES_MAX(entries) (10 + (entries) / 100)

static void ask(struct acc_presence *p);

enum acc_presence_kind acc_presence_of(const struct acc_presence *p, int64_t id)
{
    return (enum acc_presence_kind)acc_marks_of(&p->marks, id);
}

static void on_listed(void *arg, const struct acc_s3_listed *item)
{
    struct acc_presence *p = arg;
    const char *prefix = acc_s3_where(p->s3)->prefix;
    int64_t id = 0;
    bool recorded = false;
    p->listed++;
    if (p->code != ACC_OK || !acc_starts_with(item->key, prefix))
        return;
    p->code = acc_ledger_recognise(p->ledger, p->run, item->key + strlen(prefix), item->etag,
                                   item->size, &id, &recorded, &p->err);
    if (p->code == ACC_OK && id != 0)
        acc_marks_add(&p->marks, id, recorded ? ACC_PRESENCE_RECORDED : ACC_PRESENCE_OTHER);
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
    bool read = call->class == ACC_S3_OK && acc_s3_read_list_objects(call, &p->page, on_listed, p);
    acc_ledger_let_go(p->ledger);
    if (read) {
        if (p->code == ACC_OK && p->page.more && !p->cancelled && p->pages < PAGES_MAX(p->entries))
            ask(p);
        else
            finish(p, p->code == ACC_OK && !p->page.more);
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
    acc_s3_list_objects(&p->call, p->s3, acc_s3_where(p->s3)->prefix, 0, &p->page);
    p->call.on_done = on_page;
    acc_s3_call_start(&p->call);
}

void acc_presence_start(struct acc_presence *p)
{
    acc_s3_page_release(&p->page);
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
}
