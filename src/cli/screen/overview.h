/* The status of many bags as one page: totals, those that need a person, what is due, the newest.
 */
#ifndef ACC_CLI_SCREEN_OVERVIEW_H
#define ACC_CLI_SCREEN_OVERVIEW_H

#include <accession/report.h>

#include "cli/render/screen.h"

#define ACC_OVERVIEW_FIRST 12
#define ACC_OVERVIEW_NEWEST 5

/* Zeroed at first. Destinations are added as acc_status() gives them: what needs a person first. */
struct acc_overview {
    uint64_t count, files, reported; /* reported: known from others alone */
    int64_t bytes, bytes_reported;
    uint64_t due_files, copied, sound; /* copied: with copies; sound: each of them verified */
    uint64_t states[6]; /* bags that are different, refused, incomplete, due, reported, complete */
    struct acc_status_destination first[ACC_OVERVIEW_FIRST]; /* copies */
    struct acc_status_destination newest[ACC_OVERVIEW_NEWEST];
    unsigned first_count, newest_count;
    bool shown;
};

void acc_overview_add(struct acc_overview *page, const struct acc_status_destination *destination);
/* `all`: each was shown by itself, only the totals are left. */
void acc_overview_show(struct acc_overview *page, struct acc_screen *screen,
                       const struct acc_status_options *options, bool all);
void acc_overview_release(struct acc_overview *page);

#endif
