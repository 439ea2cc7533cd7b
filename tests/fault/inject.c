/* Makes system calls and allocations fail, for LD_PRELOAD: the N-th of a kind, and as many after it
 * as asked.
 *
 *     ACC_FAULT=CALLS:ERRNO:AT[:COUNT]   write,pwrite:ENOSPC:12:5; COUNT 0 for all that follow
 *     ACC_FAULT_PATH=TEXT                only descriptors and paths that contain TEXT
 *     ACC_WITHOUT_DIGEST=MD5             OpenSSL offers no such digest, as under some policies
 *     ACC_FAULT_PLACES=1                 count a call only if none came from the same functions
 * before ACC_FAULT_LOG=FILE                 gets "SEEN HIT": calls that counted, and those that
 * failed
 *
 * Without ACC_FAULT every call goes through untouched; a specification that is not understood ends
 * the process, since a test that injects nothing proves nothing. Counts are those of one process: a
 * child counts for itself.
 *
 * A call that does not fail goes on to the next library that has it. In a sanitized program that is
 * the sanitizer's runtime, which lets itself be loaded second with verify_asan_link_order=0. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* The names of CALLS; variants with 64 and at-calls count as the plain one. */
/* clang-format off */
#define KINDS(X)                                                                                   \
    X(open) X(stat) X(readdir) X(read) X(write) X(pread) X(pwrite) X(fsync) X(ftruncate) X(rename) X(unlink)          \
    X(socket) X(connect) X(send) X(recv) X(epoll_ctl) X(mmap) X(alloc)
/* clang-format on */
#define KIND(name) KIND_##name,
enum kind { KINDS(KIND) KIND_COUNT };
#undef KIND

static const struct {
    const char *name;
    int number;
} errors[] = {
    {"EIO", EIO},       {"ENOSPC", ENOSPC}, {"EMFILE", EMFILE},         {"ENFILE", ENFILE},
    {"ENOMEM", ENOMEM}, {"EACCES", EACCES}, {"ECONNRESET", ECONNRESET}, {"EDQUOT", EDQUOT},
    {"ESTALE", ESTALE}};

static struct {
    bool kinds[KIND_COUNT];
    int error;
    unsigned long at, count;
    const char *path;
    const char *places;
    struct tally {
        atomic_ulong seen, hit;
    } * tally; /* shared with ACC_FAULT_LOG, so that it is there after SIGKILL */
} fault;
static __thread bool inside; /* what this library itself calls */

static void refuse(const char *why)
{
    dprintf(STDERR_FILENO, "fault injector: %s\n", why);
    _exit(99);
}

static void choose_kinds(const char *names)
{
    static const char *const known[] = {
#define KIND(name) #name,
        KINDS(KIND)
#undef KIND
    };
    char copy[128], *rest = copy, *name;
    snprintf(copy, sizeof copy, "%s", names);
    while ((name = strsep(&rest, ",")) != NULL) {
        int i = 0;
        while (i < KIND_COUNT && strcmp(known[i], name) != 0)
            i++;
        if (i == KIND_COUNT)
            refuse("no such call");
        fault.kinds[i] = true;
    }
}

/* SQLite cuts most of what it needs from one block: then it cannot fail, nor a sanitizer see it. */
static void part_sqlite(void)
{
    int (*configure)(int, ...) = (int (*)(int, ...))dlsym(RTLD_DEFAULT, "sqlite3_config");
    if (configure != NULL && configure(13 /* SQLITE_CONFIG_LOOKASIDE */, 0, 0) != 0)
        refuse("SQLite was used before");
}

__attribute__((constructor)) static void set_up(void)
{
    static struct tally own;
    char names[128], error[16];
    const char *spec = getenv("ACC_FAULT"), *log = getenv("ACC_FAULT_LOG");
    fault.tally = &own;
    if (spec == NULL)
        return;
    unsigned long at, count = 1;
    if (sscanf(spec, "%127[^:]:%15[^:]:%lu:%lu", names, error, &at, &count) < 3)
        refuse("ACC_FAULT is CALLS:ERRNO:AT[:COUNT]");
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        if (strcmp(errors[i].name, error) == 0)
            fault.error = errors[i].number;
    if (fault.error == 0)
        refuse("no such error");
    fault.at = at;
    fault.count = count;
    fault.path = getenv("ACC_FAULT_PATH");
    fault.places = getenv("ACC_FAULT_PLACES");
    void *frame;
    backtrace(&frame, 1); /* its first call loads a library, and so allocates */
    part_sqlite();
    if (log != NULL) {
        int fd = open(log, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0 || ftruncate(fd, sizeof own) != 0)
            refuse("cannot open ACC_FAULT_LOG");
        void *shared = mmap(NULL, sizeof own, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (shared == MAP_FAILED)
            refuse("cannot map ACC_FAULT_LOG");
        fault.tally = shared;
        close(fd);
    }
    choose_kinds(names); /* the last: from here on calls count */
}

/* A path counts with the folder that it is relative to. */
static bool path_fits(int fd, const char *path)
{
    char link[32], target[1024] = "";
    if (fault.path == NULL)
        return true;
    if (fd >= 0 && (path == NULL || path[0] != '/')) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t len = readlink(link, target, sizeof target / 2);
        target[len < 0 ? 0 : len] = '\0';
    }
    if (path != NULL)
        snprintf(target + strlen(target), sizeof target - strlen(target), "/%s", path);
    return strstr(target, fault.path) != NULL;
}

#define PLACE_DEPTH 10
#define PLACES (1u << 16)

/* Whether the call came by way of that library. */
static bool through(const char *library, void *const frames[], int depth)
{
    Dl_info info;
    for (int i = 0; i < depth; i++)
        if (dladdr(frames[i], &info) != 0 && strstr(info.dli_fname, library) != NULL)
            return true;
    return false;
}

/* Whether the functions that led here, back to the tenth, did so for the first time. */
static bool place_is_new(void)
{
    static atomic_ulong known[PLACES];
    void *all[PLACE_DEPTH + 2], *const *frames =
                                    all + 2; /* without fails() and what it stands in */
    int depth = backtrace(all, PLACE_DEPTH + 2) - 2;
    unsigned long hash = 14695981039346656037UL; /* FNV-1a, of words */
    for (int i = 0; i < depth; i++)
        hash = (hash ^ (unsigned long)frames[i]) * 1099511628211UL;
    for (unsigned at = (unsigned)(hash >> 32) % PLACES;; at = (at + 1) % PLACES) {
        unsigned long there = 0;
        if (atomic_compare_exchange_strong(&known[at], &there, hash))
            return through(fault.places, frames, depth);
        if (there == hash)
            return false;
    }
}

/* Whether this call is to fail; errno is then set. */
static bool fails(enum kind kind, int fd, const char *path)
{
    if (!fault.kinds[kind] || inside)
        return false;
    int before = errno;
    inside = true;
    bool counts = path_fits(fd, path) && (fault.places == NULL || place_is_new());
    inside = false;
    errno = before;
    if (!counts)
        return false;
    unsigned long number = atomic_fetch_add(&fault.tally->seen, 1) + 1;
    if (number < fault.at || (fault.count > 0 && number >= fault.at + fault.count))
        return false;
    atomic_fetch_add(&fault.tally->hit, 1);
    errno = fault.error;
    return true;
}

#define REAL(name)                                                                                 \
    static __typeof__(&name) real;                                                                 \
    if (real == NULL)                                                                              \
    real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define OPEN(name)                                                                                 \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        REAL(name);                                                                                \
        va_list args;                                                                              \
        va_start(args, flags);                                                                     \
        mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) ? va_arg(args, mode_t) : 0;                \
        va_end(args);                                                                              \
        return fails(KIND_open, -1, path) ? -1 : real(path, flags, mode);                          \
    }
#define OPENAT(name)                                                                               \
    int name(int folder, const char *path, int flags, ...)                                         \
    {                                                                                              \
        REAL(name);                                                                                \
        va_list args;                                                                              \
        va_start(args, flags);                                                                     \
        mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) ? va_arg(args, mode_t) : 0;                \
        va_end(args);                                                                              \
        return fails(KIND_open, folder, path) ? -1 : real(folder, path, flags, mode);              \
    }
/* CALL(kind, result, name, descriptor, path, (parameters), (arguments)) */
#define CALL(kind, result, name, fd, path, parameters, arguments)                                  \
    result name parameters                                                                         \
    {                                                                                              \
        REAL(name);                                                                                \
        return fails(KIND_##kind, fd, path) ? (result)-1 : real arguments;                         \
    }

/* clang-format off */
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
CALL(stat, int, stat64, -1, path, (const char *path, struct stat64 *st), (path, st))
CALL(stat, int, lstat64, -1, path, (const char *path, struct stat64 *st), (path, st))
CALL(stat, int, fstat64, fd, NULL, (int fd, struct stat64 *st), (fd, st))
CALL(stat, int, fstatat64, folder, path, (int folder, const char *path, struct stat64 *st, int flags),
     (folder, path, st, flags))
CALL(read, ssize_t, read, fd, NULL, (int fd, void *to, size_t n), (fd, to, n))
CALL(write, ssize_t, write, fd, NULL, (int fd, const void *from, size_t n), (fd, from, n))
CALL(pread, ssize_t, pread, fd, NULL, (int fd, void *to, size_t n, off_t at), (fd, to, n, at))
CALL(pread, ssize_t, pread64, fd, NULL, (int fd, void *to, size_t n, off64_t at), (fd, to, n, at))
CALL(pwrite, ssize_t, pwrite, fd, NULL, (int fd, const void *from, size_t n, off_t at), (fd, from, n, at))
CALL(pwrite, ssize_t, pwrite64, fd, NULL, (int fd, const void *from, size_t n, off64_t at), (fd, from, n, at))
CALL(fsync, int, fsync, fd, NULL, (int fd), (fd))
CALL(fsync, int, fdatasync, fd, NULL, (int fd), (fd))
CALL(ftruncate, int, ftruncate, fd, NULL, (int fd, off_t size), (fd, size))
CALL(ftruncate, int, ftruncate64, fd, NULL, (int fd, off64_t size), (fd, size))
CALL(rename, int, rename, -1, from, (const char *from, const char *to), (from, to))
CALL(rename, int, renameat2, to_folder, to,
     (int from_folder, const char *from, int to_folder, const char *to, unsigned flags),
     (from_folder, from, to_folder, to, flags))
CALL(unlink, int, unlink, -1, path, (const char *path), (path))
CALL(socket, int, socket, -1, "", (int family, int type, int protocol), (family, type, protocol))
CALL(connect, int, connect, fd, NULL, (int fd, const struct sockaddr *to, socklen_t len), (fd, to, len))
CALL(send, ssize_t, send, fd, NULL, (int fd, const void *from, size_t n, int flags), (fd, from, n, flags))
CALL(recv, ssize_t, recv, fd, NULL, (int fd, void *to, size_t n, int flags), (fd, to, n, flags))
CALL(epoll_ctl, int, epoll_ctl, -1, "", (int poll, int what, int fd, struct epoll_event *event),
     (poll, what, fd, event))
CALL(mmap, void *, mmap64, fd, NULL, (void *at, size_t n, int prot, int flags, int fd, off64_t from),
     (at, n, prot, flags, fd, from))
/* clang-format on */

struct dirent64 *readdir64(DIR *folder)
{
    REAL(readdir64);
    return fails(KIND_readdir, dirfd(folder), NULL) ? NULL : real(folder);
}

/* A library without a wrapper for a call makes it so; openat2 has none in glibc. */
long syscall(long number, ...)
{
    REAL(syscall);
    long a[6];
    va_list args;
    va_start(args, number);
    for (size_t i = 0; i < sizeof a / sizeof a[0]; i++)
        a[i] = va_arg(args, long); /* the kernel ignores those that the caller did not give */
    va_end(args);
    if (number == SYS_openat2 && fails(KIND_open, (int)a[0], (const char *)a[1]))
        return -1;
    return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

void *malloc(size_t size)
{
    REAL(malloc);
    return fails(KIND_alloc, -1, "") ? NULL : real(size);
}

void *calloc(size_t n, size_t size)
{
    REAL(calloc);
    return fails(KIND_alloc, -1, "") ? NULL : real(n, size);
}

void *realloc(void *old, size_t size)
{
    REAL(realloc);
    return fails(KIND_alloc, -1, "") ? NULL : real(old, size);
}

/* A sanitizer's calls no malloc() that could be seen from here. */
char *strdup(const char *text)
{
    REAL(strdup);
    bool failed = fails(KIND_alloc, -1, ""), before = inside;
    inside = true;
    char *copy = failed ? NULL : real(text);
    inside = before;
    return copy;
}

/* OpenSSL's, whose types are of no interest here. */
void *EVP_MD_fetch(void *context, const char *algorithm, const char *properties)
{
    REAL(EVP_MD_fetch);
    const char *without = getenv("ACC_WITHOUT_DIGEST");
    if (without != NULL && strcmp(without, algorithm) == 0)
        return NULL;
    return real(context, algorithm, properties);
}
