/* What happened in an archive since a time, and how it stands: for a daily digest. From the ledger
 * alone. Times are wall clock, milliseconds. */
#ifndef ACCESSION_NEWS_H
#define ACCESSION_NEWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accession/error.h>

/* Files that a run refused, or found different, for one reason. */
struct acc_news_refusal {
    enum acc_code code;
    uint64_t count;
    char *path, *reason; /* of the first */
};

struct acc_news_run {
    char *name, *kind, *url;
    int64_t id, started, finished;
    bool ended;
    enum acc_code outcome;
    uint64_t archived, refused, withheld, pending, checked, different;
    int64_t bytes; /* sent */
    struct acc_news_refusal *refusals;
    size_t refusal_count;
};

struct acc_news_arrival {
    char *folder, *name, *reason;
    enum acc_code code;
};

/* A bag of which files are due for verification. */
struct acc_news_due {
    char *url;
    uint64_t files;
    int64_t last_read; /* 0: never */
};
#define ACC_NEWS_DUE 20 /* bags that are listed */

struct acc_news_day {
    int64_t day; /* since 1970-01-01, UTC */
    uint64_t files;
    int64_t bytes;
};

/* Age of what was last archived or read back. X(name, days below, text) */
#define ACC_NEWS_AGES(X)                                                                           \
    X(MONTH, 30, "30 days")                                                                        \
    X(QUARTER, 90, "90 days")                                                                      \
    X(HALF, 180, "180 days")                                                                       \
    X(YEAR, 365, "a year")                                                                         \
    X(OLDER, 1000000, "longer ago")

enum acc_news_age {
#define X(name, days, text) ACC_NEWS_AGE_##name,
    ACC_NEWS_AGES(X)
#undef X
        ACC_NEWS_AGE_COUNT
};
const char *acc_news_age_text(enum acc_news_age age); /* static */

struct acc_news {
    int64_t since, until;
    char *url; /* NULL: the whole ledger */
    /* now */
    uint64_t bags, files, attention; /* attention: bags that need a person */
    int64_t bytes;
    uint64_t due_bags, due_files;
    struct acc_news_due due[ACC_NEWS_DUE]; /* those with most due files first */
    size_t due_count;
    uint64_t ages[ACC_NEWS_AGE_COUNT]; /* files, by when each was last archived or read back */
    struct acc_news_day *days;         /* on which something was archived */
    size_t day_count;
    /* since then */
    uint64_t arrived, rejected; /* of watched folders */
    uint64_t runs, archived, refused, withheld, checked, different, halted, unended, stalled;
    int64_t sent;
    struct acc_news_run *people; /* runs that need a person, the newest first */
    size_t people_count;
    struct acc_news_arrival *arrivals; /* that were rejected */
    size_t arrival_count;
};

struct acc_news_options {
    const char *ledger; /* NULL: $XDG_STATE_HOME/accession/ledger.db */
    const char *url;    /* at this one and below it; NULL: all */
    int64_t period;     /* milliseconds before now */
    unsigned due_days;  /* 0: 90 */
};
/* `news` is released also after an error. ACC_LEDGER if the ledger cannot be read. */
enum acc_code acc_news_collect(const struct acc_news_options *options, struct acc_news *news,
                               struct acc_error *err);
void acc_news_release(struct acc_news *news);

/* One page that holds everything it needs, to `output` (NULL or "-": standard output). In a file's
 * folder the report of each run that needs a person is written too (RUN.html), and linked. */
enum acc_code acc_news_html(const struct acc_news_options *options, const struct acc_news *news,
                            const char *output, struct acc_error *err);

#endif
