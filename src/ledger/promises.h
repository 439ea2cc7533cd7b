/* Promises: what a run's manifests ask of each entry, loaded into the ledger (ledger/ledger.h). */
#ifndef ACC_LEDGER_PROMISES_H
#define ACC_LEDGER_PROMISES_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/error.h>
#include "base/entry.h"

struct acc_ledger;

/* One transaction around the whole loading; nothing of it exists before commit. May be used from a
 * thread other than the owner's, one at a time, begin and end included. */
struct acc_ledger_load;
enum acc_code acc_ledger_load_begin(struct acc_ledger *ledger, int64_t run,
                                    struct acc_ledger_load **load, struct acc_error *err);
/* Adds or merges one entry; `*taken` says which.
 *  - the same path from another manifest (another origin): digests are merged; a contradiction of
 * digest or size is ACC_MANIFEST naming both places;
 *  - the same path twice in one manifest: ACC_MANIFEST if they contradict; if they agree,
 *    `*taken` is ACC_TAKEN_REPEATED and the caller decides (BagIt 1.0 forbids it, others note it);
 *  - two paths of one run with one NFC form: ACC_MANIFEST naming both;
 *  - the same path with another role: the later role of the two counts;
 *  - every entry begins PENDING, whatever earlier runs made of it: the bucket has to be looked at
 *    again. What is known of its object, and an unfinished upload, are kept;
 *  - what this run's manifests promise counts, not what earlier ones did;
 *  - `found` is the size that stat found, or -1: rows show it unless a manifest promises one. What
 *    the path's first entry of the run has counts.
 * After an error the load can only be ended, and is rolled back whatever `commit` says. */
enum acc_code acc_ledger_load_add(struct acc_ledger_load *load, const struct acc_entry *entry,
                                  int64_t found, enum acc_taken *taken, struct acc_error *err);
/* Different paths added so far: grows by one when load_add met a path that was new to the load. */
uint64_t acc_ledger_load_entries(const struct acc_ledger_load *load);
/* Ends the loading; `commit` false forgets all of it. Frees `load`. */
enum acc_code acc_ledger_load_end(struct acc_ledger_load *load, bool commit, struct acc_error *err);

#endif
