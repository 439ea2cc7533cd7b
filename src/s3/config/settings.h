/* The connection as resolved from options, AWS_* variables and profile files. */
#ifndef ACC_S3_SETTINGS_H
#define ACC_S3_SETTINGS_H

#include <stdbool.h>

#include <accession/connection.h>
#include <accession/error.h>
#include "base/str.h"
#include "loop/http.h"
#include "s3/config/profile.h"

struct acc_s3_settings {
    const char *side;   /* the beginning of the options' names, for messages: "", "source-" ... */
    char *profile;      /* its name; "default" when nothing says otherwise */
    bool profile_named; /* an option named it: then variables with keys do not count */
    struct acc_profiles *profiles;
    char *endpoint; /* "https://host[:port]", no trailing slash; NULL: AWS's own for the region */
    char *region;
    char *addressing;      /* "auto", "path" or "virtual" */
    bool fips, dual_stack; /* which of AWS's own endpoints; without meaning beside `endpoint` */
    bool use_arn_region;   /* an access point may be in another region than `region` */
    char *ca_bundle;       /* or NULL */
    char *client_cert, *client_key;
    int retries;
    int connect_timeout_s, read_timeout_s;
    struct acc_rate_plan max_rate;
    unsigned network_threads;
};

enum acc_code acc_s3_settings_resolve(const struct acc_connection *connection,
                                      struct acc_s3_settings *settings, struct acc_error *err);
void acc_s3_settings_release(struct acc_s3_settings *settings);

/* Reads the profile files again, for the search for credentials. Settings already resolved stay,
 * and so does the old content if the files cannot be read now. */
void acc_s3_settings_reread(struct acc_s3_settings *settings);

/* The URL that variables or the profile name for a service ("s3", "sts"), in the aws command line's
 * order; NULL: none. `from` is set to where it is said, for messages. */
char *acc_s3_settings_endpoint(const struct acc_s3_settings *settings, const char *service,
                               struct acc_str *from);

/* For connections to the server, by the caller's loop alone; borrows from `settings`. */
struct acc_http_options acc_s3_settings_http(const struct acc_s3_settings *settings);

#endif
