/* What is on record of objects, by their keys: whichever destination and run they belong to. A part
 * of ledger/ledger.h, of which it has the rules for threads and errors. */
#ifndef ACC_LEDGER_KNOWN_H
#define ACC_LEDGER_KNOWN_H

#include "ledger/ledger.h"

/* An object by its place. */
struct acc_object_known {
    const char *destination; /* canonical; lives until the callback returns, NULL after a find */
    const char *path;        /* below it; likewise */
    enum acc_role role;
    int64_t size;
    int64_t at; /* wall clock, milliseconds */
    struct acc_digests digests;
    char etag[96];         /* without quotes, "" when unknown */
    char version_id[1024]; /* "" when the bucket has no versions */
};
typedef enum acc_code (*acc_each_object)(void *arg, const struct acc_object_known *object,
                                         struct acc_error *err);

/* Calls `each` for every object on record at `canonical`, at destinations below it, and at those
 * above it (whose objects may lie elsewhere): of each key the latest facts learnt until `before`
 * (wall clock, milliseconds), of the one version alone unless `version` is "". What `each` returns
 * other than ACC_OK ends it. */
enum acc_code acc_ledger_each_known(struct acc_ledger *ledger, const char *canonical,
                                    int64_t before, const char *version, acc_each_object each,
                                    void *arg, struct acc_error *err);
/* The same of what is known from others alone (ledger/heard.h): only what they promised of it, of
 * which the size may be -1. */
enum acc_code acc_ledger_each_reported(struct acc_ledger *ledger, const char *canonical,
                                       acc_each_object each, void *arg, struct acc_error *err);
/* The same of one key, which is `canonical` and `path` together. */
enum acc_code acc_ledger_find_known(struct acc_ledger *ledger, const char *canonical,
                                    const char *path, int64_t before, const char *version,
                                    struct acc_object_known *object, bool *found,
                                    struct acc_error *err);

struct acc_restored; /* gate/gate.h */

/* As the posts of ledger.h: read from the bucket by this run and written to the folder;
 * record->archived has ETag and version of the object that was read. */
void acc_ledger_post_restored(struct acc_ledger *ledger, struct acc_record *record,
                              const struct acc_restored *restored);

#endif
