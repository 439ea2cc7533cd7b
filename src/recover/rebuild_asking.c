/* What the steps of a rebuild share: one request and its answer, a whole listing, and where a key
 * belongs. Fails as the request does. */
#include <string.h>

#include "base/mem.h"
#include "recover/rebuild.h"

static void on_done(struct acc_s3_call *call)
{
    struct acc_rebuild *r = ACC_CONTAINER_OF(call, struct acc_rebuild, call);
    acc_loop_stop(&r->loop);
}

enum acc_code acc_rebuild_ask(struct acc_rebuild *r, struct acc_error *err)
{
    r->call.on_done = on_done;
    acc_s3_call_start(&r->call);
    acc_loop_run(&r->loop);
    if (r->call.class == ACC_S3_OK)
        return ACC_OK;
    enum acc_code code = acc_s3_call_error(&r->call, err);
    /* Not one key among many: without this answer nothing can be known. */
    return code == ACC_KEY_REFUSED ? (err->code = ACC_REFUSED) : code;
}

enum acc_code acc_rebuild_list(struct acc_rebuild *r, acc_s3_each each,
                               enum acc_code (*each_page)(void *arg, struct acc_error *err),
                               void *arg, struct acc_error *err)
{
    struct acc_s3_page page = {0};
    enum acc_code code;
    do {
        acc_s3_list_objects(&r->call, r->s3, r->location.prefix, 0, &page);
        code = acc_rebuild_ask(r, err);
        if (code == ACC_OK && !acc_s3_read_list_objects(&r->call, &page, each, arg)) {
            r->call.class = ACC_S3_PROTOCOL;
            code = acc_s3_call_error(&r->call, err);
        }
        if (code == ACC_OK && each_page != NULL)
            code = each_page(arg, err);
    } while (code == ACC_OK && page.more);
    acc_s3_page_release(&page);
    return code;
}

/* The last bag whose name is not behind the key's is the only one that may hold it. */
static const char *bag_of(const struct acc_rebuild *r, const char *key)
{
    size_t low = 0, high = r->bag_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(r->bags[middle], key) <= 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && acc_starts_with(key, r->bags[low - 1]) ? r->bags[low - 1] : NULL;
}

const char *acc_rebuild_place(struct acc_rebuild *r, const char *key)
{
    const char *bag = bag_of(r, key);
    const char *prefix = bag != NULL ? bag : r->location.prefix;
    acc_str_set(&r->url, acc_str_cstr(&r->bucket_url));
    acc_str_set(&r->canonical, acc_str_cstr(&r->bucket_canonical));
    acc_str_add(&r->canonical, prefix);
    if (*prefix != '\0') {
        acc_str_addf(&r->url, "/%s", prefix);
        acc_str_cut(&r->url, r->url.len - 1);
    }
    return key + strlen(prefix);
}
