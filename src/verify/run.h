/* One verification: everything its phases share. Which phase follows which, and why, is in
 * verify/run_rules.h; what drives it is in run/machine.h.
 *
 * A phase has a file: planning.c (with select.c), listing.c, checking.c, stopping.c. record.c
 * reports and records, conclude.c sums up, setup.c prepares, and verify.c says what each action
 * does.
 */
#ifndef ACC_VERIFY_RUN_H
#define ACC_VERIFY_RUN_H

#include <stdatomic.h>

#include "base/marks.h"
#include "loop/stop.h"
#include "plan/plan.h"
#include "run/ledger_place.h"
#include "run/plan_notes.h"
#include "run/samples.h"
#include "s3/client/s3.h"
#include "verify/below.h"
#include "verify/check.h"
#include "verify/run_rules.h"
#include "verify/survey.h"

struct acc_verify_handles {
    struct acc_stop stop;
    struct acc_timer tick; /* progress */
};

/* The run in the ledger. */
struct acc_verify_record {
    bool begun;
    bool kept; /* else the ledger is a temporary one */
    int64_t id;
    char name[40];
    int64_t at;      /* wall clock, when it began */
    int64_t earlier; /* the unfinished run that this one continues, or 0 */
};

struct acc_verify_planning {
    struct acc_plan plan;
    struct acc_plan_notes notes;
    struct acc_job job;
    atomic_bool stop;
    enum acc_code code;
    struct acc_error err;
    struct acc_marks selected;
};

struct acc_verify_listing {
    struct acc_survey survey;
    bool payload_only;     /* the manifests are a bag's payload manifests, and name nothing else */
    uint64_t tags_unnamed; /* objects outside data/ then: the bag's tag files */
    uint64_t extra_noted;
};

struct acc_verify_checking {
    struct acc_check_env env;
    struct acc_link checks;         /* in progress */
    struct acc_ledger_cursor *rows; /* in path order */
    struct acc_timer drawn;         /* goes on drawing, after a while of it */
    unsigned active, places;        /* places: the limit of checks in progress, at most `jobs` */
    bool drained, filling;
};

/* Checks that the server failed. */
struct acc_verify_losses {
    unsigned in_a_row; /* since the last success */
    uint64_t successes_before;
    struct acc_error err; /* the first */
};

struct acc_verify_run {
    const struct acc_verify_options *options;
    struct acc_verify_summary *summary;
    struct acc_machine machine;
    struct acc_verify_run_facts facts;
    unsigned jobs;

    /* what the run stands on */
    struct acc_loop loop;
    struct acc_verify_handles handles;
    struct acc_source source;
    struct acc_s3_location location;
    struct acc_s3 *s3; /* NULL when local */
    struct acc_ledger *ledger;
    struct acc_ledger_place place;
    struct acc_algs *algs;
    struct acc_tickets *tickets;
    struct acc_rate rate;
    struct acc_verify_record record;
    bool alone;                    /* the destination itself, whatever lies below */
    struct acc_verify_below below; /* destinations that are verified instead; see verify.c */

    /* how it ends */
    struct acc_error err; /* why the run could not begin, go on or end */
    bool interrupted;

    struct acc_verify_planning planning;
    struct acc_verify_listing listing;
    struct acc_verify_checking checking;
    struct acc_verify_losses losses;

    /* counts beside the summary's */
    int64_t started; /* monotonic */
    int64_t bytes_total, bytes_done;
    struct acc_samples samples;
};

/* A phase file's actions start something and return; what comes of it is posted as an event. */

/* planning.c: run->below has the destinations to verify instead, if the URL is not one alone.
 * Nothing is on record of the question. ACC_LEDGER if nothing is known there. */
enum acc_code acc_verify_look_below(struct acc_verify_run *run, struct acc_error *err);

/* planning.c: PLANNED follows */
void acc_verify_plan(struct acc_verify_run *run);

/* listing.c: LISTED follows */
void acc_verify_list(struct acc_verify_run *run);

/* checking.c: CHECKED follows */
void acc_verify_check(struct acc_verify_run *run);
void acc_verify_checking_init(struct acc_verify_run *run);
/* Gives free places to entries, and one place more unless hashing is behind. Harmless in other
 * phases. */
void acc_verify_draw_more(struct acc_verify_run *run);

/* stopping.c: IDLE follows. The first reason counts. */
void acc_verify_halt(struct acc_verify_run *run, const struct acc_error *err); /* copied */
void acc_verify_interrupt(struct acc_verify_run *run, int signal);
void acc_verify_stop(struct acc_verify_run *run); /* cancels what is in progress */

/* record.c */
void acc_verify_note(struct acc_verify_run *run, enum acc_code code, const char *text);
void acc_verify_state(struct acc_verify_run *run, const char *text);
void acc_verify_progress(struct acc_verify_run *run, enum acc_event_kind kind);
void acc_verify_found(struct acc_verify_run *run, const struct acc_check *check);
void acc_verify_carried(struct acc_verify_run *run, const struct acc_row *row,
                        const struct acc_good_check *check);
void acc_verify_extra(struct acc_verify_run *run, const struct acc_s3_listed *item);

/* own_manifest.c: whether an object is a manifest of the run that was archived with its files */
bool acc_verify_own_manifest(const struct acc_verify_run *run, const struct acc_s3_listed *item,
                             struct acc_str *why); /* a sentence, for one that only seems so */

/* setup.c */
enum acc_code acc_verify_check_options(struct acc_verify_run *run, struct acc_error *err);
enum acc_code acc_verify_open_source(struct acc_verify_run *run, struct acc_error *err);
enum acc_code acc_verify_open_ledger(struct acc_verify_run *run, struct acc_error *err);
enum acc_code acc_verify_register(struct acc_verify_run *run, struct acc_error *err);
void acc_verify_start_handles(struct acc_verify_run *run);
void acc_verify_stop_handles(struct acc_verify_run *run);

/* conclude.c */
void acc_verify_conclude(struct acc_verify_run *run);

/* copies.c: of destinations that begin so */
void acc_verify_count_copies(const char *canonical, struct acc_verify_summary *summary);

#endif
