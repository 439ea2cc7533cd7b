/* Credentials, from the sources the aws command line knows, in its order.
 *
 * A provider tries its sources one after the other; the first that has something wins and stays.
 * Credentials that expire are fetched again in time. Secrets are wiped when replaced and never
 * shown.
 *
 * Threads: the loop's thread only.
 */
#ifndef ACC_S3_CREDENTIALS_H
#define ACC_S3_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/error.h>
#include "base/list.h"
#include "loop/http.h"
#include "loop/loop.h"
#include "s3/config/settings.h"

struct acc_credentials {
    char *access_key;
    char *secret_key;
    char *session_token; /* or NULL */
    int64_t expires;     /* wall clock, milliseconds; 0: never */
    char source[160];    /* "environment variables", "profile archive in ~/.aws/credentials", … */
};
void acc_credentials_release(struct acc_credentials *credentials);

struct acc_credentials_provider;

/* `settings` must outlive the provider; `http` too. */
struct acc_credentials_provider *acc_credentials_new(struct acc_loop *loop, struct acc_http *http,
                                                     const struct acc_s3_settings *settings);
/* Waiting callers get ACC_INTERRUPTED. */
void acc_credentials_free(struct acc_credentials_provider *provider);

/* The current credentials, or NULL: then wait. Valid until the loop turns. */
const struct acc_credentials *acc_credentials_current(struct acc_credentials_provider *provider);

/* Asks for credentials; on_ready fires once, never inside this call, with them or with the error
 * that lists what was tried. */
struct acc_credentials_wait {
    void (*on_ready)(struct acc_credentials_wait *wait, const struct acc_credentials *credentials,
                     const struct acc_error *err);
    struct acc_link link;
};
void acc_credentials_await(struct acc_credentials_provider *provider,
                           struct acc_credentials_wait *wait);
void acc_credentials_cancel(struct acc_credentials_wait *wait);

/* The next caller waits for a new search through all sources, since files may have changed. If the
 * search fails, unexpired credentials that have an expiry stay in use. */
void acc_credentials_renew(struct acc_credentials_provider *provider);

/* The server calls them expired: drop them. Returns false if no source could give others (they were
 * fixed ones), so that asking again is useless. */
bool acc_credentials_refused(struct acc_credentials_provider *provider, const char *access_key);

#endif
