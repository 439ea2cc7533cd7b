/* A URL above destinations: all of them are verified, one after the other, as one verification. */
#ifndef ACC_VERIFY_BELOW_H
#define ACC_VERIFY_BELOW_H

#include <accession/verify.h>

#include "base/str.h"

/* The destinations at or below a URL, those verified longest ago first: so an interrupted
 * verification of all goes on, in effect, where it was. Release. */
struct acc_verify_below {
    struct acc_verify_child {
        char *url;
        uint64_t files; /* archived; for the progress */
        int64_t bytes;
    } * children;
    size_t count, room;
    struct acc_str canonical; /* of the URL; empty without a server */
};

void acc_verify_below_add(struct acc_verify_below *below, const char *url, uint64_t files,
                          int64_t bytes);
void acc_verify_below_empty(struct acc_verify_below *below);
void acc_verify_below_release(struct acc_verify_below *below);

/* Verifies each by `verify`, with one progress and one summary. The worst outcome counts; what
 * makes the next one pointless (an interruption, credentials, a server that is gone) ends all. */
typedef enum acc_code (*acc_verify_one)(const struct acc_verify_options *options,
                                        struct acc_verify_summary *summary, struct acc_error *err);
enum acc_code acc_verify_each(const struct acc_verify_options *options,
                              const struct acc_verify_below *below, const char *url,
                              acc_verify_one verify, struct acc_verify_summary *summary,
                              struct acc_error *err);

#endif
