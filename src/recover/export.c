/* An export: a head, then a line for each fact, as acc_ledger_claims() lists them, and their
 * number, by which one that was cut off is known.
 *
 *     {"export":1,"program":{"name":"accession","version":"0.1.0"},"at":"2026-11-22T10:04:11.218Z"}
 *     {"fact":"archived","destination":"…","url":"s3://…","path":"data/a","said":"RUN",…}
 *     {"facts":1}
 *
 * Failure: the file does not appear. Names are UTF-8 in every ledger, texts of servers are made so.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/path.h"
#include "ledger/heard.h"
#include "ledger/ledger.h"

struct export
{
    gzFile out;
    const char *file;
    struct acc_str line, scratch;
    uint64_t facts;
};

static enum acc_code write_line(struct export *e, struct acc_error *err)
{
    acc_str_add_c(&e->line, '\n');
    if (gzwrite(e->out, e->line.data, (unsigned)e->line.len) == (int)e->line.len)
        return ACC_OK;
    return acc_error_set(err, ACC_LOCAL, "%s: cannot be written: %s", e->file, strerror(errno));
}

static enum acc_code write_head(struct export *e, struct acc_error *err)
{
    struct acc_json json = {.out = &e->line};
    char at[ACC_TIME_TEXT];
    acc_json_open(&json, NULL, '{');
    acc_json_number(&json, "export", 1);
    acc_json_open(&json, "program", '{');
    acc_json_text(&json, "name", "accession");
    acc_json_text(&json, "version", ACC_VERSION);
    acc_json_close(&json, '}');
    acc_json_text(&json, "at", acc_time_rfc3339(acc_time_now(), at));
    acc_json_close(&json, '}');
    return write_line(e, err);
}

/* Left out if there is none. */
static void put_text(struct export *e, struct acc_json *json, const char *name, const char *text)
{
    if (text == NULL || *text == '\0')
        return;
    if (!acc_utf8_valid(text, strlen(text))) {
        acc_str_clear(&e->scratch);
        acc_path_show(&e->scratch, text, strlen(text));
        text = acc_str_cstr(&e->scratch);
    }
    acc_json_text(json, name, text);
}

static void put_digests(struct acc_json *json, const struct acc_digests *digests)
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

static enum acc_code write_fact(void *arg, const char *destination, const char *url,
                                const struct acc_claim *claim, struct acc_error *err)
{
    static const char *const roles[ACC_ROLES] = {"payload", "tag", "manifest", "declaration"};
    struct export *e = arg;
    struct acc_json json = {.out = &e->line};
    char at[ACC_TIME_TEXT];
    acc_str_clear(&e->line);
    acc_json_open(&json, NULL, '{');
    put_text(e, &json, "fact", acc_ground_name(claim->ground));
    put_text(e, &json, "destination", destination);
    put_text(e, &json, "url", url);
    put_text(e, &json, "path", claim->path);
    put_text(e, &json, "role", roles[claim->role]);
    put_text(e, &json, "said", claim->said);
    put_digests(&json, &claim->digests);
    if (claim->size >= 0)
        acc_json_number(&json, "size", claim->size);
    put_text(e, &json, "etag", claim->etag);
    put_text(e, &json, "version_id", claim->version_id);
    put_text(e, &json, "checksum", claim->checksum);
    put_text(e, &json, "proof", claim->proof);
    put_text(e, &json, "copy_of", claim->copy_of);
    if (claim->part_size > 0)
        acc_json_number(&json, "part_size", claim->part_size);
    if (claim->at > 0)
        acc_json_text(&json, "at", acc_time_rfc3339(claim->at, at));
    acc_json_close(&json, '}');
    e->facts++;
    return write_line(e, err);
}

static enum acc_code write_end(struct export *e, struct acc_error *err)
{
    struct acc_json json = {.out = &e->line};
    acc_str_clear(&e->line);
    acc_json_open(&json, NULL, '{');
    acc_json_number(&json, "facts", (int64_t)e->facts);
    acc_json_close(&json, '}');
    return write_line(e, err);
}

static enum acc_code write_all(struct acc_ledger *ledger, struct export *e, FILE *stream,
                               struct acc_error *err)
{
    bool packed = acc_ends_with(e->file, ".gz");
    int fd = dup(fileno(stream));
    e->out = fd >= 0 ? gzdopen(fd, packed ? "wb6" : "wbT") : NULL;
    if (e->out == NULL) {
        if (fd >= 0)
            close(fd);
        return acc_error_set(err, ACC_LOCAL, "%s: cannot be written: %s", e->file, strerror(errno));
    }
    enum acc_code code = write_head(e, err);
    if (code == ACC_OK)
        code = acc_ledger_claims(ledger, write_fact, e, err);
    if (code == ACC_OK)
        code = write_end(e, err);
    if (gzclose(e->out) != Z_OK && code == ACC_OK)
        code = acc_error_set(err, ACC_LOCAL, "%s: cannot be written: %s", e->file, strerror(errno));
    acc_str_release(&e->line);
    acc_str_release(&e->scratch);
    return code;
}

enum acc_code acc_export_ledger(const char *path, const char *file, uint64_t *facts,
                                struct acc_error *err)
{
    struct acc_str found = {0};
    struct acc_ledger *ledger = NULL;
    struct acc_file_new out = {0};
    struct export e = {.file = file};
    if (strcmp(file, "-") != 0 && access(file, F_OK) == 0)
        return acc_error_set(err, ACC_LOCAL,
                             "%s: exists already; an export replaces nothing, name another file",
                             file);
    acc_ledger_where(path, &found);
    enum acc_code code = acc_ledger_open_readonly(acc_str_cstr(&found), &ledger, err);
    if (code == ACC_OK)
        code = acc_file_begin(&out, file, err);
    if (code == ACC_OK) {
        code = write_all(ledger, &e, out.stream, err);
        if (code == ACC_OK)
            code = acc_file_commit(&out, err);
        else
            acc_file_abandon(&out);
    }
    acc_ledger_close(ledger);
    acc_str_release(&found);
    *facts = e.facts;
    return code;
}
