/* Growing strings and the small text conversions that everything uses. The only failure is
 * to return false for a text of another form. */
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

void acc_str_reserve(struct acc_str *s, size_t extra)
{
    size_t need = s->len + extra + 1;
    if (need <= s->cap)
        return;
    size_t cap = s->cap ? s->cap : 64;
    while (cap < need)
        cap *= 2;
    s->data = acc_realloc(s->data, cap);
    s->cap = cap;
    s->data[s->len] = '\0';
}

void acc_str_add_n(struct acc_str *s, const void *bytes, size_t len)
{
    acc_str_reserve(s, len);
    if (len > 0)
        memcpy(s->data + s->len, bytes, len);
    s->len += len;
    s->data[s->len] = '\0';
}

void acc_str_add(struct acc_str *s, const char *text)
{
    acc_str_add_n(s, text, strlen(text));
}

void acc_str_add_c(struct acc_str *s, char c)
{
    if (s->len + 1 >= s->cap)
        acc_str_reserve(s, 1);
    s->data[s->len++] = c;
    s->data[s->len] = '\0';
}

void acc_str_addf(struct acc_str *s, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    acc_str_reserve(s, 64);
    int len = vsnprintf(s->data + s->len, s->cap - s->len, format, args);
    if (len >= 0 && (size_t)len >= s->cap - s->len) {
        acc_str_reserve(s, (size_t)len);
        vsnprintf(s->data + s->len, s->cap - s->len, format, again);
    }
    if (len > 0)
        s->len += (size_t)len;
    va_end(again);
    va_end(args);
}

void acc_str_add_number(struct acc_str *s, int64_t number)
{
    char digits[20];
    size_t at = sizeof digits;
    uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do
        digits[--at] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (number < 0)
        digits[--at] = '-';
    acc_str_add_n(s, digits + at, sizeof digits - at);
}

void acc_str_set(struct acc_str *s, const char *text)
{
    acc_str_clear(s);
    acc_str_add(s, text);
}

void acc_str_clear(struct acc_str *s)
{
    acc_str_cut(s, 0);
}

void acc_str_cut(struct acc_str *s, size_t len)
{
    if (s->data == NULL || len > s->len)
        return;
    s->len = len;
    s->data[len] = '\0';
}

void acc_str_release(struct acc_str *s)
{
    free(s->data);
    *s = (struct acc_str){0};
}

void acc_str_wipe(struct acc_str *s)
{
    if (s->data != NULL)
        explicit_bzero(s->data, s->cap);
    acc_str_release(s);
}

char *acc_str_detach(struct acc_str *s)
{
    acc_str_reserve(s, 0);
    char *data = s->data;
    *s = (struct acc_str){0};
    return data;
}

bool acc_starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool acc_ends_with(const char *text, const char *suffix)
{
    size_t text_len = strlen(text), suffix_len = strlen(suffix);
    return text_len >= suffix_len && memcmp(text + text_len - suffix_len, suffix, suffix_len) == 0;
}

char *acc_trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t len = strlen(text);
    while (len > 0 && isspace((unsigned char)text[len - 1]))
        text[--len] = '\0';
    return text;
}

void acc_hex_encode(const void *bytes, size_t len, char *out)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *in = bytes;
    for (size_t i = 0; i < len; i++) {
        out[2 * i] = digits[in[i] >> 4];
        out[2 * i + 1] = digits[in[i] & 15];
    }
    out[2 * len] = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool acc_hex_decode(const char *hex, size_t len, void *bytes)
{
    uint8_t *out = bytes;
    for (size_t i = 0; i < len; i++) {
        int high = hex_digit(hex[2 * i]);
        int low = high < 0 ? -1 : hex_digit(hex[2 * i + 1]);
        if (low < 0)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void acc_base64_encode(const void *bytes, size_t len, char *out)
{
    const uint8_t *in = bytes;
    for (size_t i = 0; i < len; i += 3) {
        uint32_t group = (uint32_t)in[i] << 16;
        if (i + 1 < len)
            group |= (uint32_t)in[i + 1] << 8;
        if (i + 2 < len)
            group |= in[i + 2];
        *out++ = base64_digits[group >> 18];
        *out++ = base64_digits[group >> 12 & 63];
        *out++ = i + 1 < len ? base64_digits[group >> 6 & 63] : '=';
        *out++ = i + 2 < len ? base64_digits[group & 63] : '=';
    }
    *out = '\0';
}

long acc_base64_decode(const char *text, void *out, size_t size)
{
    uint8_t *bytes = out;
    size_t len = strlen(text), written = 0;
    if (len % 4 != 0)
        return -1;
    for (size_t i = 0; i < len; i += 4) {
        uint32_t group = 0;
        int padding = 0;
        for (int k = 0; k < 4; k++) {
            char c = text[i + (size_t)k];
            const char *digit = c ? strchr(base64_digits, c) : NULL;
            if (digit == NULL) {
                if (c != '=' || k < 2 || i + 4 != len)
                    return -1;
                padding++;
                group <<= 6;
            } else {
                if (padding > 0)
                    return -1;
                group = group << 6 | (uint32_t)(digit - base64_digits);
            }
        }
        for (int k = 0; k < 3 - padding; k++) {
            if (written == size)
                return -1;
            bytes[written++] = (uint8_t)(group >> (16 - 8 * k));
        }
    }
    return (long)written;
}

char *acc_show_count(unsigned long long count, char out[32])
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%llu", count);
    char *to = out;
    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return out;
}

char *acc_show_number(unsigned long long count, const char *one, const char *many, char out[40])
{
    char digits[32];
    snprintf(out, 40, "%.26s %s", acc_show_count(count, digits), count == 1 ? one : many);
    return out;
}

char *acc_show_files(unsigned long long count, char out[40])
{
    return acc_show_number(count, "file", "files", out);
}

char *acc_show_bytes(double bytes, char out[32])
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (bytes < 10240) {
        char count[32];
        snprintf(out, 32, "%.24s bytes", acc_show_count((unsigned long long)bytes, count));
        return out;
    }
    size_t unit = 0;
    bytes /= 1024;
    /* 1023.95 would print as "1024.0": change the unit where the rounded figure does. */
    while (bytes >= 1023.95 && unit + 1 < ACC_COUNT_OF(units)) {
        bytes /= 1024;
        unit++;
    }
    snprintf(out, 32, bytes < 100 ? "%.1f %s" : "%.0f %s", bytes, units[unit]);
    return out;
}

char *acc_show_duration(long long ms, char out[32])
{
    long long seconds = (ms + 500) / 1000;
    if (ms < 9950)
        snprintf(out, 32, "%.1f s", (double)ms / 1000);
    else if (seconds < 60)
        snprintf(out, 32, "%lld s", seconds);
    else if (seconds < 3600)
        snprintf(out, 32, "%lld min %lld s", seconds / 60, seconds % 60);
    else if (seconds < 86400 * 2)
        snprintf(out, 32, "%lld h %02lld min", seconds / 3600, seconds / 60 % 60);
    else
        snprintf(out, 32, "%lld days %lld h", seconds / 86400, seconds / 3600 % 24);
    return out;
}

/* "12" or "1.5": digits with at most one point. strtod() also takes blanks, signs, exponents,
 * hexadecimal, "inf" and "nan". Returns the text behind it, NULL if the text is not such a number.
 */
static const char *parse_decimal(const char *text, double *value)
{
    size_t len = strspn(text, "0123456789.");
    char *end;
    if (len == 0)
        return NULL;
    *value = strtod(text, &end);
    return end == text + len && isfinite(*value) ? end : NULL;
}

bool acc_parse_bytes(const char *text, long long *bytes)
{
    static const char units[] = "KMGTP";
    double value;
    const char *end = parse_decimal(text, &value);
    if (end == NULL)
        return false;
    const char *unit = isalpha((unsigned char)*end) ? strchr(units, *end & ~0x20) : NULL;
    if (unit != NULL) {
        value = ldexp(value, 10 * (int)(unit - units + 1));
        end++;
        if (strcasecmp(end, "iB") != 0 && strcasecmp(end, "B") != 0 && *end != '\0')
            return false;
    } else if (*end != '\0' && strcasecmp(end, "B") != 0) {
        return false;
    }
    if (value > 9.0e18)
        return false;
    *bytes = (long long)value;
    return true;
}

bool acc_parse_int(const char *text, long long min, long long max, long long *value)
{
    char *end;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || number < min || number > max)
        return false;
    *value = number;
    return true;
}

bool acc_parse_duration(const char *text, long long *milliseconds)
{
    static const struct {
        char unit;
        double factor;
    } units[] = {{'s', 1000}, {'m', 60e3}, {'h', 3600e3}, {'d', 86400e3}, {'w', 604800e3}};
    double value;
    const char *end = parse_decimal(text, &value);
    if (end == NULL)
        return false;
    double factor = *end == '\0' ? 1000 : 0;
    for (size_t i = 0; i < ACC_COUNT_OF(units); i++)
        if (end[0] == units[i].unit && end[1] == '\0')
            factor = units[i].factor;
    if (factor == 0 || value * factor > 9.0e18)
        return false;
    *milliseconds = (long long)(value * factor);
    return true;
}
