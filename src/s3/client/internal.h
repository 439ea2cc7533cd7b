/* Shared by the files of this room: s3.c above call.c above retry.c above queue.c,
 * learn.c and answer.c. No other file includes this. */
#ifndef ACC_S3_INTERNAL_H
#define ACC_S3_INTERNAL_H

#include "s3/config/address.h"
#include "s3/client/pace.h"
#include "s3/client/s3.h"

struct acc_s3 {
    struct acc_loop *loop;
    struct acc_s3_location location;
    struct acc_s3_settings settings;
    struct acc_http *http;
    struct acc_credentials_provider *credentials;
    struct acc_s3_address address; /* of the bucket */
    struct acc_s3_address account; /* for what is asked without a bucket */
    struct acc_s3_signing_key signing_key;
    struct acc_s3_stats stats;
    int64_t clock_offset;
    /* The Date of a late answer, and when it came by acc_clock_boot(); 0, 0 before. */
    int64_t dated, dated_at;
    /* Retry budget, as the AWS SDKs have it: a retry costs, a success gives back, and an empty
     * budget means that the server is sick and must not be hammered. */
    unsigned budget;
    struct acc_link backoff; /* calls waiting to be sent again */
    struct acc_timer backoff_timer;
    /* Requests in progress are bounded; the others wait here, first come first served. */
    struct acc_link waiting;
    unsigned in_flight;
    struct acc_s3_pace pace; /* how many may be */
    bool hold_writes, demands_md5, ignore_checksums;
    void (*attempt)(
        struct acc_s3_call *call); /* acc_s3_call_attempt, which stands above the queue */
    bool (*may_write)(void *arg);  /* or NULL */
    void *may_write_arg;
    struct acc_capabilities can;
    char *expected_owner; /* or NULL */
    uint64_t random;
};

/* The columns of ACC_S3_OPS. */
struct acc_s3_op_traits {
    const char *method, *name, *subresource;
    enum acc_s3_good good;
    bool write, ambiguous;
};
extern const struct acc_s3_op_traits acc_s3_ops[ACC_S3_OP_COUNT];

/* In queue.c. Ends the call: on_done. */
void acc_s3_call_finish(struct acc_s3_call *call, enum acc_s3_class class);
/* Whether the call may be sent now; else it waits for its turn. */
bool acc_s3_may_send(struct acc_s3 *s3, const struct acc_s3_call *call);
void acc_s3_await_turn(struct acc_s3_call *call);
/* Sends what may be sent of what waits. */
void acc_s3_pump(struct acc_s3 *s3);
/* The call's next attempt is due after the delay. */
void acc_s3_backoff_push(struct acc_s3 *s3, struct acc_s3_call *call, uint64_t delay_ms);
void acc_s3_on_backoff(struct acc_timer *timer);

/* In call.c: sends the call's next attempt. */
void acc_s3_call_attempt(struct acc_s3_call *call);
/* In retry.c: the attempt in progress ended; finishes the call, or has it sent again. */
void acc_s3_call_answered(struct acc_s3_call *call);
/* Fills the call's results from its finished request; `write` and `ambiguous` as in ACC_S3_OPS. In
 * answer.c. */
enum acc_s3_class acc_s3_call_read(struct acc_s3_call *call, bool write, bool ambiguous);

/* learn.c: makes the call as the server is known to want it; true when a refusal taught something
 * and the call is to be sent again; what any answer shows of the server; and what a
 * 412 teaches. */
void acc_s3_call_apply(struct acc_s3_call *call);
bool acc_s3_call_learn(struct acc_s3_call *call);
void acc_s3_call_note(struct acc_s3_call *call, enum acc_s3_class class);
void acc_s3_call_learn_condition(struct acc_s3_call *call);

#endif
