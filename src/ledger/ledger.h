/* The ledger: the promises, the outcomes of each run, and the known content of the bucket. SQLite
 * in WAL mode, synchronous=FULL, so that a record reported durable survives power loss.
 *
 * This header has the ledger itself and its runs, and includes the rest, by subject: promises.h,
 * rows.h, outcomes.h, uploads.h, checks.h, capability.h, history.h.
 *
 * The three are kept apart (ledger/separate.c has the tables): an attempt, however it ends, changes
 * nothing that is known of an object.
 *
 *     open -> run begun -> loading (manifest streams in) -> drawing / recording -> run finished ->
 * close
 *
 * It never claims more than the bucket holds: an entry is ARCHIVED or ALREADY only by a record that
 * is posted after the server's answer, and that takes a value which only the gate makes. It may
 * claim less; a rerun then finds out.
 *
 * Threads: one writer thread inside the ledger commits what is posted, many records in one
 * transaction (group commit). Everything else is called on the thread that opened it ("the owner"),
 * except where stated. Reads go through a connection of their own and see what is committed.
 *
 * Only one thread writes at a time ("the turn"): a load has it from begin to end, so while one is
 * open nothing posted becomes durable, and flush, run_begin and run_end wait for its end. On the
 * thread that loads they would wait for themselves: don't call them there.
 *
 * Several runs may be at work on one ledger, in one process or in many, if their destinations
 * differ. If another process keeps the ledger locked, calls wait for up to two minutes. */
#ifndef ACC_LEDGER_LEDGER_H
#define ACC_LEDGER_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/error.h>
#include "base/str.h"
#include "ledger/ask.h"
#include "ledger/capability.h"
#include "ledger/checks.h"
#include "ledger/history.h"
#include "ledger/outcomes.h"
#include "ledger/promises.h"
#include "ledger/rows.h"
#include "ledger/uploads.h"

struct acc_ledger;

/* Called on the writer thread after each commit that made records durable: wake the owner, who then
 * calls acc_ledger_deliver(). */
typedef void (*acc_ledger_wake)(void *arg);

/* Opens or makes the ledger and its folder. Errors (ACC_LEDGER) name the file, the reason and the
 * next step: read-only, disk full, not a ledger, made by a newer version. */
enum acc_code acc_ledger_open(const char *path, struct acc_ledger **ledger, struct acc_error *err);
/* The same, for a file that is not read after this process: nothing waits for the disk. */
enum acc_code acc_ledger_open_temporary(const char *path, struct acc_ledger **ledger,
                                        struct acc_error *err);
/* Read only: for report, status and dry runs. Fails with ACC_LEDGER if there is no ledger. Works on
 * a read-only medium too. Only rows, counts, finds, notes and uploads may be asked of such a
 * ledger. */
enum acc_code acc_ledger_open_readonly(const char *path, struct acc_ledger **ledger,
                                       struct acc_error *err);
/* The same for a dry run, which a ledger that is missing does not keep from its work: NULL then. */
enum acc_code acc_ledger_open_if_there(const char *path, struct acc_ledger **ledger,
                                       struct acc_error *err);
void acc_ledger_set_wake(struct acc_ledger *ledger, acc_ledger_wake wake, void *arg);
/* Commits what is posted, delivers nothing more, frees. NULL is fine. Loads must have been ended
 * and cursors closed; the lock of a run that was not ended is let go. */
void acc_ledger_close(struct acc_ledger *ledger);
const char *acc_ledger_path(const struct acc_ledger *ledger);
/* The path of a ledger: `asked` or, if that is NULL, the default,
 * $XDG_STATE_HOME/accession/ledger.db. `out` is replaced. */
void acc_ledger_where(const char *asked, struct acc_str *out);

/* Between the two, what the owner reads is of one moment, and many small questions cost less. Not
 * for long: what is written meanwhile cannot be folded into the file. */
void acc_ledger_hold(struct acc_ledger *ledger);
void acc_ledger_let_go(struct acc_ledger *ledger);

/* ---- runs ---- */

/* What the destination of a run begins with that reads or writes a folder of this machine: a
 * restore, a local verification. Such a destination is no archive. */
#define ACC_FOLDER_SCHEME "file://"

struct acc_run_spec {
    const char *kind;        /* "ingest", "replicate", "verify", "restore", "import" */
    const char *source;      /* absolute path of SOURCE, or "" */
    const char *destination; /* canonical: "ENDPOINT/BUCKET/PREFIX", or a folder; one lock and one
                                set of entries each */
    const char *url;         /* "s3://BUCKET/PREFIX" as people write it */
    const char *command;     /* the command line that continues it, for reports */
};

/* Begins a run: takes the destination's lock (ACC_LEDGER_BUSY naming the other's pid when it is
 * held; the lock goes with the process, however that ends) and makes the row. `name` is the run's
 * name for people: UTC time and four hex digits, "2026-11-22T10-04-11Z-7f3a". Runs to this
 * destination that were killed are closed as ACC_INTERRUPTED. */
enum acc_code acc_ledger_run_begin(struct acc_ledger *ledger, const struct acc_run_spec *spec,
                                   int64_t *run, char name[40], struct acc_error *err);
/* Ends it: `outcome` is an acc_code, 0 for a complete one. Waits for all records posted before and
 * delivers them. The lock is let go even when this fails. `summary_json` may be NULL. */
enum acc_code acc_ledger_run_end(struct acc_ledger *ledger, int64_t run, enum acc_code outcome,
                                 const char *summary_json, struct acc_error *err);

/* A manifest that the run reads; they are kept in the order added. While a load of the run is open
 * it becomes part of that load, and is called on the loading thread. */
enum acc_code acc_ledger_add_manifest(struct acc_ledger *ledger, int64_t run, const char *path,
                                      const char *format, const uint8_t sha256[ACC_SHA256_LEN],
                                      struct acc_error *err);
/* An External-Identifier of the bag that the run reads; called as the one before. */
enum acc_code acc_ledger_add_identifier(struct acc_ledger *ledger, int64_t run, const char *name,
                                        struct acc_error *err);

#endif
