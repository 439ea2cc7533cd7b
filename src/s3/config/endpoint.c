/* The user's text is judged first, so that the message can explain how to write it. Then libcurl's
 * own reading of it takes its place. */
#include "s3/config/endpoint.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "base/str.h"
#include "base/secret.h"

/* The mistake in it, in half a sentence, or NULL. */
static const char *authority_problem(const char *authority)
{
    static const char host_chars[] = "abcdefghijklmnopqrstuvwxyz0123456789-._";
    const char *rest;
    struct in6_addr address;
    long long port;
    if (strpbrk(authority, "/?#@ ") != NULL)
        return "only scheme, host and port are used";
    if (*authority == '[') {
        char text[INET6_ADDRSTRLEN];
        size_t len = strcspn(authority + 1, "]");
        snprintf(text, sizeof text, "%.*s", (int)len, authority + 1);
        if (authority[1 + len] != ']' || inet_pton(AF_INET6, text, &address) != 1)
            return "the text in brackets is not an IPv6 address";
        rest = authority + len + 2;
    } else {
        rest = authority + strspn(authority, host_chars);
        if (*rest == ':' && strchr(rest + 1, ':') != NULL)
            return "an IPv6 address must be in brackets, as in http://[::1]:9000";
        if (rest == authority || (*rest != ':' && *rest != '\0'))
            return "it does not begin with a host name";
    }
    if (*rest != '\0' && (*rest != ':' || !acc_parse_int(rest + 1, 1, 65535, &port)))
        return "the port must be 1 to 65535";
    return NULL;
}

bool acc_s3_endpoint_normalise(char **endpoint)
{
    CURLU *url = curl_url();
    char *scheme = NULL, *host = NULL, *port = NULL, *path = NULL;
    struct acc_str text = {0};
    bool good = curl_url_set(url, CURLUPART_URL, *endpoint, CURLU_PATH_AS_IS) == CURLUE_OK &&
                curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                curl_url_get(url, CURLUPART_PATH, &path, 0) == CURLUE_OK;
    if (good) {
        for (char *c = host; *c; c++)
            *c = (char)tolower((unsigned char)*c);
        curl_url_get(url, CURLUPART_PORT, &port, 0);
        acc_str_addf(&text, "%s://%s%s%s%s", scheme, host, port ? ":" : "", port ? port : "",
                     strcmp(path, "/") == 0 ? "" : path);
        free(*endpoint);
        *endpoint = acc_str_detach(&text);
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_free(path);
    curl_url_cleanup(url);
    return good;
}

enum acc_code acc_s3_endpoint_check(char **given, const char *from, bool show,
                                    struct acc_error *err)
{
    char *endpoint = *given, url[ACC_SHOWN], shown[ACC_SHOWN + 4] = "";
    size_t len = strlen(endpoint);
    acc_show_url(endpoint, url);
    if (show)
        snprintf(shown, sizeof shown, " \"%s\"", url);
    while (len > 0 && endpoint[len - 1] == '/')
        endpoint[--len] = '\0';
    char *authority = strstr(endpoint, "://");
    if (authority == NULL ||
        (!acc_starts_with(endpoint, "http://") && !acc_starts_with(endpoint, "https://")))
        return acc_error_set(
            err, ACC_CONFIG,
            "the endpoint URL%s must begin with https:// (or http://). Correct %s.", shown, from);
    authority += 3;
    for (char *c = authority; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    const char *problem = authority_problem(authority);
    if (problem == NULL && !acc_s3_endpoint_normalise(given))
        problem = "it is not a URL";
    if (problem != NULL)
        return acc_error_set(err, ACC_CONFIG, "the endpoint URL%s is not usable: %s. Correct %s.",
                             shown, problem, from);
    return ACC_OK;
}
