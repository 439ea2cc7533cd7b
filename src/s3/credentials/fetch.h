/* An HTTP request on behalf of a source of credentials: sent again where that helps, wiped
 * afterwards, and safe to abandon at any time.
 *
 *     acc_fetch_new -> acc_fetch_header.. -> acc_fetch_send -> on_answer -> send again, or close
 */
#ifndef ACC_S3_CREDENTIALS_FETCH_H
#define ACC_S3_CREDENTIALS_FETCH_H

#include "s3/credentials/lookup.h"

struct acc_fetch {
    struct acc_http_request http; /* the answer, in on_answer */
    struct acc_lookup *lookup;    /* NULL once abandoned */
    struct curl_slist *headers;
    struct acc_str url;
    struct acc_str body;
    const char *method;
    int attempts; /* how often at most; set by the source before the first send */
    int attempt;
    unsigned pause_ms; /* between them */
    /* Whether an answer is worth sending again for; NULL: 5xx and 429. */
    bool (*is_passing)(const struct acc_fetch *fetch);
    /* Not called when abandoned. `http.failure` and `http.status` show what happened. */
    void (*on_answer)(struct acc_fetch *fetch);
    struct acc_timer again;
    bool under_way, closing;
    int step;             /* for sources that ask several things in a row */
    struct acc_str about; /* what the source wants to remember for messages; no secret */
};

/* Becomes the lookup's work; abandoned with it. */
struct acc_fetch *acc_fetch_new(struct acc_lookup *lookup, void (*on_answer)(struct acc_fetch *));
void acc_fetch_header(struct acc_fetch *fetch, const char *name, const char *value);
void acc_fetch_clear_headers(struct acc_fetch *fetch);
void acc_fetch_send(struct acc_fetch *fetch, const char *method);
/* Wipes and frees it. In on_answer, before the lookup is ended. */
void acc_fetch_close(struct acc_fetch *fetch);

/* "no answer (Connection refused)", "answered 404": half a sentence for messages. */
void acc_fetch_describe(const struct acc_fetch *fetch, char *out, size_t size);

#endif
