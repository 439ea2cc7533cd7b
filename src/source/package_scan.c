/* Pass one: every entry of the package is read to its end, judged, hashed and put into the index.
 *
 * Which digests the manifests promise is known once they are read, and they may lie at the end. A
 * list that a bag names by its algorithm says it; until one was seen, MD5, SHA-256 and SHA-512 are
 * computed. What is still missing afterwards takes one more reading (the plan asks for it). Packed
 * manifests are kept in the index: to find one again means to unpack everything before it.
 *
 * Fails with the first entry that no package may hold, with more bytes than are allowed, and with
 * damage; ACC_INTERRUPTED once `stop` is set. The package cannot be used then. */
#include "source/package.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"

enum { PIECE = 256 * 1024, COMPARED = 4096 };

/* Packages smaller than this may unpack to so much: a page of zeros is no bomb. */
#define EXPANSION_FLOOR ((int64_t)64 << 20)
#define ANY_EXPANSION 100
#define KEPT_MAX ((int64_t)256 << 20)

struct scan {
    struct acc_package *package;
    struct acc_package_reader *reader;
    const atomic_bool *stop;
    struct acc_algs *algs;
    struct acc_hasher hasher;
    uint32_t wanted;
    bool first, named; /* the first reading; a manifest has named an algorithm */
    int64_t files_bytes, entries, files;
    struct {
        int64_t promised, found; /* Payload-Oxum's bytes, once read; of data/ */
    } payload;
    struct acc_str name, target, info;
    char *piece;
};

/* ---- limits ---- */

/* What came out beyond the payload that Payload-Oxum promises. */
static int64_t unpacked(const struct scan *s)
{
    int64_t stream = acc_package_reader_unpacked(s->reader);
    int64_t all =
        s->package->packing == ACC_PACKING_ZIP ? s->files_bytes + s->entries * 512 : stream;
    int64_t promised = s->payload.promised, found = s->payload.found;
    return all - (found < promised ? found : promised);
}

static enum acc_code check_expansion(const struct scan *s, struct acc_error *err)
{
    const struct acc_package *p = s->package;
    int64_t times = p->max_expansion > 0 ? p->max_expansion : ANY_EXPANSION;
    int64_t size = p->st.st_size, limit = size < INT64_MAX / times ? size * times : INT64_MAX;
    if (unpacked(s) <= (limit > EXPANSION_FLOOR ? limit : EXPANSION_FLOOR))
        return ACC_OK;
    return acc_error_set(err, ACC_SOURCE,
                         "%s: unpacks to more than %lld times its size. If that is right, allow "
                         "more with --max-expansion.",
                         p->path, (long long)times);
}

/* ---- manifests ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool near_the_top(const char *path)
{
    const char *slash = strchr(path, '/');
    return slash == NULL || strchr(slash + 1, '/') == NULL;
}

/* What plan and bag read more than once, or before other files. */
static bool is_kept(const char *path)
{
    static const char *const endings[] = {".txt", ".sha256", ".sha512", ".md5", ".xml", "SUMS"};
    bool fits = false;
    for (size_t i = 0; i < ACC_COUNT_OF(endings); i++)
        fits = fits || acc_ends_with(path, endings[i]);
    return fits && near_the_top(path);
}

static void learn_algorithm(struct scan *s, const char *path)
{
    const char *name = base_name(path), *dash = strchr(name, '-');
    size_t len = strlen(name);
    if (!acc_starts_with(name, "manifest-") || !acc_ends_with(name, ".txt") || !near_the_top(path))
        return;
    enum acc_alg alg = acc_alg_parse(dash + 1, len - (size_t)(dash + 1 - name) - 4);
    if (alg == ACC_ALG_COUNT)
        return;
    s->wanted = (s->named ? s->wanted : 1u << ACC_SHA256) | 1u << alg;
    s->named = true;
}

/* "Payload-Oxum: BYTES.FILES" of what has been read of bag-info.txt. */
static void learn_oxum(struct scan *s)
{
    const char *line = acc_str_cstr(&s->info);
    while (line != NULL && strncasecmp(line, "Payload-Oxum:", 13) != 0) {
        line = strchr(line, '\n');
        line += line != NULL;
    }
    if (line != NULL && s->payload.promised == 0) {
        char *end;
        long long bytes = strtoll(line + 13, &end, 10);
        if (*end == '.' && bytes >= 0)
            s->payload.promised = bytes;
    }
}

static bool is_payload(const char *path)
{
    const char *at = path;
    for (int depth = 0; depth < 2 && at != NULL; depth++) {
        if (acc_starts_with(at, "data/"))
            return true;
        at = strchr(at, '/');
        at = at != NULL ? at + 1 : NULL;
    }
    return false;
}

/* ---- one entry ---- */

static enum acc_code stopped(const struct scan *s, struct acc_error *err)
{
    return s->stop != NULL && atomic_load(s->stop)
               ? acc_error_set(err, ACC_INTERRUPTED, "interrupted while reading %s",
                               s->package->path)
               : ACC_OK;
}

/* Bytes that lie in the file as they are can be read from there: a look shows that they do. */
static void check_offset(const struct scan *s, struct acc_index_entry *e, const char *bytes,
                         size_t len)
{
    char there[COMPARED];
    len = len < sizeof there ? len : sizeof there;
    if (e->offset < 0)
        return;
    ssize_t got = acc_package_pread(s->package->fd, there, len, e->offset);
    if (got != (ssize_t)len || memcmp(there, bytes, len) != 0)
        e->offset = -1;
}

static enum acc_code take_bytes(struct scan *s, struct acc_index_entry *e, int64_t at, size_t len,
                                struct acc_error *err)
{
    bool payload = is_payload(s->name.data);
    if (at == 0)
        check_offset(s, e, s->piece, len);
    acc_hasher_update(&s->hasher, s->piece, len);
    s->files_bytes += (int64_t)len;
    if (s->package->watcher.on_read != NULL)
        s->package->watcher.on_read(s->package->watcher.arg, (uint64_t)s->files, s->files_bytes);
    s->payload.found += payload ? (int64_t)len : 0;
    if (strcmp(base_name(s->name.data), "bag-info.txt") == 0 && s->info.len + len < PIECE)
        acc_str_add_n(&s->info, s->piece, len);
    enum acc_code code = check_expansion(s, err);
    if (code == ACC_OK)
        code = stopped(s, err);
    if (code == ACC_OK && e->kept && s->first && e->offset < 0)
        code = acc_index_keep(&s->package->index, e->place, at, s->piece, len, err);
    return code;
}

static enum acc_code read_bytes(struct scan *s, struct acc_index_entry *e, struct acc_error *err)
{
    enum acc_code code = ACC_OK;
    int64_t at = 0;
    acc_hasher_init(&s->hasher, s->algs, s->wanted);
    acc_str_clear(&s->info);
    while (code == ACC_OK) {
        ssize_t got = acc_package_reader_read(s->reader, s->piece, PIECE, err);
        if (got < 0)
            return err->code;
        if (got == 0)
            break;
        code = take_bytes(s, e, at, (size_t)got, err);
        at += got;
    }
    if (code == ACC_OK && at != e->size)
        code = acc_package_refuse(s->package, s->name.data,
                                  "is not as long as the package says. The package is damaged; get "
                                  "it again.",
                                  err);
    if (code == ACC_OK && strcmp(base_name(s->name.data), "bag-info.txt") == 0)
        learn_oxum(s);
    acc_hasher_finish(&s->hasher, &e->digests);
    return code;
}

static void describe(const struct scan *s, struct archive_entry *entry, struct acc_index_entry *e)
{
    mode_t type = archive_entry_filetype(entry);
    *e = (struct acc_index_entry){
        .kind = archive_entry_hardlink(entry) != NULL ? ACC_INDEX_HARD_LINK
                : type == AE_IFLNK                    ? ACC_INDEX_LINK
                : type == AE_IFDIR                    ? ACC_INDEX_FOLDER
                                                      : ACC_INDEX_FILE,
        .place = acc_package_reader_place(s->reader),
        .offset = acc_package_reader_offset(s->reader),
        .size = archive_entry_size(entry),
        .seconds = archive_entry_mtime(entry),
        .nanoseconds = archive_entry_mtime_nsec(entry),
    };
}

static enum acc_code put(struct scan *s, const struct acc_index_entry *e, const char *target,
                         struct acc_error *err)
{
    static const char *const sentences[] = {
        [ACC_INDEX_TWICE] =
            "is in the package twice, and accession cannot tell which one counts. Pack the files "
            "again.",
        [ACC_INDEX_NO_FOLDER] = "is a file and a folder at the same time. Pack the files again.",
        [ACC_INDEX_IN_FILE] = "is a file or a link, and a folder at the same time. The package is "
                              "not to be trusted; pack the files again.",
    };
    enum acc_index_clash clash;
    struct acc_str at = {0};
    enum acc_code code =
        acc_index_add(&s->package->index, s->name.data, e, target, &clash, &at, err);
    if (code == ACC_OK && clash != ACC_INDEX_CLEAR)
        code = acc_package_refuse(s->package, at.data, sentences[clash], err);
    acc_str_release(&at);
    return code;
}

static enum acc_code take_file(struct scan *s, struct acc_index_entry *e, struct acc_error *err)
{
    s->files++;
    learn_algorithm(s, s->name.data);
    e->kept = e->size <= KEPT_MAX && is_kept(s->name.data);
    enum acc_code code = read_bytes(s, e, err);
    e->kept = e->kept && e->offset < 0;
    s->package->packed |= e->offset < 0 && !e->kept;
    if (code == ACC_OK && s->first)
        code = put(s, e, NULL, err);
    return code == ACC_OK ? acc_index_set_digests(&s->package->index, e->place, &e->digests, err)
                          : code;
}

static enum acc_code take_link(struct scan *s, struct archive_entry *entry,
                               const struct acc_index_entry *e, struct acc_error *err)
{
    bool hard = e->kind == ACC_INDEX_HARD_LINK;
    enum acc_code code = acc_package_target(
        s->package, s->name.data,
        hard ? archive_entry_hardlink(entry) : archive_entry_symlink(entry), hard, &s->target, err);
    if (code == ACC_OK && hard && strcmp(s->name.data, acc_str_cstr(&s->target)) == 0)
        return ACC_OK; /* the same file once more, as tar writes one that is named twice */
    return code == ACC_OK ? put(s, e, acc_str_cstr(&s->target), err) : code;
}

static enum acc_code take(struct scan *s, struct archive_entry *entry, struct acc_error *err)
{
    struct acc_index_entry e;
    enum acc_code code = acc_package_name(s->package, archive_entry_pathname(entry), &s->name, err);
    if (code == ACC_OK)
        code = acc_package_judge(s->package, acc_str_cstr(&s->name), entry, err);
    if (code != ACC_OK)
        return code;
    describe(s, entry, &e);
    s->entries++;
    if (s->name.len == 0)
        return e.kind == ACC_INDEX_FOLDER
                   ? ACC_OK
                   : acc_package_refuse(s->package, ".", "is not a folder. Pack the files again.",
                                        err);
    if (e.kind == ACC_INDEX_FILE)
        return take_file(s, &e, err);
    if (!s->first)
        return ACC_OK;
    return e.kind == ACC_INDEX_FOLDER ? put(s, &e, NULL, err) : take_link(s, entry, &e, err);
}

static enum acc_code read_all(struct scan *s, struct acc_error *err)
{
    struct archive_entry *entry = NULL;
    enum acc_code code = ACC_OK;
    while (code == ACC_OK) {
        code = acc_package_reader_next(s->reader, &entry, err);
        if (code != ACC_OK || entry == NULL)
            break;
        code = take(s, entry, err);
        if (code == ACC_OK)
            code = check_expansion(s, err);
        if (code == ACC_OK)
            code = stopped(s, err);
    }
    return code;
}

enum acc_code acc_package_scan(struct acc_package *package, uint32_t wanted,
                               const atomic_bool *stop, struct acc_error *err)
{
    struct scan s = {.package = package, .stop = stop, .first = !package->scanned};
    s.wanted = 1u << ACC_SHA256 | (wanted != 0 ? wanted : 1u << ACC_SHA512 | 1u << ACC_MD5);
    s.named = wanted != 0;
    s.piece = acc_alloc(PIECE);
    enum acc_code code = acc_algs_new(&s.algs, err);
    if (code == ACC_OK && s.first)
        code = acc_index_open(&package->index, err);
    if (code == ACC_OK)
        code = acc_package_reader_new(package, &s.reader, err);
    if (code == ACC_OK)
        code = read_all(&s, err);
    if (code == ACC_OK && s.first)
        code = acc_index_find_root(&package->index, err);
    package->scanned = code == ACC_OK;
    acc_package_reader_free(s.reader);
    acc_hasher_release(&s.hasher);
    acc_algs_free(s.algs);
    acc_str_release(&s.name);
    acc_str_release(&s.target);
    acc_str_release(&s.info);
    free(s.piece);
    return code;
}
