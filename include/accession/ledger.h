/* Care for a ledger: looking through all of it, and copying it while runs may be in progress. No
 * network. Everything happens on the calling thread. */
#ifndef ACCESSION_LEDGER_H
#define ACCESSION_LEDGER_H

#include <stdint.h>

#include <accession/digest.h>
#include <accession/error.h>

struct acc_ledger_care {
    const char *ledger; /* NULL: $XDG_STATE_HOME/accession/ledger.db */
    /* Called for each fault; strings live until it returns. `check` is the name of what was looked
     * at: "pages", "layout", "references", "outcomes", "rows". May be NULL. */
    void (*on_fault)(void *arg, const char *check, const char *text);
    void *arg;
};

/* What was found. A check that finds many faults names its first 20. */
struct acc_ledger_health {
    uint64_t faults;
    uint64_t runs, entries, objects, outcomes; /* looked at; 0 if the pages are damaged */
};

/* Looks through the file: pages, layout, references between rows, outcomes against the objects they
 * rest on, and each row as reports read it. Writes nothing. ACC_OK when that could be done, however
 * many faults it found; ACC_LEDGER for no ledger, another program's file, or another version's. */
enum acc_code acc_check_ledger(const struct acc_ledger_care *care, struct acc_ledger_health *health,
                               struct acc_error *err);

/* Copies the ledger as it is at one moment to `file`, which must not exist, and appears whole or
 * not at all: only once it is checked as above and durable. `self` receives its SHA-256, which is
 * also written to FILE.sha256 as sha256sum writes it. ACC_LEDGER if the ledger cannot be read or
 * has faults, ACC_LOCAL if the copy cannot be written. */
enum acc_code acc_backup_ledger(const struct acc_ledger_care *care, const char *file,
                                struct acc_digests *self, struct acc_error *err);

#endif
