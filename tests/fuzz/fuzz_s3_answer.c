/* Feeds bytes to what reads S3's answers: the first byte picks a listing or an error's status, the
 * rest is the body. Whatever a listing says, its items hold together, and a page that goes on says
 * where. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "s3/client/call.h"
#include "s3/ops/ops.h"
#include "s3/wire/error.h"
#include "s3/wire/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* What a listing shows of the server is kept with the client. */
static struct acc_loop loop;
static struct acc_s3 *s3;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const struct acc_connection connection = {.endpoint_url = "http://127.0.0.1:9", .retries = -1};
    struct acc_s3_location location;
    struct acc_error err;
    if (acc_loop_init(&loop, &err) != ACC_OK ||
        acc_s3_location_parse("s3://bucket/p", &location, &err) != ACC_OK ||
        acc_s3_new(&loop, &connection, &location, 1, &s3, &err) != ACC_OK)
        abort();
    acc_s3_location_release(&location);
    return 0;
}

static void on_item(void *arg, const struct acc_s3_listed *item)
{
    if (item->key == NULL || strlen(item->etag) >= sizeof item->etag ||
        strlen(item->version_id) >= sizeof item->version_id)
        abort();
}

static void on_part(void *arg, const struct acc_s3_listed_part *part)
{
    if (strlen(part->etag) >= sizeof part->etag)
        abort();
}

static bool read_page(uint8_t kind, const struct acc_s3_call *call, struct acc_s3_page *page)
{
    switch (kind % 4) {
    case 0:
        return acc_s3_read_list_objects(call, page, on_item, NULL);
    case 1:
        return acc_s3_read_list_versions(call, page, on_item, NULL);
    case 2:
        return acc_s3_read_list_uploads(call, page, on_item, NULL);
    default:
        return acc_s3_read_list_parts(call, page, on_part, NULL);
    }
}

static void read_error(const struct acc_node *root, int status)
{
    char code[64], message[256];
    acc_node_copy(root, "Code", code, sizeof code);
    acc_node_copy(root, "Message", message, sizeof message);
    enum acc_s3_class class = acc_s3_classify(status, code, message, status % 2, status % 3 == 0);
    if (class >= ACC_S3_CLASS_COUNT || acc_s3_class_name(class) == NULL)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0)
        return 0;
    struct acc_s3_call call = {.s3 = s3, .xml = acc_xml_parse((const char *)bytes + 1, len - 1)};
    struct acc_s3_page page = {0};
    if (call.xml != NULL) {
        if (read_page(bytes[0], &call, &page) && page.more && page.next.len == 0)
            abort();
        read_error(acc_xml_root(call.xml), 200 + bytes[0] * 2);
    }
    acc_s3_page_release(&page);
    acc_xml_free(call.xml);
    return 0;
}
