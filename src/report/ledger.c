/* Checking a ledger, and backing it up: copied beside its place, checked there, hashed, made
 * durable, then renamed. What fails leaves no file behind. */
#include <accession/ledger.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "digest/hasher.h"
#include "ledger/inspect.h"
#include "ledger/ledger.h"

enum { PIECE = 1 << 18 };

enum acc_code acc_check_ledger(const struct acc_ledger_care *care, struct acc_ledger_health *health,
                               struct acc_error *err)
{
    struct acc_str path = {0};
    acc_ledger_where(care->ledger, &path);
    enum acc_code code = acc_ledger_inspect(acc_str_cstr(&path), care, health, err);
    acc_str_release(&path);
    return code;
}

static enum acc_code local(const char *file, struct acc_error *err)
{
    return acc_error_set(err, ACC_LOCAL, "%s: the backup cannot be written: %s; name another file",
                         file, strerror(errno));
}

static enum acc_code hash_file(int fd, const char *file, struct acc_digests *self,
                               struct acc_error *err)
{
    struct acc_algs *algs;
    struct acc_hasher hasher = {0};
    enum acc_code code = acc_algs_new(&algs, err);
    if (code != ACC_OK)
        return code;
    char *piece = acc_alloc(PIECE);
    ssize_t got;
    acc_hasher_init(&hasher, algs, 1u << ACC_SHA256);
    while ((got = read(fd, piece, PIECE)) > 0)
        acc_hasher_update(&hasher, piece, (size_t)got);
    *self = (struct acc_digests){0};
    acc_hasher_finish(&hasher, self);
    acc_hasher_release(&hasher);
    acc_algs_free(algs);
    free(piece);
    return got < 0 ? local(file, err) : ACC_OK;
}

static enum acc_code hash_and_sync(const char *file, struct acc_digests *self,
                                   struct acc_error *err)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    enum acc_code code = fd < 0 ? local(file, err) : hash_file(fd, file, self, err);
    if (code == ACC_OK && fsync(fd) != 0)
        code = local(file, err);
    if (fd >= 0)
        close(fd);
    return code;
}

static enum acc_code write_digest(const char *file, const struct acc_digests *self,
                                  struct acc_error *err)
{
    struct acc_str path = {0};
    struct acc_file_new list;
    char hex[ACC_DIGEST_MAX * 2 + 1];
    char *copy = acc_strdup(file);
    acc_str_addf(&path, "%s.sha256", file);
    acc_digests_hex(self, ACC_SHA256, hex);
    enum acc_code code = acc_file_begin(&list, acc_str_cstr(&path), err);
    if (code == ACC_OK) {
        fprintf(list.stream, "%s  %s\n", hex, basename(copy));
        code = acc_file_commit(&list, err);
    }
    acc_str_release(&path);
    free(copy);
    return code;
}

/* A copy with faults proves nothing later. */
static enum acc_code check_copy(const struct acc_ledger_care *care, const char *ledger,
                                const char *copy, struct acc_error *err)
{
    struct acc_ledger_health health;
    enum acc_code code = acc_ledger_inspect(copy, care, &health, err);
    if (code == ACC_OK && health.faults > 0)
        code = acc_error_set(err, ACC_LEDGER,
                             "%s: the ledger has faults, so no backup was made of it; see "
                             "accession ledger check, and restore an earlier backup",
                             ledger);
    return code;
}

/* SQLite makes both to read the copy, empty, and leaves them. What another backup left would belong
 * to another copy. */
static void remove_beside(const char *copy)
{
    static const char *const ends[] = {"-wal", "-shm"};
    struct acc_str path = {0};
    for (size_t i = 0; i < ACC_COUNT_OF(ends); i++) {
        acc_str_clear(&path);
        acc_str_addf(&path, "%s%s", copy, ends[i]);
        unlink(acc_str_cstr(&path));
    }
    acc_str_release(&path);
}

static void remove_copy(const char *copy)
{
    unlink(copy);
    remove_beside(copy);
}

enum acc_code acc_backup_ledger(const struct acc_ledger_care *care, const char *file,
                                struct acc_digests *self, struct acc_error *err)
{
    if (access(file, F_OK) == 0)
        return acc_error_set(err, ACC_LOCAL,
                             "%s: exists already; a backup replaces nothing, name another file",
                             file);
    struct acc_str path = {0}, copy = {0};
    acc_ledger_where(care->ledger, &path);
    acc_str_addf(&copy, "%s.part", file);
    const char *part = acc_str_cstr(&copy);
    remove_copy(part);
    /* Made here, so that a missing folder is not called a fault of the ledger. */
    int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    enum acc_code code = fd < 0 ? local(file, err) : ACC_OK;
    if (fd >= 0)
        close(fd);
    if (code == ACC_OK)
        code = acc_ledger_copy(acc_str_cstr(&path), part, err);
    if (code == ACC_OK)
        code = check_copy(care, acc_str_cstr(&path), part, err);
    if (code == ACC_OK)
        code = hash_and_sync(part, self, err);
    if (code == ACC_OK)
        code = write_digest(file, self, err);
    if (code == ACC_OK)
        remove_beside(part);
    if (code == ACC_OK && rename(part, file) != 0)
        code = local(file, err);
    if (code != ACC_OK)
        remove_copy(part);
    acc_str_release(&copy);
    acc_str_release(&path);
    return code;
}
