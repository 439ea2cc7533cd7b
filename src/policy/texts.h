/* A list of strings that it owns. Zeroed it is empty. */
#ifndef ACC_POLICY_TEXTS_H
#define ACC_POLICY_TEXTS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct acc_texts {
    char **items;
    size_t count;
};

void acc_texts_add(struct acc_texts *texts, const char *text);
/* Adds it unless an equal one is there. */
void acc_texts_add_new(struct acc_texts *texts, const char *text);
void acc_texts_release(struct acc_texts *texts);
/* "a, b and c", appended. */
void acc_texts_join(const struct acc_texts *texts, const char *last, struct acc_str *out);

#endif
