/* Inside src/plan: a plan being made. plan.c drives; entries.c puts into the ledger what the
 * readers send; rules.c judges it; place.c finds what may have been meant; unlisted.c walks the
 * folder. A file that is named here by what it does says more at its top. */
#ifndef ACC_PLAN_PLANNING_H
#define ACC_PLAN_PLANNING_H

#include <stdio.h>

#include "ledger/known.h"
#include "manifest/manifest.h"
#include "plan/found.h"
#include "plan/names.h"
#include "plan/plan.h"
#include "plan/profile.h"
#include "source/near.h"

/* Notes of one kind are given one by one up to this many; then they are counted. */
#define ACC_PLAN_NAMED 20
#define ACC_PLAN_SAMPLE 3

struct acc_planning {
    struct acc_plan *plan;
    struct acc_ledger_load *load;
    struct acc_str key;
    const char *const *manifests; /* external ones: given, or found in the source */
    struct acc_found found;       /* if they were found */
    bool external;                /* a manifest outside the bag is being read */
    enum acc_alg required;        /* or ACC_ALG_COUNT */
    struct {
        uint64_t files, bytes, missing;
    } payload;       /* as the manifests list it; bytes of missing files are not known */
    uint64_t nested; /* bagit.txt files in a bag's payload */
    struct acc_str first_nested;
    bool any_found;
    uint32_t promised; /* algorithms (bits) of any entry */
    bool unhashed;     /* a package lacks some of them for an entry */
    struct acc_str first_missing;
    /* Names with "\" whose files are there once it is turned to "/". */
    uint64_t windows;
    struct acc_str first_windows;
    /* The smallest files that the manifest being read names, to try a guessed algorithm on. */
    struct acc_plan_sample {
        char *path;
        int64_t size;
        struct acc_digests promised;
    } sample[ACC_PLAN_SAMPLE];
    size_t samples;
    struct acc_names names;
    uint64_t walked;          /* files that were looked up by unlisted.c */
    struct acc_folder folder; /* of the last entry */
    bool coverage_seen;       /* some entry came with no digest, or with weak ones alone */
    /* What ACC_UNDIGESTED_SKIP leaves out until it is known that no other manifest has a digest: in
     * a temporary file, then 8 bytes of memory each. */
    FILE *skipped;
    uint64_t *skipped_names;
    size_t skipped_count;
    /* The bag's tags that the rules ask for. */
    struct acc_str external_identifiers; /* one a line */
    struct acc_profile *profile;         /* or NULL */
    struct acc_plan_own {
        const char *file;
        bool inside; /* a path in the source */
        struct acc_digests self;
    } * own_manifests;
    size_t own_count;
    uint64_t own; /* external manifests that are archived with the files */
    bool pinned_seen;
    struct acc_str manifests_read; /* "NAME (sha256 HEX)", for the message about a pin */
};

void acc_plan_note(struct acc_planning *p, enum acc_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* What the names that were read let suppose, once all are. */
void acc_plan_note_names(struct acc_planning *p);
/* ACC_INTERRUPTED once the caller asked to stop. */
enum acc_code acc_plan_stopped(const struct acc_planning *p, struct acc_error *err);

/* The sink of readers; entries.c. */
enum acc_code acc_plan_entry(void *arg, const struct acc_entry *given, enum acc_taken *taken,
                             struct acc_error *err);

/* Entries without a digest that are not to be archived; skipped.c. */
enum acc_code acc_plan_skip(struct acc_planning *p, const struct acc_entry *entry,
                            struct acc_error *err);
enum acc_code acc_plan_settle_skipped(struct acc_planning *p, struct acc_error *err);
bool acc_plan_skipped(const struct acc_planning *p, const char *path);

/* Puts the external manifests that lie in or beside the source into the plan, once all are read;
 * one that names no file of the source stays out. `file` must live as long as the plan; own.c. */
void acc_plan_own_remember(struct acc_planning *p, const char *file, bool inside,
                           const struct acc_digests *self);
enum acc_code acc_plan_own_manifests(struct acc_planning *p, struct acc_error *err);

/* What the rules say of the whole: a pinned manifest, identifiers, the profile, algorithms. Called
 * before the load ends, and after; rules.c. */
enum acc_code acc_plan_judge_manifests(struct acc_planning *p, struct acc_error *err);
enum acc_code acc_plan_judge_entries(struct acc_planning *p, struct acc_error *err);

/* What is on record at the source, if anything is; record.c. */
enum acc_code acc_plan_from_record(struct acc_planning *p, struct acc_error *err);

/* Whether the algorithm that the digests' length showed is the right one; guessed.c. */
enum acc_code acc_plan_check_guess(struct acc_planning *p, const char *manifest,
                                   const struct acc_manifest_info *info, struct acc_error *err);
void acc_plan_sample(struct acc_planning *p, const struct acc_entry *entry, int64_t found);
void acc_plan_sample_clear(struct acc_planning *p);

/* What lies beside a package and gives the digest of the package itself; package_sums.c. */
enum acc_code acc_plan_check_package(struct acc_planning *p, struct acc_error *err);

/* None of the files exists: where they may be; place.c. */
void acc_plan_hint(struct acc_planning *p);

/* What no manifest names; unlisted.c. */
enum acc_code acc_plan_unlisted(struct acc_planning *p, struct acc_error *err);

#endif
