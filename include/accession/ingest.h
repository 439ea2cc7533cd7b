/* Ingest: archive what manifests describe, each object visible only once its digest was compared.
 *
 * acc_ingest() does one run from beginning to end on the calling thread and returns its outcome. It
 * needs no other setup. While it runs it handles SIGINT and SIGTERM (the first one parks cleanly, a
 * second one exits immediately with status 130 or 143), reports what happens through `on_event` on
 * the calling thread, and keeps memory within `memory` plus a fixed overhead.
 *
 * The invariants in src/README.md state what it promises.
 */
#ifndef ACCESSION_INGEST_H
#define ACCESSION_INGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accession/capabilities.h>
#include <accession/connection.h>
#include <accession/error.h>
#include <accession/event.h>
#include <accession/manifest.h>
#include <accession/object.h>

/* ---- the run ---- */

/* What 0 stands for in the options. */
#define ACC_INGEST_JOBS 16
#define ACC_INGEST_PART_SIZE (INT64_C(8) << 20)
#define ACC_INGEST_MEMORY (INT64_C(256) << 20)

struct acc_ingest_options {
    struct acc_connection connection;
    struct acc_object_options object;
    const struct acc_object_rule *object_rules; /* files that get others instead; NULL: none */
    size_t object_rule_count;
    const char *source; /* a bag, or any folder; a package of one, "-": on standard input;
                           s3://BUCKET/PREFIX: the objects there */
    struct acc_connection source_connection; /* how to reach that; as it is given, nothing of
                                                `connection` is taken over */
    /* The source is a bucket, and the run a replication of what the ledger has on record as
     * archived there: that is promised, not what the source says of itself. If the ledger knows
     * nothing of it, its own manifests are. What is not on record is reported, and stays where it
     * is. */
    bool replicate;
    const char *destination;         /* s3://BUCKET[/PREFIX] */
    const char *const *manifests;    /* --manifest; NULL-terminated, or NULL */
    const char *manifest_format;     /* NULL: detected from the content */
    const char *strip_prefix;        /* removed from the front of manifest paths, or NULL */
    struct acc_manifest_rules rules; /* what they must meet */
    const char *ledger;              /* NULL: $XDG_STATE_HOME/accession/ledger.db */
    const char *receipts; /* folder; NULL: $XDG_STATE_HOME/accession/receipts; s3://BUCKET/PREFIX:
                             that folder, and the bucket too, compressed */
    bool premis;          /* leave the run's PREMIS beside its receipt */
    unsigned jobs;        /* requests in flight; 0: ACC_INGEST_JOBS */
    int64_t part_size;    /* bytes; 0: ACC_INGEST_PART_SIZE */
    /* With object.checksum crc32c: parts go without their signed SHA-256. Cheaper, but it guards
     * against accidents only. A server that does not confirm in its answer that it checked
     * x-amz-checksum-crc32c halts the run. Files are compared with their manifest all the
     * same. */
    bool unsigned_parts;
    int64_t memory;        /* bytes for part buffers; 0: ACC_INGEST_MEMORY */
    bool accept_unchecked; /* send to a server that checks no digest of what it is sent, and read
                              every object back before it counts */
    bool allow_unlisted;
    bool check_first; /* compare every file before anything is sent; if one differs, nothing is */
    bool compare_all; /* read every file of the source, also if the bucket has it already: "already"
                         then says that the local file is what the bucket holds */
    bool into_existing; /* send even if the destination holds another delivery */
    bool dry_run;
    int64_t wait_on_halt;  /* milliseconds: instead of halting, ask again with growing intervals for
                              at most this time, and resume; 0: halt */
    const char *command;   /* the command line as the user would type it again */
    acc_on_event on_event; /* may be NULL */
    void *arg;
};

/* ACC_USAGE if the memory does not hold two parts, without which nothing large can be sent. Called
 * by acc_ingest() too. */
enum acc_code acc_ingest_check_memory(const struct acc_ingest_options *options,
                                      struct acc_error *err);

/* The cause of a halt. */
struct acc_halt {
    enum acc_code code; /* ACC_REFUSED, ACC_CREDENTIALS, ACC_CLOCK, ACC_BUCKET, ACC_UNREACHABLE… */
    char operation[40]; /* "PutObject" */
    char key[1100];     /* printable */
    int status;         /* HTTP, 0 without an answer */
    char s3_code[64];   /* "AccessDenied" */
    char message[256];
    char request_id[96];
    int64_t at;           /* wall clock, milliseconds */
    bool probed;          /* a probe write was refused too */
    char probe_step[40];  /* the operation at which it was */
    bool reads_work;      /* listing the bucket is allowed */
    char open_probe[256]; /* "KEY (upload id ID)" that the probe could not abort, or "" */
    char advice[512]; /* one sentence for causes that have one: the right region, the clock's error
                       */
    /* The name that the command should have used, "" if none is known. */
    char right_bucket[256];
    char right_region[64];
};

/* What ensured that nothing was overwritten. */
#define ACC_WRITE_ONCE(X)                                                                          \
    /* the server honours If-None-Match, for each kind of write sent */                            \
    X(SERVER, "server")                                                                            \
    /* checked before, and the bucket's versions checked after */                                  \
    X(VERSIONS, "versions")                                                                        \
    /* no versions: checked before each write, and at the end that each object is still the one    \
     * written; a write of another client that was overwritten in between is not detected */       \
    X(AGAIN, "checked-again")                                                                      \
    /* the same, and no other run of accession could write meanwhile */                            \
    X(CLAIMED, "claimed")                                                                          \
    /* checked before each write only: a race with another client is not detected */               \
    X(CHECKED, "checked")                                                                          \
    X(NOTHING_SENT, "nothing-sent")

enum acc_write_once {
#define X(id, name) ACC_WRITE_ONCE_##id,
    ACC_WRITE_ONCE(X)
#undef X
};
/* As receipts and --json have it; static. */
const char *acc_write_once_name(enum acc_write_once how);

struct acc_ingest_summary {
    enum acc_code outcome; /* ACC_OK, ACC_DIGEST… (some entries failed), or what halted */
    char run[40];
    char url[1100];
    uint64_t files; /* entries of the manifests */
    uint64_t sent, already, failed, conflicts, not_begun, parked, unlisted;
    uint64_t withheld;         /* nothing wrong with them; not sent while others are refused */
    char withheld_first[1100]; /* the path of one: a manifest, if there is one */
    uint64_t lacking; /* archived, but without something they were sent with (accession/object.h) */
    uint64_t
        unconfirmed;  /* of `sent`: the server answered 2xx, and then would not show the object */
    uint64_t surplus; /* versions with the same content as ours that lost answers left behind */
    /* Of a dry run: the key is free; it exists, and must be compared; the listing was denied, so
     * nothing is known of it. */
    uint64_t to_send, to_compare, not_known;
    int64_t bytes_sent, bytes_archived, bytes_parked;
    int64_t elapsed; /* milliseconds */
    uint64_t requests, write_requests, retries;
    uint64_t
        written_after_refusal; /* objects that became visible after a halt's refusal; 0 always */
    enum acc_write_once write_once;
    /* The additional checksum, static names: as requested ("auto"), and as used for files in
     * one piece and in parts. NULL if the run did not start. */
    const char *checksum, *checksum_put, *checksum_parts;
    bool checksum_asked;         /* the user chose it */
    struct acc_capabilities can; /* what the server was seen to do */
    uint64_t checksums_kept;     /* of `sent`: the server confirms that it keeps it */
    char manifest[1100];         /* "manifest-sha256.txt (sha256 1f6e…9c02)", the first one */
    unsigned manifest_count;
    char receipt[1100]; /* path, "" when none was written */
    char ledger[1100];
    bool halted;
    struct acc_halt halt;
    int signal; /* when interrupted */
    bool dry_run;
    /* If the source holds none of the manifests' files: a sentence, and the --strip-prefix or the
     * source that would match, if one was found. */
    char hint[2048], right_prefix[1100], right_source[1100];
    /* If the destination holds another delivery, so that nothing was sent: what it holds ("another
     * bag (External-Identifier X)"), and the destination that may have been meant, or "". */
    char holds[1200], right_url[1100];
    bool right_windows; /* --windows-paths would find them */
    struct acc_coverage coverage;
};

/* Returns summary->outcome. `err` holds the reason when the run could not start or end properly;
 * when entries failed or the run halted, it has one line that says so. */
enum acc_code acc_ingest(const struct acc_ingest_options *options,
                         struct acc_ingest_summary *summary, struct acc_error *err);

#endif
