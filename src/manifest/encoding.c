/* ISO-8859-1 and UTF-16 to UTF-8. Written out, because the C library's iconv takes UTF-16 without a
 * mark to be in the machine's byte order, while the standard says big-endian. */
#include "manifest/encoding.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"

static const struct {
    const char *name;
    enum acc_encoding encoding;
} names[] = {
    {"UTF-8", ACC_ENC_UTF8},        {"UTF8", ACC_ENC_UTF8},         {"US-ASCII", ACC_ENC_UTF8},
    {"ASCII", ACC_ENC_UTF8},        {"ISO-8859-1", ACC_ENC_LATIN1}, {"ISO8859-1", ACC_ENC_LATIN1},
    {"ISO_8859-1", ACC_ENC_LATIN1}, {"latin1", ACC_ENC_LATIN1},     {"UTF-16", ACC_ENC_UTF16},
    {"UTF-16BE", ACC_ENC_UTF16BE},  {"UTF-16LE", ACC_ENC_UTF16LE},
};

enum acc_encoding acc_encoding_parse(const char *name, size_t len)
{
    for (size_t i = 0; i < ACC_COUNT_OF(names); i++)
        if (strlen(names[i].name) == len && strncasecmp(names[i].name, name, len) == 0)
            return names[i].encoding;
    return ACC_ENC_UNKNOWN;
}

static void add_utf8(struct acc_str *out, uint32_t c)
{
    char bytes[4];
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint8_t lead[] = {0, 0x00, 0xC0, 0xE0, 0xF0};
    for (size_t i = len; i-- > 1; c >>= 6)
        bytes[i] = (char)(0x80 | (c & 0x3F));
    bytes[0] = (char)(lead[len] | c);
    acc_str_add_n(out, bytes, len);
}

static uint32_t unit(const struct acc_decoder *d, const uint8_t *at)
{
    return d->from == ACC_ENC_UTF16LE ? at[0] | (uint32_t)at[1] << 8 : at[1] | (uint32_t)at[0] << 8;
}

/* Takes one byte of UTF-16; a character comes out when `held` has two bytes or, for a pair, four.
 */
static bool take_utf16(struct acc_decoder *d, uint8_t byte, struct acc_str *out)
{
    d->held[d->held_len++] = byte;
    if (d->held_len % 2 != 0)
        return true;
    uint32_t first = unit(d, d->held);
    if (d->from == ACC_ENC_UTF16) {
        d->from = first == 0xFFFE ? ACC_ENC_UTF16LE : ACC_ENC_UTF16BE;
        if (first == 0xFFFE || first == 0xFEFF) {
            d->held_len = 0;
            return true;
        }
    }
    bool high = first >= 0xD800 && first < 0xDC00;
    if (d->held_len == 2 && high)
        return true;
    uint32_t second = d->held_len == 4 ? unit(d, d->held + 2) : 0;
    d->held_len = 0;
    if (first >= 0xDC00 && first < 0xE000)
        return false;
    if (high && (second < 0xDC00 || second >= 0xE000))
        return false;
    add_utf8(out, high ? 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00) : first);
    return true;
}

bool acc_decode(struct acc_decoder *d, const uint8_t *bytes, size_t len, struct acc_str *out)
{
    if (d->from == ACC_ENC_UTF8) {
        acc_str_add_n(out, bytes, len);
        return true;
    }
    for (size_t i = 0; i < len; i++) {
        if (d->from == ACC_ENC_LATIN1)
            add_utf8(out, bytes[i]);
        else if (!take_utf16(d, bytes[i], out))
            return false;
    }
    return true;
}

bool acc_decode_end(const struct acc_decoder *d)
{
    return d->held_len == 0;
}
