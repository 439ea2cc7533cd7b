/* What was refused, and when that halts the run.
 *
 * Happy path: a request that fails is described in run->suspicion.suspect. Errors of credentials,
 * clock, bucket or quota halt immediately; a server that cannot be reached halts once it has failed
 * several uploads in a row; so do many files that were each refused by themselves. A denied request
 * holds all writes, and a probe decides (verdict.c). Failure: nothing fails here. Close: what
 * ends is STOPPING's affair (stopping.c). */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "ingest/run.h"

/* Lost uploads, with no success between them, that make a server "away". */
#define LOST_MAX 3
/* This many refused files in a row, each refused alone, mean that the bucket is the cause. */
#define REFUSED_ALONE_MAX 200

static void show_key(const char *key, size_t len, char *out, size_t size)
{
    struct acc_str shown = {0};
    acc_path_show(&shown, key, len);
    snprintf(out, size, "%s", acc_str_cstr(&shown));
    acc_str_release(&shown);
}

static void advise_region(struct acc_halt *halt, const struct acc_s3 *s3, const char *region)
{
    if (region[0] == '\0')
        return;
    snprintf(halt->right_region, sizeof halt->right_region, "%.60s", region);
    snprintf(halt->advice, sizeof halt->advice,
             "The bucket is in region %s: run again with --%sregion %s.", halt->right_region,
             acc_s3_side(s3), halt->right_region);
}

static void suspect_call(struct acc_halt *halt, const struct acc_s3_call *call)
{
    *halt = (struct acc_halt){.status = call->status, .at = call->at};
    snprintf(halt->operation, sizeof halt->operation, "%s", acc_s3_op_name(call->op));
    show_key(acc_str_cstr(&call->key), call->key.len, halt->key, sizeof halt->key);
    memcpy(halt->s3_code, call->code, sizeof halt->s3_code);
    memcpy(halt->message, call->message, sizeof halt->message);
    memcpy(halt->request_id, call->request_id, sizeof halt->request_id);
    if (call->class == ACC_S3_BUCKET)
        advise_region(halt, call->s3, call->region);
    else if (call->class == ACC_S3_RETRY && acc_s3_call_throttled(call))
        snprintf(
            halt->advice, sizeof halt->advice,
            "The server kept throttling requests however far we slowed down. Run again when it "
            "is less busy, or ask its operator for its limits.");
    else if (call->class == ACC_S3_PROTOCOL && call->unsigned_body)
        snprintf(halt->advice, sizeof halt->advice,
                 "This server does not check CRC-32C. Run again without --part-checksum.");
}

/* A run that ends without a halt has its advice in the message. */
static void add_advice(struct acc_error *err, const struct acc_s3_call *call)
{
    struct acc_halt halt;
    suspect_call(&halt, call);
    size_t len = strlen(err->message);
    if (halt.advice[0] != '\0')
        snprintf(err->message + len, sizeof err->message - len, ". %s", halt.advice);
}

void acc_run_suspect_step(struct acc_run *run, const struct acc_s3_probe *probe)
{
    struct acc_halt *halt = &run->suspicion.suspect;
    const struct acc_s3_probe_step *step = probe->refused;
    *halt = (struct acc_halt){.status = step->status, .at = step->at};
    snprintf(halt->operation, sizeof halt->operation, "%s", acc_s3_op_name(step->op));
    show_key(acc_str_cstr(&probe->key), probe->key.len, halt->key, sizeof halt->key);
    memcpy(halt->s3_code, step->code, sizeof halt->s3_code);
    memcpy(halt->message, step->message, sizeof halt->message);
    memcpy(halt->request_id, step->request_id, sizeof halt->request_id);
    if (step->class == ACC_S3_BUCKET)
        advise_region(halt, run->s3, step->region);
}

void acc_run_halt(struct acc_run *run, enum acc_code code)
{
    if (acc_run_stops(run))
        return;
    struct acc_halt *halt = &run->summary->halt;
    run->suspicion.suspect.code = code;
    *halt = run->suspicion.suspect;
    run->halted = run->summary->halted = true;
    run->facts.wrong_bucket = strcmp(halt->s3_code, "NoSuchBucket") == 0;
    run->facts.may_wait = acc_run_may_wait(run);
    acc_s3_hold_writes(run->s3, true);
    acc_run_post(run, ACC_RUN_ON_HALT);
}

void acc_run_halt_call(struct acc_run *run, const struct acc_s3_call *call, enum acc_code code)
{
    suspect_call(&run->suspicion.suspect, call);
    acc_run_halt(run, code);
}

void acc_run_fail(struct acc_run *run, const struct acc_error *err)
{
    if (run->err.code != ACC_OK)
        return;
    run->err = *err;
    acc_s3_hold_writes(run->s3, true);
    acc_run_post(run, ACC_RUN_ON_FAIL);
}

void acc_run_interrupt(struct acc_run *run, int signal)
{
    if (run->interrupted)
        return;
    run->interrupted = true;
    run->summary->signal = signal;
    acc_run_state(run, "stopping");
    acc_run_post(run, ACC_RUN_ON_INTERRUPT);
}

void acc_run_on_denied(struct acc_upload_env *env, struct acc_upload *upload)
{
    struct acc_run *run = ACC_CONTAINER_OF(env, struct acc_run, sending.env);
    if (acc_run_stops(run)) {
        acc_upload_post(upload, ACC_ON_PARK);
        return;
    }
    if (run->machine.phase == ACC_PHASE_WORKING) {
        acc_s3_hold_writes(run->s3, true);
        if (upload->trouble != NULL)
            suspect_call(&run->suspicion.suspect, upload->trouble);
    }
    acc_run_post(run, ACC_RUN_ON_DENIED);
}

/* ---- refusals that the probe does not find ---- */

/* A server may refuse what only whole objects have, such as a header, and accept the probe. Then
 * every file would fail alone, and there is no use in sending the rest. */
void acc_run_on_refused_alone(struct acc_run *run, const struct acc_upload *upload)
{
    if (++run->suspicion.refused_alone < REFUSED_ALONE_MAX || acc_run_stops(run))
        return;
    struct acc_halt *halt = &run->suspicion.suspect;
    *halt = (struct acc_halt){.at = acc_time_now(), .reads_work = true};
    snprintf(halt->message, sizeof halt->message, "%.*s", (int)sizeof halt->message - 1,
             upload->err.message);
    snprintf(halt->advice, sizeof halt->advice,
             "A probe write succeeds, but %d files in a row were refused. The server does not "
             "accept something that only whole objects have, such as an ACL or a storage class.",
             REFUSED_ALONE_MAX);
    acc_run_halt(run, ACC_REFUSED);
}

/* ---- losses ---- */

static bool halts_immediately(enum acc_s3_class class)
{
    switch (class) {
    case ACC_S3_CREDENTIALS:
    case ACC_S3_EXPIRED:
    case ACC_S3_CLOCK:
    case ACC_S3_BUCKET:
    case ACC_S3_DESTINATION:
    case ACC_S3_PROTOCOL:
        return true;
    default:
        return false;
    }
}

void acc_run_on_lost(struct acc_upload_env *env, struct acc_upload *upload)
{
    struct acc_run *run = ACC_CONTAINER_OF(env, struct acc_run, sending.env);
    if (acc_run_stops(run))
        return;
    if (upload->lost_class == ACC_S3_OK) { /* the ledger, or this machine */
        acc_run_fail(run, &upload->err);
        return;
    }
    enum acc_code code = acc_s3_class_code(upload->lost_class);
    if (run->suspicion.lost_code == ACC_OK) {
        run->suspicion.lost_code = code;
        run->suspicion.lost_err = upload->err;
        if (upload->trouble != NULL)
            add_advice(&run->suspicion.lost_err, upload->trouble);
    }
    uint64_t successes = acc_s3_stats(run->s3)->successes;
    run->suspicion.lost =
        successes == run->suspicion.successes_at_loss ? run->suspicion.lost + 1 : 1;
    run->suspicion.successes_at_loss = successes;
    if (!halts_immediately(upload->lost_class) && run->suspicion.lost < LOST_MAX && successes > 0)
        return;
    if (upload->trouble != NULL)
        suspect_call(&run->suspicion.suspect, upload->trouble);
    acc_run_halt(run, code);
}
