/* Happy path: members of an object are read by jansson one by one; "entries" is read element by
 * element, each becomes its claims and is freed. jansson is given one byte at a time, so that it
 * takes none beyond the value.
 *
 * Failure: the first byte that does not fit ends the reading; the caller forgets what it was given.
 * Close: the file and what was read of the object. */
#include "recover/documents.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "ledger/ledger.h"
#include "recover/taking.h"

/* Of an entry, or of an object less its entries, as text. What accession writes is far below. */
#define OBJECT_MAX ((size_t)32 << 20)

struct reading {
    const char *file;
    gzFile in;
    int peeked;  /* the next byte, or -1: not read yet */
    size_t room; /* bytes that the object at hand may still take: memory is bounded */
    acc_each_claim each;
    void *arg;
    struct acc_recall *recall;
    struct acc_error *err;
    json_t *head;     /* members of the object at hand */
    uint64_t number;  /* of the fact of an export */
    bool exported;    /* the head of an export was met, and not yet its end */
    json_int_t facts; /* of the export so far */
};

static enum acc_code refuse(struct reading *r, const char *what)
{
    if (r->room == 0)
        what = "an object is longer than any that accession writes";
    return acc_error_set(r->err, ACC_MANIFEST,
                         "%s, byte %lld: %s. Give receipts (RUN.json) or exports of accession, "
                         "whole and unchanged.",
                         r->file, (long long)gztell(r->in), what);
}

/* ---- bytes ---- */

static int next_byte(struct reading *r)
{
    int c = r->peeked >= 0 ? r->peeked : gzgetc(r->in);
    r->peeked = -1;
    return c;
}

/* The next byte that is no white space, left where it is; -1 at the end. */
static int peek(struct reading *r)
{
    int c = next_byte(r);
    while (c == ' ' || c == '\n' || c == '\t' || c == '\r')
        c = next_byte(r);
    r->peeked = c;
    return c;
}

static bool expect(struct reading *r, int wanted)
{
    bool there = peek(r) == wanted;
    if (there)
        next_byte(r);
    return there;
}

static size_t give_byte(void *buffer, size_t len, void *arg)
{
    struct reading *r = arg;
    (void)len;
    int c = r->room > 0 ? next_byte(r) : -1;
    if (c < 0)
        return 0;
    r->room--;
    *(char *)buffer = (char)c;
    return 1;
}

/* A string, array or object; of anything else jansson would take a byte too many. */
static json_t *read_value(struct reading *r)
{
    const size_t flags = JSON_DISABLE_EOF_CHECK | JSON_DECODE_ANY | JSON_REJECT_DUPLICATES;
    int c = peek(r);
    if (c == '"' || c == '{' || c == '[')
        return json_load_callback(give_byte, r, flags, NULL);
    char text[32];
    size_t len = 0;
    while (c >= 0 && c != ',' && c != '}' && len + 1 < sizeof text) {
        text[len++] = (char)next_byte(r);
        c = peek(r);
    }
    return json_loadb(text, len, JSON_DECODE_ANY, NULL);
}

/* ---- values ---- */

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

static int64_t number_of(const json_t *object, const char *name, int64_t otherwise)
{
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

static int64_t time_of(const json_t *object, const char *name)
{
    int64_t at = 0;
    return acc_time_parse(text_of(object, name), &at) ? at : 0;
}

static bool read_digests(const json_t *object, struct acc_digests *digests)
{
    const char *name;
    json_t *value;
    *digests = (struct acc_digests){0};
    json_object_foreach((json_t *)object, name, value)
    {
        enum acc_alg alg = acc_alg_parse(name, strlen(name));
        const char *hex = json_string_value(value);
        if (alg == ACC_ALG_COUNT || hex == NULL ||
            !acc_digests_put_hex(digests, alg, hex, strlen(hex)))
            return false;
    }
    return true;
}

static enum acc_role role_of(const char *name)
{
    static const char *const roles[ACC_ROLES] = {"payload", "tag", "manifest", "declaration"};
    for (int i = 0; i < ACC_ROLES; i++)
        if (strcmp(roles[i], name) == 0)
            return (enum acc_role)i;
    return ACC_ROLE_PAYLOAD;
}

static bool is_size(int64_t size)
{
    return size >= -1 && size <= ACC_SIZE_MAX;
}

/* ---- a receipt's entries ---- */

/* No archive: a restore wrote it, or a verification read it. */
static bool is_folder(const char *destination)
{
    return acc_starts_with(destination, ACC_FOLDER_SCHEME);
}

static enum acc_code give(struct reading *r, struct acc_claim *claim, const json_t *digests,
                          const char *destination, const char *url)
{
    if (is_folder(destination))
        return ACC_OK;
    if (!read_digests(digests, &claim->digests) || !is_size(claim->size) ||
        !is_size(claim->part_size) || claim->at < 0 || *claim->path == '\0' ||
        *destination == '\0' || !acc_starts_with(url, "s3://"))
        return refuse(r, "a value is missing or not valid");
    if (!acc_taking_is_place(destination, url))
        return refuse(r, "a fact says of one place that it is two: its URL is not its destination");
    claim->origin = r->file;
    return r->each == NULL ? ACC_OK : r->each(r->arg, destination, url, claim, r->err);
}

static enum acc_code take_entry(struct reading *r, const json_t *entry)
{
    const json_t *run = json_object_get(r->head, "run");
    const json_t *archived = json_object_get(entry, "archived");
    const json_t *checked = json_object_get(entry, "checked");
    const json_t *promised = json_object_get(entry, "promised");
    const char *destination = text_of(run, "destination"), *url = text_of(run, "url");
    struct acc_claim claim = {
        .ground = ACC_GROUND_ARCHIVED,
        .said = text_of(run, "name"),
        .path = text_of(entry, "path"),
        .role = role_of(text_of(entry, "role")),
        .copy_of = strcmp(text_of(run, "kind"), "replicate") == 0 ? text_of(run, "source") : ""};
    enum acc_code code = ACC_OK;
    /* What a verification found different is no longer what was archived. */
    bool stands = strcmp(text_of(entry, "outcome"), "different") != 0;
    if (json_is_object(archived) && stands) {
        claim.size = number_of(archived, "size", -1);
        claim.etag = text_of(archived, "etag");
        claim.version_id = text_of(archived, "version_id");
        claim.checksum = text_of(archived, "checksum");
        claim.proof = text_of(archived, "proof");
        claim.part_size = number_of(archived, "part_size", 0);
        claim.at = time_of(archived, "at");
        code = give(r, &claim, json_object_get(archived, "digests"), destination, url);
    }
    if (code != ACC_OK || strcmp(text_of(entry, "outcome"), "unchanged") != 0 ||
        strcmp(text_of(checked, "level"), "read") != 0)
        return code;
    const json_t *digests = json_object_get(promised, "digests");
    bool asked = json_object_size(digests) > 0;
    if (!asked)
        digests = json_object_get(archived, "digests");
    claim = (struct acc_claim){.ground = ACC_GROUND_CHECKED,
                               .said = claim.said,
                               .path = claim.path,
                               .role = claim.role,
                               .size = number_of(asked ? promised : archived, "size", -1),
                               .proof = text_of(checked, "proof"),
                               .at = time_of(checked, "at")};
    return give(r, &claim, digests, destination, url);
}

static json_t *read_entry(struct reading *r)
{
    size_t left = r->room;
    r->room = OBJECT_MAX;
    json_t *entry = peek(r) == '{' ? read_value(r) : NULL;
    if (r->room > 0)
        r->room = left;
    return entry;
}

static enum acc_code read_entries(struct reading *r)
{
    enum acc_code code = ACC_OK;
    if (json_integer_value(json_object_get(r->head, "receipt")) != 1 ||
        !json_is_object(json_object_get(r->head, "run")))
        return refuse(r, "entries stand before the run that they belong to, or this is no receipt "
                         "of a version that is known here");
    if (!expect(r, '['))
        return refuse(r, "entries are no list");
    if (expect(r, ']'))
        return ACC_OK;
    do {
        json_t *entry = read_entry(r);
        code = entry != NULL ? take_entry(r, entry) : refuse(r, "an entry is not one");
        json_decref(entry);
    } while (code == ACC_OK && expect(r, ','));
    return code == ACC_OK && !expect(r, ']') ? refuse(r, "the list of entries is cut off") : code;
}

/* ---- the facts of an export ---- */

static enum acc_code take_fact(struct reading *r, const json_t *fact)
{
    struct acc_claim claim = {.said = text_of(fact, "said"),
                              .path = text_of(fact, "path"),
                              .role = role_of(text_of(fact, "role")),
                              .size = number_of(fact, "size", -1),
                              .etag = text_of(fact, "etag"),
                              .version_id = text_of(fact, "version_id"),
                              .checksum = text_of(fact, "checksum"),
                              .proof = text_of(fact, "proof"),
                              .part_size = number_of(fact, "part_size", 0),
                              .at = time_of(fact, "at"),
                              .copy_of = text_of(fact, "copy_of"),
                              .line = ++r->number};
    r->facts++;
    if (!acc_ground_from_name(text_of(fact, "fact"), &claim.ground))
        return refuse(r, "a fact of a kind that is not known here");
    return give(r, &claim, json_object_get(fact, "digests"), text_of(fact, "destination"),
                text_of(fact, "url"));
}

static enum acc_code end_object(struct reading *r, bool entries)
{
    if (entries) {
        if (is_folder(text_of(json_object_get(r->head, "run"), "destination")))
            r->recall->passed_over++;
        else
            r->recall->sources++;
        return ACC_OK;
    }
    if (json_integer_value(json_object_get(r->head, "export")) == 1 && !r->exported) {
        r->exported = true;
        r->facts = 0;
        r->recall->sources++;
        return ACC_OK;
    }
    if (r->exported && json_object_get(r->head, "fact") != NULL)
        return take_fact(r, r->head);
    if (r->exported && json_is_integer(json_object_get(r->head, "facts"))) {
        r->exported = false;
        return json_integer_value(json_object_get(r->head, "facts")) == r->facts
                   ? ACC_OK
                   : refuse(r, "the number of facts in the export differs from its last line");
    }
    return refuse(r, "neither a receipt nor an export of a version that is known here");
}

static enum acc_code read_object(struct reading *r)
{
    enum acc_code code = ACC_OK;
    bool entries = false, more = expect(r, '{');
    r->room = OBJECT_MAX;
    if (!more)
        return refuse(r, "not JSON as accession writes it");
    if (expect(r, '}'))
        return end_object(r, entries);
    while (code == ACC_OK && more) {
        json_t *name = peek(r) == '"' ? read_value(r) : NULL;
        if (name == NULL || !expect(r, ':')) {
            code = refuse(r, "cut off, or not JSON");
        } else if (strcmp(json_string_value(name), "entries") == 0) {
            entries = true;
            code = read_entries(r);
        } else {
            json_t *value = read_value(r);
            if (value == NULL)
                code = refuse(r, "cut off, or not JSON");
            else
                json_object_set_new(r->head, json_string_value(name), value);
        }
        json_decref(name);
        more = code == ACC_OK && expect(r, ',');
    }
    if (code == ACC_OK && !expect(r, '}'))
        code = refuse(r, "cut off, or not JSON");
    return code == ACC_OK ? end_object(r, entries) : code;
}

static enum acc_code read_all(struct reading *r)
{
    enum acc_code code = ACC_OK;
    uint64_t objects = 0;
    while (code == ACC_OK && peek(r) >= 0) {
        json_object_clear(r->head);
        code = read_object(r);
        objects++;
    }
    int wrong = Z_OK;
    gzerror(r->in, &wrong);
    if (code == ACC_OK && wrong != Z_OK)
        code = refuse(r, "the compressed file is damaged or cut off");
    if (code == ACC_OK && objects == 0)
        code = refuse(r, "empty");
    if (code == ACC_OK && r->exported)
        code = refuse(r, "the export is incomplete: its last line, the number of its facts, is "
                         "missing");
    return code;
}

/* What a pipe gives is gone when it is read. */
static bool can_be_read_twice(gzFile in, const struct stat *st)
{
    return S_ISREG(st->st_mode) && gzrewind(in) == 0;
}

/* All of it is read, and nothing given, before the first claim is: what is refused leaves nothing
 * behind. */
static enum acc_code read_twice(struct reading *r)
{
    struct acc_recall uncounted = {0};
    struct reading look = *r;
    look.each = NULL;
    look.recall = &uncounted;
    enum acc_code code = read_all(&look);
    if (code == ACC_OK && gzrewind(r->in) != 0)
        code = refuse(r, "cannot be read a second time");
    return code == ACC_OK ? read_all(r) : code;
}

/* "-" is standard input. Opening a pipe waits for its other end. */
static gzFile open_document(const char *file, struct stat *st)
{
    int fd = strcmp(file, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                                    : open(file, O_RDONLY | O_CLOEXEC);
    gzFile in = NULL;
    if (fd >= 0 && fstat(fd, st) == 0 && S_ISDIR(st->st_mode))
        errno = EISDIR;
    else if (fd >= 0)
        in = gzdopen(fd, "rb");
    if (in == NULL && fd >= 0) {
        int number = errno;
        close(fd);
        errno = number;
    }
    return in;
}

enum acc_code acc_documents_read(const char *file, const char *name, acc_each_claim each, void *arg,
                                 struct acc_recall *recall, struct acc_error *err)
{
    struct reading r = {.file = name,
                        .peeked = -1,
                        .room = OBJECT_MAX,
                        .each = each,
                        .arg = arg,
                        .recall = recall,
                        .err = err};
    struct stat st = {0};
    r.in = open_document(file, &st);
    if (r.in == NULL)
        return acc_error_set(err, ACC_SOURCE, "%s: cannot be read: %s", name, strerror(errno));
    r.head = json_object();
    enum acc_code code = can_be_read_twice(r.in, &st) ? read_twice(&r) : read_all(&r);
    json_decref(r.head);
    gzclose(r.in);
    return code;
}
