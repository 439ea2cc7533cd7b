/* What others say of objects: receipts, other ledgers, and what lies in a bucket itself. A claim is
 * kept apart from what this ledger saw. It is a promise to compare with, never an object on record,
 * an outcome or a check: only the gate makes those (ledger/outcomes.h). Claims are only ever added.
 *
 *     acc_ledger_run_begin ("import") -> acc_hearing_begin -> add... -> acc_hearing_end -> run_end
 *
 * A hearing has the turn from begin to end, as a load has it (ledger/ledger.h). Threads: the owner.
 */
#ifndef ACC_LEDGER_HEARD_H
#define ACC_LEDGER_HEARD_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/error.h>
#include <accession/ledger.h>
#include "base/entry.h"

struct acc_ledger;
struct acc_hearing;

/* Strings are borrowed for the call; NULL is "". */
struct acc_claim {
    enum acc_ground ground;
    const char *said; /* which run, manifest or rebuild says so: with path and ground its name */
    const char *path;
    enum acc_role role;
    struct acc_digests digests; /* empty: it says nothing of the content */
    int64_t size;               /* -1: not said */
    const char *etag, *version_id, *checksum;
    const char *proof; /* what the other gave as proof */
    int64_t part_size;
    int64_t at;          /* wall clock, milliseconds, when that was so */
    const char *origin;  /* where it was read: a file, a ledger, an object */
    uint64_t line;       /* in it, or 0 */
    const char *copy_of; /* the canonical name of the destination that a replication read it from */
};

enum acc_heard { ACC_HEARD_NEW, ACC_HEARD_KNOWN, ACC_HEARD_CONFLICT };

enum acc_code acc_hearing_begin(struct acc_ledger *ledger, int64_t run,
                                struct acc_hearing **hearing, struct acc_error *err);
/* Keeps the claim, unless it is known, or contradicts an object on record or an earlier claim: then
 * `why` says what differs, and nothing is kept. `*entry` is the entry's number. */
enum acc_code acc_hearing_add(struct acc_hearing *hearing, const struct acc_claim *claim,
                              enum acc_heard *heard, int64_t *entry, struct acc_error *why,
                              struct acc_error *err);
/* `commit` false, or an error before, forgets what was added. Frees `hearing`. */
enum acc_code acc_hearing_end(struct acc_hearing *hearing, bool commit, struct acc_error *err);

/* Everything that a ledger can say of objects: those on record that were not found gone, the latest
 * reading of each that found it as promised, and what it heard itself. In the order of destinations
 * and paths. `each` may not ask the ledger; what it returns other than ACC_OK ends the listing. */
typedef enum acc_code (*acc_each_claim)(void *arg, const char *destination, const char *url,
                                        const struct acc_claim *claim, struct acc_error *err);
enum acc_code acc_ledger_claims(struct acc_ledger *ledger, acc_each_claim each, void *arg,
                                struct acc_error *err);

/* The paths of the run's destination that a claim by `ground` names, in order. As above. */
enum acc_code acc_ledger_claimed_paths(struct acc_ledger *ledger, int64_t run,
                                       enum acc_ground ground,
                                       void (*each)(void *arg, int64_t entry, const char *path,
                                                    const char *origin),
                                       void *arg, struct acc_error *err);

/* "archived", "manifest"; static. */
const char *acc_ground_name(enum acc_ground ground);
/* False for a name that is not known. */
bool acc_ground_from_name(const char *name, enum acc_ground *ground);

#endif
