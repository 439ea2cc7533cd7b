/* acc_manifest_show(): a manifest, or a bag's manifests, read and handed on entry by entry. Nothing
 * is kept; the first line that cannot be understood ends it, as it ends every reading. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <accession/manifest.h>
#include "base/str.h"
#include "manifest/manifest.h"

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

static enum acc_code show_bag(struct acc_manifest_show *show, const struct acc_manifest_sink *sink,
                              struct acc_error *err)
{
    struct acc_bag_info info = {0};
    enum acc_code code = acc_bag_read_folder(show->manifest, sink, &info, err);
    snprintf(show->read_as, sizeof show->read_as, "bagit %s", info.version);
    return code;
}

enum acc_code acc_manifest_show(struct acc_manifest_show *show, struct acc_error *err)
{
    const struct acc_manifest_sink sink = {.entry = on_entry, .note = on_note, .arg = show};
    const struct acc_manifest_options options = {.format = show->format,
                                                 .strip_prefix = show->strip_prefix,
                                                 .windows_paths = show->rules.windows_paths};
    struct acc_manifest_info info = {0};
    struct stat st;
    show->entries = show->skipped = 0;
    if (stat(show->manifest, &st) == 0 && S_ISDIR(st.st_mode) && acc_bag_detect(show->manifest))
        return show_bag(show, &sink, err);
    enum acc_code code = acc_manifest_read(show->manifest, &options, &sink, &info, err);
    if (code != ACC_OK)
        return code;
    snprintf(show->read_as, sizeof show->read_as, "%s", info.format);
    show->skipped = info.skipped;
    return ACC_OK;
}
