/* The JSON receipt: one object; its head (what was asked, what it came to) is pretty-printed, then
 * every entry follows on a line of its own, so that a receipt of a million entries can be read with
 * line tools and written without holding it. The head is built as a tree; entries are written
 * straight, since they are where the time goes.
 *
 * Nothing here fails but the ledger.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/json.h"
#include "receipt/internal.h"

#define RECEIPT_VERSION 1

static json_t *text_or_null(const char *text)
{
    if (text == NULL || *text == '\0')
        return json_null();
    struct acc_str scratch = {0};
    json_t *made = json_string_nocheck(acc_receipt_utf8(&scratch, text));
    acc_str_release(&scratch);
    return made;
}

static json_t *time_or_null(int64_t ms)
{
    char text[ACC_TIME_TEXT];
    return ms > 0 ? json_string_nocheck(acc_time_rfc3339(ms, text)) : json_null();
}

static void put(json_t *object, const char *name, json_t *value)
{
    json_object_set_new_nocheck(object, name, value);
}

/* ---- the head ---- */

static void add_manifest(void *arg, const char *path, const char *format,
                         const uint8_t sha256[ACC_SHA256_LEN])
{
    char hex[2 * ACC_SHA256_LEN + 1];
    acc_hex_encode(sha256, ACC_SHA256_LEN, hex);
    json_t *manifest = json_object();
    put(manifest, "path", text_or_null(path));
    put(manifest, "format", text_or_null(format));
    put(manifest, "sha256", json_string_nocheck(hex));
    json_array_append_new(arg, manifest);
}

static void add_note(void *arg, enum acc_code code, const char *text)
{
    json_t *note = json_object();
    put(note, "code", json_string_nocheck(acc_code_name(code)));
    put(note, "text", text_or_null(text));
    json_array_append_new(arg, note);
}

static json_t *counts_of(const struct acc_receipt_tally *tally)
{
    json_t *counts = json_object();
    put(counts, "entries", json_integer((json_int_t)tally->entries));
    for (enum acc_row_outcome o = 0; o < ACC_ROW_OUTCOME_COUNT; o++)
        put(counts, acc_row_outcome_name(o), json_integer((json_int_t)tally->outcomes[o]));
    put(counts, "bytes", json_integer(tally->bytes));
    put(counts, "bytes_archived", json_integer(tally->bytes_of[ACC_ROW_ARCHIVED]));
    put(counts, "bytes_already", json_integer(tally->bytes_of[ACC_ROW_ALREADY]));
    put(counts, "bytes_unchanged", json_integer(tally->bytes_of[ACC_ROW_UNCHANGED]));
    return counts;
}

static json_t *program(void)
{
    return json_pack("{s:s, s:s}", "name", "accession", "version", ACC_VERSION);
}

static json_t *run_of(const struct acc_run_info *run)
{
    json_t *object = json_object();
    put(object, "name", text_or_null(run->name));
    put(object, "kind", text_or_null(run->kind));
    put(object, "started", time_or_null(run->started));
    put(object, "finished", time_or_null(run->ended ? run->finished : 0));
    put(object, "outcome",
        run->ended ? json_string_nocheck(acc_code_name(run->outcome)) : json_null());
    put(object, "source", text_or_null(run->source));
    put(object, "destination", text_or_null(run->destination));
    put(object, "url", text_or_null(run->url));
    put(object, "command", text_or_null(run->command));
    return object;
}

static enum acc_code head_of(struct acc_receipt *receipt, json_t *head, struct acc_error *err)
{
    struct acc_receipt_tally tally;
    json_t *manifests = json_array(), *notes = json_array();
    json_t *summary = json_loads(receipt->run.summary, 0, NULL);
    enum acc_code code = acc_receipt_count(receipt, &tally, err);
    if (code == ACC_OK)
        code = acc_ledger_manifests(receipt->ledger, receipt->run.id, add_manifest, manifests, err);
    if (code == ACC_OK)
        code = acc_ledger_notes(receipt->ledger, receipt->run.id, add_note, notes, err);
    put(head, "receipt", json_integer(RECEIPT_VERSION));
    put(head, "program", program());
    put(head, "run", run_of(&receipt->run));
    put(head, "manifests", manifests);
    put(head, "counts", counts_of(&tally));
    json_t *guarantee = json_object_get(summary, "write_once");
    put(head, "write_once", guarantee != NULL ? json_incref(guarantee) : json_null());
    put(head, "summary", summary != NULL ? summary : json_null());
    put(head, "notes", notes);
    return code;
}

/* ---- entries ---- */

struct lines {
    FILE *out;
    bool some;
    struct acc_str text; /* of one entry */
    struct acc_str scratch;
};

static void add_text(struct lines *lines, struct acc_json *json, const char *name, const char *text)
{
    acc_json_text(json, name,
                  text == NULL || *text == '\0' ? NULL : acc_receipt_utf8(&lines->scratch, text));
}

/* A number below `least` means that there is no value. */
static void add_number(struct acc_json *json, const char *name, int64_t number, int64_t least)
{
    if (number >= least)
        acc_json_number(json, name, number);
    else
        acc_json_null(json, name);
}

static void add_time(struct acc_json *json, const char *name, int64_t ms)
{
    char text[ACC_TIME_TEXT];
    acc_json_text(json, name, ms > 0 ? acc_time_rfc3339(ms, text) : NULL);
}

static void add_digests(struct acc_json *json, const struct acc_digests *digests)
{
    char hex[ACC_DIGEST_MAX * 2 + 1];
    acc_json_open(json, "digests", '{');
    for (enum acc_alg alg = 0; alg < ACC_ALG_COUNT; alg++) {
        if (!acc_digests_has(digests, alg))
            continue;
        acc_digests_hex(digests, alg, hex);
        acc_json_text(json, acc_alg_name(alg), hex);
    }
    acc_json_close(json, '}');
}

static void add_promise(struct lines *lines, struct acc_json *json, const struct acc_entry *entry)
{
    static const char *const roles[] = {[ACC_ROLE_PAYLOAD] = "payload",
                                        [ACC_ROLE_TAG] = "tag",
                                        [ACC_ROLE_MANIFEST] = "manifest",
                                        [ACC_ROLE_DECLARATION] = "declaration"};
    acc_json_text(json, "role", roles[entry->role]);
    acc_json_open(json, "promised", '{');
    add_number(json, "size", entry->size, 0);
    add_digests(json, &entry->promised);
    add_text(lines, json, "origin", entry->origin);
    add_number(json, "line", (int64_t)entry->line, 1);
    acc_json_close(json, '}');
}

static void add_archived(struct lines *lines, struct acc_json *json, const struct acc_archived *a)
{
    acc_json_open(json, "archived", '{');
    acc_json_number(json, "size", a->size);
    add_digests(json, &a->digests);
    add_text(lines, json, "version_id", a->version_id);
    add_text(lines, json, "etag", a->etag);
    add_text(lines, json, "checksum", a->checksum);
    add_number(json, "part_size", a->part_size, 1);
    add_text(lines, json, "proof", acc_grounds_name(a->proof));
    add_time(json, "at", a->at);
    acc_json_number(json, "duration", a->duration);
    acc_json_close(json, '}');
}

static void add_checked(struct lines *lines, struct acc_json *json, const struct acc_checked *c)
{
    acc_json_open(json, "checked", '{');
    add_text(lines, json, "level", c->level);
    add_text(lines, json, "proof", c->proof);
    add_time(json, "at", c->at);
    acc_json_close(json, '}');
}

static void write_entry(void *arg, const struct acc_receipt_row *seen)
{
    struct lines *lines = arg;
    struct acc_json json = {.out = &lines->text};
    const struct acc_row *row = seen->row;
    bool refused = row->reason_code != ACC_OK;
    acc_str_set(&lines->text, lines->some ? ",\n    " : "\n    ");
    acc_json_open(&json, NULL, '{');
    add_text(lines, &json, "path", row->entry.path);
    add_text(lines, &json, "key", seen->key);
    acc_json_text(&json, "outcome", acc_row_outcome_name(seen->outcome));
    acc_json_text(&json, "code", refused ? acc_code_name(row->reason_code) : NULL);
    add_text(lines, &json, "reason", refused ? row->reason : NULL);
    add_promise(lines, &json, &row->entry);
    if (acc_receipt_undigested(seen))
        acc_json_true(&json, "undigested");
    if (acc_receipt_has_object(seen))
        add_archived(lines, &json, &row->archived);
    else
        acc_json_null(&json, "archived");
    if (row->checked.level[0] != '\0')
        add_checked(lines, &json, &row->checked);
    else
        acc_json_null(&json, "checked");
    acc_json_close(&json, '}');
    fwrite(lines->text.data, 1, lines->text.len, lines->out);
    lines->some = true;
}

enum acc_code acc_receipt_json(struct acc_receipt *receipt, struct acc_error *err)
{
    json_t *head = json_object();
    struct lines lines = {.out = receipt->out};
    enum acc_code code = head_of(receipt, head, err);
    if (code == ACC_OK) {
        char *text = json_dumps(head, JSON_INDENT(2));
        fwrite(text, 1, strlen(text) - strlen("\n}"), receipt->out);
        free(text);
        fputs(",\n  \"entries\": [", receipt->out);
        code = acc_receipt_rows(receipt, write_entry, &lines, err);
        fputs(lines.some ? "\n  ]\n}\n" : "]\n}\n", receipt->out);
        acc_str_release(&lines.text);
        acc_str_release(&lines.scratch);
    }
    json_decref(head);
    return code;
}
