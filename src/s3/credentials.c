/* The chain: environment, then the profile's fixed keys. A source either has credentials, has none,
 * or is there but broken, which ends the search: silently using others than the user set up would
 * be worse than stopping. */
#include "s3/credentials.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

/* Fetched again this long before they expire, as the AWS SDKs do. */
#define REFRESH_AHEAD_MS (5 * 60 * 1000)

struct acc_credentials_provider {
    struct acc_loop *loop;
    struct acc_http *http;
    const struct acc_s3_settings *settings;
    struct acc_credentials current;
    bool have;
    struct acc_timer answer;
    struct acc_link waiting;
};

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

static char *copy(const char *text)
{
    return text != NULL && *text ? acc_strdup(text) : NULL;
}

enum found { FOUND, NOTHING, BROKEN };

static enum found from_environment(struct acc_credentials_provider *p, struct acc_credentials *c,
                                   struct acc_error *err)
{
    const char *id = getenv("AWS_ACCESS_KEY_ID"), *secret = getenv("AWS_SECRET_ACCESS_KEY");
    /* A profile named on the command line goes before the environment, as in the aws command line.
     */
    if (id == NULL || *id == '\0' || p->settings->profile_named)
        return NOTHING;
    if (secret == NULL || *secret == '\0') {
        acc_error_set(
            err, ACC_CREDENTIALS,
            "AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not. Set both or neither.");
        return BROKEN;
    }
    c->access_key = copy(id);
    c->secret_key = copy(secret);
    c->session_token = copy(getenv("AWS_SESSION_TOKEN"));
    snprintf(c->source, sizeof c->source, "environment variables");
    return FOUND;
}

static enum found from_profile(struct acc_credentials_provider *p, struct acc_credentials *c,
                               struct acc_error *err)
{
    const struct acc_s3_settings *s = p->settings;
    const char *id = acc_profiles_get(s->profiles, s->profile, "aws_access_key_id");
    const char *secret = acc_profiles_get(s->profiles, s->profile, "aws_secret_access_key");
    if (id == NULL || *id == '\0')
        return NOTHING;
    if (secret == NULL || *secret == '\0') {
        acc_error_set(
            err, ACC_CREDENTIALS,
            "profile \"%s\" has aws_access_key_id but no aws_secret_access_key. Complete it.",
            s->profile);
        return BROKEN;
    }
    c->access_key = copy(id);
    c->secret_key = copy(secret);
    c->session_token = copy(acc_profiles_get(s->profiles, s->profile, "aws_session_token"));
    snprintf(c->source, sizeof c->source, "profile \"%.80s\" in the AWS configuration files",
             s->profile);
    return FOUND;
}

static enum found (*const sources[])(struct acc_credentials_provider *, struct acc_credentials *,
                                     struct acc_error *) = {
    from_environment,
    from_profile,
};

static enum acc_code search(struct acc_credentials_provider *p, struct acc_error *err)
{
    for (size_t i = 0; i < ACC_COUNT_OF(sources); i++) {
        struct acc_credentials c = {0};
        switch (sources[i](p, &c, err)) {
        case FOUND:
            acc_credentials_release(&p->current);
            p->current = c;
            p->have = true;
            return ACC_OK;
        case BROKEN:
            return err->code;
        case NOTHING:
            break;
        }
    }
    return acc_error_set(err, ACC_CREDENTIALS,
                         "no credentials found in the environment (AWS_ACCESS_KEY_ID) or in "
                         "profile \"%s\". Set them as "
                         "for the aws command line (aws configure).",
                         p->settings->profile);
}

static void on_answer(struct acc_timer *timer)
{
    struct acc_credentials_provider *p =
        ACC_CONTAINER_OF(timer, struct acc_credentials_provider, answer);
    struct acc_error err = {0};
    enum acc_code code = search(p, &err);
    struct acc_link *link;
    while ((link = acc_list_pop(&p->waiting)) != NULL) {
        struct acc_credentials_wait *wait =
            ACC_CONTAINER_OF(link, struct acc_credentials_wait, link);
        wait->on_ready(wait, code == ACC_OK ? &p->current : NULL, code == ACC_OK ? NULL : &err);
    }
}

struct acc_credentials_provider *acc_credentials_new(struct acc_loop *loop, struct acc_http *http,
                                                     const struct acc_s3_settings *settings)
{
    struct acc_credentials_provider *p = ACC_NEW(struct acc_credentials_provider);
    p->loop = loop;
    p->http = http;
    p->settings = settings;
    acc_list_init(&p->waiting);
    acc_timer_init(loop, &p->answer, on_answer);
    return p;
}

static void on_closed(struct acc_timer *timer)
{
    free(ACC_CONTAINER_OF(timer, struct acc_credentials_provider, answer));
}

void acc_credentials_free(struct acc_credentials_provider *p)
{
    if (p == NULL)
        return;
    struct acc_error err;
    acc_error_set(&err, ACC_INTERRUPTED, "stopped while looking for credentials");
    struct acc_link *link;
    while ((link = acc_list_pop(&p->waiting)) != NULL) {
        struct acc_credentials_wait *wait =
            ACC_CONTAINER_OF(link, struct acc_credentials_wait, link);
        wait->on_ready(wait, NULL, &err);
    }
    acc_credentials_release(&p->current);
    acc_timer_close(&p->answer, on_closed);
}

const struct acc_credentials *acc_credentials_current(struct acc_credentials_provider *p)
{
    if (!p->have ||
        (p->current.expires != 0 && p->current.expires - REFRESH_AHEAD_MS < acc_time_now()))
        return NULL;
    return &p->current;
}

void acc_credentials_await(struct acc_credentials_provider *p, struct acc_credentials_wait *wait)
{
    acc_list_push(&p->waiting, &wait->link);
    acc_timer_start(&p->answer, 0);
}

void acc_credentials_cancel(struct acc_credentials_wait *wait)
{
    acc_list_remove(&wait->link);
}

bool acc_credentials_refused(struct acc_credentials_provider *p, const char *access_key)
{
    if (!p->have || strcmp(p->current.access_key, access_key) != 0)
        return true; /* already replaced since that request was signed */
    bool others = p->current.expires != 0;
    if (others)
        p->have = false;
    return others;
}
