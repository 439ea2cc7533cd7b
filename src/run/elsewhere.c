/* Compares the servers in two canonical names. Nothing fails: this only adds to an error. */
#include "run/elsewhere.h"

#include <string.h>

#include "base/path.h"
#include "ledger/history.h"

#define AWS "aws:"

/* What stands before "/BUCKET/": "https://host:port", "aws:eu-west-1"; 0 if it is not there. */
static size_t server_length(const char *canonical, const char *url)
{
    struct acc_str bucket = {0};
    const char *name = url + strlen("s3://"), *scheme = strstr(canonical, "://");
    acc_str_add_c(&bucket, '/');
    acc_str_add_n(&bucket, name, strcspn(name, "/"));
    acc_str_add_c(&bucket, '/');
    const char *at = strstr(scheme != NULL ? scheme + 3 : canonical, bucket.data);
    acc_str_release(&bucket);
    return at != NULL ? (size_t)(at - canonical) : 0;
}

void acc_add_elsewhere(struct acc_error *err, struct acc_ledger *ledger, const char *url,
                       const char *canonical)
{
    struct acc_str there = {0}, server = {0}, hint = {0};
    if (!acc_starts_with(url, "s3://") ||
        acc_ledger_server_of(ledger, url, &there, NULL) != ACC_OK || there.len == 0)
        return;
    size_t len = server_length(there.data, url);
    if (len > 0 && strncmp(there.data, canonical, len) != 0) {
        acc_path_show(&server, there.data, len);
        bool aws = acc_starts_with(server.data, AWS);
        acc_str_addf(&hint, "%s Was --%s forgotten? The ledger knows %s on %s: add --%s %s.",
                     acc_ends_with(err->message, ".") ? "" : ".", aws ? "region" : "endpoint-url",
                     url, aws ? "AWS" : "another server", aws ? "region" : "endpoint-url",
                     server.data + (aws ? strlen(AWS) : 0));
        size_t used = strlen(err->message);
        snprintf(err->message + used, sizeof err->message - used, "%s", hint.data);
    }
    acc_str_release(&there);
    acc_str_release(&server);
    acc_str_release(&hint);
}
