/* The container endpoint of ECS and EKS: one GET, with an Authorization header where a token is
 * given. It is there when one of two variables is set; then it must answer, or the search ends.
 * AWS SDKs and Tools Reference Guide, "Container credential provider". */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "s3/credentials/fetch.h"
#include "base/secret.h"

#define CONTAINER_HOST "http://169.254.170.2"
#define TIMEOUT_MS 2000
#define ATTEMPTS 3
#define PAUSE_MS 1000
#define TOKEN_MAX 65536

/* Credentials travel in the clear, so plain HTTP is for addresses that never leave the machine. */
static bool is_near(const char *url)
{
    static const char *const hosts[] = {"169.254.170.2", "169.254.170.23", "fd00:ec2::23",
                                        "localhost", "::1"};
    if (acc_starts_with(url, "https://"))
        return true;
    if (!acc_starts_with(url, "http://"))
        return false;
    const char *start = url + strlen("http://");
    bool bracketed = *start == '[';
    size_t len = bracketed ? strcspn(++start, "]") : strcspn(start, ":/?#");
    char host[64];
    if (len >= sizeof host)
        return false;
    memcpy(host, start, len);
    host[len] = '\0';
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
        if (strcmp(host, hosts[i]) == 0)
            return true;
    struct in_addr address;
    return inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

static void on_answer(struct acc_fetch *fetch)
{
    struct acc_lookup *lookup = fetch->lookup;
    char what[320], url[ACC_SHOWN];
    acc_show_url(acc_str_cstr(&fetch->url), url);
    acc_fetch_describe(fetch, what, sizeof what);
    bool good = fetch->http.failure == ACC_HTTP_OK && fetch->http.status == 200;
    const char *wrong = good ? acc_lookup_read_json(lookup, acc_str_cstr(&fetch->http.reply),
                                                    fetch->http.reply.len, "Token")
                             : NULL;
    acc_fetch_close(fetch);
    if (!good) {
        acc_lookup_broken(
            lookup,
            "the container's credentials endpoint %s %s. Check the task's or pod's "
            "role, AWS_CONTAINER_CREDENTIALS_* and AWS_CONTAINER_AUTHORIZATION_TOKEN*.",
            url, what);
    } else if (wrong != NULL) {
        acc_lookup_broken(lookup,
                          "the container's credentials endpoint %s answered, but not with "
                          "credentials: %s. Check AWS_CONTAINER_CREDENTIALS_FULL_URI.",
                          url, wrong);
    } else {
        snprintf(lookup->credentials.source, sizeof lookup->credentials.source,
                 "container endpoint %.100s", url);
        acc_lookup_end(lookup, ACC_FOUND);
    }
}

/* False after the lookup was ended. The token changes, so its file is read each time. */
static bool add_authorization(struct acc_fetch *fetch)
{
    struct acc_lookup *lookup = fetch->lookup;
    const char *path = acc_lookup_variable(lookup, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    const char *given = acc_lookup_variable(lookup, "AWS_CONTAINER_AUTHORIZATION_TOKEN");
    if (path == NULL && given == NULL)
        return true;
    struct acc_str token = {0};
    struct acc_error err;
    enum acc_code code = path != NULL ? acc_file_read(path, TOKEN_MAX, &token, &err) : ACC_OK;
    if (path == NULL)
        acc_str_set(&token, given);
    while (token.len > 0 && strchr("\r\n", token.data[token.len - 1]) != NULL)
        acc_str_cut(&token, token.len - 1);
    bool good = code == ACC_OK && strpbrk(acc_str_cstr(&token), "\r\n") == NULL;
    if (good)
        acc_fetch_header(fetch, "Authorization", acc_str_cstr(&token));
    acc_str_wipe(&token);
    if (good)
        return true;
    acc_fetch_close(fetch);
    if (code != ACC_OK)
        acc_lookup_broken(lookup, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: %s. Correct it.",
                          acc_lookup_file_reason(path, &err));
    else
        acc_lookup_broken(lookup, "the container's authorization token has line breaks inside. "
                                  "Correct AWS_CONTAINER_AUTHORIZATION_TOKEN or its _FILE.");
    return false;
}

static void start(struct acc_lookup *lookup)
{
    const char *relative = getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    const char *full = getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if ((relative == NULL || *relative == '\0') && (full == NULL || *full == '\0')) {
        acc_lookup_end(lookup, ACC_NOTHING);
        return;
    }
    struct acc_fetch *fetch = acc_fetch_new(lookup, on_answer);
    if (relative != NULL && *relative != '\0')
        acc_str_addf(&fetch->url, CONTAINER_HOST "%s", relative);
    else
        acc_str_set(&fetch->url, full);
    if (!is_near(acc_str_cstr(&fetch->url))) {
        char url[ACC_SHOWN];
        acc_show_url(acc_str_cstr(&fetch->url), url);
        acc_fetch_close(fetch);
        acc_lookup_broken(lookup,
                          "the container's credentials endpoint %s: plain HTTP is accepted only to "
                          "this machine and the container agent's addresses. Correct "
                          "AWS_CONTAINER_CREDENTIALS_FULL_URI, or use https.",
                          url);
        return;
    }
    fetch->attempts = ATTEMPTS;
    fetch->pause_ms = PAUSE_MS;
    fetch->http.timeout_ms = TIMEOUT_MS;
    fetch->http.direct = true;
    acc_fetch_header(fetch, "Accept", "application/json");
    if (add_authorization(fetch))
        acc_fetch_send(fetch, "GET");
}

const struct acc_source acc_source_container = {"the container endpoint", start};
