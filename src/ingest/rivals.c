/* The run's side of its claim (bucket/claim.h): when it is asked for, what is told of it, and that
 * what exists is learnt anew once it is held, since another run may have ended in between. */
#include <stdio.h>

#include "base/mem.h"
#include "base/path.h"
#include "ingest/run.h"

bool acc_run_needs_claim(const struct acc_run *run)
{
    /* AWS documents that its conditional writes are atomic. Others answer 412 too, and let two
     * writers of one moment both through (Ceph RGW). */
    return !run->options->dry_run && acc_s3_settings(run->s3)->endpoint != NULL;
}

static void on_wait(struct acc_claim *claim, const char *text)
{
    struct acc_run *run = ACC_CONTAINER_OF(claim, struct acc_run, claim);
    acc_run_note(run, ACC_LEDGER_BUSY, text);
    acc_run_state(run, "waiting for another run");
}

static void on_relisted(struct acc_presence *presence)
{
    struct acc_run *run = ACC_CONTAINER_OF(presence, struct acc_run, presence);
    run->presence_known = presence->known;
    if (run->interrupted || presence->cancelled) {
        acc_run_worked(run);
    } else if (presence->code != ACC_OK && presence->call.class != ACC_S3_OK) {
        acc_run_halt_call(run, &presence->call, presence->code);
        acc_run_worked(run);
    } else if (presence->code != ACC_OK) {
        run->err = presence->err;
        acc_run_worked(run);
    } else {
        acc_run_claimed(run);
    }
}

static void on_done(struct acc_claim *claim)
{
    struct acc_run *run = ACC_CONTAINER_OF(claim, struct acc_run, claim);
    if (claim->result != ACC_CLAIM_HELD || !run->presence_known) {
        acc_run_claimed(run);
        return;
    }
    acc_run_state(run, "listing");
    run->presence.on_done = on_relisted;
    acc_presence_start(&run->presence);
}

static void on_lost(struct acc_claim *claim)
{
    struct acc_run *run = ACC_CONTAINER_OF(claim, struct acc_run, claim);
    struct acc_error err;
    acc_error_set(&err, ACC_UNREACHABLE,
                  "stood still or was cut off for so long that another run may have begun to write "
                  "to %s; stopped before anything could be replaced. Run the same command again.",
                  run->location.url);
    acc_run_fail(run, &err);
}

void acc_claiming_init(struct acc_run *run)
{
    run->claim.on_wait = on_wait;
    run->claim.on_done = on_done;
    run->claim.on_lost = on_lost;
    acc_claim_init(&run->claim, &run->loop);
    snprintf(run->claim_name, sizeof run->claim_name, ACC_CLAIM_NAME "%s", run->name);
}

void acc_run_take_claim(struct acc_run *run)
{
    run->claim.s3 = run->s3;
    run->claim.ledger = run->ledger;
    run->claim.run = run->name;
    if (run->probe.kept.len > 0)
        acc_claim_take(&run->claim, acc_str_cstr(&run->probe.kept));
}

void acc_run_claim(struct acc_run *run)
{
    run->phase = ACC_PHASE_CLAIMING;
    run->claim.checksum = run->checksum; /* the probe has settled it */
    acc_claim_start(&run->claim);
}

void acc_run_tell_left_claim(struct acc_run *run)
{
    struct acc_str text = {0};
    if (run->claim.left.len == 0)
        return;
    acc_str_addf(&text, "the probe's upload could not be aborted and stays in the bucket: %s",
                 acc_str_cstr(&run->claim.left));
    acc_run_note(run, ACC_KEY_REFUSED, acc_str_cstr(&text));
    acc_str_release(&text);
}
