/* The ledger: the promises, the outcomes of each run, and the known content of the bucket. SQLite
 * in WAL mode, synchronous=FULL, so that a record reported durable survives power loss.
 *
 * The three are kept apart (ledger/separate.c has the tables): an attempt, however it ends, changes
 * nothing that is known of an object.
 *
 *     open -> run begun -> loading (manifest streams in) -> drawing / recording -> run finished ->
 * close
 *
 * It never claims more than the bucket holds: an entry is ARCHIVED or ALREADY only by a record that
 * is posted after the server's answer, and that takes a value which only the gate makes. It may
 * claim less; a rerun then finds out.
 *
 * Threads: one writer thread inside the ledger commits what is posted, many records in one
 * transaction (group commit). Everything else is called on the thread that opened it ("the owner"),
 * except where stated. Reads go through a connection of their own and see what is committed.
 *
 * Only one thread writes at a time ("the turn"): a load has it from begin to end, so while one is
 * open nothing posted becomes durable, and flush, run_begin and run_end wait for its end. On the
 * thread that loads they would wait for themselves: don't call them there.
 *
 * Several runs may be at work on one ledger, in one process or in many, if their destinations
 * differ. If another process keeps the ledger locked, calls wait for up to two minutes. */
#ifndef ACC_LEDGER_LEDGER_H
#define ACC_LEDGER_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/capabilities.h>
#include <accession/error.h>
#include "base/entry.h"
#include "base/grounds.h"
#include "base/list.h"
#include "base/str.h"

struct acc_ledger;
struct acc_proven; /* gate/gate.h */
struct acc_unchanged;
struct acc_verified; /* gate/gate.h */

/* Called on the writer thread after each commit that made records durable: wake the owner, who then
 * calls acc_ledger_deliver(). */
typedef void (*acc_ledger_wake)(void *arg);

/* Opens or makes the ledger and its folder. Errors (ACC_LEDGER) name the file, the reason and the
 * next step: read-only, disk full, not a ledger, made by a newer version. */
enum acc_code acc_ledger_open(const char *path, struct acc_ledger **ledger, struct acc_error *err);
/* The same, for a file that is not read after this process: nothing waits for the disk. */
enum acc_code acc_ledger_open_temporary(const char *path, struct acc_ledger **ledger,
                                        struct acc_error *err);
/* Read only: for report, status and dry runs. Fails with ACC_LEDGER if there is no ledger. Works on
 * a read-only medium too. Only rows, counts, finds, notes and uploads may be asked of such a
 * ledger. */
enum acc_code acc_ledger_open_readonly(const char *path, struct acc_ledger **ledger,
                                       struct acc_error *err);
void acc_ledger_set_wake(struct acc_ledger *ledger, acc_ledger_wake wake, void *arg);
/* Commits what is posted, delivers nothing more, frees. NULL is fine. Loads must have been ended
 * and cursors closed; the lock of a run that was not ended is let go. */
void acc_ledger_close(struct acc_ledger *ledger);
const char *acc_ledger_path(const struct acc_ledger *ledger);
/* The path of a ledger: `asked` or, if that is NULL, the default,
 * $XDG_STATE_HOME/accession/ledger.db. `out` is replaced. */
void acc_ledger_where(const char *asked, struct acc_str *out);

/* Between the two, what the owner reads is of one moment, and many small questions cost less. Not
 * for long: what is written meanwhile cannot be folded into the file. */
void acc_ledger_hold(struct acc_ledger *ledger);
void acc_ledger_let_go(struct acc_ledger *ledger);

/* ---- runs ---- */

struct acc_run_spec {
    const char *kind;   /* "ingest", "verify", "watch" */
    const char *source; /* absolute path of SOURCE, or "" */
    const char *
        destination; /* canonical: "ENDPOINT/BUCKET/PREFIX"; one lock and one set of entries each */
    const char *url; /* "s3://BUCKET/PREFIX" as people write it */
    const char *command; /* the command line that continues it, for reports */
};

/* Begins a run: takes the destination's lock (ACC_LEDGER_BUSY naming the other's pid when it is
 * held; the lock goes with the process, however that ends) and makes the row. `name` is the run's
 * name for people: UTC time and four hex digits, "2026-11-22T10-04-11Z-7f3a". Runs to this
 * destination that were killed are closed as ACC_INTERRUPTED. */
enum acc_code acc_ledger_run_begin(struct acc_ledger *ledger, const struct acc_run_spec *spec,
                                   int64_t *run, char name[40], struct acc_error *err);
/* Ends it: `outcome` is an acc_code, 0 for a complete one. Waits for all records posted before and
 * delivers them. The lock is let go even when this fails. `summary_json` may be NULL. */
enum acc_code acc_ledger_run_end(struct acc_ledger *ledger, int64_t run, enum acc_code outcome,
                                 const char *summary_json, struct acc_error *err);

/* A manifest that the run reads; they are kept in the order added. While a load of the run is open
 * it becomes part of that load, and is called on the loading thread. */
enum acc_code acc_ledger_add_manifest(struct acc_ledger *ledger, int64_t run, const char *path,
                                      const char *format, const uint8_t sha256[ACC_SHA256_LEN],
                                      struct acc_error *err);

/* ---- loading ---- */

/* One transaction around the whole loading; nothing of it exists before commit. May be used from a
 * thread other than the owner's, one at a time, begin and end included. */
struct acc_ledger_load;
enum acc_code acc_ledger_load_begin(struct acc_ledger *ledger, int64_t run,
                                    struct acc_ledger_load **load, struct acc_error *err);
/* Adds or merges one entry; `*taken` says which.
 *  - the same path from another manifest (another origin): digests are merged; a contradiction of
 * digest or size is ACC_MANIFEST naming both places;
 *  - the same path twice in one manifest: ACC_MANIFEST if they contradict; if they agree,
 *    `*taken` is ACC_TAKEN_REPEATED and the caller decides (BagIt 1.0 forbids it, others note it);
 *  - two paths of one run with one NFC form: ACC_MANIFEST naming both;
 *  - the same path with another role: the later role of the two counts;
 *  - every entry begins PENDING, whatever earlier runs made of it: the bucket has to be looked at
 *    again. What is known of its object, and an unfinished upload, are kept;
 *  - what this run's manifests promise counts, not what earlier ones did;
 *  - `found` is the size that stat found, or -1: rows show it unless a manifest promises one, while
 *    without_size counts the entry all the same. What the path's first entry of the run has counts.
 * After an error the load can only be ended, and is rolled back whatever `commit` says. */
enum acc_code acc_ledger_load_add(struct acc_ledger_load *load, const struct acc_entry *entry,
                                  int64_t found, enum acc_taken *taken, struct acc_error *err);
/* Different paths added so far: grows by one when load_add met a path that was new to the load. */
uint64_t acc_ledger_load_entries(const struct acc_ledger_load *load);
/* Ends the loading; `commit` false forgets all of it. Frees `load`. */
enum acc_code acc_ledger_load_end(struct acc_ledger_load *load, bool commit, struct acc_error *err);

/* ---- states and rows ---- */

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
enum acc_code acc_ledger_draw_open(struct acc_ledger *ledger, int64_t run,
                                   enum acc_entry_state state, enum acc_role role, int64_t above,
                                   int64_t up_to, struct acc_ledger_cursor **cursor,
                                   struct acc_error *err);
/* All entries of a run in path order (bytewise), whatever their state: for receipts and
 * verification. Rows are as that run left them, also after later runs. */
enum acc_code acc_ledger_rows_open(struct acc_ledger *ledger, int64_t run,
                                   struct acc_ledger_cursor **cursor, struct acc_error *err);
/* The pending entries of a run of which an object is on record, in any order. */
enum acc_code acc_ledger_known_open(struct acc_ledger *ledger, int64_t run,
                                    struct acc_ledger_cursor **cursor, struct acc_error *err);
/* `*more` false at the end; `row` is then untouched. */
enum acc_code acc_ledger_next(struct acc_ledger_cursor *cursor, struct acc_row *row, bool *more,
                              struct acc_error *err);
void acc_ledger_cursor_close(struct acc_ledger_cursor *cursor);

/* How many rows the cursor had when it was opened, and the path of one of them, 0 being the first,
 * wherever the cursor stands. */
uint64_t acc_ledger_cursor_rows(const struct acc_ledger_cursor *cursor);
enum acc_code acc_ledger_cursor_path(struct acc_ledger_cursor *cursor, uint64_t at,
                                     struct acc_str *path, struct acc_error *err);

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

/* Counts of a run's entries (bytes count promised sizes, or archived ones where known). */
struct acc_ledger_counts {
    uint64_t entries, pending, archived, already, failed, conflict, withheld;
    uint64_t unfinished_uploads; /* of pending entries */
    int64_t bytes;
    int64_t bytes_archived; /* of what is archived or already there */
    int64_t bytes_parked;   /* in finished parts of unfinished uploads */
    uint64_t without_size;  /* entries whose size no manifest gives */
};
enum acc_code acc_ledger_count(struct acc_ledger *ledger, int64_t run,
                               struct acc_ledger_counts *counts, struct acc_error *err);

/* Whether the run has an entry of an earlier role that is neither archived nor already there. */
enum acc_code acc_ledger_unproven(struct acc_ledger *ledger, int64_t run, enum acc_role role,
                                  bool *some, struct acc_error *err);

/* ---- verification ---- */

/* Adds all that was ever archived at the run's destination, without a promise of any manifest
 * (rows then promise nothing): for a run whose work is what the ledger knows. */
enum acc_code acc_ledger_load_archived(struct acc_ledger_load *load, struct acc_error *err);

/* The run before this one with its destination, kind and command, if that was interrupted or
 * halted; 0 if there is no such run. */
enum acc_code acc_ledger_unfinished(struct acc_ledger *ledger, int64_t run, int64_t *earlier,
                                    struct acc_error *err);

/* The latest check that found the entry to be what `run` promises, at one of `levels` ("stored
 * read"), in the run `earlier` or, with 0, in any run. What was promised otherwise when it was
 * checked does not count. */
struct acc_good_check {
    int64_t run;
    char level[16];
    char proof[40];
    int64_t at; /* wall clock, milliseconds */
};
enum acc_code acc_ledger_last_good(struct acc_ledger *ledger, int64_t run, int64_t entry,
                                   int64_t earlier, const char *levels,
                                   struct acc_good_check *check, bool *found,
                                   struct acc_error *err);

/* ---- unfinished uploads ---- */

struct acc_upload_row {
    char *upload_id;
    char *token;    /* our x-amz-meta-accession-upload */
    char *checksum; /* "crc64nvme", "none"; when gated what the object's must be: "crc64nvme:BASE64"
                     */
    int64_t part_size;
    int64_t begun;               /* wall clock, milliseconds */
    struct acc_digests promised; /* what the entry promised when the upload was started */
    bool gated; /* the digest was compared and agreed; Complete may have been sent */
    struct acc_digests digests; /* when gated */
    uint32_t part_count;
    struct acc_part_row {
        int32_t number;
        int64_t size;
        uint8_t sha256[ACC_SHA256_LEN];
        char etag[96]; /* without quotes */
    } * parts;         /* by number */
};

/* The entry's unfinished upload; `*found` is false if there is no such upload. Release
 * afterwards. */
enum acc_code acc_ledger_upload(struct acc_ledger *ledger, int64_t entry,
                                struct acc_upload_row *upload, bool *found, struct acc_error *err);
void acc_upload_row_release(struct acc_upload_row *upload);

/* Whether this ledger ever made the upload (any destination, ended or not), for
 * `uploads --abort-own`. */
enum acc_code acc_ledger_knows_upload(struct acc_ledger *ledger, const char *upload_id, bool *known,
                                      struct acc_error *err);

/* All unfinished uploads, in the order of their objects' canonical names, "ENDPOINT/BUCKET/KEY".
 * `each` may not ask the ledger. */
enum acc_code acc_ledger_open_uploads(struct acc_ledger *ledger,
                                      void (*each)(void *arg, const char *object,
                                                   const char *upload_id, int64_t begun),
                                      void *arg, struct acc_error *err);

/* Before an upload that this ledger made is aborted from outside a run: takes the lock of its
 * destination, or ACC_LEDGER_BUSY while a run there is at work. Held until the ledger is closed. */
enum acc_code acc_ledger_claim_upload(struct acc_ledger *ledger, const char *upload_id,
                                      struct acc_error *err);
/* It was aborted: the next run begins the file again. Waits until that is durable. */
enum acc_code acc_ledger_upload_aborted(struct acc_ledger *ledger, const char *upload_id,
                                        struct acc_error *err);

/* Keys of which earlier runs to the destination of `run` were about to create an upload when they
 * ended, at `at` (wall clock, milliseconds) or soon after; `key` lives until the callback returns.
 */
enum acc_code acc_ledger_openings(struct acc_ledger *ledger, int64_t run,
                                  void (*each)(void *arg, const char *key, int64_t at), void *arg,
                                  struct acc_error *err);
/* How many earlier runs to the destination of `run` may have left a claim in the bucket
 * (bucket/claim.h): each may, from its begin to ACC_RECORD_CLAIM_GONE. */
enum acc_code acc_ledger_claims_left(struct acc_ledger *ledger, int64_t run, uint64_t *count,
                                     struct acc_error *err);

/* ---- what the server was seen to do ---- */

/* What runs to this bucket, "ENDPOINT/BUCKET", have seen of its server after that time (wall clock,
 * milliseconds). */
enum acc_code acc_ledger_capabilities(struct acc_ledger *ledger, const char *bucket, int64_t after,
                                      struct acc_capabilities *can, struct acc_error *err);
/* What is known in `can` was seen now. Durable when it returns. */
enum acc_code acc_ledger_keep_capabilities(struct acc_ledger *ledger, const char *bucket,
                                           const struct acc_capabilities *can,
                                           struct acc_error *err);

/* ---- records: what happened, posted by the owner, durable a little later ---- */

enum acc_record_kind {
    ACC_RECORD_UPLOAD_OPENING, /* reason: the key of which an upload is about to be created */
    ACC_RECORD_UPLOAD_OPENED,  /* reason: that key. Its id is on record, unless it has none */
    ACC_RECORD_OPENINGS_SWEPT, /* no lost upload of this run or an earlier one is left; entry 0 */
    ACC_RECORD_UPLOAD_BEGUN, /* upload_id, token, part_size, archived.checksum (its name alone); an
                                earlier one is gone */
    ACC_RECORD_PART_DONE,    /* part; dropped when no upload is unfinished */
    ACC_RECORD_PART_FORGOTTEN, /* part.number: the server has lost it */
    ACC_RECORD_UPLOAD_GATED,   /* archived.digests, archived.checksum: what the object is to have */
    ACC_RECORD_UPLOAD_GONE,    /* aborted, or found gone */
    ACC_RECORD_LEARNT,         /* archived.etag, archived.version_id: where this run has none */
    ACC_RECORD_MISSED,   /* checked.gone: the object on record is not what the bucket shows now */
    ACC_RECORD_FAILED,   /* code, reason */
    ACC_RECORD_CONFLICT, /* code, reason */
    ACC_RECORD_WITHHELD, /* code, reason */
    ACC_RECORD_DIFFERS,  /* checked, code, reason: a verification's result other than success */
    ACC_RECORD_CARRIED,  /* checked.run: the success that this earlier verification recorded goes on
                            counting; a run that recorded none for this promise fails the batch */
    ACC_RECORD_CLAIM_GONE,          /* the run has no claim in the bucket; entry 0 */
    ACC_RECORD_EARLIER_CLAIMS_GONE, /* nor have the earlier runs to its destination; entry 0 */
    ACC_RECORD_NOTE, /* code, reason: something to report about the run as a whole; entry 0 */
    ACC_RECORD_KINDS
};

/* One record. Embedded in its user's operation; the ledger owns it from post to on_durable. Strings
 * are copied at post. on_durable (may be NULL: then the struct may be freed or reused as soon as
 * post returns) runs on the owner's thread inside acc_ledger_deliver(), never inside post; `failed`
 * holds the ledger's error if the commit failed, after which every later record fails too.
 *
 * Post waits only when 2,048 records are queued, until the writer takes them; never while a load is
 * open. A record naming an entry that its run does not have fails as ACC_INTERNAL. */
struct acc_record {
    enum acc_record_kind kind;
    int64_t run;
    int64_t entry;
    const char *upload_id;
    const char *token;
    int64_t part_size;
    struct acc_part_row part;
    struct acc_archived archived;
    struct acc_checked checked;
    enum acc_code code;
    const char *reason;
    void (*on_durable)(struct acc_record *record, const struct acc_error *failed);
};
void acc_ledger_post(struct acc_ledger *ledger, struct acc_record *record);

/* Success has no kind of its own: it is posted with the value that only the gate makes, and digests
 * and size are those of the value. The first two end the entry's unfinished upload.
 *  - archived: sent by this run; record->archived has the rest (its proof "sent", or "read" when
 * the server's word was in doubt and the bytes were read back);
 *  - already: it was there. When acc_proven_by() is ACC_GROUNDS_LEDGER the facts on record stay the
 * only ones; else record->archived has what the server shows of the object now;
 *  - unchanged: a verification found it as promised; record->checked.at and reason, level and proof
 * are those of the value. */
void acc_ledger_post_archived(struct acc_ledger *ledger, struct acc_record *record,
                              const struct acc_verified *verified);
void acc_ledger_post_already(struct acc_ledger *ledger, struct acc_record *record,
                             const struct acc_proven *proven);
void acc_ledger_post_unchanged(struct acc_ledger *ledger, struct acc_record *record,
                               const struct acc_unchanged *unchanged);

/* Calls on_durable of what has become durable. Returns how many. */
unsigned acc_ledger_deliver(struct acc_ledger *ledger);
/* Blocks until everything posted so far is committed, then delivers. For tests and shutdown. */
enum acc_code acc_ledger_flush(struct acc_ledger *ledger, struct acc_error *err);
/* Records posted and not yet durable: the back-pressure for the posting side. */
unsigned acc_ledger_backlog(const struct acc_ledger *ledger);

/* ---- history, for reports ---- */

/* A run as it stands. Strings belong to it: release. */
struct acc_run_info {
    int64_t id;
    const char *name, *kind, *source, *destination, *url, *command;
    const char *summary;       /* JSON, "" when the run gave none */
    int64_t started, finished; /* wall clock, milliseconds */
    bool ended;                /* finished and outcome say something */
    enum acc_code outcome;
    char *strings;
};
enum acc_code acc_ledger_run_info(struct acc_ledger *ledger, int64_t run, struct acc_run_info *info,
                                  struct acc_error *err);
void acc_run_info_release(struct acc_run_info *info);

/* How many entries of a verification were looked at, and how many of these were as promised. */
enum acc_code acc_ledger_count_checked(struct acc_ledger *ledger, int64_t run, uint64_t *checked,
                                       uint64_t *unchanged, struct acc_error *err);

/* The latest `limit` runs, the newest first. */
typedef void (*acc_ledger_each_run)(void *arg, const struct acc_run_info *run);
enum acc_code acc_ledger_runs(struct acc_ledger *ledger, unsigned limit, acc_ledger_each_run each,
                              void *arg, struct acc_error *err);
/* The run whose name is `name` or starts with it; NULL: the newest. ACC_USAGE if no run matches, or
 * several do. */
enum acc_code acc_ledger_run_named(struct acc_ledger *ledger, const char *name, int64_t *run,
                                   struct acc_error *err);

/* The state of a destination now, from all its runs. Times are wall clock, milliseconds, 0 for
 * never; strings live until the callback returns. */
struct acc_destination_info {
    const char *url, *canonical;
    uint64_t archived, refused, pending; /* refused: failed or in conflict */
    uint64_t withheld;                   /* until those are corrected */
    uint64_t parked;                     /* unfinished uploads; their entries are pending */
    int64_t bytes_archived, bytes_parked;
    uint64_t different;   /* the last check of them found a difference */
    uint64_t never_read;  /* archived, and since then not verified byte for byte */
    uint64_t due;         /* neither archived nor so verified since the time asked about */
    int64_t last_read;    /* the latest verification of an entry, byte for byte */
    int64_t last_checked; /* at any level */
};
/* By URL, every destination that a run has reached or that files wait for; entries that only a
 * verification's manifest names do not count where anything was archived. Looks at all entries and
 * events: seconds for a million. */
enum acc_code acc_ledger_destinations(struct acc_ledger *ledger, int64_t due_before,
                                      void (*each)(void *arg,
                                                   const struct acc_destination_info *destination),
                                      void *arg, struct acc_error *err);

/* The URLs of the destinations that begin so and that hold anything archived. `each` may not ask
 * the ledger. */
enum acc_code acc_ledger_archived_below(struct acc_ledger *ledger, const char *canonical,
                                        void (*each)(void *arg, const char *url), void *arg,
                                        struct acc_error *err);

/* Manifests of a run in order. `each` may ask the ledger for anything but manifests. */
typedef void (*acc_ledger_each_manifest)(void *arg, const char *path, const char *format,
                                         const uint8_t sha256[ACC_SHA256_LEN]);
enum acc_code acc_ledger_manifests(struct acc_ledger *ledger, int64_t run,
                                   acc_ledger_each_manifest each, void *arg, struct acc_error *err);

/* Whether the entry had an unfinished upload when the run ended (or has one now, if it has not). */
enum acc_code acc_ledger_was_parked(struct acc_ledger *ledger, int64_t run, int64_t entry,
                                    bool *parked, struct acc_error *err);

/* Notes of a run in order. */
enum acc_code acc_ledger_notes(struct acc_ledger *ledger, int64_t run,
                               void (*each)(void *arg, enum acc_code code, const char *text),
                               void *arg, struct acc_error *err);

#endif
