/* The end of one attempt, read into the call: S3's answer, its error document, a page of something
 * else that answered in its place, or a connection that failed. Sends nothing and decides nothing
 * but the class. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/secret.h"
#include "s3/client/internal.h"
#include "s3/wire/unreachable.h"
#include "s3/wire/xml.h"

static void read_error_body(struct acc_s3_call *call)
{
    const struct acc_node *root = acc_xml_root(call->xml);
    if (acc_node_is(root, "Error")) {
        acc_node_copy(root, "Code", call->code, sizeof call->code);
        acc_node_copy(root, "Message", call->message, sizeof call->message);
        if (call->request_id[0] == '\0')
            acc_node_copy(root, "RequestId", call->request_id, sizeof call->request_id);
        if (call->region[0] == '\0')
            acc_node_copy(root, "Region", call->region, sizeof call->region);
    }
}

/* A page for people, which S3 never sends: a proxy's, a web server's, a login's. */
static bool is_page(const struct acc_s3_call *call)
{
    char type[64];
    return call->http.reply.len > 0 &&
           acc_http_header(&call->http, "content-type", type, sizeof type) != NULL &&
           strncasecmp(type, "text/html", strlen("text/html")) == 0;
}

static void read_page(struct acc_s3_call *call)
{
    const char *begin = strcasestr(acc_str_cstr(&call->http.reply), "<title>");
    size_t len = begin != NULL ? strcspn(begin += strlen("<title>"), "<\r\n") : 0;
    if (len > 0)
        snprintf(call->message, sizeof call->message, "a page titled \"%.*s\", not S3's answer",
                 len < 150 ? (int)len : 150, begin);
    else
        snprintf(call->message, sizeof call->message, "a page, not S3's answer");
}

/* A 200 that has a body where S3 sends none, and lacks what S3 says besides, is of something in
 * between, a login page perhaps, and no word on what became of the request. */
static bool is_of_another(const struct acc_s3_call *call)
{
    char etag[128];
    enum acc_s3_good good = acc_s3_ops[call->op].good;
    if (good == ACC_S3_GOOD_ETAG)
        return call->http.reply.len > 0 &&
               acc_http_header(&call->http, "etag", etag, sizeof etag) == NULL;
    return good == ACC_S3_GOOD_EMPTY && is_page(call);
}

/* 202 says that something is to be done later. S3 says so of RestoreObject alone: a server that
 * says it of a write has not written yet. */
static bool is_put_off(const struct acc_s3_call *call)
{
    return call->status == 202 && call->op != ACC_S3_RESTORE_OBJECT;
}

/* Something in between may hand on the answer to another request. Servers write the key with or
 * without a slash before it, encoded or as it is. */
static bool is_of_another_key(const struct acc_s3_call *call)
{
    struct acc_str as_it_is = {0}, decoded = {0};
    const struct acc_node *root = acc_xml_root(call->xml);
    const char *key = acc_str_cstr(&call->key);
    bool other = call->op == ACC_S3_COMPLETE_UPLOAD && acc_node_text(root, "Key", &as_it_is) &&
                 as_it_is.len > 0 && !acc_ends_with(acc_str_cstr(&as_it_is), key) &&
                 acc_node_url_text(root, "Key", &decoded) &&
                 !acc_ends_with(acc_str_cstr(&decoded), key);
    acc_str_release(&as_it_is);
    acc_str_release(&decoded);
    return other;
}

static enum acc_s3_class read_another(struct acc_s3_call *call, bool ambiguous)
{
    if (is_page(call))
        read_page(call);
    else
        snprintf(call->message, sizeof call->message, "the answer is not S3's");
    if (ambiguous)
        return ACC_S3_UNKNOWN;
    return call->s3->stats.successes == 0 ? ACC_S3_PROTOCOL : ACC_S3_RETRY;
}

/* Not followed: a request is signed for one host, and an archive's bytes go only to the host that
 * the user named. */
static void read_redirect(struct acc_s3_call *call)
{
    char place[512];
    if (call->status < 300 || call->status > 308 || call->region[0] != '\0' ||
        acc_http_header(&call->http, "location", place, sizeof place) == NULL)
        return;
    place[strcspn(place, "?")] = '\0'; /* a signature may follow */
    snprintf(call->message, sizeof call->message,
             "the server redirects to %.150s; if that host is right, name it with --%sendpoint-url",
             place, call->s3->settings.side);
}

static enum acc_s3_class read_answer(struct acc_s3_call *call, bool write, bool ambiguous)
{
    struct acc_http_request *http = &call->http;
    call->status = http->status;
    call->at = acc_time_now();
    call->code[0] = call->message[0] = '\0';
    if (acc_http_header(http, "x-amz-request-id", call->request_id, sizeof call->request_id) ==
        NULL)
        call->request_id[0] = '\0';
    acc_http_header(http, "x-amz-bucket-region", call->region, sizeof call->region);
    bool ok = http->status >= 200 && http->status < 300;
    bool xml = acc_s3_ops[call->op].good == ACC_S3_GOOD_XML;
    acc_xml_free(call->xml);
    /* An Abort is answered without a body: one that has a body may be an <Error> inside a 200. */
    bool parsed = !ok || xml || call->op == ACC_S3_ABORT_UPLOAD;
    call->xml = parsed ? acc_xml_parse(http->reply.data, http->reply.len) : NULL;
    read_error_body(call);
    read_redirect(call);
    if (ok && xml && call->code[0] == '\0' &&
        (call->xml == NULL || acc_node_is(acc_xml_root(call->xml), "html"))) {
        snprintf(call->message, sizeof call->message, "the answer is not S3's XML");
        return ambiguous ? ACC_S3_UNKNOWN : ACC_S3_PROTOCOL;
    }
    if (ok && (is_of_another(call) || is_put_off(call) || is_of_another_key(call)))
        return read_another(call, ambiguous);
    enum acc_s3_class class =
        acc_s3_classify(http->status, call->code, call->message, write, ambiguous);
    if (ok || call->code[0] != '\0' || !is_page(call))
        return class;
    read_page(call);
    bool refused = class == ACC_S3_DENIED || class == ACC_S3_KEY || class == ACC_S3_MISSING;
    /* An answer from a host that has never spoken S3 is not a refusal by S3. */
    return refused && call->s3->stats.successes == 0 ? ACC_S3_PROTOCOL : class;
}

static enum acc_s3_class read_failure(struct acc_s3_call *call, bool ambiguous)
{
    struct acc_http_request *http = &call->http;
    const char *code = acc_s3_unreachable(http, call->message, sizeof call->message);
    call->at = acc_time_now();
    if (code == NULL)
        snprintf(call->message, sizeof call->message, "%s", http->failure_text);
    else
        call->status = 0; /* of an earlier attempt */
    snprintf(call->code, sizeof call->code, "%s", code ? code : "");
    switch (http->failure) {
    case ACC_HTTP_CANCELLED:
        return ACC_S3_CANCELLED;
    case ACC_HTTP_NOT_HTTP:
    case ACC_HTTP_TOO_LARGE:
        if (call->s3->stats.successes == 0)
            return ACC_S3_PROTOCOL;
        break; /* it has spoken S3 before: an accident on the way */
    case ACC_HTTP_TLS:
    case ACC_HTTP_PROXY:
    case ACC_HTTP_LOCAL:
        return ACC_S3_UNREACHABLE; /* trying again does not fix it */
    default:
        break;
    }
    return ambiguous && http->reached ? ACC_S3_UNKNOWN : ACC_S3_RETRY;
}

/* Servers and proxies may quote the headers that they were sent. */
static void withhold_secrets(struct acc_s3_call *call)
{
    const struct acc_credentials *c = acc_credentials_current(call->s3->credentials);
    if (c == NULL)
        return;
    if (acc_gives_away(call->message, c->session_token) ||
        acc_gives_away(call->message, c->secret_key))
        snprintf(call->message, sizeof call->message,
                 "the message is withheld, since it quotes the credentials");
    if (acc_gives_away(call->code, c->session_token) || acc_gives_away(call->code, c->secret_key))
        snprintf(call->code, sizeof call->code, "Withheld");
}

enum acc_s3_class acc_s3_call_read(struct acc_s3_call *call, bool write, bool ambiguous)
{
    enum acc_s3_class class = call->http.failure == ACC_HTTP_OK
                                  ? read_answer(call, write, ambiguous)
                                  : read_failure(call, ambiguous);
    withhold_secrets(call);
    return class;
}
