/* Happy path: the first bytes of an answer show what it is of; then each piece is handed on. Fails
 * by the call's class; a failed attempt goes on behind the last byte that was taken. Close: cancel,
 * then on_done follows. */
#include "s3/ops/fetch.h"

#include <string.h>

#include "base/mem.h"

static void set_paused(struct acc_s3_fetch *f, bool paused)
{
    if (f->paused == paused)
        return;
    f->paused = paused;
    if (f->on_paused != NULL)
        f->on_paused(f, paused);
}

void acc_s3_fetch_resume(struct acc_s3_fetch *f)
{
    if (!f->paused)
        return;
    set_paused(f, false);
    acc_http_resume(&f->call.http);
}

/* The first bytes of an answer: what does it show? False when it is of another object. */
static bool meet(struct acc_s3_fetch *f)
{
    struct acc_s3_object now;
    int64_t at = f->from + f->received;
    f->answered = true;
    acc_s3_read_object(&f->call, &now);
    f->skip = at > 0 ? at - acc_s3_read_range(&f->call) : 0;
    if (f->resumed == 0)
        f->object = now;
    return strcmp(now.etag, f->object.etag) == 0 &&
           strcmp(now.version_id, f->object.version_id) == 0 && f->skip >= 0 &&
           (f->accepts == NULL || f->accepts(f, &now));
}

/* How many of `len` bytes are wanted: a server may send more than the range. */
static size_t wanted(const struct acc_s3_fetch *f, size_t len)
{
    int64_t left = f->until - f->from - f->received;
    return f->until >= 0 && left < (int64_t)len ? (size_t)left : len;
}

static bool on_data(struct acc_s3_call *call, const void *data, size_t len)
{
    struct acc_s3_fetch *f = ACC_CONTAINER_OF(call, struct acc_s3_fetch, call);
    const unsigned char *bytes = data;
    if (!f->answered && !meet(f)) {
        f->changed = true;
        acc_s3_call_refuse(call);
        return true;
    }
    size_t skip = f->skip < (int64_t)len ? (size_t)f->skip : len, take = wanted(f, len - skip);
    if (take > 0 && !f->on_bytes(f, bytes + skip, take)) {
        set_paused(f, true);
        return false;
    }
    f->skip -= (int64_t)skip;
    f->received += (int64_t)take;
    if (take > 0)
        acc_s3_call_progressed(call);
    if (take < len - skip) {
        f->cut = true;
        acc_s3_call_refuse(call);
    }
    return true;
}

/* The next attempt asks for what is still missing; of a range that came whole, and broke then, for
 * its last byte: an empty range cannot be asked for. */
static void on_retry(struct acc_s3_call *call)
{
    struct acc_s3_fetch *f = ACC_CONTAINER_OF(call, struct acc_s3_fetch, call);
    set_paused(f, false);
    f->resumed += f->answered;
    f->answered = false;
    int64_t at = f->from + f->received;
    if (at > 0 || f->until >= 0)
        acc_s3_get_range(call, at - (at == f->until), f->until, f->object.etag);
}

/* It broke off behind the last byte: there is nothing left to ask for. */
static bool had_all(const struct acc_s3_fetch *f)
{
    return f->call.status == 416 && f->resumed > 0 &&
           acc_s3_read_whole_size(&f->call) == f->from + f->received;
}

static void on_call_done(struct acc_s3_call *call)
{
    struct acc_s3_fetch *f = ACC_CONTAINER_OF(call, struct acc_s3_fetch, call);
    if (call->class == ACC_S3_OK && !f->answered && !meet(f)) /* an empty object */
        f->changed = true;
    if (call->class == ACC_S3_OK && f->skip > 0) /* it ended before that byte */
        f->changed = true;
    if (had_all(f) || (f->cut && call->class == ACC_S3_CANCELLED))
        call->class = ACC_S3_OK;
    if (f->changed)
        call->class = ACC_S3_PRECONDITION;
    set_paused(f, false);
    f->on_done(f);
}

void acc_s3_fetch_init(struct acc_s3_fetch *f)
{
    f->from = f->received = f->skip = 0;
    f->until = -1;
    f->resumed = 0;
    f->answered = f->paused = f->changed = f->cut = false;
    f->object = (struct acc_s3_object){.size = -1};
}

void acc_s3_fetch_start(struct acc_s3_fetch *f, struct acc_s3 *s3, const char *key,
                        const char *version_id, const char *etag)
{
    acc_s3_get_object(&f->call, s3, key, version_id, etag);
    if (f->from > 0 || f->until >= 0)
        acc_s3_get_range(&f->call, f->from, f->until, etag);
    f->call.on_data = on_data;
    f->call.on_retry = on_retry;
    f->call.on_done = on_call_done;
    acc_s3_call_start(&f->call);
}

void acc_s3_fetch_cancel(struct acc_s3_fetch *f)
{
    acc_s3_call_cancel(&f->call);
}

void acc_s3_fetch_release(struct acc_s3_fetch *f)
{
    acc_s3_call_release(&f->call);
}
