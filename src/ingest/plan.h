/* The plan: manifests read into the ledger, sizes looked up, files that no manifest names found.
 *
 * Runs to its end on the calling thread; ingest calls it from a pool job while the loop stays
 * awake. Nothing of a failed plan is in the ledger.
 */
#ifndef ACC_INGEST_PLAN_H
#define ACC_INGEST_PLAN_H

#include <stdatomic.h>

#include <accession/ingest.h>
#include "digest/hasher.h"
#include "ingest/source.h"
#include "ledger/ledger.h"
#include "s3/location.h"

struct acc_plan {
    /* set by the user; borrowed */
    const struct acc_ingest_options *options;
    const struct acc_source *source;
    const struct acc_s3_location *location;
    struct acc_ledger *ledger;
    int64_t run;
    const struct acc_algs *algs;
    void (*on_note)(void *arg, enum acc_code code, const char *text); /* on the planning thread */
    void *arg;
    atomic_bool *stop; /* set from elsewhere: end with ACC_INTERRUPTED */

    /* results */
    bool is_bag;
    uint64_t entries, unlisted;
    char manifest[1024]; /* the first one, "manifest-sha256.txt (sha256 1f6e…9c02)" */
    unsigned manifests;
};

enum acc_code acc_plan_make(struct acc_plan *plan, struct acc_error *err);

#endif
