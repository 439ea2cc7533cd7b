/* A profile with role_arn: find the credentials to ask with (another profile, or a named source),
 * then AssumeRole. Each refresh repeats both, since the former may have expired too.
 *
 *     role -> inner lookup (source_profile or credential_source) -> STS -> found
 *
 * A source_profile may be a role itself; profiles in a circle are found by walking outwards. A
 * profile may name itself when it has keys: they are then what the role is asked for with.
 * Abandoned: cancels whichever of the two is in progress. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "s3/credentials/sts.h"
#include "base/secret.h"

struct role {
    struct acc_lookup inner;
    struct acc_lookup *outer;
    char with[120]; /* "source_profile \"base\"" */
};

/* The only sources that a source_profile may use. */
static const struct acc_source *const profile_sources[] = {
    &acc_source_web_identity, &acc_source_sign_on,     &acc_source_credentials_file,
    &acc_source_process,      &acc_source_config_file, NULL,
};

static const struct acc_source *const only_environment[] = {&acc_source_environment, NULL};
static const struct acc_source *const only_container[] = {&acc_source_container, NULL};
static const struct acc_source *const only_instance[] = {&acc_source_instance, NULL};
static const struct acc_source *const only_role[] = {&acc_source_role, NULL};

static const struct {
    const char *name; /* of credential_source, in any case */
    const struct acc_source *const *sources;
} named_sources[] = {
    {"Environment", only_environment},
    {"EcsContainer", only_container},
    {"Ec2InstanceMetadata", only_instance},
};

static void free_role(struct role *role)
{
    acc_lookup_release(&role->inner);
    free(role);
}

static void abandon(void *work)
{
    struct role *role = work;
    acc_lookup_abandon(&role->inner);
    free_role(role);
}

static void on_inner_done(struct acc_lookup *inner)
{
    struct role *role = ACC_CONTAINER_OF(inner, struct role, inner);
    struct acc_lookup *lookup = role->outer;
    const char *role_arn = acc_lookup_setting(lookup, "role_arn");
    char shown[ACC_SHOWN];
    acc_show_arn(role_arn, shown);
    lookup->work = NULL;
    if (inner->found == ACC_FOUND) {
        const struct acc_sts_role wanted = {
            .arn = role_arn,
            .session = acc_lookup_setting(lookup, "role_session_name"),
            .external = acc_lookup_setting(lookup, "external_id"),
            .duration = acc_lookup_setting(lookup, "duration_seconds"),
        };
        acc_sts_assume(lookup, &wanted, &inner->credentials);
    } else if (inner->found == ACC_BROKEN) {
        acc_lookup_broken(lookup, "profile \"%s\", role %s, with %s: %s", lookup->profile, shown,
                          role->with, inner->err.message);
    } else {
        const char *remarks = acc_str_cstr(&inner->remarks);
        acc_lookup_broken(lookup,
                          "profile \"%s\": %s has no credentials to assume role %s with%s%s. Add "
                          "credentials to it, or name another.",
                          lookup->profile, role->with, shown, *remarks ? ": " : "", remarks);
    }
    free_role(role);
}

static bool has_keys(const struct acc_s3_settings *s, const char *profile)
{
    return acc_profiles_get(s->profiles, profile, "aws_access_key_id") != NULL ||
           acc_profiles_get(s->profiles, profile, "aws_secret_access_key") != NULL;
}

static bool is_role(const struct acc_s3_settings *s, const char *profile)
{
    return acc_profiles_get(s->profiles, profile, "role_arn") != NULL &&
           acc_profiles_get(s->profiles, profile, "web_identity_token_file") == NULL;
}

/* Whether this lookup, or one that it serves, is for the profile already. */
static bool is_visited(const struct acc_lookup *lookup, const char *profile)
{
    for (; lookup != NULL; lookup = lookup->outer)
        if (strcmp(lookup->profile, profile) == 0)
            return true;
    return false;
}

static void run_inner(struct acc_lookup *lookup, const char *profile, bool variables,
                      const struct acc_source *const *sources, const char *kind, const char *name)
{
    struct role *role = ACC_NEW(struct role);
    role->outer = lookup;
    snprintf(role->with, sizeof role->with, "%s \"%.80s\"", kind, name);
    role->inner = (struct acc_lookup){.loop = lookup->loop,
                                      .http = lookup->http,
                                      .settings = lookup->settings,
                                      .profile = profile,
                                      .variables = variables,
                                      .sources = sources,
                                      .outer = lookup,
                                      .on_done = on_inner_done};
    lookup->work = role;
    lookup->abandon = abandon;
    acc_lookup_start(&role->inner);
}

static void start_from_profile(struct acc_lookup *lookup, const char *source)
{
    const struct acc_s3_settings *s = lookup->settings;
    bool itself = strcmp(source, lookup->profile) == 0;
    struct acc_error err;
    if (!acc_profiles_has(s->profiles, source)) {
        acc_lookup_broken(lookup,
                          "profile \"%s\": its source_profile does not exist. "
                          "Correct it in ~/.aws/config.",
                          lookup->profile);
    } else if (acc_profiles_check(s->profiles, source, &err) != ACC_OK) {
        acc_lookup_broken(lookup, "%s", err.message);
    } else if (is_visited(lookup, source) && !(itself && has_keys(s, source))) {
        acc_lookup_broken(lookup,
                          "profile \"%s\": its source_profile \"%s\" leads in a circle. "
                          "Correct it in ~/.aws/config.",
                          lookup->profile, source);
    } else {
        bool chained = is_role(s, source) && !has_keys(s, source);
        run_inner(lookup, source, false, chained ? only_role : profile_sources, "source_profile",
                  source);
    }
}

static void start_from_source(struct acc_lookup *lookup, const char *name)
{
    for (size_t i = 0; i < ACC_COUNT_OF(named_sources); i++)
        if (strcasecmp(named_sources[i].name, name) == 0) {
            run_inner(lookup, lookup->profile, true, named_sources[i].sources, "credential_source",
                      name);
            return;
        }
    acc_lookup_broken(lookup,
                      "profile \"%s\": its credential_source must be Environment, EcsContainer or "
                      "Ec2InstanceMetadata. Correct it in ~/.aws/config.",
                      lookup->profile);
}

static void start(struct acc_lookup *lookup)
{
    if (!is_role(lookup->settings, lookup->profile)) {
        acc_lookup_end(lookup, ACC_NOTHING);
        return;
    }
    const char *profile = acc_lookup_setting(lookup, "source_profile");
    const char *source = acc_lookup_setting(lookup, "credential_source");
    const char *duration = acc_lookup_setting(lookup, "duration_seconds");
    long long seconds;
    if (acc_lookup_setting(lookup, "mfa_serial") != NULL)
        acc_lookup_broken(
            lookup,
            "profile \"%s\" asks for a one-time code (mfa_serial), which accession cannot ask for. "
            "Make another profile with the line: credential_process = aws configure "
            "export-credentials --profile %s --format process",
            lookup->profile, lookup->profile);
    else if ((profile == NULL) == (source == NULL))
        acc_lookup_broken(lookup,
                          "profile \"%s\" has role_arn and %s source_profile and "
                          "credential_source. It needs exactly one of the two.",
                          lookup->profile, profile ? "both" : "neither");
    else if (duration != NULL && !acc_parse_int(duration, 900, 43200, &seconds))
        acc_lookup_broken(lookup,
                          "profile \"%s\": duration_seconds must be 900 to 43200. "
                          "Correct it in ~/.aws/config.",
                          lookup->profile);
    else if (profile != NULL)
        start_from_profile(lookup, profile);
    else
        start_from_source(lookup, source);
}

const struct acc_source acc_source_role = {"a role", start};
