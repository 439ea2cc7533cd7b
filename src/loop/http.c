/* Passes requests on: to the transfers of the caller's own loop, or to a group of loops. Nothing is
 * kept here but which of the two it is; how they work, fail and close is said there. */
#include "loop/http.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "loop/http_group.h"
#include "loop/http_internal.h"

struct acc_http {
    struct acc_transfers *transfers; /* one of the two is NULL */
    struct acc_http_group *group;
};

unsigned acc_http_loops_by_default(void)
{
    unsigned processors = uv_available_parallelism();
    if (processors < 4)
        return 1;
    return processors < 16 ? processors / 2 : 8;
}

enum acc_code acc_http_new(struct acc_loop *loop, const struct acc_http_options *options,
                           struct acc_http **out, struct acc_error *err)
{
    struct acc_http *http = ACC_NEW(struct acc_http);
    /* One bucket of tokens is for one loop, and a rate that fills several needs no limit. */
    bool several = options->loops > 1 && !acc_rate_plan_limits(&options->max_rate);
    enum acc_code code = several ? acc_http_group_new(loop, options, &http->group, err)
                                 : acc_transfers_new(loop, options, &http->transfers, err);
    if (code != ACC_OK) {
        free(http);
        return code;
    }
    *out = http;
    return ACC_OK;
}

void acc_http_free(struct acc_http *http)
{
    if (http == NULL)
        return;
    acc_http_group_free(http->group);
    acc_transfers_free(http->transfers);
    free(http);
}

void acc_http_start(struct acc_http *http, struct acc_http_request *request)
{
    if (http->group != NULL)
        acc_http_group_start(http->group, request);
    else
        acc_transfers_start(http->transfers, request);
}

void acc_http_cancel(struct acc_http_request *request)
{
    if (request->twin != NULL)
        acc_http_group_cancel(request);
    else
        acc_transfers_cancel(request);
}

void acc_http_resume(struct acc_http_request *request)
{
    if (request->twin != NULL)
        acc_http_group_resume(request);
    else
        acc_transfers_resume(request);
}

void acc_http_request_release(struct acc_http_request *request)
{
    acc_str_release(&request->reply);
    acc_str_release(&request->header_lines);
}

const char *acc_http_header(const struct acc_http_request *request, const char *name, char *out,
                            size_t size)
{
    size_t name_len = strlen(name);
    const char *found = NULL;
    for (const char *line = acc_str_cstr(&request->header_lines); *line;) {
        const char *end = strchr(line, '\n');
        if ((size_t)(end - line) > name_len && line[name_len] == ':' &&
            memcmp(line, name, name_len) == 0)
            found = line + name_len + 1;
        line = end + 1;
    }
    if (found == NULL)
        return NULL;
    found += strspn(found, " \t");
    size_t len = strcspn(found, "\n");
    while (len > 0 && (found[len - 1] == ' ' || found[len - 1] == '\t'))
        len--;
    if (len >= size)
        len = size - 1;
    memcpy(out, found, len);
    out[len] = '\0';
    return out;
}
