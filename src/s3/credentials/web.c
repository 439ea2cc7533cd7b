/* AssumeRoleWithWebIdentity: a token in a file (Kubernetes, OpenID Connect) is exchanged for a
 * role's credentials. Each environment variable takes precedence over the profile's setting. Each
 * refresh reads the file again, since tokens there are short-lived and replaced. */
#include "base/file.h"
#include "s3/credentials/sts.h"

#define TOKEN_MAX ((size_t)64 << 10)

static const char *said(const struct acc_lookup *lookup, const char *variable, const char *setting)
{
    const char *value = acc_lookup_variable(lookup, variable);
    return value != NULL ? value : acc_lookup_setting(lookup, setting);
}

static void start(struct acc_lookup *lookup)
{
    const char *path = said(lookup, "AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
    struct acc_sts_role role = {
        .arn = said(lookup, "AWS_ROLE_ARN", "role_arn"),
        .session = said(lookup, "AWS_ROLE_SESSION_NAME", "role_session_name"),
    };
    if (path == NULL) {
        acc_lookup_end(lookup, ACC_NOTHING);
        return;
    }
    if (role.arn == NULL) {
        acc_lookup_broken(lookup,
                          "web identity: a token file is set but no role. Set AWS_ROLE_ARN, "
                          "or role_arn in the profile.");
        return;
    }
    struct acc_str token = {0};
    struct acc_error err;
    if (acc_file_read(path, TOKEN_MAX, &token, &err) != ACC_OK) {
        acc_lookup_broken(lookup,
                          "web identity token: the file %s. Correct AWS_WEB_IDENTITY_TOKEN_FILE, "
                          "or web_identity_token_file in the profile.",
                          acc_lookup_file_reason(path, &err));
    } else {
        role.web_token = acc_str_cstr(&token);
        acc_sts_assume(lookup, &role, NULL);
    }
    acc_str_wipe(&token);
}

const struct acc_source acc_source_web_identity = {"a web identity token", start};
