/* CLAIMING and RELEASING: the run's side of its claim (bucket/claim.h).
 *
 * Happy path: the probe's upload becomes the claim, and once it is held what exists is listed
 * again, since another run may have ended in between; the claim is given back before the run ends
 * or waits. Failure: a claim that cannot be had is recorded in `unclaimed`; one that was lost
 * ends the run. Close: acc_claim_release() ends what is in progress: within two seconds if the run
 * was stopped, else with the patience that a server which throttles needs. */
#include <stdio.h>

#include "base/mem.h"
#include "base/path.h"
#include "ingest/run.h"

#define RELEASE_STOPPED_MS 2000
#define RELEASE_MS 20000

bool acc_run_needs_claim(const struct acc_run *run)
{
    /* AWS documents that its conditional writes are atomic. Others answer 412 too, and let two
     * writers of one moment both through (Ceph RGW). */
    return !run->options->dry_run && !acc_s3_is_aws(run->s3);
}

static void on_wait(struct acc_claim *claim, const char *text)
{
    struct acc_run *run = ACC_CONTAINER_OF(claim, struct acc_run, rivals.claim);
    acc_run_note(run, ACC_LEDGER_BUSY, text);
    acc_run_state(run, "waiting for another run");
}

static void on_done(struct acc_claim *claim)
{
    struct acc_run *run = ACC_CONTAINER_OF(claim, struct acc_run, rivals.claim);
    run->facts.relist = claim->result == ACC_CLAIM_HELD && run->listing.known;
    acc_run_post(run, ACC_RUN_ON_CLAIMED);
}

static void on_lost(struct acc_claim *claim)
{
    struct acc_run *run = ACC_CONTAINER_OF(claim, struct acc_run, rivals.claim);
    struct acc_error err;
    acc_error_set(&err, ACC_UNREACHABLE,
                  "this run was suspended or offline long enough that another run may have started "
                  "writing to %s. It stopped before anything could be overwritten. Run the same "
                  "command again.",
                  run->location.url);
    acc_run_fail(run, &err);
}

void acc_rivals_init(struct acc_run *run)
{
    run->rivals.claim.on_wait = on_wait;
    run->rivals.claim.on_done = on_done;
    run->rivals.claim.on_lost = on_lost;
    run->rivals.claim.s3 = run->s3;
    run->rivals.claim.ledger = run->ledger;
    run->rivals.claim.headers = &run->kinds.usual.headers;
    run->rivals.claim.run_id = run->id;
    acc_claim_init(&run->rivals.claim, &run->loop);
    acc_claim_name(&run->rivals.claim, run->name);
}

void acc_run_take_claim(struct acc_run *run)
{
    const struct acc_s3_probe *probe = &run->probing.probe;
    if (probe->kept.len > 0)
        acc_claim_take(&run->rivals.claim, acc_str_cstr(&probe->kept), probe->kept_since);
}

void acc_run_claim(struct acc_run *run)
{
    run->rivals.claim.checksum = run->settings.checksum; /* the probe has settled it */
    acc_claim_start(&run->rivals.claim);
}

static void on_released(struct acc_claim *claim)
{
    struct acc_run *run = ACC_CONTAINER_OF(claim, struct acc_run, rivals.claim);
    if (claim->left.len > 0) {
        struct acc_str text = {0};
        acc_str_addf(&text, "the probe's upload could not be aborted and remains in the bucket: %s",
                     acc_str_cstr(&claim->left));
        acc_run_note(run, ACC_KEY_REFUSED, acc_str_cstr(&text));
        acc_str_release(&text);
    }
    acc_run_post(run, ACC_RUN_ON_RELEASED);
}

void acc_run_release_claim(struct acc_run *run)
{
    const struct acc_ingest_summary *s = run->summary;
    bool stopped = s->halted || s->signal != 0 || run->err.code != ACC_OK;
    acc_claim_release(&run->rivals.claim, stopped ? RELEASE_STOPPED_MS : RELEASE_MS, on_released);
}

void acc_run_record_claim(struct acc_run *run)
{
    const struct acc_claim *claim = &run->rivals.claim;
    struct acc_record own = {.kind = ACC_RECORD_CLAIM_GONE, .run = run->id};
    struct acc_record earlier = {.kind = ACC_RECORD_EARLIER_CLAIMS_GONE, .run = run->id};
    if (claim->own_gone)
        acc_ledger_post(run->ledger, &own);
    if (claim->others_gone)
        acc_ledger_post(run->ledger, &earlier);
}
