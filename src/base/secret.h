/* What keeps secrets out of messages. Pure. */
#ifndef ACC_BASE_SECRET_H
#define ACC_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

/* Whether the text has at least twelve characters in a row of the secret, or all of a shorter one.
 * NULL is no secret. For what servers answer: some quote what they were sent. */
bool acc_gives_away(const char *text, const char *secret);

/* Whether something stands before the name of a URL's bucket or host, as other programs have it:
 * s3://KEY:SECRET@BUCKET, https://KEY:SECRET@HOST. Any word may be asked about. */
bool acc_holds_keys(const char *word);
#define ACC_KEYS_IN_URL                                                                            \
    "a URL has something before its bucket or host; it is not shown, since that may be "           \
    "credentials. Write s3://BUCKET/PREFIX, and set AWS_ACCESS_KEY_ID and "                        \
    "AWS_SECRET_ACCESS_KEY instead."

/* How a setting's value may be shown: an Amazon Resource Name as it is, anything else as
 * "(not an ARN)". */
#define ACC_SHOWN 256
void acc_show_arn(const char *arn, char shown[ACC_SHOWN]);

/* A URL without what may be a secret in it: user, password, query and fragment. */
void acc_show_url(const char *url, char shown[ACC_SHOWN]);

#endif
