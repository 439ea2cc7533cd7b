/* What others say: receipts and exports, and other ledgers. A file is taken whole or not at all,
 * what a pipe gives as far as it is of one destination; the first that cannot be read ends it all,
 * and what files before it said is kept. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "ledger/ledger.h"
#include "recover/documents.h"
#include "recover/from_bucket.h"
#include "recover/taking.h"

static enum acc_code take(void *arg, const char *destination, const char *url,
                          const struct acc_claim *claim, struct acc_error *err)
{
    return acc_taking_take(arg, destination, url, claim, NULL, err);
}

enum acc_code acc_import_receipts(struct acc_recall *recall, const char *const *files,
                                  struct acc_error *err)
{
    struct acc_taking taking;
    enum acc_code code = acc_taking_open(&taking, recall, "accession ledger import", err);
    for (size_t i = 0; code == ACC_OK && files[i] != NULL; i++) {
        const char *name = strcmp(files[i], "-") == 0 ? "standard input" : files[i];
        if (acc_starts_with(files[i], "s3://"))
            code = acc_import_from_bucket(&taking, files[i], err);
        else
            code = acc_documents_read(files[i], name, take, &taking, recall, err);
        if (code == ACC_OK)
            code = acc_taking_commit(&taking, err);
    }
    return acc_taking_close(&taking, code, err);
}

/* ---- other ledgers ---- */

struct other {
    struct acc_taking *taking;
    const char *path;
};

static enum acc_code take_from(void *arg, const char *destination, const char *url,
                               const struct acc_claim *claim, struct acc_error *err)
{
    struct other *other = arg;
    struct acc_claim reported = *claim;
    reported.origin = other->path;
    return acc_taking_take(other->taking, destination, url, &reported, NULL, err);
}

static bool is_same_file(const char *one, const char *other)
{
    struct stat a, b;
    return stat(one, &a) == 0 && stat(other, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

static enum acc_code merge(struct acc_taking *taking, const char *path, struct acc_error *err)
{
    struct acc_ledger *ledger = NULL;
    struct other other = {.taking = taking, .path = path};
    if (is_same_file(path, acc_ledger_path(taking->ledger)))
        return acc_error_set(err, ACC_USAGE,
                             "%s: is the ledger that the others are merged into. Name it with "
                             "--ledger alone.",
                             path);
    enum acc_code code = acc_ledger_open_readonly(path, &ledger, err);
    if (code == ACC_OK)
        code = acc_ledger_claims(ledger, take_from, &other, err);
    acc_ledger_close(ledger);
    if (code == ACC_OK)
        code = acc_taking_commit(taking, err);
    taking->recall->sources += code == ACC_OK;
    return code;
}

enum acc_code acc_merge_ledgers(struct acc_recall *recall, const char *const *ledgers,
                                struct acc_error *err)
{
    struct acc_taking taking;
    enum acc_code code = acc_taking_open(&taking, recall, "accession ledger merge", err);
    for (size_t i = 0; code == ACC_OK && ledgers[i] != NULL; i++)
        code = merge(&taking, ledgers[i], err);
    return acc_taking_close(&taking, code, err);
}
