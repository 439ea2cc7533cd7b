/* Compares what a server reports about an object's content, without sending it, with what is
 * promised. Every report that can be compared is compared; one that contradicts the promise
 * outweighs all that agree.
 *
 * Sources: S3 User Guide, "Checking object integrity" (full-object and composite checksums; which
 * ETags are an MD5). */
#ifndef ACC_VERIFY_EVIDENCE_H
#define ACC_VERIFY_EVIDENCE_H

#include <accession/verify.h>
#include "ledger/ledger.h"
#include "s3/ops/ops.h"

struct acc_evidence {
    enum acc_proof proof; /* the strongest that agrees; NONE when nothing could be compared */
    char stated[132], wanted[132]; /* that proof's text, and what it was compared with */
    bool differs;
    enum acc_proof against; /* the first that differs */
    char text[320];         /* "the server's SHA-256 is …, promised is …", when it differs */
};

/* `archived` is what the ledger knows of this object, or NULL. */
void acc_evidence_weigh(const struct acc_s3_object *object, const struct acc_digests *promised,
                        const struct acc_archived *archived, struct acc_evidence *evidence);

/* Whether the ETag is the MD5 of the content: of a single PUT, not encrypted with a KMS or
 * customer's key. */
bool acc_etag_is_md5(const struct acc_s3_object *object);

#endif
