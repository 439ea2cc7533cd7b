/* Is everything there that the manifest lists? A bag is read as an ingest would read it, with its
 * tag files checked, since that is the only way to know that the manifests themselves are whole;
 * payload is only looked for, not read. Reading stops at the first thing that cannot be understood,
 * which in a folder that is being filled is most often a manifest that is half there. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/str.h"
#include "manifest/manifest.h"
#include "source/source.h"
#include "watch/arrival/look.h"

struct checking {
    const struct acc_look_rules *rules;
    int folder;
    uint64_t listed, missing, sizes;
    struct acc_str first; /* the first that is not as listed; showable */
};

static void remember_first(struct checking *c, const char *path)
{
    if (c->missing + c->sizes == 1)
        acc_path_show(&c->first, path, strlen(path));
}

static enum acc_code on_entry(void *arg, const struct acc_entry *entry, enum acc_taken *taken,
                              struct acc_error *err)
{
    struct checking *c = arg;
    struct stat st;
    (void)taken;
    c->listed++;
    if (fstatat(c->folder, entry->path, &st, 0) != 0) {
        c->missing++;
        remember_first(c, entry->path);
    } else if (entry->size >= 0 && S_ISREG(st.st_mode) && entry->size != st.st_size) {
        c->sizes++;
        remember_first(c, entry->path);
    }
    return atomic_load(c->rules->stop) ? acc_error_set(err, ACC_INTERRUPTED, "interrupted")
                                       : ACC_OK;
}

bool acc_ready_find_list(const struct acc_look_rules *rules, const char *path, struct acc_str *list)
{
    struct stat st;
    for (size_t i = 0; rules->manifests[i] != NULL; i++) {
        acc_str_clear(list);
        acc_str_addf(list, "%s/%s", path, rules->manifests[i]);
        if (stat(acc_str_cstr(list), &st) == 0 && S_ISREG(st.st_mode))
            return true;
    }
    return false;
}

/* Payload-Oxum is the only size that a bag gives. If it is wrong for good, the ingest has to judge
 * that, as it judges an unreadable manifest. */
static enum acc_code check_oxum(const struct acc_bag_info *info, struct acc_error *why)
{
    if (!info->has_oxum ||
        (info->payload_files == info->found_files && info->payload_bytes == info->found_bytes))
        return ACC_OK;
    return acc_error_set(
        why, ACC_MANIFEST,
        "data/ holds %llu bytes in %llu files; Payload-Oxum says %llu bytes in "
        "%llu files",
        (unsigned long long)info->found_bytes, (unsigned long long)info->found_files,
        (unsigned long long)info->payload_bytes, (unsigned long long)info->payload_files);
}

static enum acc_code no_manifest(const struct acc_look_rules *rules, struct acc_error *why)
{
    struct acc_str names = {0};
    acc_str_add(&names, "bagit.txt");
    for (size_t i = 0; rules->manifests[i] != NULL; i++)
        acc_str_addf(&names, "%s%s", rules->manifests[i + 1] != NULL ? ", " : " or ",
                     rules->manifests[i]);
    acc_error_set(why, ACC_FILE_MISSING, "it has no manifest yet: no %s", names.data);
    acc_str_release(&names);
    return ACC_FILE_MISSING;
}

static enum acc_code read_lists(struct checking *c, const char *path, struct acc_error *why)
{
    struct acc_manifest_sink sink = {.entry = on_entry, .arg = c};
    if (acc_bag_detect(path)) {
        struct acc_bag_info info = {0};
        enum acc_code read = acc_bag_read_folder(path, &sink, &info, why);
        return read == ACC_OK ? check_oxum(&info, why) : read;
    }
    struct acc_str list = {0};
    struct acc_manifest_options options = {0};
    struct acc_manifest_info info = {0};
    enum acc_code code = acc_ready_find_list(c->rules, path, &list)
                             ? acc_manifest_read(acc_str_cstr(&list), &options, &sink, &info, why)
                             : no_manifest(c->rules, why);
    acc_str_release(&list);
    return code;
}

/* A package says by itself whether it is whole: all of it is read. What refuses it may be that it
 * is half there, so that counts as a manifest that cannot be read. */
static enum acc_code check_package(const struct acc_look_rules *rules, const char *path,
                                   struct acc_error *why)
{
    struct acc_source source;
    enum acc_code code = acc_source_open(path, rules->package, NULL, &source, why);
    if (code == ACC_OK) {
        code = acc_source_prepare(&source, 0, rules->stop, why);
        acc_source_close(&source);
    }
    return code == ACC_SOURCE ? ACC_MANIFEST : code;
}

enum acc_code acc_ready_manifest(const struct acc_look_rules *rules, const char *path,
                                 struct acc_error *why)
{
    struct checking c = {.rules = rules};
    struct stat st;
    if (lstat(path, &st) == 0 && S_ISREG(st.st_mode))
        return check_package(rules, path, why);
    c.folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (c.folder < 0)
        return acc_error_set(why, acc_code_of_errno(errno, ACC_FILE_UNREADABLE),
                             "it cannot be opened: %s", strerror(errno));
    enum acc_code code = read_lists(&c, path, why);
    close(c.folder);
    if (c.missing > 0)
        code = acc_error_set(why, ACC_FILE_MISSING,
                             "%llu of the %llu files read from its manifests so far are missing: "
                             "%s%s",
                             (unsigned long long)c.missing, (unsigned long long)c.listed,
                             acc_str_cstr(&c.first), c.missing > 1 ? " is the first" : "");
    else if (c.sizes > 0)
        code = acc_error_set(why, ACC_FILE_SIZE,
                             "%llu of %llu listed files do not have the listed size: %s%s",
                             (unsigned long long)c.sizes, (unsigned long long)c.listed,
                             acc_str_cstr(&c.first), c.sizes > 1 ? " is the first" : "");
    acc_str_release(&c.first);
    return code;
}
