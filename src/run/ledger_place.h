/* The ledger of a run: the one that was asked for, the default one, or, for a run that must leave
 * no trace, one of its own in a scratch folder.
 *
 * Threads: the loop's thread.
 */
#ifndef ACC_RUN_LEDGER_PLACE_H
#define ACC_RUN_LEDGER_PLACE_H

#include "ledger/ledger.h"

struct acc_ledger_place {
    char *path;
    char *scratch; /* the folder of a temporary ledger, or NULL */
};

/* Finds the place. `asked` is a path or NULL. With `scratch` (the name of what makes it, such as
 * "dry-run") the ledger is temporary and `asked` does not count. Release what was filled, also
 * after an error. */
enum acc_code acc_ledger_place_find(struct acc_ledger_place *place, const char *asked,
                                    const char *scratch, struct acc_error *err);
enum acc_code acc_ledger_place_open(const struct acc_ledger_place *place,
                                    struct acc_ledger **ledger, struct acc_error *err);
/* Removes the scratch folder, if there is one. From any thread; may be called again. */
void acc_ledger_place_leave(const struct acc_ledger_place *place);
void acc_ledger_place_release(struct acc_ledger_place *place);

#endif
