/* Inside src/ledger: the ledger itself, and which thread may touch which part of it.
 *
 *     read    the owner's connection: rows, cursors, counts
 *     write   the connection of the thread that has the turn: the writer thread for a batch, the
 * owner for a run's beginning and end, the loading thread for a whole load */
#ifndef ACC_LEDGER_INTERNAL_H
#define ACC_LEDGER_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/marks.h"
#include "ledger/ledger.h"
#include "ledger/row.h"
#include "ledger/sql.h"
#include "ledger/writer.h"

/* Finds in the order of paths (ledger/find.c). */
struct acc_walk {
    sqlite3_stmt *stmt; /* stands at a row, or behind the last one; NULL: no walk */
    int64_t run;
    bool row;
    struct acc_str begin;  /* what the statement is bound to */
    struct acc_str sought; /* no entry lies from here to before the row */
};
void acc_walk_end(struct acc_walk *walk);
void acc_walk_release(struct acc_walk *walk);

struct acc_ledger {
    char *path;
    bool temporary;            /* its totals are not asked for later */
    struct acc_writer *writer; /* NULL when read only */
    struct {
        struct acc_sql sql;
        struct acc_held_row found; /* what acc_ledger_find() gave last */
        struct acc_walk walk;      /* while the ledger is held */
        struct acc_link locks;     /* of the runs started here */
        char *arrival;             /* texts that acc_ledger_find_arrival() gave last */
        int64_t (*place)(const void *arg, const char *path); /* acc_ledger_draw_by() */
        const void *place_arg;
    } owner_only;
    struct {
        pthread_mutex_t mutex;
        pthread_cond_t free;
        bool taken;
        struct acc_sql sql; /* belongs to the thread that has the turn */
    } turn;
    _Atomic int64_t loading; /* the run whose load has the turn, or 0 */
    struct {
        int64_t run, destination;
        struct acc_marks marks; /* its entries, half a byte each */
    } named;                    /* by the last load: whoever ends one, and then the owner */
};

/* Waits for the turn and begins a transaction; on failure there is neither. */
enum acc_code acc_ledger_turn_begin(struct acc_ledger *ledger, struct acc_error *err);
/* Commits when `code` is ACC_OK, else rolls back; gives the turn away in any case. Returns `code`,
 * or why the commit failed. */
enum acc_code acc_ledger_turn_end(struct acc_ledger *ledger, enum acc_code code,
                                  struct acc_error *err);

#endif
