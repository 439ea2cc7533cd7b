/* What a server was seen to do at one destination. The probe fills it, later answers add to it, and
 * the rest of the program asks it, never the server's name. */
#ifndef ACCESSION_CAPABILITIES_H
#define ACCESSION_CAPABILITIES_H

#include <stdint.h>

enum acc_known {
    ACC_KNOWN_NOT, /* nothing has shown it yet */
    ACC_KNOWN_YES,
    ACC_KNOWN_NO
};

/* X(field and name in JSON, what a "yes" says) */
#define ACC_CAPABILITIES(X)                                                                        \
    X(conditional_put, "refuses to overwrite with PutObject (If-None-Match)")                      \
    X(conditional_complete, "refuses to overwrite with CompleteMultipartUpload")                   \
    X(signed_hash_checked, "refuses a body that differs from its signed SHA-256")                  \
    X(checksum_known, "knows the additional checksum (--checksum)")                                \
    X(checksum_checked, "refuses a body that differs from its additional checksum")                \
    X(md5_checked, "refuses a body that differs from its Content-MD5")                             \
    X(versioning_known, "says whether the bucket keeps versions")                                  \
    X(versions_listed, "lists the versions of objects")                                            \
    X(uploads_listed, "lists open uploads below a prefix")                                         \
    X(uploads_listed_by_key, "lists the open uploads of one key")                                  \
    X(names_encoded, "encodes names in listings (encoding-type=url)")                              \
    X(listing_sorted, "lists names in the order of their bytes")

struct acc_capabilities {
#define X(name, text) enum acc_known name;
    ACC_CAPABILITIES(X)
#undef X
    int64_t since; /* some of it was seen by an earlier run, at the earliest then (wall clock,
                      milliseconds); 0: all of it was seen by this one */
};

/* One of them by its place in the list, for showing: its name, what a "yes" says and what is known.
 * False behind the last one. */
struct acc_capability {
    const char *name, *text;
    enum acc_known known;
};
_Bool acc_capability_at(const struct acc_capabilities *capabilities, unsigned at,
                        struct acc_capability *capability);
/* Sets the one of that name; an unknown name is ignored. */
void acc_capability_set(struct acc_capabilities *capabilities, const char *name,
                        enum acc_known known);
/* "yes", "no", "not known". Static. */
const char *acc_known_name(enum acc_known known);

#endif
