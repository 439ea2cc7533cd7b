/* The walk itself, and the little that several sources share. A source that
 * ends inside its own start() makes the walk go on from there: the depth is that of the table. */
#include "s3/credentials/lookup.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/mem.h"

#define ACCESS_KEY_MAX 128 /* IAM API Reference, AccessKey */

void acc_credentials_release(struct acc_credentials *c)
{
    char *secrets[] = {c->secret_key, c->session_token};
    for (size_t i = 0; i < ACC_COUNT_OF(secrets); i++)
        if (secrets[i] != NULL)
            explicit_bzero(secrets[i], strlen(secrets[i]));
    free(c->access_key);
    free(c->secret_key);
    free(c->session_token);
    *c = (struct acc_credentials){0};
}

void acc_lookup_start(struct acc_lookup *lookup)
{
    lookup->at = 0;
    lookup->sources[0]->start(lookup);
}

void acc_lookup_abandon(struct acc_lookup *lookup)
{
    void *work = lookup->work;
    lookup->work = NULL;
    if (work != NULL)
        lookup->abandon(work);
}

void acc_lookup_release(struct acc_lookup *lookup)
{
    acc_credentials_release(&lookup->credentials);
    acc_str_release(&lookup->remarks);
}

static bool has_bytes_outside(const char *text, char first, char last)
{
    for (; text != NULL && *text; text++)
        if (*text < first || *text > last)
            return true;
    return false;
}

/* The access key is shown, and travels in a header as the token does: lines of a file that ran
 * together must not pass for one. NULL when all of it can be used. */
static const char *unusable_part(const struct acc_credentials *c)
{
    if (has_bytes_outside(c->access_key, '!', '~') || strlen(c->access_key) > ACCESS_KEY_MAX)
        return "access key";
    if (has_bytes_outside(c->session_token, '!', '~'))
        return "session token";
    return has_bytes_outside(c->secret_key, ' ', '~') ? "secret key" : NULL;
}

void acc_lookup_end(struct acc_lookup *lookup, enum acc_found found)
{
    const char *part = found == ACC_FOUND ? unusable_part(&lookup->credentials) : NULL;
    if (part != NULL) {
        acc_error_set(&lookup->err, ACC_CREDENTIALS,
                      "%s: the %s has blanks, line breaks or other characters that no key has. "
                      "Correct it there.",
                      lookup->credentials.source, part);
        found = ACC_BROKEN;
    }
    lookup->work = NULL;
    lookup->found = found;
    if (found == ACC_NOTHING && lookup->sources[lookup->at + 1] != NULL) {
        lookup->at++;
        lookup->sources[lookup->at]->start(lookup);
        return;
    }
    lookup->on_done(lookup);
}

void acc_lookup_broken(struct acc_lookup *lookup, const char *format, ...)
{
    char message[sizeof lookup->err.message];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    acc_error_set(&lookup->err, ACC_CREDENTIALS, "%s", message);
    acc_lookup_end(lookup, ACC_BROKEN);
}

void acc_lookup_nothing(struct acc_lookup *lookup, const char *format, ...)
{
    char remark[256];
    va_list args;
    va_start(args, format);
    vsnprintf(remark, sizeof remark, format, args);
    va_end(args);
    acc_str_addf(&lookup->remarks, "%s%s", lookup->remarks.len > 0 ? "; " : "", remark);
    acc_lookup_end(lookup, ACC_NOTHING);
}

const char *acc_lookup_variable(const struct acc_lookup *lookup, const char *name)
{
    const char *value = lookup->variables ? getenv(name) : NULL;
    return value != NULL && *value ? value : NULL;
}

const char *acc_lookup_setting(const struct acc_lookup *lookup, const char *name)
{
    const char *value = acc_profiles_get(lookup->settings->profiles, lookup->profile, name);
    return value != NULL && *value ? value : NULL;
}

const char *acc_lookup_file_reason(const char *path, const struct acc_error *err)
{
    return acc_starts_with(err->message, path) ? err->message + strlen(path) + strlen(": ")
                                               : "cannot be read";
}

static char *json_text(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL && *text ? acc_strdup(text) : NULL;
}

static const char *read_object(struct acc_credentials *c, const json_t *object,
                               const char *token_name)
{
    c->access_key = json_text(object, "AccessKeyId");
    c->secret_key = json_text(object, "SecretAccessKey");
    c->session_token = json_text(object, token_name);
    if (c->access_key == NULL || c->secret_key == NULL)
        return c->access_key == NULL ? "it has no AccessKeyId" : "it has no SecretAccessKey";
    const char *expires = json_string_value(json_object_get(object, "Expiration"));
    if (expires != NULL && !acc_time_parse(expires, &c->expires))
        return "its Expiration is not a time (2026-11-22T10:04:11Z)";
    return NULL;
}

const char *acc_lookup_read_json(struct acc_lookup *lookup, const char *text, size_t len,
                                 const char *token_name)
{
    json_t *object = json_loadb(text, len, 0, NULL);
    const char *wrong = "it is not a JSON object";
    if (json_is_object(object)) {
        acc_credentials_release(&lookup->credentials);
        wrong = read_object(&lookup->credentials, object, token_name);
    }
    json_decref(object);
    return wrong;
}
