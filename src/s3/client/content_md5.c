/* Content-MD5, of what carries an object's bytes, and only where the server demands it. One refusal
 * is enough to learn that for all calls to come; the call that met it is sent again. Where OpenSSL
 * has no MD5 (FIPS) nothing is added, and the refusal is what is told. */
#include <string.h>

#include <openssl/evp.h>

#include "s3/client/internal.h"

static bool carries_object(const struct acc_s3_call *call)
{
    return call->op == ACC_S3_PUT_OBJECT || call->op == ACC_S3_UPLOAD_PART;
}

void acc_s3_call_add_md5(struct acc_s3_call *call)
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
bool acc_s3_call_learn_md5(struct acc_s3_call *call)
{
    bool demanded = strcasestr(call->message, "Content-MD5") != NULL ||
                    strcasestr(call->code, "ContentMD5") != NULL;
    if (!demanded || call->status != 400 || !carries_object(call) || call->content_md5[0] != '\0')
        return false;
    call->s3->demands_md5 = true;
    acc_s3_call_add_md5(call);
    return call->content_md5[0] != '\0';
}
