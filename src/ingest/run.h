/* One ingest run: everything its phases share. Which phase follows which, and why, is in
 * ingest/run_rules.h; what drives it is in run/machine.h.
 *
 * A phase has a file: planning.c, listing.c, neighbour.c, compare.c, verdict.c (probing), rivals.c
 * (the claim), scheduler.c (the uploads), withhold.c, final_look.c, stopping.c, bucket_hint.c,
 * waiting.c; suspicion.c decides when what was refused halts the run, progress.c reports,
 * glance.c and rehearsal.c end a dry run, conclude.c sums up, and ingest.c says what each action
 * does.
 */
#ifndef ACC_INGEST_RUN_H
#define ACC_INGEST_RUN_H

#include <stdatomic.h>

#include <accession/ingest.h>
#include "loop/stop.h"
#include "plan/plan.h"
#include "bucket/abilities.h"
#include "bucket/claim.h"
#include "bucket/presence.h"
#include "bucket/orphans.h"
#include "ingest/by_role.h"
#include "ingest/run_events.h"
#include "ingest/upload/upload.h"
#include "bucket/versions.h"
#include "run/ledger_place.h"
#include "run/plan_notes.h"
#include "run/samples.h"
#include "s3/ops/probe.h"

/* Where the scheduler draws from: large files and small ones side by side, so that the small fill
 * the gaps that the large leave. */
enum acc_lane { ACC_LANE_LARGE, ACC_LANE_SMALL, ACC_LANES };

struct acc_run_settings {
    unsigned jobs;
    int64_t part_size, memory;
    enum acc_s3_checksum checksum; /* of parts; AUTO until the probe has settled it */
    bool checksum_auto;
    bool checksum_heard; /* the server has shown that it knows it */
    bool read_back_all;  /* the server checks no digest of what it is sent */
};

struct acc_run_handles {
    struct acc_wake ledger_wake;
    struct acc_stop stop;
    struct acc_timer tick;  /* progress */
    struct acc_timer grace; /* STOPPING */
};

struct acc_run_planning {
    struct acc_plan plan;
    struct acc_str place; /* of a replication: where its source lies, canonical */
    struct acc_plan_notes notes;
    struct acc_job job;
    atomic_bool stop;
    enum acc_code code;
    struct acc_error err;
};

struct acc_run_listing {
    struct acc_presence presence;
    struct acc_ledger *ledger; /* of a dry run: what real runs know, or NULL */
    bool known;                /* the listing is complete: what is not in it does not exist */
};

struct acc_run_probing {
    struct acc_s3_probe probe;
    struct acc_abilities abilities;
    bool first; /* else after a denial */
};

/* One of the run's own manifests that is looked at. */
struct acc_visit {
    struct acc_run *run;
    struct acc_prove prove;
};

struct acc_run_visiting {
    struct acc_visit visits[2];
    struct acc_by_role draw;
    struct acc_row row; /* the one that is looked at */
    unsigned looks;
    bool same;                 /* a manifest of the run is there, and is the same */
    struct acc_s3_call info;   /* gets bag-info.txt */
    struct acc_str key;        /* of the request in progress */
    struct acc_str conflict;   /* the first path known to be in conflict */
    struct acc_str other;      /* a manifest of the run that is there with other content */
    struct acc_str stranger;   /* a bag's own file that the run does not name */
    struct acc_str identifier; /* the External-Identifier of the bag that is there */
};

struct acc_run_glancing {
    struct acc_by_role draw;
    struct acc_link ones; /* those that are being looked at */
    unsigned active;
};

struct acc_run_comparing {
    struct acc_ledger_cursor *cursor;
    struct acc_link files_read; /* those that are being read */
    unsigned active;
    uint64_t files, refused;
    int64_t bytes;
};

/* CLAIMING, and held until nothing is written any more. */
struct acc_run_rivals {
    struct acc_claim claim;
    bool unclaimed; /* something was written without */
};

/* WORKING and DOUBTING. */
struct acc_run_sending {
    struct acc_upload_env env;
    struct acc_link uploads;
    unsigned active[ACC_LANES];
    struct acc_ledger_cursor *cursors[ACC_LANES];
    bool drained[ACC_LANES];
    bool in_order;              /* the source is read quickly in its own order alone: one lane */
    struct acc_upload *reading; /* then: the one whose file is read, or that may still want it */
    unsigned pass;              /* the role that is being drawn, ACC_ROLES when all are */
};

struct acc_run_suspicion {
    struct acc_halt suspect; /* the request that was denied */
    uint64_t refused_alone;  /* files refused by themselves, since the last that went through */
    uint64_t lost;           /* uploads the server failed, since the last success */
    uint64_t successes_at_loss;
    enum acc_code lost_code; /* the first */
    struct acc_error lost_err;
};

struct acc_run_waiting {
    struct acc_timer timer;
    int64_t since; /* monotonic; 0: not waiting */
    int64_t interval;
};

struct acc_run_checking {
    struct acc_orphans orphans;
    struct acc_versions versions;
};

struct acc_run_advising {
    struct acc_s3_call buckets; /* ListBuckets */
};

struct acc_run_counts {
    uint64_t files, done, sent, already, failed, conflicts, withheld, parked, lacking;
    uint64_t to_compare, to_send, not_known; /* of a dry run */
    uint64_t sent_in_parts;                  /* of `sent` */
    uint64_t kept;                           /* of `sent`: the server keeps their checksum */
    uint64_t unconfirmed;                    /* of `sent`: answered 2xx, but not shown afterwards */
    uint64_t resent;                         /* of `sent`: written again after an answer was lost */
    char unconfirmed_why[300];               /* the first one's call, and what was answered */
    bool versioned;                          /* of `sent`: some have a version id */
    int64_t bytes_total, bytes_done, bytes_sent, bytes_parked;
    enum acc_code first_failure;
};

struct acc_run {
    const struct acc_ingest_options *options;
    struct acc_ingest_summary *summary;
    struct acc_run_settings settings;
    struct acc_machine machine;
    struct acc_run_facts facts;

    /* what the run stands on */
    struct acc_loop loop;
    struct acc_run_handles handles;
    struct acc_source source;
    struct acc_s3_location location;
    struct acc_s3 *s3;
    struct acc_ledger *ledger;
    struct acc_ledger_place place;
    struct acc_algs *algs;
    struct acc_tickets *tickets;
    struct acc_media_types *media_types;
    struct acc_kinds kinds;

    /* the run in the ledger */
    bool run_begun;
    int64_t id;
    char name[40];
    int64_t started; /* monotonic */

    /* how it ends */
    struct acc_error err; /* why the run could not begin, go on or end */
    bool halted, interrupted;

    /* the phases, and what is counted in them */
    struct acc_run_planning planning;
    struct acc_run_listing listing;
    struct acc_run_visiting visiting;
    struct acc_run_comparing comparing;
    struct acc_run_glancing glancing;
    struct acc_run_probing probing;
    struct acc_run_rivals rivals;
    struct acc_run_sending sending;
    struct acc_run_suspicion suspicion;
    struct acc_run_waiting waiting;
    struct acc_run_checking checking;
    struct acc_run_advising advising;
    struct acc_run_counts counts;
    struct acc_samples samples;
};

/* A phase file's actions start something and return; what comes of it is posted as an event. */

/* planning.c: PLANNED follows */
void acc_run_plan(struct acc_run *run);

/* listing.c: LISTED follows */
void acc_run_list(struct acc_run *run);

/* refuse.c: an entry that is refused without an upload; `hashed` is its file as it was read, or
 * NULL */
void acc_run_refuse(struct acc_run *run, const struct acc_row *row, const struct acc_error *why,
                    const struct acc_hashing *hashed);

/* neighbour.c: VISITED follows */
void acc_run_see_stranger(struct acc_run *run, const char *path); /* a key that no entry has */
void acc_run_visit(struct acc_run *run);
void acc_run_quit_visit(struct acc_run *run);
void acc_run_release_visit(struct acc_run *run);

/* compare.c: COMPARED follows */
void acc_run_compare(struct acc_run *run);
void acc_run_quit_comparing(struct acc_run *run);

/* verdict.c: PROBED follows, or a halt */
void acc_run_probe(struct acc_run *run);        /* the first one */
void acc_run_probe_again(struct acc_run *run);  /* after a denial */
void acc_run_give_verdict(struct acc_run *run); /* to the uploads that are held */

/* rivals.c: CLAIMED and RELEASED follow */
void acc_rivals_init(struct acc_run *run);
bool acc_run_needs_claim(const struct acc_run *run);
void acc_run_take_claim(struct acc_run *run); /* what the probe kept */
void acc_run_claim(struct acc_run *run);
void acc_run_release_claim(struct acc_run *run);
void acc_run_record_claim(struct acc_run *run); /* at the end: what of the claims is gone */

/* scheduler.c: SENT follows */
void acc_run_work(struct acc_run *run);
void acc_run_fill(struct acc_run *run);           /* give free places to entries */
void acc_run_park_all(struct acc_run *run);       /* PARK to every upload */
void acc_run_give_up_places(struct acc_run *run); /* closes cursors */
bool acc_run_is_sending(const struct acc_run *run);
enum acc_s3_checksum acc_run_put_checksum(const struct acc_run *run); /* of files in one piece */

/* withhold.c: what makes a prefix look like a whole delivery waits for the whole of it */
bool acc_run_lacks_a_manifest(const struct acc_run *run); /* files that none names, not allowed */
enum acc_withheld {
    ACC_FOR_FILES, /* others of the run are not archived */
    ACC_FOR_NAMES, /* no manifest names some files of the source */
    ACC_FOR_ROOM   /* the destination holds another delivery */
};
/* All that is pending from `role` on. */
enum acc_code acc_run_withhold(struct acc_run *run, enum acc_role role, enum acc_withheld why,
                               struct acc_error *err);
/* The same, if an entry of an earlier role is not archived. */
enum acc_code acc_run_withhold_from(struct acc_run *run, enum acc_role role, bool *withheld,
                                    struct acc_error *err);

/* final_look.c: CHECKED follows */
void acc_run_check(struct acc_run *run);
/* Whether the server refused, of its own accord, each kind of write to a key that exists. */
bool acc_run_server_is_write_once(const struct acc_run *run);

/* glance.c: REHEARSED follows */
void acc_run_glance(struct acc_run *run);
void acc_run_quit_glance(struct acc_run *run);

/* rehearsal.c: what a dry run finds of the files */
enum acc_code acc_run_rehearse(struct acc_run *run, struct acc_error *err);

/* suspicion.c: what was refused, and what ends the run early. The first reason counts. */
void acc_run_suspect_step(struct acc_run *run, const struct acc_s3_probe *probe);
void acc_run_on_denied(struct acc_upload_env *env, struct acc_upload *upload);
void acc_run_on_lost(struct acc_upload_env *env, struct acc_upload *upload);
void acc_run_on_refused_alone(struct acc_run *run, const struct acc_upload *upload);
void acc_run_halt(struct acc_run *run, enum acc_code code);
void acc_run_halt_call(struct acc_run *run, const struct acc_s3_call *call, enum acc_code code);
void acc_run_fail(struct acc_run *run, const struct acc_error *err); /* this side is at fault */
void acc_run_interrupt(struct acc_run *run, int signal);

/* stopping.c: IDLE follows */
void acc_stopping_init(struct acc_run *run);
void acc_run_stop_halted(struct acc_run *run);
void acc_run_stop_interrupted(struct acc_run *run);
void acc_run_stop_failed(struct acc_run *run);
void acc_run_hurry(struct acc_run *run); /* what is in progress has had its time */

/* doubts.c: notes of what could not be confirmed, and of surplus versions */
void acc_run_report_doubts(struct acc_run *run);

/* bucket_hint.c: ADVISED follows */
void acc_run_ask_bucket_hint(struct acc_run *run);
void acc_run_quit_bucket_hint(struct acc_run *run);

/* waiting.c: AGAIN follows */
void acc_waiting_init(struct acc_run *run);
bool acc_run_may_wait(const struct acc_run *run); /* the halt can pass, and time is left */
void acc_run_wait(struct acc_run *run);
void acc_run_stop_waiting(struct acc_run *run); /* writes are accepted again */
void acc_run_forget_wait(struct acc_run *run);  /* interrupted */

/* progress.c */
void acc_run_note(struct acc_run *run, enum acc_code code, const char *text);
void acc_run_state(struct acc_run *run, const char *text);
void acc_run_report_progress(struct acc_run *run, enum acc_event_kind kind);
void acc_run_report_upload(struct acc_run *run, const struct acc_upload *upload);
/* The refusal of a file that was read. */
void acc_run_report_compared(struct acc_run *run, const struct acc_row *row,
                             const struct acc_hashing *hashed);
void acc_run_report_row(struct acc_run *run, const struct acc_row *row, enum acc_outcome outcome);
int64_t acc_run_bytes_done(const struct acc_run *run); /* with those in progress */
int64_t acc_run_bytes_new(const struct acc_run *run);  /* of them what this run sent */

/* setup.c */
enum acc_code acc_run_open_ledger(struct acc_run *run, struct acc_error *err);
enum acc_code acc_run_check_options(struct acc_run *run, struct acc_error *err);
void acc_run_start_handles(struct acc_run *run);
void acc_run_stop_handles(struct acc_run *run);
enum acc_code acc_run_register(struct acc_run *run, struct acc_error *err); /* in the ledger */

/* conclude.c */
void acc_run_conclude(struct acc_run *run);

#endif
