/* EC2 instance metadata: a token (version 2), the role's name, the role's credentials: three
 * requests in a row on the machine's own link.
 *
 *     TOKEN --200--> NAME --200--> KEYS --200--> found
 *       \---403, 404, 405 (version 1 only)--^
 *
 * No answer means that this isn't EC2, which is not an error. Expired credentials are used
 * nevertheless: the service hands them out when it cannot renew them and S3 may still accept them.
 * EC2 User Guide, "Use IMDSv2"; AWS SDKs and Tools Reference Guide, "IMDS credential provider". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "s3/credentials/fetch.h"

#define TOKEN_PATH "latest/api/token"
#define ROLE_PATH "latest/meta-data/iam/security-credentials/"
#define TOKEN_SECONDS "21600"

enum step { TOKEN, NAME, KEYS };

static const char *said(struct acc_lookup *lookup, const char *variable, const char *setting,
                        const char *otherwise)
{
    const char *value = getenv(variable);
    if (value == NULL || *value == '\0')
        value = acc_lookup_setting(lookup, setting);
    return value != NULL ? value : otherwise;
}

static void set_url(struct acc_fetch *fetch, const char *path, const char *more)
{
    const char *mode = said(fetch->lookup, "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                            "ec2_metadata_service_endpoint_mode", "ipv4");
    const char *base =
        said(fetch->lookup, "AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint",
             strcasecmp(mode, "ipv6") == 0 ? "http://[fd00:ec2::254]" : "http://169.254.169.254");
    acc_str_set(&fetch->url, base);
    if (!acc_ends_with(base, "/"))
        acc_str_add_c(&fetch->url, '/');
    acc_str_addf(&fetch->url, "%s%s", path, more);
}

static void ask(struct acc_fetch *fetch, enum step step, const char *role)
{
    fetch->step = step;
    set_url(fetch, ROLE_PATH, role);
    acc_fetch_send(fetch, "GET");
}

static void take_token(struct acc_fetch *fetch)
{
    acc_fetch_clear_headers(fetch);
    acc_fetch_header(fetch, "x-aws-ec2-metadata-token", acc_str_cstr(&fetch->http.reply));
    ask(fetch, NAME, "");
}

/* The first line of the answer names the role. */
static void take_name(struct acc_fetch *fetch)
{
    char *role = acc_strndup(acc_str_cstr(&fetch->http.reply),
                             strcspn(acc_str_cstr(&fetch->http.reply), "\r\n"));
    ask(fetch, KEYS, role);
    free(role);
}

static void take_keys(struct acc_fetch *fetch)
{
    struct acc_lookup *lookup = fetch->lookup;
    const struct acc_str *reply = &fetch->http.reply;
    const char *wrong = acc_lookup_read_json(lookup, acc_str_cstr(reply), reply->len, "Token");
    acc_fetch_close(fetch);
    if (wrong != NULL) {
        acc_credentials_release(&lookup->credentials);
        acc_lookup_nothing(
            lookup, "the EC2 metadata service answered, but not with credentials: %s", wrong);
        return;
    }
    snprintf(lookup->credentials.source, sizeof lookup->credentials.source,
             "EC2 instance metadata");
    acc_lookup_end(lookup, ACC_FOUND);
}

static void give_up(struct acc_fetch *fetch)
{
    struct acc_lookup *lookup = fetch->lookup;
    static const char *const wanted[] = {"a token", "a role", "the role's credentials"};
    char what[320];
    acc_fetch_describe(fetch, what, sizeof what);
    int step = fetch->step;
    acc_fetch_close(fetch);
    acc_lookup_nothing(lookup, "the EC2 metadata service, asked for %s, %.180s", wanted[step],
                       what);
}

static bool may_use_version_1(struct acc_fetch *fetch)
{
    const char *off =
        said(fetch->lookup, "AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled", "false");
    int status = fetch->http.status;
    return fetch->http.failure == ACC_HTTP_OK && strcasecmp(off, "true") != 0 &&
           (status == 403 || status == 404 || status == 405);
}

static void on_answer(struct acc_fetch *fetch)
{
    static void (*const take[])(struct acc_fetch *) = {take_token, take_name, take_keys};
    if (fetch->http.failure == ACC_HTTP_OK && fetch->http.status == 200 &&
        fetch->http.reply.len > 0) {
        take[fetch->step](fetch);
    } else if (fetch->step == TOKEN && may_use_version_1(fetch)) {
        acc_fetch_clear_headers(fetch);
        ask(fetch, NAME, "");
    } else {
        give_up(fetch);
    }
}

static long long number(const char *text, long long otherwise)
{
    long long value;
    return acc_parse_int(text, 1, 3600, &value) ? value : otherwise;
}

static void start(struct acc_lookup *lookup)
{
    const char *disabled = getenv("AWS_EC2_METADATA_DISABLED");
    if (disabled != NULL && strcasecmp(disabled, "true") == 0) {
        acc_lookup_nothing(lookup, "EC2 metadata is switched off (AWS_EC2_METADATA_DISABLED)");
        return;
    }
    struct acc_fetch *fetch = acc_fetch_new(lookup, on_answer);
    fetch->http.direct = true;
    fetch->http.timeout_ms =
        (long)number(said(lookup, "AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout", "1"),
                     1) *
        1000;
    fetch->attempts = (int)number(
        said(lookup, "AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts", "1"), 1);
    fetch->step = TOKEN;
    acc_fetch_header(fetch, "x-aws-ec2-metadata-token-ttl-seconds", TOKEN_SECONDS);
    set_url(fetch, TOKEN_PATH, "");
    acc_fetch_send(fetch, "PUT");
}

const struct acc_source acc_source_instance = {"EC2 instance metadata", start};
