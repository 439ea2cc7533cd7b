/* The claim's driver: one request at a time; each answer leads on by the diagram in claim.h.
 *
 * Happy path: the claim is held and renewed every minute. Failure: before it is held, a failure
 * makes it UNAVAILABLE, never an error; the run continues without a claim, and says so. A renewal
 * that fails is repeated until it is too late. Close: acc_claim_release() aborts the upload.
 *
 * claim_taking.c takes, keeps and renews; claim_releasing.c releases; claim_requests.c asks, and
 * claim_names.c judges other runs by the names of their claims. */
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "bucket/claim_parts.h"
#include "s3/ops/probe.h"

#define WAIT_FIRST_MS 100

static void on_answer(struct acc_s3_call *call)
{
    struct acc_claim *c = ACC_CONTAINER_OF(call, struct acc_claim, call);
    if (c->on_released != NULL)
        acc_claim_on_releasing_answer(c);
    else
        acc_claim_on_taking_answer(c);
}

static void on_time(struct acc_timer *timer)
{
    struct acc_claim *c = ACC_CONTAINER_OF(timer, struct acc_claim, timer);
    if (c->on_released != NULL) {
        c->hurried = c->doubtful = true; /* what remains is left to the next run */
        acc_s3_call_cancel(&c->call);
    } else if (c->result == ACC_CLAIM_HELD && acc_claim_age(c) > ACC_CLAIM_LOST_MS) {
        if (!c->lost)
            c->on_lost(c);
        c->lost = true;
    } else if (c->call.running) {
        return; /* its answer starts the timer */
    } else if (c->result == ACC_CLAIM_HELD ||
               (acc_claim_has_upload(c) && acc_claim_age(c) > ACC_CLAIM_RENEW_MS)) {
        acc_claim_ask(c, ACC_CLAIM_RENEW);
    } else {
        acc_claim_look(c);
    }
}

void acc_claim_init(struct acc_claim *c, struct acc_loop *loop)
{
    c->on_answer = on_answer;
    acc_timer_init(loop, &c->timer, on_time);
}

void acc_claim_name(struct acc_claim *c, const char *run)
{
    char process[ACC_PROCESS_TEXT];
    snprintf(c->name, sizeof c->name, ACC_CLAIM_NAME "%.39s.%s", run, acc_process_self(process));
    acc_str_set(&c->key, acc_s3_where(c->s3)->prefix);
    acc_str_addf(&c->key, ACC_S3_PROBE_FOLDER "%s", c->name);
}

void acc_claim_take(struct acc_claim *c, const char *upload_id, int64_t since)
{
    acc_str_set(&c->upload_id, upload_id);
    acc_str_clear(&c->left);
    c->renewed = since;
    c->stage = ACC_CLAIM_VERSIONING;
    c->result = ACC_CLAIM_NONE;
    c->swept = c->hurried = c->lost = false;
    c->on_released = NULL;
}

void acc_claim_start(struct acc_claim *c)
{
    c->waited = c->ages_judged = false;
    c->interval = WAIT_FIRST_MS;
    acc_claim_ask(c, ACC_CLAIM_VERSIONING);
}

void acc_claim_release(struct acc_claim *c, uint64_t patience_ms,
                       void (*on_released)(struct acc_claim *claim))
{
    c->on_released = on_released;
    acc_s3_fence_writes(c->s3, NULL, NULL);
    acc_timer_start(&c->timer, patience_ms);
    if (c->call.running)
        acc_s3_call_cancel(&c->call);
    else
        acc_claim_release_next(c);
}

void acc_claim_close(struct acc_claim *c)
{
    acc_timer_close(&c->timer, NULL);
    acc_s3_call_release(&c->call);
    acc_s3_page_release(&c->page);
    acc_str_release(&c->key);
    acc_str_release(&c->upload_id);
    acc_str_release(&c->old_id);
    for (unsigned i = 0; i < ACC_CLAIM_DEAD_MAX; i++) {
        acc_str_release(&c->dead[i].key);
        acc_str_release(&c->dead[i].id);
    }
    acc_str_release(&c->prefix);
    acc_str_release(&c->left);
}
