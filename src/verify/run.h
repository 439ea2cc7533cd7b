/* One verification: everything its parts share, and the phases it goes through.
 *
 *   PLANNING ──> LISTING ──> CHECKING ──> OVER
 *      │ (local) └──────────────▲  │
 *      └── any phase, on interrupt or halt: checks in progress end, none starts ──> OVER
 *
 * PLANNING (a pool job) reads manifests into the ledger, or takes what it archived, and selects by
 * the schedule. LISTING surveys the prefix. CHECKING draws the selected entries in path order and
 * keeps as many checks in progress as there are places. There are few at first and more as long as
 * hashing keeps up: where it does not, further objects would only push each other out of the
 * processor's caches.
 *
 * verify.c sets up and moves from phase to phase, phase.c sets the phase, planning.c and select.c
 * make the plan, draw.c runs the checks, events.c reports and records, conclude.c sums up. */
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
#include "verify/check.h"
#include "verify/survey.h"

enum acc_verify_phase {
    ACC_VERIFY_PLANNING,
    ACC_VERIFY_LISTING,
    ACC_VERIFY_CHECKING,
    ACC_VERIFY_OVER
};

struct acc_verify_run {
    const struct acc_verify_options *options;
    struct acc_verify_summary *summary;
    struct acc_error err; /* why the run could not begin, go on or end */
    unsigned jobs;

    struct acc_loop loop;
    struct acc_stop stop;
    struct acc_timer tick;  /* progress */
    struct acc_timer drawn; /* goes on drawing, after a while of it */

    struct acc_source source;
    struct acc_s3_location location;
    struct acc_s3 *s3; /* NULL when local */
    struct acc_ledger *ledger;
    struct acc_ledger_place place;
    bool run_begun, keeps_record;
    int64_t id;
    char name[40];
    struct acc_algs *algs;
    struct acc_tickets *tickets;
    struct acc_rate rate;

    enum acc_verify_phase phase;
    int64_t started; /* monotonic */
    int64_t begun;   /* wall clock */
    bool interrupted, halted;

    /* PLANNING */
    struct acc_plan plan;
    struct acc_job plan_job;
    struct acc_plan_notes plan_notes;
    atomic_bool plan_stop;
    enum acc_code plan_code;
    struct acc_error plan_err;
    struct acc_marks selected;
    int64_t earlier; /* the unfinished run that this one goes on with, or 0 */
    struct acc_ledger_cursor *rows;

    /* LISTING */
    struct acc_survey survey;
    bool payload_only;     /* the manifests are a bag's payload manifests, and name nothing else */
    uint64_t tags_unnamed; /* objects outside data/ then: the bag's tag files */

    /* CHECKING */
    struct acc_check_env env;
    struct acc_link checks;
    unsigned active, places; /* places: the limit of checks in progress, at most `jobs` */
    bool drained, filling;
    unsigned lost; /* in a row, since the last success */
    uint64_t successes_at_loss;
    struct acc_error lost_err; /* the first */

    /* counts beside the summary's */
    int64_t bytes_total, bytes_done;
    uint64_t extra_noted;
    struct acc_samples samples;
};

/* planning.c */
void acc_verify_plan_start(struct acc_verify_run *run, void (*on_planned)(struct acc_job *job));

/* phase.c: the only setter. Entering OVER stops the timers and the loop; it is never left. */
void acc_verify_enter(struct acc_verify_run *run, enum acc_verify_phase phase);

/* draw.c */
void acc_verify_fill(struct acc_verify_run *run); /* enters OVER when no check is left */
void acc_verify_on_check(struct acc_check *check);
void acc_verify_grow(struct acc_verify_run *run); /* one place more, unless hashing is behind */
void acc_verify_stop(struct acc_verify_run *run); /* ends the checks in progress */
/* Halts: the run cannot go on. `err` is copied, the first one counts. */
void acc_verify_halt(struct acc_verify_run *run, const struct acc_error *err);

/* events.c */
void acc_verify_note(struct acc_verify_run *run, enum acc_code code, const char *text);
void acc_verify_state(struct acc_verify_run *run, const char *text);
void acc_verify_progress(struct acc_verify_run *run, enum acc_event_kind kind);
void acc_verify_found(struct acc_verify_run *run, const struct acc_check *check);
void acc_verify_carried(struct acc_verify_run *run, const struct acc_row *row,
                        const struct acc_good_check *check);
void acc_verify_extra(struct acc_verify_run *run, const struct acc_s3_listed *item);

#endif
