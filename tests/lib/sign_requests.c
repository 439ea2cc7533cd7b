/* Signs the requests given as JSON, one a line, on standard input; writes path, query and
 * Authorization of each, one a line, tabs between. Ends with status 1 at what it cannot read. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "s3/wire/sign.h"

#define PAIRS_MAX 16

static size_t pairs_of(const json_t *request, const char *name, struct acc_s3_pair pairs[PAIRS_MAX])
{
    size_t index, count = 0;
    json_t *pair;
    json_array_foreach(json_object_get(request, name), index, pair)
    {
        if (count < PAIRS_MAX)
            pairs[count++] = (struct acc_s3_pair){json_string_value(json_array_get(pair, 0)),
                                                  json_string_value(json_array_get(pair, 1))};
    }
    return count;
}

static const char *text_of(const json_t *request, const char *name)
{
    const char *text = json_string_value(json_object_get(request, name));
    return text != NULL ? text : "";
}

static void sign(const json_t *request, struct acc_s3_signing_key *key)
{
    struct acc_s3_pair query[PAIRS_MAX], headers[PAIRS_MAX];
    struct acc_str path = {0}, canonical = {0}, authorization = {0};
    const char *object = text_of(request, "key");
    acc_str_add(&path, "/");
    acc_s3_encode(&path, object, strlen(object), true);
    acc_s3_canonical_query(query, pairs_of(request, "query", query), &canonical);
    struct acc_s3_sign_input input = {
        .method = text_of(request, "method"),
        .path = acc_str_cstr(&path),
        .query = acc_str_cstr(&canonical),
        .headers = headers,
        .header_count = pairs_of(request, "headers", headers),
        .payload_sha256 = text_of(request, "payload"),
        .amz_date = text_of(request, "date"),
        .region = text_of(request, "region"),
        .service = "s3",
        .access_key = text_of(request, "access"),
        .secret_key = text_of(request, "secret"),
    };
    acc_s3_sign(&input, key, &authorization);
    printf("%s\t%s\t%s\n", acc_str_cstr(&path), acc_str_cstr(&canonical),
           acc_str_cstr(&authorization));
    acc_str_release(&path);
    acc_str_release(&canonical);
    acc_str_release(&authorization);
}

int main(void)
{
    char line[65536];
    struct acc_s3_signing_key key = {0};
    while (fgets(line, sizeof line, stdin) != NULL) {
        json_error_t error;
        json_t *request = json_loads(line, 0, &error);
        if (request == NULL) {
            fprintf(stderr, "sign_requests: %s\n", error.text);
            return 1;
        }
        sign(request, &key);
        json_decref(request);
    }
    acc_s3_signing_key_release(&key);
    return 0;
}
