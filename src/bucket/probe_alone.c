/* acc_probe(): the probe alone, on a loop of its own. Ends when the probe does; an interrupt ends
 * the process as usual, since what a probe leaves is at worst one open upload of one byte. */
#include <accession/probe.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "bucket/abilities.h"
#include "s3/ops/attributes.h"
#include "s3/ops/probe.h"

static void copy_step(struct acc_probe_step *to, const struct acc_s3_probe_step *from,
                      enum acc_s3_op op)
{
    to->operation = acc_s3_op_name(op);
    to->status = from->tried ? from->status : 0;
    memcpy(to->code, from->code, sizeof to->code);
    memcpy(to->request_id, from->request_id, sizeof to->request_id);
}

static void describe(const struct acc_s3_probe *probe, struct acc_probe_result *result)
{
    const struct acc_s3_probe_step *refused = probe->refused;
    if (refused == NULL) {
        snprintf(result->reason, sizeof result->reason,
                 "writes are accepted; the probe left nothing behind");
        return;
    }
    struct acc_str text = {0};
    if (probe->fault[0] != '\0')
        acc_str_addf(&text, "the server does not accept %s. Correct it, or leave it out. ",
                     probe->fault);
    acc_str_addf(&text, "%s -> ", acc_s3_op_name(refused->op));
    if (refused->status != 0)
        acc_str_addf(&text, "%d %s", refused->status, refused->code);
    else
        acc_str_add(&text, "no answer");
    if (refused->message[0] != '\0') {
        acc_str_add(&text, ": ");
        acc_path_show(&text, refused->message, strlen(refused->message));
    }
    snprintf(result->reason, sizeof result->reason, "%s", acc_str_cstr(&text));
    acc_str_release(&text);
}

static void on_done(struct acc_s3_probe *probe)
{
    acc_loop_stop((struct acc_loop *)probe->timer.uv.loop->data);
}

/* All of it was asked anew, and is kept; what only runs see is added for showing. */
static void consult_ledger(const char *asked, struct acc_s3 *s3)
{
    struct acc_str path = {0};
    struct acc_ledger *ledger = NULL;
    struct acc_abilities none = {0}, recalled = {0};
    acc_ledger_where(asked, &path);
    if (access(acc_str_cstr(&path), F_OK) == 0 &&
        acc_ledger_open(acc_str_cstr(&path), &ledger, NULL) == ACC_OK &&
        acc_abilities_keep(&none, ledger, s3, NULL) == ACC_OK)
        acc_abilities_recall(&recalled, ledger, s3, NULL);
    acc_ledger_close(ledger);
    acc_str_release(&path);
}

static void run_probe(struct acc_loop *loop, struct acc_s3 *s3,
                      const struct acc_s3_object_headers *headers, enum acc_s3_checksum checksum,
                      bool may_drop, const char *ledger, struct acc_probe_result *result)
{
    struct acc_s3_probe *probe = ACC_NEW(struct acc_s3_probe);
    probe->s3 = s3;
    probe->headers = headers;
    probe->checksum = checksum;
    probe->may_drop = may_drop;
    probe->learn = probe->learn_more = true;
    probe->tries = 1;
    probe->on_done = on_done;
    acc_s3_probe_init(probe, loop);
    loop->uv.data = loop;
    acc_s3_probe_start(probe);
    acc_loop_run(loop);

    result->verdict = probe->verdict;
    copy_step(&result->create, &probe->steps[ACC_PROBE_CREATE], ACC_S3_CREATE_UPLOAD);
    copy_step(&result->part, &probe->steps[ACC_PROBE_PART], ACC_S3_UPLOAD_PART);
    copy_step(&result->abort, &probe->steps[ACC_PROBE_ABORT], ACC_S3_ABORT_UPLOAD);
    copy_step(&result->list, &probe->steps[ACC_PROBE_LIST], ACC_S3_LIST_OBJECTS);
    result->listing_works = probe->listing_works;
    consult_ledger(ledger, s3);
    result->can = *acc_s3_can(s3);
    snprintf(result->left_open, sizeof result->left_open, "%s", probe->left_open);
    describe(probe, result);
    acc_s3_probe_close(probe);
    acc_s3_free(s3);
    acc_loop_release(loop);
    free(probe);
}

enum acc_code acc_probe(const struct acc_connection *connection,
                        const struct acc_object_options *object, const char *url,
                        const char *ledger, struct acc_probe_result *result, struct acc_error *err)
{
    struct acc_s3_location location = {0};
    struct acc_loop loop;
    struct acc_s3 *s3 = NULL;
    struct acc_s3_attributes attributes = {0};
    enum acc_s3_checksum checksum;
    *result = (struct acc_probe_result){0};
    enum acc_code code = acc_s3_checksum_option(object->checksum, &checksum, err);
    if (code == ACC_OK)
        code = acc_s3_location_parse(url, &location, err);
    if (code == ACC_OK)
        code = acc_loop_init(&loop, err);
    if (code != ACC_OK)
        goto out;
    code = acc_s3_new(&loop, connection, &location, 2, &s3, err);
    if (code == ACC_OK)
        code = acc_s3_attributes_init(&attributes, object, acc_time_now(), err);
    if (code == ACC_OK)
        code = acc_s3_owner_option(s3, object->expected_bucket_owner, err);
    if (code != ACC_OK) {
        acc_s3_free(s3);
        acc_loop_release(&loop);
        goto out;
    }
    snprintf(result->endpoint, sizeof result->endpoint, "%s", acc_s3_endpoint(s3));
    snprintf(result->region, sizeof result->region, "%s", acc_s3_region(s3));
    run_probe(&loop, s3, &attributes.headers, checksum, object->checksum == NULL, ledger, result);
    code = result->verdict;
    if (code != ACC_OK)
        acc_error_set(err, code, "%s: %s", location.url, result->reason);
out:
    acc_s3_attributes_release(&attributes);
    acc_s3_location_release(&location);
    result->verdict = code;
    return code;
}
