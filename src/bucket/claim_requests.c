/* The requests of a claim, one at a time, and what several of its stages read from an answer.
 *
 * Happy path: a stage is asked for; its answer is the driver's (claim.c). Nothing fails here. */
#include "base/clock.h"
#include "bucket/claim_parts.h"

int64_t acc_claim_age(const struct acc_claim *c)
{
    return acc_clock_boot() - c->renewed;
}

bool acc_claim_has_upload(const struct acc_claim *c)
{
    return c->upload_id.len > 0;
}

bool acc_claim_is_gone(const struct acc_s3_call *abort)
{
    return abort->class == ACC_S3_OK || abort->class == ACC_S3_MISSING ||
           abort->class == ACC_S3_RESTART;
}

bool acc_claim_created(struct acc_claim *c)
{
    struct acc_str id = {0};
    bool ok = c->call.class == ACC_S3_OK && acc_s3_read_create_upload(&c->call, &id);
    c->doubtful = c->doubtful || !ok || acc_s3_create_is_doubtful(&c->call);
    if (ok) {
        acc_str_set(&c->old_id, acc_str_cstr(&c->upload_id));
        acc_str_set(&c->upload_id, acc_str_cstr(&id));
        c->renewed = c->asked;
    }
    acc_str_release(&id);
    return ok;
}

void acc_claim_ask(struct acc_claim *c, enum acc_claim_stage stage)
{
    const char *key = acc_str_cstr(&c->key);
    c->stage = stage;
    switch (stage) {
    case ACC_CLAIM_VERSIONING:
        acc_s3_get_versioning(&c->call, c->s3);
        break;
    case ACC_CLAIM_LOOK:
    case ACC_CLAIM_SWEEP:
        acc_s3_list_uploads(&c->call, c->s3, acc_str_cstr(&c->prefix), &c->page);
        break;
    case ACC_CLAIM_CREATE:
    case ACC_CLAIM_RENEW:
        c->asked = acc_clock_boot();
        acc_s3_create_upload(&c->call, c->s3, key, c->checksum);
        acc_s3_carry(&c->call, c->headers);
        acc_s3_call_header(&c->call, ACC_S3_META_TOKEN, "claim");
        break;
    case ACC_CLAIM_ABORT_DEAD:
    case ACC_CLAIM_SWEEP_ABORT:
        acc_s3_abort_upload(&c->call, c->s3, acc_str_cstr(&c->dead[c->dead_count - 1].key),
                            acc_str_cstr(&c->dead[c->dead_count - 1].id));
        break;
    case ACC_CLAIM_ABORT_OLD:
        acc_s3_abort_upload(&c->call, c->s3, key, acc_str_cstr(&c->old_id));
        break;
    case ACC_CLAIM_WITHDRAW:
    case ACC_CLAIM_GIVE_UP:
        acc_s3_abort_upload(&c->call, c->s3, key, acc_str_cstr(&c->upload_id));
        break;
    case ACC_CLAIM_RELEASE:
        acc_s3_abort_upload(&c->call, c->s3, key,
                            acc_str_cstr(acc_claim_has_upload(c) ? &c->upload_id : &c->old_id));
        break;
    }
    c->call.on_done = c->on_answer;
    acc_s3_call_start(&c->call);
}

void acc_claim_add_dead(struct acc_claim *c, const struct acc_s3_listed *item)
{
    if (c->dead_count == ACC_CLAIM_DEAD_MAX)
        return;
    acc_str_set(&c->dead[c->dead_count].key, item->key);
    acc_str_set(&c->dead[c->dead_count++].id, item->upload_id);
}
