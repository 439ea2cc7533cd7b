/* What a package is shows in its first bytes; its name says nothing. A tar that is not packed may
 * have no such mark: then its first entry is read. Fails if it is none of them. */
#include "source/package.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

static bool is_tar(struct acc_package *package)
{
    struct acc_package_reader *reader;
    struct archive_entry *entry;
    struct acc_error ignored;
    if (acc_package_reader_new(package, &reader, &ignored) != ACC_OK)
        return false;
    enum acc_code code = acc_package_reader_next(reader, &entry, &ignored);
    acc_package_reader_free(reader);
    return code == ACC_OK;
}

enum acc_code acc_package_detect(struct acc_package *package, struct acc_error *err)
{
    static const struct {
        const char *magic;
        size_t len;
        enum acc_packing packing;
    } known[] = {
        {"\x1f\x8b", 2, ACC_PACKING_GZIP},
        {"BZh", 3, ACC_PACKING_FILTER},
        {"\xfd"
         "7zXZ",
         5, ACC_PACKING_FILTER},
        {"\x28\xb5\x2f\xfd", 4, ACC_PACKING_FILTER},
        {"PK\x03\x04", 4, ACC_PACKING_ZIP},
        {"PK\x05\x06", 4, ACC_PACKING_ZIP},
    };
    char start[512];
    ssize_t len = acc_package_pread(package->fd, start, sizeof start, 0);
    if (len < 0)
        return acc_error_set(err, acc_code_of_errno(errno, ACC_SOURCE), "%s: cannot be read: %s.",
                             package->path, strerror(errno));
    if (len == 0)
        return acc_error_set(err, ACC_SOURCE, "%s: is empty, so it is no package.", package->path);
    package->packing = ACC_PACKING_NONE;
    for (size_t i = 0; i < ACC_COUNT_OF(known); i++)
        if ((size_t)len >= known[i].len && memcmp(start, known[i].magic, known[i].len) == 0) {
            package->packing = known[i].packing;
            return ACC_OK;
        }
    return is_tar(package)
               ? ACC_OK
               : acc_error_set(err, ACC_SOURCE,
                               "%s: is neither a folder nor a package. SOURCE is a folder, a .tar "
                               "(plain, or packed with gzip, bzip2, xz or zstd) or a .zip.",
                               package->path);
}
