/* VISITING: does the destination hold another delivery? Then nothing is sent, since two bags that
 * are mixed under one prefix stay mixed forever.
 *
 * It holds another one when
 *  1. what the ledger knows of a listed object, or its size, differs from this run's promise;
 *  2. a manifest, a list or bagit.txt of this run is there with other content; or
 *  3. a bag's own files (bagit.txt, manifest-*.txt, tagmanifest-*.txt) are there that this run does
 *     not name, and none of its own manifests is there with the same content.
 * It is the same delivery, which goes on, when none of that holds: the manifests are there and are
 * the same, or are not there yet, since they are sent last. So a run that was killed, or refused
 * and corrected, is not stopped. Payload alone says nothing of whose it is: a key that holds other
 * content is a conflict of that key, found when it is sent.
 *
 * Happy path: the run's manifests that exist are proven one by one (upload/prove.h), and VISITED
 * follows. Failure: what cannot be asked or read is left to the uploads, which report it. If it is
 * another delivery, bag-info.txt is fetched for its External-Identifier, all that is pending is
 * withheld, and the run ends as after a conflict. --into-existing leaves all of this out.
 * Close: an interrupt cancels the request. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "base/path.h"
#include "ingest/run.h"
#include "manifest/manifest.h"

/* More manifests than a delivery has; a run that only consists of them is compared as it is sent.
 */
#define LOOKS_MAX 64
#define INFO_MAX ((size_t)256 << 10)

static const enum acc_role roles[] = {ACC_ROLE_MANIFEST, ACC_ROLE_DECLARATION};

static void next(struct acc_run *run);

void acc_run_see_stranger(struct acc_run *run, const char *path)
{
    if (acc_bag_is_own_file(path) && run->visiting.stranger.len == 0)
        acc_str_set(&run->visiting.stranger, path);
}

/* ---- what it holds, in words ---- */

static void add_what(const struct acc_run *run, struct acc_str *text)
{
    const struct acc_run_visiting *v = &run->visiting;
    char count[32];
    if (v->other.len == 0 && v->stranger.len == 0) {
        acc_str_addf(text, "other content under %s of these names, such as ",
                     acc_show_count(run->counts.conflicts, count));
        acc_path_show(text, acc_str_cstr(&v->conflict), v->conflict.len);
        return;
    }
    const struct acc_str *mark = v->other.len > 0 ? &v->other : &v->stranger;
    bool bag = acc_bag_is_own_file(acc_str_cstr(mark));
    acc_str_add(text, bag ? "another bag" : "another delivery");
    acc_str_add(text, v->identifier.len > 0 ? " (External-Identifier " : " (its ");
    if (v->identifier.len > 0)
        acc_path_show(text, v->identifier.data, v->identifier.len);
    else
        acc_path_show(text, acc_str_cstr(mark), mark->len);
    acc_str_add(text, v->identifier.len > 0 ? ")"
                      : v->other.len > 0    ? " differs)"
                                            : " is not of this one)");
}

/* SOURCE's own name below the destination, unless that ends in it. */
static void propose_url(const struct acc_run *run, char *out, size_t size)
{
    const char *name = run->source.name, *url = run->location.url;
    const char *last = strrchr(url, '/');
    out[0] = '\0';
    if (*name != '\0' && (last == NULL || strcmp(last + 1, name) != 0))
        snprintf(out, size, "%s/%s", url, name);
}

static void settle(struct acc_run *run)
{
    struct acc_ingest_summary *s = run->summary;
    struct acc_str what = {0};
    struct acc_error err = {0};
    add_what(run, &what);
    snprintf(s->holds, sizeof s->holds, "%s", acc_str_cstr(&what));
    acc_str_release(&what);
    propose_url(run, s->right_url, sizeof s->right_url);
    run->facts.refused = true;
    enum acc_code code = acc_ledger_flush(run->ledger, &err);
    if (code == ACC_OK)
        code = acc_run_withhold(run, ACC_ROLE_PAYLOAD, ACC_FOR_ROOM, &err);
    if (code == ACC_OK)
        acc_run_post(run, ACC_RUN_ON_VISITED);
    else
        acc_run_fail(run, &err);
}

/* ---- whose it is ---- */

static void read_identifier(struct acc_run *run, const struct acc_str *text)
{
    static const char label[] = "External-Identifier:";
    const char *at = acc_str_cstr(text);
    for (; at != NULL && *at != '\0'; at = strchr(at, '\n'), at = at != NULL ? at + 1 : NULL) {
        if (strncasecmp(at, label, sizeof label - 1) != 0)
            continue;
        at += sizeof label - 1;
        at += strspn(at, " \t");
        acc_str_add_n(&run->visiting.identifier, at, strcspn(at, "\r\n"));
        return;
    }
}

static void on_info(struct acc_s3_call *call)
{
    struct acc_run *run = ACC_CONTAINER_OF(call, struct acc_run, visiting.info);
    if (!acc_run_stops(run)) {
        if (call->class == ACC_S3_OK)
            read_identifier(run, &call->http.reply);
        settle(run);
    }
    acc_run_end(run);
}

static void identify(struct acc_run *run)
{
    struct acc_s3_call *call = &run->visiting.info;
    acc_str_set(&run->visiting.key, run->location.prefix);
    acc_str_add(&run->visiting.key, "bag-info.txt");
    acc_s3_get_object(call, run->s3, acc_str_cstr(&run->visiting.key), NULL, NULL);
    call->reply_max = INFO_MAX;
    call->on_done = on_info;
    acc_run_begin(run);
    acc_s3_call_start(call);
}

static void conclude(struct acc_run *run)
{
    const struct acc_run_visiting *v = &run->visiting;
    acc_by_role_close(&run->visiting.draw);
    if (v->same)
        acc_str_clear(&run->visiting.stranger);
    bool bag = v->other.len > 0 || v->stranger.len > 0;
    if (bag)
        identify(run);
    else if (run->counts.conflicts > 0)
        settle(run);
    else
        acc_run_post(run, ACC_RUN_ON_VISITED);
}

/* ---- the run's own manifests ---- */

static void on_proved(struct acc_prove *prove)
{
    struct acc_run *run = ACC_CONTAINER_OF(prove, struct acc_visit, prove)->run;
    bool manifest = run->visiting.row.entry.role == ACC_ROLE_MANIFEST;
    if (!acc_run_stops(run)) {
        if (prove->result == ACC_PROVE_OTHER)
            acc_run_refuse(run, &run->visiting.row, &prove->err, NULL);
        run->visiting.same |= prove->result == ACC_PROVE_SAME && manifest;
        next(run);
    }
    acc_run_end(run);
}

static void prove(struct acc_run *run)
{
    /* The last one's callback may still be running: its struct is used after the next. */
    struct acc_visit *visit = &run->visiting.visits[run->visiting.looks++ % 2];
    struct acc_row *row = &run->visiting.row;
    acc_str_set(&run->visiting.key, run->location.prefix);
    acc_str_add(&run->visiting.key, row->entry.path);
    acc_prove_release(&visit->prove);
    visit->run = run;
    visit->prove = (struct acc_prove){
        .loop = &run->loop,
        .s3 = run->s3,
        .algs = run->algs,
        .source = &run->source,
        .entry = &row->entry,
        .key = acc_str_cstr(&run->visiting.key),
        .known = {.etag = row->archived_run != 0 && !row->gone ? row->archived.etag : NULL,
                  .version_id = row->archived.version_id,
                  .size = row->archived.size},
        .known_digests = &row->archived.digests,
        .gated = &row->archived.digests,
        .expected = "",
        .on_done = on_proved,
    };
    acc_run_begin(run);
    acc_prove_start(&visit->prove);
}

/* The row stays as it is until the cursor moves. */
static void next(struct acc_run *run)
{
    struct acc_error err;
    bool more = true;
    while (run->visiting.other.len == 0 && run->visiting.looks < LOOKS_MAX) {
        if (acc_by_role_next(&run->visiting.draw, run->ledger, run->id, &run->visiting.row, &more,
                             &err) != ACC_OK) {
            acc_run_fail(run, &err);
            return;
        }
        if (!more)
            break;
        if (run->listing.known && !acc_presence_of(&run->listing.presence, run->visiting.row.id))
            continue;
        prove(run);
        return;
    }
    conclude(run);
}

static enum acc_code find_same(struct acc_run *run, struct acc_error *err)
{
    struct acc_ledger_cursor *cursor;
    enum acc_code code = acc_ledger_draw_open(run->ledger, run->id, ACC_ENTRY_ALREADY,
                                              ACC_ROLE_MANIFEST, -1, INT64_MAX, &cursor, err);
    if (code != ACC_OK)
        return code;
    run->visiting.same = acc_ledger_cursor_rows(cursor) > 0;
    acc_ledger_cursor_close(cursor);
    return ACC_OK;
}

void acc_run_visit(struct acc_run *run)
{
    struct acc_error err;
    acc_run_state(run, "looking at the destination");
    run->facts.visit = false;
    /* Where nothing was listed there is nothing to look at. */
    bool empty = run->listing.known && run->listing.presence.listed == 0;
    run->visiting.draw =
        (struct acc_by_role){.roles = roles, .count = empty ? 0 : ACC_COUNT_OF(roles)};
    if (acc_ledger_flush(run->ledger, &err) != ACC_OK || find_same(run, &err) != ACC_OK)
        acc_run_fail(run, &err);
    else
        next(run);
}

void acc_run_quit_visit(struct acc_run *run)
{
    for (int i = 0; i < 2; i++)
        acc_prove_cancel(&run->visiting.visits[i].prove);
    acc_s3_call_cancel(&run->visiting.info);
}

void acc_run_release_visit(struct acc_run *run)
{
    struct acc_run_visiting *v = &run->visiting;
    acc_by_role_close(&v->draw);
    for (int i = 0; i < 2; i++)
        acc_prove_release(&v->visits[i].prove);
    acc_s3_call_release(&v->info);
    acc_str_release(&v->key);
    acc_str_release(&v->conflict);
    acc_str_release(&v->other);
    acc_str_release(&v->stranger);
    acc_str_release(&v->identifier);
}
