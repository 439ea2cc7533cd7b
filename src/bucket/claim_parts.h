/* What the files of a claim share (bucket/claim.h has the diagram). Each calls only those below it:
 *
 *     claim.c             the driver: answers and time
 *     claim_taking.c      looking, creating, waiting, renewing
 *     claim_releasing.c   aborting, sweeping up
 *     claim_requests.c    one request for each stage
 *     claim_names.c       whose claim it is, and whether that run can still be at work
 *
 * Threads: the loop's thread.
 */
#ifndef ACC_BUCKET_CLAIM_PARTS_H
#define ACC_BUCKET_CLAIM_PARTS_H

#include "bucket/claim.h"

#define ACC_CLAIM_RENEW_MS 60000
/* A run that could not renew its claim for this long ends, before others consider the claim dead.
 * The minute in between is for requests in progress. */
#define ACC_CLAIM_LOST_MS (ACC_CLAIM_STALE_MS - 60000)
/* Pages of open uploads below the prefix. If there are more, claims are not looked for. */
#define ACC_CLAIM_PAGES_MAX 20

/* claim_requests.c. The answer comes to claim->on_answer. */
void acc_claim_ask(struct acc_claim *claim, enum acc_claim_stage stage);
bool acc_claim_created(struct acc_claim *claim); /* reads the answer to CREATE or RENEW */
bool acc_claim_is_gone(const struct acc_s3_call *abort);
bool acc_claim_has_upload(const struct acc_claim *claim);
int64_t acc_claim_age(const struct acc_claim *claim); /* milliseconds since it was renewed */
/* To be aborted; beyond ACC_CLAIM_DEAD_MAX it is left to the next look. */
void acc_claim_add_dead(struct acc_claim *claim, const struct acc_s3_listed *item);

/* claim_taking.c */
void acc_claim_look(struct acc_claim *claim);
void acc_claim_on_taking_answer(struct acc_claim *claim);

/* claim_releasing.c */
void acc_claim_release_next(struct acc_claim *claim);
void acc_claim_on_releasing_answer(struct acc_claim *claim);

#endif
