/* acc_manifest_show(): a manifest, or those of a bag or of any other source, read and handed on
 * entry by entry. Nothing is kept; the first line that cannot be understood ends it, as it ends
 * every reading. What FILE is, its content says. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <accession/manifest.h>
#include "base/str.h"
#include "manifest/manifest.h"
#include "plan/found.h"

static enum acc_code on_entry(void *arg, const struct acc_entry *entry, enum acc_taken *taken,
                              struct acc_error *err)
{
    struct acc_manifest_show *show = arg;
    const struct acc_manifest_shown shown = {.path = entry->path,
                                             .problem = entry->problem,
                                             .origin = entry->origin,
                                             .line = entry->line,
                                             .size = entry->size,
                                             .digests = &entry->promised};
    (void)taken, (void)err;
    show->entries++;
    show->on_entry(show->arg, &shown);
    return ACC_OK;
}

static void on_note(void *arg, const struct acc_manifest_note *note)
{
    struct acc_manifest_show *show = arg;
    struct acc_str text = {0};
    acc_str_addf(&text, "%s:", note->file);
    if (note->line > 0)
        acc_str_addf(&text, "%llu:", (unsigned long long)note->line);
    acc_str_addf(&text, " %s", note->text);
    show->on_note(show->arg, text.data);
    acc_str_release(&text);
}

/* `inside`: the file lies in that source; else on disk. */
static enum acc_code show_file(struct acc_manifest_show *show, const struct acc_source *inside,
                               const char *file, const char *name, struct acc_error *err)
{
    const struct acc_manifest_sink sink = {.entry = on_entry, .note = on_note, .arg = show};
    const struct acc_manifest_options options = {.source = inside,
                                                 .name = name,
                                                 .format = show->format,
                                                 .strip_prefix = show->strip_prefix,
                                                 .windows_paths = show->rules.windows_paths};
    struct acc_manifest_info info = {0};
    enum acc_code code = acc_manifest_read(file, &options, &sink, &info, err);
    if (code != ACC_OK)
        return code;
    snprintf(show->read_as, sizeof show->read_as, "%s", info.format);
    show->skipped += info.skipped;
    return ACC_OK;
}

static enum acc_code show_bag(struct acc_manifest_show *show, const struct acc_source *source,
                              struct acc_error *err)
{
    const struct acc_manifest_sink sink = {.entry = on_entry, .note = on_note, .arg = show};
    struct acc_bag_info info = {0};
    enum acc_code code = acc_bag_read(source, &sink, &info, err);
    snprintf(show->read_as, sizeof show->read_as, "bagit %s", info.version);
    return code;
}

static enum acc_code show_found(struct acc_manifest_show *show, const struct acc_source *source,
                                struct acc_error *err)
{
    struct acc_found found;
    enum acc_code code = acc_found_manifests(source, &found, err);
    if (code != ACC_OK)
        return code;
    if (found.count == 0)
        code = acc_error_set(err, ACC_MANIFEST,
                             "%s: is not a BagIt bag (it has no bagit.txt), and holds no checksum "
                             "list. Name the manifest itself.",
                             source->path);
    for (size_t i = 0; code == ACC_OK && i < found.count; i++)
        code = show_file(show, source, found.names[i], found.names[i], err);
    acc_found_release(&found);
    return code;
}

static enum acc_code show_source(struct acc_manifest_show *show, struct acc_source *source,
                                 struct acc_error *err)
{
    enum acc_code code = acc_source_prepare(source, 0, NULL, err);
    if (code == ACC_OK)
        code = acc_source_has(source, "bagit.txt") ? show_bag(show, source, err)
                                                   : show_found(show, source, err);
    acc_source_close(source);
    return code;
}

/* The object is a manifest, unless its first bytes show none: then it may be a package; or nothing
 * lies there but keys below it. */
static enum acc_code show_url(struct acc_manifest_show *show, struct acc_error *err)
{
    struct acc_source source;
    enum acc_code code = acc_source_open_object(show->manifest, show->connection, &source, err);
    if (code == ACC_OK && (show->format != NULL || *acc_manifest_sniff(&source, source.name))) {
        code = show_file(show, &source, source.name, show->manifest, err);
        acc_source_close(&source);
        return code;
    }
    if (code != ACC_OK && code != ACC_SOURCE)
        return code;
    acc_source_close(&source);
    code = acc_source_open(show->manifest, &show->rules, show->connection, &source, err);
    return code == ACC_OK ? show_source(show, &source, err) : code;
}

/* A pipe is a manifest: nothing but the reading itself may take its bytes. */
static bool may_be_source(const struct acc_manifest_show *show)
{
    struct stat st;
    return show->format == NULL && stat(show->manifest, &st) == 0 &&
           (S_ISDIR(st.st_mode) ||
            (S_ISREG(st.st_mode) && !*acc_manifest_sniff(NULL, show->manifest)));
}

enum acc_code acc_manifest_show(struct acc_manifest_show *show, struct acc_error *err)
{
    struct acc_source source;
    show->entries = show->skipped = 0;
    if (show->connection != NULL && acc_starts_with(show->manifest, "s3://"))
        return show_url(show, err);
    if (may_be_source(show) &&
        acc_source_open(show->manifest, &show->rules, NULL, &source, err) == ACC_OK)
        return show_source(show, &source, err);
    return show_file(show, NULL, show->manifest, NULL, err);
}
