/* One object of JSON Lines, field by field. Running out of space or readers is left in the file's
 * error flag; anything else cannot fail. */
#include "cli/json/line.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"

/* jansson's memory comes from base/mem.h, so a NULL would mean a string that is not UTF-8: a fault
 * of this file. */
void acc_line_put(json_t *object, const char *name, json_t *value)
{
    if (json_object_set_new(object, name, value) != 0)
        abort();
}

void acc_line_number(json_t *object, const char *name, long long value)
{
    acc_line_put(object, name, json_integer(value));
}

static void put_base64(json_t *object, const char *name, const char *bytes, size_t len)
{
    struct acc_str field = {0};
    char *text = acc_alloc(ACC_BASE64_LEN(len));
    acc_base64_encode(bytes, len, text);
    acc_str_addf(&field, "%s_base64", name);
    acc_line_put(object, field.data, json_string(text));
    acc_str_release(&field);
    free(text);
}

void acc_line_text(json_t *object, const char *name, const char *text)
{
    if (text == NULL || *text == '\0')
        return;
    size_t len = strlen(text);
    if (acc_utf8_valid(text, len)) {
        acc_line_put(object, name, json_stringn(text, len));
        return;
    }
    struct acc_str valid = {0};
    for (size_t i = 0, step; i < len; i += step ? step : 1) {
        step = acc_utf8_len(text + i, len - i);
        if (step > 0)
            acc_str_add_n(&valid, text + i, step);
        else
            acc_str_add(&valid, "\xEF\xBF\xBD");
    }
    acc_line_put(object, name, json_stringn(valid.data, valid.len));
    put_base64(object, name, text, len);
    acc_str_release(&valid);
}

json_t *acc_line_begin(const char *type)
{
    char time[ACC_TIME_TEXT];
    json_t *object = json_object();
    acc_line_put(object, "type", json_string(type));
    acc_line_put(object, "time", json_string(acc_time_rfc3339(acc_time_now(), time)));
    return object;
}

void acc_line_end(FILE *out, json_t *object)
{
    char *line = json_dumps(object, JSON_COMPACT);
    fputs(line, out);
    fputc('\n', out);
    free(line);
    json_decref(object);
}

void acc_line_digests(json_t *object, const char *name, const struct acc_digests *digests)
{
    char hex[ACC_DIGEST_MAX * 2 + 1];
    if (digests == NULL || digests->present == 0)
        return;
    json_t *values = json_object();
    for (enum acc_alg alg = 0; alg < ACC_ALG_COUNT; alg++) {
        if (!acc_digests_has(digests, alg))
            continue;
        acc_digests_hex(digests, alg, hex);
        acc_line_put(values, acc_alg_name(alg), json_string(hex));
    }
    acc_line_put(object, name, values);
}
