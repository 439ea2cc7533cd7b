/* One entry on its way into the bucket.
 *
 * Happy path of a small file: one job opens, reads and hashes it into a ticket, the gate compares,
 * one PutObject makes it visible, one ledger record makes it durable. Of a large one: Create, then
 * reading with parts sent behind it (transfer.c), the gate, Complete, the record. Failure: every
 * error becomes one of four events (FILE_BAD, REQUEST_BAD, DENIED, SERVER_LOST) with its reason in
 * `err`; the rules decide whether to abort, hold or park. End: DONE, FAILED or PARKED, with nothing
 * under way any more. */
#include "ingest/upload/actions.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"

static void apply(struct acc_upload *u, enum acc_upload_event event);

/* ---- the machine ---- */

static bool is_settling(enum acc_upload_state state)
{
    return state == ACC_UPLOAD_ABORTING || state == ACC_UPLOAD_PARKING ||
           state == ACC_UPLOAD_RESTARTING;
}

static void drain(struct acc_upload *u)
{
    u->draining = true;
    for (;;) {
        if (u->queued > 0) {
            enum acc_upload_event event = u->queue[u->first];
            u->first = (u->first + 1) % ACC_UPLOAD_EVENTS_QUEUED;
            u->queued--;
            apply(u, event);
        } else if (is_settling(u->state) && u->busy == 0 && !u->idle_told) {
            u->idle_told = true;
            apply(u, ACC_ON_IDLE);
        } else {
            break;
        }
    }
    u->draining = false;
}

void acc_upload_post(struct acc_upload *u, enum acc_upload_event event)
{
    if (u->queued == ACC_UPLOAD_EVENTS_QUEUED)
        abort(); /* each operation posts at most one, and fewer than that run at once but for parts'
                    errors */
    u->queue[(u->first + u->queued++) % ACC_UPLOAD_EVENTS_QUEUED] = event;
    if (u->draining)
        return;
    drain(u);
    if (acc_upload_is_over(u->state) && u->busy == 0)
        u->env->on_over(u->env, u);
}

void acc_upload_begin(struct acc_upload *u)
{
    u->busy++;
}

void acc_upload_end(struct acc_upload *u)
{
    u->busy--;
    if (u->draining)
        return;
    drain(u);
    if (acc_upload_is_over(u->state) && u->busy == 0)
        u->env->on_over(u->env, u);
}

void acc_upload_call_failed(struct acc_upload *u, struct acc_s3_call *call)
{
    switch (u->state) {
    case ACC_UPLOAD_HELD:
    case ACC_UPLOAD_ABORTING:
    case ACC_UPLOAD_PARKING:
    case ACC_UPLOAD_RESTARTING:
        return; /* the first reason is the one to tell */
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

/* ---- the one place where the state changes ---- */

static void act(struct acc_upload *u, enum acc_upload_action action)
{
    switch (action) {
    case ACC_DO_NOTHING:
        break;
    case ACC_DO_ADOPT:
        acc_upload_adopt(u);
        break;
    case ACC_DO_OPEN:
        acc_upload_do_open(u);
        break;
    case ACC_DO_FORGET_OPEN:
        acc_upload_forget(u);
        acc_upload_do_open(u);
        break;
    case ACC_DO_CREATE:
        acc_upload_do_create(u);
        break;
    case ACC_DO_TRANSFER:
        acc_upload_transfer(u);
        break;
    case ACC_DO_GATE:
        acc_upload_do_gate(u);
        break;
    case ACC_DO_COMMIT:
        acc_upload_do_commit(u);
        break;
    case ACC_DO_PROVE:
        acc_upload_do_prove(u);
        break;
    case ACC_DO_RECORD:
        acc_upload_do_record(u);
        break;
    case ACC_DO_RECORD_ALREADY:
        acc_upload_do_record_already(u);
        break;
    case ACC_DO_HOLD:
        u->denials++;
        u->env->on_denied(u->env, u);
        break;
    case ACC_DO_QUIET:
        acc_upload_do_quiet(u);
        break;
    case ACC_DO_LOSE:
        u->env->on_lost(u->env, u);
        acc_upload_do_settle(u);
        break;
    case ACC_DO_SETTLE:
        acc_upload_do_settle(u);
        break;
    case ACC_DO_ABORT:
        acc_upload_do_abort(u);
        break;
    case ACC_DO_HURRY:
        acc_upload_do_hurry(u);
        break;
    case ACC_DO_BEGIN_AGAIN:
        acc_upload_do_begin_again(u);
        break;
    case ACC_DO_FINISH:
        acc_upload_do_finish(u);
        break;
    case ACC_DO_BUG:
        break; /* apply() has ended the process */
    }
}

static void stop_at_bug(const struct acc_upload *u, enum acc_upload_event event)
{
    fprintf(stderr,
            "accession: the event %s cannot happen in state %s; this is a bug. Stopped before "
            "anything could go "
            "wrong: nothing archived is lost, run the same command again and please report this "
            "line.\n",
            acc_upload_event_name(event), acc_upload_state_name(u->state));
    abort();
}

static void apply(struct acc_upload *u, enum acc_upload_event event)
{
    struct acc_upload_rule rule = acc_upload_rule(u->state, event, &u->facts);
    if (rule.action == ACC_DO_BUG)
        stop_at_bug(u, event);
    if (rule.next != u->state)
        u->idle_told = false;
    u->state = rule.next;
    act(u, rule.action);
}

/* ---- birth and death ---- */

static void remember_archived(struct acc_upload *u, const struct acc_row *row)
{
    u->was_archived = row->archived_run != 0;
    if (!u->was_archived)
        return;
    snprintf(u->known.etag, sizeof u->known.etag, "%s", row->archived.etag);
    snprintf(u->stored_checksum, sizeof u->stored_checksum, "%s", row->archived.checksum);
    u->known_digests = row->archived.digests;
    u->known_size = row->archived.size;
}

struct acc_upload *acc_upload_new(struct acc_upload_env *env, const struct acc_row *row,
                                  bool key_exists, const char *key)
{
    struct acc_upload *u = ACC_NEW(struct acc_upload);
    u->env = env;
    u->id = row->id;
    u->entry = row->entry;
    u->entry.path = acc_strdup(row->entry.path);
    u->entry.origin = acc_strdup(row->entry.origin);
    acc_str_set(&u->key, key);
    u->known_size = -1;
    u->job_only.content.fd = -1;
    u->started = acc_clock_now();
    u->facts.key_exists = key_exists;
    acc_list_init(&u->sending);
    remember_archived(u, row);
    u->checksum = env->checksum;
    u->facts.has_upload = row->unfinished && acc_upload_load_unfinished(u);
    return u;
}

void acc_upload_free(struct acc_upload *u)
{
    if (u == NULL)
        return;
    acc_upload_let_go(u);
    acc_verified_free(u->verified);
    acc_commit_release(&u->commit);
    acc_prove_release(&u->prove);
    acc_readback_release(&u->readback);
    acc_s3_call_release(&u->call);
    acc_s3_page_release(&u->page);
    acc_str_release(&u->key);
    acc_str_release(&u->upload_id);
    acc_str_release(&u->parts_xml);
    free((char *)u->entry.path);
    free((char *)u->entry.origin);
    free(u);
}
