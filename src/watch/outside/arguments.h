/* The command lines of the children: `accession ingest`, `verify`, `probe` and `status` with what
 * the watcher was given. */
#ifndef ACC_WATCH_ARGUMENTS_H
#define ACC_WATCH_ARGUMENTS_H

#include <stddef.h>

#include <accession/watch.h>

struct acc_arguments {
    char **list; /* NULL-terminated */
    size_t count, cap;
};

/* `ledger` is the resolved path; `source` is NULL for a probe. Each begins with "accession" and
 * the command's name. */
void acc_arguments_ingest(struct acc_arguments *arguments, const struct acc_watch_options *options,
                          const char *ledger, const char *source, const char *url,
                          const char *manifest);
/* Compares the files here with their manifest; asks no server. */
void acc_arguments_check(struct acc_arguments *arguments, const struct acc_watch_options *options,
                         const char *source, const char *manifest);
void acc_arguments_verify(struct acc_arguments *arguments, const struct acc_watch_options *options,
                          const char *ledger, const char *source, const char *url,
                          const char *manifest);
void acc_arguments_probe(struct acc_arguments *arguments, const struct acc_watch_options *options,
                         const char *url);
/* What happened at and below `url` within so many seconds. */
void acc_arguments_digest(struct acc_arguments *arguments, const struct acc_watch_options *options,
                          const char *ledger, const char *url, int64_t since_s);
void acc_arguments_release(struct acc_arguments *arguments);

#endif
