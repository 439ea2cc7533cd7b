/* Rows: an entry of a run with its promise, its outcome and the object known of it; drawn as work,
 * listed for reports, found and counted (ledger/ledger.h). Threads: the owner. */
#ifndef ACC_LEDGER_ROWS_H
#define ACC_LEDGER_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/error.h>
#include "base/entry.h"
#include "base/grounds.h"
#include "base/str.h"

struct acc_ledger;

/* The outcome of an entry in a run. */
enum acc_entry_state {
    ACC_ENTRY_PENDING,  /* nothing yet; may have an unfinished upload */
    ACC_ENTRY_ARCHIVED, /* sent by this run, verified */
    ACC_ENTRY_FAILED,   /* this file was refused; a rerun tries again */
    ACC_ENTRY_CONFLICT, /* the key holds other content */
    ACC_ENTRY_ALREADY,  /* it was there, and was proven to be what is promised */
    ACC_ENTRY_WITHHELD, /* not sent, because others were refused; a rerun sends it after them */
    ACC_ENTRY_STATES
};

/* The known facts of an object. Strings are borrowed for the duration of the call that takes or
 * gives it. */
struct acc_archived {
    struct acc_digests digests; /* computed from the bytes that were sent, or compared */
    int64_t size;
    const char *etag;       /* without quotes, "" when unknown */
    const char *version_id; /* "" when the bucket has no versions */
    enum acc_grounds proof;
    const char *checksum; /* the additional checksum that the server says it keeps, and that is the
                             one it was sent: "sha256:BASE64", "crc64nvme:BASE64", "crc32c:BASE64";
                             "-N" behind one of N parts' checksums; "" if it keeps none */
    int64_t part_size;    /* of a multipart upload, 0 for a single PUT or unknown */
    int64_t at;           /* wall clock, milliseconds */
    int64_t duration;     /* milliseconds from first read to the answer */
};

/* A verification's finding for an entry: `level` is how closely it looked ("listed", "stored",
 * "read"), "" when it did not; `proof` is what the result rests on. Strings as in acc_archived. */
struct acc_checked {
    const char *level;
    const char *proof;
    int64_t at;  /* wall clock, milliseconds */
    bool gone;   /* of a difference: the object on record is not there any more */
    int64_t run; /* CARRIED: the verification that found it */
};

/* A row as drawn or reported. Pointers live until the next call on the cursor. */
struct acc_row {
    int64_t id;
    struct acc_entry entry;
    int64_t found; /* bytes that the file had in the source when the run was planned, or -1 */
    enum acc_entry_state state;
    bool fresh;                   /* this very run learnt what is known of the object */
    struct acc_archived archived; /* the object, when archived_run is not 0; strings never NULL */
    struct acc_checked checked;   /* by this run; reason_code is then its result */
    enum acc_code reason_code;    /* when FAILED, CONFLICT or checked; else ACC_OK */
    const char *reason;           /* "" if missing */
    int64_t archived_run;         /* the run that learnt of the object; 0: none is known */
    bool gone;                    /* a check of this or an earlier run missed that object */
    bool replaced;                /* this run found a newer version with other content on top */
    bool unfinished;              /* acc_ledger_upload() finds an upload of it */
};

/* The bytes that totals and screens count for it: nothing to compare with. -1: not known. */
static inline int64_t acc_row_size(const struct acc_row *row)
{
    return row->entry.size >= 0 ? row->entry.size : row->found;
}

/* In the bucket, and compared by this run: sent, or already there. */
static inline bool acc_row_succeeded(const struct acc_row *row)
{
    return row->state == ACC_ENTRY_ARCHIVED || row->state == ACC_ENTRY_ALREADY;
}

/* ---- drawing work ---- */

/* The entries of a run that have this state and role when the cursor is opened, in the order they
 * should be sent: unknown sizes first, then large to small, those below 1 MiB as the manifest lists
 * them. They are read a page at a time and nothing is held open between calls; a row is drawn once
 * per cursor, and passed over if it has left the state before its page is read. Only sizes above
 * `above` and up to `up_to` are drawn (-1 and INT64_MAX: all); an unknown size counts as INT64_MAX.
 */
struct acc_ledger_cursor;
/* From here on draw_open() draws by what `place` says of the entries' paths, low to high, and by
 * nothing else. `place` is called on the thread that opens the cursor. */
enum acc_code acc_ledger_draw_by(struct acc_ledger *ledger,
                                 int64_t (*place)(const void *arg, const char *path),
                                 const void *arg, struct acc_error *err);
enum acc_code acc_ledger_draw_open(struct acc_ledger *ledger, int64_t run,
                                   enum acc_entry_state state, enum acc_role role, int64_t above,
                                   int64_t up_to, struct acc_ledger_cursor **cursor,
                                   struct acc_error *err);
/* All entries of a run in path order (bytewise), whatever their state: for receipts and
 * verification. Rows are as that run left them, also after later runs. */
enum acc_code acc_ledger_rows_open(struct acc_ledger *ledger, int64_t run,
                                   struct acc_ledger_cursor **cursor, struct acc_error *err);
/* The same, in an order that is drawn now: for acc_ledger_cursor_rows() and
 * acc_ledger_cursor_path(). */
enum acc_code acc_ledger_draw_rows(struct acc_ledger *ledger, int64_t run,
                                   struct acc_ledger_cursor **cursor, struct acc_error *err);
/* The pending entries of a run of which an object is on record, in any order. */
enum acc_code acc_ledger_known_open(struct acc_ledger *ledger, int64_t run,
                                    struct acc_ledger_cursor **cursor, struct acc_error *err);
/* `*more` false at the end; `row` is then untouched. */
enum acc_code acc_ledger_next(struct acc_ledger_cursor *cursor, struct acc_row *row, bool *more,
                              struct acc_error *err);
void acc_ledger_cursor_close(struct acc_ledger_cursor *cursor);

/* How many rows the cursor had when they were drawn, and the path of one of them, 0 being the
 * first, wherever the cursor stands. Not of one that acc_ledger_rows_open() made. */
uint64_t acc_ledger_cursor_rows(const struct acc_ledger_cursor *cursor);
enum acc_code acc_ledger_cursor_path(struct acc_ledger_cursor *cursor, uint64_t at,
                                     struct acc_str *path, struct acc_error *err);

/* Calls `each` with every entry of the run in any order, for totals: of the row only `id`, `state`,
 * `reason_code`, `found`, `gone`, `archived_run`, both sizes, and of `checked.level` whether it is
 * empty. `row` lives until `each` returns. */
enum acc_code acc_ledger_each_brief(struct acc_ledger *ledger, int64_t run,
                                    enum acc_code (*each)(void *arg, const struct acc_row *row,
                                                          struct acc_error *err),
                                    void *arg, struct acc_error *err);

/* Whether the run's manifests name the path. */
enum acc_code acc_ledger_names(struct acc_ledger *ledger, int64_t run, const char *path,
                               bool *named, struct acc_error *err);
/* Finds the run's entry by path; `*found` false when no manifest of the run names it. `row` lives
 * until the next find. */
enum acc_code acc_ledger_find(struct acc_ledger *ledger, int64_t run, const char *path,
                              struct acc_row *row, bool *found, struct acc_error *err);

/* Whether a version id is on record of an object of the run's entries. */
enum acc_code acc_ledger_has_versions(struct acc_ledger *ledger, int64_t run, bool *some,
                                      struct acc_error *err);

/* The record of the object at a path of a destination, whichever run learnt it; `*found` is false
 * if there is no record. For a dry run, which has no rows there. `row` lives until the next
 * find. */
enum acc_code acc_ledger_find_object(struct acc_ledger *ledger, const char *destination,
                                     const char *path, struct acc_row *row, bool *found,
                                     struct acc_error *err);

/* Counts of a run's entries. */
struct acc_ledger_counts {
    uint64_t entries, pending, archived, already, failed, conflict, withheld;
    uint64_t unfinished_uploads; /* of pending entries */
    int64_t bytes_archived;      /* of what is archived or already there */
    int64_t bytes_parked;        /* in finished parts of unfinished uploads */
};
enum acc_code acc_ledger_count(struct acc_ledger *ledger, int64_t run,
                               struct acc_ledger_counts *counts, struct acc_error *err);
/* How many entries the run was asked for, and their bytes: of each the size that is promised, or
 * the one that was found. */
enum acc_code acc_ledger_count_asked(struct acc_ledger *ledger, int64_t run, uint64_t *entries,
                                     int64_t *bytes, struct acc_error *err);

/* Whether the run has an entry of an earlier role that is neither archived nor already there. */
enum acc_code acc_ledger_unproven(struct acc_ledger *ledger, int64_t run, enum acc_role role,
                                  bool *some, struct acc_error *err);

#endif
