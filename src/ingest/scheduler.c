/* The scheduler: draws entries from the ledger, gives them places, and counts how they end.
 *
 * Order: payload, tag files, manifests, the declaration. A group begins when every entry of the
 * earlier ones is archived; if one is not, all that is left is withheld (withhold.c). Within a
 * group the large files and the small ones are drawn side by side; those of a packed source in the
 * order they lie in, each when the one before it is read. What bounds the work: requests
 * by the client's limit, memory by the tickets, and the places given here, which keep the number of
 * open files and unfinished uploads small. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "ingest/run.h"

#define LARGE_PLACES 4
#define SMALL_PLACES 384
/* A ledger that falls behind holds drawing back, so that records do not pile up. */
#define LEDGER_BACKLOG_MAX 1024

static unsigned all_active(const struct acc_run *run)
{
    return run->sending.active[ACC_LANE_LARGE] + run->sending.active[ACC_LANE_SMALL];
}

/* ---- drawing ---- */

static enum acc_code open_lanes(struct acc_run *run, struct acc_error *err)
{
    enum acc_code code = ACC_OK;
    for (int lane = 0; lane < ACC_LANES && code == ACC_OK; lane++) {
        bool large = lane == ACC_LANE_LARGE, all = run->sending.in_order;
        run->sending.drained[lane] = all && large;
        if (all && large)
            continue;
        code = acc_ledger_draw_open(
            run->ledger, run->id, ACC_ENTRY_PENDING, (enum acc_role)run->sending.pass,
            large ? run->settings.part_size : -1,
            large || all ? INT64_MAX : run->settings.part_size, &run->sending.cursors[lane], err);
    }
    return code;
}

static void close_lanes(struct acc_run *run)
{
    for (int lane = 0; lane < ACC_LANES; lane++) {
        acc_ledger_cursor_close(run->sending.cursors[lane]);
        run->sending.cursors[lane] = NULL;
    }
}

static bool pass_is_idle(const struct acc_run *run)
{
    return run->sending.drained[ACC_LANE_LARGE] && run->sending.drained[ACC_LANE_SMALL];
}

/* Moves to the next role when this one is drawn and worked off. */
static bool next_pass(struct acc_run *run, struct acc_error *err)
{
    while (run->sending.pass < ACC_ROLES && pass_is_idle(run)) {
        bool withheld = false;
        if (all_active(run) > 0)
            return false;
        close_lanes(run);
        if (++run->sending.pass == ACC_ROLES ||
            acc_run_withhold_from(run, (enum acc_role)run->sending.pass, &withheld, err) != ACC_OK)
            return false;
        if (withheld)
            run->sending.pass = ACC_ROLES;
        else if (open_lanes(run, err) != ACC_OK)
            return false;
    }
    return run->sending.pass < ACC_ROLES;
}

static void begin_upload(struct acc_run *run, const struct acc_row *row, enum acc_lane lane)
{
    struct acc_str key = {0};
    struct acc_error err = {0};
    if (acc_s3_location_key(&run->location, row->entry.path, &key, &err) != ACC_OK) {
        acc_str_release(&key); /* the plan refuses such a manifest */
        acc_run_fail(run, &err);
        return;
    }
    bool exists = run->listing.known ? acc_presence_of(&run->listing.presence, row->id)
                                     : row->archived_run != 0;
    struct acc_upload *upload = acc_upload_new(&run->sending.env, row, exists, acc_str_cstr(&key));
    upload->large = lane == ACC_LANE_LARGE;
    acc_str_release(&key);
    acc_list_push(&run->sending.uploads, &upload->link);
    run->sending.active[lane]++;
    run->sending.reading = upload;
    acc_run_begin(run);
    acc_upload_post(upload, ACC_ON_START);
}

static bool lane_has_place(const struct acc_run *run, enum acc_lane lane)
{
    if (run->sending.in_order && run->sending.reading != NULL)
        return false;
    return run->sending.active[lane] < (lane == ACC_LANE_LARGE ? LARGE_PLACES : SMALL_PLACES) &&
           acc_ledger_backlog(run->ledger) < LEDGER_BACKLOG_MAX;
}

static enum acc_code draw(struct acc_run *run, enum acc_lane lane, struct acc_error *err)
{
    struct acc_row row;
    while (acc_run_may_begin(run) && !run->sending.drained[lane] && lane_has_place(run, lane)) {
        bool more = false;
        enum acc_code code = acc_ledger_next(run->sending.cursors[lane], &row, &more, err);
        if (code != ACC_OK)
            return code;
        if (!more)
            run->sending.drained[lane] = true;
        else
            begin_upload(run, &row, lane);
    }
    return ACC_OK;
}

void acc_run_fill(struct acc_run *run)
{
    struct acc_error err = {0};
    enum acc_code code = ACC_OK;
    if (!acc_run_may_begin(run))
        return;
    do {
        for (int lane = 0; lane < ACC_LANES && code == ACC_OK; lane++)
            if (run->sending.cursors[lane] != NULL)
                code = draw(run, (enum acc_lane)lane, &err);
    } while (code == ACC_OK && acc_run_may_begin(run) && pass_is_idle(run) && next_pass(run, &err));
    if (code == ACC_OK)
        code = err.code;
    if (code != ACC_OK)
        acc_run_fail(run, &err);
    else if (acc_run_may_begin(run) && run->sending.pass == ACC_ROLES && all_active(run) == 0)
        acc_run_post(run, ACC_RUN_ON_SENT);
}

bool acc_run_is_sending(const struct acc_run *run)
{
    return acc_run_may_begin(run) || all_active(run) > 0;
}

/* ---- counting ---- */

static void count_unconfirmed(struct acc_run *run, const struct acc_upload *upload)
{
    struct acc_run_counts *counts = &run->counts;
    if (!upload->unconfirmed)
        return;
    if (counts->unconfirmed++ == 0)
        snprintf(counts->unconfirmed_why, sizeof counts->unconfirmed_why, "%.280s",
                 upload->err.message);
}

static void count_outcome(struct acc_run *run, const struct acc_upload *upload)
{
    switch (upload->state) {
    case ACC_UPLOAD_DONE:
        run->counts.done++;
        if (upload->already) {
            run->counts.already++;
            run->counts.bytes_total -= upload->archived.size;
        } else {
            run->counts.sent++;
            run->counts.sent_in_parts += upload->archived.part_size > 0;
            run->counts.kept += upload->archived.checksum[0] != '\0';
            run->counts.resent += upload->resent;
            count_unconfirmed(run, upload);
            run->counts.bytes_sent += upload->archived.size - upload->multipart.bytes_kept;
            run->counts.bytes_done += upload->archived.size;
            const char *version = upload->archived.version_id;
            run->counts.versioned =
                run->counts.versioned || (*version != '\0' && strcmp(version, "null") != 0);
        }
        break;
    case ACC_UPLOAD_FAILED:
        run->counts.done++;
        if (upload->err.code == ACC_CONFLICT)
            run->counts.conflicts++;
        else
            run->counts.failed++;
        if (upload->planned > 0)
            run->counts.bytes_total -= upload->planned;
        if (run->counts.first_failure == ACC_OK)
            run->counts.first_failure = upload->err.code;
        break;
    default:
        run->counts.parked += upload->facts.has_upload;
        run->counts.bytes_parked += upload->facts.has_upload ? upload->multipart.bytes_sent : 0;
        break;
    }
}

/* Its requests may go on: the next file is read meanwhile. */
static void on_read(struct acc_upload_env *env, struct acc_upload *upload)
{
    struct acc_run *run = ACC_CONTAINER_OF(env, struct acc_run, sending.env);
    if (!run->sending.in_order || run->sending.reading != upload)
        return;
    run->sending.reading = NULL;
    acc_run_fill(run);
}

static void on_over(struct acc_upload_env *env, struct acc_upload *upload)
{
    struct acc_run *run = ACC_CONTAINER_OF(env, struct acc_run, sending.env);
    if (run->sending.reading == upload)
        run->sending.reading = NULL;
    acc_list_remove(&upload->link);
    run->sending.active[upload->large ? ACC_LANE_LARGE : ACC_LANE_SMALL]--;
    count_outcome(run, upload);
    if (upload->state != ACC_UPLOAD_PARKED)
        acc_run_report_upload(run, upload);
    if (upload->state == ACC_UPLOAD_DONE)
        run->suspicion.refused_alone = 0;
    else if (upload->state == ACC_UPLOAD_FAILED && upload->err.code == ACC_KEY_REFUSED)
        acc_run_on_refused_alone(run, upload);
    acc_upload_free(upload);
    acc_run_fill(run);
    acc_run_end(run);
}

static void on_found_as(struct acc_upload_env *env, struct acc_upload *upload, const char *name)
{
    struct acc_run *run = ACC_CONTAINER_OF(env, struct acc_run, sending.env);
    struct acc_str text = {0};
    acc_str_addf(&text,
                 "%s: the file's name has another Unicode form than the manifest's; archived under "
                 "the manifest's",
                 name);
    acc_run_note(run, ACC_OK, acc_str_cstr(&text));
    acc_str_release(&text);
    (void)upload;
}

static void on_doubt(struct acc_upload_env *env, struct acc_upload *upload)
{
    struct acc_run *run = ACC_CONTAINER_OF(env, struct acc_run, sending.env);
    acc_orphans_doubt(&run->checking.orphans, &upload->call,
                      acc_clock_now() - upload->multipart.create_started);
}

static void on_contradicted(struct acc_upload_env *env, struct acc_upload *upload)
{
    struct acc_run *run = ACC_CONTAINER_OF(env, struct acc_run, sending.env);
    enum acc_s3_checksum kind = upload->commit.sum.kind;
    struct acc_str text = {0};
    acc_path_show(&text, upload->entry.path, strlen(upload->entry.path));
    acc_str_addf(
        &text,
        ": the server reports the %s %s, but the bytes sent have %s; reading the object back",
        acc_s3_checksum_algorithm(kind), upload->commit.object.checksum[kind],
        acc_s3_sum_recorded(upload->sum.expected, kind));
    acc_run_note(run, ACC_DIFFERENCE, acc_str_cstr(&text));
    acc_str_release(&text);
}

static void on_lacking(struct acc_upload_env *env, struct acc_upload *upload)
{
    struct acc_run *run = ACC_CONTAINER_OF(env, struct acc_run, sending.env);
    const struct acc_readback *readback = &upload->inspection->readback;
    struct acc_str text = {0};
    run->counts.lacking++;
    acc_path_show(&text, upload->entry.path, strlen(upload->entry.path));
    acc_str_add(&text, ": archived and verified, but ");
    if (readback->lacking == ~0u) {
        acc_str_add(&text, "its attributes could not be read back");
    } else {
        acc_str_add(&text, "the server did not keep ");
        acc_s3_attributes_name(upload->attributes, readback->lacking, &text);
    }
    if (readback->err.code != ACC_OK)
        acc_str_addf(&text, " (%s)", readback->err.message);
    acc_run_note(run, ACC_ATTRIBUTES, acc_str_cstr(&text));
    acc_str_release(&text);
}

/* With auto the best of each: a single PutObject's SHA-256 is of the whole object, and nothing that
 * parts can be given is as strong. */
enum acc_s3_checksum acc_run_put_checksum(const struct acc_run *run)
{
    return run->settings.checksum_auto && run->settings.checksum != ACC_S3_CHECKSUM_NONE
               ? ACC_S3_CHECKSUM_SHA256
               : run->settings.checksum;
}

static int64_t place_of(const void *source, const char *path)
{
    return acc_source_place(source, path);
}

void acc_run_work(struct acc_run *run)
{
    struct acc_error err = {0};
    run->rivals.unclaimed = run->rivals.unclaimed || run->rivals.claim.result != ACC_CLAIM_HELD;
    acc_run_state(run, "working");
    run->sending.env = (struct acc_upload_env){
        .loop = &run->loop,
        .s3 = run->s3,
        .ledger = run->ledger,
        .algs = run->algs,
        .tickets = run->tickets,
        .source = &run->source,
        .run = run->id,
        .part_size = run->settings.part_size,
        .checksum = run->settings.checksum,
        .put_checksum = acc_run_put_checksum(run),
        .unsigned_parts = run->options->unsigned_parts,
        .checksum_heard = run->settings.checksum_heard,
        .large_under_way = &run->sending.active[ACC_LANE_LARGE],
        .undigested_accepted = run->options->rules.undigested == ACC_UNDIGESTED_ARCHIVE,
        .compares_files = run->options->compare_all,
        .claimed = run->rivals.claim.result == ACC_CLAIM_HELD,
        .look_before_put = !run->listing.known,
        .read_back_all = run->settings.read_back_all,
        .on_denied = acc_run_on_denied,
        .on_lost = acc_run_on_lost,
        .on_over = on_over,
        .on_read = on_read,
        .on_note = on_found_as,
        .on_doubt = on_doubt,
        .on_contradicted = on_contradicted,
        .on_lacking = on_lacking,
        .media_types = run->media_types,
        .kinds = &run->kinds,
    };
    run->sending.pass = 0;
    run->sending.in_order = acc_source_in_order(&run->source);
    run->sending.reading = NULL;
    if (run->sending.in_order &&
        acc_ledger_draw_by(run->ledger, place_of, &run->source, &err) != ACC_OK)
        acc_run_fail(run, &err);
    else if (open_lanes(run, &err) != ACC_OK)
        acc_run_fail(run, &err);
    else
        acc_run_fill(run);
}

void acc_run_park_all(struct acc_run *run)
{
    /* Parking an upload that has nothing in progress ends it immediately, and frees it. */
    for (struct acc_link *link = run->sending.uploads.next, *next; link != &run->sending.uploads;
         link = next) {
        next = link->next;
        acc_upload_post(ACC_CONTAINER_OF(link, struct acc_upload, link), ACC_ON_PARK);
    }
}

void acc_run_give_up_places(struct acc_run *run)
{
    close_lanes(run);
}
