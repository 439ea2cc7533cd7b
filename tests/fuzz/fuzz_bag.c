/* Feeds bytes to acc_bag_read_folder() as six files of a bag, separated by the byte 0x1E. Built
 * like fuzz_manifest.c; run it alone in its folder under /dev/shm. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "manifest/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static const char *const names[] = {"bagit.txt",           "manifest-md5.txt",
                                    "manifest-sha256.txt", "tagmanifest-md5.txt",
                                    "bag-info.txt",        "fetch.txt"};
enum { NAMES = sizeof names / sizeof names[0] };

static enum acc_code on_entry(void *arg, const struct acc_entry *entry, enum acc_taken *taken,
                              struct acc_error *err)
{
    if (acc_path_problem(entry->path, strlen(entry->path)) != NULL ||
        entry->promised.present == 0 || /* a bag's files all have one */
        (entry->role == ACC_ROLE_PAYLOAD) != (strncmp(entry->path, "data/", 5) == 0))
        abort();
    return ACC_OK;
}

static void write_file(const char *folder, const char *name, const uint8_t *bytes, size_t len)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "w");
    if (out == NULL || fwrite(bytes, 1, len, out) != len || fclose(out) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char folder[64], path[128];
    snprintf(folder, sizeof folder, "/dev/shm/acc-fuzz-bag-%d", (int)getpid());
    snprintf(path, sizeof path, "%s/data", folder);
    mkdir(folder, 0700);
    mkdir(path, 0700);
    write_file(folder, "data/a", (const uint8_t *)"a", 1);
    for (size_t i = 0; i < NAMES; i++) {
        const uint8_t *end = len > 0 ? memchr(bytes, 0x1E, len) : NULL;
        size_t part = end != NULL ? (size_t)(end - bytes) : len;
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
        if (part > 0)
            write_file(folder, names[i], bytes, part);
        part += end != NULL;
        bytes += part;
        len -= part;
    }
    struct acc_manifest_sink sink = {.entry = on_entry};
    struct acc_bag_info info;
    struct acc_error err;
    if (acc_bag_read_folder(folder, &sink, &info, &err) != ACC_OK &&
        strchr(err.message, '\n') != NULL)
        abort();
    return 0;
}
