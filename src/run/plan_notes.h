/* What a plan remarks while a job of the pool makes it, kept until the loop's thread has the ledger
 * back and can record it.
 *
 * Threads: the job's while it runs, then the loop's.
 */
#ifndef ACC_RUN_PLAN_NOTES_H
#define ACC_RUN_PLAN_NOTES_H

#include <accession/error.h>
#include "base/list.h"

struct acc_plan_notes {
    struct acc_link list;
};

void acc_plan_notes_init(struct acc_plan_notes *notes);
/* The on_note of a struct acc_plan, whose `arg` is the notes. `text` is copied. */
void acc_plan_notes_add(void *notes, enum acc_code code, const char *text);
/* Calls `on_note` for each, in order, and forgets them. */
void acc_plan_notes_report(struct acc_plan_notes *notes,
                           void (*on_note)(void *arg, enum acc_code code, const char *text),
                           void *arg);

#endif
