/* The machine of an upload: post, drain, and the one place where the state changes.
 *
 * Happy path: a callback stores its result and posts an event; drain() applies the rules to each
 * event in turn and calls the action. Events posted meanwhile wait in the queue, so an action that
 * completes immediately is no special case. In the settling states IDLE follows by itself once
 * nothing is in progress. Failure: an event that cannot happen in a state ends the process, before
 * anything could go wrong. Close: an upload that is over with nothing in progress is handed to
 * env->on_over, which may free it. */
#include "ingest/upload/machine.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/trace.h"

/* ---- the one place where the state changes ---- */

static void apply(struct acc_upload *u, enum acc_upload_event event)
{
    struct acc_upload_rule rule = acc_upload_rule(u->state, event, &u->facts);
    if (rule.action == ACC_DO_BUG)
        acc_transitions_bug(&acc_upload_rules, u->state, event);
    if (rule.next != u->state)
        u->machine.idle_posted = false;
    acc_trace(ACC_TRACE_UPLOAD, "%s: %s, %s -> %s", acc_str_cstr(&u->key),
              acc_upload_event_name(event), acc_upload_state_name(u->state),
              acc_upload_state_name(rule.next));
    u->state = rule.next;
    u->facts.was_parked = u->facts.was_parked || event == ACC_ON_PARK;
    if (u->actions[rule.action] != NULL)
        u->actions[rule.action](u);
}

/* ---- events ---- */

static bool is_settling(enum acc_upload_state state)
{
    return state == ACC_UPLOAD_ABORTING || state == ACC_UPLOAD_PARKING ||
           state == ACC_UPLOAD_RESTARTING;
}

static void drain(struct acc_upload *u)
{
    u->machine.draining = true;
    for (;;) {
        if (u->machine.queued > 0) {
            enum acc_upload_event event = u->machine.queue[u->machine.first];
            u->machine.first = (u->machine.first + 1) % ACC_UPLOAD_EVENTS_QUEUED;
            u->machine.queued--;
            apply(u, event);
        } else if (is_settling(u->state) && u->machine.busy == 0 && !u->machine.idle_posted) {
            u->machine.idle_posted = true;
            apply(u, ACC_ON_IDLE);
        } else {
            break;
        }
    }
    u->machine.draining = false;
}

void acc_upload_post(struct acc_upload *u, enum acc_upload_event event)
{
    if (u->machine.queued == ACC_UPLOAD_EVENTS_QUEUED)
        abort(); /* each operation posts at most one, and only parts' errors are as many */
    u->machine.queue[(u->machine.first + u->machine.queued++) % ACC_UPLOAD_EVENTS_QUEUED] = event;
    if (u->machine.draining)
        return;
    drain(u);
    if (acc_upload_is_over(u->state) && u->machine.busy == 0)
        u->env->on_over(u->env, u);
}

void acc_upload_begin(struct acc_upload *u)
{
    u->machine.busy++;
}

void acc_upload_end(struct acc_upload *u)
{
    u->machine.busy--;
    if (u->machine.draining)
        return;
    drain(u);
    if (acc_upload_is_over(u->state) && u->machine.busy == 0)
        u->env->on_over(u->env, u);
}

void acc_upload_call_failed(struct acc_upload *u, struct acc_s3_call *call)
{
    switch (u->state) {
    case ACC_UPLOAD_HELD:
    case ACC_UPLOAD_ABORTING:
    case ACC_UPLOAD_PARKING:
    case ACC_UPLOAD_RESTARTING:
        return; /* the first reason counts */
    default:
        break;
    }
    acc_s3_call_error(call, &u->err);
    u->trouble = call;
    u->lost_class = call->class;
    switch (call->class) {
    case ACC_S3_DENIED:
        acc_upload_post(u, ACC_ON_DENIED);
        break;
    case ACC_S3_KEY:
    case ACC_S3_MISSING:
    case ACC_S3_PRECONDITION:
        acc_upload_post(u, ACC_ON_REQUEST_BAD);
        break;
    default:
        acc_upload_post(u, ACC_ON_SERVER_LOST);
        break;
    }
    u->trouble = NULL;
}

/* ---- records ---- */

uint64_t acc_upload_take_pause(struct acc_upload *u)
{
    uint64_t pause = u->pause_ms;
    u->pause_ms = 0;
    return pause;
}

void acc_upload_prepare_record(struct acc_upload *u,
                               void (*on_durable)(struct acc_record *, const struct acc_error *))
{
    u->record = (struct acc_record){
        .run = u->env->run,
        .entry = u->id,
        .upload_id = acc_str_cstr(&u->multipart.id),
        .token = u->token,
        .part_size = u->multipart.part_size,
        .archived = u->archived,
        .code = u->err.code,
        .reason = u->err.message,
        .on_durable = on_durable,
    };
    if (on_durable != NULL)
        acc_upload_begin(u);
}

void acc_upload_record(struct acc_upload *u, enum acc_record_kind kind,
                       void (*on_durable)(struct acc_record *, const struct acc_error *))
{
    acc_upload_prepare_record(u, on_durable);
    u->record.kind = kind;
    acc_ledger_post(u->env->ledger, &u->record);
}

void acc_upload_file_failed(struct acc_upload *u)
{
    u->err = u->file.job_only.err;
    if (!acc_source_fails_all(u->env->source, u->err.code)) {
        acc_upload_post(u, ACC_ON_FILE_BAD);
        return;
    }
    if (u->err.code == ACC_LOCAL) { /* a source that fails as a whole names itself */
        struct acc_str path = {0};
        acc_path_show(&path, u->entry.path, strlen(u->entry.path));
        acc_error_context(&u->err, "%s", acc_str_cstr(&path));
        acc_str_release(&path);
    }
    u->lost_class = ACC_S3_OK;
    acc_upload_post(u, ACC_ON_SERVER_LOST);
}

void acc_upload_after_record(struct acc_record *record, const struct acc_error *failed,
                             enum acc_upload_event event)
{
    struct acc_upload *u = ACC_CONTAINER_OF(record, struct acc_upload, record);
    if (failed != NULL) {
        u->err = *failed;
        u->lost_class = ACC_S3_OK;
        acc_upload_post(u, ACC_ON_SERVER_LOST);
    } else {
        acc_upload_post(u, event);
    }
    acc_upload_end(u);
}
