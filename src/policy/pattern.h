/* Patterns of policies ("*" any text, "?" one character, "${key}" a variable) against texts of
 * which the end may be open. */
#ifndef ACC_POLICY_PATTERN_H
#define ACC_POLICY_PATTERN_H

#include <stdbool.h>

#include "base/str.h"
#include "policy/tri.h"

/* A pattern is bytes: '*' and '?' mean what they say, ACC_PATTERN_LITERAL makes the next byte mean
 * itself, and ACC_PATTERN_HOLE stands for text that is not known. */
#define ACC_PATTERN_LITERAL '\001'
#define ACC_PATTERN_HOLE '\002'

/* Appends text that matches itself alone. */
void acc_pattern_literal(struct acc_str *pattern, const char *text, size_t len);

/* A text to match: whole, or every text that begins with it. */
struct acc_subject {
    const char *text;
    bool open;      /* anything may follow */
    bool fold_case; /* ASCII letters match either case */
};

/* YES and NO hold for every text the subject stands for and whatever fills the holes. MAYBE: for
 * some of them, or not decided. */
enum acc_tri acc_pattern_match(const char *pattern, size_t len, const struct acc_subject *subject);

/* The common case: a pattern without variables, a whole text, case matters or not. */
bool acc_wildcard(const char *pattern, const char *text, bool fold_case);

#endif
