/* Looking around a source: with the path's first folders taken off, in the folders that the source
 * lies in, in those that it holds. The first place that fits is the answer. What cannot be looked
 * at does not count. */
#include "plan/guess.h"

#include <dirent.h>
#include <string.h>

#include "manifest/manifest.h"

#define ABOVE 3   /* folders around the source that are looked into */
#define BELOW 500 /* and names in it */

/* `folder` becomes the one that it lies in; false at the root. */
static bool go_up(struct acc_str *folder)
{
    char *slash = strrchr(folder->data, '/');
    if (slash == NULL || folder->data[1] == '\0')
        return false;
    acc_str_cut(folder, slash > folder->data ? (size_t)(slash - folder->data) : 1);
    return true;
}

static bool folder_holds(const char *folder, const char *path)
{
    struct acc_str full = {0};
    struct stat st;
    acc_str_addf(&full, "%s/%s", folder, path);
    bool found = stat(full.data, &st) == 0 && S_ISREG(st.st_mode);
    acc_str_release(&full);
    return found;
}

/* Calls `fits` with each folder in the source until it says so twice, or BELOW names were seen.
 * Returns how often it did; `found` is the last. */
static unsigned look_below(const struct acc_source *source,
                           bool (*fits)(const char *, const char *), const char *path,
                           struct acc_str *found)
{
    struct acc_str folder = {0};
    unsigned times = 0;
    DIR *dir = opendir(source->path);
    struct dirent *name;
    for (int i = 0; dir != NULL && i < BELOW && times < 2 && (name = readdir(dir)) != NULL; i++) {
        if (name->d_name[0] == '.' || (name->d_type != DT_DIR && name->d_type != DT_UNKNOWN))
            continue;
        acc_str_clear(&folder);
        acc_str_addf(&folder, "%s/%s", source->path, name->d_name);
        if (fits(folder.data, path)) {
            acc_str_set(found, folder.data);
            times++;
        }
    }
    if (dir != NULL)
        closedir(dir);
    acc_str_release(&folder);
    return times;
}

static bool look_above(const struct acc_source *source, const char *path, struct acc_str *found)
{
    acc_str_set(found, source->path);
    for (int i = 0; i < ABOVE && go_up(found); i++)
        if (folder_holds(found->data, path))
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
    if (!look_above(source, path, &guess->folder) &&
        look_below(source, folder_holds, path, &guess->folder) != 1)
        acc_str_clear(&guess->folder);
}

void acc_guess_release(struct acc_guess *guess)
{
    acc_str_release(&guess->prefix);
    acc_str_release(&guess->folder);
}

static bool is_bag(const char *folder, const char *unused)
{
    (void)unused;
    return acc_bag_detect(folder);
}

bool acc_guess_bag(const struct acc_source *source, struct acc_str *bag)
{
    acc_str_set(bag, source->path);
    for (int i = 0; i < ABOVE && go_up(bag); i++)
        if (acc_bag_detect(bag->data))
            return false;
    unsigned bags = look_below(source, is_bag, NULL, bag);
    if (bags != 1)
        acc_str_clear(bag);
    return bags > 1;
}
