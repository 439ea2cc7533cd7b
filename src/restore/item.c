/* Driving the rules for one entry. Happy path: look, read, name. Failure: the rules say what
 * follows; `err` is that of the last step. Close: cancel ends the step in progress, whose end is
 * then CANCELLED; what is freed has no step in progress. */
#include "restore/item.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/trace.h"

/* Smaller ones are read again from their first byte after a kill. */
#define WORTH_RESUMING ((int64_t)8 << 20)

static void keep(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text);
}

/* The same content of the same key has the same piece in every run. */
static void name_piece(struct acc_item *item)
{
    unsigned char sha256[ACC_SHA256_LEN];
    struct acc_str text = {0};
    acc_str_addf(&text, "%s\n%s\n%s\n%s", acc_str_cstr(&item->key), item->etag, item->version_id,
                 item->entry.path);
    struct acc_digests digests;
    acc_hash(item->env->reading.algs, 1u << ACC_SHA256, text.data, text.len, &digests);
    memcpy(sha256, digests.value[ACC_SHA256], sizeof sha256);
    acc_hex_encode(sha256, ACC_SHA256_LEN, item->job_only.piece.name);
    acc_str_release(&text);
}

static void post(struct acc_item *item, enum acc_item_event event);

struct acc_item *acc_item_new(struct acc_item_env *env, const struct acc_row *row,
                              const struct acc_object_known *known)
{
    struct acc_item *item = ACC_NEW(struct acc_item);
    item->env = env;
    item->post = post;
    item->entry_id = row->id;
    item->entry = row->entry;
    item->entry.path = acc_strdup(row->entry.path);
    item->entry.origin = acc_strdup(row->entry.origin);
    item->job_only.piece.fd = -1;
    item->job_only.piece.path = item->entry.path;
    acc_str_addf(&item->key, "%s%s", env->prefix, row->entry.path);
    if (known != NULL) {
        keep(item->etag, sizeof item->etag, known->etag);
        keep(item->version_id, sizeof item->version_id,
             strcmp(known->version_id, "null") == 0 ? "" : known->version_id);
    }
    bool large = item->entry.size < 0 || item->entry.size >= WORTH_RESUMING;
    item->facts.bound = item->etag[0] != '\0' || item->version_id[0] != '\0';
    item->facts.surveys = env->surveys;
    item->facts.dry = env->dry && !env->surveys;
    item->facts.thaws = env->thaw.tier != NULL && !env->dry;
    item->facts.asks = !item->facts.bound && (large || env->as_of != INT64_MAX);
    return item;
}

void acc_item_free(struct acc_item *item)
{
    acc_piece_leave(&item->job_only.piece);
    free((char *)item->entry.path);
    free((char *)item->entry.origin);
    acc_restored_free(item->restored);
    acc_proven_free(item->proven);
    acc_str_release(&item->key);
    acc_str_release(&item->request);
    acc_s3_call_release(&item->call);
    acc_s3_page_release(&item->page);
    acc_reading_release(&item->reading);
    acc_hasher_release(&item->job_only.hasher);
    free(item);
}

static void end(struct acc_item *item, enum acc_item_end how, bool keep_piece)
{
    item->end = how;
    item->took = acc_clock_now() - item->began;
    if (keep_piece)
        acc_piece_leave(&item->job_only.piece);
    else
        acc_target_drop(item->env->target, &item->job_only.piece);
    item->env->on_done(item);
}

static void unbind(struct acc_item *item)
{
    item->etag[0] = item->version_id[0] = '\0';
    item->facts.bound = false;
    item->facts.rereads++;
}

static void act(struct acc_item *item, enum acc_item_action action)
{
    switch (action) {
    case ACC_ITEM_DO_LOOK:
        acc_item_look(item);
        break;
    case ACC_ITEM_DO_ASK:
        acc_item_ask(item);
        break;
    case ACC_ITEM_DO_CHECK:
        acc_item_check(item);
        break;
    case ACC_ITEM_DO_THAW:
        acc_item_thaw(item);
        break;
    case ACC_ITEM_DO_READ:
        name_piece(item);
        acc_item_read(item, !item->facts.bound || item->entry.size < WORTH_RESUMING);
        break;
    case ACC_ITEM_DO_READ_TOP:
        unbind(item);
        acc_item_read(item, true);
        break;
    case ACC_ITEM_DO_READ_ANEW:
        acc_item_read(item, true);
        break;
    case ACC_ITEM_DO_NAME:
        acc_item_name(item);
        break;
    case ACC_ITEM_DO_RESTORED:
        end(item, ACC_ITEM_RESTORED, true);
        break;
    case ACC_ITEM_DO_ALREADY:
        end(item, ACC_ITEM_ALREADY, false);
        break;
    case ACC_ITEM_DO_READY:
        end(item, ACC_ITEM_READY, true);
        break;
    case ACC_ITEM_DO_WOULD:
        end(item, ACC_ITEM_WOULD, true);
        break;
    case ACC_ITEM_DO_CONFLICT:
        end(item, ACC_ITEM_CONFLICT, false);
        break;
    case ACC_ITEM_DO_FAIL:
        end(item, ACC_ITEM_FAILED, false);
        break;
    case ACC_ITEM_DO_LOSE:
        end(item, ACC_ITEM_LOST, true);
        break;
    case ACC_ITEM_DO_CANCEL:
        end(item, ACC_ITEM_CANCELLED, true);
        break;
    case ACC_ITEM_DO_BUG:
    case ACC_ITEM_ACTION_COUNT:
        abort();
    }
}

static void post(struct acc_item *item, enum acc_item_event event)
{
    if (atomic_load(&item->stop) && event != ACC_ITEM_ON_NAMED)
        event = ACC_ITEM_ON_CANCELLED;
    struct acc_item_rule rule = acc_item_rule(item->state, event, &item->facts);
    acc_trace(ACC_TRACE_UPLOAD, "restore %s: %s, %s -> %s", acc_str_cstr(&item->key),
              acc_item_state_name(item->state), acc_item_event_name(event),
              acc_item_state_name(rule.next));
    item->state = rule.next;
    act(item, rule.action);
}

void acc_item_start(struct acc_item *item)
{
    item->began = acc_clock_now();
    item->state = ACC_ITEM_LOOKING;
    /* What appears in the folder meanwhile is found when the piece is to get that name. */
    if (item->env->target->empty && !item->facts.dry)
        post(item, ACC_ITEM_ON_FREE);
    else
        acc_item_look(item);
}

void acc_item_cancel(struct acc_item *item)
{
    atomic_store(&item->stop, true);
    acc_s3_call_cancel(&item->call);
    if (item->reading.env != NULL)
        acc_reading_cancel(&item->reading);
}
