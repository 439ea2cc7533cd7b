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
    for (const char *run = text; *run;) {
        const char *end = run;
        while (*end && !needs_escape(*end))
            end++;
        acc_str_add_n(json->out, run, (size_t)(end - run));
        if (*end)
            add_escaped(json->out, *end++);
        run = end;
    }
    acc_str_add_c(json->out, '"');
}

void acc_json_number(struct acc_json *json, const char *name, int64_t number)
{
    begin_value(json, name);
    acc_str_addf(json->out, "%lld", (long long)number);
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
