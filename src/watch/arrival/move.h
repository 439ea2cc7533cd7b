/* Moving an arrival that was judged, by rename(2):
 *
 *     done/NAME/RECEIPT.txt, receipt.json     written first (rejected/NAME/WHY.txt for a refused
 * one) done/NAME/NAME                          then the delivery itself
 */
#ifndef ACC_WATCH_MOVE_H
#define ACC_WATCH_MOVE_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/error.h>
#include "base/str.h"

struct acc_move {
    /* set by the user; strings live until the call returns */
    const char *folder, *name;
    const char *marker;        /* NAME of the marker beside the arrival, or NULL */
    uint64_t content, touched; /* fingerprints of what was judged */
    bool archived;             /* to done/, otherwise to rejected/ */
    const char *text;          /* of RECEIPT.txt or WHY.txt */
    const char *receipt;       /* path of the receipt, "" if there is none */
    /* result */
    struct acc_str place; /* where it went; released by the user */
};

/* Waits for disk. ACC_FILE_CHANGED when it is not what was judged. */
enum acc_code acc_move_arrival(struct acc_move *move, struct acc_error *err);

#endif
