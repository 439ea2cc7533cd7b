/* One entry on its way into the bucket.
 *
 * Happy path of a small file: one job opens, reads and hashes it into a ticket, the gate compares,
 * one PutObject makes it visible, one ledger record makes it durable. Of a large one: Create, then
 * reading with parts sent behind it (transfer.c), the gate, Complete, the record. Failure: every
 * error becomes one of four events (FILE_BAD, REQUEST_BAD, DENIED, SERVER_LOST) with its reason in
 * `err`; the rules decide whether to abort, hold or park. End: DONE, FAILED or PARKED, with nothing
 * in progress any more. */
#include "ingest/upload/actions.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

/* ---- what each action does ---- */

static void forget_and_open(struct acc_upload *u)
{
    acc_upload_forget(u);
    acc_upload_do_open(u);
}

static void hold(struct acc_upload *u)
{
    u->denials++;
    u->env->on_denied(u->env, u);
}

static void lose(struct acc_upload *u)
{
    u->env->on_lost(u->env, u);
    acc_upload_do_settle(u);
}

/* clang-format off */
static const acc_upload_action_fn actions[ACC_UPLOAD_ACTION_COUNT] = {
    [ACC_DO_ADOPT] = acc_upload_do_adopt,
    [ACC_DO_OPEN] = acc_upload_do_open,
    [ACC_DO_FORGET_OPEN] = forget_and_open,
    [ACC_DO_CREATE] = acc_upload_do_create,
    [ACC_DO_TRANSFER] = acc_upload_do_transfer,
    [ACC_DO_GATE] = acc_upload_do_gate,
    [ACC_DO_COMMIT] = acc_upload_do_commit,
    [ACC_DO_PROVE] = acc_upload_do_prove,
    [ACC_DO_RECORD] = acc_upload_do_record,
    [ACC_DO_RECORD_ALREADY] = acc_upload_do_record_already,
    [ACC_DO_HOLD] = hold,
    [ACC_DO_QUIET] = acc_upload_do_quiet,
    [ACC_DO_LOSE] = lose,
    [ACC_DO_SETTLE] = acc_upload_do_settle,
    [ACC_DO_ABORT] = acc_upload_do_abort,
    [ACC_DO_HURRY] = acc_upload_do_hurry,
    [ACC_DO_BEGIN_AGAIN] = acc_upload_do_begin_again,
    [ACC_DO_FINISH] = acc_upload_do_finish,
};
/* clang-format on */

/* ---- birth and death ---- */

static void remember_archived(struct acc_upload *u, const struct acc_row *row)
{
    /* An object that was once found replaced is no evidence for what lies there now, even if it has
     * the same ETag. */
    u->known.archived = row->archived_run != 0 && !row->gone;
    if (!u->known.archived)
        return;
    snprintf(u->known.etag, sizeof u->known.etag, "%s", row->archived.etag);
    snprintf(u->known.version_id, sizeof u->known.version_id, "%s", row->archived.version_id);
    snprintf(u->stored_checksum, sizeof u->stored_checksum, "%s", row->archived.checksum);
    u->known.digests = row->archived.digests;
    u->known.size = row->archived.size;
}

struct acc_upload *acc_upload_new(struct acc_upload_env *env, const struct acc_row *row,
                                  bool key_exists, const char *key)
{
    struct acc_upload *u = ACC_NEW(struct acc_upload);
    u->env = env;
    u->actions = actions;
    u->id = row->id;
    u->entry = row->entry;
    u->planned = acc_row_size(row);
    u->entry.path = acc_strdup(row->entry.path);
    u->entry.origin = acc_strdup(row->entry.origin);
    u->attributes = acc_kinds_of(env->kinds, u->entry.path);
    acc_str_set(&u->key, key);
    u->file.size = -1;
    u->started = acc_clock_now();
    u->facts.key_exists = key_exists;
    acc_list_init(&u->multipart.sending);
    remember_archived(u, row);
    u->multipart.checksum = env->checksum;
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
    if (u->proof != NULL)
        acc_prove_release(&u->proof->prove);
    if (u->inspection != NULL)
        acc_readback_release(&u->inspection->readback);
    free(u->proof);
    free(u->inspection);
    acc_s3_call_release(&u->call);
    acc_s3_page_release(&u->page);
    acc_str_release(&u->key);
    acc_str_release(&u->multipart.id);
    acc_str_release(&u->multipart.xml);
    free((char *)u->entry.path);
    free((char *)u->entry.origin);
    free(u);
}
