/* accession ledger export, import, merge and rebuild: what a ledger can say to another, or a bucket
 * to a new one. Contradictions are
 * listed as they come; at the end, what is new and what it rests on. */
#include "cli/ledger_cli.h"

#include <string.h>
#include <sys/stat.h>

#include <accession/ledger.h>

#include "base/mem.h"
#include "cli/json/line.h"
#include "cli/screen/report.h"

static const char *const reported_names[ACC_REPORTED_COUNT] = {
    [ACC_REPORTED_NEW] = "new",           [ACC_REPORTED_KNOWN] = "known",
    [ACC_REPORTED_CONFLICT] = "conflict", [ACC_REPORTED_MISSING] = "missing",
    [ACC_REPORTED_NO_PATH] = "no_path",
};

/* What each ground means, in the order of the names. */
static const struct {
    const char *name, *meaning;
} grounds[ACC_GROUND_COUNT] = {
    [ACC_GROUND_ARCHIVED] = {"archived", "on record as archived"},
    [ACC_GROUND_CHECKED] = {"checked", "read and found as promised, by another ledger"},
    [ACC_GROUND_MANIFEST] = {"manifest", "promised by a bag's manifest in the bucket"},
    [ACC_GROUND_SERVER] = {"server", "the server's own SHA-256"},
    [ACC_GROUND_METADATA] = {"metadata", "claimed by x-amz-meta-sha256"},
    [ACC_GROUND_LISTED] = {"listed", "in the bucket, with size and ETag"},
};

static void fact_line(struct acc_ledger_cli *l, const struct acc_reported_fact *fact)
{
    json_t *line = acc_line_begin("fact");
    acc_line_text(line, "result", reported_names[fact->reported]);
    acc_line_text(line, "ground", fact->ground);
    acc_line_text(line, "url", fact->url);
    acc_line_text(line, "path", fact->path);
    acc_line_text(line, "origin", fact->origin);
    acc_line_text(line, "reason", fact->reason);
    acc_line_digests(line, "digests", fact->digests);
    acc_line_end(l->cli->out, line);
}

static void on_fact(void *arg, const struct acc_reported_fact *fact)
{
    struct acc_ledger_cli *l = arg;
    struct acc_str text = {0};
    if (l->output.json) {
        fact_line(l, fact);
        return;
    }
    if (fact->reported == ACC_REPORTED_NEW || fact->reported == ACC_REPORTED_KNOWN)
        return;
    acc_str_addf(&text, "%s/%s: %s", fact->url, fact->path, fact->reason);
    acc_report_field(&l->screen, ACC_REPORT_COLUMN,
                     fact->reported == ACC_REPORTED_NO_PATH ? "no path"
                                                            : reported_names[fact->reported],
                     acc_str_cstr(&text));
    acc_str_release(&text);
}

/* `err`: of what ended it, or NULL. */
static void summary_line(struct acc_ledger_cli *l, const struct acc_recall *recall,
                         enum acc_code outcome, const struct acc_error *err)
{
    json_t *line = acc_line_begin("recalled"), *fresh = json_object();
    acc_line_text(line, "outcome", acc_code_name(outcome));
    acc_line_number(line, "exit_status", acc_code_exit(outcome));
    if (err != NULL)
        acc_line_text(line, "message", err->message);
    acc_line_number(line, "sources", (long long)recall->sources);
    acc_line_number(line, "passed_over", (long long)recall->passed_over);
    for (unsigned i = 0; i < ACC_REPORTED_COUNT; i++)
        acc_line_number(line, reported_names[i], (long long)recall->reported[i]);
    for (unsigned i = 0; i < ACC_GROUND_COUNT; i++)
        acc_line_number(fresh, grounds[i].name, (long long)recall->fresh[i]);
    acc_line_put(line, "grounds", fresh);
    acc_line_end(l->cli->out, line);
}

static void count(struct acc_ledger_cli *l, const char *label, uint64_t number, const char *text)
{
    struct acc_str line = {0};
    char shown[32];
    acc_str_addf(&line, "%s  %s", acc_show_count(number, shown), text);
    acc_screen_field(&l->screen, 2, label, ACC_REPORT_COLUMN, acc_str_cstr(&line));
    acc_str_release(&line);
}

/* `singular` and `plural`: of what was read. */
static void summarise(struct acc_ledger_cli *l, const char *title, const char *singular,
                      const char *plural, const struct acc_recall *recall)
{
    struct acc_str text = {0};
    char shown[32];
    bool good =
        recall->reported[ACC_REPORTED_CONFLICT] + recall->reported[ACC_REPORTED_MISSING] == 0;
    acc_screen_styled(&l->screen, good ? ACC_GOOD : ACC_BAD, title);
    acc_str_addf(&text, "%s %s", acc_show_count(recall->sources, shown),
                 recall->sources == 1 ? singular : plural);
    acc_screen_paragraph(&l->screen, acc_text_width(title), ACC_REPORT_COLUMN, acc_str_cstr(&text));
    for (unsigned i = 0; i < ACC_GROUND_COUNT; i++)
        if (recall->fresh[i] > 0)
            count(l, grounds[i].name, recall->fresh[i], grounds[i].meaning);
    if (recall->reported[ACC_REPORTED_KNOWN] > 0)
        count(l, "known", recall->reported[ACC_REPORTED_KNOWN], "known already; nothing changed");
    if (recall->reported[ACC_REPORTED_CONFLICT] > 0)
        count(l, "conflict", recall->reported[ACC_REPORTED_CONFLICT],
              "contradict what is known, and were left out");
    if (recall->reported[ACC_REPORTED_MISSING] > 0)
        count(l, "missing", recall->reported[ACC_REPORTED_MISSING],
              "named by a manifest, but not in the bucket");
    if (recall->reported[ACC_REPORTED_NO_PATH] > 0)
        count(l, "no path", recall->reported[ACC_REPORTED_NO_PATH],
              "in the bucket under a key that no delivery can have; the ledger cannot hold it");
    if (recall->passed_over > 0)
        count(l, "passed over", recall->passed_over,
              recall->passed_over == 1 ? "receipt of a restore: it says nothing of an archive"
                                       : "receipts of restores: they say nothing of an archive");
    acc_screen_paragraph(&l->screen, 0, 0,
                         "\nNone of this counts as verified by this ledger. accession verify "
                         "s3://... compares it with the bucket.");
    acc_str_release(&text);
}

/* What was taken over before a failure stays, so JSON has its counts too. */
static int end(struct acc_ledger_cli *l, const char *title, const char *singular,
               const char *plural, const struct acc_recall *recall, enum acc_code code,
               const struct acc_error *err)
{
    bool failed = code != ACC_OK;
    if (!failed &&
        recall->reported[ACC_REPORTED_CONFLICT] + recall->reported[ACC_REPORTED_MISSING] > 0)
        code = ACC_DIFFERENCE;
    if (l->output.json)
        summary_line(l, recall, code, failed ? err : NULL);
    else if (!failed && !l->output.quiet)
        summarise(l, title, singular, plural, recall);
    return failed ? acc_cli_fail(l->cli, err) : acc_code_exit(code);
}

/* Opening a named pipe waits until another program writes to it. */
static void announce_pipes(struct acc_ledger_cli *l)
{
    struct stat st;
    for (size_t i = 0; l->files[i] != NULL; i++) {
        struct acc_str text = {0};
        if (stat(l->files[i], &st) != 0 || !S_ISFIFO(st.st_mode) || l->output.quiet)
            continue;
        acc_show_path(&text, l->files[i]);
        fprintf(l->cli->err, "note: %s is a pipe. It is read once another program writes to it.\n",
                acc_str_cstr(&text));
        acc_str_release(&text);
    }
    fflush(l->cli->err);
}

int acc_ledger_cli_import(struct acc_ledger_cli *l)
{
    struct acc_error err = {0};
    struct acc_recall recall = {
        .ledger = l->ledger, .connection = &l->connection, .on_fact = on_fact, .arg = l};
    enum acc_code code = acc_connection_check(&l->connection, &err);
    announce_pipes(l);
    if (code == ACC_OK)
        code = acc_import_receipts(&recall, l->files, &err);
    return end(l, "Imported", "receipt or export", "receipts and exports", &recall, code, &err);
}

int acc_ledger_cli_merge(struct acc_ledger_cli *l)
{
    struct acc_error err = {0};
    struct acc_recall recall = {.ledger = l->ledger, .on_fact = on_fact, .arg = l};
    enum acc_code code = acc_merge_ledgers(&recall, l->files, &err);
    return end(l, "Merged", "ledger", "ledgers", &recall, code, &err);
}

int acc_ledger_cli_rebuild(struct acc_ledger_cli *l)
{
    struct acc_error err = {0};
    struct acc_recall recall = {
        .ledger = l->ledger, .connection = &l->connection, .on_fact = on_fact, .arg = l};
    enum acc_code code = acc_connection_check(&l->connection, &err);
    if (code == ACC_OK)
        code = acc_rebuild_ledger(&recall, l->files[0], &err);
    return end(l, "Rebuilt", "bag", "bags", &recall, code, &err);
}

int acc_ledger_cli_export(struct acc_ledger_cli *l)
{
    struct acc_error err = {0};
    struct acc_str text = {0};
    uint64_t facts = 0;
    char shown[32];
    bool silent = l->output.quiet || strcmp(l->files[0], "-") == 0;
    if (acc_export_ledger(l->ledger, l->files[0], &facts, &err) != ACC_OK)
        return acc_cli_fail(l->cli, &err);
    if (l->output.json && strcmp(l->files[0], "-") != 0) {
        json_t *line = acc_line_begin("export");
        acc_line_text(line, "file", l->files[0]);
        acc_line_number(line, "facts", (long long)facts);
        acc_line_end(l->cli->out, line);
    } else if (!silent) {
        acc_screen_styled(&l->screen, ACC_GOOD, "Exported");
        acc_str_addf(&text, "%s fact%s to ", acc_show_count(facts, shown), facts == 1 ? "" : "s");
        acc_show_path(&text, l->files[0]);
        acc_screen_paragraph(&l->screen, 8, ACC_REPORT_COLUMN, acc_str_cstr(&text));
    }
    acc_str_release(&text);
    return 0;
}
