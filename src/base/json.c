/* One pass over each text: a run of bytes that need no escape is copied in one piece. Nothing
 * fails, and nothing is kept. */
#include "base/json.h"

#include <string.h>

static void begin_value(struct acc_json *json, const char *name)
{
    if (json->some)
        acc_str_add_c(json->out, ',');
    json->some = true;
    if (name == NULL)
        return;
    acc_str_add_c(json->out, '"');
    acc_str_add(json->out, name);
    acc_str_add_n(json->out, "\":", 2);
}

static void add_escaped(struct acc_str *out, char c)
{
    static const char letters[] = "\"\"\\\\\bb\ff\nn\rr\tt"; /* what is escaped, and how */
    for (const char *pair = letters; *pair; pair += 2)
        if (*pair == c) {
            acc_str_add_c(out, '\\');
            acc_str_add_c(out, pair[1]);
            return;
        }
    acc_str_addf(out, "\\u%04X", (unsigned)c);
}

static bool needs_escape(char c)
{
    return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

/* Whether one of eight bytes needs an escape. It may say so of one above 0x7F, never of eight that
 * need none and lie below. */
static bool may_need_escape(const char *bytes)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t x, high;
    memcpy(&x, bytes, sizeof x);
    high = (x - each * 0x20) | ((x ^ each * '"') - each) | ((x ^ each * '\\') - each) | x;
    return (high & each * 0x80) != 0;
}

/* How many bytes from the start need no escape. */
static size_t plain_run(const char *text, size_t len)
{
    size_t run = 0;
    while (run < len) {
        if (len - run >= sizeof(uint64_t) && !may_need_escape(text + run))
            run += sizeof(uint64_t);
        else if (!needs_escape(text[run]))
            run++;
        else
            break;
    }
    return run;
}

void acc_json_open(struct acc_json *json, const char *name, char bracket)
{
    begin_value(json, name);
    acc_str_add_c(json->out, bracket);
    json->some = false;
}

void acc_json_close(struct acc_json *json, char bracket)
{
    acc_str_add_c(json->out, bracket);
    json->some = true;
}

void acc_json_text(struct acc_json *json, const char *name, const char *text)
{
    if (text == NULL) {
        acc_json_null(json, name);
        return;
    }
    begin_value(json, name);
    acc_str_add_c(json->out, '"');
    for (size_t at = 0, len = strlen(text); at < len;) {
        size_t run = plain_run(text + at, len - at);
        acc_str_add_n(json->out, text + at, run);
        at += run;
        if (at < len)
            add_escaped(json->out, text[at++]);
    }
    acc_str_add_c(json->out, '"');
}

void acc_json_number(struct acc_json *json, const char *name, int64_t number)
{
    begin_value(json, name);
    acc_str_add_number(json->out, number);
}

void acc_json_true(struct acc_json *json, const char *name)
{
    begin_value(json, name);
    acc_str_add_n(json->out, "true", 4);
}

void acc_json_null(struct acc_json *json, const char *name)
{
    begin_value(json, name);
    acc_str_add_n(json->out, "null", 4);
}
