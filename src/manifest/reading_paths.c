/* The way of an entry to the sink: its prefix is taken off, "\\" is turned where that is a
 * separator, the path is cleaned and judged. A path that leaves the source refuses the manifest; a
 * name that is not UTF-8 refuses that file alone, so its entry is sent with the problem. */
#include <ctype.h>
#include <string.h>

#include "base/path.h"
#include "manifest/reading.h"

static bool has_drive(const char *path, size_t len, char separator)
{
    return len >= 3 && isalpha((unsigned char)path[0]) && path[1] == ':' && path[2] == separator;
}

void acc_reading_windows(struct acc_reading *r, char *path, size_t len)
{
    bool absolute = has_drive(path, len, '\\') || (len >= 2 && path[0] == '\\' && path[1] == '\\');
    if (!absolute && !r->options->windows_paths)
        return;
    r->windows = true;
    for (size_t i = 0; i < len; i++)
        if (path[i] == '\\')
            path[i] = '/';
}

static bool same(const struct acc_reading *r, char in_prefix, char in_path)
{
    return in_prefix == in_path || (r->windows && in_prefix == '\\' && in_path == '/');
}

static void leave_folders(const struct acc_reading *r, char **path, size_t *len)
{
    for (size_t i = *len; r->options->names_only && i > 0; i--)
        if ((*path)[i - 1] == '/' || (*path)[i - 1] == '\\') {
            *path += i;
            *len -= i;
            return;
        }
}

/* Takes the prefix off, whole components only. */
static enum acc_code strip(struct acc_reading *r, uint64_t line, char **path, size_t *len)
{
    const char *prefix = r->options->strip_prefix;
    size_t n = prefix != NULL ? strlen(prefix) : 0, i = 0;
    if (n == 0)
        return ACC_OK;
    while (i < n && i < *len && same(r, prefix[i], (*path)[i]))
        i++;
    bool whole = i == n && (i == *len || (*path)[i] == '/' || (*path)[i - 1] == '/');
    if (!whole)
        return acc_reading_fail(r, line,
                                "'%s' does not begin with the folder to strip, '%.200s'. Correct "
                                "--strip-prefix.",
                                acc_reading_show(r, *path, *len), prefix);
    while (i < *len && (*path)[i] == '/')
        i++;
    *path += i;
    *len -= i;
    return ACC_OK;
}

/* The shortest folder that, taken off, leaves the path of a file in the source; 0: none does. */
static size_t fitting_prefix(struct acc_reading *r, const char *path)
{
    const struct acc_manifest_options *o = r->options;
    for (const char *slash = strchr(path, '/'); o->exists != NULL && slash != NULL;
         slash = strchr(slash + 1, '/'))
        if (slash > path && slash[1] != '\0' && o->exists(o->arg, slash + 1))
            return (size_t)(slash - path);
    return 0;
}

static enum acc_code refuse_absolute(struct acc_reading *r, uint64_t line, const char *path,
                                     size_t len)
{
    struct acc_str advice = {0};
    size_t prefix = fitting_prefix(r, path);
    acc_str_add(&advice, "Make it relative with --strip-prefix");
    if (prefix > 0) {
        acc_str_add(&advice, " '");
        acc_path_show(&advice, path, prefix);
        acc_str_add(&advice, "': the file is in the source without it");
    }
    enum acc_code code = acc_reading_fail(r, line, "path '%s' is absolute. %s.",
                                          acc_reading_show(r, path, len), acc_str_cstr(&advice));
    acc_str_release(&advice);
    return code;
}

enum acc_code acc_reading_entry(struct acc_reading *r, uint64_t line, enum acc_role role,
                                char *path, size_t len, int64_t size,
                                const struct acc_digests *promised, enum acc_taken *taken)
{
    leave_folders(r, &path, &len);
    enum acc_code code = strip(r, line, &path, &len);
    if (code != ACC_OK)
        return code;
    bool drive = r->windows && has_drive(path, len, '/');
    bool absolute = drive || (len > 0 && path[0] == '/');
    len = acc_path_clean(path, len);
    path[len] = '\0';
    if (absolute)
        return refuse_absolute(r, line, path, len);
    struct acc_str shown = {0};
    struct acc_entry entry = {.path = path,
                              .size = size,
                              .role = role,
                              .promised = *promised,
                              .origin = r->name,
                              .line = line};
    if (!acc_utf8_valid(path, len)) {
        acc_path_show(&shown, path, len);
        entry.path = acc_str_cstr(&shown);
        entry.problem = "is not valid UTF-8, and S3 accepts no other keys";
    }
    const char *problem = acc_path_problem(entry.path, strlen(entry.path));
    enum acc_taken answer = ACC_TAKEN_NEW;
    code = problem != NULL
               ? acc_reading_fail(r, line, "path '%s' %s. Correct the line, or rename the file.",
                                  acc_reading_show(r, path, len), problem)
               : r->sink->entry(r->sink->arg, &entry, &answer, r->err);
    acc_str_release(&shown);
    if (code != ACC_OK)
        return code;
    bool again = answer == ACC_TAKEN_REPEATED;
    r->info->entries += !again;
    r->info->undigested += !again && promised->present == 0;
    r->info->skipped += again;
    if (taken != NULL)
        *taken = answer;
    else if (again)
        acc_reading_note(r, line, "'%s' is listed more than once, with agreeing digests",
                         acc_reading_show(r, path, len));
    return ACC_OK;
}
