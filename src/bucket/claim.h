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
 * Runs to a prefix above this one or below it write the same keys: their claims are looked for too.
 * A waiting claim is renewed as a held one is, so that it never looks dead to others.
 *
 * NAME is the run's name and its process ("2026-…Z-7f3a.HOST.BOOT.PID.START", base/process.h). A
 * claim is dead if its process is of this boot and is gone, if its run is of this ledger and has
 * ended by its own word, or if it is too old to be alive (ACC_CLAIM_STALE_MS by the server's own
 * clock; a live one is renewed long before). That the ledger calls a run killed proves nothing: the
 * ledger may be a copy. A dead claim of this ledger is taken away; any other is only passed over.
 * Whatever stands under our own name is ours, such as an upload of a Create whose answer was lost.
 *
 * A run that could not renew its own claim in time must not write: no PutObject and no Complete is
 * sent once the claim is older than others may wait for, be it that the machine was suspended
 * (CLOCK_BOOTTIME goes on then); on_lost follows.
 *
 * Releasing takes the claim back. If uploads of this name may be left whose id was not heard, or
 * the ledger has earlier runs that left a claim, it lists the claims and takes those away as well.
 *
 * Threads: the loop's thread. on_done fires once for each start, from the loop, unless release
 * comes first.
 */
#ifndef ACC_BUCKET_CLAIM_H
#define ACC_BUCKET_CLAIM_H

#include "base/process.h"
#include "ledger/ledger.h"
#include "loop/loop.h"
#include "s3/ops/ops.h"

#define ACC_CLAIM_NAME "run-"
#define ACC_CLAIM_TEXT (sizeof ACC_CLAIM_NAME + 40 + ACC_PROCESS_TEXT)
/* A claim is dead if it has not been renewed for this long. */
#define ACC_CLAIM_STALE_MS 300000
/* Taken away in one go; more of them are left to the next look. */
#define ACC_CLAIM_DEAD_MAX 16

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
    ACC_CLAIM_RELEASE,
    ACC_CLAIM_SWEEP,
    ACC_CLAIM_SWEEP_ABORT
};

struct acc_claim {
    /* set by the user */
    struct acc_s3 *s3;
    struct acc_ledger *ledger;
    int64_t run_id;
    char name[ACC_CLAIM_TEXT];                   /* acc_claim_name() */
    const struct acc_s3_object_headers *headers; /* that uploads carry; NULL: none */
    enum acc_s3_checksum checksum; /* that uploads are created with: what the server takes */
    bool doubtful;                 /* there may be uploads of this name whose id was not heard */
    void (*on_wait)(struct acc_claim *claim, const char *text); /* once, if it has to wait */
    void (*on_done)(struct acc_claim *claim);
    void (*on_lost)(struct acc_claim *claim);

    /* results */
    enum acc_claim_result result;
    bool unversioned;    /* the server says that the bucket keeps no versions */
    bool waited;         /* for another run */
    struct acc_str left; /* after release: "KEY (upload id ID)" that could not be aborted, or "" */
    bool own_gone;       /* after release: nothing of this name is left */
    bool others_gone;    /* after release: earlier runs of this ledger have left nothing either */

    /* private */
    struct acc_s3_call call;
    struct acc_s3_page page;
    struct acc_timer timer;
    enum acc_claim_stage stage;
    struct acc_str key, upload_id; /* of the claim; upload_id "" while there is none */
    struct acc_str old_id;         /* the one that was renewed */
    struct acc_claim_dead {
        struct acc_str key, id;
    } dead[ACC_CLAIM_DEAD_MAX]; /* to be aborted */
    unsigned dead_count;
    struct acc_str prefix; /* being listed */
    size_t at;             /* how much of the destination's prefix that is of */
    unsigned pages;
    bool seen, yield;
    unsigned rivals, stale;         /* stale: of these */
    bool ages_judged, ages_unknown; /* unknown: ours looked stale when it was new, so this server's
                                       times say nothing. Judged once, of a new claim */
    bool own_found;                 /* while sweeping: an upload of this name */
    unsigned left_alone;            /* while sweeping: not known to be dead, or not aborted */
    char rival[ACC_CLAIM_TEXT];     /* the name of one */
    int64_t rival_age;
    uint64_t interval;
    int64_t asked, renewed; /* acc_clock_boot(): before the Create was sent */
    bool swept, hurried, lost;
    void (*on_answer)(struct acc_s3_call *call);
    void (*on_released)(struct acc_claim *claim);
};

/* Sets up the timer; once per struct. */
void acc_claim_init(struct acc_claim *claim, struct acc_loop *loop);
/* "run-NAME.PROCESS", for this process and the run of that name: into claim->name. */
void acc_claim_name(struct acc_claim *claim, const char *run);
/* Takes over the probe's upload, which was named so and created after `since` (acc_clock_boot()):
 * from here on release takes it back. */
void acc_claim_take(struct acc_claim *claim, const char *upload_id, int64_t since);
void acc_claim_start(struct acc_claim *claim);
/* Ends what is in progress and aborts the claim, within `patience_ms`; then on_released, from the
 * loop or, if there was nothing to do, inside this call. */
void acc_claim_release(struct acc_claim *claim, uint64_t patience_ms,
                       void (*on_released)(struct acc_claim *claim));
/* The claim's name, without "run-", in its key, which begins somewhere from `from` on; NULL: not a
 * claim. */
const char *acc_claim_run_of_key(const char *key, size_t from);
/* Whether the run is one of this ledger; if so, whether it is known to have ended. */
bool acc_claim_is_of(struct acc_ledger *ledger, const char *name, bool *ended);
/* Its process is gone, or its run is of this ledger and has ended by its own word. */
bool acc_claim_is_dead(struct acc_ledger *ledger, const char *name);
/* Released or never started. The memory may go when the loop has been released. */
void acc_claim_close(struct acc_claim *claim);

#endif
