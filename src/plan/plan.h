/* The plan: manifests read into the ledger, sizes looked up, files that no manifest names found.
 *
 * Runs to its end on the calling thread; runs call it from a pool job while the loop stays awake.
 * Nothing of a failed plan is in the ledger.
 */
#ifndef ACC_PLAN_PLAN_H
#define ACC_PLAN_PLAN_H

#include <stdatomic.h>

#include <stdbool.h>

#include <accession/manifest.h>
#include "source/source.h"
#include "ledger/ledger.h"
#include "s3/config/location.h"

struct acc_plan {
    /* set by the user; borrowed */
    const char *const *manifests; /* beside the bag's own; NULL-terminated, or NULL */
    const char *manifest_format;  /* NULL: detected from the content */
    const char *strip_prefix;     /* removed from the front of manifest paths, or NULL */
    struct acc_manifest_rules rules;
    struct acc_source *source;               /* a bag or any folder; NULL: manifests alone */
    const struct acc_connection *connection; /* to manifests in buckets; NULL: there are none */
    bool files_too; /* look at the source's files, not at its manifests only */
    const struct acc_s3_location *location; /* keys must be acceptable there; NULL: no keys */
    /* Of a replication: what `record` has on record as archived at this place (canonical) is
     * promised. If it has nothing, or is NULL, manifests are read as ever. NULL: no replication. */
    const char *recorded_at;
    struct acc_ledger *record;
    struct acc_ledger *ledger;
    int64_t run;
    void (*on_note)(void *arg, enum acc_code code, const char *text); /* on the planning thread */
    void *arg;
    atomic_bool *stop; /* set from elsewhere: end with ACC_INTERRUPTED */

    /* results */
    bool is_bag;
    bool from_record; /* what is on record was promised */
    uint64_t entries; /* external manifests that are archived with the files included */
    struct acc_coverage coverage;
    bool oxum_differs;   /* the bag's Payload-Oxum, because of a changed file, which was noted */
    char manifest[1024]; /* the first one, "manifest-sha256.txt (sha256 1f6e…9c02)" */
    unsigned manifest_count;
    /* If the source has none of the files that external manifests name: where the first was looked
     * for, in a sentence, and what would fit, if anything was found to. */
    char hint[2048], right_prefix[1100], right_source[1100];
    bool right_windows; /* --windows-paths would find them */
};

enum acc_code acc_plan_make(struct acc_plan *plan, struct acc_error *err);

#endif
