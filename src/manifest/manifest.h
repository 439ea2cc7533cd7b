/* Manifests: from a file to a stream of entries.
 *
 * Every format has one reader behind one table (manifest.c); the format is told from the content, a
 * caller may name it. Readers stream: memory does not grow with the number of lines. gzip is seen
 * by its magic bytes and undone on the way.
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

#include <accession/error.h>
#include "base/entry.h"

/* A remark that does not stop the reading: a tolerated deviation, a skipped row. */
struct acc_manifest_note {
    const char *file;
    uint64_t line; /* 0: the file as a whole */
    const char *text;
};

/* Where entries go. `entry` and what it points at live until the call returns. A code other than
 * ACC_OK stops the reading, which returns it. `note` may be NULL. */
struct acc_manifest_sink {
    enum acc_code (*entry)(void *arg, const struct acc_entry *entry, struct acc_error *err);
    void (*note)(void *arg, const struct acc_manifest_note *note);
    void *arg;
};

struct acc_manifest_options {
    const char *format; /* a name from acc_manifest_formats(), or NULL: tell from the content */
    const char *strip_prefix; /* removed from the front of every path, or NULL */
};

/* What was read. */
struct acc_manifest_info {
    const char *format; /* static */
    uint64_t entries;
    uint64_t skipped;        /* rows that are no files: folders, rows inside archives */
    struct acc_digests self; /* SHA-256 of the manifest's bytes as stored (compressed if it is) */
};

enum acc_code acc_manifest_read(const char *file, const struct acc_manifest_options *options,
                                const struct acc_manifest_sink *sink,
                                struct acc_manifest_info *info, struct acc_error *err);

/* The names --manifest-format takes, NULL-terminated. Static. */
const char *const *acc_manifest_formats(void);

/* ---- BagIt (RFC 8493; 0.93 to 1.0) ---- */

/* True when the folder holds a bagit.txt. */
bool acc_bag_detect(const char *folder);

struct acc_bag_info {
    char version[8];
    uint64_t payload_files, payload_bytes; /* from Payload-Oxum, or 0 */
    bool has_oxum;
};

/* Reads every payload manifest and tag manifest of the bag. Sent to the sink:
 *  - payload files with the digests that the payload manifests give, role PAYLOAD;
 *  - tag files (bagit.txt, bag-info.txt and whatever the tag manifests name) with their digests,
 *    role TAG;
 *  - manifest-ALG.txt with the digest the tag manifest gives, and tagmanifest-ALG.txt, which
 * nothing names, with the SHA-256 of its bytes as this reading found them, role MANIFEST. Tag files
 * that no tag manifest names (all of them in a bag without one) are likewise sent with the SHA-256
 * just computed, and a note says so: what is archived is then what was validated here. A path in
 * two manifests arrives twice, once from each: the sink merges and finds contradictions. The origin
 * of an entry is the manifest's name within the bag ("manifest-sha256.txt"). Refused with
 * ACC_MANIFEST: everything that RFC 8493 calls invalid, a fetch.txt whose files are not there, a
 * Payload-Oxum that the files present do not have. */
enum acc_code acc_bag_read(const char *folder, const struct acc_manifest_sink *sink,
                           struct acc_bag_info *info, struct acc_error *err);

#endif
