/* Taking and keeping a claim: looks at all claims, creates its own, waits for another run's,
 * renews.
 *
 * Happy path: HELD, after a look that shows its own claim and no other. Failure: whatever keeps the
 * claims from being seen ends UNAVAILABLE, never as an error. A renewal that fails is repeated
 * until it is too late. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "bucket/claim_parts.h"
#include "s3/ops/probe.h"

#define RENEW_AGAIN_MS 10000
#define WAIT_LAST_MS 5000

/* Asked by the client before each write that makes an object visible. */
static bool may_write(void *arg)
{
    struct acc_claim *c = arg;
    if (acc_claim_age(c) <= ACC_CLAIM_LOST_MS)
        return true;
    acc_timer_start(&c->timer, 0); /* on_lost, but not from in here */
    return false;
}

static void renew_in_time(struct acc_claim *c)
{
    int64_t left = ACC_CLAIM_RENEW_MS - acc_claim_age(c);
    acc_timer_start(&c->timer, left > 0 ? (uint64_t)left : 0);
}

static void finish(struct acc_claim *c, enum acc_claim_result result)
{
    c->result = result;
    if (result == ACC_CLAIM_HELD) {
        acc_s3_fence_writes(c->s3, may_write, c);
        renew_in_time(c);
    }
    c->on_done(c);
}

/* Its name without "run-", as other claims show theirs. */
static const char *own_run(const struct acc_claim *c)
{
    return c->name + sizeof ACC_CLAIM_NAME - 1;
}

/* ---- looking ---- */

/* The prefixes that claims are looked for in: those above ours, where they stand right below, then
 * ours, with all that is below it. */
static bool is_own_prefix(const struct acc_claim *c)
{
    return c->at == strlen(acc_s3_where(c->s3)->prefix);
}

static void look_above_or_here(struct acc_claim *c, size_t at)
{
    acc_str_clear(&c->prefix);
    acc_str_add_n(&c->prefix, acc_s3_where(c->s3)->prefix, at);
    c->at = at;
    if (!is_own_prefix(c))
        acc_str_add(&c->prefix, ACC_S3_PROBE_FOLDER ACC_CLAIM_NAME);
    acc_s3_page_release(&c->page);
    c->pages = 0;
    acc_claim_ask(c, ACC_CLAIM_LOOK);
}

void acc_claim_look(struct acc_claim *c)
{
    c->seen = c->yield = false;
    c->rivals = c->stale = c->dead_count = 0;
    look_above_or_here(c, 0);
}

static void look_further(struct acc_claim *c)
{
    const char *prefix = acc_s3_where(c->s3)->prefix;
    const char *slash = strchr(prefix + c->at, '/');
    look_above_or_here(c, slash != NULL ? (size_t)(slash - prefix) + 1 : strlen(prefix));
}

/* ---- what is listed ---- */

static bool is_current(const struct acc_claim *c, const struct acc_s3_listed *item)
{
    return strcmp(item->upload_id, acc_str_cstr(&c->upload_id)) == 0;
}

static void on_own(struct acc_claim *c, const struct acc_s3_listed *item, int64_t age)
{
    if (!is_current(c, item)) {
        acc_claim_add_dead(c, item);
        return;
    }
    c->seen = true;
    if (!c->ages_judged)
        c->ages_unknown = age > ACC_CLAIM_STALE_MS;
    c->ages_judged = true;
}

static void on_upload(void *arg, const struct acc_s3_listed *item)
{
    struct acc_claim *c = arg;
    const char *run = acc_claim_run_of_key(item->key, c->at);
    bool ended;
    if (run == NULL || strcmp(item->upload_id, acc_str_cstr(&c->old_id)) == 0)
        return;
    int64_t age = acc_s3_server_time(&c->call) - item->modified;
    if (strcmp(item->key, acc_str_cstr(&c->key)) == 0) {
        on_own(c, item, age);
        return;
    }
    if (acc_claim_is_dead(c->ledger, run)) {
        if (acc_claim_is_of(c->ledger, run, &ended))
            acc_claim_add_dead(c, item);
        return;
    }
    c->rivals++;
    c->stale += age > ACC_CLAIM_STALE_MS;
    c->yield = c->yield || strcmp(run, own_run(c)) < 0;
    c->rival_age = age > 0 ? age : 0;
    snprintf(c->rival, sizeof c->rival, "%.*s", (int)strcspn(run, "."), run);
}

/* ---- waiting and deciding ---- */

static void await_end(struct acc_claim *c)
{
    char text[640], age[32];
    if (!c->waited) {
        snprintf(
            text, sizeof text,
            "another run is archiving here (%s, its claim is %s old), and this bucket keeps no "
            "versions that would keep the two apart. Waiting for that run to end. If it was "
            "killed, this run continues %d minutes later",
            c->rival, acc_show_duration(c->rival_age, age), ACC_CLAIM_STALE_MS / 60000);
        c->on_wait(c, text);
    }
    c->waited = true;
    acc_timer_start(&c->timer, c->interval);
    c->interval = c->interval * 2 < WAIT_LAST_MS ? c->interval * 2 : WAIT_LAST_MS;
}

static void after_all_looks(struct acc_claim *c)
{
    if (acc_claim_has_upload(c))
        acc_s3_can(c->s3)->uploads_listed = c->seen ? ACC_KNOWN_YES : ACC_KNOWN_NO;
    bool rivals = c->rivals > (c->ages_unknown ? 0 : c->stale);
    if (acc_claim_has_upload(c) && !c->seen)
        acc_claim_ask(
            c, ACC_CLAIM_GIVE_UP); /* a listing that does not show our claim shows no one's */
    else if (c->dead_count > 0)
        acc_claim_ask(c, ACC_CLAIM_ABORT_DEAD);
    else if (rivals && acc_claim_has_upload(c) && c->yield)
        acc_claim_ask(c, ACC_CLAIM_WITHDRAW);
    else if (rivals)
        await_end(c);
    else if (!acc_claim_has_upload(c))
        acc_claim_ask(c, ACC_CLAIM_CREATE);
    else
        finish(c, ACC_CLAIM_HELD);
}

static void after_look(struct acc_claim *c)
{
    bool read = c->call.class == ACC_S3_OK &&
                acc_s3_read_list_uploads(&c->call, &c->page, on_upload, c) &&
                (!c->page.more || ++c->pages < ACC_CLAIM_PAGES_MAX);
    if (read && c->page.more)
        acc_claim_ask(c, ACC_CLAIM_LOOK);
    else if (!is_own_prefix(c)) /* those above may be hidden from these credentials */
        look_further(c);
    else if (read)
        after_all_looks(c);
    else
        acc_claim_ask(c, ACC_CLAIM_GIVE_UP);
}

/* ---- claiming and renewing ---- */

static void after_versioning(struct acc_claim *c)
{
    bool answered = c->call.class == ACC_S3_OK,
         versioned = answered && acc_s3_read_versioning(&c->call);
    c->unversioned = answered && !versioned;
    if (versioned) {
        c->result = ACC_CLAIM_NEEDLESS;
        acc_claim_ask(c, ACC_CLAIM_GIVE_UP);
    } else {
        acc_claim_look(c);
    }
}

static void after_create(struct acc_claim *c)
{
    if (acc_claim_created(c))
        acc_claim_look(c);
    else
        finish(c, ACC_CLAIM_UNAVAILABLE);
}

static void after_renew(struct acc_claim *c)
{
    if (acc_claim_created(c))
        acc_claim_ask(c, ACC_CLAIM_ABORT_OLD);
    else if (c->result != ACC_CLAIM_HELD)
        acc_claim_look(c);
    else
        acc_timer_start(&c->timer, RENEW_AGAIN_MS);
}

static void after_abort_dead(struct acc_claim *c)
{
    if (!acc_claim_is_gone(&c->call))
        c->doubtful = true;
    if (--c->dead_count > 0)
        acc_claim_ask(c, ACC_CLAIM_ABORT_DEAD);
    else
        after_all_looks(c);
}

static void after_abort(struct acc_claim *c)
{
    c->doubtful = c->doubtful || !acc_claim_is_gone(&c->call);
    switch (c->stage) {
    case ACC_CLAIM_WITHDRAW:
        acc_str_clear(&c->upload_id);
        await_end(c);
        break;
    case ACC_CLAIM_ABORT_OLD:
        acc_str_clear(&c->old_id);
        if (c->result == ACC_CLAIM_HELD)
            renew_in_time(c);
        else
            acc_claim_look(c);
        break;
    case ACC_CLAIM_GIVE_UP:
        acc_str_clear(&c->upload_id);
        finish(c, c->result == ACC_CLAIM_NEEDLESS ? ACC_CLAIM_NEEDLESS : ACC_CLAIM_UNAVAILABLE);
        break;
    default:
        break;
    }
}

void acc_claim_on_taking_answer(struct acc_claim *c)
{
    switch (c->stage) {
    case ACC_CLAIM_VERSIONING:
        after_versioning(c);
        break;
    case ACC_CLAIM_LOOK:
        after_look(c);
        break;
    case ACC_CLAIM_CREATE:
        after_create(c);
        break;
    case ACC_CLAIM_RENEW:
        after_renew(c);
        break;
    case ACC_CLAIM_ABORT_DEAD:
        after_abort_dead(c);
        break;
    default:
        after_abort(c);
        break;
    }
}
