/* From the encodings that old bags declare for their tag files to UTF-8, a chunk at a time. */
#ifndef ACC_MANIFEST_ENCODING_H
#define ACC_MANIFEST_ENCODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum acc_encoding {
    ACC_ENC_UTF8,
    ACC_ENC_LATIN1, /* ISO-8859-1 */
    ACC_ENC_UTF16,  /* a byte order mark decides; without one big-endian (RFC 2781, 4.3) */
    ACC_ENC_UTF16BE,
    ACC_ENC_UTF16LE,
    ACC_ENC_UNKNOWN
};

/* By IANA's name or a usual alias, in any case ("US-ASCII" is UTF-8). */
enum acc_encoding acc_encoding_parse(const char *name, size_t len);

/* A conversion in progress; zeroed but for `from` at the start. */
struct acc_decoder {
    enum acc_encoding from;
    uint8_t held[4]; /* a code unit or surrogate cut in two by the chunk's end */
    unsigned held_len;
};

/* Appends `len` bytes as UTF-8 to `out`. False at an unpaired surrogate. */
bool acc_decode(struct acc_decoder *decoder, const uint8_t *bytes, size_t len, struct acc_str *out);

/* False when the text ended in the middle of a character. */
bool acc_decode_end(const struct acc_decoder *decoder);

#endif
