/* Files that appear whole: written beside their place, synced, then renamed into it. Anything
 * but a regular file (a device, a FIFO, standard output) is opened and written into instead. On
 * failure the temporary file is removed; after a crash it stays as ".NAME.1f09c3d2", a name that no
 * program takes for the real one. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

enum acc_code acc_file_read(const char *path, size_t max, struct acc_str *out,
                            struct acc_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return acc_error_set(err, errno == ENOENT ? ACC_FILE_MISSING : ACC_FILE_UNREADABLE,
                             "%s: cannot be opened: %s", path, strerror(errno));
    acc_str_clear(out);
    enum acc_code code = ACC_OK;
    for (;;) {
        acc_str_reserve(out, 65536);
        ssize_t got = read(fd, out->data + out->len, 65536);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            code = acc_error_set(err, ACC_FILE_UNREADABLE, "%s: cannot be read: %s", path,
                                 strerror(errno));
        if (got <= 0)
            break;
        out->len += (size_t)got;
        out->data[out->len] = '\0';
        if (out->len > max) {
            code = acc_error_set(err, ACC_FILE_TOO_LARGE, "%s: longer than %zu bytes", path, max);
            break;
        }
    }
    close(fd);
    return code;
}

enum acc_code acc_mkdirs(const char *path, struct acc_error *err)
{
    char *copy = acc_strdup(path);
    enum acc_code code = ACC_OK;
    for (char *at = copy + 1;; at++) {
        char saved = *at;
        if (saved != '/' && saved != '\0')
            continue;
        *at = '\0';
        if (mkdir(copy, 0700) != 0 && errno != EEXIST) {
            code = acc_error_set(err, ACC_LOCAL, "%s: folder cannot be made: %s", copy,
                                 strerror(errno));
            break;
        }
        *at = saved;
        if (saved == '\0')
            break;
    }
    free(copy);
    return code;
}

/* Unlike mkostemp()'s, the name begins as the file's own does. */
static char *temporary_name(const char *path)
{
    char *for_dir = acc_strdup(path), *for_base = acc_strdup(path);
    struct acc_str temp = {0};
    uint32_t random = 0;
    if (getrandom(&random, sizeof random, 0) != sizeof random)
        random = (uint32_t)getpid(); /* O_EXCL is what keeps it from meeting another */
    acc_str_addf(&temp, "%s/.%s.%08x", dirname(for_dir), basename(for_base), random);
    free(for_dir);
    free(for_base);
    return acc_str_detach(&temp);
}

/* True when `path` leads to something that must not be replaced. /dev/stdout and its like lead to
 * an open file of any kind. A dangling link is written through. */
static bool is_written_into(const char *path)
{
    struct stat st;
    char *target = NULL;
    if (lstat(path, &st) != 0)
        return false;
    if (!S_ISLNK(st.st_mode))
        return !S_ISREG(st.st_mode);
    bool open_file = acc_starts_with(path, "/dev/") || acc_starts_with(path, "/proc/");
    bool into = open_file || stat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
                (target = realpath(path, NULL)) == NULL;
    free(target);
    return into;
}

/* Never waits for a FIFO's reader; what is written afterwards may wait for it as usual. */
static int open_into(const char *path)
{
    if (strcmp(path, "-") == 0)
        return fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_NONBLOCK | O_CLOEXEC, 0600);
    int flags = fd >= 0 ? fcntl(fd, F_GETFL) : -1;
    if (flags >= 0)
        fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
    return fd;
}

static int open_beside(struct acc_file_new *f)
{
    char *target = realpath(f->path, NULL); /* a symbolic link stays */
    if (target != NULL) {
        free(f->path);
        f->path = target;
    }
    f->temp = temporary_name(f->path);
    return open(f->temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

enum acc_code acc_file_begin(struct acc_file_new *f, const char *path, struct acc_error *err)
{
    *f = (struct acc_file_new){.path = acc_strdup(path)};
    bool into = strcmp(path, "-") == 0 || is_written_into(path);
    int fd = into ? open_into(path) : open_beside(f);
    if (fd >= 0)
        f->stream = fdopen(fd, "w");
    if (f->stream != NULL)
        return ACC_OK;
    const char *reason = into && errno == ENXIO ? "no process reads from it; start the reader first"
                                                : strerror(errno);
    enum acc_code code = acc_error_set(err, ACC_LOCAL, "%s: cannot be written: %s", path, reason);
    if (fd >= 0)
        close(fd);
    acc_file_abandon(f);
    return code;
}

void acc_file_share(struct acc_file_new *f)
{
    if (f->temp != NULL)
        fchmod(fileno(f->stream), 0644);
}

static int sync_folder_of(const char *path)
{
    char *copy = acc_strdup(path);
    int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(copy);
    if (fd < 0)
        return -1;
    int result = fsync(fd);
    close(fd);
    return result;
}

enum acc_code acc_file_commit(struct acc_file_new *f, struct acc_error *err)
{
    bool whole = f->temp != NULL, written = fflush(f->stream) == 0 && !ferror(f->stream);
    written = written && (!whole || fsync(fileno(f->stream)) == 0);
    written = fclose(f->stream) == 0 && written;
    f->stream = NULL;
    if (written && whole)
        written = rename(f->temp, f->path) == 0 && sync_folder_of(f->path) == 0;
    if (!written) {
        acc_error_set(err, ACC_LOCAL, "%s: cannot be written: %s", f->path, strerror(errno));
        acc_file_abandon(f);
        return ACC_LOCAL;
    }
    free(f->path);
    free(f->temp);
    *f = (struct acc_file_new){0};
    return ACC_OK;
}

void acc_file_abandon(struct acc_file_new *f)
{
    if (f->stream != NULL)
        fclose(f->stream);
    if (f->temp != NULL)
        unlink(f->temp);
    free(f->path);
    free(f->temp);
    *f = (struct acc_file_new){0};
}

void acc_home_dir(struct acc_str *out)
{
    const char *home = getenv("HOME");
    struct passwd *entry = home != NULL && *home ? NULL : getpwuid(getuid());
    acc_str_set(out, home != NULL && *home ? home : entry != NULL ? entry->pw_dir : "/");
}

void acc_state_dir(struct acc_str *out)
{
    const char *state = getenv("XDG_STATE_HOME");
    if (state != NULL && state[0] == '/') {
        acc_str_set(out, state);
    } else {
        acc_home_dir(out);
        acc_str_add(out, "/.local/state");
    }
    acc_str_add(out, "/accession");
}
