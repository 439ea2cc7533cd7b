/* The bags that the ledger has on record below a place, as the sources of one command: each is a
 * run of its own (cli/several.h), and goes to the path that it has there. */
#ifndef ACC_CLI_BAGS_H
#define ACC_CLI_BAGS_H

#include "cli/cli.h"

struct acc_bags {
    char *parent;          /* as it was typed, without a slash at its end */
    char **words, **paths; /* what each run is given, and its path below the parent; one each,
                              NULL-terminated, or NULL */
    size_t count;
};

/* A place without a slash at its end, to be freed: it asks for nothing else. */
char *acc_place_without_slash(const char *place);

/* `typed`: `url` before its name was resolved, so that a run finds what the configuration says of
 * it. Release, also after an error. */
enum acc_code acc_bags_below(struct acc_bags *bags, const char *typed, const char *url,
                             const char *ledger, bool readonly,
                             const struct acc_connection *connection, struct acc_error *err);
/* One without a path: the place itself. */
void acc_bags_add(struct acc_bags *bags, const char *path);
void acc_bags_release(struct acc_bags *bags);

#endif
