/* Surveys the prefix: lists every key once, a thousand a request, and compares it with what is
 * promised.
 *
 * The promised keys decide how to cut the listing into ranges of the key space that do not overlap,
 * each a whole number of pages long if the bucket holds just those keys. The ranges are listed side
 * by side (ListObjectsV2, start-after), each until it meets the next one's first key.
 *
 * Some servers list keys in the order of UTF-16, not of bytes (Dell ECS). Both orders agree about
 * where a key stands to one without characters from U+E000 on: only at such keys is it cut. If a
 * range of several turns out to be in neither order, nothing follows from what it lacks: `known` is
 * false.
 *
 * Threads: the loop's thread. on_done fires once, from the loop. */
#ifndef ACC_VERIFY_SURVEY_H
#define ACC_VERIFY_SURVEY_H

#include "base/marks.h"
#include "ledger/ledger.h"
#include "s3/ops/ops.h"
#include "verify/check_rules.h"

#define ACC_SURVEY_LANES 8

struct acc_survey;

struct acc_survey_lane {
    struct acc_survey *survey;
    struct acc_s3_call call;
    struct acc_s3_page page;
    struct acc_str before;      /* the key listed last */
    struct acc_str after, last; /* keys; "" at the outer ends. `last` is still this lane's */
    bool running, over;
};

struct acc_survey {
    /* set by the user */
    struct acc_s3 *s3;
    struct acc_ledger *ledger;
    int64_t run;
    bool first_page_only; /* ask for one key: do listing and credentials work at all? */
    void (*on_extra)(struct acc_survey *survey, const struct acc_s3_listed *item);
    void (*on_done)(struct acc_survey *survey);

    /* results */
    bool known;         /* the listing is complete: what is not in it does not exist */
    enum acc_code code; /* not ACC_OK: the run cannot go on */
    struct acc_error err;
    uint64_t listed, requests;
    enum acc_s3_class class; /* of the request that ended it, ACC_S3_OK otherwise */

    /* private */
    struct acc_marks marks; /* an enum acc_listing by entry */
    struct acc_survey_lane lanes[ACC_SURVEY_LANES];
    unsigned lane_count;
    bool cancelled, disordered;
};

/* `rows` is a cursor over all rows of the run. Fails only for the ledger's sake; on_done then does
 * not fire. */
enum acc_code acc_survey_start(struct acc_survey *survey, struct acc_ledger_cursor *rows,
                               unsigned lanes, struct acc_error *err);
void acc_survey_cancel(struct acc_survey *survey);
enum acc_listing acc_survey_of(const struct acc_survey *survey, int64_t entry);
void acc_survey_release(struct acc_survey *survey);

/* Matches a listed object with the entry of `row`; ETags are compared if the ledger has one. */
enum acc_listing acc_survey_compare(const struct acc_row *row, const struct acc_s3_listed *item);

#endif
