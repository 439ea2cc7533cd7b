/* Which entries a verification looks at: by slice, age and limit (schedule.h). */
#ifndef ACC_VERIFY_SELECT_H
#define ACC_VERIFY_SELECT_H

#include "verify/run.h"

/* Counts the run's entries and marks those that are due. On the pool. */
enum acc_code acc_verify_select(struct acc_verify_run *run, struct acc_error *err);
bool acc_verify_is_selected(const struct acc_verify_run *run, int64_t entry);

#endif
