/* Errors: one code, one sentence, and the exit status that goes with it.
 *
 * A function that can fail returns an enum acc_code (ACC_OK is 0) and fills the
 * struct acc_error it was handed. The message names the thing, the reason and the
 * next step, on one line, without a trailing newline. Callers on the way up may
 * add their context in front with acc_error_context().
 *
 * Threads: a struct acc_error belongs to one thread at a time; nothing is shared.
 */
#ifndef ACCESSION_ERROR_H
#define ACCESSION_ERROR_H

#include <stdarg.h>

/* X(name, exit status, who can correct it, what it means). The exit statuses are documented in
 * accession(1). A new code goes to the end: programs were compiled with the numbers. */
#define ACC_CODES(X)                                                                               \
    X(OK, 0, "", "no error")                                                                       \
    X(USAGE, 2, "this machine", "the command line is not understood")                              \
    X(CONFIG, 2, "this machine", "the configuration is not usable")                                \
    X(MANIFEST, 2, "the delivery", "a manifest is not usable")                                     \
    X(SOURCE, 2, "the delivery", "the source is not usable")                                       \
    X(LEDGER, 2, "this machine", "the ledger is not usable")                                       \
    X(LEDGER_BUSY, 2, "this machine", "another run holds the ledger for this destination")         \
    X(LOCAL, 2, "this machine", "a local resource failed")                                         \
    X(FILE_MISSING, 1, "the delivery", "a file named by the manifest is missing")                  \
    X(FILE_UNREADABLE, 1, "the delivery", "a file could not be read")                              \
    X(FILE_SIZE, 1, "the delivery", "a file is longer or shorter than the manifest says")          \
    X(FILE_CHANGED, 1, "the delivery", "a file changed while it was read")                         \
    X(FILE_KIND, 1, "the delivery", "not a regular file inside the source")                        \
    X(FILE_TOO_LARGE, 1, "the delivery", "a file is too large for the limits in force")            \
    X(FILE_KEY, 1, "the delivery", "the object key is not acceptable")                             \
    X(DIGEST, 1, "the delivery", "a digest differs from the manifest")                             \
    X(NO_DIGEST, 1, "the delivery", "the manifest gives no usable digest for a file")              \
    X(CONFLICT, 1, "the bucket", "the key exists with other content")                              \
    X(UNLISTED, 1, "the bucket", "a file is present but no manifest names it")                     \
    X(WITHHELD, 1, "the delivery", "kept back until every file of the delivery is archived")       \
    X(KEY_REFUSED, 1, "the bucket", "the server refuses this key alone")                           \
    X(COLD, 1, "the bucket", "the object is in cold storage and cannot be read now")               \
    X(ATTRIBUTES, 1, "the bucket", "the server dropped something the object was sent with")        \
    X(DIFFERENCE, 1, "the bucket", "the bucket differs from what was promised")                    \
    X(NOT_CHECKED, 1, "the server", "not everything could be checked as closely as asked")         \
    X(REFUSED, 3, "the bucket", "the destination refuses writes")                                  \
    X(CREDENTIALS, 4, "this machine", "the credentials are not accepted")                          \
    X(CLOCK, 4, "this machine", "the clock is too far from the server's")                          \
    X(BUCKET, 4, "the bucket", "the bucket name or region is wrong")                               \
    X(UNREACHABLE, 5, "the server", "the server cannot be reached")                                \
    X(SOURCE_UNREACHABLE, 5, "the server", "the server that the source lies on cannot be reached") \
    X(SERVER, 5, "the server", "the server keeps failing")                                         \
    X(PROTOCOL, 5, "the server", "the endpoint does not answer as S3 does")                        \
    X(INTERRUPTED, 130, "this machine", "interrupted")                                             \
    X(INTERNAL, 70, "this machine", "accession itself is at fault")                                \
    X(NOT_ON_RECORD, 2, "this machine", "nothing is on record at this URL")

enum acc_code {
#define X(name, exit, fault, text) ACC_##name,
    ACC_CODES(X)
#undef X
        ACC_CODE_COUNT
};

struct acc_error {
    enum acc_code code;
    char message[1536];
};

/* Sets code and message; returns `code`, so that a caller can write
 * `return acc_error_set(err, ACC_CONFIG, "…")`. `err` may be NULL. */
enum acc_code acc_error_set(struct acc_error *err, enum acc_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "<context>: " before the message; returns the code already set. */
enum acc_code acc_error_context(struct acc_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The code for a failed system call: ACC_LOCAL if `number` (errno) says that this machine is short
 * of something (descriptors, memory, space) or its disk fails, which is no fault of what was asked
 * for; else `otherwise`. */
enum acc_code acc_code_of_errno(int number, enum acc_code otherwise);

/* "DIGEST", for machine-readable output. Static storage. */
const char *acc_code_name(enum acc_code code);

/* The meaning of a code in a few words. Static storage. */
const char *acc_code_text(enum acc_code code);

/* Who can correct it: "the delivery", "the bucket", "the server" or "this machine"; "" of ACC_OK.
 * Static storage. */
const char *acc_code_fault(enum acc_code code);

/* The code with this name, or ACC_INTERNAL for a name that is not in the table. */
enum acc_code acc_code_from_name(const char *name);

/* The exit status that a run ends with when this is its worst error. */
int acc_code_exit(enum acc_code code);

#endif
