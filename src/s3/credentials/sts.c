/* One POST of a form, signed unless the web identity token speaks for itself; the answer is XML.
 * Throttling, 5xx and silence are tried again; a refusal ends the lookup with STS's own code. Its
 * message is never shown: STS may quote tokens in it. */
#include "s3/credentials/sts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/sha.h>

#include "base/clock.h"
#include "base/mem.h"
#include "s3/config/aws_hosts.h"
#include "s3/credentials/fetch.h"
#include "s3/config/endpoint.h"
#include "base/secret.h"
#include "s3/wire/sign.h"
#include "s3/wire/xml.h"

#define ATTEMPTS 4
#define PAUSE_MS 1000
#define TIMEOUT_MS 30000
#define FORM_TYPE "application/x-www-form-urlencoded; charset=utf-8"

/* ---- where ---- */

/* Sets fetch->url and the parts of it that are signed. False when it isn't a URL. */
static bool resolve(struct acc_fetch *fetch, struct acc_str *host, struct acc_str *path)
{
    const struct acc_s3_settings *s = fetch->lookup->settings;
    const struct acc_aws_place place = {s->region, s->fips, s->dual_stack};
    struct acc_str from = {0};
    char *configured = acc_s3_settings_endpoint(s, "sts", &from);
    bool good = configured == NULL ||
                (strstr(configured, "://") != NULL && acc_s3_endpoint_normalise(&configured));
    acc_str_set(&fetch->url, configured != NULL ? configured : "https://");
    if (configured == NULL)
        acc_aws_sts_host(&place, &fetch->url);
    free(configured);
    acc_str_release(&from);
    const char *authority = strstr(acc_str_cstr(&fetch->url), "://");
    if (authority == NULL || !good)
        return false;
    authority += 3;
    size_t len = strcspn(authority, "/?#");
    acc_str_add_n(host, authority, len);
    acc_str_add(path, authority[len] == '/' ? authority + len : "/");
    if (authority[len] == '\0')
        acc_str_add_c(&fetch->url, '/');
    const char *port = acc_starts_with(acc_str_cstr(&fetch->url), "https:") ? ":443" : ":80";
    if (acc_ends_with(acc_str_cstr(host), port)) /* curl leaves it out of Host */
        acc_str_cut(host, host->len - strlen(port));
    return host->len > 0;
}

/* ---- what ---- */

static void add_field(struct acc_str *body, const char *name, const char *value)
{
    if (value == NULL)
        return;
    acc_str_addf(body, "%s%s=", body->len > 0 ? "&" : "", name);
    acc_s3_encode(body, value, strlen(value), false);
}

static void write_form(struct acc_str *body, const struct acc_sts_role *role)
{
    char session[40];
    snprintf(session, sizeof session, "accession-%lld", (long long)acc_time_now());
    /* The token is long, and growing the buffer would leave copies of it behind. */
    acc_str_reserve(body, 4096 + (role->web_token ? strlen(role->web_token) * 3 : 0));
    add_field(body, "Action", role->web_token ? "AssumeRoleWithWebIdentity" : "AssumeRole");
    add_field(body, "Version", "2011-06-15");
    add_field(body, "RoleArn", role->arn);
    add_field(body, "RoleSessionName", role->session ? role->session : session);
    add_field(body, "ExternalId", role->external);
    add_field(body, "DurationSeconds", role->duration);
    add_field(body, "WebIdentityToken", role->web_token);
}

static void sign(struct acc_fetch *fetch, const struct acc_credentials *signer, const char *host,
                 const char *path)
{
    uint8_t digest[ACC_SHA256_LEN];
    char payload[ACC_SHA256_LEN * 2 + 1], date[ACC_TIME_TEXT];
    SHA256((const unsigned char *)acc_str_cstr(&fetch->body), fetch->body.len, digest);
    acc_hex_encode(digest, sizeof digest, payload);
    const struct acc_s3_pair headers[] = {{"content-type", FORM_TYPE},
                                          {"host", host},
                                          {"x-amz-date", acc_time_amz(acc_time_now(), date)},
                                          {"x-amz-security-token", signer->session_token}};
    const struct acc_s3_sign_input input = {
        .method = "POST",
        .path = path,
        .query = "",
        .headers = headers,
        .header_count = signer->session_token ? 4 : 3,
        .payload_sha256 = payload,
        .amz_date = date,
        .region = fetch->lookup->settings->region,
        .service = "sts",
        .access_key = signer->access_key,
        .secret_key = signer->secret_key,
    };
    struct acc_s3_signing_key key = {0};
    struct acc_str authorization = {0};
    acc_s3_sign(&input, &key, &authorization);
    acc_fetch_header(fetch, "X-Amz-Date", date);
    if (signer->session_token != NULL)
        acc_fetch_header(fetch, "X-Amz-Security-Token", signer->session_token);
    acc_fetch_header(fetch, "Authorization", acc_str_cstr(&authorization));
    acc_str_release(&authorization);
    acc_s3_signing_key_release(&key);
}

/* ---- the answer ---- */

static bool take_text(const struct acc_node *node, const char *name, char **out)
{
    struct acc_str text = {0};
    bool found = acc_node_text(node, name, &text) && text.len > 0;
    if (found)
        *out = acc_strdup(text.data);
    acc_str_wipe(&text);
    return found;
}

static bool read_credentials(const struct acc_xml *xml, struct acc_credentials *c)
{
    const struct acc_node *root = acc_xml_root(xml);
    const struct acc_node *result = acc_node_child(root, "AssumeRoleResult");
    if (result == NULL)
        result = acc_node_child(root, "AssumeRoleWithWebIdentityResult");
    const struct acc_node *set = acc_node_child(result, "Credentials");
    char expires[64];
    acc_node_copy(set, "Expiration", expires, sizeof expires);
    return set != NULL && take_text(set, "AccessKeyId", &c->access_key) &&
           take_text(set, "SecretAccessKey", &c->secret_key) &&
           take_text(set, "SessionToken", &c->session_token) &&
           acc_time_parse(expires, &c->expires);
}

static void read_refusal(const struct acc_xml *xml, char *code, size_t size)
{
    const struct acc_node *root = acc_xml_root(xml);
    const struct acc_node *error =
        acc_node_is(root, "Error") ? root : acc_node_child(root, "Error");
    acc_node_copy(error, "Code", code, size);
    for (char *c = code; *c; c++)
        if (!isalnum((unsigned char)*c) && strchr(".-_", *c) == NULL)
            *code = '\0';
}

bool acc_sts_read(const char *text, size_t len, struct acc_credentials *credentials,
                  char code[ACC_STS_CODE])
{
    struct acc_xml *xml = acc_xml_parse(text, len);
    bool good = read_credentials(xml, credentials);
    read_refusal(xml, code, ACC_STS_CODE);
    acc_xml_free(xml);
    if (!good)
        acc_credentials_release(credentials);
    return good;
}

static bool is_passing(const struct acc_fetch *fetch)
{
    char code[ACC_STS_CODE];
    struct acc_credentials none = {0};
    acc_sts_read(acc_str_cstr(&fetch->http.reply), fetch->http.reply.len, &none, code);
    acc_credentials_release(&none);
    return fetch->http.status == 400 &&
           (strcmp(code, "Throttling") == 0 || strcmp(code, "IDPCommunicationError") == 0);
}

/* `about` is "role ARN of profile …", `url` where it was asked for. */
static void refuse(struct acc_lookup *lookup, const char *about, const char *url, const char *what,
                   const char *code)
{
    if (*code != '\0')
        acc_lookup_broken(lookup,
                          "%s: STS at %s refuses it: %s. Check the role's trust policy and the "
                          "credentials that ask for it.",
                          about, url, code);
    else
        acc_lookup_broken(lookup,
                          "%s: STS at %s %s. Check the network, --region and AWS_ENDPOINT_URL_STS.",
                          about, url, what);
}

static void on_answer(struct acc_fetch *fetch)
{
    struct acc_lookup *lookup = fetch->lookup;
    char what[320], code[ACC_STS_CODE], url[256], about[320];
    bool good = acc_sts_read(acc_str_cstr(&fetch->http.reply), fetch->http.reply.len,
                             &lookup->credentials, code);
    if (good && (fetch->http.failure != ACC_HTTP_OK || fetch->http.status != 200)) {
        acc_credentials_release(&lookup->credentials);
        good = false;
    }
    acc_fetch_describe(fetch, what, sizeof what);
    snprintf(url, sizeof url, "%s", acc_str_cstr(&fetch->url));
    snprintf(about, sizeof about, "%s", acc_str_cstr(&fetch->about));
    if (!good && fetch->http.failure == ACC_HTTP_OK && fetch->http.status == 200)
        snprintf(what, sizeof what, "answered, but not with credentials");
    acc_fetch_close(fetch);
    if (!good) {
        acc_credentials_release(&lookup->credentials);
        refuse(lookup, about, url, what, code);
        return;
    }
    snprintf(lookup->credentials.source, sizeof lookup->credentials.source, "%.150s", about);
    acc_lookup_end(lookup, ACC_FOUND);
}

void acc_sts_assume(struct acc_lookup *lookup, const struct acc_sts_role *role,
                    const struct acc_credentials *signer)
{
    struct acc_fetch *fetch = acc_fetch_new(lookup, on_answer);
    struct acc_str host = {0}, path = {0};
    char arn[ACC_SHOWN];
    acc_show_arn(role->arn, arn);
    acc_str_addf(&fetch->about, "role %.120s of profile \"%.60s\"", arn, lookup->profile);
    bool good = resolve(fetch, &host, &path);
    if (good) {
        write_form(&fetch->body, role);
        acc_fetch_header(fetch, "Content-Type", FORM_TYPE);
        if (role->web_token == NULL)
            sign(fetch, signer, acc_str_cstr(&host), acc_str_cstr(&path));
        fetch->attempts = ATTEMPTS;
        fetch->pause_ms = PAUSE_MS;
        fetch->http.timeout_ms = TIMEOUT_MS;
        fetch->is_passing = is_passing;
        acc_fetch_send(fetch, "POST");
    } else {
        acc_fetch_close(fetch);
        acc_lookup_broken(lookup, "the endpoint URL for STS must begin with https:// (or http://). "
                                  "Correct AWS_ENDPOINT_URL_STS.");
    }
    acc_str_release(&host);
    acc_str_release(&path);
}
