/* Scenario files: how the model behaves (`config` lines) and which requests meet something else
 * than the model's answer (`on` lines). The grammar is in README.md. */
#ifndef SCRIPTED_SCENARIO_H
#define SCRIPTED_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accession/error.h>
#include "http.h"
#include "operation.h"

/* Values of the `config` line's words. */
enum { NO, YES };
enum { CONDITION_NONE, CONDITION_PUT, CONDITION_ALL, CONDITION_UNKNOWN };
enum { CHECKSUMS_IGNORED, CHECKSUMS_STORED, CHECKSUMS_VERIFIED };
enum { REPEAT_SAME, REPEAT_ERROR };
enum { UPLOADS_BY_PREFIX, UPLOADS_BY_KEY };
enum { ORDER_BYTES, ORDER_UTF16 };
enum { IMDS_V1, IMDS_V2 };
enum { COLD_NO, COLD_YES, COLD_THAWED };

/* How a rule changes what the reply shows. */
enum { ETAG_QUOTED, ETAG_EMPTY, ETAG_BARE, ETAG_WRONG };
enum { CHECKSUM_STORED, CHECKSUM_NONE, CHECKSUM_WRONG };

struct config {
    int versioned;      /* buckets are made with versioning on */
    int if_none_match;  /* CONDITION_*: which writes honour If-None-Match */
    int checksums;      /* CHECKSUMS_*: what becomes of x-amz-checksum-* and Content-MD5 */
    char *algorithms;   /* globs between commas: the checksum algorithms that are known */
    int full_object;    /* x-amz-checksum-type is known */
    int list_checksums; /* Complete must list every part's checksum, full object or not */
    char *own_checksum; /* the algorithm for objects that were sent without a checksum; "" turns it
                           off */
    int payload_hash;   /* x-amz-content-sha256 is compared with the body */
    int uploads;        /* UPLOADS_*: what ListMultipartUploads finds by its prefix */
    int order;          /* ORDER_*: of the keys in ListObjectsV2 */
    int encoding;       /* encoding-type=url is known */
    int chunked;        /* bodies come in chunks, without Content-Length */
    int equal_parts;    /* all parts but the last must be of one size */
    int cold;           /* COLD_*: whether GLACIER and DEEP_ARCHIVE are cold storage */
    int repeat;         /* REPEAT_*: a second Complete of a finished upload */
    long long page;     /* most entries in a page of a listing */
    long long min_part; /* smallest part but the last */
    long long clock_ms; /* the server's clock is ahead by so much (negative: behind) */
    char *region;
    char *buckets;     /* names between commas; "auto" makes each on first use */
    char *gone;        /* the code for an upload id that isn't open */
    char *forget;      /* names of request headers, between commas, that are silently not stored */
    char *access_keys; /* globs between commas; others are InvalidAccessKeyId */
    long long lifetime_ms; /* of credentials that the services hand out */
    int imds;              /* IMDS_*: which version of the protocol */
    char *authorization;   /* what the container endpoint demands, "" for nothing */
    char *form;            /* fields that AssumeRole demands, "NAME=VALUE&…" as in the form */
};

enum action { ACTION_PASS, ACTION_ANSWER, ACTION_DROP, ACTION_RESET, ACTION_STALL, ACTION_GARBAGE };

struct range {
    long long first;
    long long last;
};

/* A length of the reply: a number of bytes, a share, or all but the last so many. */
struct extent {
    bool given;
    bool percent;
    long long value;
};

struct rule {
    uint64_t operations;
    struct { /* all that are given must fit */
        char *bucket, *key, *access_key, *header;
        struct range part, nth;
        long long after, until, every, for_ms;
    } when;
    bool act; /* the model acts although its reply is not sent */
    enum action action;
    int status;
    char *code;
    struct {
        char *message, *body, *type;
        int etag;     /* ETAG_* */
        int checksum; /* CHECKSUM_* */
        struct http_pairs add;
        char *remove;
        long long retry_after; /* seconds; -1 if not set */
        long long delay_ms, space;
        long long drip_ms; /* between two bytes of the reply's body; 0: all immediately */
        long long hold;    /* the reply waits until this many replies wait; 0 for no wait */
        long long bytes;   /* act when so many bytes of the body are here; -1 for all */
        struct extent cut, trim, length;
    } how;
    long long seen;    /* requests that fitted operation, key, part and header */
    int64_t first_hit; /* monotonic ms, 0 before */
};

struct scenario {
    struct config config;
    struct rule *rules;
    size_t count;
    struct scenario
        *next; /* the one it replaced, whose rules an exchange in progress may still hold */
};

/* `name` is for messages. On error nothing is returned and the message is "NAME:LINE: …". */
enum acc_code scenario_parse(const char *name, const char *text, struct scenario **out,
                             struct acc_error *err);
/* With those that it replaced. */
void scenario_free(struct scenario *scenario);
/* Every rule has seen nothing. */
void scenario_reset(struct scenario *scenario);

/* The facts of a request that rules match. */
struct occasion {
    enum operation op;
    const char *bucket, *key, *access_key;
    long long part;   /* 0 if the request has none */
    long long number; /* of the request since start or reset */
    const struct http_request *request;
};

/* The rule for this request, or NULL when the model answers. Counts it in every rule that it fits.
 */
const struct rule *scenario_match(struct scenario *scenario, const struct occasion *occasion);

/* fnmatch(3) against each of the globs between commas. */
bool scenario_listed(const char *globs, const char *text);

#endif
