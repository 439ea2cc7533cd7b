/* acc_uploads(): a page of ListMultipartUploads, then for each upload on it ListParts for its size
 * and, if asked for, AbortMultipartUpload; then the next page.
 *
 *     PAGE ──> PARTS (page by page) ──> [ABORT] ──> shown ──> next of the page, or PAGE, or OWN
 *
 * OWN: what the ledger has and no page had, as one more page. A server that lists no uploads has
 * that page alone.
 *
 * One request at a time: this is housekeeping, and must not compete with runs. An upload that
 * has gone since it was listed is skipped. Fails as the request that failed; a refused abort is
 * counted and reported, and does not stop the rest. Everything is closed when it returns. */
#include <accession/uploads.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "bucket/claim.h"
#include "bucket/orphans.h"
#include "ledger/ledger.h"
#include "s3/ops/ops.h"

/* An upload of the page in hand. */
struct listed {
    char *key, *upload_id;
    int64_t begun;
};

struct sweep {
    const struct acc_uploads_options *options;
    struct acc_uploads_summary *summary;
    struct acc_error *err;
    struct acc_loop loop;
    struct acc_s3 *s3;
    struct acc_ledger *ledger; /* NULL: no ledger was found */
    struct acc_s3_call call;
    struct acc_s3_page page, parts;
    bool claim;  /* the one in hand is a run's claim (bucket/claim.h) */
    bool dead;   /* of a run that has ended */
    bool opened; /* it may have come of a Create whose answer was lost (bucket/orphans.h) */
    struct listed *list;
    size_t count, cap, at;
    struct acc_str shown; /* the ids of this ledger's uploads that pages had, each in newlines */
    bool own_page;        /* the last one is in hand */
    struct acc_open_upload now; /* the one in hand; strings of list[at] and `reason` */
    struct acc_error reason;
};

static void next_upload(struct sweep *s);

static void start(struct sweep *s, void (*on_done)(struct acc_s3_call *))
{
    s->call.on_done = on_done;
    acc_s3_call_start(&s->call);
}

static void stop_at_call(struct sweep *s)
{
    acc_s3_call_error(&s->call, s->err);
    acc_loop_stop(&s->loop);
}

/* ---- one upload ---- */

static void show(struct sweep *s)
{
    struct acc_uploads_summary *sum = s->summary;
    struct acc_open_upload *now = &s->now;
    int64_t bytes = now->bytes > 0 ? now->bytes : 0;
    now->reason = s->reason.message;
    sum->found++;
    sum->bytes += bytes;
    sum->own += now->own;
    sum->bytes_own += now->own ? bytes : 0;
    sum->busy += now->fate == ACC_OPEN_BUSY;
    sum->refused += now->fate == ACC_OPEN_REFUSED;
    if (now->fate == ACC_OPEN_ABORTED) {
        sum->aborted++;
        sum->bytes_aborted += bytes;
    }
    s->options->on_upload(s->options->arg, now);
    s->at++;
    next_upload(s);
}

static void on_aborted(struct acc_s3_call *call)
{
    struct sweep *s = ACC_CONTAINER_OF(call, struct sweep, call);
    bool gone =
        call->class == ACC_S3_OK || call->class == ACC_S3_RESTART || call->class == ACC_S3_MISSING;
    s->now.fate = ACC_OPEN_REFUSED;
    if (!gone)
        acc_s3_call_error(call, &s->reason);
    else if (s->claim)
        s->now.fate = ACC_OPEN_ABORTED;
    else if (acc_ledger_upload_aborted(s->ledger, s->now.upload_id, &s->reason) == ACC_OK)
        s->now.fate = ACC_OPEN_ABORTED;
    show(s);
}

/* Of the bucket as a whole: "ENDPOINT/BUCKET/". */
static void canonical_bucket(const struct sweep *s, struct acc_str *out)
{
    acc_s3_canonical(s->s3, out);
    acc_str_cut(out, out->len - strlen(acc_s3_where(s->s3)->prefix));
}

static enum acc_code take_lock(struct sweep *s)
{
    struct acc_str bucket = {0};
    if (!s->opened)
        return acc_ledger_claim_upload(s->ledger, s->now.upload_id, &s->reason);
    canonical_bucket(s, &bucket);
    enum acc_code code =
        acc_ledger_claim_opening(s->ledger, acc_str_cstr(&bucket), s->now.key, &s->reason);
    acc_str_release(&bucket);
    return code;
}

/* The lock is taken before the request is sent, and kept, so that no run starts in between. */
static void decide(struct sweep *s)
{
    struct acc_open_upload *now = &s->now;
    now->fate = ACC_OPEN_STAYS;
    s->opened = s->opened && now->parts == 0 && now->bytes == 0;
    now->own = now->own || s->opened;
    if (!s->options->abort_own || !now->own) {
        show(s);
    } else if (!s->dead && now->age < s->options->older_than) {
        now->fate = ACC_OPEN_YOUNG;
        show(s);
    } else if (s->claim && !s->dead && now->age < ACC_CLAIM_STALE_MS) {
        /* No lock shows it: the run may be at work on another destination's. */
        now->fate = ACC_OPEN_BUSY;
        acc_error_set(
            &s->reason, ACC_LEDGER_BUSY,
            "the claim of a run that may still be working. If it was killed, try again when "
            "the claim is %d minutes old",
            ACC_CLAIM_STALE_MS / 60000);
        show(s);
    } else if (!s->claim && take_lock(s) != ACC_OK) {
        now->fate = s->reason.code == ACC_LEDGER_BUSY ? ACC_OPEN_BUSY : ACC_OPEN_REFUSED;
        show(s);
    } else {
        acc_s3_abort_upload(&s->call, s->s3, now->key, now->upload_id);
        start(s, on_aborted);
    }
}

static void on_part(void *arg, const struct acc_s3_listed_part *part)
{
    struct sweep *s = arg;
    s->now.parts++;
    s->now.bytes += part->size > 0 ? part->size : 0;
}

static void ask_parts(struct sweep *s);

static void on_parts(struct acc_s3_call *call)
{
    struct sweep *s = ACC_CONTAINER_OF(call, struct sweep, call);
    if (call->class == ACC_S3_RESTART || call->class == ACC_S3_MISSING) {
        s->at++; /* gone since it was listed */
        next_upload(s);
    } else if (call->class == ACC_S3_DENIED) {
        s->now.bytes = -1;
        decide(s);
    } else if (call->class != ACC_S3_OK || !acc_s3_read_list_parts(call, &s->parts, on_part, s)) {
        stop_at_call(s);
    } else if (s->parts.more) {
        ask_parts(s);
    } else {
        decide(s);
    }
}

static void ask_parts(struct sweep *s)
{
    acc_s3_list_parts(&s->call, s->s3, s->now.key, s->now.upload_id, &s->parts);
    start(s, on_parts);
}

/* ---- pages ---- */

static void on_listed(void *arg, const struct acc_s3_listed *item)
{
    struct sweep *s = arg;
    if (s->count == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 64;
        s->list = acc_realloc(s->list, s->cap * sizeof *s->list);
    }
    s->list[s->count++] = (struct listed){
        .key = acc_strdup(item->key),
        .upload_id = acc_strdup(item->upload_id),
        .begun = item->modified,
    };
}

static void forget_list(struct sweep *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free(s->list[i].key);
        free(s->list[i].upload_id);
    }
    s->count = s->at = 0;
}

static void on_page(struct acc_s3_call *call)
{
    struct sweep *s = ACC_CONTAINER_OF(call, struct sweep, call);
    forget_list(s);
    s->summary->unlisted = call->status != 400 && acc_s3_lacks(call) && s->ledger != NULL;
    if (s->summary->unlisted ||
        (call->class == ACC_S3_OK && acc_s3_read_list_uploads(call, &s->page, on_listed, s)))
        next_upload(s);
    else
        stop_at_call(s);
}

/* What follows the endpoint in a canonical name: one server may be reached by several names. */
static const char *behind_endpoint(const char *canonical)
{
    const char *scheme = strstr(canonical, "://");
    const char *slash = strchr(scheme != NULL ? scheme + strlen("://") : canonical, '/');
    return slash != NULL ? slash + 1 : canonical;
}

static void on_own(void *arg, const char *object, const char *upload_id, int64_t begun)
{
    struct sweep *s = arg;
    struct acc_str id = {0}, canonical = {0};
    acc_str_addf(&id, "\n%s\n", upload_id);
    acc_s3_canonical(s->s3, &canonical);
    const char *here = behind_endpoint(acc_str_cstr(&canonical)), *name = behind_endpoint(object);
    size_t bucket = strlen(here) - strlen(acc_s3_where(s->s3)->prefix);
    if (acc_starts_with(name, here) && strstr(acc_str_cstr(&s->shown), acc_str_cstr(&id)) == NULL)
        on_listed(s, &(struct acc_s3_listed){
                         .key = name + bucket, .upload_id = upload_id, .modified = begun});
    acc_str_release(&id);
    acc_str_release(&canonical);
}

/* False when the ledger fails. */
static bool take_own_page(struct sweep *s)
{
    forget_list(s);
    s->own_page = true;
    return s->ledger == NULL || acc_ledger_open_uploads(s->ledger, on_own, s, s->err) == ACC_OK;
}

static void ask_page(struct sweep *s)
{
    acc_s3_list_uploads(&s->call, s->s3, acc_s3_where(s->s3)->prefix, &s->page);
    start(s, on_page);
}

/* Whose the upload in hand is. False when the ledger fails. */
static bool find_owner(struct sweep *s)
{
    const char *run = acc_claim_run_of_key(s->now.key, 0);
    struct acc_str bucket = {0};
    bool ended;
    s->opened = false;
    s->claim = run != NULL && s->ledger != NULL && acc_claim_is_of(s->ledger, run, &ended);
    s->dead = s->claim && acc_claim_is_dead(s->ledger, run);
    s->now.own = s->claim;
    if (s->claim || s->ledger == NULL)
        return true;
    canonical_bucket(s, &bucket);
    bool known =
        acc_ledger_knows_upload(s->ledger, s->now.upload_id, &s->now.own, s->err) == ACC_OK &&
        (s->now.own || acc_ledger_knows_opening(s->ledger, acc_str_cstr(&bucket), s->now.key,
                                                s->now.begun - ACC_ORPHAN_LATEST_MS,
                                                s->now.begun + ACC_ORPHAN_SLACK_MS, &s->opened,
                                                s->err) == ACC_OK);
    acc_str_release(&bucket);
    return known;
}

static void next_upload(struct sweep *s)
{
    if (s->at == s->count) {
        if (s->page.more)
            ask_page(s);
        else if (!s->own_page && take_own_page(s))
            next_upload(s);
        else
            acc_loop_stop(&s->loop);
        return;
    }
    const struct listed *item = &s->list[s->at];
    s->reason = (struct acc_error){0};
    s->now = (struct acc_open_upload){
        .key = item->key,
        .upload_id = item->upload_id,
        .begun = item->begun,
        .age = acc_s3_now(s->s3) - item->begun,
    };
    if (s->now.age < 0) /* the server's Date has whole seconds */
        s->now.age = 0;
    acc_str_clear(&s->parts.next);
    if (!find_owner(s)) {
        acc_loop_stop(&s->loop);
        return;
    }
    if (s->now.own && !s->claim)
        acc_str_addf(&s->shown, "\n%s\n", item->upload_id);
    ask_parts(s);
}

/* ---- all of it ---- */

static enum acc_code open_ledger(struct sweep *s)
{
    struct acc_str path = {0};
    enum acc_code code = ACC_OK;
    acc_ledger_where(s->options->ledger, &path);
    /* Without a ledger we cannot tell which uploads are ours, so there is nothing to abort. */
    s->summary->ledger_found = access(acc_str_cstr(&path), F_OK) == 0;
    if (s->summary->ledger_found)
        code = s->options->abort_own
                   ? acc_ledger_open(acc_str_cstr(&path), &s->ledger, s->err)
                   : acc_ledger_open_readonly(acc_str_cstr(&path), &s->ledger, s->err);
    acc_str_release(&path);
    return code;
}

enum acc_code acc_uploads(const struct acc_uploads_options *options,
                          struct acc_uploads_summary *summary, struct acc_error *err)
{
    struct acc_s3_location location = {0};
    struct acc_error own_err = {0};
    struct sweep *s = ACC_NEW(struct sweep);
    *summary = (struct acc_uploads_summary){0};
    s->options = options;
    s->summary = summary;
    s->err = &own_err;
    enum acc_code code = acc_s3_location_parse(options->url, &location, s->err);
    if (code == ACC_OK)
        code = open_ledger(s);
    if (code != ACC_OK)
        goto no_loop;
    code = acc_loop_init(&s->loop, s->err);
    if (code != ACC_OK)
        goto no_loop;
    code = acc_s3_new(&s->loop, &options->connection, &location, 1, &s->s3, s->err);
    if (code == ACC_OK) {
        own_err = (struct acc_error){0}; /* left by a look for files that need not exist */
        ask_page(s);
        acc_loop_run(&s->loop);
        code = own_err.code;
        if (code != ACC_OK)
            acc_error_context(s->err, "%s", location.url);
        else if (summary->refused > 0)
            code = acc_error_set(s->err, ACC_KEY_REFUSED,
                                 "%s: %llu of the uploads could not be aborted", location.url,
                                 (unsigned long long)summary->refused);
    }
    forget_list(s);
    acc_str_release(&s->shown);
    acc_s3_call_release(&s->call);
    acc_s3_page_release(&s->page);
    acc_s3_page_release(&s->parts);
    acc_s3_free(s->s3);
    acc_loop_release(&s->loop);
no_loop:
    acc_ledger_close(s->ledger);
    acc_s3_location_release(&location);
    free(s->list);
    free(s);
    if (err != NULL)
        *err = own_err;
    return code;
}
