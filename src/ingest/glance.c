/* REHEARSING, before the files are opened: a dry run asks the server about each key that exists and
 * that the ledger's record of it did not settle. HEAD and what is known without reading are enough
 * in most cases (upload/prove.h): the object is there, or a real run would be in conflict with it.
 *
 * Happy path: the entries are drawn role by role, some are looked at concurrently, what is proven
 * or in conflict is recorded in the dry run's own ledger, and the rehearsal follows. Failure: what
 * cannot be asked, or only its bytes could decide, stays to be compared. Close: an interrupt
 * cancels the requests. */
#include <stdlib.h>

#include "base/mem.h"
#include "gate/gate.h"
#include "ingest/run.h"

/* An object that is looked at. */
struct glance {
    struct acc_run *run;
    struct acc_link link;
    struct acc_prove prove;
    struct acc_row row;
    char *path, *origin;
    struct acc_str key;
    struct acc_row known;         /* as the real runs' ledger has it */
    char *etag, *version_id;      /* of that */
    struct acc_upload_row upload; /* a gated upload of a run that was killed */
};

static const enum acc_role roles[ACC_ROLES] = {ACC_ROLE_PAYLOAD, ACC_ROLE_TAG, ACC_ROLE_MANIFEST,
                                               ACC_ROLE_DECLARATION};

static void fill(struct acc_run *run);

static void release(struct glance *g)
{
    acc_prove_release(&g->prove);
    acc_upload_row_release(&g->upload);
    acc_str_release(&g->key);
    free(g->etag);
    free(g->version_id);
    free(g->path);
    free(g->origin);
    free(g);
}

static void count_present(struct glance *g)
{
    struct acc_run *run = g->run;
    const struct acc_proven *proven = g->prove.proven;
    struct acc_record record = {.run = run->id,
                                .entry = g->row.id,
                                .archived = {.digests = *acc_proven_digests(proven),
                                             .size = acc_proven_size(proven),
                                             .etag = g->prove.object.etag,
                                             .version_id = g->prove.object.version_id,
                                             .proof = acc_proven_by(proven)}};
    acc_ledger_post_already(run->ledger, &record, proven);
    run->counts.done++;
    run->counts.already++;
    run->counts.bytes_total -= acc_proven_size(proven);
    acc_run_report_row(run, &g->row, ACC_OUTCOME_ALREADY);
}

static void on_glanced(struct acc_prove *prove)
{
    struct glance *g = ACC_CONTAINER_OF(prove, struct glance, prove);
    struct acc_run *run = g->run;
    if (acc_run_stops(run)) {
        /* cancelled: it says nothing */
    } else if (prove->result == ACC_PROVE_SAME) {
        count_present(g);
    } else if (prove->result == ACC_PROVE_OTHER) {
        acc_run_refuse(run, &g->row, &prove->err, NULL);
    }
    acc_list_remove(&g->link);
    release(g);
    run->glancing.active--;
    fill(run);
    acc_run_end(run);
}

/* What real runs know: the object on record, and an upload that passed the gate before its run was
 * killed. */
static void look_up(struct glance *g)
{
    struct acc_run *run = g->run;
    struct acc_str canonical = {0};
    bool found = false, open = false;
    if (run->listing.ledger == NULL)
        return;
    acc_s3_canonical(run->s3, &canonical);
    acc_ledger_find_object(run->listing.ledger, acc_str_cstr(&canonical), g->path, &g->known,
                           &found, NULL);
    acc_str_release(&canonical);
    if (found && !g->known.gone) {
        g->etag = acc_strdup(g->known.archived.etag);
        g->version_id = acc_strdup(g->known.archived.version_id);
    }
    if (g->known.unfinished)
        acc_ledger_upload(run->listing.ledger, g->known.id, &g->upload, &open, NULL);
}

static struct acc_sighting sent_by(const struct glance *g)
{
    struct acc_sighting sent = {.token = g->upload.gated ? g->upload.token : NULL};
    for (uint32_t i = 0; i < g->upload.part_count; i++)
        sent.size += g->upload.parts[i].size;
    return sent;
}

static void glance(struct acc_run *run, const struct acc_row *row)
{
    struct glance *g = ACC_NEW(struct glance);
    g->run = run;
    g->row = *row;
    g->row.entry.path = g->path = acc_strdup(row->entry.path);
    g->row.entry.origin = g->origin = acc_strdup(row->entry.origin);
    g->row.archived = (struct acc_archived){.etag = "", .version_id = "", .checksum = ""};
    acc_str_addf(&g->key, "%s%s", run->location.prefix, g->path);
    look_up(g);
    g->prove = (struct acc_prove){
        .loop = &run->loop,
        .s3 = run->s3,
        .algs = run->algs,
        .source = &run->source,
        .entry = &g->row.entry,
        .key = acc_str_cstr(&g->key),
        .known = {.etag = g->etag, .version_id = g->version_id, .size = g->known.archived.size},
        .known_digests = &g->known.archived.digests,
        .sent = sent_by(g),
        .gated = &g->upload.digests,
        .expected = g->upload.checksum != NULL ? g->upload.checksum : "",
        .undigested_accepted = run->options->rules.undigested == ACC_UNDIGESTED_ARCHIVE,
        .reads_nothing = true,
        .compares_file = run->options->compare_all,
        .on_done = on_glanced,
    };
    acc_list_push(&run->glancing.ones, &g->link);
    run->glancing.active++;
    acc_run_begin(run);
    acc_prove_start(&g->prove);
}

static void rehearse(struct acc_run *run)
{
    struct acc_error err = {0};
    if (acc_run_rehearse(run, &err) == ACC_OK)
        acc_run_post(run, ACC_RUN_ON_REHEARSED);
    else
        acc_run_fail(run, &err);
}

static void fill(struct acc_run *run)
{
    struct acc_error err;
    struct acc_row row;
    bool more = true;
    while (!acc_run_stops(run) && run->glancing.active < run->settings.jobs) {
        if (acc_by_role_next(&run->glancing.draw, run->ledger, run->id, &row, &more, &err) !=
            ACC_OK) {
            acc_run_fail(run, &err);
            return;
        }
        if (!more)
            break;
        if (acc_presence_of(&run->listing.presence, row.id))
            glance(run, &row);
    }
    if (!more && run->glancing.active == 0 && !acc_run_stops(run))
        rehearse(run);
}

void acc_run_glance(struct acc_run *run)
{
    struct acc_error err;
    acc_list_init(&run->glancing.ones);
    run->glancing.draw = (struct acc_by_role){.roles = roles, .count = ACC_COUNT_OF(roles)};
    if (!run->listing.known || run->listing.presence.listed == 0)
        rehearse(run);
    else if (acc_ledger_flush(run->ledger, &err) != ACC_OK)
        acc_run_fail(run, &err);
    else
        fill(run);
}

void acc_run_quit_glance(struct acc_run *run)
{
    if (run->glancing.ones.next == NULL)
        return;
    ACC_LIST_EACH (link, &run->glancing.ones) {
        acc_prove_cancel(&ACC_CONTAINER_OF(link, struct glance, link)->prove);
    }
    acc_by_role_close(&run->glancing.draw);
}
