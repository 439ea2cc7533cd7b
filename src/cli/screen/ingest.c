/* The report on an ingest that ended: done, some refused, a dry run. stopped.c reports runs that
 * were stopped. The safe files come first, the next step last. */
#include "cli/screen/report.h"

#include <string.h>

#define COLUMN 21

static void path_field(struct acc_screen *screen, const char *label, const char *path)
{
    struct acc_str shown = {0};
    if (*path == '\0')
        return;
    acc_show_home_path(&shown, path);
    acc_screen_verbatim(screen, 2, label, COLUMN, acc_str_cstr(&shown));
    acc_str_release(&shown);
}

static void manifest_field(struct acc_screen *screen, const char *label,
                           const struct acc_ingest_summary *s)
{
    struct acc_str text = {0};
    if (s->manifest[0] == '\0')
        return;
    acc_show_abridged(&text, s->manifest, screen->glyphs);
    if (s->manifest_count > 1)
        acc_str_addf(&text, " and %u more", s->manifest_count - 1);
    acc_screen_field(screen, 2, label, COLUMN, text.data);
    acc_str_release(&text);
}

static void write_once_field(struct acc_screen *screen, enum acc_write_once how)
{
    static const char *const texts[] = {
        [ACC_WRITE_ONCE_SERVER] = "by the server (If-None-Match)",
        [ACC_WRITE_ONCE_VERSIONS] = "checked before each write, and the bucket's versions after",
        [ACC_WRITE_ONCE_AGAIN] =
            ("checked before each write and again at the end; on this server a "
             "write that was overwritten in between is not detected"),
        [ACC_WRITE_ONCE_CLAIMED] =
            ("no other run of accession could write here meanwhile; other "
             "programs' writes are detected before each write and at the end, "
             "unless they were overwritten in between"),
        [ACC_WRITE_ONCE_CHECKED] = ("checked before each write; this server does not detect "
                                    "another client writing at the same moment"),
    };
    if (how != ACC_WRITE_ONCE_NOTHING_SENT)
        acc_report_field(screen, COLUMN, "write-once", texts[how]);
}

static const char *checksum_said(const char *name)
{
    return strcmp(name, "sha256") == 0   ? "SHA-256"
           : strcmp(name, "crc32c") == 0 ? "CRC32C"
                                         : "CRC64NVME";
}

/* The server's checksums, for verify --level stored to compare. Unless the user asked for them,
 * they are shown only if there are some. */
static void checksum_field(struct acc_screen *screen, const struct acc_ingest_summary *s)
{
    char kept[32], sent[40];
    struct acc_str text = {0};
    bool none = s->checksum != NULL && strcmp(s->checksum_put, "none") == 0;
    if (s->checksum == NULL || s->sent == 0 || (!s->checksum_asked && s->checksums_kept == 0))
        return;
    if (!none)
        acc_str_add(&text, checksum_said(s->checksum_put));
    if (!none && strcmp(s->checksum_put, s->checksum_parts) != 0)
        acc_str_addf(&text, ", of files sent in parts %s", checksum_said(s->checksum_parts));
    if (none)
        acc_str_add(&text, strcmp(s->checksum, "auto") == 0
                               ? "none: this server supports no SHA-256, CRC64NVME or CRC32C"
                               : "none sent beside the signed SHA-256 of each request");
    else if (s->checksums_kept == s->sent)
        acc_str_add(&text, ", kept by the server");
    else if (s->checksums_kept > 0)
        acc_str_addf(&text, ", kept by the server of %s of %s",
                     acc_show_count(s->checksums_kept, kept), acc_show_files(s->sent, sent));
    else
        acc_str_add(&text, " sent, but this server keeps none; each request was signed with its "
                           "own SHA-256");
    acc_report_field(screen, COLUMN, "checksum", text.data);
    acc_str_release(&text);
}

static void counts_field(struct acc_screen *screen, const struct acc_ingest_summary *s)
{
    char already[32], sent[32], failed[32];
    struct acc_str text = {0};
    acc_str_addf(&text, "%-8s sent  %-8s failed  %s", acc_show_count(s->already, already),
                 acc_show_count(s->sent, sent), acc_show_count(s->failed + s->conflicts, failed));
    acc_screen_field(screen, 2, "already there", COLUMN, text.data);
    acc_str_release(&text);
}

/* Nothing is wrong with these; they wait. */
static void withheld_field(struct acc_screen *screen, const struct acc_ingest_summary *s)
{
    char count[32];
    struct acc_str text = {0};
    if (s->withheld == 0)
        return;
    acc_show_path(&text, s->withheld_first);
    if (s->withheld > 1)
        acc_str_addf(&text, " and %s more", acc_show_count(s->withheld - 1, count));
    acc_str_add(&text, s->failed + s->conflicts > 0 ? ", until every file is archived"
                                                    : ", until a manifest names every file");
    acc_report_field(screen, COLUMN, "withheld", text.data);
    acc_str_release(&text);
}

/* Shortcomings of the manifests; nothing if they name every file once, with a digest that proves
 * it. */
static void coverage_field(struct acc_screen *screen, const struct acc_ingest_summary *s)
{
    const struct acc_coverage *c = &s->coverage;
    const struct {
        uint64_t count;
        const char *text;
    } parts[] = {{c->repeated, "listed twice"},
                 {c->undigested - c->skipped, "without a digest"},
                 {c->skipped, "without a digest and skipped"},
                 {c->weak, "with MD5 or SHA-1 alone"}};
    struct acc_str text = {0};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char count[32];
        if (parts[i].count > 0)
            acc_str_addf(&text, "%s%s %s", text.len > 0 ? ", " : "",
                         acc_show_count((unsigned long long)parts[i].count, count), parts[i].text);
    }
    if (text.len > 0)
        acc_report_field(screen, COLUMN, "coverage", text.data);
    acc_str_release(&text);
}

static void evidence(struct acc_screen *screen, const struct acc_ingest_summary *s)
{
    manifest_field(screen, "verified against", s);
    counts_field(screen, s);
    withheld_field(screen, s);
    coverage_field(screen, s);
    if (s->unlisted > 0) {
        char files[40];
        struct acc_str text = {0};
        acc_str_addf(&text, "%s, not in any manifest and not sent",
                     acc_show_files(s->unlisted, files));
        acc_report_field(screen, COLUMN, "also present", text.data);
        acc_str_release(&text);
    }
    write_once_field(screen, s->write_once);
    checksum_field(screen, s);
    path_field(screen, "receipt", s->receipt);
}

static void headline(struct acc_screen *screen, enum acc_style style, const char *word,
                     const char *rest)
{
    acc_screen_styled(screen, style, word);
    unsigned at = acc_text_width(word);
    acc_screen_paragraph(screen, at, at + 2, rest);
}

static void done(struct acc_screen *screen, const struct acc_ingest_summary *s)
{
    char files[40], bytes[32], time[32], rate[32];
    struct acc_str text = {0};
    acc_str_addf(&text, "%s, %s, ", acc_show_files(s->sent + s->already, files),
                 acc_show_bytes((double)s->bytes_archived, bytes));
    if (s->sent == 0) {
        acc_str_add(&text, "all of it was there already; nothing was sent");
    } else {
        acc_str_addf(&text, "in %s", acc_show_duration(s->elapsed, time));
        if (s->elapsed > 0)
            acc_str_addf(&text, " (%s/s)",
                         acc_show_bytes((double)s->bytes_sent * 1000 / (double)s->elapsed, rate));
    }
    headline(screen, ACC_GOOD, "Archived", text.data);
    evidence(screen, s);
    acc_str_release(&text);
}

static void refused_headline(struct acc_screen *screen, const struct acc_ingest_summary *s)
{
    char done_count[32], files[40], count[32];
    struct acc_str text = {0};
    acc_str_addf(&text, "%s of %s", acc_show_count(s->sent + s->already, done_count),
                 acc_show_files(s->files, files));
    if (s->failed > 0)
        acc_str_addf(&text, "; %s %s refused and %s NOT in the bucket",
                     acc_show_count(s->failed, count), s->failed == 1 ? "was" : "were",
                     s->failed == 1 ? "is" : "are");
    if (s->conflicts > 0)
        acc_str_addf(&text, "; %s %s other content in the bucket, which was left alone",
                     acc_show_count(s->conflicts, count), s->conflicts == 1 ? "has" : "have");
    if (s->lacking > 0)
        acc_str_addf(&text, "; %s %s something %s sent with", acc_show_count(s->lacking, count),
                     s->lacking == 1 ? "lacks" : "lack", s->lacking == 1 ? "it was" : "they were");
    if (s->outcome == ACC_UNLISTED && s->unlisted > 0)
        acc_str_addf(&text, "; %s more %s present that no manifest lists",
                     acc_show_count(s->unlisted, count), s->unlisted == 1 ? "is" : "are");
    headline(screen, s->sent + s->already > 0 ? ACC_WAITING : ACC_BAD, "Archived", text.data);
    acc_str_release(&text);
}

static void hint(struct acc_screen *screen, const struct acc_ingest_summary *s)
{
    struct acc_str text = {0};
    acc_show_text(&text, s->hint);
    acc_screen_paragraph(screen, 0, 0, text.data);
    acc_str_release(&text);
}

static void next_step_refused(struct acc_render_setup *setup, const struct acc_ingest_summary *s)
{
    char count[32];
    struct acc_str text = {0};
    unsigned long long failed = s->failed + s->conflicts;
    if (s->hint[0] != '\0') {
        acc_show_text(&text, s->hint);
    } else if (failed > 0 && s->failed == 0 && s->withheld == 0) {
        acc_str_add(&text, "Every other file is archived.");
    } else if (failed > 0 && s->failed == 0) {
        acc_str_add(&text, "Every other file is archived, but for those withheld.");
    } else if (failed > 0) {
        acc_str_add(&text, "Nothing refused was made visible. When the files are correct, run the "
                           "same command: only ");
        if (failed == 1)
            acc_str_add(&text, "this one is sent");
        else
            acc_str_addf(&text, "these %s are sent", acc_show_count(failed, count));
        acc_str_add(&text, s->withheld == 0   ? "."
                           : s->withheld == 1 ? ", then the one withheld."
                                              : ", then those withheld.");
    } else if (s->lacking > 0) {
        acc_str_add(&text, "Everything is archived and verified. What the server did not keep "
                           "(a class, tags, a lock) is in the receipt. Set it by hand if the "
                           "server supports it, or leave the option out.");
    } else {
        acc_str_add(&text,
                    "Everything that the manifests list is archived. Add the other files to a "
                    "manifest, or run the same command with --allow-unlisted; then the manifests "
                    "are sent.");
    }
    acc_screen_paragraph(&setup->out, 0, 0, text.data);
    if (s->conflicts > 0)
        acc_screen_paragraph(&setup->out, 0, 0,
                             "What is in the bucket is never replaced: archive the others under "
                             "another prefix, or decide first which content is right.");
    acc_str_clear(&text);
    acc_str_add(&text, setup->command);
    if (failed == 0 && s->lacking == 0 && strstr(setup->command, " -- ") == NULL)
        acc_str_add(&text, " --allow-unlisted");
    acc_screen_verbatim(&setup->out, 0, "", 2, text.data);
    acc_str_release(&text);
}

static void some_refused(struct acc_render_setup *setup, const struct acc_ingest_summary *s,
                         const struct acc_failures *failures)
{
    struct acc_screen *screen = &setup->out;
    if (!setup->quiet) {
        refused_headline(screen, s);
        fputc('\n', screen->file);
    }
    acc_failures_print(screen, failures, ACC_FAILURES_KEPT, s->receipt);
    if (setup->quiet)
        return;
    evidence(screen, s);
    fputc('\n', screen->file);
    next_step_refused(setup, s);
}

static void would_field(struct acc_screen *screen, const struct acc_ingest_summary *s)
{
    char already[32], count[32];
    struct acc_str text = {0};
    acc_str_addf(&text, "%-8s to send  %s", acc_show_count(s->already, already),
                 acc_show_count(s->to_send, count));
    acc_screen_field(screen, 2, "already there", COLUMN, text.data);
    if (s->to_compare > 0) {
        acc_str_clear(&text);
        acc_str_addf(&text,
                     "%s: the bucket has an object of that name, and only a digest of the file "
                     "shows whether it has the same content",
                     acc_show_count(s->to_compare, count));
        acc_report_field(screen, COLUMN, "to compare", text.data);
    }
    if (s->not_known > 0) {
        acc_str_clear(&text);
        acc_str_addf(&text,
                     "%s: the destination could not be listed, so a dry run cannot know whether it "
                     "holds them",
                     acc_show_count(s->not_known, count));
        acc_report_field(screen, COLUMN, "not known", text.data);
    }
    withheld_field(screen, s);
    acc_str_release(&text);
}

static void dry_run(struct acc_render_setup *setup, const struct acc_ingest_summary *s,
                    const struct acc_failures *failures)
{
    struct acc_screen *screen = &setup->out;
    unsigned long long failed = s->failed + s->conflicts;
    if (!setup->quiet) {
        char files[40], count[32];
        struct acc_str text = {0};
        acc_str_addf(&text, "%s checked; nothing was sent", acc_show_files(s->files, files));
        if (failed > 0)
            acc_str_addf(&text, "; %s would be refused", acc_show_count(failed, count));
        if (s->outcome == ACC_UNLISTED)
            acc_str_addf(&text, "; %s more %s present that no manifest lists",
                         acc_show_count(s->unlisted, count), s->unlisted == 1 ? "is" : "are");
        headline(screen, s->outcome == ACC_OK ? ACC_GOOD : ACC_WAITING, "Dry run", text.data);
        acc_str_release(&text);
        manifest_field(screen, "manifest", s);
        acc_report_field(screen, COLUMN, "checked",
                         "every file's presence and size, the credentials, a probe write");
        acc_report_field(screen, COLUMN, "not checked",
                         "the files' digests: they are compared while files are sent");
        would_field(screen, s);
        fputc('\n', screen->file);
    }
    acc_failures_print(screen, failures, ACC_FAILURES_KEPT, s->receipt);
    if (!setup->quiet && s->hint[0] != '\0') {
        hint(screen, s);
        acc_screen_verbatim(screen, 0, "", 2, setup->command);
    } else if (!setup->quiet)
        acc_screen_paragraph(screen, 0, 0,
                             s->outcome == ACC_OK
                                 ? "Run the same command without --dry-run to archive."
                                 : "Correct this first, or run the same command without --dry-run: "
                                   "the files that are correct are archived.");
}

/* The destination holds another delivery: nothing was sent. A few of the files that differ are
 * proof enough. */
#define PROOFS_SHOWN 3
static void occupied(struct acc_render_setup *setup, const struct acc_ingest_summary *s,
                     const struct acc_failures *failures)
{
    struct acc_screen *screen = &setup->out;
    struct acc_str text = {0};
    if (!setup->quiet) {
        acc_show_text(&text, s->url);
        acc_str_add(&text, " holds ");
        acc_show_text(&text, s->holds);
        acc_str_add(&text, ". Nothing was sent.");
        headline(screen, ACC_BAD, "Stopped", text.data);
        fputc('\n', screen->file);
    }
    acc_failures_print(screen, failures, PROOFS_SHOWN, s->receipt);
    if (setup->quiet) {
        acc_str_release(&text);
        return;
    }
    path_field(screen, "receipt", s->receipt);
    fputc('\n', screen->file);
    if (s->right_url[0] != '\0') {
        acc_str_set(&text, "Did you mean ");
        acc_show_text(&text, s->right_url);
        acc_str_add(&text, "?");
        acc_screen_paragraph(screen, 0, 0, text.data);
        acc_screen_verbatim(screen, 0, "", 2, setup->command);
    }
    acc_screen_paragraph(screen, 0, 0,
                         "To send this delivery into what is there, pass --into-existing. What is "
                         "in the bucket is never replaced.");
    acc_str_release(&text);
}

void acc_report_ingest(struct acc_render_setup *setup, const struct acc_ingest_summary *summary,
                       const struct acc_error *err, const struct acc_failures *failures)
{
    bool complete = summary->outcome == ACC_OK;
    bool ended = !summary->halted && acc_code_exit(summary->outcome) <= 1;
    if (!ended)
        acc_report_stopped(setup, summary, err, failures);
    else if (summary->holds[0] != '\0')
        occupied(setup, summary, failures);
    else if (summary->dry_run)
        dry_run(setup, summary, failures);
    else if (!complete)
        some_refused(setup, summary, failures);
    else if (!setup->quiet)
        done(&setup->out, summary);
}
