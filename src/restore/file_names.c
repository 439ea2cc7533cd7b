/* Whether a name can be had is seen by making a file of that name in the work folder, and by
 * looking what the file system made of it. */
#include "restore/file_names.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static bool try_name(const struct acc_target *target, const char *name)
{
    int fd = openat(target->work, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    close(fd);
    return true;
}

static bool is_kept(const struct acc_target *target, const char *name)
{
    bool found = false;
    int fd = openat(target->work, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    for (struct dirent *entry; dir != NULL && !found && (entry = readdir(dir)) != NULL;)
        found = strcmp(entry->d_name, name) == 0;
    if (dir != NULL)
        closedir(dir);
    return found;
}

/* What is there already under the name shows that it can be, and is not ours to remove. */
static bool holds(const struct acc_target *target, const char *name)
{
    bool made = try_name(target, name);
    bool held = (made || errno == EEXIST) && is_kept(target, name);
    if (made)
        unlinkat(target->work, name, 0);
    return held;
}

void acc_file_names_probe(const struct acc_target *target, struct acc_file_names *names)
{
    long longest = target->fd >= 0 ? fpathconf(target->fd, _PC_NAME_MAX) : -1;
    names->longest = longest > 0 ? (size_t)longest : NAME_MAX;
    names->verbatim = target->work < 0 || holds(target, ACC_ODD_NAME);
}

static bool is_plain(const char *name, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] < 0x20 || (unsigned char)name[i] > 0x7E ||
            strchr("<>:\"|?*\\", name[i]) != NULL)
            return false;
    return name[len - 1] != '.' && name[len - 1] != ' ';
}

const char *acc_file_name_problem(const struct acc_target *target,
                                  const struct acc_file_names *names, const char *path)
{
    if (strncmp(path, ACC_TARGET_WORK, strlen(ACC_TARGET_WORK)) == 0 &&
        strchr("/", path[strlen(ACC_TARGET_WORK)]) != NULL)
        return "is the name of the restore's own temporary folder";
    for (;;) {
        char part[NAME_MAX + 1];
        size_t len = strcspn(path, "/");
        if (len > names->longest || len >= sizeof part)
            return "has a part that is longer than the file system allows";
        memcpy(part, path, len);
        part[len] = '\0';
        if (!names->verbatim && !is_plain(part, len) && !holds(target, part))
            return "has a part that the file system does not accept as it is";
        if (path[len] == '\0')
            return NULL;
        path += len + 1;
    }
}
