/* Feeds bytes to what reads an answer of S3 with its head: the first byte picks the operation, the
 * second the status, then come lines of the head to an empty one, then the body. Whatever the
 * server says, the answer has a class, and what was read of it keeps its bounds. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loop/http_internal.h"
#include "s3/client/internal.h"
#include "s3/ops/ops.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct acc_loop loop;
static struct acc_s3 *s3;
static const int statuses[] = {200, 204, 206, 202, 301, 307, 400,
                               403, 404, 409, 412, 429, 500, 503};

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const struct acc_connection connection = {.endpoint_url = "http://127.0.0.1:9", .retries = -1};
    struct acc_s3_location location;
    struct acc_error err;
    must(acc_loop_init(&loop, &err) == ACC_OK &&
         acc_s3_location_parse("s3://bucket/p", &location, &err) == ACC_OK &&
         acc_s3_new(&loop, &connection, &location, 1, &s3, &err) == ACC_OK);
    acc_s3_location_release(&location);
    return 0;
}

/* Hands the lines over one by one, each in memory of its own, and returns what follows them. */
static const uint8_t *take_head(struct acc_http_request *http, const uint8_t *at,
                                const uint8_t *end)
{
    while (at < end) {
        const uint8_t *stop = memchr(at, '\n', (size_t)(end - at));
        size_t line = (size_t)((stop != NULL ? stop + 1 : end) - at);
        char *copy = malloc(line);
        must(copy != NULL);
        memcpy(copy, at, line);
        must(acc_http_on_header_line(copy, 1, line, http) == line);
        free(copy);
        at += line;
        if (line == 1 && stop != NULL)
            break;
    }
    return at;
}

static void read_all(struct acc_s3_call *call)
{
    struct acc_s3_object object;
    struct acc_str upload = {0};
    struct acc_error err = {0};
    char class[16];
    acc_s3_read_object(call, &object);
    must(object.size >= -1 && strchr(object.etag, '\n') == NULL);
    must(acc_s3_read_range(call) >= 0 && acc_s3_read_whole_size(call) >= -1);
    must(!acc_s3_read_create_upload(call, &upload) || upload.len > 0);
    acc_s3_read_temperature(call, class, sizeof class);
    for (int sum = ACC_S3_CHECKSUM_SHA256; sum < ACC_S3_CHECKSUM_COUNT; sum++) {
        const struct acc_s3_sum sent = acc_s3_sum_of((enum acc_s3_checksum)sum, "a", 1);
        acc_s3_confirms(call, &sent);
        acc_s3_read_composite(call, (enum acc_s3_checksum)sum);
    }
    acc_s3_server_time(call);
    acc_s3_lacks(call);
    acc_s3_call_throttled(call);
    if (call->class != ACC_S3_OK)
        must(acc_s3_call_error(call, &err) != ACC_OK && err.message[0] != '\0');
    acc_str_release(&upload);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct acc_s3_call call = {0};
    if (len < 2)
        return 0;
    acc_s3_call_init(&call, s3, (enum acc_s3_op)(bytes[0] % ACC_S3_OP_COUNT), "key");
    call.http.status = statuses[bytes[1] % (sizeof statuses / sizeof statuses[0])];
    const uint8_t *body = take_head(&call.http, bytes + 2, bytes + len);
    acc_str_add_n(&call.http.reply, (const char *)body, (size_t)(bytes + len - body));
    call.class = acc_s3_call_read(&call, bytes[1] & 0x40, bytes[1] & 0x80);
    must(call.class < ACC_S3_CLASS_COUNT && acc_s3_class_name(call.class) != NULL);
    read_all(&call);
    acc_s3_call_release(&call);
    return 0;
}
