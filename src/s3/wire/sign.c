/* Canonical request -> string to sign -> signature, in the order of the specification's three
 * tasks. OpenSSL's HMAC and SHA-256 do not fail on valid arguments but when memory is out. */
#include "s3/wire/sign.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/mem.h"

void acc_s3_encode(struct acc_str *out, const char *text, size_t len, bool keep_slash)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        bool unreserved = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        if (unreserved || (keep_slash && c == '/')) {
            acc_str_add_c(out, (char)c);
        } else {
            char escaped[3] = {'%', hex[c >> 4], hex[c & 15]};
            acc_str_add_n(out, escaped, 3);
        }
    }
}

static void must(bool done)
{
    if (!done)
        acc_out_of_memory();
}

static void hmac(const void *key, size_t key_len, const char *text, size_t len,
                 uint8_t out[ACC_SHA256_LEN])
{
    unsigned out_len = ACC_SHA256_LEN;
    must(HMAC(EVP_sha256(), key, (int)key_len, (const unsigned char *)text, len, out, &out_len) !=
         NULL);
}

void acc_s3_signing_key_release(struct acc_s3_signing_key *key)
{
    EVP_MAC_CTX_free(key->mac); /* overwrites what it holds */
    EVP_MD_free(key->sha256);
    acc_str_wipe(&key->secret);
    *key = (struct acc_s3_signing_key){0};
}

/* An HMAC that takes the key once: EVP_MAC_init() without one returns to the state after it. */
static EVP_MAC_CTX *keyed(const uint8_t key[ACC_SHA256_LEN])
{
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    EVP_MAC *kind = EVP_MAC_fetch(NULL, "HMAC", NULL);
    must(kind != NULL);
    EVP_MAC_CTX *mac = EVP_MAC_CTX_new(kind);
    EVP_MAC_free(kind);
    must(mac != NULL && EVP_MAC_init(mac, key, ACC_SHA256_LEN, params) == 1);
    return mac;
}

static void derive(const struct acc_s3_sign_input *in, const char *scope,
                   struct acc_s3_signing_key *key)
{
    if (strcmp(key->scope, scope) == 0 && strcmp(acc_str_cstr(&key->secret), in->secret_key) == 0)
        return;
    acc_s3_signing_key_release(key);
    struct acc_str secret = {0};
    acc_str_addf(&secret, "AWS4%s", in->secret_key);
    uint8_t step[ACC_SHA256_LEN];
    hmac(secret.data, secret.len, in->amz_date, 8, step);
    acc_str_wipe(&secret);
    hmac(step, sizeof step, in->region, strlen(in->region), step);
    hmac(step, sizeof step, in->service, strlen(in->service), step);
    hmac(step, sizeof step, "aws4_request", 12, step);
    key->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    must(key->sha256 != NULL);
    key->mac = keyed(step);
    explicit_bzero(step, sizeof step);
    snprintf(key->scope, sizeof key->scope, "%s", scope);
    acc_str_set(&key->secret, in->secret_key);
}

/* Trims the value and folds runs of spaces, as the canonical form wants. */
static void add_trimmed(struct acc_str *out, const char *value)
{
    value += strspn(value, " ");
    while (*value) {
        size_t word = strcspn(value, " "), spaces = strspn(value + word, " ");
        acc_str_add_n(out, value, word);
        value += word + spaces;
        if (*value)
            acc_str_add_c(out, ' ');
    }
}

static void add_signed_names(struct acc_str *out, const struct acc_s3_sign_input *in)
{
    for (size_t i = 0; i < in->header_count; i++) {
        if (i > 0)
            acc_str_add_c(out, ';');
        acc_str_add(out, in->headers[i].name);
    }
}

static void canonical_request(const struct acc_s3_sign_input *in, struct acc_str *out)
{
    const char *const first[] = {in->method, in->path, in->query};
    for (size_t i = 0; i < 3; i++) {
        acc_str_add(out, first[i]);
        acc_str_add_c(out, '\n');
    }
    for (size_t i = 0; i < in->header_count; i++) {
        acc_str_add(out, in->headers[i].name);
        acc_str_add_c(out, ':');
        add_trimmed(out, in->headers[i].value);
        acc_str_add_c(out, '\n');
    }
    acc_str_add_c(out, '\n');
    add_signed_names(out, in);
    acc_str_add_c(out, '\n');
    acc_str_add(out, in->payload_sha256);
}

void acc_s3_sign(const struct acc_s3_sign_input *in, struct acc_s3_signing_key *key,
                 struct acc_str *authorization)
{
    char scope[sizeof key->scope];
    snprintf(scope, sizeof scope, "%.8s/%s/%s", in->amz_date, in->region, in->service);
    derive(in, scope, key);

    struct acc_str text = {0};
    uint8_t digest[ACC_SHA256_LEN];
    char hex[2 * ACC_SHA256_LEN + 1];
    canonical_request(in, &text);
    must(EVP_Digest(text.data, text.len, digest, NULL, key->sha256, NULL) == 1);
    acc_hex_encode(digest, sizeof digest, hex);

    acc_str_clear(&text);
    acc_str_addf(&text, "AWS4-HMAC-SHA256\n%s\n%s/aws4_request\n%s", in->amz_date, scope, hex);
    must(EVP_MAC_init(key->mac, NULL, 0, NULL) == 1 &&
         EVP_MAC_update(key->mac, (const unsigned char *)text.data, text.len) == 1 &&
         EVP_MAC_final(key->mac, digest, NULL, sizeof digest) == 1);
    acc_hex_encode(digest, sizeof digest, hex);
    acc_str_release(&text);

    acc_str_clear(authorization);
    acc_str_addf(authorization,
                 "AWS4-HMAC-SHA256 Credential=%s/%s/aws4_request,SignedHeaders=", in->access_key,
                 scope);
    add_signed_names(authorization, in);
    acc_str_addf(authorization, ",Signature=%s", hex);
}

void acc_s3_canonical_query(const struct acc_s3_pair *pairs, size_t count, struct acc_str *out)
{
    struct acc_str encoded[16] = {{0}};
    if (count > 16)
        abort();
    for (size_t i = 0; i < count; i++) {
        struct acc_str one = {0};
        acc_s3_encode(&one, pairs[i].name, strlen(pairs[i].name), false);
        acc_str_add_c(&one, '=');
        acc_s3_encode(&one, pairs[i].value, strlen(pairs[i].value), false);
        size_t at = i;
        /* "=" sorts before every character an encoded name can go on with but "-" and "."; S3's own
         * parameter names never differ only by those. */
        while (at > 0 && strcmp(encoded[at - 1].data, one.data) > 0) {
            encoded[at] = encoded[at - 1];
            at--;
        }
        encoded[at] = one;
    }
    acc_str_clear(out);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            acc_str_add_c(out, '&');
        acc_str_add_n(out, encoded[i].data, encoded[i].len);
        acc_str_release(&encoded[i]);
    }
}
