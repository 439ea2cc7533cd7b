/* The gate. Everything that decides whether bytes may become visible, and whether an object in the
 * bucket counts as what was promised, is on this page.
 *
 * Happy path: compare every promised digest and the size, then make the value. Failure: no value is
 * made, and `err` names both sides. Nothing is kept between calls; each value is its caller's. */
#include "gate/gate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

struct acc_verified {
    struct acc_digests digests;
    int64_t size;
    const void *body;
    bool undigested;
};

struct acc_proven {
    struct acc_digests digests;
    int64_t size;
    enum acc_grounds by;
};

struct acc_unchanged {
    enum acc_proof by;
};

struct acc_restored {
    struct acc_digests digests;
    int64_t size;
};

/* ---- comparing ---- */

static void describe(const struct acc_gate_facts *facts, char out[96])
{
    char bytes[32], modified[ACC_TIME_TEXT];
    acc_show_count((unsigned long long)facts->size, bytes);
    if (facts->modified != 0)
        snprintf(out, 96, "%s bytes, modified %s", bytes, acc_time_show(facts->modified, modified));
    else
        snprintf(out, 96, "%s bytes", bytes);
}

static enum acc_code digest_differs(const struct acc_entry *entry,
                                    const struct acc_gate_facts *facts, enum acc_alg alg,
                                    const char *what, struct acc_error *err)
{
    char promised[ACC_DIGEST_MAX * 2 + 1], computed[ACC_DIGEST_MAX * 2 + 1], line[32] = "",
                                                                             about[96];
    acc_digests_hex(&entry->promised, alg, promised);
    acc_digests_hex(facts->computed, alg, computed);
    describe(facts, about);
    if (entry->line > 0)
        snprintf(line, sizeof line, ", line %llu", (unsigned long long)entry->line);
    return acc_error_set(err, ACC_DIGEST,
                         "%s differs from the manifest: promised %s (%s%s), %s has %s (%s)",
                         acc_alg_name(alg), promised, entry->origin, line, what, computed, about);
}

static enum acc_code no_digest(const struct acc_entry *entry, const char *way,
                               struct acc_error *err)
{
    char line[32] = "";
    if (entry->line > 0)
        snprintf(line, sizeof line, ", line %llu,", (unsigned long long)entry->line);
    return acc_error_set(err, ACC_NO_DIGEST,
                         "%s%s names it without a usable digest, so its content cannot be "
                         "compared. Add a digest to the manifest, or %s.",
                         entry->origin, line, way);
}

enum acc_code acc_gate_no_digest(const struct acc_entry *entry, struct acc_error *err)
{
    return no_digest(entry, "see --undigested", err);
}

/* The one way past a comparison: nothing is promised, the user knows and accepts it, and the
 * SHA-256 that the object will be known by is there. */
static bool is_undigested_by_choice(const struct acc_entry *entry,
                                    const struct acc_gate_facts *facts)
{
    return entry->promised.present == 0 && facts->undigested_accepted && facts->size >= 0 &&
           acc_digests_has(facts->computed, ACC_SHA256);
}

enum verdict {
    SAME,
    OTHER,
    UNCOMPARED /* nothing differs, but something promised was not there to compare */
};

/* `err` says why, unless SAME. */
static enum verdict compare(const struct acc_entry *entry, const struct acc_gate_facts *facts,
                            const char *what, struct acc_error *err)
{
    unsigned compared;
    enum acc_alg alg = acc_digests_differ(&entry->promised, facts->computed, &compared);
    if (alg != ACC_ALG_COUNT) {
        digest_differs(entry, facts, alg, what, err);
        return OTHER;
    }
    if (entry->size >= 0 && facts->size >= 0 && entry->size != facts->size) {
        acc_error_set(err, ACC_FILE_SIZE, "%s has %lld bytes; the manifest says %lld", what,
                      (long long)facts->size, (long long)entry->size);
        return OTHER;
    }
    if (is_undigested_by_choice(entry, facts))
        return SAME;
    if (entry->promised.present == 0) {
        acc_gate_no_digest(entry, err);
        return UNCOMPARED;
    }
    /* A promise in an algorithm that OpenSSL lacks, say under FIPS, must not pass unchecked. */
    if (compared == 0 || facts->size < 0 ||
        (entry->promised.present & ~facts->computed->present) != 0) {
        acc_error_set(err, ACC_DIGEST,
                      "not every digest the manifest gives could be computed here (OpenSSL lacks "
                      "the algorithm). Nothing was compared; nothing was sent.");
        return UNCOMPARED;
    }
    return SAME;
}

/* ---- bytes about to be sent ---- */

struct acc_verified *acc_gate_pass(const struct acc_entry *entry,
                                   const struct acc_gate_facts *facts, struct acc_error *err)
{
    if (compare(entry, facts, "the file", err) != SAME)
        return NULL;
    struct acc_verified *verified = ACC_NEW(struct acc_verified);
    verified->digests = *facts->computed;
    verified->size = facts->size;
    verified->body = facts->body;
    verified->undigested = is_undigested_by_choice(entry, facts);
    return verified;
}

bool acc_verified_undigested(const struct acc_verified *verified)
{
    return verified->undigested;
}

void acc_verified_free(struct acc_verified *verified)
{
    free(verified);
}

const struct acc_digests *acc_verified_digests(const struct acc_verified *verified)
{
    return &verified->digests;
}

int64_t acc_verified_size(const struct acc_verified *verified)
{
    return verified->size;
}

const void *acc_verified_body(const struct acc_verified *verified)
{
    return verified->body;
}

/* ---- an object that is in the bucket ---- */

static bool same_text(const char *a, const char *b)
{
    return a != NULL && b != NULL && *a != '\0' && strcmp(a, b) == 0;
}

/* A bucket without versions says "null", or nothing. */
static bool same_version(const char *recorded, const char *now)
{
    bool had = recorded != NULL && *recorded != '\0' && strcmp(recorded, "null") != 0;
    bool has = now != NULL && *now != '\0' && strcmp(now, "null") != 0;
    return had ? has && strcmp(recorded, now) == 0 : !has;
}

bool acc_sighting_same(const struct acc_sighting *recorded, const struct acc_sighting *now)
{
    return same_text(recorded->etag, now->etag) && recorded->size == now->size &&
           same_version(recorded->version_id, now->version_id);
}

/* Whether the evidence is of the object that is there now. */
static bool is_of_this_object(const struct acc_gate_evidence *evidence)
{
    const struct acc_sighting *recorded = &evidence->recorded, *now = &evidence->now;
    switch (evidence->kind) {
    case ACC_EVIDENCE_LEDGER:
        return acc_sighting_same(recorded, now);
    case ACC_EVIDENCE_SENT:
        return same_text(recorded->token, now->token) && recorded->size == now->size;
    case ACC_EVIDENCE_SERVER:
    case ACC_EVIDENCE_READ:
        return true;
    }
    return false;
}

static enum acc_grounds grounds_of(enum acc_evidence_kind kind)
{
    static const enum acc_grounds grounds[] = {
        [ACC_EVIDENCE_LEDGER] = ACC_GROUNDS_LEDGER,
        [ACC_EVIDENCE_SENT] = ACC_GROUNDS_SENT,
        [ACC_EVIDENCE_SERVER] = ACC_GROUNDS_SERVER,
        [ACC_EVIDENCE_READ] = ACC_GROUNDS_READ,
    };
    return grounds[kind];
}

static struct acc_proven *new_proven(const struct acc_entry *entry,
                                     const struct acc_gate_evidence *evidence, enum acc_grounds by)
{
    struct acc_proven *proven = ACC_NEW(struct acc_proven);
    proven->digests = *evidence->digests;
    acc_digests_merge(&proven->digests, &entry->promised);
    proven->size = evidence->now.size;
    proven->by = by;
    return proven;
}

enum acc_gate_answer acc_gate_present(const struct acc_entry *entry,
                                      const struct acc_gate_evidence *evidence,
                                      struct acc_proven **proven, struct acc_error *err)
{
    const struct acc_gate_facts facts = {.computed = evidence->digests, .size = evidence->now.size};
    struct acc_error apart;
    if (!is_of_this_object(evidence))
        return ACC_GATE_UNDECIDED;
    switch (compare(entry, &facts, "the object in the bucket", &apart)) {
    case SAME:
        *proven = new_proven(entry, evidence, grounds_of(evidence->kind));
        return ACC_GATE_PROVEN;
    case OTHER:
        *err = apart;
        return ACC_GATE_DIFFERS;
    default:
        return ACC_GATE_UNDECIDED;
    }
}

bool acc_gate_can_bridge(const struct acc_gate_evidence *evidence)
{
    return is_of_this_object(evidence) && acc_digests_has(evidence->digests, ACC_SHA256) &&
           evidence->now.size >= 0;
}

enum acc_gate_answer acc_gate_bridge(const struct acc_entry *entry,
                                     const struct acc_gate_evidence *evidence,
                                     const struct acc_gate_facts *local, struct acc_proven **proven,
                                     struct acc_error *err)
{
    if (!acc_gate_can_bridge(evidence) || !acc_digests_has(local->computed, ACC_SHA256))
        return ACC_GATE_UNDECIDED;
    if (compare(entry, local, "the file", err) != SAME)
        return ACC_GATE_REFUSED;
    unsigned compared;
    if (acc_digests_differ(evidence->digests, local->computed, &compared) != ACC_ALG_COUNT ||
        evidence->now.size != local->size) {
        char object[ACC_DIGEST_MAX * 2 + 1], file[ACC_DIGEST_MAX * 2 + 1];
        acc_digests_hex(evidence->digests, ACC_SHA256, object);
        acc_digests_hex(local->computed, ACC_SHA256, file);
        acc_error_set(
            err, ACC_DIGEST,
            "the file is what the manifest promises and has the SHA-256 %s; the object in "
            "the bucket has the SHA-256 %s",
            file, object);
        return ACC_GATE_DIFFERS;
    }
    *proven = new_proven(entry, evidence, ACC_GROUNDS_FILE);
    acc_digests_merge(&(*proven)->digests, local->computed);
    return ACC_GATE_PROVEN;
}

void acc_proven_free(struct acc_proven *proven)
{
    free(proven);
}

const struct acc_digests *acc_proven_digests(const struct acc_proven *proven)
{
    return &proven->digests;
}

int64_t acc_proven_size(const struct acc_proven *proven)
{
    return proven->size;
}

enum acc_grounds acc_proven_by(const struct acc_proven *proven)
{
    return proven->by;
}

/* ---- what a verification found ---- */

enum acc_listing acc_gate_listing(int64_t expected, const char *recorded, int64_t size,
                                  const char *etag)
{
    if (expected >= 0 && size != expected)
        return ACC_LISTING_SIZE;
    if (recorded != NULL && *recorded != '\0' && strcmp(recorded, etag) != 0)
        return ACC_LISTING_ETAG;
    return ACC_LISTING_FITS;
}

static bool reads_as_promised(const struct acc_entry *entry, const struct acc_gate_finding *f)
{
    const struct acc_gate_facts facts = {.computed = f->read, .size = f->size};
    struct acc_error apart;
    return f->read != NULL && compare(entry, &facts, "the object in the bucket", &apart) == SAME;
}

/* The server's own digest of the whole object, by an algorithm that is promised. */
static bool states_promise(const struct acc_entry *entry, const struct acc_gate_finding *f,
                           enum acc_alg alg)
{
    char promised[ACC_DIGEST_MAX * 2 + 1];
    if (!acc_digests_has(&entry->promised, alg))
        return false;
    if (alg == ACC_MD5)
        acc_digests_hex(&entry->promised, alg, promised);
    else
        acc_base64_encode(entry->promised.value[alg], acc_alg_len(alg), promised);
    return same_text(promised, f->stated);
}

/* The server's report still matches the ledger's record of content that agrees with the promise. */
static bool states_what_is_recorded(const struct acc_entry *entry, const struct acc_gate_finding *f)
{
    unsigned compared;
    return f->recorded_digests != NULL &&
           acc_digests_differ(&entry->promised, f->recorded_digests, &compared) == ACC_ALG_COUNT &&
           compared > 0 && same_text(f->recorded, f->stated);
}

static bool establishes(const struct acc_entry *entry, const struct acc_gate_finding *f)
{
    switch (f->proof) {
    case ACC_PROOF_READ_VERSION:
        return reads_as_promised(entry, f) && same_text(f->recorded_version, f->version);
    case ACC_PROOF_READ:
        return reads_as_promised(entry, f);
    case ACC_PROOF_SERVER_SHA256:
        return states_promise(entry, f, ACC_SHA256);
    case ACC_PROOF_SERVER_SHA1:
        return states_promise(entry, f, ACC_SHA1);
    case ACC_PROOF_ETAG_MD5:
        return states_promise(entry, f, ACC_MD5);
    case ACC_PROOF_SERVER_COMPOSITE:
    case ACC_PROOF_SERVER_CRC64:
    case ACC_PROOF_SERVER_CRC32C:
    case ACC_PROOF_SERVER_CRC32C_COMPOSITE:
    case ACC_PROOF_ETAG:
        return states_what_is_recorded(entry, f);
    case ACC_PROOF_LISTED:
        return f->listing == ACC_LISTING_FITS && f->expected >= 0;
    case ACC_PROOF_PRESENCE:
        return f->listing == ACC_LISTING_FITS && f->expected < 0;
    case ACC_PROOF_CLAIM:
    case ACC_PROOF_NONE:
    case ACC_PROOF_COUNT:
        break;
    }
    return false;
}

static bool rests_on_a_listing(enum acc_proof proof)
{
    return proof == ACC_PROOF_LISTED || proof == ACC_PROOF_PRESENCE;
}

struct acc_unchanged *acc_gate_unchanged(const struct acc_entry *entry,
                                         const struct acc_gate_finding *f)
{
    /* A listing compared the sizes itself. */
    bool sized = rests_on_a_listing(f->proof) ||
                 (f->size >= 0 && (f->expected < 0 || f->size == f->expected));
    if (!sized || !establishes(entry, f))
        return NULL;
    struct acc_unchanged *unchanged = ACC_NEW(struct acc_unchanged);
    unchanged->by = f->proof;
    return unchanged;
}

void acc_unchanged_free(struct acc_unchanged *unchanged)
{
    free(unchanged);
}

enum acc_proof acc_unchanged_by(const struct acc_unchanged *unchanged)
{
    return unchanged->by;
}

enum acc_level acc_unchanged_level(const struct acc_unchanged *unchanged)
{
    if (rests_on_a_listing(unchanged->by))
        return ACC_LEVEL_LISTED;
    return unchanged->by <= ACC_PROOF_READ ? ACC_LEVEL_READ : ACC_LEVEL_STORED;
}

/* ---- bytes brought back from the bucket ---- */

struct acc_restored *acc_gate_restore(const struct acc_entry *entry,
                                      const struct acc_gate_facts *facts, struct acc_error *err)
{
    struct acc_gate_facts read = *facts;
    read.undigested_accepted = false;
    if (entry->promised.present == 0) {
        no_digest(entry, "restore what the ledger knows, without --manifest", err);
        return NULL;
    }
    if (compare(entry, &read, "the object in the bucket", err) != SAME)
        return NULL;
    struct acc_restored *restored = ACC_NEW(struct acc_restored);
    restored->digests = *facts->computed;
    restored->size = facts->size;
    return restored;
}

void acc_restored_free(struct acc_restored *restored)
{
    free(restored);
}

const struct acc_digests *acc_restored_digests(const struct acc_restored *restored)
{
    return &restored->digests;
}

int64_t acc_restored_size(const struct acc_restored *restored)
{
    return restored->size;
}
