/* Driving the rules for one object: ask, write the answer into the facts, ask the rules again. If a
 * request fails because of the server, the check ends as lost; the caller decides what that means
 * for the run. After a cancel, the end of the request in progress ends the check. */
#include "verify/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static bool go_on(struct acc_check *c);

/* ---- making and freeing ---- */

struct acc_check *acc_check_new(struct acc_check_env *env, const struct acc_row *row)
{
    struct acc_check *c = ACC_NEW(struct acc_check);
    c->env = env;
    c->entry_id = row->id;
    c->entry = row->entry;
    c->entry.path = acc_strdup(row->entry.path);
    c->entry.origin = acc_strdup(row->entry.origin);
    c->archived = row->archived;
    c->archived.etag = acc_strdup(row->archived.etag ? row->archived.etag : "");
    c->archived.version_id = acc_strdup(row->archived.version_id ? row->archived.version_id : "");
    c->archived.checksum = acc_strdup(row->archived.checksum ? row->archived.checksum : "");
    acc_str_addf(&c->key, "%s%s", env->prefix, row->entry.path);
    c->size = -1;
    c->etag = c->version_id = "";
    c->facts.level = env->level;
    c->facts.entry = &c->entry;
    c->facts.size = acc_rules_size(row);
    if (acc_rules_archived(row) != NULL) {
        c->facts.archived = &c->archived;
        if (c->entry.promised.present == 0)
            c->entry.promised = c->archived.digests;
    }
    return c;
}

void acc_check_free(struct acc_check *c)
{
    free((char *)c->entry.path);
    free((char *)c->entry.origin);
    free((char *)c->archived.etag);
    free((char *)c->archived.version_id);
    free((char *)c->archived.checksum);
    acc_unchanged_free(c->verdict.unchanged);
    acc_str_release(&c->key);
    acc_s3_call_release(&c->call);
    acc_s3_page_release(&c->page);
    acc_reading_release(&c->reading);
    acc_content_close(&c->local.content);
    free(c->local.buffer);
    free(c);
}

int64_t acc_check_bytes(const struct acc_check *c)
{
    return c->env->source != NULL ? c->taken : c->reading.fetch.received;
}

/* ---- answers ---- */

static void lose(struct acc_check *c, const struct acc_s3_call *call)
{
    c->end = call->class == ACC_S3_CANCELLED ? ACC_CHECK_CANCELLED : ACC_CHECK_LOST;
    c->lost_class = call->class;
    acc_s3_call_error(call, &c->err);
    c->env->on_done(c);
}

static void refused(struct acc_check *c, const struct acc_s3_call *call)
{
    snprintf(c->facts.refusal, sizeof c->facts.refusal, "refused: %d %s%s%.150s", call->status,
             call->code, call->message[0] ? ": " : "", call->message);
}

/* False when the answer says nothing of this object. */
static bool answer_of(struct acc_check *c, const struct acc_s3_call *call, enum acc_answer *answer)
{
    switch (call->class) {
    case ACC_S3_OK:
        *answer = ACC_ANSWER_YES;
        return true;
    case ACC_S3_MISSING:
        *answer = ACC_ANSWER_MISSING;
        return true;
    case ACC_S3_PRECONDITION:
        *answer = ACC_ANSWER_CHANGED;
        return true;
    case ACC_S3_DENIED:
        *answer = ACC_ANSWER_DENIED;
        return true;
    case ACC_S3_KEY:
    case ACC_S3_DESTINATION: /* of a reading: its KMS key is disabled, or the like */
        *answer =
            strcmp(call->code, "InvalidObjectState") == 0 ? ACC_ANSWER_COLD : ACC_ANSWER_REFUSED;
        refused(c, call);
        return true;
    default:
        return false;
    }
}

static void answered(struct acc_check *c)
{
    if (go_on(c))
        c->env->on_done(c);
}

static void on_head(struct acc_s3_call *call)
{
    struct acc_check *c = ACC_CONTAINER_OF(call, struct acc_check, call);
    if (!answer_of(c, call, &c->facts.head.answer)) {
        lose(c, call);
        return;
    }
    if (call->class == ACC_S3_OK) {
        acc_s3_read_object(call, &c->facts.head.object);
        c->size = c->facts.head.object.size;
        c->etag = c->facts.head.object.etag;
        c->version_id = c->facts.head.object.version_id;
    }
    answered(c);
}

static void on_version(void *arg, const struct acc_s3_listed *item)
{
    struct acc_check *c = arg;
    bool first = c->facts.look.versions == 0 && !c->facts.look.top_deleted;
    if (strcmp(item->key, acc_str_cstr(&c->key)) != 0)
        return;
    if (first) {
        c->facts.look.top_deleted = item->delete_marker;
        c->facts.look.top_modified = item->modified;
        memcpy(c->facts.look.top_etag, item->etag, sizeof item->etag);
        memcpy(c->facts.look.top_version, item->version_id, sizeof item->version_id);
    }
    if (item->delete_marker)
        return;
    c->facts.look.versions++;
    if (c->facts.archived != NULL && strcmp(item->version_id, c->archived.version_id) == 0)
        c->facts.look.archived_there = true;
}

static void on_looked(struct acc_s3_call *call)
{
    struct acc_check *c = ACC_CONTAINER_OF(call, struct acc_check, call);
    if (call->class == ACC_S3_OK && acc_s3_read_list_versions(call, &c->page, on_version, c)) {
        c->facts.look.answer = ACC_ANSWER_YES;
        answered(c);
    } else if (call->class == ACC_S3_PROTOCOL || call->class == ACC_S3_OK ||
               answer_of(c, call, &c->facts.look.answer)) {
        /* Not every server lists versions, and not all credentials may: the finding stands
         * without. */
        c->facts.look.answer = ACC_ANSWER_DENIED;
        answered(c);
    } else {
        lose(c, call);
    }
}

static void on_read(struct acc_reading *reading)
{
    struct acc_check *c = ACC_CONTAINER_OF(reading, struct acc_check, reading);
    bool bound = c->asked == ACC_ASK_BOUND;
    struct acc_read_facts *facts = bound ? &c->facts.bound : &c->facts.read;
    if (!answer_of(c, &reading->fetch.call, &facts->answer)) {
        lose(c, &reading->fetch.call);
        return;
    }
    if (reading->fetch.call.class == ACC_S3_OK) {
        facts->size = reading->fetch.received;
        facts->digests = reading->digests;
        memcpy(facts->etag, reading->fetch.object.etag, sizeof facts->etag);
        memcpy(facts->version_id, reading->fetch.object.version_id, sizeof facts->version_id);
    }
    if (reading->fetch.call.class == ACC_S3_OK && !bound) {
        c->size = facts->size;
        c->digests = &facts->digests;
        c->etag = facts->etag;
        c->version_id = facts->version_id;
    }
    answered(c);
}

/* ---- questions ---- */

static void start_reading(struct acc_check *c, const char *version_id, const char *etag)
{
    uint32_t wanted = c->entry.promised.present;
    /* Content promised only by a weak digest is compared with the ledger's SHA-256 as well. */
    if (c->facts.archived != NULL && acc_digests_has(&c->archived.digests, ACC_SHA256)) {
        acc_digests_merge(&c->entry.promised, &c->archived.digests);
        wanted |= 1u << ACC_SHA256;
        c->entry.promised.present &= wanted;
    }
    acc_reading_prepare(&c->reading, &c->env->reading, wanted);
    c->reading.expected = c->facts.size;
    c->reading.on_done = on_read;
    acc_reading_start(&c->reading, acc_str_cstr(&c->key), version_id, etag);
}

static void ask(struct acc_check *c, enum acc_question question)
{
    const char *key = acc_str_cstr(&c->key);
    struct acc_s3 *s3 = c->env->reading.s3;
    c->asked = question;
    switch (question) {
    case ACC_ASK_HEAD:
        acc_s3_head_object(&c->call, s3, key, NULL);
        c->call.on_done = on_head;
        acc_s3_call_start(&c->call);
        break;
    case ACC_ASK_LOOK:
        acc_s3_page_release(&c->page);
        acc_s3_list_versions(&c->call, s3, key, &c->page);
        c->call.on_done = on_looked;
        acc_s3_call_start(&c->call);
        break;
    case ACC_ASK_READ:
        start_reading(c, NULL, c->facts.archived != NULL ? c->archived.etag : NULL);
        break;
    case ACC_ASK_READ_ANY:
        c->facts.rereads++;
        memset(&c->facts.look, 0, sizeof c->facts.look);
        start_reading(c, NULL, NULL);
        break;
    case ACC_ASK_BOUND:
        start_reading(c, c->archived.version_id, NULL);
        break;
    case ACC_ASK_NOTHING:
    case ACC_QUESTION_COUNT:
        abort();
    }
}

/* True when it is over. */
static bool go_on(struct acc_check *c)
{
    if (c->stop) {
        c->end = ACC_CHECK_CANCELLED;
        return true;
    }
    enum acc_question question = acc_rules_next(&c->facts, &c->verdict);
    if (question == ACC_ASK_NOTHING)
        return true;
    if (c->questions++ == ACC_QUESTIONS_MAX) {
        c->verdict =
            (struct acc_verdict){.finding = ACC_FINDING_UNREADABLE,
                                 .proof = ACC_PROOF_NONE,
                                 .detail = "changed repeatedly while it was being checked"};
        return true;
    }
    ask(c, question);
    return false;
}

bool acc_check_begin(struct acc_check *c, enum acc_listing listed)
{
    c->facts.listed = listed;
    return go_on(c);
}

void acc_check_cancel(struct acc_check *c)
{
    c->stop = true;
    acc_s3_call_cancel(&c->call);
    if (c->reading.env != NULL)
        acc_reading_cancel(&c->reading);
    if (acc_link_in_list(&c->local.rate_wait.link)) {
        struct acc_rate_wait *wait = &c->local.rate_wait;
        acc_rate_leave(c->env->rate, wait);
        wait->on_turn(wait);
    }
}
