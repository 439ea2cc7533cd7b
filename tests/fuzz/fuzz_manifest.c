/* Feeds bytes to acc_manifest_read(): the first byte picks a format by name (or none), the rest is
 * the file. Every entry that comes out must be what the contract says. Built with -Dfuzz=true and
 * clang:
 *
 *     CC=clang meson setup build-fuzz -Dfuzz=true -Db_lundef=false -Db_sanitize=address,undefined
 *     ninja -C build-fuzz && build-fuzz/tests/fuzz_manifest -max_len=4096 CORPUS
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/path.h"
#include "manifest/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static enum acc_code on_entry(void *arg, const struct acc_entry *entry, enum acc_taken *taken,
                              struct acc_error *err)
{
    if (acc_path_problem(entry->path, strlen(entry->path)) != NULL || entry->size < -1 ||
        entry->line == 0)
        abort();
    if (entry->problem == NULL && !acc_utf8_valid(entry->path, strlen(entry->path)))
        abort();
    ++*(uint64_t *)arg;
    return ACC_OK;
}

/* A source that holds every second name. */
static bool has(void *arg, const char *path)
{
    return strlen(path) % 2 == 0;
}

static void on_note(void *arg, const struct acc_manifest_note *note)
{
    if (note->text[0] == '\0')
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    if (len == 0)
        return 0;
    size_t names = 0;
    while (acc_manifest_formats()[names] != NULL)
        names++;
    struct acc_manifest_options options = {
        .format = acc_manifest_formats()[bytes[0] % (names + 1)],
        .strip_prefix = bytes[0] & 0x80 ? "/srv" : NULL,
        .windows_paths = bytes[0] & 0x40,
        .exists = bytes[0] & 0x20 ? has : NULL,
    };
    char path[64];
    int fd = memfd_create("manifest", MFD_CLOEXEC);
    if (fd < 0 || write(fd, bytes + 1, len - 1) != (ssize_t)(len - 1))
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    uint64_t count = 0;
    struct acc_manifest_sink sink = {.entry = on_entry, .note = on_note, .arg = &count};
    struct acc_manifest_info info;
    struct acc_error err;
    enum acc_code code = acc_manifest_read(path, &options, &sink, &info, &err);
    if (code == ACC_OK ? info.entries != count || count == 0 : strlen(err.message) < 20)
        abort();
    if (code != ACC_OK && (code != ACC_MANIFEST || strchr(err.message, '\n') != NULL))
        abort();
    close(fd);
    return 0;
}
