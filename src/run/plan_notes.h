/* What a plan remarks while a job of the pool makes it, kept until the loop's thread has the ledger
 * back and can record it; and how much of a package it has read.
 *
 * Threads: the job's while it runs, then the loop's; acc_plan_notes_read() at any time.
 */
#ifndef ACC_RUN_PLAN_NOTES_H
#define ACC_RUN_PLAN_NOTES_H

#include <stdatomic.h>
#include <stdint.h>

#include <accession/error.h>
#include "base/list.h"
#include "source/source.h"

struct acc_plan_notes {
    struct acc_link list;
    atomic_int_least64_t read; /* bytes */
};

void acc_plan_notes_init(struct acc_plan_notes *notes);
/* The on_note of a struct acc_plan, whose `arg` is the notes. `text` is copied. */
void acc_plan_notes_add(void *notes, enum acc_code code, const char *text);
/* Counts what is read of the source, if it is a package, whose every byte comes before the work. */
void acc_plan_notes_watch(struct acc_plan_notes *notes, struct acc_source *source);
int64_t acc_plan_notes_read(const struct acc_plan_notes *notes);
/* Calls `on_note` for each, in order, and forgets them. */
void acc_plan_notes_report(struct acc_plan_notes *notes,
                           void (*on_note)(void *arg, enum acc_code code, const char *text),
                           void *arg);

#endif
