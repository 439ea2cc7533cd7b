/* The scenes of a verification, named by the last component of SOURCE. */
#include "played.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#define URL "s3://wellcome-archive/digitised/b24967646"

static void find(const struct acc_verify_options *o, struct acc_verify_summary *s,
                 enum acc_finding finding, const char *path, const char *detail)
{
    const struct acc_check_event check = {.path = path,
                                          .key = path,
                                          .finding = finding,
                                          .level = s->level,
                                          .detail = detail,
                                          .size = -1,
                                          .etag = "",
                                          .version_id = ""};
    s->found[finding]++;
    o->on_event(o->arg, &(struct acc_event){.kind = ACC_EVENT_CHECK,
                                            .code = acc_finding_code(finding),
                                            .text = detail,
                                            .check = &check});
}

/* As `count` files that are as promised. */
static void unchanged(struct acc_verify_summary *s, uint64_t count, enum acc_proof proof)
{
    s->found[ACC_FINDING_UNCHANGED] += count;
    s->proofs[proof] += count;
}

static void begin(struct acc_verify_summary *s, enum acc_level level)
{
    *s = (struct acc_verify_summary){
        .run = "2026-11-22T10-04-11Z-7f3a",
        .url = URL,
        .level = level,
        .files = 2001,
        .selected = 2001,
        .checked = 2001,
        .extra_known = true,
        .bytes_read = level == ACC_LEVEL_READ ? 103800000000 : 0,
        .elapsed = 161000,
        .requests = 2003,
        .manifest = "manifest-sha256.txt (sha256 1f6e…9c02)",
        .manifest_count = 2,
        .receipt = "/var/lib/archive/receipts/2026-11-22T10-04-11Z-7f3a.json",
        .ledger = "/var/lib/archive/ledger.db",
    };
}

static enum acc_code as_promised(const struct acc_verify_options *o, struct acc_verify_summary *s,
                                 struct acc_error *err)
{
    begin(s, ACC_LEVEL_READ);
    unchanged(s, 2001, ACC_PROOF_READ_VERSION);
    return ACC_OK;
}

static enum acc_code stored(const struct acc_verify_options *o, struct acc_verify_summary *s,
                            struct acc_error *err)
{
    begin(s, ACC_LEVEL_STORED);
    unchanged(s, 1990, ACC_PROOF_SERVER_SHA256);
    unchanged(s, 9, ACC_PROOF_SERVER_COMPOSITE);
    find(o, s, ACC_FINDING_UNPROVEN, "objects/0001.mkv", "the server holds no checksum of it");
    find(o, s, ACC_FINDING_COLD, "objects/0002.mkv", "archived to GLACIER; restore it first");
    return acc_error_set(err, ACC_NOT_CHECKED, "2 of 2,001 entries could not be checked");
}

static enum acc_code differences(const struct acc_verify_options *o, struct acc_verify_summary *s,
                                 struct acc_error *err)
{
    begin(s, ACC_LEVEL_READ);
    unchanged(s, 1996, ACC_PROOF_READ_VERSION);
    find(o, s, ACC_FINDING_DIFFERENT, "objects/0117.tif",
         "sha256 is 03cc…d7e9; newer version 3HL4 of 2026-11-21; the archived version kQ9d still "
         "exists, unchanged");
    find(o, s, ACC_FINDING_SIZE, "objects/1200.tif", "9,412 of 12,582,912 bytes");
    find(o, s, ACC_FINDING_MISSING, "objects/0903.tif", "no version of it exists");
    find(o, s, ACC_FINDING_MISSING, "objects/0904.tif", "no version of it exists");
    find(o, s, ACC_FINDING_MISSING, "objects/new\nline\033[31m.tif",
         "a delete marker of 2026-11-21 is on top");
    find(o, s, ACC_FINDING_EXTRA, "objects/Thumbs.db", "12 bytes");
    find(o, s, ACC_FINDING_EXTRA, "objects/plates/Thumbs.db", "12 bytes");
    return acc_error_set(err, ACC_DIFFERENCE, "5 of 2,001 entries are not as promised");
}

static enum acc_code many_missing(const struct acc_verify_options *o, struct acc_verify_summary *s,
                                  struct acc_error *err)
{
    begin(s, ACC_LEVEL_LISTED);
    s->ledger_promised = true;
    s->manifest_count = 0;
    s->files = s->selected = s->checked = 103;
    for (int i = 0; i < 103; i++) {
        char path[32];
        snprintf(path, sizeof path, "objects/%04d.tif", i);
        find(o, s, ACC_FINDING_MISSING, path, "no version of it exists");
    }
    return acc_error_set(err, ACC_DIFFERENCE, "103 of 103 entries are not as promised");
}

static enum acc_code halted(const struct acc_verify_options *o, struct acc_verify_summary *s,
                            struct acc_error *err)
{
    begin(s, ACC_LEVEL_READ);
    s->checked = 1204;
    s->extra_known = false;
    unchanged(s, 1203, ACC_PROOF_READ_VERSION);
    find(o, s, ACC_FINDING_MISSING, "objects/0903.tif", "no version of it exists");
    return acc_error_set(err, ACC_CREDENTIALS,
                         "GetObject objects/1205.tif: the credentials are not accepted (400 "
                         "ExpiredToken)");
}

static enum acc_code not_begun(const struct acc_verify_options *o, struct acc_verify_summary *s,
                               struct acc_error *err)
{
    begin(s, ACC_LEVEL_READ);
    s->checked = 0;
    s->receipt[0] = '\0';
    return acc_error_set(err, ACC_UNREACHABLE, "%s: connection refused", URL);
}

static enum acc_code interrupted(const struct acc_verify_options *o, struct acc_verify_summary *s,
                                 struct acc_error *err)
{
    begin(s, ACC_LEVEL_READ);
    s->checked = 1204;
    s->carried = 1000;
    s->extra_known = false;
    s->signal = 2;
    unchanged(s, 1204, ACC_PROOF_READ_VERSION);
    return acc_error_set(err, ACC_INTERRUPTED,
                         "interrupted; run the same command again to continue");
}

static enum acc_code slice(const struct acc_verify_options *o, struct acc_verify_summary *s,
                           struct acc_error *err)
{
    begin(s, ACC_LEVEL_READ);
    s->ledger_promised = true;
    s->manifest_count = 0;
    s->selected = s->checked = 67;
    s->recent = 3;
    unchanged(s, 67, ACC_PROOF_READ);
    return ACC_OK;
}

static enum acc_code local(const struct acc_verify_options *o, struct acc_verify_summary *s,
                           struct acc_error *err)
{
    begin(s, ACC_LEVEL_READ);
    snprintf(s->url, sizeof s->url, "/srv/b24967646");
    s->local = true;
    s->requests = 0;
    s->receipt[0] = '\0';
    s->unlisted = 1;
    unchanged(s, 2001, ACC_PROOF_READ);
    o->on_event(o->arg, &(struct acc_event){
                            .kind = ACC_EVENT_NOTE,
                            .code = ACC_UNLISTED,
                            .text = "Thumbs.db: is in the source, but no manifest names it"});
    return acc_error_set(err, ACC_UNLISTED, "1 file is there that no manifest names");
}

static const struct {
    const char *name;
    enum acc_code (*play)(const struct acc_verify_options *o, struct acc_verify_summary *s,
                          struct acc_error *err);
} scenes[] = {
    {"as-promised", as_promised},   {"stored", stored}, {"differences", differences},
    {"many-missing", many_missing}, {"halted", halted}, {"not-begun", not_begun},
    {"interrupted", interrupted},   {"slice", slice},   {"local", local},
};

enum acc_code acc_verify(const struct acc_verify_options *options,
                         struct acc_verify_summary *summary, struct acc_error *err)
{
    const char *slash = options->source != NULL ? strrchr(options->source, '/') : NULL;
    const char *name = slash != NULL ? slash + 1 : options->source;
    for (size_t i = 0; name != NULL && i < ACC_COUNT_OF(scenes); i++)
        if (strcmp(scenes[i].name, name) == 0)
            return summary->outcome = scenes[i].play(options, summary, err);
    *summary = (struct acc_verify_summary){.outcome = ACC_INTERNAL};
    return acc_error_set(err, ACC_INTERNAL, "no such scene of a verification is played");
}
