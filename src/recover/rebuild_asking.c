/* What the steps of a rebuild share: one request and its answer, a whole listing, where a key
 * belongs, an object fetched into a file. Fails as the request does. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "recover/rebuild.h"
#include "run/scratch.h"

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

void acc_rebuild_tell(struct acc_rebuild *r, enum acc_reported reported, enum acc_ground ground,
                      const char *path, const char *origin, const char *reason)
{
    struct acc_recall *recall = r->taking.recall;
    const struct acc_digests none = {0};
    const struct acc_reported_fact fact = {.reported = reported,
                                           .ground = acc_ground_name(ground),
                                           .url = acc_str_cstr(&r->url),
                                           .path = path,
                                           .origin = origin,
                                           .reason = reason,
                                           .digests = &none};
    recall->reported[reported]++;
    if (recall->on_fact != NULL)
        recall->on_fact(recall->arg, &fact);
}

/* ---- fetching ---- */

static bool on_data(struct acc_s3_call *call, const void *bytes, size_t len)
{
    struct acc_rebuild *r = ACC_CONTAINER_OF(call, struct acc_rebuild, call);
    r->fetch.failed = r->fetch.failed || fwrite(bytes, 1, len, r->fetch.file) != len;
    return true;
}

static void on_retry(struct acc_s3_call *call)
{
    struct acc_rebuild *r = ACC_CONTAINER_OF(call, struct acc_rebuild, call);
    rewind(r->fetch.file);
    r->fetch.failed = r->fetch.failed || ftruncate(fileno(r->fetch.file), 0) != 0;
}

enum acc_code acc_rebuild_fetch(struct acc_rebuild *r, const char *key, struct acc_error *err)
{
    r->fetch.failed = false;
    r->fetch.file = fopen(r->fetch.path, "we");
    enum acc_code code = ACC_OK;
    if (r->fetch.file != NULL) {
        acc_s3_get_object(&r->call, r->s3, key, NULL, NULL);
        r->call.on_data = on_data;
        r->call.on_retry = on_retry;
        code = acc_rebuild_ask(r, err);
        r->fetch.failed = fclose(r->fetch.file) != 0 || r->fetch.failed;
    }
    if (r->fetch.file == NULL || (code == ACC_OK && r->fetch.failed))
        return acc_error_set(err, ACC_LOCAL,
                             "%s: cannot be written: %s. Name a folder with room in TMPDIR.",
                             r->fetch.path, strerror(errno));
    return code;
}

/* ---- opening and closing ---- */

enum acc_code acc_rebuild_open(struct acc_rebuild *r, const char *url, struct acc_error *err)
{
    struct acc_str path = {0};
    enum acc_code code = acc_s3_location_parse(url, &r->location, err);
    if (code == ACC_OK)
        code = acc_scratch_make("rebuild", &r->scratch, err);
    if (code == ACC_OK)
        code = acc_loop_init(&r->loop, err);
    r->has_loop = code == ACC_OK;
    if (code != ACC_OK)
        return code;
    acc_str_addf(&path, "%s/fetched", r->scratch);
    r->fetch.path = acc_str_detach(&path);
    return acc_s3_new(&r->loop, r->taking.recall->connection, &r->location, ACC_REBUILD_CONNECTIONS,
                      &r->s3, err);
}

void acc_rebuild_close(struct acc_rebuild *r)
{
    acc_s3_call_release(&r->call);
    acc_s3_free(r->s3);
    if (r->has_loop)
        acc_loop_release(&r->loop);
    acc_scratch_remove(r->scratch);
    acc_s3_location_release(&r->location);
    free(r->fetch.path);
    free(r->scratch);
}
