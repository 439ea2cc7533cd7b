/* Feeds bytes to the reader of BagIt Profiles, and compares a bag with what it accepts. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan/profile.h"
#include "source/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static struct acc_source bag;

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    char folder[64], file[96];
    struct acc_error err;
    snprintf(folder, sizeof folder, "/dev/shm/acc-fuzz-profile-%d", (int)getpid());
    mkdir(folder, 0700);
    snprintf(file, sizeof file, "%s/note.txt", folder);
    fclose(fopen(file, "w"));
    must(acc_source_open(folder, NULL, NULL, &bag, &err) == ACC_OK);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    const struct acc_bag_info info = {
        .version = "1.0",
        .manifest_count = 2,
        .manifests = {{.name = "manifest-md5.txt", .alg = ACC_MD5},
                      {.name = "tagmanifest-sha256.txt", .alg = ACC_SHA256, .tags = true}}};
    struct acc_profile *profile = NULL;
    struct acc_str faults = {0}, notes = {0};
    struct acc_error err = {0};
    char path[40];
    int file = memfd_create("profile", MFD_CLOEXEC);
    must(file >= 0 && write(file, bytes, len) == (ssize_t)len);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (acc_profile_open(path, &profile, &err) == ACC_OK) {
        acc_profile_tag(profile, "Source-Organization", "Library");
        acc_profile_tag(profile, "Source-Organization", "Archive");
        acc_profile_check(profile, &bag, &info, &faults, &notes);
    } else {
        must(err.code == ACC_CONFIG && err.message[0] != '\0');
    }
    acc_profile_free(profile);
    acc_str_release(&faults);
    acc_str_release(&notes);
    close(file);
    return 0;
}
