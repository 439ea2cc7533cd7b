/* Happy path: find, open, and after the ledger is closed leave and release. Failure: a scratch
 * folder that cannot be made, or what acc_ledger_open() says. */
#include "run/ledger_place.h"

#include <stdlib.h>

#include "base/str.h"
#include "run/scratch.h"

enum acc_code acc_ledger_place_find(struct acc_ledger_place *place, const char *asked,
                                    const char *scratch, struct acc_error *err)
{
    struct acc_str path = {0};
    if (scratch != NULL) {
        enum acc_code code = acc_scratch_make(scratch, &place->scratch, err);
        if (code != ACC_OK)
            return code;
        acc_str_addf(&path, "%s/ledger.db", place->scratch);
    } else {
        acc_ledger_where(asked, &path);
    }
    place->path = acc_str_detach(&path);
    return ACC_OK;
}

enum acc_code acc_ledger_place_open(const struct acc_ledger_place *place,
                                    struct acc_ledger **ledger, struct acc_error *err)
{
    return place->scratch != NULL ? acc_ledger_open_temporary(place->path, ledger, err)
                                  : acc_ledger_open(place->path, ledger, err);
}

void acc_ledger_place_leave(const struct acc_ledger_place *place)
{
    acc_scratch_remove(place->scratch);
}

void acc_ledger_place_release(struct acc_ledger_place *place)
{
    free(place->path);
    free(place->scratch);
    *place = (struct acc_ledger_place){0};
}
