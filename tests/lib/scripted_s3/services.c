/* The services that hand out temporary credentials, reduced to what a client sees of them: EC2
 * instance metadata (versions 1 and 2), the container endpoint, STS. Each set has an access key id
 * that names its source and a serial number; secret and token are made from it. */
#include "exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "xml.h"

#define TOKEN "scripted-metadata-token"
#define ROLE "archive-role"

struct issued {
    char id[40], secret[64], token[64], expires[ACC_TIME_TEXT];
};

static void issue(struct exchange *x, const char *source, struct issued *out)
{
    snprintf(out->id, sizeof out->id, "ASIA%s%lld", source, ++x->server->issued);
    snprintf(out->secret, sizeof out->secret, "secret-of-%s", out->id);
    snprintf(out->token, sizeof out->token, "token-of-%s", out->id);
    acc_time_rfc3339(acc_time_now() + x->server->scenario->config.lifetime_ms, out->expires);
    memcpy(out->expires + strlen("2026-11-22T10:04:11"), "Z", 2);
}

static void reply_text(struct exchange *x, int status, const char *type, const char *text)
{
    x->reply.status = status;
    x->reply.type = type;
    acc_str_set(&x->reply.body, text);
}

static void reply_json(struct exchange *x, const char *source)
{
    struct issued set;
    issue(x, source, &set);
    reply_text(x, 200, "application/json", "");
    acc_str_addf(&x->reply.body,
                 "{\"Code\": \"Success\", \"Type\": \"AWS-HMAC\", \"AccessKeyId\": \"%s\",\n"
                 " \"SecretAccessKey\": \"%s\", \"Token\": \"%s\", \"Expiration\": \"%s\"}\n",
                 set.id, set.secret, set.token, set.expires);
}

void handle_ImdsToken(struct exchange *x)
{
    if (x->server->scenario->config.imds == IMDS_V1 || strcmp(x->key, "latest/api/token") != 0)
        reply_text(x, 404, "text/plain", "");
    else if (http_header(&x->request, "x-aws-ec2-metadata-token-ttl-seconds") == NULL)
        reply_text(x, 400, "text/plain", "");
    else
        reply_text(x, 200, "text/plain", TOKEN);
}

void handle_ImdsGet(struct exchange *x)
{
    static const char folder[] = "latest/meta-data/iam/security-credentials/";
    const char *token = http_header(&x->request, "x-aws-ec2-metadata-token");
    if (x->server->scenario->config.imds == IMDS_V2 && (token == NULL || strcmp(token, TOKEN) != 0))
        reply_text(x, 401, "text/plain", "");
    else if (strcmp(x->key, folder) == 0)
        reply_text(x, 200, "text/plain", ROLE);
    else if (acc_starts_with(x->key, folder) && strcmp(x->key + strlen(folder), ROLE) == 0)
        reply_json(x, "IMDS");
    else
        reply_text(x, 404, "text/plain", "");
}

void handle_ContainerCredentials(struct exchange *x)
{
    const char *wanted = x->server->scenario->config.authorization;
    const char *given = http_header(&x->request, "authorization");
    if (*wanted != '\0' && (given == NULL || strcmp(given, wanted) != 0))
        reply_text(x, 401, "application/json",
                   "{\"code\": \"Unauthorized\", \"message\": \"wrong token\"}\n");
    else
        reply_json(x, "CONTAINER");
}

/* Every field of the demanded form is a field of the one that was sent. */
static bool form_is_right(const struct exchange *x)
{
    struct acc_str sent = {0};
    char *demanded = acc_strdup(x->server->scenario->config.form), *rest = demanded, *field;
    bool right = true;
    acc_str_addf(&sent, "&%s&", acc_str_cstr(&x->body));
    while (right && (field = strsep(&rest, "&")) != NULL) {
        struct acc_str wanted = {0};
        acc_str_addf(&wanted, "&%s&", field);
        right = *field == '\0' || strstr(sent.data, acc_str_cstr(&wanted)) != NULL;
        acc_str_release(&wanted);
    }
    free(demanded);
    acc_str_release(&sent);
    return right;
}

void handle_AssumeRole(struct exchange *x)
{
    if (!form_is_right(x)) {
        reply_error(x, 403, "AccessDenied", "The role's trust policy does not allow this.");
        return;
    }
    bool web = strstr(acc_str_cstr(&x->body), "Action=AssumeRoleWithWebIdentity") != NULL;
    const char *action = web ? "AssumeRoleWithWebIdentity" : "AssumeRole";
    struct issued set;
    issue(x, web ? "WEB" : "STS", &set);
    reply_text(x, 200, "text/xml", "");
    struct acc_str *xml = &x->reply.body;
    acc_str_addf(
        xml,
        "<%sResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><%sResult><Credentials>",
        action, action);
    xml_element(xml, "AccessKeyId", set.id);
    xml_element(xml, "SecretAccessKey", set.secret);
    xml_element(xml, "SessionToken", set.token);
    xml_element(xml, "Expiration", set.expires);
    acc_str_addf(xml,
                 "</Credentials><AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/"
                 "archive-role/s</Arn>"
                 "<AssumedRoleId>AROA:s</AssumedRoleId></AssumedRoleUser></%sResult></%sResponse>",
                 action, action);
}
