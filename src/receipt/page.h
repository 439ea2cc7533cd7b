/* Inside src/receipt: the parts of the HTML page. */
#ifndef ACC_RECEIPT_PAGE_H
#define ACC_RECEIPT_PAGE_H

#include "receipt/internal.h"

#define ACC_PAGE_BINS 72
#define ACC_PAGE_SIZES 9

/* page.css and page.js, made part of the program by the build. */
extern const char acc_page_css[];
extern const char acc_page_js[];

/* Everything before the content of <body>: style, and the policy that forbids all else. */
enum acc_code acc_page_begin(FILE *out, const char *title, struct acc_error *err);

/* The numbers behind the drawings. Work is what the run itself did: entries that it sent, found or
 * checked. */
struct acc_page_stats {
    struct acc_receipt_tally tally;
    int64_t from, until; /* of the work, wall clock in milliseconds; 0: there was none */
    double bin_bytes[ACC_PAGE_BINS]; /* moved in each of equal spans of [from, until] */
    uint64_t sizes[ACC_PAGE_SIZES];  /* entries by class of size, see acc_page_size_class() */
    uint64_t problems;
    const char *level; /* of a verification; static, "" when nothing was checked */
};
enum acc_code acc_page_collect(struct acc_receipt *receipt, struct acc_page_stats *stats,
                               struct acc_error *err);
/* "1 KiB": where a class of size ends; NULL for the last one. */
const char *acc_page_size_class(unsigned number);

/* How an outcome is said, and the class of its colour: "ok", "wait" or "bad". */
const char *acc_page_outcome(enum acc_row_outcome outcome);
const char *acc_page_colour(enum acc_row_outcome outcome);

/* Escapes for HTML; text that is not UTF-8 is shown as terminals show it. */
void acc_page_text(FILE *out, const char *text);
/* The same for paths and keys, in which a newline is shown as \n and a backslash as \\. */
void acc_page_path(FILE *out, const char *path);

void acc_page_outcomes(struct acc_receipt *receipt, const struct acc_page_stats *stats);
void acc_page_drawings(struct acc_receipt *receipt, const struct acc_page_stats *stats);
enum acc_code acc_page_problems(struct acc_receipt *receipt, const struct acc_page_stats *stats,
                                struct acc_error *err);
enum acc_code acc_page_entries(struct acc_receipt *receipt, const struct acc_page_stats *stats,
                               struct acc_error *err);

#endif
