/* The JSON receipt: one object; its head (what was asked, what it came to) is pretty-printed, then
 * every entry follows on a line of its own, so that a receipt of a million entries can be read with
 * line tools and written without holding it.
 *
 * Nothing here fails but the ledger.
 */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/clock.h"
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

static json_t *count_or_null(int64_t count)
{
    return count >= 0 ? json_integer(count) : json_null();
}

static void put(json_t *object, const char *name, json_t *value)
{
    json_object_set_new_nocheck(object, name, value);
}

static json_t *digests_of(const struct acc_digests *digests)
{
    json_t *object = json_object();
    for (enum acc_alg alg = 0; alg < ACC_ALG_COUNT; alg++) {
        char hex[ACC_DIGEST_MAX * 2 + 1];
        if (!acc_digests_has(digests, alg))
            continue;
        acc_digests_hex(digests, alg, hex);
        put(object, acc_alg_name(alg), json_string_nocheck(hex));
    }
    return object;
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

static void add_promise(json_t *object, const struct acc_entry *entry)
{
    static const char *const roles[] = {
        [ACC_ROLE_PAYLOAD] = "payload", [ACC_ROLE_TAG] = "tag", [ACC_ROLE_MANIFEST] = "manifest"};
    json_t *promised = json_object();
    put(promised, "size", count_or_null(entry->size));
    put(promised, "digests", digests_of(&entry->promised));
    put(promised, "origin", text_or_null(entry->origin));
    put(promised, "line", entry->line > 0 ? json_integer((json_int_t)entry->line) : json_null());
    put(object, "role", json_string_nocheck(roles[entry->role]));
    put(object, "promised", promised);
}

static json_t *archived_of(const struct acc_archived *a)
{
    json_t *object = json_object();
    put(object, "size", json_integer(a->size));
    put(object, "digests", digests_of(&a->digests));
    put(object, "version_id", text_or_null(a->version_id));
    put(object, "etag", text_or_null(a->etag));
    put(object, "checksum", text_or_null(a->checksum));
    put(object, "part_size", a->part_size > 0 ? json_integer(a->part_size) : json_null());
    put(object, "proof", text_or_null(a->proof));
    put(object, "at", time_or_null(a->at));
    put(object, "duration", json_integer(a->duration));
    return object;
}

static json_t *checked_of(const struct acc_checked *checked)
{
    json_t *object = json_object();
    put(object, "level", text_or_null(checked->level));
    put(object, "proof", text_or_null(checked->proof));
    put(object, "at", time_or_null(checked->at));
    return object;
}

struct lines {
    FILE *out;
    bool some;
    struct acc_str text; /* of one entry */
};

/* jansson hands over a few bytes at a time; a stream's lock for each would cost more than they do.
 */
static int add_text(const char *bytes, size_t len, void *arg)
{
    acc_str_add_n(arg, bytes, len);
    return 0;
}

static void write_entry(void *arg, const struct acc_receipt_row *seen)
{
    struct lines *lines = arg;
    const struct acc_row *row = seen->row;
    bool refused = row->reason_code != ACC_OK;
    json_t *entry = json_object();
    put(entry, "path", text_or_null(row->entry.path));
    put(entry, "key", text_or_null(seen->key));
    put(entry, "outcome", json_string_nocheck(acc_row_outcome_name(seen->outcome)));
    put(entry, "code",
        refused ? json_string_nocheck(acc_code_name(row->reason_code)) : json_null());
    put(entry, "reason", refused ? text_or_null(row->reason) : json_null());
    add_promise(entry, &row->entry);
    put(entry, "archived",
        row->state == ACC_ENTRY_ARCHIVED ? archived_of(&row->archived) : json_null());
    put(entry, "checked", row->checked.level[0] != '\0' ? checked_of(&row->checked) : json_null());
    fputs(lines->some ? ",\n    " : "\n    ", lines->out);
    acc_str_clear(&lines->text);
    json_dump_callback(entry, add_text, &lines->text, JSON_COMPACT);
    fwrite(lines->text.data, 1, lines->text.len, lines->out);
    json_decref(entry);
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
    }
    json_decref(head);
    return code;
}
