/* What no package may hold: names that lead out of it, links that do, devices, holes, encryption.
 * Each refusal is a sentence that names package and entry; the package is refused as a whole, since
 * what one entry of it would do to the others cannot be known. */
#include "source/package.h"

#include <ctype.h>
#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "base/entry.h"
#include "base/path.h"

enum acc_code acc_package_refuse(const struct acc_package *package, const char *name,
                                 const char *what, struct acc_error *err)
{
    struct acc_str shown = {0};
    acc_path_show(&shown, name, strlen(name));
    acc_error_set(err, ACC_SOURCE, "%s: the entry %.600s %s", package->path, acc_str_cstr(&shown),
                  what);
    acc_str_release(&shown);
    return ACC_SOURCE;
}

/* ---- names ---- */

static bool convert(const char *encoding, const char *raw, struct acc_str *name)
{
    iconv_t from = iconv_open("UTF-8", encoding);
    if (from == (iconv_t)-1)
        return false;
    size_t left = strlen(raw), room = left * 4;
    char *in = (char *)raw;
    acc_str_reserve(name, room);
    char *out = name->data;
    bool whole = iconv(from, &in, &left, &out, &room) != (size_t)-1 && left == 0;
    name->len = (size_t)(out - name->data);
    name->data[name->len] = '\0';
    iconv_close(from);
    return whole;
}

static enum acc_code decode(const struct acc_package *package, const char *raw,
                            struct acc_str *name, struct acc_error *err)
{
    acc_str_clear(name);
    if (raw == NULL || *raw == '\0')
        return acc_package_refuse(package, "", "has no name. Pack the files again.", err);
    if (acc_utf8_valid(raw, strlen(raw))) {
        acc_str_add(name, raw);
        return ACC_OK;
    }
    if (package->encoding == NULL)
        return acc_package_refuse(package, raw,
                                  "has a name that is not UTF-8. Name its encoding with "
                                  "--archive-encoding, such as CP437 or SHIFT-JIS.",
                                  err);
    if (convert(package->encoding, raw, name))
        return ACC_OK;
    return acc_package_refuse(package, raw,
                              "has a name that --archive-encoding does not fit. Name the encoding "
                              "of the machine that made the package.",
                              err);
}

/* A component "..", whichever way folders are separated. */
static bool climbs(const char *path)
{
    for (const char *at = path; *at != '\0';) {
        size_t len = strcspn(at, "/\\");
        if (len == 2 && at[0] == '.' && at[1] == '.')
            return true;
        at += len + (at[len] != '\0');
    }
    return false;
}

static bool is_absolute(const char *path)
{
    return path[0] == '/' || path[0] == '\\' ||
           (isalpha((unsigned char)path[0]) && path[1] == ':' &&
            (path[2] == '/' || path[2] == '\\'));
}

enum acc_code acc_package_name(const struct acc_package *package, const char *raw,
                               struct acc_str *name, struct acc_error *err)
{
    enum acc_code code = decode(package, raw, name, err);
    if (code != ACC_OK)
        return code;
    if (is_absolute(name->data))
        return acc_package_refuse(package, name->data,
                                  "has an absolute name. Pack the files from within their folder.",
                                  err);
    if (climbs(name->data))
        return acc_package_refuse(package, name->data,
                                  "leaves the package through '..'. Do not trust this package; ask "
                                  "who made it.",
                                  err);
    size_t len = acc_path_clean(name->data, name->len);
    while (len > 0 && name->data[len - 1] == '/')
        len--;
    acc_str_cut(name, len == 1 && name->data[0] == '.' ? 0 : len);
    const char *problem = name->len > 0 ? acc_path_problem(name->data, name->len) : NULL;
    if (problem == NULL)
        return ACC_OK;
    struct acc_str why = {0};
    acc_str_addf(&why, "%s. Rename it and pack the files again.", problem);
    acc_package_refuse(package, name->data, acc_str_cstr(&why), err);
    acc_str_release(&why);
    return ACC_SOURCE;
}

/* ---- links ---- */

enum acc_code acc_package_target(const struct acc_package *package, const char *name,
                                 const char *raw, bool hard, struct acc_str *target,
                                 struct acc_error *err)
{
    struct acc_str given = {0}, whole = {0};
    enum acc_code code = decode(package, raw, &given, err);
    const char *slash = strrchr(name, '/');
    bool out = code == ACC_OK && is_absolute(given.data);
    acc_str_clear(target);
    if (code == ACC_OK && !hard && slash != NULL)
        acc_str_add_n(&whole, name, (size_t)(slash - name));
    acc_str_addf(&whole, "/%s", acc_str_cstr(&given));
    for (const char *at = acc_str_cstr(&whole); code == ACC_OK && *at != '\0';) {
        size_t len = strcspn(at, "/");
        if (len == 2 && memcmp(at, "..", 2) == 0) {
            const char *up = target->len > 0 ? strrchr(target->data, '/') : NULL;
            out = out || target->len == 0;
            acc_str_cut(target, up != NULL ? (size_t)(up - target->data) : 0);
        } else if (len > 0 && !(len == 1 && *at == '.')) {
            acc_str_add(target, target->len > 0 ? "/" : "");
            acc_str_add_n(target, at, len);
        }
        at += len + (at[len] != '\0');
    }
    if (out)
        code = acc_package_refuse(package, name,
                                  "is a link that leads out of the package. Pack the file itself "
                                  "instead.",
                                  err);
    acc_str_release(&given);
    acc_str_release(&whole);
    return code;
}

/* ---- everything else ---- */

enum acc_code acc_package_judge(const struct acc_package *package, const char *name,
                                struct archive_entry *entry, struct acc_error *err)
{
    mode_t type = archive_entry_filetype(entry);
    bool hard = archive_entry_hardlink(entry) != NULL;
    if (archive_entry_is_encrypted(entry))
        return acc_package_refuse(package, name,
                                  "is encrypted. Decrypt the package and pack it again; accession "
                                  "asks for no passwords.",
                                  err);
    if (!hard && type != AE_IFREG && type != AE_IFDIR && type != AE_IFLNK)
        return acc_package_refuse(package, name,
                                  "is a device, a pipe or a socket, which has no content. Pack the "
                                  "package again without it.",
                                  err);
    if (archive_entry_sparse_count(entry) > 0)
        return acc_package_refuse(
            package, name,
            "is a sparse file, whose holes are no bytes that can be compared. "
            "Pack it without --sparse.",
            err);
    if (!hard && type == AE_IFDIR && archive_entry_size(entry) > 0)
        return acc_package_refuse(package, name,
                                  "is a folder that has content, which no file would get. Pack the "
                                  "files again.",
                                  err);
    if (archive_entry_size(entry) < 0 || archive_entry_size(entry) > ACC_SIZE_MAX)
        return acc_package_refuse(
            package, name, "claims a size that no object can have. The package is damaged.", err);
    return ACC_OK;
}
