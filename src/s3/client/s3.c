/* The client: made, asked and freed. */
#include "s3/client/s3.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/trace.h"
#include "s3/client/internal.h"

#define RETRY_BUDGET 500

static void release_addresses(struct acc_s3 *s3)
{
    acc_s3_address_release(&s3->address);
    acc_s3_address_release(&s3->account);
}

enum acc_code acc_s3_new(struct acc_loop *loop, const struct acc_connection *connection,
                         const struct acc_s3_location *location, unsigned connections,
                         struct acc_s3 **out, struct acc_error *err)
{
    struct acc_s3 *s3 = ACC_NEW(struct acc_s3);
    enum acc_code code = acc_s3_settings_resolve(connection, &s3->settings, err);
    if (code != ACC_OK)
        goto no_settings;
    code = acc_s3_address_find(&s3->address, &s3->settings, location->bucket, NULL, err);
    if (code != ACC_OK)
        goto no_http;
    acc_s3_address_of_account(&s3->account, &s3->settings);
    struct acc_http_options options = acc_s3_settings_http(&s3->settings);
    options.connections = (long)connections + 4;
    options.loops = s3->settings.network_threads;
    code = acc_http_new(loop, &options, &s3->http, err);
    if (code != ACC_OK)
        goto no_http;
    s3->loop = loop;
    s3->location = (struct acc_s3_location){
        acc_strdup(location->bucket), acc_strdup(location->prefix), acc_strdup(location->url)};
    s3->credentials = acc_credentials_new(loop, s3->http, &s3->settings);
    s3->budget = RETRY_BUDGET;
    acc_s3_pace_init(&s3->pace, connections);
    acc_list_init(&s3->waiting);
    acc_list_init(&s3->backoff);
    acc_timer_init(loop, &s3->backoff_timer, acc_s3_on_backoff);
    s3->attempt = acc_s3_call_attempt;
    if (getrandom(&s3->random, sizeof s3->random, 0) != sizeof s3->random)
        s3->random = (uint64_t)acc_clock_us();
    *out = s3;
    return ACC_OK;

no_http:
    release_addresses(s3);
    acc_s3_settings_release(&s3->settings);
no_settings:
    free(s3);
    return code;
}

static void on_closed(struct acc_timer *timer)
{
    free(ACC_CONTAINER_OF(timer, struct acc_s3, backoff_timer));
}

void acc_s3_free(struct acc_s3 *s3)
{
    if (s3 == NULL)
        return;
    acc_credentials_free(s3->credentials);
    acc_http_free(s3->http);
    acc_s3_location_release(&s3->location);
    release_addresses(s3);
    acc_s3_settings_release(&s3->settings);
    free(s3->expected_owner);
    acc_s3_signing_key_release(&s3->signing_key);
    acc_timer_close(&s3->backoff_timer, on_closed);
}

const struct acc_s3_location *acc_s3_where(const struct acc_s3 *s3)
{
    return &s3->location;
}

const struct acc_s3_settings *acc_s3_settings(const struct acc_s3 *s3)
{
    return &s3->settings;
}

const struct acc_s3_stats *acc_s3_stats(const struct acc_s3 *s3)
{
    return &s3->stats;
}

struct acc_capabilities *acc_s3_can(struct acc_s3 *s3)
{
    return &s3->can;
}

bool acc_s3_is_aws(const struct acc_s3 *s3)
{
    return s3->settings.endpoint == NULL;
}

const char *acc_s3_side(const struct acc_s3 *s3)
{
    return s3->settings.side;
}

void acc_s3_demand_md5(struct acc_s3 *s3)
{
    s3->demands_md5 = true;
}

bool acc_s3_put_is_conditional(const struct acc_s3 *s3)
{
    return acc_s3_is_aws(s3) || s3->can.conditional_put == ACC_KNOWN_YES;
}

bool acc_s3_complete_is_conditional(const struct acc_s3 *s3)
{
    return acc_s3_is_aws(s3) || s3->can.conditional_complete == ACC_KNOWN_YES;
}

void acc_s3_condition_ignored(struct acc_s3 *s3, bool multipart)
{
    if (!acc_s3_is_aws(s3))
        *(multipart ? &s3->can.conditional_complete : &s3->can.conditional_put) = ACC_KNOWN_NO;
}

void acc_s3_ask_checksums(struct acc_s3 *s3, bool ask)
{
    s3->ignore_checksums = !ask;
}

bool acc_s3_asks_checksums(const struct acc_s3 *s3)
{
    return !s3->ignore_checksums;
}

bool acc_s3_demands_md5(const struct acc_s3 *s3)
{
    return s3->demands_md5;
}

const char *acc_s3_endpoint(const struct acc_s3 *s3)
{
    return acc_str_cstr(&s3->address.base);
}

void acc_s3_canonical(const struct acc_s3 *s3, struct acc_str *out)
{
    /* Without the bucket in it, so that path and virtual-host style name one destination. */
    if (!acc_s3_is_aws(s3))
        acc_str_add(out, s3->settings.endpoint);
    else
        acc_str_addf(out, "aws:%s", acc_str_cstr(&s3->address.region));
    acc_str_addf(out, "/%s/%s", s3->location.bucket, s3->location.prefix);
}

int64_t acc_s3_clock_offset(const struct acc_s3 *s3)
{
    return s3->clock_offset;
}

void acc_s3_set_expected_owner(struct acc_s3 *s3, const char *account)
{
    free(s3->expected_owner);
    s3->expected_owner = acc_strdup(account);
}

const char *acc_s3_region(const struct acc_s3 *s3)
{
    return acc_str_cstr(&s3->address.region);
}

void acc_s3_renew_credentials(struct acc_s3 *s3)
{
    acc_credentials_renew(s3->credentials);
    acc_s3_settings_reread(&s3->settings);
}

void acc_s3_fence_writes(struct acc_s3 *s3, bool (*may_write)(void *arg), void *arg)
{
    s3->may_write = may_write;
    s3->may_write_arg = arg;
}

void acc_s3_hold_writes(struct acc_s3 *s3, bool hold)
{
    s3->hold_writes = hold;
    acc_s3_pump(s3);
}
