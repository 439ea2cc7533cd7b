/* fetch.txt (RFC 8493, 2.2.3): "URL LENGTH NAME". Nothing is ever fetched. A bag whose holes have
 * been filled is read like any other; one with holes is refused with the first names that are
 * missing. */
#include <string.h>

#include "base/path.h"
#include "manifest/bag.h"

enum { NAMES_SHOWN = 5 };

struct holes {
    uint64_t listed, missing;
    struct acc_str names;
};

static char *next_word(char **at)
{
    char *word = *at + strspn(*at, " \t");
    char *end = word + strcspn(word, " \t");
    *at = end;
    if (*end != '\0') {
        *end = '\0';
        *at = end + 1;
    }
    return word;
}

static enum acc_code fetch_line(struct acc_bag *bag, struct acc_reading *r, char *line,
                                struct holes *holes)
{
    char *at = line, *url = next_word(&at), *length = next_word(&at);
    char *path = at + strspn(at, " \t");
    int64_t size;
    if (*url == '\0' || *path == '\0' ||
        (strcmp(length, "-") != 0 && !acc_parse_size(length, strlen(length), &size)))
        return acc_reading_fail(r, r->input.line, "is not \"URL LENGTH NAME\". Correct the line.");
    size_t len = acc_bag_path(bag, r, path, strlen(path));
    const char *problem = acc_path_problem(path, len);
    if (problem != NULL)
        return acc_reading_fail(r, r->input.line, "path '%s' %s. Correct the line.",
                                acc_reading_show(r, path, len), problem);
    if (!acc_starts_with(path, "data/"))
        return acc_reading_fail(r, r->input.line, "'%s' is not in data/. Correct the line.",
                                acc_reading_show(r, path, len));
    holes->listed++;
    if (acc_bag_has(bag, path))
        return ACC_OK;
    if (holes->missing++ < NAMES_SHOWN)
        acc_str_addf(&holes->names, "%s%s", holes->missing > 1 ? ", " : "",
                     acc_reading_show(r, path, len));
    return ACC_OK;
}

enum acc_code acc_bag_read_fetch(struct acc_bag *bag)
{
    if (!acc_bag_has_text(bag, "fetch.txt"))
        return ACC_OK;
    bag->info->has_fetch = true;
    struct acc_reading r;
    struct acc_manifest_info info = {0};
    struct holes holes = {0};
    enum acc_code code = acc_bag_begin(bag, "fetch.txt", bag->encoding, &info, &r);
    if (code != ACC_OK)
        return code;
    while (code == ACC_OK) {
        char *line;
        size_t len;
        code = acc_reading_line(&r, &line, &len);
        if (code != ACC_OK || line == NULL)
            break;
        if (strspn(line, " \t") < len)
            code = fetch_line(bag, &r, line, &holes);
    }
    if (code == ACC_OK && holes.missing > 0)
        code = acc_reading_fail(
            &r, 0,
            "the bag is incomplete: %llu of %llu files still have to be fetched "
            "(%s%s). Fetch them into the bag, then run again.",
            (unsigned long long)holes.missing, (unsigned long long)holes.listed,
            acc_str_cstr(&holes.names), holes.missing > NAMES_SHOWN ? ", ..." : "");
    acc_str_release(&holes.names);
    return acc_bag_end(bag, &r, code);
}
