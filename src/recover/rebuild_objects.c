/* Happy path: a page of the listing at a time; a HEAD for each object of it, several concurrently,
 * and what the answer says becomes claims: the object is there, the server's SHA-256 of the whole,
 * the SHA-256 that its metadata claims. Then the page is committed.
 *
 * Failure: an object that went meanwhile is passed over; of one that the server refuses to
 * describe, the listing is all that is known. Any other answer ends the page, once those in
 * progress have ended, and with it all. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "recover/rebuild.h"

struct page;

struct look {
    struct page *page;
    struct acc_s3_call call;
    size_t item;
};

struct page {
    struct acc_rebuild *rebuild;
    struct item {
        char *key;
        int64_t size, modified;
        char etag[ACC_S3_ETAG];
    } * items;
    size_t count, next;
    unsigned active;
    struct look looks[ACC_REBUILD_CONNECTIONS];
    enum acc_code code;
    struct acc_error err;
};

static void start(struct look *look);

/* ---- what an answer says ---- */

static void take(struct page *p, struct acc_claim *claim, enum acc_ground ground,
                 const struct acc_digests *digests)
{
    static const char *const origins[ACC_GROUND_COUNT] = {
        [ACC_GROUND_SERVER] = "the server's checksum",
        [ACC_GROUND_METADATA] = ACC_S3_META_SHA256,
        [ACC_GROUND_LISTED] = "the bucket",
    };
    struct acc_rebuild *r = p->rebuild;
    int64_t entry = 0;
    claim->ground = ground;
    claim->origin = origins[ground];
    claim->digests = *digests;
    if (p->code == ACC_OK)
        p->code = acc_taking_take(&r->taking, acc_str_cstr(&r->canonical), acc_str_cstr(&r->url),
                                  claim, &entry, &p->err);
    if (p->code == ACC_OK)
        acc_marks_add(&r->there, entry, 1);
}

static bool server_sha256(const struct acc_s3_object *object, struct acc_digests *digests)
{
    const char *stored = object->checksum[ACC_S3_CHECKSUM_SHA256];
    uint8_t value[ACC_SHA256_LEN];
    *digests = (struct acc_digests){0};
    if (acc_s3_sum_is_composite(stored) ||
        acc_base64_decode(stored, value, sizeof value) != ACC_SHA256_LEN)
        return false;
    acc_digests_put(digests, ACC_SHA256, value);
    return true;
}

static void take_object(struct page *p, const struct item *item, const struct acc_s3_object *object)
{
    const char *path = acc_rebuild_place(p->rebuild, item->key);
    struct acc_digests digests = {0};
    struct acc_claim claim = {.said = "",
                              .path = path,
                              .size = object->size,
                              .etag = object->etag,
                              .version_id = object->version_id,
                              .at = item->modified};
    take(p, &claim, ACC_GROUND_LISTED, &digests);
    if (server_sha256(object, &digests))
        take(p, &claim, ACC_GROUND_SERVER, &digests);
    digests = (struct acc_digests){0};
    if (acc_digests_put_hex(&digests, ACC_SHA256, object->meta_sha256, strlen(object->meta_sha256)))
        take(p, &claim, ACC_GROUND_METADATA, &digests);
}

/* The server says nothing of it but what the listing had. */
static void take_listed(struct page *p, const struct item *item)
{
    struct acc_s3_object object = {.size = item->size};
    memcpy(object.etag, item->etag, sizeof object.etag);
    take_object(p, item, &object);
}

/* ---- asking ---- */

static void go_on(struct look *look)
{
    struct page *p = look->page;
    if (p->next < p->count && p->code == ACC_OK) {
        look->item = p->next++;
        start(look);
    } else if (--p->active == 0) {
        acc_loop_stop(&p->rebuild->loop);
    }
}

static void on_head(struct acc_s3_call *call)
{
    struct look *look = ACC_CONTAINER_OF(call, struct look, call);
    struct page *p = look->page;
    struct acc_s3_object object;
    if (call->class == ACC_S3_KEY && acc_s3_asks_checksums(p->rebuild->s3)) {
        acc_s3_ask_checksums(p->rebuild->s3, false); /* a server that supports none may refuse */
        start(look);
        return;
    }
    if (call->class == ACC_S3_OK) {
        acc_s3_read_object(call, &object);
        take_object(p, &p->items[look->item], &object);
    } else if (call->class == ACC_S3_DENIED || call->class == ACC_S3_KEY ||
               call->class == ACC_S3_DESTINATION) {
        take_listed(p, &p->items[look->item]);
    } else if (call->class != ACC_S3_MISSING && p->code == ACC_OK) {
        p->code = acc_s3_call_error(call, &p->err);
    }
    go_on(look);
}

static void start(struct look *look)
{
    struct page *p = look->page;
    acc_s3_head_object(&look->call, p->rebuild->s3, p->items[look->item].key, NULL);
    look->call.on_done = on_head;
    acc_s3_call_start(&look->call);
}

static void on_listed(void *arg, const struct acc_s3_listed *item)
{
    struct page *p = arg;
    struct acc_rebuild *r = p->rebuild;
    if (!acc_starts_with(item->key, r->location.prefix))
        return;
    const char *path = acc_rebuild_place(r, item->key);
    /* What no delivery can hold: "folders" that consoles make, and the like. */
    const char *problem = acc_ends_with(item->key, "/") ? "ends in '/', as folders of consoles do"
                                                        : acc_path_problem(path, strlen(path));
    if (problem != NULL) {
        acc_rebuild_tell(r, ACC_REPORTED_NO_PATH, ACC_GROUND_LISTED, path, "the bucket", problem);
        return;
    }
    if ((p->count & (p->count - 1)) == 0)
        p->items = acc_realloc(p->items, (p->count > 0 ? p->count * 2 : 1) * sizeof *p->items);
    p->items[p->count++] =
        (struct item){.key = acc_strdup(item->key), .size = item->size, .modified = item->modified};
    memcpy(p->items[p->count - 1].etag, item->etag, sizeof item->etag);
}

static void forget(struct page *p)
{
    for (size_t i = 0; i < p->count; i++)
        free(p->items[i].key);
    free(p->items);
    p->items = NULL;
    p->count = p->next = 0;
}

static enum acc_code on_page(void *arg, struct acc_error *err)
{
    struct page *p = arg;
    for (unsigned i = 0; i < ACC_REBUILD_CONNECTIONS && p->next < p->count; i++) {
        p->active++;
        p->looks[i].item = p->next++;
        start(&p->looks[i]);
    }
    if (p->active > 0)
        acc_loop_run(&p->rebuild->loop);
    forget(p);
    if (p->code != ACC_OK)
        *err = p->err;
    return p->code == ACC_OK ? acc_taking_commit(&p->rebuild->taking, err) : p->code;
}

enum acc_code acc_rebuild_look_at_objects(struct acc_rebuild *r, struct acc_error *err)
{
    struct page *p = ACC_NEW(struct page);
    p->rebuild = r;
    for (unsigned i = 0; i < ACC_REBUILD_CONNECTIONS; i++)
        p->looks[i].page = p;
    enum acc_code code = acc_rebuild_list(r, on_listed, on_page, p, err);
    for (unsigned i = 0; i < ACC_REBUILD_CONNECTIONS; i++)
        acc_s3_call_release(&p->looks[i].call);
    forget(p);
    free(p);
    return code;
}
