/* The index asked as a folder would be: what an entry is, and what lies below a path. The walk goes
 * by the order of the paths' bytes; what is not entered is passed over in one step. Fails as the
 * index does. */
#include "source/index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void acc_index_stat(const struct acc_index_entry *e, struct stat *st)
{
    mode_t type = e->kind == ACC_INDEX_FOLDER ? S_IFDIR
                  : e->kind == ACC_INDEX_LINK ? S_IFLNK
                                              : S_IFREG;
    *st = (struct stat){.st_mode = type | 0444, .st_nlink = 1, .st_size = e->size};
    st->st_mtim.tv_sec = e->seconds;
    st->st_mtim.tv_nsec = e->nanoseconds;
}

int acc_index_look(struct acc_index *index, const char *path, int flags, struct stat *st)
{
    struct acc_index_entry entry;
    if (acc_index_find(index, path, !(flags & AT_SYMLINK_NOFOLLOW), &entry) != 0)
        return -1;
    acc_index_stat(&entry, st);
    return 0;
}

/* Asks for each folder on the way to `path` that is new since `last`; false: one is not entered,
 * and `from` leads past it. */
static bool enter_folders(const char *path, size_t below, const char *last, acc_walk_enter enter,
                          void *arg, struct acc_str *from)
{
    for (const char *slash = strchr(path + below, '/'); enter != NULL && slash != NULL;
         slash = strchr(slash + 1, '/')) {
        size_t len = (size_t)(slash - path);
        char *name = acc_strdup(path + below);
        name[len - below] = '\0';
        bool seen = strncmp(path, last, len + 1) == 0, enters = seen || enter(arg, name);
        free(name);
        if (!enters) {
            acc_str_clear(from);
            acc_str_add_n(from, path, len);
            acc_str_add(from, "0"); /* which follows "/" */
            return false;
        }
    }
    return true;
}

static void pass(struct acc_str *from, const char *path)
{
    acc_str_set(from, path);
    acc_str_add_c(from, '\0');
}

/* A hard link is what it leads to, and nothing if that is not there. */
static enum acc_code give(struct acc_index *index, const char *path, size_t below,
                          const struct acc_index_entry *entry, acc_walk_each each, void *arg,
                          struct acc_error *err)
{
    struct stat st;
    acc_index_stat(entry, &st);
    if (entry->kind == ACC_INDEX_HARD_LINK && acc_index_look(index, path, 0, &st) != 0)
        return errno != EIO ? ACC_OK
                            : acc_error_set(err, ACC_LOCAL,
                                            "the index of the source in the temporary folder "
                                            "cannot be read; see that the folder has room");
    return each(arg, path + below, &st, err);
}

enum acc_code acc_index_walk(struct acc_index *index, const char *below, acc_walk_each each,
                             acc_walk_enter enter, void *arg, struct acc_error *err)
{
    struct acc_str from = {0}, path = {0}, last = {0}, folder = {0};
    struct acc_index_entry entry;
    enum acc_code code;
    bool more;
    if (*below != '\0')
        acc_str_addf(&folder, "%s/", below);
    acc_str_set(&from, acc_str_cstr(&folder));
    while ((code = acc_index_next(index, &from, &path, &entry, &more, err)) == ACC_OK && more &&
           acc_starts_with(path.data, acc_str_cstr(&folder))) {
        pass(&from, path.data);
        if (entry.kind == ACC_INDEX_FOLDER ||
            !enter_folders(path.data, folder.len, acc_str_cstr(&last), enter, arg, &from))
            continue;
        code = give(index, path.data, folder.len, &entry, each, arg, err);
        if (code != ACC_OK)
            break;
        acc_str_set(&last, path.data);
    }
    acc_str_release(&from);
    acc_str_release(&path);
    acc_str_release(&last);
    acc_str_release(&folder);
    return code;
}

int acc_index_list(struct acc_index *index, void (*each)(void *arg, const char *name), void *arg)
{
    struct acc_str from = {0}, path = {0};
    struct acc_index_entry entry;
    enum acc_code code;
    bool more;
    while ((code = acc_index_next(index, &from, &path, &entry, &more, NULL)) == ACC_OK && more) {
        char *slash = strchr(path.data, '/');
        if (slash == NULL) {
            pass(&from, path.data);
            each(arg, path.data);
        } else {
            acc_str_clear(&from);
            acc_str_add_n(&from, path.data, (size_t)(slash - path.data));
            acc_str_add(&from, "0");
        }
    }
    acc_str_release(&from);
    acc_str_release(&path);
    errno = EIO;
    return code == ACC_OK ? 0 : -1;
}
