/* Standard input is read twice, so all of it is kept: a little in memory, more in a file without a
 * name in the temporary folder, which vanishes with the process however that ends.
 *
 * Fails with ACC_LOCAL, before the folder is full, if what came does not fit and leave room;
 * ACC_INTERRUPTED once `stop` is set. Close: the caller closes the descriptor. */
#include "source/package.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/mem.h"

enum { PIECE = 256 * 1024, STOP_STEP_MS = 200 };
#define IN_MEMORY ((int64_t)16 << 20)
#define LEFT_FREE ((int64_t)64 << 20)
#define LOOK_EVERY ((int64_t)16 << 20)

static const char *folder(void)
{
    const char *named = getenv("TMPDIR");
    return named != NULL && *named == '/' ? named : "/var/tmp";
}

static enum acc_code check_space(int fd, int64_t had, struct acc_error *err)
{
    struct statvfs fs;
    if (fstatvfs(fd, &fs) != 0 || (int64_t)fs.f_bavail > LEFT_FREE / (int64_t)fs.f_frsize)
        return ACC_OK;
    return acc_error_set(err, ACC_LOCAL,
                         "%s: has no room for the package on standard input, of which %lld bytes "
                         "have come. Set TMPDIR to a folder on a larger disk, or pass the package "
                         "as a file.",
                         folder(), (long long)had);
}

static enum acc_code failed(const char *what, struct acc_error *err)
{
    return acc_error_set(err, ACC_LOCAL, "%s: %s: %s.", folder(), what, strerror(errno));
}

static enum acc_code write_all(int fd, const char *bytes, size_t len, struct acc_error *err)
{
    while (len > 0) {
        ssize_t put = write(fd, bytes, len);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return failed("the package on standard input cannot be kept there", err);
        bytes += put;
        len -= (size_t)put;
    }
    return ACC_OK;
}

/* From memory into a file. */
static enum acc_code move_out(int *fd, struct acc_error *err)
{
    char *piece = acc_alloc(PIECE);
    int file = open(folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    int64_t at = 0;
    ssize_t got = 0;
    enum acc_code code = file >= 0 ? check_space(file, IN_MEMORY, err)
                                   : failed("no temporary file can be made there", err);
    while (code == ACC_OK && (got = acc_package_pread(*fd, piece, PIECE, at)) > 0) {
        code = write_all(file, piece, (size_t)got, err);
        at += got;
    }
    close(*fd);
    *fd = file;
    free(piece);
    return code;
}

static ssize_t read_input(const atomic_bool *stop, char *piece, struct acc_error *err)
{
    struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};
    for (;;) {
        if (stop != NULL && atomic_load(stop)) {
            acc_error_set(err, ACC_INTERRUPTED, "interrupted while reading standard input");
            return -1;
        }
        if (poll(&ready, 1, STOP_STEP_MS) == 0)
            continue;
        ssize_t got = read(STDIN_FILENO, piece, PIECE);
        if (got >= 0)
            return got;
        if (errno != EINTR && errno != EAGAIN) {
            acc_error_set(err, ACC_SOURCE, "standard input: cannot be read: %s.", strerror(errno));
            return -1;
        }
    }
}

enum acc_code acc_package_spool(const atomic_bool *stop, int *fd, struct acc_error *err)
{
    char *piece = acc_alloc(PIECE);
    int64_t had = 0, looked = 0;
    ssize_t got = 0;
    enum acc_code code = ACC_OK;
    *fd = memfd_create("package", MFD_CLOEXEC);
    if (*fd < 0)
        code = failed("no memory for the package on standard input", err);
    while (code == ACC_OK && (got = read_input(stop, piece, err)) > 0) {
        if (had <= IN_MEMORY && had + got > IN_MEMORY)
            code = move_out(fd, err);
        had += got;
        if (code == ACC_OK && had > IN_MEMORY && had - looked > LOOK_EVERY) {
            looked = had;
            code = check_space(*fd, had, err);
        }
        if (code == ACC_OK)
            code = write_all(*fd, piece, (size_t)got, err);
    }
    free(piece);
    if (code == ACC_OK && got == 0)
        return ACC_OK;
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    return err->code;
}
