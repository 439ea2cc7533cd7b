/* Pure looks at paths, component by component, and a sorted array of fingerprints of their
 * case-folded forms. Nothing fails.
 *
 * The rules: "Naming Files, Paths, and Namespaces" (Win32), "Naming and Referencing Containers,
 * Blobs, and Metadata" (Azure Storage), Unicode Standard Annex 15. */
#include "plan/names.h"

#include <stdlib.h>
#include <string.h>

#include <utf8proc.h>

#include "base/mem.h"
#include "base/path.h"

static bool is_device(const char *name, size_t len)
{
    static const char *const devices[] = {"CON", "PRN", "AUX", "NUL"};
    const char *dot = memchr(name, '.', len);
    size_t stem = dot != NULL ? (size_t)(dot - name) : len;
    for (size_t i = 0; stem == 3 && i < ACC_COUNT_OF(devices); i++)
        if (strncasecmp(name, devices[i], 3) == 0)
            return true;
    return stem == 4 && name[3] >= '0' && name[3] <= '9' &&
           (strncasecmp(name, "COM", 3) == 0 || strncasecmp(name, "LPT", 3) == 0);
}

static const char *foreign_component(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)name[i] < 0x20 || name[i] == 0x7F)
            return "has a control character, which Windows refuses";
        if (strchr("<>:\"|?*\\", name[i]) != NULL)
            return "has one of < > : \" | ? * \\, which Windows refuses";
    }
    if (len > 0 && (name[len - 1] == '.' || name[len - 1] == ' '))
        return "has a part that ends in a dot or a space, which Windows removes and Azure refuses";
    return is_device(name, len) ? "has a part that names a device on Windows (CON, NUL, COM1, ...)"
                                : NULL;
}

const char *acc_name_foreign(const char *path)
{
    unsigned parts = 0;
    for (const char *at = path;;) {
        size_t len = strcspn(at, "/");
        const char *reason = foreign_component(at, len);
        if (reason != NULL)
            return reason;
        if (++parts > 254)
            return "has more than 254 parts, which Azure refuses";
        if (at[len] == '\0')
            return NULL;
        at += len + 1;
    }
}

static bool is_system(const char *path)
{
    static const char *const names[] = {".DS_Store", "Thumbs.db",  "desktop.ini", ".Spotlight-V100",
                                        ".Trashes",  ".fseventsd", "ehthumbs.db"};
    const char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path;
    for (size_t i = 0; i < ACC_COUNT_OF(names); i++)
        if (strcasecmp(base, names[i]) == 0)
            return true;
    return acc_starts_with(base, "._") || strcmp(base, "Icon\r") == 0;
}

/* FNV-1a, 64 bits, of the path's case-folded NFC form. */
static uint64_t print_of(const char *path)
{
    utf8proc_uint8_t *folded = NULL;
    utf8proc_ssize_t len =
        utf8proc_map((const utf8proc_uint8_t *)path, 0, &folded,
                     UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
    uint64_t hash = 0xCBF29CE484222325u;
    for (const char *at = len >= 0 ? (const char *)folded : path; *at; at++)
        hash = (hash ^ (uint8_t)*at) * 0x100000001B3u;
    free(folded);
    return hash;
}

static void count(struct acc_names *names, enum acc_name_trouble trouble, const char *path,
                  const char *reason)
{
    if (names->found[trouble].count++ > 0)
        return;
    acc_path_show(&names->found[trouble].first, path, strlen(path));
    names->found[trouble].reason = reason;
}

void acc_names_add(struct acc_names *names, const char *path)
{
    if (!names->wanted)
        return;
    if (names->count == names->cap) {
        names->cap = names->cap > 0 ? names->cap * 2 : 64;
        names->prints = acc_realloc(names->prints, names->cap * sizeof *names->prints);
    }
    names->prints[names->count++].folded = print_of(path);
    if (is_system(path))
        count(names, ACC_NAME_SYSTEM, path, NULL);
    char *nfc = acc_path_nfc(path);
    if (nfc != NULL && strcmp(nfc, path) != 0)
        count(names, ACC_NAME_FORM, path, NULL);
    free(nfc);
    const char *reason = acc_name_foreign(path);
    if (reason != NULL)
        count(names, ACC_NAME_FOREIGN, path, reason);
}

static int by_print(const void *a, const void *b)
{
    const struct acc_names_print *x = a, *y = b;
    return x->folded < y->folded ? -1 : x->folded > y->folded;
}

/* Keeps only the prints that occur twice or more, once each. */
void acc_names_settle(struct acc_names *names)
{
    size_t kept = 0;
    if (names->count > 0)
        qsort(names->prints, names->count, sizeof *names->prints, by_print);
    for (size_t i = 0; i < names->count;) {
        size_t end = i + 1;
        while (end < names->count && names->prints[end].folded == names->prints[i].folded)
            end++;
        if (end - i > 1) {
            names->found[ACC_NAME_TWIN].count += end - i;
            names->prints[kept++] = names->prints[i];
        }
        i = end;
    }
    names->count = kept;
}

bool acc_names_is_twin(const struct acc_names *names, const char *path)
{
    struct acc_names_print wanted = {print_of(path)};
    return names->count > 0 &&
           bsearch(&wanted, names->prints, names->count, sizeof wanted, by_print) != NULL;
}

void acc_names_release(struct acc_names *names)
{
    for (int trouble = 0; trouble < ACC_NAME_TROUBLES; trouble++)
        acc_str_release(&names->found[trouble].first);
    free(names->prints);
    *names = (struct acc_names){0};
}
