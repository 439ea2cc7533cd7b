/* A request head is complete at its first empty line; then it is split in place. Whatever isn't
 * HTTP gives -1, and the connection's owner answers 400 and closes. */
#include "http.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

static void add_pair(struct http_pairs *pairs, char *name, char *value)
{
    if (pairs->count == HTTP_PAIRS_MAX) {
        free(name);
        free(value);
        return;
    }
    pairs->at[pairs->count++] = (struct http_pair){name, value};
}

void http_pairs_add(struct http_pairs *pairs, const char *name, const char *value)
{
    add_pair(pairs, acc_strdup(name), acc_strdup(value));
}

void http_pairs_release(struct http_pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        free(pairs->at[i].name);
        free(pairs->at[i].value);
    }
    pairs->count = 0;
}

const char *http_pairs_find(const struct http_pairs *pairs, const char *name)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (strcmp(pairs->at[i].name, name) == 0)
            return pairs->at[i].value;
    return NULL;
}

const char *http_header(const struct http_request *request, const char *name)
{
    return http_pairs_find(&request->header, name);
}

const char *http_query(const struct http_request *request, const char *name)
{
    return http_pairs_find(&request->query, name);
}

void http_percent_encode(struct acc_str *out, const char *text, const char *keep)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (isalnum(c) || strchr("-._~", c) != NULL || strchr(keep, c) != NULL)
            acc_str_add_c(out, (char)c);
        else
            acc_str_addf(out, "%%%02X", c);
    }
}

char *http_percent_decode(const char *text, size_t len)
{
    char *out = acc_alloc(len + 1), *to = out;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '%') {
            if (i + 2 >= len || !acc_hex_decode(text + i + 1, 1, &c))
                goto bad;
            i += 2;
        }
        if (c == '\0')
            goto bad;
        *to++ = (char)c;
    }
    *to = '\0';
    return out;
bad:
    free(out);
    return NULL;
}

static bool parse_query(struct http_request *r, const char *text, const char *end)
{
    while (text < end) {
        const char *stop = memchr(text, '&', (size_t)(end - text));
        if (stop == NULL)
            stop = end;
        const char *equals = memchr(text, '=', (size_t)(stop - text));
        const char *name_end = equals ? equals : stop;
        char *name = http_percent_decode(text, (size_t)(name_end - text));
        char *value =
            equals ? http_percent_decode(equals + 1, (size_t)(stop - equals - 1)) : acc_strdup("");
        if (name == NULL || value == NULL) {
            free(name);
            free(value);
            return false;
        }
        add_pair(&r->query, name, value);
        text = stop + 1;
    }
    return true;
}

/* "PUT /bucket/key?partNumber=1 HTTP/1.1" */
static bool parse_request_line(struct http_request *r, const char *line, const char *end)
{
    const char *target = memchr(line, ' ', (size_t)(end - line));
    if (target == NULL || target == line)
        return false;
    r->method = acc_strndup(line, (size_t)(target - line));
    target++;
    const char *version = memchr(target, ' ', (size_t)(end - target));
    if (version == NULL || *target != '/' || end - version != 9 ||
        memcmp(version, " HTTP/1.", 8) != 0)
        return false;
    r->keep_alive = version[8] == '1';
    const char *query = memchr(target, '?', (size_t)(version - target));
    const char *path_end = query ? query : version;
    r->path = http_percent_decode(target, (size_t)(path_end - target));
    return r->path != NULL && (query == NULL || parse_query(r, query + 1, version));
}

static bool parse_header(struct http_request *r, const char *line, const char *end)
{
    const char *colon = memchr(line, ':', (size_t)(end - line));
    if (colon == NULL || colon == line)
        return false;
    const char *value = colon + 1;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    char *name = acc_strndup(line, (size_t)(colon - line));
    for (char *c = name; *c != '\0'; c++)
        *c = (char)tolower((unsigned char)*c);
    add_pair(&r->header, name, acc_strndup(value, (size_t)(end - value)));
    return true;
}

static bool interpret(struct http_request *r)
{
    const char *length = http_header(r, "content-length"), *value;
    if (length != NULL && !acc_parse_int(length, 0, 1LL << 50, &r->content_length))
        return false;
    r->chunked = http_header(r, "transfer-encoding") != NULL;
    if ((value = http_header(r, "expect")) != NULL)
        r->expect_continue = strcasecmp(value, "100-continue") == 0;
    if ((value = http_header(r, "connection")) != NULL && strcasecmp(value, "close") == 0)
        r->keep_alive = false;
    return true;
}

ssize_t http_parse_head(const char *data, size_t len, struct http_request *request)
{
    const char *end = memmem(data, len, "\r\n\r\n", 4);
    if (end == NULL)
        return len > HTTP_HEAD_MAX ? -1 : 0;
    struct http_request r = {0};
    bool good = true, first = true;
    for (const char *line = data, *stop; good && line < end + 2; line = stop + 2, first = false) {
        stop = memmem(line, (size_t)(end + 2 - line), "\r\n", 2);
        if (stop == NULL)
            break;
        good = first ? parse_request_line(&r, line, stop) : parse_header(&r, line, stop);
    }
    if (!good || !interpret(&r)) {
        http_request_release(&r);
        return -1;
    }
    *request = r;
    return end + 4 - data;
}

void http_request_release(struct http_request *request)
{
    free(request->method);
    free(request->path);
    http_pairs_release(&request->query);
    http_pairs_release(&request->header);
    *request = (struct http_request){0};
}

const char *http_reason(int status)
{
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {204, "No Content"},
        {206, "Partial Content"},
        {301, "Moved Permanently"},
        {307, "Temporary Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {411, "Length Required"},
        {412, "Precondition Failed"},
        {416, "Range Not Satisfiable"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
        {507, "Insufficient Storage"},
    };
    for (size_t i = 0; i < ACC_COUNT_OF(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].reason;
    return "Scripted";
}
