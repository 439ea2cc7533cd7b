/* Asking a ledger: where is it, since when, last verified when? From the ledger alone; nothing is
 * asked of a server, and nothing is written: a question about what is unknown is not remembered.
 * Strings that a callback is given live until it returns; it runs on the calling thread. Times are
 * wall clock, milliseconds, 0 for never. ACC_LEDGER when the ledger is missing or cannot be read.
 */
#ifndef ACCESSION_ASK_H
#define ACCESSION_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/digest.h>
#include <accession/error.h>
#include <accession/report.h>

/* ---- list ---- */

struct acc_list_options {
    const char *ledger; /* NULL: $XDG_STATE_HOME/accession/ledger.db */
    const char *url;    /* this one and all below it; NULL: all */
    const char *sort;   /* "url" (NULL), "files", "bytes", "archived", "verified" or "due" */
    bool reverse;
    unsigned due_days; /* 0: 90 */
    void (*on_destination)(void *arg, const struct acc_status_destination *destination);
    void *arg;
};
enum acc_code acc_list(const struct acc_list_options *options, struct acc_error *err);

/* ---- find ---- */

/* One entry, or a whole destination. */
struct acc_hit {
    int64_t destination, entry; /* entry 0: the destination itself */
    const char *url;            /* of the destination */
    const char *path;           /* below it, "" for itself */
    const char *identifier;     /* the External-Identifier that was found, "" for none */
    bool archived, reported;    /* reported: by others alone (accession/ledger.h) */
    int64_t size, at;        /* of the object, when archived; size also as reported, 0: unknown */
    int64_t last_checked;    /* 0: never */
    const char *last_level;  /* "" for never */
    enum acc_code last_code; /* what that check found */
    enum acc_alg alg;        /* of the digest that was found; ACC_ALG_COUNT: none */
    struct acc_digests digests; /* of the object */
};

struct acc_find_options {
    const char *ledger; /* as above */
    const char *url;
    const char *pattern; /* a name or path with * ? [], a URL with these, an External-Identifier; or
                            8 or more digits of a digest, with "sha256:" before them or not */
    void (*on_hit)(void *arg, const struct acc_hit *hit);
    void *arg;
};
enum acc_code acc_find(const struct acc_find_options *options, struct acc_error *err);

/* ---- show ---- */

/* One thing that happened. Texts are "" where nothing is known. */
enum acc_chronicle_kind {
    ACC_CHRONICLE_PROMISED, /* text: the manifest; line; digests; size or -1 */
    ACC_CHRONICLE_STARTED,  /* an upload: size: of its parts; text: its id */
    ACC_CHRONICLE_ARCHIVED, /* digests, size, etag, version, text: how it is known */
    ACC_CHRONICLE_ENDED,    /* with another outcome: code, text: why */
    ACC_CHRONICLE_GONE,     /* the object was not there any more */
    ACC_CHRONICLE_COVERED,  /* a newer version lay on top of it */
    ACC_CHRONICLE_CHECKED,  /* level, proof, code, text: what differed */
    ACC_CHRONICLE_RUN,      /* of a destination: kind in level, code, ended, text: its manifests */
    ACC_CHRONICLE_TOLD,     /* by others: ground in level, proof, text: where it was read */
    ACC_CHRONICLE_KINDS
};
struct acc_chronicle {
    enum acc_chronicle_kind kind;
    int64_t at;
    const char *run; /* its name */
    const char *text, *etag, *version, *level, *proof, *checksum;
    int64_t line, size;
    bool ended;
    enum acc_code code;
    struct acc_digests digests;
};

struct acc_show_options {
    const char *ledger; /* as above */
    const char *url;    /* of an object or a destination */
    unsigned due_days;
    /* What the URL names: one, or one for each server. Then all that is known of it. */
    void (*on_hit)(void *arg, const struct acc_hit *hit);
    void (*on_destination)(void *arg, const struct acc_status_destination *destination);
    void (*on_event)(void *arg, const struct acc_chronicle *event);
    void *arg;
};
enum acc_code acc_show(const struct acc_show_options *options, struct acc_error *err);

#endif
