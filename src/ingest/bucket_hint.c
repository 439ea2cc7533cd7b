/* ADVISING: the bucket does not exist. A name that was mistyped is usually close to one that does.
 *
 * Happy path: ListBuckets, if these credentials may call it, shows them; the nearest name goes into
 * the report's advice. Failure: the advice stays empty. Close: an interrupt cancels the call. */
#include <stdio.h>

#include "base/distance.h"
#include "base/mem.h"
#include "ingest/run.h"
#include "s3/wire/xml.h"

/* Names further apart than this are two names. */
#define DISTANCE_MAX 3

static void advise(struct acc_run *run, const struct acc_s3_call *call)
{
    struct acc_str name = {0}, nearest = {0};
    size_t best = DISTANCE_MAX + 1;
    const struct acc_node *buckets = acc_node_child(acc_xml_root(call->xml), "Buckets");
    for (const struct acc_node *n = acc_node_child(buckets, "Bucket"); n != NULL;
         n = acc_node_next(n, "Bucket")) {
        acc_node_text(n, "Name", &name);
        size_t apart = acc_distance(acc_str_cstr(&name), run->location.bucket);
        if (apart < best) {
            best = apart;
            acc_str_set(&nearest, acc_str_cstr(&name));
        }
    }
    struct acc_halt *halt = &run->summary->halt;
    if (nearest.len > 0) {
        snprintf(halt->right_bucket, sizeof halt->right_bucket, "%s", acc_str_cstr(&nearest));
        snprintf(halt->advice, sizeof halt->advice, "Did you mean s3://%s?", halt->right_bucket);
    }
    acc_str_release(&name);
    acc_str_release(&nearest);
}

static void on_buckets(struct acc_s3_call *call)
{
    struct acc_run *run = ACC_CONTAINER_OF(call, struct acc_run, advising.buckets);
    if (call->class == ACC_S3_OK)
        advise(run, call);
    acc_run_post(run, ACC_RUN_ON_ADVISED);
    acc_run_end(run);
}

void acc_run_ask_bucket_hint(struct acc_run *run)
{
    run->facts.wrong_bucket = false;
    acc_s3_call_init(&run->advising.buckets, run->s3, ACC_S3_LIST_BUCKETS, NULL);
    run->advising.buckets.on_done = on_buckets;
    acc_run_begin(run);
    acc_s3_call_start(&run->advising.buckets);
}

void acc_run_quit_bucket_hint(struct acc_run *run)
{
    acc_s3_call_cancel(&run->advising.buckets);
}
