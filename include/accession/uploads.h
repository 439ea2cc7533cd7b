/* Unfinished multipart uploads: which exist, who made them, and how to abort one's own.
 *
 * The parts of an unfinished upload stay in the bucket, invisible but billed, until the upload is
 * completed or aborted. When accession is stopped it keeps its uploads on purpose, and the next run
 * resumes them. Those that no run will resume can be aborted here. Only an upload that the ledger
 * made is ever aborted, and never one whose destination a run is working on.
 *
 * Some servers list open uploads only by the exact key (MinIO), and some not at all. The ledger's
 * own are asked for one by one where the listing lacks them.
 */
#ifndef ACCESSION_UPLOADS_H
#define ACCESSION_UPLOADS_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/connection.h>
#include <accession/error.h>

enum acc_open_fate {
    ACC_OPEN_STAYS,   /* no abort was requested, or it is not this ledger's */
    ACC_OPEN_YOUNG,   /* own, but younger than `older_than` */
    ACC_OPEN_BUSY,    /* own, but a run to its destination is at work */
    ACC_OPEN_ABORTED, /* own, and gone now */
    ACC_OPEN_REFUSED  /* own, but the server or the ledger did not let it go: `reason` */
};

struct acc_open_upload {
    const char *key, *upload_id;
    int64_t begun; /* wall clock, milliseconds; by the server's clock */
    int64_t age;   /* milliseconds, by the server's clock where it is known */
    int64_t bytes; /* of its parts; -1 if the server does not say */
    uint64_t parts;
    bool own; /* this ledger made it */
    enum acc_open_fate fate;
    const char *reason; /* one line when BUSY or REFUSED, else "" */
};

struct acc_uploads_options {
    struct acc_connection connection;
    const char *url;    /* s3://BUCKET[/PREFIX] */
    const char *ledger; /* NULL: $XDG_STATE_HOME/accession/ledger.db; need not exist */
    bool abort_own;
    int64_t older_than; /* milliseconds: younger ones are not aborted */
    /* Called once for each upload, in the server's order, when its fate is known. Pointers live
     * until it returns. */
    void (*on_upload)(void *arg, const struct acc_open_upload *upload);
    void *arg;
};

struct acc_uploads_summary {
    uint64_t found, own, aborted, refused, busy;
    int64_t bytes, bytes_own, bytes_aborted;
    bool ledger_found;
    bool unlisted; /* the server does not list open uploads: these are those of the ledger alone */
};

/* Lists, and aborts where asked to, on the calling thread. ACC_OK also when some could not be
 * aborted because a run is at work; ACC_KEY_REFUSED when the server refused one. Otherwise as the
 * request that failed: nothing further is asked then. */
enum acc_code acc_uploads(const struct acc_uploads_options *options,
                          struct acc_uploads_summary *summary, struct acc_error *err);

#endif
