/* Answers that may be open. The order makes "and" the minimum and "or" the maximum. */
#ifndef ACC_POLICY_TRI_H
#define ACC_POLICY_TRI_H

#include <stdbool.h>

enum acc_tri { ACC_NO, ACC_MAYBE, ACC_YES };

static inline enum acc_tri acc_tri_and(enum acc_tri a, enum acc_tri b)
{
    return a < b ? a : b;
}

static inline enum acc_tri acc_tri_or(enum acc_tri a, enum acc_tri b)
{
    return a > b ? a : b;
}

static inline enum acc_tri acc_tri_not(enum acc_tri a)
{
    return (enum acc_tri)(ACC_YES - a);
}

static inline enum acc_tri acc_tri_of(bool certain)
{
    return certain ? ACC_YES : ACC_NO;
}

#endif
