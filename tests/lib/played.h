/* Runs that are played from a script instead of being done, for tests of the command line:
 * acc_ingest(), acc_verify() and acc_probe() as the command line sees them, without network, ledger
 * or clock.
 *
 * The last component of SOURCE, or the bucket for a probe, names the scene: "done", "refused", …
 */
#ifndef ACC_TESTS_PLAYED_H
#define ACC_TESTS_PLAYED_H

#include <accession/ingest.h>
#include <accession/probe.h>
#include <accession/verify.h>
#include <accession/watch.h>

/* The options of the last acc_ingest(); its strings live as long as the caller's. */
extern struct acc_ingest_options played_options;
extern char played_destination[256]; /* a copy */

/* A fixed moment of an ingest of a bag, with three large files in progress. */
void played_progress(struct acc_progress *progress);

#endif
