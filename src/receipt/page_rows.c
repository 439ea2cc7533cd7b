/* The tables of the page: what an archive must look at, then every entry. Each entry is a row of
 * its own in the document, so that it can be read, printed and searched without any script. Fails
 * as the ledger does.
 */
#include <string.h>

#include "base/clock.h"
#include "base/path.h"
#include "receipt/page.h"

#define PROBLEMS_SHOWN 1000

struct rows {
    struct acc_receipt *receipt;
    uint64_t shown;
};

static const char *entity_of(char c)
{
    switch (c) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    default:
        return "&#39;";
    }
}

void acc_page_text(FILE *out, const char *text)
{
    struct acc_str scratch = {0};
    text = acc_receipt_utf8(&scratch, text);
    while (*text) {
        size_t plain = strcspn(text, "&<>\"'");
        fwrite(text, 1, plain, out);
        text += plain;
        if (*text)
            fputs(entity_of(*text++), out);
    }
    acc_str_release(&scratch);
}

void acc_page_path(FILE *out, const char *path)
{
    struct acc_str shown = {0};
    acc_path_show(&shown, path, strlen(path));
    acc_page_text(out, acc_str_cstr(&shown));
    acc_str_release(&shown);
}

static void outcome_cell(struct acc_receipt *receipt, enum acc_row_outcome outcome)
{
    fprintf(receipt->out, "<td class=\"o %s\">%s</td>", acc_page_colour(outcome),
            outcome == ACC_ROW_ARCHIVED && acc_receipt_restores(receipt)
                ? "restored"
                : acc_page_outcome(outcome));
}

static void reason_of(FILE *out, const struct acc_row *row)
{
    fputs("<p class=\"reason\">", out);
    acc_page_text(out, row->reason[0] != '\0' ? row->reason : acc_code_text(row->reason_code));
    fputs("</p>", out);
}

/* ---- problems ---- */

static void problem_row(void *arg, const struct acc_receipt_row *seen)
{
    struct rows *rows = arg;
    const struct acc_row *row = seen->row;
    FILE *out = rows->receipt->out;
    if (!acc_row_is_problem(seen->outcome) || rows->shown == PROBLEMS_SHOWN)
        return;
    rows->shown++;
    fputs("<tr>", out);
    outcome_cell(rows->receipt, seen->outcome);
    fputs("<th scope=\"row\"><bdi>", out);
    acc_page_path(out, row->entry.path);
    fputs("</bdi>", out);
    reason_of(out, row);
    fputs("</th><td>", out);
    acc_page_path(out, row->entry.origin);
    if (row->entry.line > 0)
        fprintf(out, ", line %llu", (unsigned long long)row->entry.line);
    fputs("</td></tr>\n", out);
}

enum acc_code acc_page_problems(struct acc_receipt *receipt, const struct acc_page_stats *stats,
                                struct acc_error *err)
{
    struct rows rows = {.receipt = receipt};
    char number[32];
    if (stats->problems == 0)
        return ACC_OK;
    fprintf(receipt->out,
            "<section id=\"problems\">\n<h2>%s</h2>\n<table class=\"problems\"><thead><tr>"
            "<th scope=\"col\">Outcome</th><th scope=\"col\">File and reason</th>"
            "<th scope=\"col\">Listed in</th></tr></thead><tbody>\n",
            acc_receipt_verifies(receipt) ? "Differences, and files that could not be read"
                                          : "What was refused");
    enum acc_code code = acc_receipt_rows(receipt, problem_row, &rows, err);
    fputs("</tbody></table>\n", receipt->out);
    if (stats->problems > rows.shown)
        fprintf(receipt->out, "<p>%s more are among the entries below.</p>\n",
                acc_show_count(stats->problems - rows.shown, number));
    fputs("</section>\n", receipt->out);
    return code;
}

/* ---- entries ---- */

static void digest_of(FILE *out, const struct acc_receipt_row *seen)
{
    const struct acc_row *row = seen->row;
    bool known = acc_receipt_has_object(seen);
    const struct acc_digests *digests = known ? &row->archived.digests : &row->entry.promised;
    enum acc_alg alg = ACC_SHA256;
    char hex[ACC_DIGEST_MAX * 2 + 1];
    if (!acc_digests_has(digests, alg))
        for (alg = 0; alg < ACC_ALG_COUNT - 1 && !acc_digests_has(digests, alg);)
            alg++;
    acc_digests_hex(digests, alg, hex);
    fprintf(out, "<code>%s %s%s</code>", acc_alg_name(alg), hex, known ? "" : " (promised)");
}

static void time_cell(FILE *out, int64_t at)
{
    char shown[ACC_TIME_TEXT], exact[ACC_TIME_TEXT];
    if (at > 0)
        fprintf(out, "<td><time datetime=\"%s\">%s</time></td>", acc_time_rfc3339(at, exact),
                acc_time_show(at, shown));
    else
        fputs("<td></td>", out);
}

static void entry_row(void *arg, const struct acc_receipt_row *seen)
{
    struct rows *rows = arg;
    FILE *out = rows->receipt->out;
    const struct acc_row *row = seen->row;
    bool archived = acc_receipt_has_object(seen);
    int64_t size = acc_receipt_size(seen), at = acc_receipt_time(seen);
    char shown[32] = "";
    fprintf(out, "<tr data-o=\"%s\">", acc_row_outcome_name(seen->outcome));
    outcome_cell(rows->receipt, seen->outcome);
    fputs("<th scope=\"row\"><bdi>", out);
    acc_page_path(out, row->entry.path);
    fputs("</bdi>", out);
    if (row->reason_code != ACC_OK)
        reason_of(out, row);
    digest_of(out, seen);
    if (row->checked.level[0] != '\0') {
        fprintf(out, "<code>%s", row->checked.level);
        fputs(row->checked.proof[0] != '\0' ? ": " : "", out);
        acc_page_text(out, row->checked.proof);
        fputs("</code>", out);
    }
    if (archived && row->archived.version_id[0] != '\0') {
        fputs("<code>version ", out);
        acc_page_text(out, row->archived.version_id);
        fputs("</code>", out);
    }
    if (archived && row->archived.checksum[0] != '\0') {
        fputs("<code>server keeps ", out);
        acc_page_text(out, row->archived.checksum);
        fputs("</code>", out);
    }
    fprintf(out, "</th><td class=\"n\">%s</td>",
            size >= 0 ? acc_show_bytes((double)size, shown) : "");
    time_cell(out, at == 0 && archived ? row->archived.at : at);
    fputs("</tr>\n", out);
}

/* Hidden until the script, which it needs, shows it. */
static void search(struct acc_receipt *receipt, const struct acc_page_stats *stats)
{
    FILE *out = receipt->out;
    fputs("<form id=\"search\" role=\"search\" hidden>\n"
          "<label>Search <input type=\"search\" id=\"words\" autocomplete=\"off\" "
          "placeholder=\"name, digest, version or reason\"></label>\n"
          "<label>Outcome <select id=\"outcome\"><option value=\"\">all</option>",
          out);
    for (enum acc_row_outcome o = 0; o < ACC_ROW_OUTCOME_COUNT; o++)
        if (stats->tally.outcomes[o] > 0)
            fprintf(out, "<option value=\"%s\">%s</option>", acc_row_outcome_name(o),
                    acc_page_outcome(o));
    fputs("</select></label>\n<output id=\"found\" aria-live=\"polite\"></output>\n</form>\n", out);
}

enum acc_code acc_page_entries(struct acc_receipt *receipt, const struct acc_page_stats *stats,
                               struct acc_error *err)
{
    struct rows rows = {.receipt = receipt};
    FILE *out = receipt->out;
    char number[32];
    fprintf(out, "<section id=\"entries\">\n<h2>Entries <small>%s</small></h2>\n",
            acc_show_count(stats->tally.entries, number));
    search(receipt, stats);
    fputs("<table class=\"entries\"><thead><tr><th scope=\"col\">Outcome</th>"
          "<th scope=\"col\">File and digest</th><th scope=\"col\" class=\"n\">Size</th>"
          "<th scope=\"col\">Time (UTC)</th></tr></thead>\n<tbody>\n",
          out);
    enum acc_code code = acc_receipt_rows(receipt, entry_row, &rows, err);
    fputs("</tbody></table>\n</section>\n", out);
    return code;
}
