/* Writing JSON (RFC 8259) straight into a string, where there is too much of it to build a tree
 * first.
 *
 *     struct acc_json json = {.out = &text};
 *     acc_json_open(&json, NULL, '{');
 *     acc_json_text(&json, "path", "a\"b");
 *     acc_json_close(&json, '}');               -> {"path":"a\"b"}
 *
 * Compact: no white space. Commas come by themselves; the caller makes sure that brackets match,
 * and that names stand in objects only. Nothing here fails.
 */
#ifndef ACC_BASE_JSON_H
#define ACC_BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct acc_json {
    struct acc_str *out; /* borrowed; added to */
    bool some;           /* a value stands before the next one: a comma is due */
};

/* `name` is that of the member, or NULL within an array and at the top; it is written as it is.
 * `text` must be UTF-8; NULL becomes null. */
void acc_json_open(struct acc_json *json, const char *name, char bracket);
void acc_json_close(struct acc_json *json, char bracket);
void acc_json_text(struct acc_json *json, const char *name, const char *text);
void acc_json_number(struct acc_json *json, const char *name, int64_t number);
void acc_json_true(struct acc_json *json, const char *name);
void acc_json_null(struct acc_json *json, const char *name);

#endif
