/* One walk through sources of credentials, for one profile. Shared by credentials.c and the
 * sources; no other file includes this.
 *
 *     start -> source 1 -> nothing -> source 2 -> ... -> on_done: found, nothing, or broken
 *
 * A source either has credentials, has none, or is there but broken, which ends the walk: silently
 * using others than the user set up would be worse than stopping.
 *
 * A role needs credentials to be assumed with: its source runs an inner lookup, whose `outer` is
 * the one it serves. */
#ifndef ACC_S3_CREDENTIALS_LOOKUP_H
#define ACC_S3_CREDENTIALS_LOOKUP_H

#include "s3/credentials/credentials.h"

enum acc_found { ACC_FOUND, ACC_NOTHING, ACC_BROKEN };

struct acc_lookup;

struct acc_source {
    const char *name; /* for messages: "environment variables" */
    /* Ends with acc_lookup_end(), inside this call or later. */
    void (*start)(struct acc_lookup *lookup);
};

struct acc_lookup {
    /* set by the user; borrowed until on_done or acc_lookup_abandon() */
    struct acc_loop *loop;
    struct acc_http *http;
    const struct acc_s3_settings *settings;
    const char *profile;
    bool variables; /* environment variables count; not where a profile was asked for by name */
    const struct acc_source *const *sources; /* NULL ends the list */
    struct acc_lookup *outer;
    void (*on_done)(struct acc_lookup *lookup); /* may run inside acc_lookup_start() */

    /* results; the user releases `credentials` */
    enum acc_found found;
    size_t at; /* the source that had them, or is broken */
    struct acc_credentials credentials;
    struct acc_error err;   /* when broken */
    struct acc_str remarks; /* why sources had nothing, where that isn't obvious */

    /* of the current source, if it takes time */
    void *work;
    void (*abandon)(void *work);
};

void acc_lookup_start(struct acc_lookup *lookup);
/* on_done will not be called. Harmless if no lookup is in progress. */
void acc_lookup_abandon(struct acc_lookup *lookup);
/* Frees what the results hold; the credentials too unless they were taken (and zeroed). */
void acc_lookup_release(struct acc_lookup *lookup);

/* ---- for sources ---- */

/* Ends the source's part. With ACC_FOUND lookup->credentials is filled, with ACC_BROKEN
 * lookup->err.
 */
void acc_lookup_end(struct acc_lookup *lookup, enum acc_found found);
/* ACC_BROKEN with ACC_CREDENTIALS and this message. */
void acc_lookup_broken(struct acc_lookup *lookup, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* ACC_NOTHING with half a sentence that the final message will show. */
void acc_lookup_nothing(struct acc_lookup *lookup, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The environment variable if it is set, not empty, and counts for this lookup; else NULL. */
const char *acc_lookup_variable(const struct acc_lookup *lookup, const char *name);
/* The profile's setting, or NULL when it is absent or empty. */
const char *acc_lookup_setting(const struct acc_lookup *lookup, const char *name);

/* Why acc_file_read() failed, without the path: where one is expected, some people set the secret
 * itself. Lives as long as `err`. */
const char *acc_lookup_file_reason(const char *path, const struct acc_error *err);

/* Reads the JSON that metadata services and credential processes answer with into
 * lookup->credentials: AccessKeyId, SecretAccessKey, `token_name`, Expiration. NULL when that went
 * well, else what is wrong, as half a sentence without any of the text. */
const char *acc_lookup_read_json(struct acc_lookup *lookup, const char *text, size_t len,
                                 const char *token_name);

/* The sources there are. */
extern const struct acc_source acc_source_environment, acc_source_role, acc_source_web_identity,
    acc_source_sign_on, acc_source_credentials_file, acc_source_process, acc_source_config_file,
    acc_source_container, acc_source_instance;

#endif
