/* What a zip says of itself at its end, held against the file. libarchive looks for a directory
 * anywhere near the end, and for entries only where that directory says: of two that share one
 * place it shows one, and of what stands before, between or behind them it says nothing. Other
 * programs would read other files there. (APPNOTE.TXT 4.3.7 to 4.3.16: local headers, what may
 * follow their data, the directory, the record at the end, and that record's zip64 form, to which a
 * locator before it leads.)
 *
 * Happy path: the last record reaches the end of the file, the directory lies directly before it,
 * the first file at the very beginning, and each of the others where one ends. Else the package is
 * refused. */
#include "source/package.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include "base/mem.h"

enum {
    RECORD = 22,
    COMMENT_MAX = 65535,
    LOCATOR = 20,
    RECORD_64 = 56,
    HEADER = 46,        /* of an entry of the directory */
    LOCAL = 30,         /* of the same entry, before its data */
    DESCRIBED = 1 << 3, /* the flag of an entry whose CRC and sizes stand behind its data too */
    DESCRIPTION_MAX = 24,
    HEADER_MAX = HEADER + 3 * 65535,
    PIECE = 256 * 1024,
    MANY = 0xFFFF
};

#define HUGE_NUMBER INT64_C(0xFFFFFFFF)

struct ending {
    int64_t entries, size, offset; /* of the directory */
    int64_t begins, ends;          /* of the records behind it */
};

static int64_t number(const uint8_t *at, size_t len)
{
    uint64_t n = 0;
    for (size_t i = len; i > 0; i--)
        n = n << 8 | at[i - 1];
    return n > INT64_MAX ? -1 : (int64_t)n;
}

static bool is(const uint8_t *at, const char *mark)
{
    return memcmp(at, mark, 4) == 0;
}

/* ---- the records at the end ---- */

static bool agrees(int64_t small, int64_t none, int64_t large)
{
    return small == none || small == large;
}

/* A locator is there: its record counts, and the smaller one may not say anything else. */
static bool read_64(const struct acc_package *package, const uint8_t *locator, struct ending *e)
{
    uint8_t record[RECORD_64];
    int64_t at = number(locator + 8, 8), locator_at = e->begins - LOCATOR;
    if (at < 0 || acc_package_pread(package->fd, record, sizeof record, at) != RECORD_64 ||
        !is(record, "PK\x06\x06"))
        return false;
    struct ending large = {.entries = number(record + 32, 8),
                           .size = number(record + 40, 8),
                           .offset = number(record + 48, 8),
                           .begins = at,
                           .ends = e->ends};
    bool same = agrees(e->entries, MANY, large.entries) &&
                agrees(e->size, HUGE_NUMBER, large.size) &&
                agrees(e->offset, HUGE_NUMBER, large.offset);
    *e = large;
    return same && number(record + 4, 8) == locator_at - at - 12;
}

static bool read_ending(const struct acc_package *package, struct ending *e)
{
    int64_t size = package->st.st_size;
    size_t room = RECORD + COMMENT_MAX + LOCATOR;
    if (size < (int64_t)room)
        room = (size_t)size;
    uint8_t *tail = acc_alloc(room + 1);
    ssize_t len = acc_package_pread(package->fd, tail, room, size - (int64_t)room);
    ssize_t at = len - RECORD;
    while (at >= 0 && !is(tail + at, "PK\x05\x06"))
        at--;
    bool good = at >= 0;
    if (good) {
        const uint8_t *record = tail + at;
        e->entries = number(record + 10, 2);
        e->size = number(record + 12, 4);
        e->offset = number(record + 16, 4);
        e->begins = size - len + at;
        e->ends = e->begins + RECORD + number(record + 20, 2);
        if (at >= LOCATOR && is(record - LOCATOR, "PK\x06\x07"))
            good = read_64(package, record - LOCATOR, e);
    }
    free(tail);
    return good;
}

/* ---- the directory ---- */

/* Places of fields in a header of the directory that the zip64 field may hold instead, in its
 * order.
 */
enum { UNPACKED = 24, PACKED = 20, PLACE = 42 };

static int64_t field_of(const uint8_t *header, size_t which)
{
    static const size_t order[] = {UNPACKED, PACKED, PLACE};
    const uint8_t *at = header + HEADER + number(header + 28, 2);
    const uint8_t *end = at + number(header + 30, 2);
    size_t before = 0;
    if (number(header + which, 4) != HUGE_NUMBER)
        return number(header + which, 4);
    for (size_t i = 0; order[i] != which; i++)
        before += number(header + order[i], 4) == HUGE_NUMBER ? 8 : 0;
    for (; end - at >= 4; at += 4 + number(at + 2, 2))
        if (number(at, 2) == 1 && end - at >= (ssize_t)(4 + before + 8))
            return number(at + 4 + before, 8);
    return HUGE_NUMBER;
}

/* How long the description is that stands at the place: CRC and both sizes once more, of 4 or 8
 * bytes, with a mark before them or without. 0: none does. */
static int64_t description(const struct acc_package *package, const uint8_t *header, int64_t place)
{
    uint8_t text[DESCRIPTION_MAX] = {0};
    acc_package_pread(package->fd, text, sizeof text, place);
    for (size_t at = is(text, "PK\x07\x08") ? 4 : 0;; at = 0) {
        for (size_t width = 4; width <= 8; width += 4)
            if (number(text + at, 4) == number(header + 16, 4) &&
                number(text + at + 4, width) == field_of(header, PACKED) &&
                number(text + at + 4 + width, width) == field_of(header, UNPACKED))
                return (int64_t)(at + 4 + 2 * width);
        if (at == 0)
            return 0;
    }
}

/* Where the entry's file ends in the package, or -1. */
static int64_t end_of(const struct acc_package *package, const uint8_t *header)
{
    uint8_t local[LOCAL];
    int64_t place = field_of(header, PLACE), packed = field_of(header, PACKED);
    if (place < 0 || packed < 0 || packed > package->st.st_size ||
        acc_package_pread(package->fd, local, sizeof local, place) != LOCAL ||
        !is(local, "PK\x03\x04"))
        return -1;
    int64_t end = place + LOCAL + number(local + 26, 2) + number(local + 28, 2) + packed;
    return end + ((number(header + 8, 2) & DESCRIBED) != 0 ? description(package, header, end) : 0);
}

static int64_t length_of(const uint8_t *header)
{
    return HEADER + number(header + 28, 2) + number(header + 30, 2) + number(header + 32, 2);
}

/* Places of entries and their ends in no order: if each place but 0 is the end of another entry,
 * and the directory's too, nothing lies between them. Sums of hashes show whether that is so. */
struct extents {
    int64_t first;         /* the least place */
    uint64_t begins, ends; /* sums over all places, and over all ends */
};

static uint64_t hash(int64_t place)
{
    uint8_t sum[SHA256_DIGEST_LENGTH];
    uint64_t start;
    SHA256((const uint8_t *)&place, sizeof place, sum);
    memcpy(&start, sum, sizeof start);
    return start;
}

static bool add_extent(const struct acc_package *package, const uint8_t *header, struct extents *x)
{
    int64_t place = field_of(header, PLACE), end = end_of(package, header);
    x->first = place < x->first ? place : x->first;
    x->begins += hash(place);
    x->ends += hash(end);
    return end >= 0;
}

/* False if the directory is not made of as many entries as it says. */
static bool read_extents(const struct acc_package *package, const struct ending *e,
                         struct extents *x)
{
    uint8_t *piece = acc_alloc(PIECE);
    int64_t at = e->offset, entries = 0;
    ssize_t had = 0, used = 0;
    bool whole = true;
    while (at < e->begins && whole) {
        if (had - used < HEADER_MAX && at + had - used < e->begins) {
            int64_t left = e->begins - at;
            used = 0;
            had = acc_package_pread(package->fd, piece, left < PIECE ? (size_t)left : PIECE, at);
        }
        const uint8_t *header = piece + used;
        whole = had - used >= HEADER && is(header, "PK\x01\x02") &&
                length_of(header) <= had - used && add_extent(package, header, x);
        entries++;
        at += whole ? length_of(header) : 0;
        used += whole ? (ssize_t)length_of(header) : 0;
    }
    free(piece);
    return whole && entries == e->entries;
}

static enum acc_code refuse(const struct acc_package *package, const char *why,
                            struct acc_error *err)
{
    return acc_error_set(err, ACC_SOURCE, "%s: the package %s again.", package->path, why);
}

enum acc_code acc_package_zip_check(const struct acc_package *package, int64_t entries,
                                    struct acc_error *err)
{
    struct ending e = {0};
    if (!read_ending(package, &e) || e.entries != entries)
        return refuse(package,
                      "is damaged: its directory lists entries that share one place, or are not "
                      "there. Get it",
                      err);
    if (e.ends > package->st.st_size)
        return refuse(package, "is cut short: the comment at its end is not whole. Get it", err);
    if (e.ends < package->st.st_size)
        return refuse(package, "goes on after its end, where no file would be found. Pack it", err);
    if (e.size < 0 || e.offset < 0 || e.size > e.begins || e.offset != e.begins - e.size)
        return refuse(package,
                      "has something before its first file or behind its directory, where no file "
                      "would be found. Pack it",
                      err);
    struct extents x = {.first = e.offset};
    if (!read_extents(package, &e, &x) || x.first != 0)
        return refuse(package,
                      "has something before its first file, where no file would be found. Pack it",
                      err);
    if (x.begins + hash(e.offset) != x.ends + hash(0))
        return refuse(
            package, "has something between its files, where no file would be found. Pack it", err);
    return ACC_OK;
}
