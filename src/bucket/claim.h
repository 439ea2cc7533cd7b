/* The claim of a run. It keeps other runs from writing to the same destination, on any machine and
 * with any ledger, if neither the server nor the bucket's versions keep two writers apart.
 *
 * A claim is an open multipart upload of the key PREFIX.accession-probe/run-NAME, which never
 * becomes an object. It is the probe's upload, kept until the run ends instead of being aborted
 * immediately. A run that has created its claim lists all claims, and may write if there is no
 * other: of two runs, the one that lists last sees the other's claim. Names decide which of two
 * runs goes first, never clocks. The run whose name sorts first keeps its claim and waits for the
 * other claim to go. The other run withdraws its claim, waits until no claim is left, and claims
 * again.
 *
 *     start ──> versions? ──yes──> NEEDLESS
 *                  │ no
 *                  v          another's, and ours sorts after it
 *        ┌──────> LOOK ───────────────────────> WITHDRAW ──> wait ──> LOOK ──no claim───> CREATE ─┐
 *        │         │ │ another's, and ours sorts first ──> wait ──> LOOK                          │
 *        │         │ └ none ──> HELD ──every minute──> RENEW ──> HELD                             │
 *        └─────────┼─────────────────────────────────────────────────────────────────────────────┘
 *                  └ our own is not in the listing, or there is no listing ──> UNAVAILABLE
 *
 * Runs to a prefix above or below this one write the same keys, so their claims count too. A killed
 * run leaves its claim behind. The next run with the same ledger recognises it as dead and aborts
 * it. Any other run waits until the claim is older than ACC_CLAIM_STALE_MS by the server's clock; a
 * live claim is renewed long before. A run that could not renew its claim in time, because it was
 * suspended, must stop: on_lost.
 *
 * Threads: the loop's thread. on_done fires once for each start, from the loop, unless release
 * comes first.
 */
#ifndef ACC_BUCKET_CLAIM_H
#define ACC_BUCKET_CLAIM_H

#include "ledger/ledger.h"
#include "loop/loop.h"
#include "s3/ops/ops.h"

#define ACC_CLAIM_NAME "run-"
/* A claim that was not renewed for this long is dead. */
#define ACC_CLAIM_STALE_MS 300000

enum acc_claim_result {
    ACC_CLAIM_NONE,
    ACC_CLAIM_HELD,       /* no other run writes here before this one is released */
    ACC_CLAIM_NEEDLESS,   /* the bucket keeps versions: nothing can be lost */
    ACC_CLAIM_UNAVAILABLE /* claims cannot be seen here, or listing them failed */
};

enum acc_claim_stage {
    ACC_CLAIM_VERSIONING,
    ACC_CLAIM_LOOK,
    ACC_CLAIM_CREATE,
    ACC_CLAIM_WITHDRAW,
    ACC_CLAIM_ABORT_DEAD,
    ACC_CLAIM_RENEW,
    ACC_CLAIM_ABORT_OLD,
    ACC_CLAIM_GIVE_UP,
    ACC_CLAIM_RELEASE
};

struct acc_claim {
    /* set by the user */
    struct acc_s3 *s3;
    struct acc_ledger *ledger;
    const char *run;               /* its name */
    enum acc_s3_checksum checksum; /* that uploads are created with: what the server takes */
    void (*on_wait)(struct acc_claim *claim, const char *text); /* once, if it has to wait */
    void (*on_done)(struct acc_claim *claim);
    void (*on_lost)(struct acc_claim *claim);

    /* results */
    enum acc_claim_result result;
    bool waited;         /* for another run */
    struct acc_str left; /* after release: "KEY (upload id ID)" that could not be aborted, or "" */

    /* private */
    struct acc_s3_call call;
    struct acc_s3_page page;
    struct acc_timer timer;
    enum acc_claim_stage stage;
    struct acc_str key, upload_id;    /* of the claim; upload_id "" if there is no claim */
    struct acc_str old_id;            /* the one that was renewed */
    struct acc_str every_id;          /* that this run ever had, each between spaces: taking one
                                         back may have been refused, and it is still ours */
    struct acc_str dead_key, dead_id; /* of a run of this ledger that was killed, or an old one */
    struct acc_str prefix;            /* being listed */
    size_t at;                        /* how much of the destination's prefix that is of */
    unsigned pages;
    bool seen, yield;
    unsigned rivals, stale; /* stale: of these */
    bool ages_unknown;      /* ours looked stale when it was new: this server's times say nothing */
    char rival[80];         /* the name of one */
    int64_t rival_age;
    uint64_t interval;
    int64_t renewed; /* monotonic */
    void (*on_released)(struct acc_claim *claim);
};

/* Sets up the timer; once per struct. */
void acc_claim_init(struct acc_claim *claim, struct acc_loop *loop);
/* Takes over the probe's upload, which was named ACC_CLAIM_NAME and the run's name: from here on
 * release takes it back. */
void acc_claim_take(struct acc_claim *claim, const char *upload_id);
void acc_claim_start(struct acc_claim *claim);
/* Ends what is in progress and gives the claim back, within two seconds. Then on_released is
 * called: from the loop or, if there was nothing to do, inside this call. */
void acc_claim_release(struct acc_claim *claim, void (*on_released)(struct acc_claim *claim));
/* The run's name in the key of a claim, which begins somewhere from `from` on; NULL: not a claim.
 */
const char *acc_claim_run_of_key(const char *key, size_t from);
/* Whether the run is one of this ledger; if so, whether it is known to have ended. */
bool acc_claim_is_of(struct acc_ledger *ledger, const char *run, bool *ended);
/* Released or never started. The memory may go when the loop has been released. */
void acc_claim_close(struct acc_claim *claim);

#endif
