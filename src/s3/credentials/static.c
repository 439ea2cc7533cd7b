/* Sources at hand: environment variables, keys in the credentials file, keys in the config file;
 * and the sign-on settings of which only the aws command line can make keys. Nothing here takes
 * time. */
#include "s3/credentials/lookup.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static char *copy(const char *text)
{
    return text != NULL && *text ? acc_strdup(text) : NULL;
}

static void start_environment(struct acc_lookup *lookup)
{
    struct acc_credentials *c = &lookup->credentials;
    const char *id = acc_lookup_variable(lookup, "AWS_ACCESS_KEY_ID");
    const char *secret = acc_lookup_variable(lookup, "AWS_SECRET_ACCESS_KEY");
    const char *token = acc_lookup_variable(lookup, "AWS_SECURITY_TOKEN");
    if (id == NULL) {
        acc_lookup_end(lookup, ACC_NOTHING);
        return;
    }
    if (secret == NULL) {
        acc_lookup_broken(lookup, "AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not. Set "
                                  "both or neither.");
        return;
    }
    c->access_key = acc_strdup(id);
    c->secret_key = acc_strdup(secret);
    c->session_token = copy(token ? token : acc_lookup_variable(lookup, "AWS_SESSION_TOKEN"));
    snprintf(c->source, sizeof c->source, "environment variables");
    acc_lookup_end(lookup, ACC_FOUND);
}

const struct acc_source acc_source_environment = {"environment variables", start_environment};

static void start_file(struct acc_lookup *lookup, enum acc_profile_file file, const char *name)
{
    struct acc_credentials *c = &lookup->credentials;
    const struct acc_profiles *profiles = lookup->settings->profiles;
    const char *id = acc_profiles_file_get(profiles, file, lookup->profile, "aws_access_key_id");
    if (id == NULL) {
        acc_lookup_end(lookup, ACC_NOTHING);
        return;
    }
    const char *secret =
        acc_profiles_file_get(profiles, file, lookup->profile, "aws_secret_access_key");
    if (*id == '\0' || secret == NULL || *secret == '\0') {
        acc_lookup_broken(lookup,
                          "profile \"%s\" in the AWS %s file has only one of aws_access_key_id and "
                          "aws_secret_access_key. Complete it (aws configure --profile %s).",
                          lookup->profile, name, lookup->profile);
        return;
    }
    const char *token =
        acc_profiles_file_get(profiles, file, lookup->profile, "aws_security_token");
    if (token == NULL)
        token = acc_profiles_file_get(profiles, file, lookup->profile, "aws_session_token");
    c->access_key = acc_strdup(id);
    c->secret_key = acc_strdup(secret);
    c->session_token = copy(token);
    snprintf(c->source, sizeof c->source, "profile \"%.80s\" in the AWS %s file", lookup->profile,
             name);
    acc_lookup_end(lookup, ACC_FOUND);
}

static void start_credentials_file(struct acc_lookup *lookup)
{
    start_file(lookup, ACC_PROFILE_CREDENTIALS, "credentials");
}

static void start_config_file(struct acc_lookup *lookup)
{
    start_file(lookup, ACC_PROFILE_CONFIG, "config");
}

const struct acc_source acc_source_credentials_file = {"the AWS credentials file",
                                                       start_credentials_file};
const struct acc_source acc_source_config_file = {"the AWS config file", start_config_file};

/* The aws command line keeps the tokens of a browser sign-on and can hand out keys made of them. */
static void start_sign_on(struct acc_lookup *lookup)
{
    static const char *const signs[] = {"sso_session", "sso_start_url", "login_session"};
    for (size_t i = 0; i < ACC_COUNT_OF(signs); i++) {
        if (acc_lookup_setting(lookup, signs[i]) == NULL)
            continue;
        acc_lookup_broken(lookup,
                          "profile \"%s\" signs on in a browser (%s), which only the aws command "
                          "line can do. Make another profile with the line: credential_process = "
                          "aws configure export-credentials --profile %s --format process",
                          lookup->profile, signs[i], lookup->profile);
        return;
    }
    acc_lookup_end(lookup, ACC_NOTHING);
}

const struct acc_source acc_source_sign_on = {"sign-on", start_sign_on};
