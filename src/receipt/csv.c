/* The CSV receipt (RFC 4180): a header, then one record an entry, lines ended by CR LF, fields
 * quoted where they must be. Every algorithm has its column, so that the columns of all receipts
 * are the same; digests are those that were computed, never those that were promised, so an entry
 * that is not in the bucket has none. `checksum` is the one that the server reports, in the
 * ledger's form: "crc64nvme:BASE64", or empty.
 *
 * Paths are written byte for byte. A spreadsheet may take one that begins with "=" for a formula:
 * import the columns as text. Fails as the ledger does. */
#include <string.h>

#include "base/clock.h"
#include "receipt/internal.h"

static void field(FILE *out, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (const char *c = text; *c; c++) {
        if (*c == '"')
            fputc('"', out);
        fputc(*c, out);
    }
    fputc('"', out);
}

static void next_field(FILE *out, const char *text)
{
    fputc(',', out);
    field(out, text);
}

static void write_header(FILE *out)
{
    fputs("path,key,version_id,size", out);
    for (enum acc_alg alg = 0; alg < ACC_ALG_COUNT; alg++)
        next_field(out, acc_alg_name(alg));
    fputs(",checksum,level,proof,time,outcome,code,reason\r\n", out);
}

static void write_digests(FILE *out, const struct acc_receipt_row *seen)
{
    const struct acc_row *row = seen->row;
    for (enum acc_alg alg = 0; alg < ACC_ALG_COUNT; alg++) {
        char hex[ACC_DIGEST_MAX * 2 + 1] = "";
        if (acc_receipt_has_object(seen) && acc_digests_has(&row->archived.digests, alg))
            acc_digests_hex(&row->archived.digests, alg, hex);
        next_field(out, hex);
    }
}

static void write_record(void *arg, const struct acc_receipt_row *seen)
{
    FILE *out = arg;
    const struct acc_row *row = seen->row;
    bool archived = acc_receipt_has_object(seen), checked = row->checked.level[0] != '\0';
    int64_t size = acc_receipt_size(seen), at = acc_receipt_time(seen);
    struct acc_str scratch = {0};
    char number[24] = "", time[ACC_TIME_TEXT] = "";
    if (size >= 0)
        snprintf(number, sizeof number, "%lld", (long long)size);
    if (at == 0 && archived)
        at = row->archived.at;
    if (at > 0)
        acc_time_rfc3339(at, time);
    field(out, row->entry.path);
    next_field(out, seen->key);
    next_field(out, archived ? row->archived.version_id : "");
    next_field(out, number);
    write_digests(out, seen);
    next_field(out, archived ? row->archived.checksum : "");
    next_field(out, row->checked.level);
    next_field(out, checked    ? row->checked.proof
                    : archived ? acc_grounds_name(row->archived.proof)
                               : "");
    next_field(out, time);
    next_field(out, acc_row_outcome_name(seen->outcome));
    next_field(out, row->reason_code != ACC_OK ? acc_code_name(row->reason_code) : "");
    next_field(out, acc_receipt_utf8(&scratch, row->reason));
    acc_str_release(&scratch);
    fputs("\r\n", out);
}

enum acc_code acc_receipt_csv(struct acc_receipt *receipt, struct acc_error *err)
{
    write_header(receipt->out);
    return acc_receipt_rows(receipt, write_record, receipt->out, err);
}
