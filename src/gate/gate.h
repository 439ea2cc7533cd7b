/* The gate: the only maker of the four values that any success needs.
 *
 *     acc_verified    these bytes, about to be sent, are what the entry promises
 *     acc_proven      the object in the bucket is what the entry promises
 *     acc_unchanged   a verification compared as much as its proof says, and all of it agrees
 *     acc_restored    these bytes, read from the bucket and written to a temporary file, are what
 *                     the entry promises: they may get their name in the folder
 *
 * All are opaque: their definitions are private to gate.c. A commit takes an acc_verified, naming a
 * restored file an acc_restored; recording an entry as archived, already there, unchanged or
 * restored takes its own of the four. So a commit or a success without a comparison does not
 * compile.
 *
 * Comparing means: every digest and the size that the entry promises were found in the evidence, at
 * least one digest was there to compare, and all of them agree. Only an entry that promises no
 * digest at all passes without one, and only if the facts say that the user accepts this.
 *
 * Pure: no clock, no request, no state. Any thread. */
#ifndef ACC_GATE_GATE_H
#define ACC_GATE_GATE_H

#include <stdbool.h>

#include <accession/error.h>
#include <accession/verify.h>
#include "base/entry.h"
#include "base/grounds.h"

struct acc_verified;
struct acc_proven;
struct acc_unchanged;
struct acc_restored;

/* ---- bytes about to be sent, and local files ---- */

struct acc_gate_facts {
    const struct acc_digests *computed;
    int64_t size;
    int64_t modified; /* wall clock, milliseconds, for the message; 0 when not known */
    /* The user asked for files without a promised digest to be archived by what is computed
     * (--undigested archive). It says nothing of entries that promise anything. */
    bool undigested_accepted;
    const void
        *body; /* the very buffer that was hashed, when the whole file is in one; else NULL */
};

/* NULL and ACC_DIGEST, ACC_FILE_SIZE or ACC_NO_DIGEST in `err` when the entry
 * does not pass. Freed with acc_verified_free(). The body stays the caller's and must outlive it.
 */
struct acc_verified *acc_gate_pass(const struct acc_entry *entry,
                                   const struct acc_gate_facts *facts, struct acc_error *err);
/* NULL is fine. */
void acc_verified_free(struct acc_verified *verified);
/* True when no digest was compared, because none was promised and the facts accept that. */
bool acc_verified_undigested(const struct acc_verified *verified);

const struct acc_digests *acc_verified_digests(const struct acc_verified *verified);
int64_t acc_verified_size(const struct acc_verified *verified);
const void *acc_verified_body(const struct acc_verified *verified);

/* Sets and returns ACC_NO_DIGEST: the manifest names the file and promises nothing of its content.
 */
enum acc_code acc_gate_no_digest(const struct acc_entry *entry, struct acc_error *err);

/* ---- an object that is in the bucket already ---- */

/* One write of an object, as the ledger recorded it or as the server shows it now. Two sightings
 * are of the same write when ETag, size and version are equal. */
struct acc_sighting {
    const char *etag;       /* without quotes; "" when not known */
    const char *version_id; /* "" or "null": kept without versions; NULL: the answer shows none */
    int64_t size;           /* -1 when not known */
    const char *token;      /* its x-amz-meta-accession-upload, "" or NULL for none */
};

bool acc_sighting_same(const struct acc_sighting *recorded, const struct acc_sighting *now);

enum acc_evidence_kind {
    ACC_EVIDENCE_LEDGER, /* the ledger's digests of `recorded`, the same write as `now` */
    ACC_EVIDENCE_SENT, /* those of an upload of ours that passed the gate: `recorded` and `now` have
                          one token and one size */
    ACC_EVIDENCE_SERVER, /* the SHA-256 of the whole object, as the server keeps it */
    ACC_EVIDENCE_READ    /* digests of all bytes, read back */
};

struct acc_gate_evidence {
    enum acc_evidence_kind kind;
    const struct acc_digests *digests;
    struct acc_sighting recorded; /* of LEDGER and SENT */
    struct acc_sighting now;
};

enum acc_gate_answer {
    ACC_GATE_PROVEN,
    ACC_GATE_DIFFERS,   /* the object holds other content than the entry promises */
    ACC_GATE_UNDECIDED, /* the evidence is of another write, or lacks a promised digest */
    ACC_GATE_REFUSED    /* of a bridge: the local file is not what the entry promises */
};

/* Compares the entry's promise with the evidence. Sets `*proven` when PROVEN, `err` when DIFFERS
 * (ACC_DIGEST or ACC_FILE_SIZE). UNDECIDED says nothing of the object. */
enum acc_gate_answer acc_gate_present(const struct acc_entry *entry,
                                      const struct acc_gate_evidence *evidence,
                                      struct acc_proven **proven, struct acc_error *err);

/* Whether a bridge can decide what acc_gate_present() could not: the evidence is of the object that
 * is there now, and has its SHA-256. */
bool acc_gate_can_bridge(const struct acc_gate_evidence *evidence);

/* Decides by the local file: `local` has the digests of every promised algorithm and the SHA-256,
 * of one read. The file must be what the entry promises (else REFUSED), and have the size and the
 * SHA-256 of the evidence (else DIFFERS). */
enum acc_gate_answer acc_gate_bridge(const struct acc_entry *entry,
                                     const struct acc_gate_evidence *evidence,
                                     const struct acc_gate_facts *local, struct acc_proven **proven,
                                     struct acc_error *err);

/* NULL is fine. */
void acc_proven_free(struct acc_proven *proven);
/* Every digest that is now known of the object: those of the evidence, of the promise and, over a
 * bridge, of the file. */
const struct acc_digests *acc_proven_digests(const struct acc_proven *proven);
int64_t acc_proven_size(const struct acc_proven *proven);
enum acc_grounds acc_proven_by(const struct acc_proven *proven);

/* ---- what a verification found ---- */

/* A listing's facts about an entry. */
enum acc_listing {
    ACC_LISTING_UNKNOWN, /* there was none */
    ACC_LISTING_ABSENT,
    ACC_LISTING_FITS, /* size as expected, ETag as recorded, where these are known */
    ACC_LISTING_SIZE,
    ACC_LISTING_ETAG
};

/* `expected` is -1 when no size is known; `recorded` NULL or "" when no ETag is. */
enum acc_listing acc_gate_listing(int64_t expected, const char *recorded, int64_t size,
                                  const char *etag);

/* The findings on one entry, and the proof that they claim to be. Each proof needs its own fields:
 *   read, read-version    read, size; recorded_version and version, the same
 *   listed, presence      listing (FITS); an expected size, or none
 *   server-sha256, server-sha1, etag-md5    size, stated: as the server writes it (MD5: in hex)
 *   the server's others   size, stated, recorded: equal, and recorded of content with these digests
 * No fields make a claim or "none" a success. */
struct acc_gate_finding {
    enum acc_proof proof;
    int64_t expected, size;         /* bytes; expected is -1 when no size is promised or recorded */
    const struct acc_digests *read; /* of all bytes */
    const char *version, *recorded_version;
    const char *stated, *recorded;
    const struct acc_digests *recorded_digests;
    enum acc_listing listing;
};

/* NULL when the finding does not establish its proof. Freed with acc_unchanged_free(). */
struct acc_unchanged *acc_gate_unchanged(const struct acc_entry *entry,
                                         const struct acc_gate_finding *finding);
/* NULL is fine. */
void acc_unchanged_free(struct acc_unchanged *unchanged);
enum acc_proof acc_unchanged_by(const struct acc_unchanged *unchanged);
/* The strongest level that this proof is enough for. */
enum acc_level acc_unchanged_level(const struct acc_unchanged *unchanged);

/* ---- bytes brought back from the bucket ---- */

/* `facts` are of all bytes read and written; an entry without a promised digest never passes. NULL
 * and ACC_DIGEST, ACC_FILE_SIZE or ACC_NO_DIGEST in `err` when it does not pass. */
struct acc_restored *acc_gate_restore(const struct acc_entry *entry,
                                      const struct acc_gate_facts *facts, struct acc_error *err);
/* NULL is fine. */
void acc_restored_free(struct acc_restored *restored);
const struct acc_digests *acc_restored_digests(const struct acc_restored *restored);
int64_t acc_restored_size(const struct acc_restored *restored);

#endif
