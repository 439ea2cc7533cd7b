/* Cold storage: how an object is asked for there, and how long that takes.
 *
 * Tiers and times are those of Amazon S3 ("Archive retrieval options" of its user guide); other
 * servers that have cold storage take the same request. Pure; any thread. */
#ifndef ACC_RESTORE_THAW_H
#define ACC_RESTORE_THAW_H

#include <stdbool.h>

#include "base/str.h"

#define ACC_THAW_DAYS 7

struct acc_thaw {
    const char *tier; /* as the server writes it, static; NULL: objects are not asked for */
    unsigned days;    /* that the readable copy is kept */
};

/* "TIER[:DAYS]", the tier in any case: Expedited, Standard, Bulk. False: it is not one. */
bool acc_thaw_parse(const char *text, struct acc_thaw *thaw);
/* The body of the request for an object of this storage class. */
void acc_thaw_request(const struct acc_thaw *thaw, const char *class, struct acc_str *xml);
/* "within 48 hours": how long it takes until an object of this class can be read. Static. */
const char *acc_thaw_wait(const struct acc_thaw *thaw, const char *class);
/* Whether objects of this class, as a listing shows it, may be in cold storage. */
bool acc_thaw_may_be_cold(const char *class);

#endif
