/* Plays a loss of power for LD_PRELOAD: at the N-th write or sync of a ledger's files, what was
 * written since the last sync is lost in part, torn at sectors, and the process is gone.
 *
 *     ACC_POWER=AT:SEED     the call that is not made, and what decides the fate of each sector
 *     ACC_POWER_PATH=TEXT   files whose paths contain it
 *     ACC_FAULT_LOG=FILE    gets "SEEN HIT": calls so far, and whether the power went
 *
 * The model is a write-back cache: each sector that was not synced holds what it held at the last
 * sync, or at any moment since; a file has its old length or its new one; a file whose folder was
 * never synced may not be there at all. A file that was removed stays so: SQLite removes its log
 * when the ledger holds all of it. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECTOR 512
#define FILES_MAX 16

/* What a write or a truncation took away. */
struct change {
    struct change *older;
    off_t at;
    size_t len; /* of `before`, which ends where the file did */
    size_t span;
    unsigned char before[];
};

struct file {
    dev_t dev;
    ino_t ino;
    char path[1024];
    bool linked;         /* its name is durable */
    off_t durable_size;  /* at the last sync */
    struct change *last; /* since then */
    unsigned char *kept; /* by sector, while the power goes */
    size_t sectors;
};

static struct {
    pthread_mutex_t mutex;
    struct file files[FILES_MAX];
    size_t count;
    unsigned long at;
    uint64_t dice;
    const char *path;
    unsigned long *tally; /* seen, hit */
} power = {.mutex = PTHREAD_MUTEX_INITIALIZER};

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_ftruncate)(int, off_t);

static void refuse(const char *why)
{
    dprintf(STDERR_FILENO, "power: %s\n", why);
    _exit(99);
}

static unsigned rolled(unsigned sides)
{
    power.dice = power.dice * 6364136223846793005UL + 1442695040888963407UL;
    return (unsigned)(power.dice >> 33) % sides;
}

__attribute__((constructor)) static void set_up(void)
{
    const char *spec = getenv("ACC_POWER"), *log = getenv("ACC_FAULT_LOG");
    real_pwrite = (__typeof__(real_pwrite))dlsym(RTLD_NEXT, "pwrite64");
    real_ftruncate = (__typeof__(real_ftruncate))dlsym(RTLD_NEXT, "ftruncate64");
    power.path = getenv("ACC_POWER_PATH");
    if (spec == NULL || power.path == NULL || log == NULL ||
        sscanf(spec, "%lu:%lu", &power.at, &power.dice) != 2)
        refuse("ACC_POWER is AT:SEED; ACC_POWER_PATH and ACC_FAULT_LOG are needed");
    int fd = open(log, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || real_ftruncate(fd, 2 * sizeof *power.tally) != 0)
        refuse("cannot open ACC_FAULT_LOG");
    power.tally = mmap(NULL, 2 * sizeof *power.tally, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (power.tally == MAP_FAILED)
        refuse("cannot map ACC_FAULT_LOG");
    close(fd);
}

/* The file behind a descriptor, or NULL if it is none of the ledger's. */
static struct file *file_of(int fd)
{
    char link[32], target[1024];
    struct stat st;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, target, sizeof target - 1);
    if (len <= 0 || fstat(fd, &st) != 0)
        return NULL;
    target[len] = '\0';
    size_t end = strlen("-shm");
    if (strstr(target, power.path) == NULL || !S_ISREG(st.st_mode) ||
        strcmp(target + len - end, "-shm") == 0)
        return NULL; /* the index in shared memory is made anew */
    for (size_t i = 0; i < power.count; i++)
        if (power.files[i].dev == st.st_dev && power.files[i].ino == st.st_ino)
            return &power.files[i];
    if (power.count == FILES_MAX)
        refuse("more files than it can follow");
    struct file *file = &power.files[power.count++];
    *file = (struct file){.dev = st.st_dev, .ino = st.st_ino, .durable_size = st.st_size};
    file->linked = st.st_size > 0;
    memcpy(file->path, target, (size_t)len + 1);
    return file;
}

/* Before `span` bytes at `at` are overwritten, or cut off. */
static void remember(struct file *file, int fd, off_t at, size_t span)
{
    struct change *change = malloc(sizeof *change + span);
    if (change == NULL)
        refuse("out of memory");
    ssize_t got = pread(fd, change->before, span, at);
    change->at = at;
    change->span = span;
    change->len = got > 0 ? (size_t)got : 0;
    change->older = file->last;
    file->last = change;
}

/* ---- the power goes ---- */

/* Sector by sector: once a newer content was kept, the older ones under it are history. */
static void undo(struct file *file, int fd, const struct change *change, unsigned of_ten)
{
    static const unsigned char zeros[SECTOR];
    for (size_t done = 0; done < change->span;) {
        off_t at = change->at + (off_t)done;
        size_t sector = (size_t)at / SECTOR, left = change->span - done;
        size_t len = SECTOR - (size_t)at % SECTOR < left ? SECTOR - (size_t)at % SECTOR : left;
        if (sector < file->sectors && !file->kept[sector]) {
            if (rolled(10) < of_ten)
                file->kept[sector] = 1;
            else if (done + len <= change->len)
                real_pwrite(fd, change->before + done, len, at);
            else
                real_pwrite(fd, zeros, len, at);
        }
        done += len;
    }
}

static void lose(struct file *file, unsigned of_ten)
{
    int fd = open(file->path, O_RDWR | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) != 0 || st.st_ino != file->ino)
        return; /* removed meanwhile */
    if (!file->linked && rolled(2) == 0) {
        unlink(file->path);
        return;
    }
    off_t longest = st.st_size;
    for (struct change *c = file->last; c != NULL; c = c->older)
        if (c->at + (off_t)c->span > longest)
            longest = c->at + (off_t)c->span;
    file->sectors = (size_t)longest / SECTOR + 1;
    file->kept = calloc(file->sectors, 1);
    if (file->kept == NULL)
        refuse("out of memory");
    for (struct change *c = file->last; c != NULL; c = c->older)
        undo(file, fd, c, of_ten);
    real_ftruncate(fd, rolled(2) == 0 ? file->durable_size : st.st_size);
}

/* Called with the mutex, which stays locked: nobody writes any more. */
static void go_dark(void)
{
    static const unsigned of_ten[] = {0, 1, 5, 9, 10};
    power.tally[1] = 1;
    for (size_t i = 0; i < power.count; i++)
        lose(&power.files[i], of_ten[rolled(5)]);
    kill(getpid(), SIGKILL);
}

/* ---- the calls ---- */

static void count_down(void)
{
    if (++power.tally[0] == power.at)
        go_dark();
}

static ssize_t write_at(int fd, const void *from, size_t n, off_t at)
{
    pthread_mutex_lock(&power.mutex);
    struct file *file = file_of(fd);
    if (file != NULL) {
        count_down();
        remember(file, fd, at, n);
    }
    ssize_t written = real_pwrite(fd, from, n, at);
    int number = errno;
    pthread_mutex_unlock(&power.mutex);
    errno = number;
    return written;
}

static int cut(int fd, off_t size)
{
    struct stat st;
    pthread_mutex_lock(&power.mutex);
    struct file *file = file_of(fd);
    if (file != NULL && fstat(fd, &st) == 0 && st.st_size > size)
        remember(file, fd, size, (size_t)(st.st_size - size));
    int result = real_ftruncate(fd, size);
    int number = errno;
    pthread_mutex_unlock(&power.mutex);
    errno = number;
    return result;
}

static void forget(struct file *file, int fd)
{
    struct stat st;
    struct change *change;
    while ((change = file->last) != NULL) {
        file->last = change->older;
        free(change);
    }
    if (fstat(fd, &st) == 0)
        file->durable_size = st.st_size;
}

static int sync_with(int (*real)(int), int fd)
{
    struct stat st;
    pthread_mutex_lock(&power.mutex);
    struct file *file = file_of(fd);
    if (file != NULL)
        count_down();
    int result = real(fd);
    int number = errno;
    if (result == 0 && file != NULL)
        forget(file, fd);
    else if (result == 0 && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        for (size_t i = 0; i < power.count; i++)
            power.files[i].linked = true; /* all of a ledger's files lie in one folder */
    pthread_mutex_unlock(&power.mutex);
    errno = number;
    return result;
}

#define SYNC(name)                                                                                 \
    int name(int fd)                                                                               \
    {                                                                                              \
        static int (*real)(int);                                                                   \
        if (real == NULL)                                                                          \
            real = (int (*)(int))dlsym(RTLD_NEXT, #name);                                          \
        return sync_with(real, fd);                                                                \
    }
SYNC(fsync)
SYNC(fdatasync)

ssize_t pwrite(int fd, const void *from, size_t n, off_t at)
{
    return write_at(fd, from, n, at);
}

ssize_t pwrite64(int fd, const void *from, size_t n, off64_t at)
{
    return write_at(fd, from, n, at);
}

int ftruncate(int fd, off_t size)
{
    return cut(fd, size);
}

int ftruncate64(int fd, off64_t size)
{
    return cut(fd, size);
}
