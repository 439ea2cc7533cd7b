/* Watch: archives whatever arrives in a folder, for weeks, unattended.
 *
 * acc_watch() runs on the calling thread until SIGTERM or SIGINT. Every arrival (a folder in the
 * drop folder) becomes a run of `accession ingest`, a child process of this very binary, so that
 * whatever a run does to memory and descriptors ends with it, and credentials and configuration are
 * read anew each time. What has been archived is remembered in the ledger: after a restart, or a
 * SIGKILL at any moment, it goes on where it was.
 *
 * Signals: SIGTERM lets runs finish, parks them when `grace_s` nears its end; a second one, or
 * SIGINT, parks at once. SIGHUP scans again and, while halted, probes at once.
 */
#ifndef ACCESSION_WATCH_H
#define ACCESSION_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/connection.h>
#include <accession/error.h>
#include <accession/manifest.h>
#include <accession/object.h>

/* When an arrival counts as complete. */
enum acc_watch_ready {
    ACC_READY_MANIFEST, /* its manifest is there, and every file it lists, with the size it lists */
    ACC_READY_MARKER,   /* a file says so: ARRIVAL.NAME beside it, or ARRIVAL/NAME */
    ACC_READY_RENAME,   /* it was renamed in, in one piece */
    ACC_READY_SETTLE    /* nothing changed for a time that grows with its size */
};

/* What becomes of an arrival that is archived. */
enum acc_watch_after {
    ACC_AFTER_KEEP,  /* stays; the ledger remembers it */
    ACC_AFTER_MOVE,  /* to done/ (a refused one to rejected/) with WHY.txt and the receipt */
    ACC_AFTER_DELETE /* deleted once every byte was read back from the bucket */
};

/* Strings are borrowed until acc_watch() returns. Times are seconds; 0 is the default. */
struct acc_watch_options {
    struct acc_connection connection;
    const char *folder;      /* the drop folder */
    const char *destination; /* s3://BUCKET[/PREFIX]; an arrival goes to PREFIX/ITS-NAME */

    enum acc_watch_ready ready;
    const char *marker;           /* NAME, with ACC_READY_MARKER */
    const char *const *manifests; /* names of checksum lists within arrivals that are no bags;
                                     NULL-terminated; NULL: SHA512SUMS, SHA256SUMS, SHA1SUMS and
                                     MD5SUMS, whichever is there */
    int settle_s; /* how long nothing may change; 5, and 60 with ACC_READY_SETTLE, to which a second
                     is added for every 64 MiB */
    int stale_s;  /* an arrival not complete for so long is warned of; 3,600 */
    bool check_first; /* compare every file before anything of an arrival is sent: nothing of a
                         refused one becomes visible, and all is read twice */
    enum acc_watch_after after;
    bool delete_confirmed; /* ACC_AFTER_DELETE is refused without */

    unsigned parallel;    /* arrivals at once; 2 */
    int poll_s;           /* look every so often, without events; 0: events, and a scan every
                             rescan_s */
    int rescan_s;         /* 180 */
    int grace_s;          /* 60 */
    int probe_s;          /* while halted: first probe after so long, doubling; 30 */
    int probe_max_s;      /* up to this; 900 */
    const char *on_event; /* a shell command that gets each event (halted, resumed, rejected,
                             archived, stalled, due, digest) as JSON on its standard input; or NULL
                           */
    unsigned due_days;    /* files are due that were not archived or read back for so long; 90 */
    const char *metrics;  /* file in Prometheus' text format, or NULL */
    const char *health;   /* file: "ok", "halted CODE" or "stopped"; or NULL */

    /* Handed on to each ingest; see ingest.h. */
    struct acc_object_options object;
    const char *const *object_rules; /* texts of --rule; NULL-terminated, or NULL */
    const char *ledger, *receipts;
    bool premis; /* as in ingest.h */
    unsigned jobs;
    int64_t part_size, memory;
    bool allow_unlisted;
    struct acc_manifest_rules package; /* what is said there of packages counts */
    bool accept_unchecked;             /* as in accession/ingest.h */

    const char *program; /* what to run as `accession`; NULL: this very binary */
};

/* ACC_OK after SIGTERM, ACC_INTERRUPTED after SIGINT; anything else is why it could not begin. */
enum acc_code acc_watch(const struct acc_watch_options *options, struct acc_error *err);

#endif
