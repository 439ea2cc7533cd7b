/* AWS Security Token Service: temporary credentials for a role.
 * AWS Security Token Service API Reference, AssumeRole and AssumeRoleWithWebIdentity. */
#ifndef ACC_S3_CREDENTIALS_STS_H
#define ACC_S3_CREDENTIALS_STS_H

#include "s3/credentials/lookup.h"

struct acc_sts_role {
    const char *arn;
    const char *session;   /* role_session_name; NULL: one is made up */
    const char *external;  /* external_id, or NULL */
    const char *duration;  /* duration_seconds in digits, or NULL */
    const char *web_token; /* NULL: AssumeRole, signed; else AssumeRoleWithWebIdentity */
};

/* Ends the lookup, later, with the role's credentials or with what STS says against it. All
 * arguments are copied or used within the call; `signer` is not needed with a web token. */
void acc_sts_assume(struct acc_lookup *lookup, const struct acc_sts_role *role,
                    const struct acc_credentials *signer);

#define ACC_STS_CODE 64
/* Reads an answer of STS. True if it has whole credentials, which the caller releases; `code` is
 * that of a refusal, else "". */
bool acc_sts_read(const char *text, size_t len, struct acc_credentials *credentials,
                  char code[ACC_STS_CODE]);

#endif
