/* Paths under /_control/, for tests: what the server holds, another scenario, a clean slate. They
 * are neither counted nor logged nor met by rules. An unknown path is 404, a scenario with an error
 * 400 with the message as text. */
#include "exchange.h"

#include <string.h>

#include <jansson.h>

#include "base/mem.h"

static const char prefix[] = "/_control/";

bool control_wants(const struct http_request *request)
{
    return acc_starts_with(request->path, prefix);
}

static void reply_json(struct exchange *x, json_t *value)
{
    char *text = json_dumps(value, JSON_INDENT(2) | JSON_SORT_KEYS);
    json_decref(value);
    x->reply.status = 200;
    x->reply.type = "application/json";
    acc_str_set(&x->reply.body, text);
    acc_str_add_c(&x->reply.body, '\n');
    free(text);
}

static json_t *pairs_json(const struct http_pairs *pairs)
{
    json_t *object = json_object();
    for (size_t i = 0; i < pairs->count; i++)
        json_object_set_new(object, pairs->at[i].name, json_string(pairs->at[i].value));
    return object;
}

static json_t *version_json(const struct bucket *bucket, const struct object *object,
                            const struct version *version)
{
    return json_pack(
        "{s:s, s:s, s:s, s:b, s:b, s:I, s:s, s:s, s:s?, s:s?, s:o}", "bucket", bucket->name, "key",
        object->key, "version", version->id, "latest", object->versions.next == &version->link,
        "marker", version->marker, "size", (json_int_t)version->content.len, "sha256",
        version->sha256, "etag", version->etag, "checksum",
        version->checksum.algorithm ? version->checksum.value : NULL, "checksum_algorithm",
        version->checksum.algorithm, "headers", pairs_json(&version->kept));
}

static void show_objects(struct exchange *x)
{
    json_t *list = json_array();
    ACC_LIST_EACH (at, &x->server->store.buckets) {
        const struct bucket *bucket = ACC_CONTAINER_OF(at, struct bucket, link);
        for (size_t i = 0; i < bucket->count; i++)
            ACC_LIST_EACH (link, &bucket->objects[i]->versions) {
                const struct version *version = ACC_CONTAINER_OF(link, struct version, link);
                json_array_append_new(list, version_json(bucket, bucket->objects[i], version));
            }
    }
    reply_json(x, list);
}

static json_t *upload_json(const struct bucket *bucket, const struct upload *upload)
{
    json_t *parts = json_array();
    for (int i = 1; i <= PARTS_MAX; i++)
        if (upload->parts[i].present)
            json_array_append_new(parts, json_pack("{s:i, s:I, s:s}", "number", i, "size",
                                                   (json_int_t)upload->parts[i].content.len,
                                                   "sha256", upload->parts[i].sha256));
    return json_pack("{s:s, s:s, s:s, s:o, s:o}", "bucket", bucket->name, "key", upload->key,
                     "upload", upload->id, "parts", parts, "headers", pairs_json(&upload->kept));
}

static void show_uploads(struct exchange *x)
{
    json_t *list = json_array();
    ACC_LIST_EACH (at, &x->server->store.buckets) {
        const struct bucket *bucket = ACC_CONTAINER_OF(at, struct bucket, link);
        ACC_LIST_EACH (link, &bucket->uploads)
            json_array_append_new(list,
                                  upload_json(bucket, ACC_CONTAINER_OF(link, struct upload, link)));
    }
    reply_json(x, list);
}

static void load_scenario(struct exchange *x)
{
    struct scenario *scenario;
    struct acc_error err;
    if (scenario_parse("scenario", acc_str_cstr(&x->body), &scenario, &err) != ACC_OK) {
        x->reply.status = 400;
        x->reply.type = "text/plain";
        acc_str_set(&x->reply.body, err.message);
        acc_str_add_c(&x->reply.body, '\n');
        return;
    }
    scenario->next = x->server->scenario;
    x->server->scenario = scenario;
    connections_release(x->server, NULL);
    x->reply.status = 204;
}

/* The next request is number 1, and every rule has seen nothing. */
static void reset_counters(struct exchange *x)
{
    x->server->number = 0;
    scenario_reset(x->server->scenario);
    x->reply.status = 204;
}

static void reset_all(struct exchange *x)
{
    store_release(&x->server->store);
    store_init(&x->server->store);
    reset_counters(x);
}

static const struct {
    const char *method, *path;
    void (*handle)(struct exchange *);
} controls[] = {
    {"GET", "objects", show_objects},   {"GET", "uploads", show_uploads},
    {"PUT", "scenario", load_scenario}, {"POST", "counters/reset", reset_counters},
    {"POST", "reset", reset_all},
};

void control_answer(struct exchange *x)
{
    const char *path = x->request.path + strlen(prefix);
    x->reply.status = 404;
    for (size_t i = 0; i < ACC_COUNT_OF(controls); i++)
        if (strcmp(controls[i].path, path) == 0 &&
            strcmp(controls[i].method, x->request.method) == 0)
            controls[i].handle(x);
}
