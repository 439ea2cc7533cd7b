/* Checks on paths and UTF-8. Pure functions; see path.h for what a path must be. */
#include "base/path.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/mem.h"

size_t acc_utf8_len(const char *text, size_t avail)
{
    const uint8_t *b = (const uint8_t *)text;
    if (avail == 0)
        return 0;
    if (b[0] < 0x80)
        return 1;
    size_t len = b[0] >= 0xF0 ? 4 : b[0] >= 0xE0 ? 3 : 2;
    if (b[0] < 0xC2 || b[0] > 0xF4 || avail < len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((b[i] & 0xC0) != 0x80)
            return 0;
    if ((b[0] == 0xE0 && b[1] < 0xA0) || (b[0] == 0xED && b[1] > 0x9F) ||
        (b[0] == 0xF0 && b[1] < 0x90) || (b[0] == 0xF4 && b[1] > 0x8F))
        return 0;
    return len;
}

bool acc_utf8_valid(const char *text, size_t len)
{
    for (size_t i = 0; i < len;) {
        uint64_t eight;
        if (len - i >= sizeof eight) {
            memcpy(&eight, text + i, sizeof eight);
            if ((eight & UINT64_C(0x8080808080808080)) == 0) {
                i += sizeof eight;
                continue;
            }
        }
        size_t step = (unsigned char)text[i] < 0x80 ? 1 : acc_utf8_len(text + i, len - i);
        if (step == 0)
            return false;
        i += step;
    }
    return true;
}

static bool is_control(unsigned char c)
{
    return c < 0x20 || c == 0x7F;
}

static const char *component_problem(const char *name, size_t len)
{
    if (len == 0)
        return "has an empty component ('//' or a trailing '/')";
    if (len == 1 && name[0] == '.')
        return "has a '.' component";
    if (len == 2 && name[0] == '.' && name[1] == '.')
        return "leaves the folder through '..'";
    if (len > 255)
        return "has a component of more than 255 bytes";
    return NULL;
}

bool acc_path_has_control(const char *path, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (is_control((unsigned char)path[i]))
            return true;
    return false;
}

const char *acc_path_problem(const char *path, size_t len)
{
    if (len == 0)
        return "is empty";
    if (path[0] == '/')
        return "is absolute";
    if (path[0] == '~' && (len == 1 || path[1] == '/'))
        return "begins with '~', a home folder";
    if (memchr(path, '\0', len) != NULL)
        return "has a NUL byte";
    if (!acc_utf8_valid(path, len))
        return "is not valid UTF-8";
    for (size_t start = 0; start <= len;) {
        const char *slash = memchr(path + start, '/', len - start);
        size_t end = slash ? (size_t)(slash - path) : len;
        const char *problem = component_problem(path + start, end - start);
        if (problem != NULL)
            return problem;
        start = end + 1;
    }
    return NULL;
}

size_t acc_path_without_packing(const char *name)
{
    static const char *const endings[] = {".tar",    ".tar.gz", ".tgz",     ".tar.bz2", ".tbz2",
                                          ".tar.xz", ".txz",    ".tar.zst", ".tzst",    ".zip"};
    size_t len = strlen(name);
    for (size_t i = 0; i < ACC_COUNT_OF(endings); i++) {
        size_t end = strlen(endings[i]);
        if (len > end && strcasecmp(name + len - end, endings[i]) == 0)
            return len - end;
    }
    return len;
}

size_t acc_path_clean(char *path, size_t len)
{
    size_t to = 0;
    for (size_t from = 0; from < len;) {
        bool at_start = to == 0 || path[to - 1] == '/';
        if (at_start && path[from] == '.' && from + 1 < len && path[from + 1] == '/') {
            from += 2;
            while (from < len && path[from] == '/')
                from++;
        } else if (to > 0 && path[from] == '/' && path[to - 1] == '/') {
            from++;
        } else {
            path[to++] = path[from++];
        }
    }
    return to;
}

/* What moves a cursor or turns the reading direction, so that a name could pose as another:
 * C1 controls (U+0080 to U+009F), bidirectional overrides and isolates (U+202A to U+202E, U+2066
 * to U+2069). */
static bool is_deceptive(const unsigned char *c, size_t step)
{
    if (step == 2)
        return c[0] == 0xC2 && c[1] < 0xA0;
    if (step != 3 || c[0] != 0xE2)
        return false;
    return (c[1] == 0x80 && c[2] >= 0xAA && c[2] <= 0xAE) ||
           (c[1] == 0x81 && c[2] >= 0xA6 && c[2] <= 0xA9);
}

static void show(struct acc_str *out, const char *text, size_t len, const char *backslash)
{
    for (size_t i = 0; i < len;) {
        const unsigned char *c = (const unsigned char *)text + i;
        size_t step = acc_utf8_len(text + i, len - i);
        if (*c == '\n')
            acc_str_add(out, "\\n");
        else if (*c == '\\')
            acc_str_add(out, backslash);
        else if (step == 0 || is_control(*c) || is_deceptive(c, step))
            acc_str_addf(out, "\\x%02X", text[i] & 0xFF), step = 1;
        else
            acc_str_add_n(out, text + i, step);
        i += step;
    }
}

void acc_path_show(struct acc_str *out, const char *path, size_t len)
{
    show(out, path, len, "\\\\");
}

void acc_text_show(struct acc_str *out, const char *text, size_t len)
{
    show(out, text, len, "\\");
}

bool acc_is_ascii(const char *text)
{
    bool ascii = true;
    for (const char *c = text; *c; c++)
        ascii = ascii && (unsigned char)*c < 0x80;
    return ascii;
}

static char *normalised(const char *path, utf8proc_option_t form)
{
    if (acc_is_ascii(path))
        return NULL;
    utf8proc_uint8_t *out = NULL;
    utf8proc_ssize_t len = utf8proc_map((const utf8proc_uint8_t *)path, 0, &out,
                                        UTF8PROC_NULLTERM | UTF8PROC_STABLE | form);
    return len < 0 ? acc_strdup(path) : (char *)out;
}

char *acc_path_nfc(const char *path)
{
    return normalised(path, UTF8PROC_COMPOSE);
}

char *acc_path_nfd(const char *path)
{
    return normalised(path, UTF8PROC_DECOMPOSE);
}
