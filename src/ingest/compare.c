/* COMPARING (--check-first): every file that is not known to be in the bucket is read, hashed and
 * compared with its manifest before anything is sent.
 *
 * Happy path: the entries are drawn in the order of their paths, a few files are read concurrently,
 * and COMPARED follows. Failure: a file that differs, is missing or has no digest is recorded as
 * refused, and the others are still read, so that one run names everything that is wrong. Then
 * nothing is sent: all that is left is withheld. A file that cannot be read because this machine is
 * short of something ends the run. Close: an interrupt cancels the files that are being read. */
#include <stdlib.h>

#include "base/mem.h"
#include "gate/gate.h"
#include "ingest/run.h"

#define PLACES 4

/* A file that is being read. */
struct comparing {
    struct acc_run *run;
    struct acc_link link;
    struct acc_hashing hashing;
    struct acc_row row;
    char *path, *origin;
};

static void fill(struct acc_run *run);

static void refuse(struct comparing *c, const struct acc_error *why)
{
    c->run->comparing.refused++;
    acc_run_refuse(c->run, &c->row, why, c->hashing.code == ACC_OK ? &c->hashing : NULL);
}

static void judge(struct comparing *c)
{
    struct acc_error err = c->hashing.err;
    struct acc_run *run = c->run;
    const struct acc_gate_facts facts = {.computed = &c->hashing.digests,
                                         .size = c->hashing.size,
                                         .modified = c->hashing.modified,
                                         .undigested_accepted = run->options->rules.undigested ==
                                                                ACC_UNDIGESTED_ARCHIVE};
    if (acc_source_fails_all(&run->source, c->hashing.code)) {
        if (c->hashing.code == ACC_LOCAL)
            acc_error_context(&err, "%s", c->path);
        acc_run_fail(run, &err);
    } else if (c->hashing.code != ACC_OK) {
        refuse(c, &err);
    } else {
        struct acc_verified *verified = acc_gate_pass(&c->row.entry, &facts, &err);
        if (verified == NULL)
            refuse(c, &err);
        acc_verified_free(verified); /* it is compared again when it is sent */
    }
}

static void on_hashed(struct acc_hashing *hashing)
{
    struct comparing *c = ACC_CONTAINER_OF(hashing, struct comparing, hashing);
    struct acc_run *run = c->run;
    if (!acc_run_stops(run)) {
        judge(c);
        run->comparing.files++;
        run->comparing.bytes += hashing->code == ACC_OK ? hashing->size : 0;
    }
    acc_list_remove(&c->link);
    run->comparing.active--;
    acc_hashing_release(hashing);
    free(c->path);
    free(c->origin);
    free(c);
    fill(run);
    acc_run_end(run);
}

static void compare(struct acc_run *run, const struct acc_row *row)
{
    struct comparing *c = ACC_NEW(struct comparing);
    uint32_t promised = row->entry.promised.present;
    c->run = run;
    c->row = *row;
    c->row.entry.path = c->path = acc_strdup(row->entry.path);
    c->row.entry.origin = c->origin = acc_strdup(row->entry.origin);
    c->row.archived = (struct acc_archived){.etag = "", .version_id = "", .checksum = ""};
    c->hashing.loop = &run->loop;
    c->hashing.source = &run->source;
    c->hashing.algs = run->algs;
    c->hashing.wanted = promised != 0 ? promised : 1u << ACC_SHA256;
    c->hashing.path = c->path;
    c->hashing.on_done = on_hashed;
    acc_list_push(&run->comparing.files_read, &c->link);
    run->comparing.active++;
    acc_run_begin(run);
    acc_hashing_start(&c->hashing);
}

/* Nothing of what is left may be sent. A dry run goes on: it says what else it finds. */
static void settle(struct acc_run *run)
{
    struct acc_error err = {0};
    bool refused = run->comparing.refused > 0;
    enum acc_code code = ACC_OK;
    acc_ledger_cursor_close(run->comparing.cursor);
    run->comparing.cursor = NULL;
    run->samples = (struct acc_samples){0};
    run->facts.check_first = false; /* after a wait the files need not be read again */
    if (!run->options->dry_run && (refused || acc_run_lacks_a_manifest(run))) {
        run->facts.refused = true;
        code = acc_ledger_flush(run->ledger, &err);
        if (code == ACC_OK)
            code = acc_run_withhold(run, ACC_ROLE_PAYLOAD, refused ? ACC_FOR_FILES : ACC_FOR_NAMES,
                                    &err);
    }
    if (code == ACC_OK)
        acc_run_post(run, ACC_RUN_ON_COMPARED);
    else
        acc_run_fail(run, &err);
}

static void fill(struct acc_run *run)
{
    struct acc_error err;
    struct acc_row row;
    bool more = true;
    while (!acc_run_stops(run) && run->comparing.cursor != NULL && run->comparing.active < PLACES) {
        if (acc_ledger_next(run->comparing.cursor, &row, &more, &err) != ACC_OK) {
            acc_run_fail(run, &err);
            return;
        }
        if (!more)
            break;
        if (row.state == ACC_ENTRY_PENDING)
            compare(run, &row);
    }
    if (!more && run->comparing.active == 0)
        settle(run);
}

void acc_run_compare(struct acc_run *run)
{
    struct acc_error err;
    acc_list_init(&run->comparing.files_read);
    acc_run_state(run, "comparing");
    if (acc_ledger_rows_open(run->ledger, run->id, &run->comparing.cursor, &err) != ACC_OK)
        acc_run_fail(run, &err);
    else
        fill(run);
}

void acc_run_quit_comparing(struct acc_run *run)
{
    if (run->comparing.cursor == NULL)
        return;
    ACC_LIST_EACH (link, &run->comparing.files_read) {
        acc_hashing_cancel(&ACC_CONTAINER_OF(link, struct comparing, link)->hashing);
    }
    acc_ledger_cursor_close(run->comparing.cursor);
    run->comparing.cursor = NULL;
}
