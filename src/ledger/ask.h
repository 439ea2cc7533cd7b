/* Finding what is known by name, digest or External-Identifier, and all that is known of one object
 * or destination, in order of time (ledger/ledger.h). Threads: the owner. What is given to `each`
 * lives until it returns, and `each` may not ask the ledger. */
#ifndef ACC_LEDGER_ASK_H
#define ACC_LEDGER_ASK_H

#include <stdint.h>

#include <accession/ask.h>
#include <accession/digest.h>
#include <accession/error.h>

struct acc_ledger;

typedef void (*acc_ledger_each_hit)(void *arg, const struct acc_hit *hit);

/* Names: the last part of the path, or with a "/" in the pattern the path or the whole URL, by
 * SQLite's GLOB ("*" matches "/" too); destinations by the last part of their URL or all of it;
 * External-Identifiers. Ordered by URL. Fast while the last part begins with what is no wildcard,
 * else it looks at every name. `below` as in acc_ledger_list. */
enum acc_code acc_ledger_find_names(struct acc_ledger *ledger, const char *pattern,
                                    const char *below, acc_ledger_each_hit each, void *arg,
                                    struct acc_error *err);
/* Objects with a digest that begins with these hexadecimal digits (8 at least, lower case). */
enum acc_code acc_ledger_find_digest(struct acc_ledger *ledger, enum acc_alg alg, const char *hex,
                                     const char *below, acc_ledger_each_hit each, void *arg,
                                     struct acc_error *err);
/* What the URL names: destinations of this URL, one for each server, else entries of destinations
 * above it. */
enum acc_code acc_ledger_find_url(struct acc_ledger *ledger, const char *url,
                                  acc_ledger_each_hit each, void *arg, struct acc_error *err);

typedef void (*acc_ledger_each_chronicle)(void *arg, const struct acc_chronicle *event);
enum acc_code acc_ledger_chronicle(struct acc_ledger *ledger, const struct acc_hit *of,
                                   acc_ledger_each_chronicle each, void *arg,
                                   struct acc_error *err);

#endif
