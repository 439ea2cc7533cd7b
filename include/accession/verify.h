/* Verify: is what the manifest promised in the bucket, unchanged? Nothing is ever written there.
 *
 * acc_verify() does one verification from beginning to end on the calling thread and returns its
 * outcome: ACC_OK when every selected entry is as promised at the level asked for and nothing else
 * lies under the prefix, ACC_DIFFERENCE when something differs, ACC_NOT_CHECKED when something
 * could not be looked at so closely, else what stopped it. Like acc_ingest() it handles SIGINT and
 * SIGTERM, reports progress through `on_event`, and keeps memory within `memory` plus a fixed
 * overhead.
 *
 * What is promised comes from manifests (outside, or those of a bag), or else from what the ledger
 * archived at this destination and below it: then each destination has a run of its own, the one
 * verified longest ago first, and the summary adds them up. Results go to the ledger; a later run
 * with the same command goes on where one that was interrupted or halted had come to: what it found
 * unchanged within the last seven days is not checked again.
 */
#ifndef ACCESSION_VERIFY_H
#define ACCESSION_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accession/connection.h>
#include <accession/digest.h>
#include <accession/error.h>
#include <accession/event.h>
#include <accession/manifest.h>

/* ---- what is found ---- */

/* How closely a verification looks; each sees what those before it see.
 * X(name, text, what a result at this level rests on, what it cannot see) */
#define ACC_LEVELS(X)                                                                              \
    X(LISTED, "listed", "presence and size, as the bucket lists them",                             \
      "changed bytes in an object of the right size")                                              \
    X(STORED, "stored", "the checksums that the server holds",                                     \
      "bytes that changed on the server's disks after it computed its checksum")                   \
    X(READ, "read", "every byte, read and hashed here", "")

enum acc_level {
#define X(name, text, rests_on, blind) ACC_LEVEL_##name,
    ACC_LEVELS(X)
#undef X
        ACC_LEVEL_COUNT
};

/* X(name, text for people, name for programs, code) */
#define ACC_FINDINGS(X)                                                                            \
    X(UNCHANGED, "unchanged", "unchanged", ACC_OK)                                                 \
    X(DIFFERENT, "different digest", "different-digest", ACC_DIFFERENCE)                           \
    X(SIZE, "wrong size", "wrong-size", ACC_DIFFERENCE)                                            \
    X(MISSING, "missing", "missing", ACC_DIFFERENCE)                                               \
    X(REPLACED, "newer version", "newer-version", ACC_DIFFERENCE)                                  \
    X(EXTRA, "not in manifest", "extra", ACC_UNLISTED)                                             \
    X(UNREADABLE, "unreadable", "unreadable", ACC_FILE_UNREADABLE)                                 \
    X(COLD, "cannot be read now", "cold", ACC_NOT_CHECKED)                                         \
    X(UNPROVEN, "not proven", "unproven", ACC_NOT_CHECKED)

enum acc_finding {
#define X(name, text, id, code) ACC_FINDING_##name,
    ACC_FINDINGS(X)
#undef X
        ACC_FINDING_COUNT
};

/* What a result rests on, from the strongest. "none" goes with findings that rest on an absence.
 * X(name, id, text) */
#define ACC_PROOFS(X)                                                                              \
    X(READ_VERSION, "read-version", "full read, version-bound")                                    \
    X(READ, "read", "full read")                                                                   \
    X(SERVER_SHA256, "server-sha256", "the server's SHA-256 of the whole object")                  \
    X(SERVER_COMPOSITE, "server-sha256-composite", "the server's SHA-256 of the parts")            \
    X(SERVER_SHA1, "server-sha1", "the server's SHA-1 of the whole object")                        \
    X(SERVER_CRC64, "server-crc64nvme", "the server's CRC64NVME of the whole object")              \
    X(ETAG_MD5, "etag-md5", "the server's MD5 (ETag)")                                             \
    X(SERVER_CRC32C, "server-crc32c", "the server's CRC32C of the whole object")                   \
    X(SERVER_CRC32C_COMPOSITE, "server-crc32c-composite", "the server's CRC32C of the parts")      \
    X(ETAG, "etag", "the ETag it had when it was archived")                                        \
    X(CLAIM, "claim", "x-amz-meta-sha256: a claim, no proof")                                      \
    X(LISTED, "listed", "presence and size")                                                       \
    X(PRESENCE, "presence", "presence alone: no size is promised")                                 \
    X(NONE, "none", "")

enum acc_proof {
#define X(name, id, text) ACC_PROOF_##name,
    ACC_PROOFS(X)
#undef X
        ACC_PROOF_COUNT
};

/* Static texts. */
const char *acc_level_name(enum acc_level level);       /* "read" */
const char *acc_level_rests_on(enum acc_level level);   /* a phrase */
const char *acc_level_blind_to(enum acc_level level);   /* a phrase, "" for nothing */
const char *acc_finding_text(enum acc_finding finding); /* "different digest" */
const char *acc_finding_name(enum acc_finding finding); /* "different-digest" */
enum acc_code acc_finding_code(enum acc_finding finding);
const char *acc_proof_name(enum acc_proof proof); /* "etag-md5" */
const char *acc_proof_text(enum acc_proof proof);

/* One entry of the manifest checked, or one object found that no manifest names. */
struct acc_check_event {
    const char *path; /* of an extra object: its key below the prefix */
    const char *key;  /* "" for a local file */
    enum acc_finding finding;
    enum acc_level level;
    enum acc_proof proof;
    const char *detail;                 /* one line; "" when there is nothing to add */
    int64_t size;                       /* found, -1 when not known */
    const struct acc_digests *digests;  /* computed; NULL when nothing was read */
    const struct acc_digests *promised; /* NULL for an extra object */
    const char *etag, *version_id;      /* of what was looked at; "" when not known */
    const char *origin;                 /* the manifest's name, or NULL */
    uint64_t line;                      /* where in it, 0 when lines mean nothing */
    bool carried;                       /* found by the unfinished verification before this one */
};

/* ---- the run ---- */

#define ACC_VERIFY_DUE_DAYS 90

struct acc_verify_options {
    struct acc_connection connection;
    const char *source; /* a bag, or another source with its list in it, whose manifests are read;
                           NULL: none */
    struct acc_connection source_connection; /* to source and manifests that lie in buckets */
    const char *destination;                 /* s3://BUCKET[/PREFIX]; NULL when local */
    const char *const *manifests;            /* --manifest; NULL-terminated, or NULL */
    const char *manifest_format;             /* NULL: detected from the content */
    const char *strip_prefix;                /* removed from the front of manifest paths, or NULL */
    struct acc_manifest_rules rules;         /* what they must meet */
    bool local;           /* hash the files of `source`; no destination, no record */
    const char *ledger;   /* NULL: $XDG_STATE_HOME/accession/ledger.db */
    bool no_ledger;       /* keep no record: a ledger that lives as long as the run */
    const char *receipts; /* folder; NULL: $XDG_STATE_HOME/accession/receipts; s3://BUCKET/PREFIX:
                             that folder, and the bucket too, compressed */
    bool premis;          /* leave the run's PREMIS beside its receipt */
    enum acc_level level;
    /* The schedule; zero leaves everything in. All that are given must be met. */
    double sample;           /* share of the entries, 0 to 1, chosen by a hash of path and seed */
    const char *sample_seed; /* NULL: "" */
    unsigned slice, slices;  /* the slice-th of so many, chosen by a hash of the path alone */
    int64_t older_than;      /* milliseconds: only what was not so checked for so long */
    uint64_t limit;          /* at most so many entries */
    bool allow_extra; /* objects that no manifest names are reported, but are no difference */
    bool receipt_of_problems; /* leave a receipt only if something is not as promised */
    unsigned jobs;            /* requests in flight; 0: 16 */
    int64_t memory;           /* bytes for content under way; 0: 64 MiB */
    const char *command;      /* the command line as the user would type it again */
    acc_on_event on_event;    /* may be NULL */
    void *arg;
};

struct acc_verify_summary {
    enum acc_code outcome;
    char run[40];
    char url[1100]; /* or the local folder */
    enum acc_level level;
    bool local;
    uint64_t files;    /* entries that are promised */
    uint64_t selected; /* by the schedule */
    uint64_t recent;   /* left out by --older-than alone: found as promised recently */
    uint64_t unlisted; /* local files that no manifest names */
    uint64_t checked;  /* files with a finding, of this run or carried over */
    uint64_t carried;  /* of these, found by the unfinished verification before */
    uint64_t found[ACC_FINDING_COUNT];
    uint64_t proofs[ACC_PROOF_COUNT]; /* of those unchanged */
    bool extra_known;                 /* all keys under the prefix were looked at */
    bool ledger_promised;        /* what was promised is what the ledger archived, not a manifest */
    int64_t bytes_read, elapsed; /* elapsed: milliseconds */
    uint64_t requests, list_requests, retries;
    uint64_t write_requests; /* 0, always */
    char manifest[1100];     /* "manifest-sha256.txt (sha256 1f6e…9c02)", the first one */
    struct acc_coverage coverage;
    unsigned manifest_count;
    char receipt[1100];    /* path, "" when none was written */
    char ledger[1100];     /* "" when none was kept */
    int signal;            /* when interrupted */
    unsigned destinations; /* below the URL, that were verified one by one; 0: the URL is one */
    /* Of what replications made copies of (accession/report.h): all, those looked at included, and
     * those verified within ACC_VERIFY_DUE_DAYS. 0: there is but one. */
    uint64_t copies, copies_verified;
};

/* Returns summary->outcome; `err` has one line about it unless it is ACC_OK. */
enum acc_code acc_verify(const struct acc_verify_options *options,
                         struct acc_verify_summary *summary, struct acc_error *err);

#endif
