/* acc_identity_find(): a provider on a loop of its own, asked once. */
#include <accession/identity.h>

#include <stdio.h>

#include "base/mem.h"
#include "s3/credentials/credentials.h"

struct search {
    struct acc_credentials_wait wait;
    struct acc_loop loop;
    struct acc_identity *identity;
    struct acc_error *err;
    enum acc_code code;
};

static void on_ready(struct acc_credentials_wait *wait, const struct acc_credentials *credentials,
                     const struct acc_error *err)
{
    struct search *search = ACC_CONTAINER_OF(wait, struct search, wait);
    struct acc_identity *identity = search->identity;
    acc_loop_stop(&search->loop);
    if (credentials == NULL) {
        search->code = acc_error_set(search->err, err->code, "%s", err->message);
        return;
    }
    search->code = ACC_OK;
    snprintf(identity->source, sizeof identity->source, "%s", credentials->source);
    snprintf(identity->access_key, sizeof identity->access_key, "%s", credentials->access_key);
    identity->temporary = credentials->session_token != NULL;
    identity->expires = credentials->expires;
}

static enum acc_code search_with(struct search *search, const struct acc_s3_settings *settings)
{
    struct acc_http *http;
    const struct acc_http_options options = acc_s3_settings_http(settings);
    enum acc_code code = acc_loop_init(&search->loop, search->err);
    if (code != ACC_OK)
        return code;
    code = acc_http_new(&search->loop, &options, &http, search->err);
    if (code == ACC_OK) {
        struct acc_credentials_provider *provider =
            acc_credentials_new(&search->loop, http, settings);
        search->wait.on_ready = on_ready;
        acc_credentials_await(provider, &search->wait);
        acc_loop_run(&search->loop);
        acc_credentials_free(provider);
        acc_http_free(http);
        code = search->code;
    }
    acc_loop_release(&search->loop);
    return code;
}

enum acc_code acc_identity_find(const struct acc_connection *connection,
                                struct acc_identity *identity, struct acc_error *err)
{
    struct acc_s3_settings settings;
    struct search search = {.identity = identity, .err = err};
    *identity = (struct acc_identity){0};
    enum acc_code code = acc_s3_settings_resolve(connection, &settings, err);
    if (code != ACC_OK)
        return code;
    snprintf(identity->profile, sizeof identity->profile, "%s", settings.profile);
    code = search_with(&search, &settings);
    acc_s3_settings_release(&settings);
    return code;
}
