/* What earlier runs saw the bucket's server do, so that a run need not ask again.
 *
 *     recall (before the probe) -> the probe asks the rest -> keep (at the end)
 *
 * What was seen more than ACC_ABILITIES_DAYS ago is asked again. An answer that contradicts
 * replaces what was recalled, in the client immediately and in the ledger at the end. What the
 * server makes of additional checksums depends on --checksum, and is asked by each run that needs
 * to know.
 *
 * AWS is not asked, and nothing is kept of it. Threads: the ledger's owner. */
#ifndef ACC_BUCKET_ABILITIES_H
#define ACC_BUCKET_ABILITIES_H

#include "ledger/ledger.h"
#include "s3/client/s3.h"

#define ACC_ABILITIES_DAYS 30

struct acc_abilities {
    struct acc_capabilities recalled;
};

/* Into acc_s3_can(s3), where nothing is known there yet. */
enum acc_code acc_abilities_recall(struct acc_abilities *abilities, struct acc_ledger *ledger,
                                   struct acc_s3 *s3, struct acc_error *err);
/* What acc_s3_can(s3) has and was not recalled, into the ledger. */
enum acc_code acc_abilities_keep(const struct acc_abilities *abilities, struct acc_ledger *ledger,
                                 struct acc_s3 *s3, struct acc_error *err);

#endif
