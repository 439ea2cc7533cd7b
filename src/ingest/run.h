/* One ingest run: everything its parts share, and the phases it goes through.
 *
 *   PLANNING ──> LISTING ──> PROBING ──> CLAIMING ──> WORKING ──> CHECKING ──> OVER
 *      │ (dry run) └──> PROBING ──> OVER         │  ^ └──> WAITING (--on-halt wait), then PROBING
 *      └── any phase, on halt or interrupt ─────────┴──> STOPPING ──> OVER
 *
 * PLANNING reads manifests into the ledger (a pool job), LISTING learns what exists, PROBING asks
 * whether the destination takes writes, CLAIMING keeps other runs out where neither server nor
 * versions tell two writers of a key apart, WORKING archives (scheduler.c), CHECKING takes away
 * uploads whose id was never heard and looks at versions afterwards, STOPPING waits for what is
 * under way.
 *
 * ingest.c owns the phases, planning.c and listing.c the first two, rivals.c the claim,
 * scheduler.c the uploads, suspicion.c what was refused and when that halts, verdict.c the probe
 * that decides, final_look.c what follows the last file, progress.c what is reported.
 */
#ifndef ACC_INGEST_RUN_H
#define ACC_INGEST_RUN_H

#include <stdatomic.h>

#include <accession/ingest.h>
#include "loop/stop.h"
#include "plan/plan.h"
#include "bucket/claim.h"
#include "bucket/presence.h"
#include "bucket/orphans.h"
#include "ingest/upload/upload.h"
#include "bucket/versions.h"
#include "s3/ops/probe.h"

enum acc_phase {
    ACC_PHASE_PLANNING,
    ACC_PHASE_LISTING,
    ACC_PHASE_PROBING,
    ACC_PHASE_CLAIMING,
    ACC_PHASE_WORKING,
    ACC_PHASE_WAITING,
    ACC_PHASE_CHECKING,
    ACC_PHASE_STOPPING,
    ACC_PHASE_OVER
};

/* Where the scheduler draws from: large files and small ones side by side, so that the small fill
 * the gaps that the large leave. */
enum acc_lane { ACC_LANE_LARGE, ACC_LANE_SMALL, ACC_LANES };

#define ACC_RATE_SAMPLES 32

struct acc_run {
    const struct acc_ingest_options *options;
    struct acc_ingest_summary *summary;
    struct acc_error err; /* why the run could not begin or end */
    unsigned jobs;
    int64_t part_size, memory;
    enum acc_s3_checksum checksum; /* of parts; AUTO until the probe has settled it */
    bool checksum_auto;
    bool checksum_heard; /* the server has shown that it knows it */

    struct acc_loop loop;
    struct acc_wake ledger_wake;
    struct acc_stop stop;
    struct acc_timer tick;  /* progress */
    struct acc_timer grace; /* after a halt or an interrupt */

    struct acc_source source;
    struct acc_s3_location location;
    struct acc_s3 *s3;
    struct acc_ledger *ledger;
    char *ledger_path, *scratch;
    bool run_begun;
    int64_t id;
    char name[40];
    struct acc_algs *algs;
    struct acc_tickets *tickets;
    struct acc_media_types *media_types;
    struct acc_s3_attributes attributes;

    enum acc_phase phase;
    int64_t started; /* monotonic */

    /* PLANNING */
    struct acc_plan plan;
    struct acc_link plan_notes; /* of its job, for the loop's thread */
    struct acc_job plan_job;
    atomic_bool plan_stop;
    enum acc_code plan_code;
    struct acc_error plan_err;

    /* LISTING */
    struct acc_presence presence;
    bool listed, presence_known;

    /* PROBING, and after a denial */
    struct acc_s3_probe probe;
    bool probing, first_probe;
    struct acc_halt suspect; /* the request that was denied */

    /* CLAIMING, and held until nothing is written any more */
    struct acc_claim claim;
    char claim_name[48]; /* of the probe's upload that becomes it */
    bool unclaimed;      /* something was written without */

    /* WORKING */
    struct acc_upload_env env;
    struct acc_link uploads;
    unsigned active[ACC_LANES];
    struct acc_ledger_cursor *cursors[ACC_LANES];
    bool drained[ACC_LANES];
    unsigned pass;          /* which state and role is being drawn */
    uint64_t refused_alone; /* files refused by themselves, since the last that went through */
    uint64_t lost;          /* uploads the server failed, since the last success */
    uint64_t successes_at_loss;
    enum acc_code lost_code; /* the first */
    struct acc_error lost_err;
    bool halted, interrupted;
    bool versioned;

    /* WAITING: the halt is not the end yet */
    struct acc_timer again;
    int64_t waiting_since; /* monotonic; 0: not waiting */
    int64_t interval;

    /* CHECKING */
    struct acc_orphans orphans;
    struct acc_versions versions;
    struct acc_s3_call hint; /* ListBuckets */
    bool hint_asked;

    /* Counted as there already by asking about each; asked about again after WAITING. */
    uint64_t confirmed;
    int64_t bytes_confirmed;

    /* counts */
    uint64_t sent_in_parts; /* of `sent` */
    uint64_t kept;          /* of `sent`: the server keeps their checksum */
    uint64_t files, done, sent, already, failed, conflicts, parked, lacking;
    int64_t bytes_total, bytes_done, bytes_sent, bytes_parked;
    enum acc_code first_failure;
    struct {
        int64_t at, bytes;
    } samples[ACC_RATE_SAMPLES];
    unsigned sample_count;
};

/* scheduler.c */
void acc_run_work(struct acc_run *run);     /* begin WORKING; acc_run_worked() follows */
void acc_run_fill(struct acc_run *run);     /* give free places to entries */
void acc_run_park_all(struct acc_run *run); /* PARK to every upload; acc_run_worked() follows */
void acc_run_give_up_places(struct acc_run *run);                     /* closes cursors */
enum acc_s3_checksum acc_run_put_checksum(const struct acc_run *run); /* of files in one piece */
void acc_run_count_outcome(struct acc_run *run, const struct acc_upload *upload);

/* rehearsal.c: what a dry run finds of the files */
enum acc_code acc_run_rehearse(struct acc_run *run, struct acc_error *err);

/* verdict.c */
void acc_run_probe(struct acc_run *run);       /* the first one */
void acc_run_probe_again(struct acc_run *run); /* after a denial */

/* suspicion.c */
void acc_run_suspect_step(struct acc_run *run, const struct acc_s3_probe *probe);
bool acc_run_stops(const struct acc_run *run);
void acc_run_on_denied(struct acc_upload_env *env, struct acc_upload *upload);
void acc_run_on_lost(struct acc_upload_env *env, struct acc_upload *upload);
void acc_run_on_refused_alone(struct acc_run *run, const struct acc_upload *upload);
void acc_run_halt(struct acc_run *run, enum acc_code code);
void acc_run_halt_call(struct acc_run *run, const struct acc_s3_call *call, enum acc_code code);
void acc_run_interrupt(struct acc_run *run, int signal);

/* final_look.c */
void acc_run_check(struct acc_run *run); /* begin CHECKING */
/* Whether the server refused, of its own accord, each kind of write to a key that exists. */
bool acc_run_server_is_write_once(const struct acc_run *run);

/* rivals.c */
void acc_claiming_init(struct acc_run *run);
bool acc_run_needs_claim(const struct acc_run *run);
void acc_run_take_claim(struct acc_run *run); /* what the probe kept */
void acc_run_claim(struct acc_run *run);      /* begin CLAIMING; acc_run_claimed() follows */
void acc_run_tell_left_claim(struct acc_run *run);

/* waiting.c */
void acc_waiting_init(struct acc_run *run);
bool acc_run_may_wait(
    const struct acc_run *run);         /* the halt is of a kind that can mend, and time is left */
void acc_run_wait(struct acc_run *run); /* ask again later; PROBING follows */
void acc_run_stop_waiting(struct acc_run *run); /* writes are accepted again, or an interrupt */

/* bucket_hint.c: true when it asks; acc_run_worked() follows again */
bool acc_run_ask_bucket_hint(struct acc_run *run);

/* progress.c */
void acc_run_note(struct acc_run *run, enum acc_code code, const char *text);
void acc_run_state(struct acc_run *run, const char *text);
void acc_run_tell_progress(struct acc_run *run, enum acc_event_kind kind);
void acc_run_tell_upload(struct acc_run *run, const struct acc_upload *upload);
void acc_run_tell_row(struct acc_run *run, const struct acc_row *row, enum acc_outcome outcome);
void acc_run_sample(struct acc_run *run);

/* planning.c */
void acc_run_plan(struct acc_run *run); /* begin PLANNING */

/* listing.c */
void acc_run_list(struct acc_run *run); /* begin LISTING */

/* ingest.c */
void acc_run_over(struct acc_run *run);    /* stop the loop; conclude() follows */
void acc_run_listed(struct acc_run *run);  /* what exists is known */
void acc_run_probed(struct acc_run *run);  /* the first probe passed */
void acc_run_claimed(struct acc_run *run); /* no other run writes here, as far as that can be had */
void acc_run_worked(struct acc_run *run);  /* no upload is left */
void acc_run_fail(struct acc_run *run,
                  const struct acc_error *err); /* stop: this side is at fault */

/* setup.c */
enum acc_code acc_run_open_ledger(struct acc_run *run, struct acc_error *err);
enum acc_code acc_run_check_options(struct acc_run *run, struct acc_error *err);
void acc_run_start_handles(struct acc_run *run);
void acc_run_stop_handles(struct acc_run *run);
enum acc_code acc_run_begin(struct acc_run *run, struct acc_error *err);

/* conclude.c */
void acc_run_conclude(struct acc_run *run);

#endif
