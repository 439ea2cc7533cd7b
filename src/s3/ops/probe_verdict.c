/* What the answers mean: each is kept, an upload that cannot be aborted is named, and a refusal is
 * the bucket's, the credentials' or an option's. Pure but for the probe's own fields. */
#include <stdio.h>
#include <string.h>

#include "base/path.h"
#include "s3/ops/fault.h"
#include "s3/ops/probe_questions.h"

void acc_s3_probe_keep_answer(struct acc_s3_probe *probe)
{
    const struct acc_s3_call *call = &probe->call;
    struct acc_s3_probe_step *step = &probe->steps[probe->stage];
    *step = (struct acc_s3_probe_step){.tried = true,
                                       .class = call->class,
                                       .op = call->op,
                                       .status = call->status,
                                       .at = call->at};
    memcpy(step->code, call->code, sizeof step->code);
    memcpy(step->message, call->message, sizeof step->message);
    memcpy(step->request_id, call->request_id, sizeof step->request_id);
    memcpy(step->region, call->region, sizeof step->region);
}

void acc_s3_probe_note_left_open(struct acc_s3_probe *probe)
{
    struct acc_str shown = {0};
    acc_path_show(&shown, acc_str_cstr(&probe->key), probe->key.len);
    snprintf(probe->left_open, sizeof probe->left_open, "%s (upload id %s)", acc_str_cstr(&shown),
             acc_str_cstr(&probe->upload_id));
    acc_str_release(&shown);
}

/* If a write is denied while reading works, the bucket refuses writes. If both are denied, either
 * this identity is locked out or every identity is. Only other credentials can show which; the
 * report says so. */
static enum acc_code verdict_of(const struct acc_s3_probe *probe)
{
    const struct acc_s3_probe_step *refused = probe->refused;
    if (refused == NULL)
        return ACC_OK;
    if (probe->fault[0] != '\0')
        return ACC_CONFIG;
    const struct acc_s3_probe_step *list = &probe->steps[ACC_PROBE_LIST];
    if (refused->class == ACC_S3_DENIED) {
        if (list->tried && list->class != ACC_S3_OK && list->class != ACC_S3_DENIED)
            return acc_s3_class_code(list->class);
        return probe->listing_works ? ACC_REFUSED : ACC_CREDENTIALS;
    }
    if (refused->class == ACC_S3_KEY || refused->class == ACC_S3_PRECONDITION)
        return ACC_REFUSED; /* the server does not take what uploads carry */
    return acc_s3_class_code(refused->class);
}

/* A checksum that was asked for goes with every request that was refused. */
static bool checksum_at_fault(const struct acc_s3_probe *probe, const struct acc_str *others)
{
    const struct acc_s3_probe_step *refused = probe->refused;
    bool ordered = !probe->may_drop && probe->checksum != ACC_S3_CHECKSUM_AUTO &&
                   probe->checksum != ACC_S3_CHECKSUM_NONE && refused->op != ACC_S3_GET_LOCK;
    bool named = strcasestr(refused->message, "checksum") != NULL ||
                 strcasestr(refused->code, "checksum") != NULL;
    return ordered && refused->class == ACC_S3_KEY && (named || others->len == 0);
}

static void find_fault(struct acc_s3_probe *probe)
{
    const struct acc_s3_probe_step *refused = probe->refused;
    const struct acc_s3_object_kind *kind =
        refused == &probe->steps[ACC_PROBE_KIND] ? &probe->kinds[probe->kind] : NULL;
    struct acc_str options = {0};
    probe->fault[0] = '\0';
    if (refused != NULL) {
        if (acc_s3_option_at_fault(kind != NULL ? kind->headers : probe->headers, refused->class,
                                   refused->code, refused->message, &options) &&
            kind != NULL)
            acc_str_addf(&options, " of rule %s", kind->rule);
        if (checksum_at_fault(probe, &options))
            acc_str_addf(&options, "%s--checksum %s", options.len > 0 ? ", " : "",
                         acc_s3_checksum_name(probe->checksum));
    }
    snprintf(probe->fault, sizeof probe->fault, "%s", acc_str_cstr(&options));
    acc_str_release(&options);
}

void acc_s3_probe_judge(struct acc_s3_probe *probe)
{
    find_fault(probe);
    probe->verdict = probe->cancelled ? ACC_INTERRUPTED : verdict_of(probe);
}
