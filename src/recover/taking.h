/* Taking claims into the ledger: a run of kind "import" for each destination, one transaction from
 * the first claim of a destination to the next commit.
 *
 *     acc_taking_open -> acc_taking_take... -> acc_taking_commit ... -> acc_taking_close
 *
 * Threads: the one that opened it. */
#ifndef ACC_RECOVER_TAKING_H
#define ACC_RECOVER_TAKING_H

#include <accession/ledger.h>
#include "ledger/heard.h"

struct acc_taking {
    struct acc_recall *recall;
    struct acc_ledger *ledger;
    const char *command; /* for the run: "accession ledger import" */

    /* private */
    struct acc_taking_into {
        char *destination;
        int64_t run;
    } * into;
    size_t count;
    struct acc_hearing *hearing; /* of `at`, or NULL */
    size_t at;
};

/* Whether the URL is the place that the canonical name "aws:REGION/BUCKET/PREFIX/" or
 * "http://HOST:PORT/BUCKET/PREFIX/" is: else a verification would ask another bucket. */
bool acc_taking_is_place(const char *destination, const char *url);
/* Opens the ledger, which is made if it is missing. */
enum acc_code acc_taking_open(struct acc_taking *taking, struct acc_recall *recall,
                              const char *command, struct acc_error *err);
/* Takes one claim, counts it and reports it. `entry` may be NULL. */
enum acc_code acc_taking_take(struct acc_taking *taking, const char *destination, const char *url,
                              const struct acc_claim *claim, int64_t *entry, struct acc_error *err);
/* The run at a destination, which is begun if need be. */
enum acc_code acc_taking_run(struct acc_taking *taking, const char *destination, const char *url,
                             int64_t *run, struct acc_error *err);
/* What was taken so far is durable; nothing holds the ledger's turn. */
enum acc_code acc_taking_commit(struct acc_taking *taking, struct acc_error *err);
/* Forgets what was taken since the last commit; the counts stay. */
void acc_taking_forget(struct acc_taking *taking);
/* Forgets what was not committed, ends the runs with `outcome`, closes the ledger. Returns
 * `outcome`, or why they could not be ended. */
enum acc_code acc_taking_close(struct acc_taking *taking, enum acc_code outcome,
                               struct acc_error *err);

#endif
