/* Learns from one refusal for all later calls, and sends the refused call again.
 *
 * Content-MD5: only for calls that carry an object's bytes, and only if the server demands it. If
 * OpenSSL has no MD5 (FIPS), nothing is added and the refusal is reported.
 *
 * If-None-Match: a server that does not implement it refuses every write that carries it. It is
 * left out from then on; other guards against overwriting remain (bucket/claim.h, the looks before
 * and after). If the write is refused without it too, the header was not the reason.
 *
 * x-amz-checksum-mode of HEAD: likewise.
 *
 * An If-None-Match that is accepted and ignored shows only in the bucket: what was written lies on
 * top of other content. The look after the run reports it here (bucket/versions.h).
 *
 * What else the server can do is noted from its answers: whether it knows versions. */
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "s3/client/internal.h"

static bool carries_object(const struct acc_s3_call *call)
{
    return call->op == ACC_S3_PUT_OBJECT || call->op == ACC_S3_UPLOAD_PART;
}

static void add_md5(struct acc_s3_call *call)
{
    unsigned char own[16];
    const unsigned char *md5 = call->body_md5;
    if (!carries_object(call) || call->content_md5[0] != '\0')
        return;
    if (md5 == NULL && EVP_Digest(call->body, call->body_len, own, NULL, EVP_md5(), NULL) == 1)
        md5 = own;
    if (md5 != NULL)
        acc_base64_encode(md5, sizeof own, call->content_md5);
}

/* S3's words are "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Part requests with
 * Object Lock parameters"; codes differ from server to server. */
static bool learn_md5(struct acc_s3_call *call)
{
    bool demanded = strcasestr(call->message, "Content-MD5") != NULL ||
                    strcasestr(call->code, "ContentMD5") != NULL;
    if (!demanded || call->status != 400 || !carries_object(call) || call->content_md5[0] != '\0')
        return false;
    call->s3->demands_md5 = true;
    add_md5(call);
    return call->content_md5[0] != '\0';
}

/* What is known of the server's support for conditions on this kind of write; NULL for calls
 * without conditions. */
static enum acc_known *condition_of(const struct acc_s3_call *call)
{
    struct acc_capabilities *can = &call->s3->can;
    return call->op == ACC_S3_PUT_OBJECT        ? &can->conditional_put
           : call->op == ACC_S3_COMPLETE_UPLOAD ? &can->conditional_complete
                                                : NULL;
}

/* False when the call has no such header. */
static bool drop_header(struct acc_s3_call *call, const char *name)
{
    size_t at = 0;
    while (at < call->header_count && strcmp(call->headers[at].name, name) != 0)
        at++;
    if (at == call->header_count)
        return false;
    free((char *)call->headers[at].value);
    call->headers[at] = call->headers[--call->header_count];
    return true;
}

void acc_s3_call_apply(struct acc_s3_call *call)
{
    const enum acc_known *known = condition_of(call);
    if (known != NULL && *known == ACC_KNOWN_NO)
        drop_header(call, "if-none-match");
    if (call->s3->demands_md5)
        add_md5(call);
}

static bool withdraw_condition(struct acc_s3_call *call)
{
    enum acc_known *known = condition_of(call);
    if (known == NULL || (call->status != 501 && strcmp(call->code, "NotImplemented") != 0))
        return false;
    if (call->withdrew) {
        *known = call->known_before;
        return false;
    }
    if (!drop_header(call, "if-none-match"))
        return false;
    call->withdrew = true;
    call->known_before = *known == ACC_KNOWN_NO ? ACC_KNOWN_NOT : *known;
    *known = ACC_KNOWN_NO;
    return true;
}

/* HEAD asks for additional checksums. A server that refuses that is not asked again. */
static bool withdraw_mode(struct acc_s3_call *call)
{
    bool refused = call->status == 400 || call->status == 501;
    if (call->op != ACC_S3_HEAD_OBJECT || !refused || !drop_header(call, "x-amz-checksum-mode"))
        return false;
    call->withdrew = true;
    return true;
}

bool acc_s3_lacks(const struct acc_s3_call *call)
{
    return call->status == 501 || call->status == 405 || call->status == 400;
}

void acc_s3_call_note(struct acc_s3_call *call, enum acc_s3_class class)
{
    struct acc_capabilities *can = &call->s3->can;
    if (call->op == ACC_S3_HEAD_OBJECT && call->withdrew && class == ACC_S3_OK)
        call->s3->ignore_checksums = true;
    enum acc_known *known = call->op == ACC_S3_GET_VERSIONING  ? &can->versioning_known
                            : call->op == ACC_S3_LIST_VERSIONS ? &can->versions_listed
                                                               : NULL;
    if (known != NULL && class == ACC_S3_OK)
        *known = ACC_KNOWN_YES;
    else if (known != NULL && acc_s3_lacks(call))
        *known = ACC_KNOWN_NO;
}

bool acc_s3_call_learn(struct acc_s3_call *call)
{
    return learn_md5(call) || withdraw_condition(call) || withdraw_mode(call);
}

void acc_s3_call_learn_condition(struct acc_s3_call *call)
{
    enum acc_known *known = condition_of(call);
    if (known != NULL)
        *known = ACC_KNOWN_YES;
}
