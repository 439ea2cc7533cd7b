/* Looking around a source: with the path's first folders taken off, in the folders that the source
 * lies in, in those that it holds. The first place that fits is the answer. What cannot be looked
 * at does not count. */
#include "plan/guess.h"

#include <string.h>

#define ABOVE 3   /* folders around the source that are looked into */
#define BELOW 500 /* and folders in it */

struct below {
    const struct acc_source *source;
    const char *path;
    struct acc_str *found; /* the last that fits */
    unsigned seen, times;
};

static void on_name(void *arg, const char *name)
{
    struct below *b = arg;
    struct acc_str inside = {0};
    struct stat st;
    if (b->times > 1 || b->seen >= BELOW || name[0] == '.' ||
        acc_source_look(b->source, name, 0, &st) != 0 || !S_ISDIR(st.st_mode))
        return;
    b->seen++;
    acc_str_addf(&inside, "%s/%s", name, b->path);
    if (acc_source_has(b->source, inside.data)) {
        acc_str_clear(b->found);
        acc_str_addf(b->found, "%s/%s", b->source->path, name);
        b->times++;
    }
    acc_str_release(&inside);
}

/* How many folders in the source, of the first BELOW, hold the file, counted to two. What lies in a
 * package is no source. */
static unsigned look_below(const struct acc_source *source, const char *path, struct acc_str *found)
{
    struct below below = {.source = source, .path = path, .found = found};
    if (!acc_source_is_package(source))
        acc_source_list(source, on_name, &below);
    return below.times;
}

static bool look_above(const struct acc_source *source, const char *path, struct acc_str *found)
{
    for (unsigned up = 1; up <= ABOVE; up++)
        if (acc_source_above(source, up, path, found))
            return true;
    acc_str_clear(found);
    return false;
}

void acc_guess_place(const struct acc_source *source, const char *path, struct acc_guess *guess)
{
    acc_str_clear(&guess->prefix);
    acc_str_clear(&guess->folder);
    for (const char *slash = path; (slash = strchr(slash, '/')) != NULL; slash++)
        if (acc_source_has(source, slash + 1)) {
            acc_str_add_n(&guess->prefix, path, (size_t)(slash - path));
            return;
        }
    if (!look_above(source, path, &guess->folder) && look_below(source, path, &guess->folder) != 1)
        acc_str_clear(&guess->folder);
}

void acc_guess_release(struct acc_guess *guess)
{
    acc_str_release(&guess->prefix);
    acc_str_release(&guess->folder);
}

bool acc_guess_bag(const struct acc_source *source, struct acc_str *bag)
{
    if (look_above(source, "bagit.txt", bag))
        return false;
    unsigned bags = look_below(source, "bagit.txt", bag);
    if (bags != 1)
        acc_str_clear(bag);
    return bags > 1;
}
