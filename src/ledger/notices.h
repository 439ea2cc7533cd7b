/* Events of a watched folder for --on-event, from the moment that they happen until the command has
 * ended with 0 (ledger/ledger.h). They belong to a folder and its destination, as arrivals do. */
#ifndef ACC_LEDGER_NOTICES_H
#define ACC_LEDGER_NOTICES_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/ledger.h"

struct acc_notice {
    char *id;           /* the same each time it is sent */
    char *json;         /* a line */
    int64_t made, next; /* wall clock, milliseconds: when it happened, when it is to be sent */
    int64_t tries;      /* that failed */
};
void acc_notice_release(struct acc_notice *notice);

/* When a folder last had an event of this kind, which happens once a day at most. */
struct acc_daily {
    char event[16]; /* "" : none */
    int64_t at;     /* wall clock, milliseconds */
    uint64_t bags;  /* that were due for verification then */
};

/* Any thread; each waits for the turn, and so for a load of another process. */
/* With `daily` the notice and its day are on record together, or neither is. */
enum acc_code acc_ledger_put_notice(struct acc_ledger *ledger, const char *folder,
                                    const char *destination, const char *id, const char *json,
                                    const struct acc_daily *daily, struct acc_error *err);
/* A day without a notice. */
enum acc_code acc_ledger_put_daily(struct acc_ledger *ledger, const char *folder,
                                   const char *destination, const struct acc_daily *daily,
                                   struct acc_error *err);
/* It failed, and is to be sent again at `next`. */
enum acc_code acc_ledger_postpone_notice(struct acc_ledger *ledger, const char *id, int64_t next,
                                         struct acc_error *err);
/* It arrived, or is given up. */
enum acc_code acc_ledger_drop_notice(struct acc_ledger *ledger, const char *id,
                                     struct acc_error *err);

/* The owner's thread: the one that is to be sent first. Release it. */
enum acc_code acc_ledger_next_notice(struct acc_ledger *ledger, const char *folder,
                                     const char *destination, struct acc_notice *notice,
                                     bool *found, struct acc_error *err);
/* The owner's thread: the last of `daily->event`; `at` and `bags` are 0 if there was none. */
enum acc_code acc_ledger_daily(struct acc_ledger *ledger, const char *folder,
                               const char *destination, struct acc_daily *daily,
                               struct acc_error *err);

#endif
