/* The end of a dry run: each entry's file is opened, as ingest would open it, and its size is
 * compared with the manifests. What ingest would refuse is reported as refused. An entry whose key
 * exists and could not be compared by what the ledger knows is to be compared; the others are to be
 * sent. Nothing is read, recorded or sent. On the loop's thread, with nothing else in progress. */
#include <unistd.h>

#include "ingest/run.h"

static enum acc_code open_file(const struct acc_run *run, const struct acc_entry *entry,
                               struct acc_error *err)
{
    struct acc_str mapped = {0};
    struct stat st;
    int fd;
    enum acc_code code = acc_source_open_file(&run->source, entry->path, &fd, &st, &mapped, err);
    acc_str_release(&mapped);
    if (code != ACC_OK)
        return code;
    close(fd);
    if (entry->promised.present == 0 && run->options->rules.undigested != ACC_UNDIGESTED_ARCHIVE)
        return acc_gate_no_digest(entry, err);
    return acc_content_check_size(st.st_size, entry->size, err);
}

enum acc_code acc_run_rehearse(struct acc_run *run, struct acc_error *err)
{
    struct acc_ledger_cursor *cursor;
    struct acc_row row;
    struct acc_error refusal;
    bool more = true;
    enum acc_code code = acc_ledger_rows_open(run->ledger, run->id, &cursor, err);
    if (code != ACC_OK)
        return code;
    while ((code = acc_ledger_next(cursor, &row, &more, err)) == ACC_OK && more) {
        row.reason_code = open_file(run, &row.entry, &refusal);
        if (row.reason_code == ACC_OK) {
            bool exists = run->listing.known && acc_presence_of(&run->listing.presence, row.id);
            if (row.state == ACC_ENTRY_PENDING)
                *(exists ? &run->counts.to_compare : &run->counts.to_send) += 1;
            continue;
        }
        if (row.reason_code == ACC_LOCAL) { /* the machine's fault, not the file's */
            acc_error_set(err, ACC_LOCAL, "%s: %s", row.entry.path, refusal.message);
            break;
        }
        if (row.state != ACC_ENTRY_PENDING)
            continue; /* the bucket has it */
        row.reason = refusal.message;
        if (run->counts.failed++ == 0)
            run->counts.first_failure = row.reason_code;
        acc_run_report_row(run, &row, ACC_OUTCOME_FAILED);
    }
    acc_ledger_cursor_close(cursor);
    return code != ACC_OK ? code : more ? err->code : ACC_OK;
}
