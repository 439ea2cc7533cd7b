/* What runs and destinations have come to, for reports (ledger/ledger.h). Threads: the owner. */
#ifndef ACC_LEDGER_HISTORY_H
#define ACC_LEDGER_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/error.h>
#include "ledger/rows.h"

struct acc_ledger;

/* A run as it stands. Strings belong to it: release. */
struct acc_run_info {
    int64_t id;
    const char *name, *kind, *source, *destination, *url, *command;
    const char *summary;       /* JSON, "" when the run gave none */
    int64_t started, finished; /* wall clock, milliseconds */
    bool ended;                /* finished and outcome say something */
    enum acc_code outcome;
    char *strings;
};
enum acc_code acc_ledger_run_info(struct acc_ledger *ledger, int64_t run, struct acc_run_info *info,
                                  struct acc_error *err);
void acc_run_info_release(struct acc_run_info *info);

/* How many entries of a verification were looked at, and how many of these were as promised. */
enum acc_code acc_ledger_count_checked(struct acc_ledger *ledger, int64_t run, uint64_t *checked,
                                       uint64_t *unchanged, struct acc_error *err);

/* The latest `limit` runs, the newest first; `below` as in acc_ledger_list. */
typedef void (*acc_ledger_each_run)(void *arg, const struct acc_run_info *run);
enum acc_code acc_ledger_runs(struct acc_ledger *ledger, unsigned limit, const char *below,
                              acc_ledger_each_run each, void *arg, struct acc_error *err);
/* The run whose name is `name` or starts with it; NULL: the newest. ACC_USAGE if no run matches, or
 * several do. */
enum acc_code acc_ledger_run_named(struct acc_ledger *ledger, const char *name, int64_t *run,
                                   struct acc_error *err);

/* The state of a destination now, from all its runs. Times are wall clock, milliseconds, 0 for
 * never; strings live until the callback returns. */
struct acc_destination_info {
    int64_t id;
    const char *url, *canonical;
    uint64_t archived, refused, pending; /* refused: failed or in conflict */
    uint64_t withheld;                   /* until those are corrected */
    uint64_t parked;                     /* unfinished uploads; their entries are pending */
    int64_t bytes_archived, bytes_parked;
    uint64_t different; /* the last check of them found a difference */
    uint64_t reported;  /* known from others alone (ledger/heard.h): not archived by this ledger */
    int64_t bytes_reported;
    uint64_t never_read;    /* archived, and since then not verified byte for byte */
    uint64_t due;           /* neither archived nor so verified since the time asked about */
    int64_t last_read;      /* the latest verification of an entry, byte for byte */
    int64_t last_checked;   /* at any level */
    const char *last_level; /* that check's: "read", "stored", "listed"; "" for none */
    int64_t first_archived, last_archived;
    const char *identifier; /* External-Identifiers of its bags, with ", " between; "" for none */
    /* This one, and those that replications connect with it. Verified: complete, as full as the
     * others, and nothing of it different or due. */
    uint64_t copies, copies_verified;
    const char *also_at; /* the canonical destinations of the others, a newline between */
};
struct acc_ledger_list {
    int64_t due_before; /* in whole days (UTC): what was proven on an earlier day is due */
    const char *below;  /* only this URL and those below it; NULL: all */
    const char *sort;   /* "url" (NULL), "files", "bytes", "archived", "verified", "due" or
                           "attention": those that need a person */
    bool reverse;       /* else by URL from the first, by numbers from the largest, by time from the
                           newest archived and the longest unverified */
};
/* Every destination that a run has reached or that files wait for; entries that only a
 * verification's manifest names do not count where anything was archived. Looks at the entries of
 * those alone of which a run is in progress or was killed. */
enum acc_code acc_ledger_destinations(struct acc_ledger *ledger, const struct acc_ledger_list *list,
                                      void (*each)(void *arg,
                                                   const struct acc_destination_info *destination),
                                      void *arg, struct acc_error *err);

/* The canonical name of a destination at or below `url` that holds anything archived, or heard of,
 * on whatever server; the latest. `canonical` is "" if there is none. */
enum acc_code acc_ledger_server_of(struct acc_ledger *ledger, const char *url,
                                   struct acc_str *canonical, struct acc_error *err);
/* The URLs of the destinations that begin so and that hold anything archived, or heard of; those
 * verified longest ago first. `files` and `bytes` are of the last run's end. `each` may not ask the
 * ledger. */
typedef void (*acc_ledger_each_below)(void *arg, const char *url, uint64_t files, int64_t bytes);
enum acc_code acc_ledger_archived_below(struct acc_ledger *ledger, const char *canonical,
                                        acc_ledger_each_below each, void *arg,
                                        struct acc_error *err);

/* Whatever External-Identifiers the destination `canonical` has, the run's destination has too. */
enum acc_code acc_ledger_copy_identifiers(struct acc_ledger *ledger, int64_t run,
                                          const char *canonical, struct acc_error *err);

/* Manifests of a run in order. `each` may ask the ledger for anything but manifests. */
typedef void (*acc_ledger_each_manifest)(void *arg, const char *path, const char *format,
                                         const uint8_t sha256[ACC_SHA256_LEN]);
enum acc_code acc_ledger_manifests(struct acc_ledger *ledger, int64_t run,
                                   acc_ledger_each_manifest each, void *arg, struct acc_error *err);

/* Whether the entry had an unfinished upload when the run ended (or has one now, if it has not). */
enum acc_code acc_ledger_was_parked(struct acc_ledger *ledger, int64_t run, int64_t entry,
                                    bool *parked, struct acc_error *err);

/* Notes of a run in order. */
enum acc_code acc_ledger_notes(struct acc_ledger *ledger, int64_t run,
                               void (*each)(void *arg, enum acc_code code, const char *text),
                               void *arg, struct acc_error *err);

#endif
