/* A growing string of bytes.
 *
 * A zeroed struct is an empty string: `struct acc_str s = {0};`. data is NUL-terminated whenever it
 * is not NULL, the NUL is not counted in len, and the bytes may hold NULs of their own. Release
 * with acc_str_release(), which leaves an empty string that can be used again. acc_str_cstr() never
 * returns NULL.
 */
#ifndef ACC_BASE_STR_H
#define ACC_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct acc_str {
    char *data;
    size_t len;
    size_t cap;
};

void acc_str_reserve(struct acc_str *s, size_t extra); /* room for `extra` more bytes and the NUL */
void acc_str_add(struct acc_str *s, const char *text);
void acc_str_add_n(struct acc_str *s, const void *bytes, size_t len);
void acc_str_add_c(struct acc_str *s, char c);
void acc_str_add_number(struct acc_str *s, int64_t number); /* decimal */
void acc_str_addf(struct acc_str *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void acc_str_set(struct acc_str *s, const char *text); /* replaces the content */
void acc_str_clear(struct acc_str *s);                 /* empties, keeps the memory */
void acc_str_cut(struct acc_str *s, size_t len);       /* shortens to len */
void acc_str_release(struct acc_str *s);
void acc_str_wipe(struct acc_str *s); /* overwrites what it holds, then releases: for secrets */
char *
acc_str_detach(struct acc_str *s); /* hands the memory over (free() it); s is empty afterwards */

static inline const char *acc_str_cstr(const struct acc_str *s)
{
    return s->data ? s->data : "";
}

bool acc_starts_with(const char *text, const char *prefix);
bool acc_ends_with(const char *text, const char *suffix);
/* Cuts white space off both ends, in place. */
char *acc_trim(char *text);

/* Lower-case hex with a NUL: out needs 2 * len + 1 bytes. */
void acc_hex_encode(const void *bytes, size_t len, char *out);
/* Reads 2 * len hex digits of either case; false on any other character. */
bool acc_hex_decode(const char *hex, size_t len, void *bytes);

/* Base64 (RFC 4648, with padding). `out` needs ACC_BASE64_LEN(len) bytes; the NUL is included. */
#define ACC_BASE64_LEN(len) (((len) + 2) / 3 * 4 + 1)
void acc_base64_encode(const void *bytes, size_t len, char *out);
/* Returns the number of bytes written to `out` (room for `size`), or -1 when the text is not
 * Base64. */
long acc_base64_decode(const char *text, void *out, size_t size);

/* "12.5 MiB", "9,412 bytes"; and "1,204". `out` is returned. */
char *acc_show_bytes(double bytes, char out[32]);
char *acc_show_count(unsigned long long count, char out[32]);
/* "1 entry", "2,001 entries". */
char *acc_show_number(unsigned long long count, const char *one, const char *many, char out[40]);
/* "1 file", "2,001 files". */
char *acc_show_files(unsigned long long count, char out[40]);
/* "2 min 41 s", "3 h 05 min", "0.8 s". */
char *acc_show_duration(long long milliseconds, char out[32]);

/* "256", "8M", "8MiB", "1.5G": bytes, in powers of 1024. False for anything else. */
bool acc_parse_bytes(const char *text, long long *bytes);
/* A whole decimal number within [min, max]. */
bool acc_parse_int(const char *text, long long min, long long max, long long *value);
/* "30s", "5m", "2h", "7d"; a bare number is seconds. */
bool acc_parse_duration(const char *text, long long *milliseconds);

#endif
