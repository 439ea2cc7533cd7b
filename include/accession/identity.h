/* Identity: which credentials the aws command line's rules find, and where. Secrets never leave the
 * library. */
#ifndef ACCESSION_IDENTITY_H
#define ACCESSION_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/connection.h>
#include <accession/error.h>

struct acc_identity {
    char source[160]; /* the source that won: "environment variables", "role … of profile …" */
    char access_key[160]; /* the access key id, which is not a secret */
    bool temporary;       /* comes with a session token */
    int64_t expires;      /* milliseconds since 1970, UTC; 0: never, or unknown */
    char profile[128];    /* the profile that was looked at */
};

/* Searches on the calling thread, asking services and running credential_process where the
 * configuration says so. ACC_CREDENTIALS, with one line that names the source and the next step,
 * if no credentials are found or a source is broken; ACC_CONFIG when the configuration cannot be
 * read. */
enum acc_code acc_identity_find(const struct acc_connection *connection,
                                struct acc_identity *identity, struct acc_error *err);

#endif
