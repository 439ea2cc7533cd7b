/* The manifest receipt: what the bucket holds of this run, as GNU coreutils' sha256sum writes
 * lists. Beside a copy that was fetched below PREFIX, `sha256sum -c` checks it. A name with a
 * newline, a carriage return or a backslash has these escaped, and a backslash before its line.
 *
 * An entry whose SHA-256 was never computed (it was found in the bucket, proven by another
 * algorithm) is named in a comment, which sha256sum passes over. An object that another client has
 * replaced by a newer version keeps its line, as it keeps its place in the ledger, below a comment:
 * `sha256sum -c` then shows that readers get something else. Fails as the ledger does.
 */
#include <string.h>

#include "base/path.h"
#include "receipt/internal.h"

static void write_escaped(FILE *out, const char *path)
{
    for (const char *c = path; *c; c++) {
        if (*c == '\n')
            fputs("\\n", out);
        else if (*c == '\r')
            fputs("\\r", out);
        else if (*c == '\\')
            fputs("\\\\", out);
        else
            fputc(*c, out);
    }
}

static void write_comment(FILE *out, const char *what, const char *path)
{
    struct acc_str shown = {0};
    acc_path_show(&shown, path, strlen(path));
    fprintf(out, "# %s: %s\n", what, acc_str_cstr(&shown));
    acc_str_release(&shown);
}

/* A manifest that lay beside the source is archived with it, but does not belong to it. */
static bool lies_outside(const struct acc_row *row)
{
    return row->entry.role == ACC_ROLE_MANIFEST && row->entry.line == 0 &&
           row->entry.origin[0] == '/';
}

static void write_line(void *arg, const struct acc_receipt_row *seen)
{
    FILE *out = arg;
    const struct acc_row *row = seen->row;
    char hex[ACC_DIGEST_MAX * 2 + 1];
    if (!acc_receipt_has_object(seen) || lies_outside(row))
        return;
    if (!acc_digests_has(&row->archived.digests, ACC_SHA256)) {
        write_comment(out, "no SHA-256 is known of", row->entry.path);
        return;
    }
    if (row->replaced && !acc_row_succeeded(row))
        write_comment(out, "another client wrote a newer version of", row->entry.path);
    acc_digests_hex(&row->archived.digests, ACC_SHA256, hex);
    fprintf(out, "%s%s  ", strpbrk(row->entry.path, "\n\r\\") != NULL ? "\\" : "", hex);
    write_escaped(out, row->entry.path);
    fputc('\n', out);
}

enum acc_code acc_receipt_manifest(struct acc_receipt *receipt, struct acc_error *err)
{
    return acc_receipt_rows(receipt, write_line, receipt->out, err);
}
