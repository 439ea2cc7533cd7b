/* HEAD -> fix one by one -> HEAD. A call that fails leaves its bit in `lacking`; the object itself
 * is safe and verified either way, so this never undoes anything. */
#include "ingest/upload/readback.h"

#include "base/mem.h"

#define MENDABLE (ACC_LACKS_RETENTION | ACC_LACKS_LEGAL_HOLD | ACC_LACKS_TAGS)

static void ask(struct acc_readback *r);

static void mend_next(struct acc_readback *r);

static void on_mended(struct acc_s3_call *call)
{
    struct acc_readback *r = ACC_CONTAINER_OF(call, struct acc_readback, call);
    if (call->class != ACC_S3_OK)
        acc_s3_call_error(call, &r->err);
    mend_next(r);
}

static void mend_next(struct acc_readback *r)
{
    if (r->to_fix == 0) {
        ask(r);
        return;
    }
    unsigned lack = r->to_fix & ~(r->to_fix - 1); /* the lowest bit */
    r->to_fix &= ~lack;
    acc_s3_attributes_mend(r->attributes, (enum acc_s3_lack)lack, &r->call, r->s3, r->key,
                           r->version_id, &r->body);
    r->call.on_done = on_mended;
    acc_s3_call_start(&r->call);
}

static void on_head(struct acc_s3_call *call)
{
    struct acc_readback *r = ACC_CONTAINER_OF(call, struct acc_readback, call);
    bool again = r->fixed != 0;
    if (call->class != ACC_S3_OK) {
        acc_s3_call_error(call, &r->err);
        r->on_done(r);
        return;
    }
    r->lacking = acc_s3_attributes_lacking(r->attributes, call);
    unsigned fixable = r->look_only ? 0 : r->lacking & MENDABLE;
    if (again || fixable == 0) {
        r->on_done(r);
        return;
    }
    r->fixed = r->to_fix = fixable;
    mend_next(r);
}

static void ask(struct acc_readback *r)
{
    acc_s3_head_object(&r->call, r->s3, r->key, r->version_id);
    r->call.on_done = on_head;
    acc_s3_call_start(&r->call);
}

void acc_readback_start(struct acc_readback *r)
{
    r->fixed = 0;
    r->lacking = ~0u; /* until a HEAD shows it */
    r->err.code = ACC_OK;
    ask(r);
}

void acc_readback_cancel(struct acc_readback *r)
{
    acc_s3_call_cancel(&r->call);
}

void acc_readback_release(struct acc_readback *r)
{
    acc_s3_call_release(&r->call);
    acc_str_release(&r->body);
}
