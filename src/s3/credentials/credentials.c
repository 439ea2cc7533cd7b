/* The provider: the current credentials, the callers that wait for them, and the next refresh.
 *
 *     await -> (good) ------------------------> on_ready
 *        \---> lookup (credentials_lookup.h) --/
 *
 * The source that won is the only one asked later. Credentials are fetched again some minutes
 * before they expire. If that fails, unexpired ones stay in use, and a minute later it is tried
 * again. A lookup that fails ends every wait with its error. Close: the lookup is abandoned, the
 * waits end with ACC_INTERRUPTED, and the memory is freed when the timer has closed. */
#include "s3/credentials/credentials.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "s3/credentials/lookup.h"

/* Fetched again this long before they expire, but not before three quarters of their time. */
#define REFRESH_AHEAD_MS (5 * 60 * 1000)
/* After a failed refresh the old credentials stay in use this long, unless they expire first. */
#define REFRESH_AGAIN_MS (60 * 1000)

struct acc_credentials_provider {
    struct acc_lookup lookup;
    bool looking;
    const struct acc_source *winner[2]; /* NULL before the first success; [1] ends the list */
    struct acc_credentials current;
    bool have;
    int64_t refresh_at; /* wall clock; 0: never */
    struct acc_timer answer;
    struct acc_link waiting;
};

/* In the order in which the aws command line asks them. */
static const struct acc_source *const all_sources[] = {
    &acc_source_environment,      &acc_source_role,
    &acc_source_web_identity,     &acc_source_sign_on,
    &acc_source_credentials_file, &acc_source_process,
    &acc_source_config_file,      &acc_source_container,
    &acc_source_instance,         NULL,
};

static int64_t refresh_time(int64_t expires)
{
    int64_t now = acc_time_now(), left = expires - now;
    if (expires == 0)
        return 0;
    if (left <= 0) /* the metadata service extends old ones when it has no others */
        return now + REFRESH_AGAIN_MS;
    return expires - (left / 4 < REFRESH_AHEAD_MS ? left / 4 : REFRESH_AHEAD_MS);
}

static void tell_waiting(struct acc_credentials_provider *p, const struct acc_error *err)
{
    /* A caller that asks again from within on_ready waits for the next round. */
    struct acc_link now, *link;
    acc_list_init(&now);
    while ((link = acc_list_pop(&p->waiting)) != NULL)
        acc_list_push(&now, link);
    while ((link = acc_list_pop(&now)) != NULL) {
        struct acc_credentials_wait *wait =
            ACC_CONTAINER_OF(link, struct acc_credentials_wait, link);
        wait->on_ready(wait, err == NULL ? &p->current : NULL, err);
    }
}

static void take_found(struct acc_credentials_provider *p)
{
    acc_credentials_release(&p->current);
    p->current = p->lookup.credentials;
    p->lookup.credentials = (struct acc_credentials){0};
    p->winner[0] = p->lookup.sources[p->lookup.at];
    p->have = true;
    p->refresh_at = refresh_time(p->current.expires);
}

static void say_nothing_found(struct acc_credentials_provider *p, struct acc_error *err)
{
    const char *remarks = acc_str_cstr(&p->lookup.remarks);
    if (p->winner[0] != NULL)
        acc_error_set(
            err, ACC_CREDENTIALS,
            "%s: provided credentials before, but has none now%s%s. Check it, then run again.",
            p->winner[0]->name, *remarks ? ": " : "", remarks);
    else
        acc_error_set(err, ACC_CREDENTIALS,
                      "no credentials: none in the environment (AWS_ACCESS_KEY_ID), in profile "
                      "\"%s\" of the AWS configuration files, from a container or from EC2%s%s%s. "
                      "Set them as for the aws command line (aws configure).",
                      p->lookup.profile, *remarks ? " (" : "", remarks, *remarks ? ")" : "");
}

static void on_found(struct acc_lookup *lookup)
{
    struct acc_credentials_provider *p =
        ACC_CONTAINER_OF(lookup, struct acc_credentials_provider, lookup);
    struct acc_error err = lookup->err;
    int64_t now = acc_time_now();
    p->looking = false;
    if (lookup->found == ACC_FOUND)
        take_found(p);
    else if (lookup->found == ACC_NOTHING)
        say_nothing_found(p, &err);
    bool still_good = p->have && p->current.expires > now;
    if (lookup->found != ACC_FOUND && still_good)
        p->refresh_at = now + REFRESH_AGAIN_MS;
    acc_lookup_release(lookup);
    tell_waiting(p, lookup->found == ACC_FOUND || still_good ? NULL : &err);
}

static void on_answer(struct acc_timer *timer)
{
    struct acc_credentials_provider *p =
        ACC_CONTAINER_OF(timer, struct acc_credentials_provider, answer);
    if (acc_credentials_current(p) != NULL) {
        tell_waiting(p, NULL);
    } else if (!p->looking) {
        p->looking = true;
        p->lookup.sources = p->winner[0] != NULL ? p->winner : all_sources;
        p->lookup.remarks = (struct acc_str){0};
        acc_lookup_start(&p->lookup);
    }
}

struct acc_credentials_provider *acc_credentials_new(struct acc_loop *loop, struct acc_http *http,
                                                     const struct acc_s3_settings *settings)
{
    struct acc_credentials_provider *p = ACC_NEW(struct acc_credentials_provider);
    p->lookup = (struct acc_lookup){.loop = loop,
                                    .http = http,
                                    .settings = settings,
                                    .profile = settings->profile,
                                    .variables = !settings->profile_named,
                                    .on_done = on_found};
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
    acc_lookup_abandon(&p->lookup);
    acc_lookup_release(&p->lookup);
    tell_waiting(p, &err);
    acc_credentials_release(&p->current);
    acc_timer_close(&p->answer, on_closed);
}

const struct acc_credentials *acc_credentials_current(struct acc_credentials_provider *p)
{
    bool stale = p->refresh_at != 0 && p->refresh_at <= acc_time_now();
    return p->have && !stale ? &p->current : NULL;
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

void acc_credentials_renew(struct acc_credentials_provider *p)
{
    acc_lookup_abandon(&p->lookup);
    if (p->looking)
        acc_lookup_release(&p->lookup);
    p->looking = false;
    p->winner[0] = NULL;
    p->refresh_at = 1;
    if (!acc_list_empty(&p->waiting))
        acc_timer_start(&p->answer, 0);
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
