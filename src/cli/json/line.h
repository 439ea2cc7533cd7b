/* One object of JSON Lines: created with its type and the time, filled, written as a line.
 *
 * A name that is not valid UTF-8 cannot be a JSON string: it is written with U+FFFD for each
 * invalid byte, and beside it, with "_base64" added to the field's name, exactly.
 *
 * Memory comes from base/mem.h (acc_render_json_new() sets this for jansson): nothing here returns
 * an error. */
#ifndef ACC_CLI_JSON_LINE_H
#define ACC_CLI_JSON_LINE_H

#include <stdio.h>

#include <jansson.h>

#include <accession/digest.h>

/* Of this "type"; to be ended. */
json_t *acc_line_begin(const char *type);
/* Takes `value` over. */
void acc_line_put(json_t *object, const char *name, json_t *value);
void acc_line_number(json_t *object, const char *name, long long value);
/* NULL and "" say nothing, and are left out. */
void acc_line_text(json_t *object, const char *name, const char *text);
/* An object from algorithm to lower-case hex; left out if there are no digests. */
void acc_line_digests(json_t *object, const char *name, const struct acc_digests *digests);
/* Writes the line and frees the object. */
void acc_line_end(FILE *out, json_t *object);

#endif
