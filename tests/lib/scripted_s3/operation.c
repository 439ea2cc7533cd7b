/* A table walk; a request that fits no row is OP_Unknown, which the model answers with 501. */
#include "operation.h"

#include <string.h>

#include "base/mem.h"

enum scope { SCOPE_SERVICE, SCOPE_BUCKET, SCOPE_OBJECT, SCOPE_IMDS, SCOPE_CONTAINER, SCOPE_STS };

static const struct {
    const char *name, *brief, *method;
    enum scope scope;
    const char *query;
} operations[OP_COUNT] = {
#define X(name, brief, method, scope, query) {#name, brief, method, SCOPE_##scope, query},
    OPERATIONS(X)
#undef X
};

/* Credential services live under names that no bucket may have. */
static const struct {
    const char *name;
    enum scope scope;
} services[] = {{"_imds", SCOPE_IMDS}, {"_container", SCOPE_CONTAINER}, {"_sts", SCOPE_STS}};

static enum scope scope_of(const char *bucket, const char *key)
{
    for (size_t i = 0; i < ACC_COUNT_OF(services); i++)
        if (strcmp(bucket, services[i].name) == 0)
            return services[i].scope;
    return bucket[0] == '\0' ? SCOPE_SERVICE : key[0] == '\0' ? SCOPE_BUCKET : SCOPE_OBJECT;
}

enum operation operation_of(const struct http_request *request, char **bucket, char **key)
{
    const char *start = request->path + 1, *slash = strchr(start, '/');
    *bucket = slash ? acc_strndup(start, (size_t)(slash - start)) : acc_strdup(start);
    *key = acc_strdup(slash ? slash + 1 : "");
    enum scope scope = scope_of(*bucket, *key);
    for (int op = 0; op < OP_Unknown; op++)
        if (operations[op].scope == scope && strcmp(operations[op].method, request->method) == 0 &&
            (operations[op].query == NULL || http_query(request, operations[op].query) != NULL))
            return (enum operation)op;
    return OP_Unknown;
}

const char *operation_name(enum operation op)
{
    return operations[op].name;
}

enum operation operation_parse(const char *name)
{
    int op = 0;
    while (op < OP_COUNT && strcmp(operations[op].name, name) != 0 &&
           (operations[op].brief == NULL || strcmp(operations[op].brief, name) != 0))
        op++;
    return (enum operation)op;
}
