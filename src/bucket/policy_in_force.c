/* acc_policy_fetch(): GetBucketPolicy, on a loop of its own.
 *
 * Happy path: one request; its answer is the policy's text. A bucket without a policy answers
 * NoSuchBucketPolicy, which is an answer too. Fails as the request does, for example if these
 * credentials may not read the policy. The loop, the client and the call are gone when it returns.
 */
#include <accession/policy.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "s3/client/s3.h"

struct fetch {
    struct acc_s3_call call;
    struct acc_loop *loop;
};

static void on_done(struct acc_s3_call *call)
{
    acc_loop_stop(ACC_CONTAINER_OF(call, struct fetch, call)->loop);
}

/* RGW's request ids are "tx", 21 hex digits and more, with dashes between. */
static bool is_rgw(const char *request_id)
{
    return acc_starts_with(request_id, "tx0") && strspn(request_id + 2, "0123456789abcdef") >= 21;
}

static enum acc_code ask(struct fetch *fetch, struct acc_s3 *s3, struct acc_policy_in_force *found,
                         struct acc_error *err)
{
    struct acc_s3_call *call = &fetch->call;
    acc_s3_call_init(call, s3, ACC_S3_GET_POLICY, "");
    call->on_done = on_done;
    acc_s3_call_start(call);
    acc_loop_run(fetch->loop);

    bool none = strcmp(call->code, "NoSuchBucketPolicy") == 0;
    if (call->class != ACC_S3_OK && !none) {
        acc_s3_call_error(call, err);
        return acc_error_context(err, "%s", acc_s3_where(s3)->url);
    }
    found->server = is_rgw(call->request_id) ? ACC_POLICY_RGW : ACC_POLICY_AWS;
    found->plain_http = acc_starts_with(acc_s3_endpoint(s3), "http:");
    found->bucket = acc_strdup(acc_s3_where(s3)->bucket);
    found->prefix = acc_strdup(acc_s3_where(s3)->prefix);
    if (!none)
        found->text = acc_strndup(acc_str_cstr(&call->http.reply), call->http.reply.len);
    return ACC_OK;
}

enum acc_code acc_policy_fetch(const struct acc_connection *connection, const char *url,
                               struct acc_policy_in_force *found, struct acc_error *err)
{
    struct acc_s3_location location = {0};
    struct acc_loop loop;
    struct acc_s3 *s3 = NULL;
    *found = (struct acc_policy_in_force){0};
    enum acc_code code = acc_s3_location_parse(url, &location, err);
    if (code == ACC_OK)
        code = acc_loop_init(&loop, err);
    if (code != ACC_OK)
        goto out;
    code = acc_s3_new(&loop, connection, &location, 1, &s3, err);
    if (code == ACC_OK) {
        struct fetch *fetch = ACC_NEW(struct fetch);
        fetch->loop = &loop;
        code = ask(fetch, s3, found, err);
        acc_s3_call_release(&fetch->call);
        acc_s3_free(s3);
        free(fetch);
    }
    acc_loop_release(&loop);
out:
    acc_s3_location_release(&location);
    return code;
}

void acc_policy_in_force_release(struct acc_policy_in_force *found)
{
    free(found->text);
    free(found->bucket);
    free(found->prefix);
    *found = (struct acc_policy_in_force){0};
}
