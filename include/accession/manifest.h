/* What a delivery's manifests must meet, and what is made of what they leave out: the rules that
 * ingest, verify and `accession manifest` share. Zeroed, it asks for nothing beyond the defaults.
 *
 * Strings are borrowed; they must live as long as the run that is given them.
 */
#ifndef ACCESSION_MANIFEST_H
#define ACCESSION_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/connection.h>
#include <accession/digest.h>
#include <accession/error.h>

/* What becomes of a file that a manifest names without a usable digest. */
enum acc_undigested {
    ACC_UNDIGESTED_REFUSE, /* refused as ACC_NO_DIGEST; the others go on */
    ACC_UNDIGESTED_SKIP,   /* reported and counted apart, not archived */
    ACC_UNDIGESTED_ARCHIVE /* archived by the SHA-256 that is computed, and marked so */
};

struct acc_manifest_rules {
    bool windows_paths; /* "\" separates folders in the manifests' paths */
    enum acc_undigested undigested;
    const char *require;             /* each file must have a digest of this algorithm; NULL: any */
    const char *manifest_sha256;     /* a manifest must be this very file, in hex; NULL: any */
    const char *external_identifier; /* the bag's External-Identifier must be this; NULL: any */
    const char *bagit_profile; /* a BagIt Profile, a JSON file, that the bag must meet; NULL */
    bool portable_names;       /* refuse names that Windows, macOS or Azure cannot hold */
    bool refuse_repetition;    /* a path that a manifest lists twice refuses the manifest */
    bool leave_manifest;       /* do not archive an external manifest with the files */
    /* Of a SOURCE that is a package (tar, zip). */
    const char *archive_encoding; /* of names in it that are not UTF-8; NULL: such are refused */
    int max_expansion;            /* it may unpack to so many times its size; 0: 100 */
};

/* How the manifests and the source cover each other. */
struct acc_coverage {
    uint64_t listed;     /* different paths that the manifests name */
    uint64_t missing;    /* of these, not in the source */
    uint64_t unlisted;   /* in the source, named by no manifest */
    uint64_t repeated;   /* named twice by one manifest, with agreeing digests */
    uint64_t undigested; /* of `listed`, named without a usable digest */
    uint64_t skipped;    /* of `undigested`, left out by ACC_UNDIGESTED_SKIP: not in `listed` */
    uint64_t weak;       /* of `listed`, with MD5 or SHA-1 alone, for which collisions are known */
};

/* ---- accession manifest show ---- */

struct acc_manifest_shown {
    const char *path;                  /* clean; with `problem` as it may be shown */
    const char *problem;               /* why no file of that name can be archived, or NULL */
    const char *origin;                /* the manifest */
    uint64_t line;                     /* in it, 0 where lines mean nothing */
    int64_t size;                      /* -1: not given */
    const struct acc_digests *digests; /* may be empty */
};

struct acc_manifest_show {
    const char *manifest; /* a file, "-" or s3://BUCKET/KEY; or a source (folder, package,
                             s3://BUCKET/PREFIX), whose own manifests are shown */
    const struct acc_connection *connection; /* to what lies in a bucket; NULL: nothing does */
    const char *format, *strip_prefix;       /* as for ingest; NULL: none */
    struct acc_manifest_rules rules;         /* what is said there of reading counts */
    /* What each call points at lives until it returns. */
    void (*on_entry)(void *arg, const struct acc_manifest_shown *entry);
    void (*on_note)(void *arg, const char *text);
    void *arg;

    /* results */
    char read_as[24]; /* the format */
    uint64_t entries, skipped;
};

/* Every entry of a manifest, as it was read. Fails as a reading does, with ACC_MANIFEST mostly;
 * entries before the error have been shown then. */
enum acc_code acc_manifest_show(struct acc_manifest_show *show, struct acc_error *err);

/* ---- accession manifest check ---- */

struct acc_manifest_check {
    const char *source;
    const struct acc_connection *connection; /* to source and manifests in buckets, or NULL */
    const char *const *manifests;            /* NULL-terminated; NULL: the source's own */
    const char *format, *strip_prefix;
    struct acc_manifest_rules rules;
    bool allow_unlisted;
    /* A file that is missing, of another size, unlisted ... or a remark, with ACC_OK. */
    void (*on_finding)(void *arg, enum acc_code code, const char *text);
    void *arg;

    /* results */
    struct acc_coverage coverage;
    uint64_t wrong; /* files that an ingest would refuse without reading them */
    char manifest[1024], hint[2048];
};

/* Compares names, presence and sizes, and reads no content, but for a package, which is read to its
 * end. ACC_OK when an ingest would find every file; else the first finding's code, or why nothing
 * could be compared. */
enum acc_code acc_manifest_check(struct acc_manifest_check *check, struct acc_error *err);

/* ---- accession manifest create ---- */

enum acc_manifest_kind { ACC_MANIFEST_LIST, ACC_MANIFEST_CSV, ACC_MANIFEST_BAGIT };

struct acc_manifest_create {
    const char *source;
    const struct acc_connection *connection; /* to a source in a bucket, or NULL */
    struct acc_manifest_rules rules;         /* what is said there of packages counts */
    enum acc_manifest_kind kind;
    const char *algorithm; /* NULL: sha256 */
    const char *output; /* a file; for BAGIT a folder that is to become the bag; NULL: see below */
    unsigned jobs;      /* files hashed concurrently; 0: one for each processor */
    const char *external_identifier; /* for bag-info.txt, or NULL */
    /* At most ten times a second; `files` is 0 while a package is fetched. */
    void (*on_progress)(void *arg, uint64_t files, int64_t bytes);
    void *arg;

    /* results */
    uint64_t files;
    int64_t bytes;
};

/* Hashes every file of the source. A list or CSV goes to `output` ("-" or NULL: standard output).
 * For BAGIT without `output` the source itself becomes the bag: its content moves into data/; with
 * it, the tag files are written into that folder, whose data/ the source is to become. ACC_USAGE
 * for a package or a bucket that is to become a bag itself. ACC_SOURCE for files that cannot be
 * listed, such as links that lead out; then nothing is written. */
enum acc_code acc_manifest_create(struct acc_manifest_create *create, struct acc_error *err);

#endif
