/* PROBING and DOUBTING: a probe asks whether the destination takes writes, first of all and after
 * each denial.
 *
 * Happy path: writes are accepted. After a denial the uploads that are held then go on, and one
 * that is denied a second time is refused alone. Failure: writes are
 * refused: the run halts, and what the report needs is in summary->halt. Close: the probe is
 * cancelled by a halt or an interrupt, and then decides nothing. */
#include <stdio.h>

#include "base/mem.h"
#include "ingest/run.h"

/* A new IAM policy may take a moment to reach all of AWS, so a refused probe is repeated. */
#define PROBE_TRIES 2
#define PROBE_AGAIN_MS 700

static void add_probe(struct acc_halt *halt, const struct acc_s3_probe *probe)
{
    halt->probed = probe->refused != NULL;
    if (probe->refused != NULL)
        snprintf(halt->probe_step, sizeof halt->probe_step, "%s",
                 acc_s3_op_name(probe->refused->op));
    halt->reads_work = probe->listing_works;
    snprintf(halt->open_probe, sizeof halt->open_probe, "%.*s", (int)sizeof halt->open_probe - 1,
             probe->left_open);
}

static struct acc_upload *first_held(const struct acc_run *run)
{
    ACC_LIST_EACH (link, &run->sending.uploads) {
        struct acc_upload *upload = ACC_CONTAINER_OF(link, struct acc_upload, link);
        if (upload->state == ACC_UPLOAD_HELD)
            return upload;
    }
    return NULL;
}

/* A verdict may end its upload, and with it the run: the list is not what it was after each. */
void acc_run_give_verdict(struct acc_run *run)
{
    struct acc_upload *upload;
    while ((upload = first_held(run)) != NULL)
        acc_upload_post(upload, upload->denials > 1 ? ACC_ON_VERDICT_KEY : ACC_ON_VERDICT_AGAIN);
}

static void report_left_open(struct acc_run *run, const struct acc_s3_probe *probe)
{
    struct acc_str text = {0};
    if (probe->left_open[0] == '\0')
        return;
    acc_str_addf(&text, "the probe's upload could not be aborted and remains in the bucket: %s",
                 probe->left_open);
    acc_run_note(run, ACC_KEY_REFUSED, acc_str_cstr(&text));
    acc_str_release(&text);
}

static void fail_for_option(struct acc_run *run, const struct acc_s3_probe *probe)
{
    const struct acc_s3_probe_step *step = probe->refused;
    struct acc_error err;
    acc_error_set(&err, ACC_CONFIG,
                  "The server does not accept %s (%s -> %d %s%s%s). Correct it, or leave it out.",
                  probe->fault, acc_s3_op_name(step->op), step->status, step->code,
                  step->message[0] ? ": " : "", step->message);
    acc_run_fail(run, &err);
}

/* If the server does not check signed hashes, another digest that it does check goes with every
 * body. If it checks none, what it stored is proven by reading it back; the user must accept that.
 * False when the run failed. */
static bool guard_transfer(struct acc_run *run)
{
    struct acc_capabilities *can = acc_s3_can(run->s3);
    struct acc_error err;
    if (can->signed_hash_checked != ACC_KNOWN_NO || can->checksum_checked == ACC_KNOWN_YES)
        return true;
    if (can->md5_checked == ACC_KNOWN_YES) {
        acc_s3_demand_md5(run->s3);
        return true;
    }
    run->settings.read_back_all = true;
    if (run->options->accept_unchecked)
        return true;
    acc_error_set(&err, ACC_CONFIG,
                  "This server checks neither the signed SHA-256 of a body, nor an additional "
                  "checksum, nor Content-MD5: only reading an object back shows that it arrived "
                  "intact. Give --accept-unchecked-transfer to send all the "
                  "same; accession then reads every object back before it counts.");
    acc_run_fail(run, &err);
    return false;
}

static void on_probed(struct acc_s3_probe *probe)
{
    struct acc_run *run = ACC_CONTAINER_OF(probe, struct acc_run, probing.probe);
    run->rivals.claim.doubtful = run->rivals.claim.doubtful || probe->doubtful;
    if (run->probing.first)
        acc_run_take_claim(run);
    if (acc_run_stops(run)) {
        report_left_open(run, probe);
    } else if (probe->verdict == ACC_OK) {
        run->settings.checksum = probe->settled;
        run->settings.checksum_heard = probe->heard;
        acc_s3_ask_checksums(run->s3, run->settings.checksum != ACC_S3_CHECKSUM_NONE);
        report_left_open(run, probe);
        if (guard_transfer(run)) {
            acc_s3_hold_writes(run->s3, false);
            acc_run_state(run, "working");
            acc_run_post(run, ACC_RUN_ON_PROBED);
        }
    } else if (probe->fault[0] != '\0') {
        fail_for_option(run, probe);
    } else {
        if (run->probing.first)
            acc_run_suspect_step(run, probe);
        add_probe(&run->suspicion.suspect, probe);
        acc_run_halt(run, probe->verdict);
    }
    acc_run_end(run);
}

static void start_probe(struct acc_run *run)
{
    run->probing.probe.name = run->rivals.claim.name;
    run->probing.probe.keep = run->probing.first && run->facts.needs_claim;
    run->probing.probe.s3 = run->s3;
    run->probing.probe.headers = &run->kinds.usual.headers;
    run->probing.probe.kinds = run->kinds.probed;
    run->probing.probe.kind_count = run->kinds.count;
    run->probing.probe.checksum = run->settings.checksum;
    run->probing.probe.unsigned_parts = run->options->unsigned_parts;
    run->probing.probe.may_drop = run->options->object.checksum == NULL;
    run->probing.probe.learn = true;
    run->probing.probe.tries = PROBE_TRIES;
    run->probing.probe.again_ms = PROBE_AGAIN_MS;
    run->probing.probe.on_done = on_probed;
    acc_run_state(run, "probing");
    acc_run_begin(run);
    acc_s3_probe_start(&run->probing.probe);
}

void acc_run_probe(struct acc_run *run)
{
    run->probing.first = true;
    start_probe(run);
}

void acc_run_probe_again(struct acc_run *run)
{
    run->probing.first = false;
    start_probe(run);
}
