/* Manifests: from a file to a stream of entries.
 *
 * Every format has one reader behind one table (manifest.c); the content shows the format, a
 * caller may name it. Readers stream: memory does not grow with the number of lines. METS alone
 * keeps files and digests apart: up to 200 bytes for each PREMIS object until they are joined, and
 * nothing where files bear @CHECKSUM. gzip is detected by its magic bytes and decompressed on the
 * way.
 *
 * A manifest is never half-read. The first line that cannot be understood ends the reading with
 * ACC_MANIFEST and a message "FILE:LINE: what is wrong. what to do"; the caller throws away what it
 * was given so far. A manifest without a single entry is such an error too.
 *
 * Threads: a reading runs to its end on the thread that calls it; separate readings share nothing.
 */
#ifndef ACC_MANIFEST_MANIFEST_H
#define ACC_MANIFEST_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include <stdatomic.h>

#include <accession/error.h>
#include "base/entry.h"
#include "source/source.h"

/* A remark that does not stop the reading: a tolerated deviation, a skipped row. */
struct acc_manifest_note {
    const char *file;
    uint64_t line; /* 0: the file as a whole */
    const char *text;
};

/* Where entries go. `entry` and what it points at live until the call returns. A code other than
 * ACC_OK stops the reading, which returns it.
 *
 * Only the sink remembers paths, so it answers in `*taken` (ACC_TAKEN_NEW when called) whether the
 * path is new to it, as acc_ledger_load_add() does. The reader knows what a repetition means in its
 * format: BagIt 1.0 makes it an error, DROID's rows repeat by design, others note it. The sink
 * refuses contradictions. `note` may be NULL. */
struct acc_manifest_sink {
    enum acc_code (*entry)(void *arg, const struct acc_entry *entry, enum acc_taken *taken,
                           struct acc_error *err);
    void (*note)(void *arg, const struct acc_manifest_note *note);
    /* Each element of a bag's bag-info.txt, in order; both live until the call returns. May be
     * NULL. */
    void (*tag)(void *arg, const char *label, const char *value);
    void *arg;
};

struct acc_manifest_options {
    const struct acc_source *source; /* the manifest is a file of it; NULL: a file on disk */
    const char *name;                /* for messages; NULL: the file's own */
    const char
        *format; /* a name from acc_manifest_formats(), or NULL: detect it from the content */
    const char *strip_prefix; /* a folder removed from the front of every path, or NULL; a path that
                                 does not begin with it is an error */
    bool windows_paths;       /* "\\" separates folders, in every path */
    bool names_only;          /* folders in paths, absolute ones too, are left out */
    /* Whether the source has a file of that path. It settles what a list leaves open, and finds
     * what to propose in errors. NULL when there is no source to ask. */
    bool (*exists)(void *arg, const char *path);
    void *arg;
    const atomic_bool *stop; /* or NULL; once true, reading ends with ACC_INTERRUPTED */
};

/* What was read. */
struct acc_manifest_info {
    const char *format; /* static */
    uint64_t entries;
    uint64_t undigested; /* of these, sent with no digest: the manifest gives none that is usable */
    uint32_t guessed;    /* bits of the algorithms that only the length of digests showed */
    uint64_t skipped; /* what adds no entry: folders, rows inside archives, comments, repetitions */
    struct acc_digests self; /* SHA-256 of the manifest's bytes as stored (compressed if it is) */
};

/* Fails with ACC_MANIFEST, or with the sink's code. `info` is filled on success only. `file` may be
 * a pipe; "-" is standard input. An unknown options->format is ACC_USAGE. */
enum acc_code acc_manifest_read(const char *file, const struct acc_manifest_options *options,
                                const struct acc_manifest_sink *sink,
                                struct acc_manifest_info *info, struct acc_error *err);

/* The name of the format that the file's first bytes show, "" when they show none or cannot be
 * read. Static. `source` as in the options. */
const char *acc_manifest_sniff(const struct acc_source *source, const char *file);

/* The names that --manifest-format accepts, NULL-terminated. Static. */
const char *const *acc_manifest_formats(void);
/* The one that says that a checksum list has digests of this algorithm. */
const char *acc_manifest_format_of(enum acc_alg alg);

/* ---- BagIt (RFC 8493; 0.93 to 1.0) ---- */

/* True when the folder holds a bagit.txt. */
bool acc_bag_detect(const char *folder);
/* Whether a file of that name is what makes its folder a bag: bagit.txt or a manifest. */
bool acc_bag_is_own_file(const char *path);

/* One of the bag's manifests as read. */
struct acc_bag_manifest {
    char name[64]; /* "manifest-sha256.txt" */
    enum acc_alg alg;
    bool tags; /* a tag manifest */
    uint64_t entries;
    struct acc_digests self; /* of its bytes; SHA-256 at least */
};

struct acc_bag_info {
    char version[8];
    bool has_fetch;          /* a fetch.txt, with all its files there */
    uint64_t payload_listed; /* files that the first payload manifest names */
    bool has_oxum;
    uint64_t payload_files, payload_bytes; /* as Payload-Oxum promises */
    uint64_t found_files, found_bytes;     /* as data/ holds; counted only when there is an Oxum */
    unsigned manifest_count;
    struct acc_bag_manifest manifests[2 * ACC_ALG_COUNT]; /* tag manifests first */
};

/* Reads every payload manifest and tag manifest of the bag. Sent to the sink:
 *  - payload files with the digests that the payload manifests give, role PAYLOAD;
 *  - tag files (bagit.txt, bag-info.txt and whatever else lies outside data/), role TAG, and
 *    manifests, role MANIFEST, with the digests that the tag manifests give;
 *  - every file that this reading itself relied on (bagit.txt, bag-info.txt, fetch.txt,
 *    manifests) and every tag file that no tag manifest names, with the SHA-256 of its bytes as
 *    found, the file itself as origin and line 0: what is archived is then what was validated
 *    here. Notes name the files that no tag manifest names.
 *
 * A path in two manifests arrives twice, once from each: the sink merges and finds contradictions.
 * The origin of an entry is the manifest's name within the bag ("manifest-sha256.txt").
 *
 * Of names that hold "%0A", "%0D" or "%25", the decoded or the literal one is taken, whichever is
 * there; a note says when that is not what the bag's version says.
 *
 * Refused with ACC_MANIFEST: what RFC 8493 calls invalid in the version that the bag declares, a
 * file of the bag's own that differs from the tag manifests, a fetch.txt whose files are not there.
 * A Payload-Oxum that the files in data/ do not have is only reported in `info`: the caller knows
 * which files are missing or too many, and whether that explains it. ACC_SOURCE when the folder
 * cannot be read. Payload files that no manifest names are for the caller to find. */
enum acc_code acc_bag_read(const struct acc_source *source, const struct acc_manifest_sink *sink,
                           struct acc_bag_info *info, struct acc_error *err);
/* The same of a folder that no source is open for. */
enum acc_code acc_bag_read_folder(const char *folder, const struct acc_manifest_sink *sink,
                                  struct acc_bag_info *info, struct acc_error *err);

#endif
