/* The end of a dry run: each entry's file is opened, as ingest would open it, and its size is
 * compared with the manifests. What ingest would refuse is reported as refused, and what it would
 * then withhold as withheld. An entry whose key exists and could not be compared by what the ledger
 * knows is to be compared; if the listing was denied, whether the key exists is not known; the
 * others are to be sent. Nothing is read or sent, and what is recorded goes with the dry run's own
 * ledger. On the loop's thread, with nothing else in progress. */
#include "ingest/run.h"

/* Of the entries of one role. */
struct tally {
    uint64_t refused, to_send, to_compare, not_known;
};

static enum acc_code open_file(const struct acc_run *run, const struct acc_entry *entry,
                               struct acc_error *err)
{
    struct acc_source_file file;
    enum acc_code code = acc_source_open_file(&run->source, entry->path, &file, err);
    if (code != ACC_OK)
        return code;
    int64_t size = file.st.st_size;
    acc_source_shut(&file);
    if (entry->promised.present == 0 && run->options->rules.undigested != ACC_UNDIGESTED_ARCHIVE)
        return acc_gate_no_digest(entry, err);
    return acc_content_check_size(size, entry->size, err);
}

static enum acc_code rehearse_row(struct acc_run *run, struct acc_row *row, struct tally *tally,
                                  struct acc_error *err)
{
    struct acc_error refusal = {0};
    enum acc_code code = open_file(run, &row->entry, &refusal);
    if (code == ACC_LOCAL) /* the machine's fault, not the file's */
        return acc_error_set(err, ACC_LOCAL, "%s: %s", row->entry.path, refusal.message);
    if (row->state == ACC_ENTRY_CONFLICT || row->state == ACC_ENTRY_FAILED) {
        tally->refused++;
    } else if (row->state != ACC_ENTRY_PENDING) {
        return ACC_OK; /* the bucket has it */
    } else if (code != ACC_OK) {
        tally->refused++;
        acc_run_refuse(run, row, &refusal, NULL);
    } else if (!run->listing.known) {
        tally->not_known++;
    } else if (acc_presence_of(&run->listing.presence, row->id)) {
        tally->to_compare++;
    } else {
        tally->to_send++;
    }
    return ACC_OK;
}

/* The roles that a real run would reach; what comes after them is withheld. */
static enum acc_code settle(struct acc_run *run, const struct tally tallies[ACC_ROLES],
                            struct acc_error *err)
{
    enum acc_code code = ACC_OK;
    uint64_t refused = run->planning.plan.oxum_differs; /* its digest will refuse it */
    for (int role = 0; code == ACC_OK && role < ACC_ROLES; role++) {
        if (role > 0 && (refused > 0 || acc_run_lacks_a_manifest(run))) {
            code = acc_ledger_flush(run->ledger, err);
            return code == ACC_OK
                       ? acc_run_withhold(run, (enum acc_role)role,
                                          refused > 0 ? ACC_FOR_FILES : ACC_FOR_NAMES, err)
                       : code;
        }
        refused += tallies[role].refused;
        run->counts.to_send += tallies[role].to_send;
        run->counts.to_compare += tallies[role].to_compare;
        run->counts.not_known += tallies[role].not_known;
    }
    return code;
}

enum acc_code acc_run_rehearse(struct acc_run *run, struct acc_error *err)
{
    struct tally tallies[ACC_ROLES] = {{0}};
    struct acc_ledger_cursor *cursor;
    struct acc_row row;
    bool more = true;
    enum acc_code code = acc_ledger_flush(run->ledger, err);
    if (code == ACC_OK)
        code = acc_ledger_rows_open(run->ledger, run->id, &cursor, err);
    if (code != ACC_OK)
        return code;
    while (code == ACC_OK && (code = acc_ledger_next(cursor, &row, &more, err)) == ACC_OK && more)
        code = rehearse_row(run, &row, &tallies[row.entry.role], err);
    acc_ledger_cursor_close(cursor);
    return code == ACC_OK ? settle(run, tallies, err) : code;
}
