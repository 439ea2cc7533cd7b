/* Releasing a claim: aborts its upload and, if others of this ledger may be left, sweeps them up.
 *
 * Happy path: nothing is left, and on_released. Failure: what could not be aborted is named, and is
 * left to the next run. When the time is over, no further request starts. */
#include <string.h>

#include "base/path.h"
#include "bucket/claim_parts.h"
#include "s3/ops/probe.h"

/* After the run: those of our own name, and those that ended runs of this ledger have left. */
static void on_swept(void *arg, const struct acc_s3_listed *item)
{
    struct acc_claim *c = arg;
    const char *run = acc_claim_run_of_key(item->key, c->at);
    bool ended;
    if (run == NULL)
        return;
    int64_t age = acc_s3_server_time(&c->call) - item->modified;
    if (strcmp(item->key, acc_str_cstr(&c->key)) == 0) {
        c->own_found = true;
        acc_claim_add_dead(c, item);
    } else if (!acc_claim_is_of(c->ledger, run, &ended))
        return;
    else if (acc_claim_is_dead(c->ledger, run) || (ended && age > ACC_CLAIM_STALE_MS))
        acc_claim_add_dead(c, item);
    else
        c->left_alone++;
}

static void note_left(struct acc_claim *c, const struct acc_str *key, const struct acc_str *id)
{
    acc_str_clear(&c->left);
    acc_path_show(&c->left, acc_str_cstr(key), key->len);
    acc_str_addf(&c->left, " (upload id %s)", acc_str_cstr(id));
}

/* A Create whose answer was lost may be held up on its way, and act when this run has ended. Only
 * what was found and aborted is gone then; else the next run looks once more. */
static void finish_release(struct acc_claim *c)
{
    acc_timer_stop(&c->timer);
    c->own_gone = c->left.len == 0 && (!c->doubtful || (c->swept && c->own_found));
    c->others_gone = c->swept && c->left.len == 0 && c->left_alone == 0;
    c->on_released(c);
}

static bool is_to_be_swept(const struct acc_claim *c)
{
    uint64_t left = 0;
    struct acc_error err;
    if (c->swept || c->hurried || c->key.len == 0)
        return false;
    return c->doubtful ||
           (acc_ledger_claims_left(c->ledger, c->run_id, &left, &err) == ACC_OK && left > 0);
}

static void sweep_page(struct acc_claim *c)
{
    bool read =
        c->call.class == ACC_S3_OK && acc_s3_read_list_uploads(&c->call, &c->page, on_swept, c);
    if (read && c->page.more && ++c->pages < ACC_CLAIM_PAGES_MAX)
        acc_claim_ask(c, ACC_CLAIM_SWEEP);
    else if (!read || c->page.more)
        finish_release(c);
    else {
        c->swept = c->dead_count < ACC_CLAIM_DEAD_MAX;
        if (c->dead_count > 0)
            acc_claim_ask(c, ACC_CLAIM_SWEEP_ABORT);
        else
            finish_release(c);
    }
}

static void after_sweep_abort(struct acc_claim *c)
{
    const struct acc_claim_dead *dead = &c->dead[c->dead_count - 1];
    if (!acc_claim_is_gone(&c->call))
        note_left(c, &dead->key, &dead->id);
    if (--c->dead_count > 0 && !c->hurried)
        acc_claim_ask(c, ACC_CLAIM_SWEEP_ABORT);
    else
        finish_release(c);
}

void acc_claim_release_next(struct acc_claim *c)
{
    struct acc_str *id = acc_claim_has_upload(c) ? &c->upload_id : &c->old_id;
    if (c->stage == ACC_CLAIM_RELEASE) {
        if (!acc_claim_is_gone(&c->call))
            note_left(c, &c->key, id);
        acc_str_clear(id);
        id = &c->old_id;
    }
    if (id->len > 0 && !c->hurried) {
        acc_claim_ask(c, ACC_CLAIM_RELEASE);
    } else if (is_to_be_swept(c)) {
        c->dead_count = c->left_alone = c->pages = 0;
        c->at = strlen(acc_s3_where(c->s3)->prefix);
        acc_str_set(&c->prefix, acc_s3_where(c->s3)->prefix);
        acc_str_add(&c->prefix, ACC_S3_PROBE_FOLDER ACC_CLAIM_NAME);
        acc_s3_page_release(&c->page);
        acc_claim_ask(c, ACC_CLAIM_SWEEP);
    } else {
        finish_release(c);
    }
}

void acc_claim_on_releasing_answer(struct acc_claim *c)
{
    switch (c->stage) {
    case ACC_CLAIM_SWEEP:
        sweep_page(c);
        break;
    case ACC_CLAIM_SWEEP_ABORT:
        after_sweep_abort(c);
        break;
    case ACC_CLAIM_CREATE:
    case ACC_CLAIM_RENEW:
        acc_claim_created(c);
        acc_claim_release_next(c);
        break;
    default:
        acc_claim_release_next(c);
        break;
    }
}
