/* The HTML receipt: one page that holds everything it needs (style, script and drawings; a content
 * security policy forbids all else) and can be read on a screen, in light and dark, or on paper.
 * What matters comes first: the verdict, the problems, what was asked, what happened; then every
 * entry. The rows are walked once for each of: counts, throughput, problems, entries.
 *
 * Everything that comes from outside is escaped, and the policy names the one script by its digest,
 * so that no name of a file can become a program. Fails as the ledger does.
 */
#include <string.h>

#include "base/clock.h"
#include "digest/hasher.h"
#include "ledger/news.h"
#include "receipt/page.h"

/* ---- the head ---- */

static enum acc_code write_policy(FILE *out, struct acc_error *err)
{
    const char *const parts[] = {acc_page_css, acc_page_js};
    char text[2][ACC_BASE64_LEN(ACC_SHA256_LEN)];
    struct acc_algs *algs;
    enum acc_code code = acc_algs_new(&algs, err);
    if (code != ACC_OK)
        return code;
    for (int i = 0; i < 2; i++) {
        struct acc_digests digests = {0};
        acc_hash(algs, 1u << ACC_SHA256, parts[i], strlen(parts[i]), &digests);
        acc_base64_encode(digests.value[ACC_SHA256], ACC_SHA256_LEN, text[i]);
    }
    acc_algs_free(algs);
    fprintf(out,
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
            "style-src 'sha256-%s'; script-src 'sha256-%s'; base-uri 'none'; form-action "
            "'none'\">\n",
            text[0], text[1]);
    return ACC_OK;
}

enum acc_code acc_page_begin(FILE *out, const char *title, struct acc_error *err)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n", out);
    enum acc_code code = write_policy(out, err);
    fputs("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
          out);
    acc_page_text(out, title);
    fprintf(out, " – accession</title>\n<style>%s</style>\n</head>\n<body>\n", acc_page_css);
    return code;
}

/* ---- the verdict ---- */

static uint64_t good_ones(const struct acc_receipt_tally *tally)
{
    return tally->outcomes[ACC_ROW_ARCHIVED] + tally->outcomes[ACC_ROW_ALREADY] +
           tally->outcomes[ACC_ROW_UNCHANGED];
}

static const char *verdict_class(const struct acc_receipt *receipt,
                                 const struct acc_page_stats *stats)
{
    if (stats->problems > 0 || (receipt->run.ended && receipt->run.outcome != ACC_OK))
        return "bad";
    return receipt->run.ended && good_ones(&stats->tally) == stats->tally.entries ? "ok" : "wait";
}

static void write_verdict(struct acc_receipt *receipt, const struct acc_page_stats *stats)
{
    const char *said = acc_receipt_verifies(receipt)     ? "unchanged"
                       : acc_receipt_restores(receipt)   ? "restored and verified"
                       : acc_receipt_replicates(receipt) ? "copied and verified"
                                                         : "archived and verified";
    uint64_t good = good_ones(&stats->tally), all = stats->tally.entries;
    char some[32], total[32];
    acc_show_count(good, some);
    acc_show_count(all, total);
    fprintf(receipt->out, "<h1 class=\"%s\">", verdict_class(receipt, stats));
    if (all == 0)
        fputs("No entry was read from a manifest", receipt->out);
    else if (good == all)
        fprintf(receipt->out, all == 1 ? "%s file, %s" : "All %s files %s", total, said);
    else
        fprintf(receipt->out, "%s of %s files %s", some, total, said);
    fputs("</h1>\n", receipt->out);
}

/* How the run ended, and what that means for what is not archived. */
static void write_consequence(struct acc_receipt *receipt, const struct acc_page_stats *stats)
{
    const struct acc_run_info *run = &receipt->run;
    FILE *out = receipt->out;
    if (!run->ended)
        fputs("<p>The run has not ended, or was killed: these are the entries as they stand.</p>\n",
              out);
    else if (run->outcome != ACC_OK)
        fprintf(out, "<p>The run ended with: %s (%s).</p>\n", acc_code_text(run->outcome),
                acc_code_name(run->outcome));
    if (acc_receipt_verifies(receipt) && stats->level[0] != '\0')
        fprintf(out, "<p>%s</p>\n",
                strcmp(stats->level, "read") == 0
                    ? "Level read: every byte of what was checked was read and hashed."
                : strcmp(stats->level, "stored") == 0
                    ? "Level stored: what the server holds as checksum was compared. It cannot "
                      "see damage that the server does not notice itself."
                    : "Level listed: presence and size were compared. Changed content of the same "
                      "size cannot be seen.");
    if (acc_receipt_restores(receipt) && stats->problems > 0)
        fputs("<p>No refused file was given its name in the folder. The same command restores "
              "only these.</p>\n",
              out);
    else if (!acc_receipt_verifies(receipt) && stats->problems > 0)
        fprintf(
            out,
            "<p>No refused file is visible in the bucket. When the files are correct, run the same "
            "command: it sends only these%s.</p>\n",
            stats->tally.outcomes[ACC_ROW_WITHHELD] > 0 ? ", then what was withheld" : "");
}

static void write_masthead(struct acc_receipt *receipt, const struct acc_page_stats *stats)
{
    const struct acc_run_info *run = &receipt->run;
    FILE *out = receipt->out;
    char from[ACC_TIME_TEXT], until[ACC_TIME_TEXT], span[32];
    fputs("<header>\n<p class=\"kicker\">accession · report of ", out);
    fputs(acc_receipt_verifies(receipt)     ? "a verification"
          : acc_receipt_restores(receipt)   ? "a restore"
          : acc_receipt_replicates(receipt) ? "a replication"
                                            : "an ingest",
          out);
    fputs("</p>\n", out);
    write_verdict(receipt, stats);
    fputs("<p class=\"where\"><bdi>", out);
    acc_page_path(out, run->url);
    fprintf(out, "</bdi><br>%s", acc_time_show(run->started, from));
    if (run->ended)
        fprintf(out, " to %s UTC · %s", acc_time_show(run->finished, until),
                acc_show_duration(run->finished - run->started, span));
    else
        fputs(" UTC", out);
    fputs("</p>\n", out);
    write_consequence(receipt, stats);
    if (stats->tally.entries > 0)
        acc_page_outcomes(receipt, stats);
    fputs("</header>\n<main>\n", out);
}

/* ---- what was asked, and what there is to say of it ---- */

static void term(FILE *out, const char *name, const char *text)
{
    if (text[0] == '\0')
        return;
    fprintf(out, "<dt>%s</dt><dd>", name);
    acc_page_path(out, text);
    fputs("</dd>\n", out);
}

static void write_manifest(void *arg, const char *path, const char *format,
                           const uint8_t sha256[ACC_SHA256_LEN])
{
    FILE *out = arg;
    char hex[2 * ACC_SHA256_LEN + 1];
    acc_hex_encode(sha256, ACC_SHA256_LEN, hex);
    fputs("<dt>Manifest</dt><dd>", out);
    acc_page_path(out, path);
    fputs(" <small>(", out);
    acc_page_text(out, format);
    fprintf(out, ")</small><br><code>sha256 %s</code></dd>\n", hex);
}

/* What people file the page under. */
static enum acc_code write_identity(struct acc_receipt *receipt, struct acc_error *err)
{
    struct acc_str identifiers = {0};
    enum acc_code code =
        acc_ledger_identifiers(receipt->ledger, receipt->run.id, &identifiers, err);
    term(receipt->out, "External-Identifier", acc_str_cstr(&identifiers));
    term(receipt->out, "Operator", receipt->person);
    term(receipt->out, "Program", "accession " ACC_VERSION);
    acc_str_release(&identifiers);
    return code;
}

static enum acc_code write_asked(struct acc_receipt *receipt, struct acc_error *err)
{
    const struct acc_run_info *run = &receipt->run;
    FILE *out = receipt->out;
    fputs("<section id=\"asked\">\n<h2>What was asked</h2>\n<dl>\n", out);
    enum acc_code code = write_identity(receipt, err);
    if (code != ACC_OK)
        return code;
    term(out, "Source", run->source);
    code = acc_ledger_manifests(receipt->ledger, run->id, write_manifest, out, err);
    term(out, "Destination", run->destination);
    term(out, "Keys begin with", receipt->prefix);
    fputs("<dt>Command</dt><dd><code>", out);
    acc_page_text(out, run->command);
    fputs("</code></dd>\n", out);
    term(out, "Run", run->name);
    fputs("</dl>\n</section>\n", out);
    return code;
}

struct notes {
    FILE *out;
    bool some;
};

static void write_note(void *arg, enum acc_code code, const char *text)
{
    struct notes *notes = arg;
    if (!notes->some)
        fputs("<section id=\"notes\">\n<h2>Notes</h2>\n<ul>\n", notes->out);
    notes->some = true;
    fputs("<li>", notes->out);
    acc_page_text(notes->out, text);
    if (code != ACC_OK)
        fprintf(notes->out, " <small>%s</small>", acc_code_name(code));
    fputs("</li>\n", notes->out);
}

static enum acc_code write_notes(struct acc_receipt *receipt, struct acc_error *err)
{
    struct notes notes = {.out = receipt->out};
    enum acc_code code =
        acc_ledger_notes(receipt->ledger, receipt->run.id, write_note, &notes, err);
    if (notes.some)
        fputs("</ul>\n</section>\n", receipt->out);
    return code;
}

static void write_foot(FILE *out)
{
    char now[ACC_TIME_TEXT];
    fprintf(out,
            "</main>\n<footer>Written by accession %s on %s UTC from the ledger alone.</footer>\n"
            "<script>%s</script>\n</body>\n</html>\n",
            ACC_VERSION, acc_time_show(acc_time_now(), now), acc_page_js);
}

enum acc_code acc_receipt_html(struct acc_receipt *receipt, struct acc_error *err)
{
    struct acc_page_stats stats;
    enum acc_code code = acc_page_collect(receipt, &stats, err);
    if (code == ACC_OK)
        code = acc_page_begin(receipt->out, receipt->run.name, err);
    if (code != ACC_OK)
        return code;
    write_masthead(receipt, &stats);
    code = acc_page_problems(receipt, &stats, err);
    if (code == ACC_OK)
        code = write_notes(receipt, err);
    if (code == ACC_OK)
        code = write_asked(receipt, err);
    if (stats.tally.entries > 0)
        acc_page_drawings(receipt, &stats);
    if (code == ACC_OK && stats.tally.entries > 0)
        code = acc_page_entries(receipt, &stats, err);
    write_foot(receipt->out);
    return code;
}
