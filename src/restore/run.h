/* One restore: everything its files share.
 *
 *   PLANNING ──> LISTING ──> (SURVEY) ──> WORKING ──> (CHECKING) ──> OVER
 *       └── interrupt or halt: what is in progress ends, nothing starts ──> OVER
 *
 * PLANNING (a pool job, plan.c) reads what is promised into the ledger, selects, and looks whether
 * the folder's file system can hold the names. LISTING (survey.c) finds what may be in cold
 * storage, and SURVEY has each of that checked, and asked for with --thaw. WORKING (work.c) keeps
 * as many entries (item.h) in progress as there are places. CHECKING (a pool job, bags.c) follows
 * when everything is in the folder: is each bag valid? restore.c sets up, conclude.c sums up. */
#ifndef ACC_RESTORE_RUN_H
#define ACC_RESTORE_RUN_H

#include <accession/restore.h>
#include "base/marks.h"
#include "loop/stop.h"
#include "plan/plan.h"
#include "restore/item.h"
#include "run/ledger_place.h"
#include "run/plan_notes.h"
#include "run/samples.h"
#include "s3/client/s3.h"

/* Marks of entries. */
enum { ACC_RESTORE_SELECTED = 1, ACC_RESTORE_TO_CHECK = 2, ACC_RESTORE_SETTLED = 4 };

struct acc_restore_run {
    const struct acc_restore_options *options;
    struct acc_restore_summary *summary;
    struct acc_error err; /* why the run could not begin, go on or end */
    unsigned jobs;

    struct acc_loop loop;
    struct acc_stop stop;
    struct acc_timer tick;
    struct acc_target target;
    struct acc_s3_location location;
    struct acc_s3 *s3;
    struct acc_ledger *ledger;
    struct acc_ledger
        *known; /* what was archived: the same, but for a dry run; NULL: no such ledger */
    struct acc_ledger_place place;
    struct acc_algs *algs;
    struct acc_tickets *tickets;
    struct acc_str canonical; /* the URL, as the ledger names places */
    bool begun;
    int64_t id;
    char name[40];
    int64_t started;
    bool interrupted, halted, over;
    bool planned; /* what is to be restored is known */

    struct {
        struct acc_plan plan;
        struct acc_plan_notes notes;
        struct acc_job job;
        struct acc_ledger_load *load;
        atomic_bool stop;
        enum acc_code code;
        struct acc_error err;
        struct acc_marks selected;
    } planning;

    struct {
        struct acc_s3_call call;
        struct acc_s3_page page;
        struct acc_error err;
        uint64_t listed;
        bool versions;  /* list them: what is meant may lie below the newest */
        bool some, all; /* to be checked: any; every selected one */
    } survey;

    struct {
        struct acc_job job;
        struct acc_error err;
        bool begun;
    } checking;

    struct acc_item_env env;
    struct acc_link items; /* in progress */
    unsigned active;
    enum acc_role role; /* that is being drawn: manifests come last */
    struct acc_ledger_cursor *rows;
    bool drained;
    unsigned lost; /* in a row */
    enum acc_code first_failure;
    int64_t bytes_total, bytes_done;
    struct acc_samples samples;
};

/* plan.c, on the pool */
enum acc_code acc_restore_plan(struct acc_restore_run *run, struct acc_error *err);

/* survey.c: ends in acc_restore_surveyed() */
void acc_restore_survey(struct acc_restore_run *run);
/* bags.c, on the pool */
enum acc_code acc_restore_check_bags(struct acc_restore_run *run, struct acc_error *err);

/* work.c */
void acc_restore_surveyed(struct acc_restore_run *run);
void acc_restore_fill(struct acc_restore_run *run); /* ends the loop when nothing is left */
void acc_restore_stop(struct acc_restore_run *run); /* ends what is in progress */
void acc_restore_on_item(struct acc_item *item);
void acc_restore_progress(struct acc_restore_run *run, enum acc_event_kind kind);
void acc_restore_note(struct acc_restore_run *run, enum acc_code code, const char *text);

/* conclude.c */
void acc_restore_conclude(struct acc_restore_run *run);

#endif
