/* Depth first, one open folder per level. An error names the folder; every descriptor is closed on
 * the way out. */
#include "base/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

struct walk {
    const char *folder;
    acc_walk_each each;
    acc_walk_enter enter;
    void *arg;
    struct acc_error *err;
    bool names;
    struct acc_str path;
};

static enum acc_code unreadable(struct walk *w, int number)
{
    enum acc_code code = acc_code_of_errno(number, ACC_SOURCE);
    return acc_error_set(w->err, code, "%s/%s: folder cannot be read: %s.%s", w->folder,
                         acc_str_cstr(&w->path), strerror(number),
                         code == ACC_SOURCE ? " Check its permissions." : "");
}

static enum acc_code walk_folder(struct walk *w, int parent, const char *name, int depth);

static enum acc_code visit(struct walk *w, int folder, const struct dirent *entry, int depth)
{
    const char *name = entry->d_name;
    struct stat st = {.st_mode = S_IFREG};
    bool told = w->names && entry->d_type == DT_REG;
    if (!told && fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? ACC_OK : unreadable(w, errno);
    if (!S_ISDIR(st.st_mode))
        return w->each(w->arg, acc_str_cstr(&w->path), &st, w->err);
    if (w->enter != NULL && !w->enter(w->arg, acc_str_cstr(&w->path)))
        return ACC_OK;
    return walk_folder(w, folder, name, depth + 1);
}

static enum acc_code walk_folder(struct walk *w, int parent, const char *name, int depth)
{
    /* The folder given may be a symlink; those met on the way are not entered. */
    int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (depth > 0 ? O_NOFOLLOW : 0);
    if (depth > ACC_WALK_DEPTH)
        return acc_error_set(w->err, ACC_SOURCE, "%s/%s: folders are nested more than %d deep.",
                             w->folder, acc_str_cstr(&w->path), ACC_WALK_DEPTH);
    int fd = openat(parent, name, flags);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (folder == NULL) {
        int number = errno;
        if (fd >= 0)
            close(fd);
        return unreadable(w, number);
    }
    enum acc_code code = ACC_OK;
    size_t base = w->path.len;
    while (code == ACC_OK) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL) {
            if (errno != 0)
                code = unreadable(w, errno);
            break;
        }
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        acc_str_add(&w->path, base > 0 ? "/" : "");
        acc_str_add(&w->path, entry->d_name);
        code = visit(w, fd, entry, depth);
        acc_str_cut(&w->path, base);
    }
    closedir(folder);
    return code;
}

enum acc_code acc_walk(const char *folder, acc_walk_each each, acc_walk_enter enter, void *arg,
                       struct acc_error *err)
{
    struct walk w = {folder, each, enter, arg, err, false, {0}};
    enum acc_code code = walk_folder(&w, AT_FDCWD, folder, 0);
    acc_str_release(&w.path);
    return code;
}

enum acc_code acc_walk_names(const char *folder, acc_walk_each each, acc_walk_enter enter,
                             void *arg, struct acc_error *err)
{
    struct walk w = {folder, each, enter, arg, err, true, {0}};
    enum acc_code code = walk_folder(&w, AT_FDCWD, folder, 0);
    acc_str_release(&w.path);
    return code;
}
