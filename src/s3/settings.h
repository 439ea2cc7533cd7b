/* The connection as resolved from options, AWS_* variables and profile files. */
#ifndef ACC_S3_SETTINGS_H
#define ACC_S3_SETTINGS_H

#include <stdbool.h>

#include <accession/connection.h>
#include <accession/error.h>
#include "base/str.h"
#include "s3/profile.h"

struct acc_s3_settings {
    char *profile;      /* its name; "default" when nothing says otherwise */
    bool profile_named; /* an option named it: then variables with keys do not count */
    struct acc_profiles *profiles;
    char *endpoint; /* "https://host[:port]", no trailing slash; NULL: AWS's own for the region */
    char *region;
    char *addressing; /* "auto", "path" or "virtual" */
    char *ca_bundle;  /* or NULL */
    char *client_cert, *client_key;
    int retries;
    int connect_timeout_s, read_timeout_s;
};

enum acc_code acc_s3_settings_resolve(const struct acc_connection *connection,
                                      struct acc_s3_settings *settings, struct acc_error *err);
void acc_s3_settings_release(struct acc_s3_settings *settings);

/* Where requests for the bucket go. `host` is "HOST[:PORT]" as the Host header has it, `base` is
 * "https://HOST[:PORT]", `path` is "" or "/BUCKET". All three are replaced. */
void acc_s3_settings_address(const struct acc_s3_settings *settings, const char *bucket,
                             struct acc_str *base, struct acc_str *host, struct acc_str *path);

#endif
