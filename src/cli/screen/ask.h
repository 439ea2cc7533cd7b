/* What a ledger answers, for people. */
#ifndef ACC_CLI_SCREEN_ASK_H
#define ACC_CLI_SCREEN_ASK_H

#include <accession/ask.h>

#include "cli/render/screen.h"

struct acc_list_totals {
    uint64_t bags, files, reported; /* reported: known from others alone */
    int64_t bytes, bytes_reported;
};

/* A bag: a row of a table, or two lines where the terminal is too narrow for that; `first` starts
 * the table. */
void acc_ask_bag(struct acc_screen *screen, const struct acc_status_destination *destination,
                 bool first);
void acc_ask_totals(struct acc_screen *screen, const struct acc_list_totals *totals);
/* A file or bag that was found. */
void acc_ask_hit(struct acc_screen *screen, const struct acc_hit *hit);
/* Something that happened to it. */
void acc_ask_event(struct acc_screen *screen, const struct acc_chronicle *event);
/* "accession: WHAT: nothing in the ledger matches; HINT." */
void acc_ask_nothing(FILE *err, const char *what, const char *hint);

#endif
