/* Care for a ledger: looking through all of it, copying it while runs may be in progress, and
 * outliving it: taking over what receipts, other ledgers and the bucket itself say. Everything
 * happens on the calling thread; only acc_rebuild_ledger() uses the network. */
#ifndef ACCESSION_LEDGER_H
#define ACCESSION_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/connection.h>
#include <accession/digest.h>
#include <accession/error.h>

struct acc_ledger_care {
    const char *ledger; /* NULL: $XDG_STATE_HOME/accession/ledger.db */
    /* Called for each fault; strings live until it returns. `check` is the name of what was looked
     * at: "pages", "layout", "references", "outcomes", "rows". May be NULL. */
    void (*on_fault)(void *arg, const char *check, const char *text);
    void *arg;
};

/* What was found. A check that finds many faults names its first 20. */
struct acc_ledger_health {
    uint64_t faults;
    uint64_t runs, entries, objects, outcomes; /* looked at; 0 if the pages are damaged */
};

/* Looks through the file: pages, layout, references between rows, outcomes against the objects they
 * rest on, and each row as reports read it. Writes nothing. ACC_OK when that could be done, however
 * many faults it found; ACC_LEDGER for no ledger, another program's file, or another version's. */
enum acc_code acc_check_ledger(const struct acc_ledger_care *care, struct acc_ledger_health *health,
                               struct acc_error *err);

/* Copies the ledger as it is at one moment to `file`, which must not exist, and appears whole or
 * not at all: only once it is checked as above and durable. `self` receives its SHA-256, which is
 * also written to FILE.sha256 as sha256sum writes it. ACC_LEDGER if the ledger cannot be read or
 * has faults, ACC_LOCAL if the copy cannot be written. */
enum acc_code acc_backup_ledger(const struct acc_ledger_care *care, const char *file,
                                struct acc_digests *self, struct acc_error *err);

/* The destinations at or below `url`, in no order, each with the path that it has below it ("" for
 * itself), of which the ledger has anything on record: what one command for all of them goes
 * through. None without a ledger. Nothing is asked of a server. `readonly`: a ledger of an older
 * version is not brought up to date on the way. */
typedef void (*acc_each_recorded)(void *arg, const char *url, const char *path);
enum acc_code acc_recorded_below(const char *ledger, bool readonly,
                                 const struct acc_connection *connection, const char *url,
                                 acc_each_recorded each, void *arg, struct acc_error *err);

/* ---- what others say ---- */

/* What a fact rests on that this ledger did not see itself. Such a fact is something to compare
 * with: it never counts as archived or as verified here. A verification reads it, and an ingest
 * decides by the gate as if nothing were known. */
#define ACC_GROUND_NAMES(X)                                                                        \
    X(ARCHIVED, "archived") /* a receipt or another ledger has the object on record */             \
    X(CHECKED, "checked")   /* another ledger's verification read every byte */                    \
    X(MANIFEST, "manifest") /* a bag's manifest that lies in the bucket */                         \
    X(SERVER, "server")     /* the server's own checksum of the whole object */                    \
    X(METADATA, "metadata") /* x-amz-meta-sha256: a claim of the client that sent the object */    \
    X(LISTED, "listed")     /* the object is there: size and ETag, nothing of its content */

enum acc_ground {
#define X(id, name) ACC_GROUND_##id,
    ACC_GROUND_NAMES(X)
#undef X
        ACC_GROUND_COUNT
};

/* One fact, or a contradiction, or a file that a manifest names and the bucket does not have, or an
 * object whose key no delivery can have as a path, so that the ledger cannot hold it. */
enum acc_reported {
    ACC_REPORTED_NEW,
    ACC_REPORTED_KNOWN,
    ACC_REPORTED_CONFLICT,
    ACC_REPORTED_MISSING,
    ACC_REPORTED_NO_PATH,
    ACC_REPORTED_COUNT
};

struct acc_reported_fact {
    enum acc_reported reported;
    const char *ground; /* "manifest"; static */
    const char *url;    /* of the destination */
    const char *path;
    const char *origin; /* where it was read */
    const char *reason; /* of all but NEW and KNOWN, else "" */
    const struct acc_digests *digests;
};

struct acc_recall {
    const char *ledger; /* NULL: $XDG_STATE_HOME/accession/ledger.db; made if it is missing */
    const struct acc_connection *connection; /* for buckets; may be NULL where none is named */
    /* Called for each fact; strings live until it returns. May be NULL. */
    void (*on_fact)(void *arg, const struct acc_reported_fact *fact);
    void *arg;

    /* results */
    uint64_t reported[ACC_REPORTED_COUNT];
    uint64_t fresh[ACC_GROUND_COUNT]; /* of what is new */
    uint64_t sources;                 /* receipts, ledgers or bags */
    uint64_t passed_over;             /* receipts of restores */
};

/* Takes over what the files say: receipts in JSON and exports, compressed with gzip or not; "-"
 * is standard input, and "s3://BUCKET/PREFIX" stands for all receipts at or below it (then
 * `connection` is used). Running it again changes nothing. Receipts of restores say nothing of what
 * an archive holds, and are passed over. A contradiction is counted and leaves what is known as it
 * is. ACC_OK however many there were; ACC_MANIFEST for a file that is neither, of which nothing is
 * kept; ACC_LEDGER also if a run to one of the destinations is in progress. */
enum acc_code acc_import_receipts(struct acc_recall *recall, const char *const *files,
                                  struct acc_error *err);
/* The same from other ledgers, which are only read. */
enum acc_code acc_merge_ledgers(struct acc_recall *recall, const char *const *ledgers,
                                struct acc_error *err);
/* The same from what lies in the bucket at or below `url`, alone: the manifests of bags, and of
 * each object the server's SHA-256, x-amz-meta-sha256 and size. Nothing is written there, and of
 * the content nothing but bags' manifests is read. Errors: as a verification's. */
enum acc_code acc_rebuild_ledger(struct acc_recall *recall, const char *url, struct acc_error *err);

/* Writes all that the ledger can say of archived objects, for acc_import_receipts(): JSON, one fact
 * a line, compressed if the file's name ends in ".gz". `file` "-" is standard output; an existing
 * file is not replaced. `facts` receives their number. */
enum acc_code acc_export_ledger(const char *ledger, const char *file, uint64_t *facts,
                                struct acc_error *err);

#endif
