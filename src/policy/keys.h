/* Condition keys: what each is about, and what is known of it in a given request. */
#ifndef ACC_POLICY_KEYS_H
#define ACC_POLICY_KEYS_H

#include <accession/policy.h>
#include "policy/texts.h"

/* The value that a request has for a key. Values are owned. */
struct acc_key_state {
    enum acc_policy_known known;
    struct acc_texts values;
};

void acc_key_look_up(const struct acc_policy_request *request, const char *key,
                     struct acc_key_state *state);
void acc_key_state_release(struct acc_key_state *state);

/* The circumstance that decides an unknown key: "aws:SourceIp (the caller's address)". */
void acc_key_describe(const char *key, struct acc_str *out);

/* NULL when the key is one that the server sets; else why it never does, as half a sentence. */
const char *acc_key_problem(const char *key, enum acc_policy_server server);

#endif
