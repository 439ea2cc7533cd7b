/* Feeds bytes to "ledger import" as a receipt or an export. A file that is refused leaves nothing.
 * What is accepted can be exported, and the export says the same: imported again it brings nothing
 * new, and into an empty ledger it brings as many facts. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <accession/ledger.h>
#include "ledger/ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static char folder[64], empty[96], first[96], second[96], document[96], export[96];

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct acc_ledger *ledger = NULL;
    struct acc_error err;
    snprintf(folder, sizeof folder, "/dev/shm/acc-fuzz-import-%d", (int)getpid());
    mkdir(folder, 0700);
    snprintf(empty, sizeof empty, "%s/empty.db", folder);
    snprintf(first, sizeof first, "%s/first.db", folder);
    snprintf(second, sizeof second, "%s/second.db", folder);
    snprintf(document, sizeof document, "%s/document", folder);
    snprintf(export, sizeof export, "%s/export.json", folder);
    must(acc_ledger_open_temporary(empty, &ledger, &err) == ACC_OK);
    acc_ledger_close(ledger);
    return 0;
}

static void write_file(const char *path, const void *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    must(file != NULL && fwrite(bytes, 1, len, file) == len && fclose(file) == 0);
}

static void make_empty(const char *path)
{
    static char chunk[1 << 20];
    char beside[112];
    FILE *from = fopen(empty, "rb");
    must(from != NULL);
    size_t len = fread(chunk, 1, sizeof chunk, from);
    must(len < sizeof chunk && fclose(from) == 0);
    snprintf(beside, sizeof beside, "%s-wal", path);
    unlink(beside);
    snprintf(beside, sizeof beside, "%s-shm", path);
    unlink(beside);
    write_file(path, chunk, len);
}

static void showable(void *arg, const struct acc_reported_fact *fact)
{
    must(fact->ground != NULL && fact->url != NULL && fact->path != NULL && *fact->path != '\0');
}

static uint64_t import(const char *ledger, const char *file, bool must_be_good)
{
    struct acc_recall recall = {.ledger = ledger, .on_fact = showable};
    struct acc_error err = {0};
    const char *const files[] = {file, NULL};
    enum acc_code code = acc_import_receipts(&recall, files, &err);
    must(code == ACC_OK || (err.message[0] != '\0' && !must_be_good));
    return code == ACC_OK ? recall.reported[ACC_REPORTED_NEW] : 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct acc_error err = {0};
    uint64_t facts = 0;
    write_file(document, bytes, len);
    make_empty(first);
    uint64_t new = import(first, document, false);
    unlink(export);
    must(acc_export_ledger(first, export, &facts, &err) == ACC_OK && facts == new);
    if (new > 0) {
        must(import(first, export, true) == 0);
        make_empty(second);
        must(import(second, export, true) == facts);
    }
    return 0;
}
