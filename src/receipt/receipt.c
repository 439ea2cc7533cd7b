/* The way to a receipt: look up the run, let the format write, flush. A stream that failed (a full
 * disk) is noticed at the end and named; a saved receipt is then not made at all.
 */
#include "receipt/receipt.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/path.h"
#include "base/str.h"
#include "receipt/internal.h"

static const struct {
    const char *name;
    enum acc_code (*write)(struct acc_receipt *, struct acc_error *);
} formats[ACC_RECEIPT_FORMAT_COUNT] = {
    [ACC_RECEIPT_JSON] = {"json", acc_receipt_json},
    [ACC_RECEIPT_CSV] = {"csv", acc_receipt_csv},
    [ACC_RECEIPT_PREMIS] = {"premis", acc_receipt_premis},
    [ACC_RECEIPT_HTML] = {"html", acc_receipt_html},
    [ACC_RECEIPT_MANIFEST] = {"manifest", acc_receipt_manifest},
};

enum acc_receipt_format acc_receipt_format_parse(const char *name)
{
    enum acc_receipt_format format = 0;
    while (format < ACC_RECEIPT_FORMAT_COUNT && strcmp(name, formats[format].name) != 0)
        format++;
    return format;
}

const char *acc_receipt_format_name(enum acc_receipt_format format)
{
    return formats[format].name;
}

enum acc_code acc_receipt_write(struct acc_ledger *ledger, int64_t run,
                                enum acc_receipt_format format, const char *prefix,
                                const char *person, FILE *out, struct acc_error *err)
{
    struct acc_receipt receipt = {
        .ledger = ledger, .prefix = prefix, .person = person != NULL ? person : "", .out = out};
    enum acc_code code = acc_ledger_run_info(ledger, run, &receipt.run, err);
    if (code == ACC_OK)
        code = formats[format].write(&receipt, err);
    errno = 0; /* what a failed write said may be overwritten since; flushing says it again */
    if (code == ACC_OK && (fflush(out) != 0 || ferror(out)))
        code = acc_error_set(err, ACC_LOCAL,
                             "the receipt cannot be written%s%s. Make room, then write it with "
                             "accession report",
                             errno != 0 ? ": " : "", errno != 0 ? strerror(errno) : "");
    acc_str_release(&receipt.key);
    acc_run_info_release(&receipt.run);
    return code;
}

enum acc_code acc_receipt_save(struct acc_ledger *ledger, int64_t run,
                               enum acc_receipt_format format, const char *prefix,
                               const char *person, const char *path, struct acc_error *err)
{
    struct acc_file_new file;
    enum acc_code code = acc_file_begin(&file, path, err);
    if (code != ACC_OK)
        return code;
    code = acc_receipt_write(ledger, run, format, prefix, person, file.stream, err);
    if (code == ACC_OK)
        return acc_file_commit(&file, err);
    acc_file_abandon(&file);
    acc_error_context(err, "%s", path);
    return code;
}

enum acc_code acc_receipt_leave(struct acc_ledger *ledger, int64_t run, const char *name,
                                const char *prefix, const char *folder, char *written, size_t size,
                                struct acc_error *err)
{
    struct acc_str path = {0};
    if (folder != NULL) {
        acc_str_set(&path, folder);
    } else {
        acc_state_dir(&path);
        acc_str_add(&path, "/receipts");
    }
    enum acc_code code = acc_mkdirs(acc_str_cstr(&path), err);
    acc_str_addf(&path, "/%s.json", name);
    if (code == ACC_OK)
        code =
            acc_receipt_save(ledger, run, ACC_RECEIPT_JSON, prefix, NULL, acc_str_cstr(&path), err);
    if (code == ACC_OK)
        snprintf(written, size, "%s", acc_str_cstr(&path));
    acc_str_release(&path);
    return code;
}
