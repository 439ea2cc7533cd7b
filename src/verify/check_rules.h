/* The rules of a check: from what is known of one entry to what to ask next, or to the finding.
 * Pure: no request, no clock, no state. The driver (check.c) asks, writes the answer into the
 * facts and comes back, at most ACC_QUESTIONS_MAX times.
 *
 *   level    asks                                   when something is wrong, also
 *   listed   nothing: the listing suffices          HEAD for the size, LOOK
 *   stored   HEAD                                   LOOK
 *   read     READ (If-Match what was archived)      READ_ANY, LOOK, BOUND
 *
 * LOOK lists the versions of the key: what lies on top, whether the archived version still exists.
 * BOUND reads that archived version, so that the report can say whether it is unharmed. */
#ifndef ACC_VERIFY_CHECK_RULES_H
#define ACC_VERIFY_CHECK_RULES_H

#include <accession/verify.h>
#include "base/entry.h"
#include "gate/gate.h"
#include "ledger/ledger.h"
#include "s3/ops/ops.h"

#define ACC_QUESTIONS_MAX 8
#define ACC_REREADS_MAX 2

enum acc_question {
    ACC_ASK_NOTHING, /* the verdict is there */
    ACC_ASK_HEAD,
    ACC_ASK_READ,     /* GET of what is on top, If-Match the archived ETag where one is known */
    ACC_ASK_READ_ANY, /* GET of what is on top, whatever it is; LOOK has to be asked again after */
    ACC_ASK_LOOK,
    ACC_ASK_BOUND,
    ACC_QUESTION_COUNT
};

enum acc_answer {
    ACC_ANSWER_NONE, /* not asked */
    ACC_ANSWER_YES,
    ACC_ANSWER_MISSING,
    ACC_ANSWER_DENIED,  /* 403 */
    ACC_ANSWER_CHANGED, /* 412: not what was archived */
    ACC_ANSWER_COLD,    /* in an archive storage class */
    ACC_ANSWER_REFUSED  /* this request alone, for another reason: `refusal` */
};

struct acc_read_facts {
    enum acc_answer answer;
    int64_t size;
    struct acc_digests digests;
    char etag[ACC_S3_ETAG], version_id[ACC_S3_VERSION];
};

struct acc_facts {
    enum acc_level level;
    const struct acc_entry *entry;       /* promised digests are what counts, wherever from */
    int64_t size;                        /* promised or archived; -1 when not known */
    const struct acc_archived *archived; /* NULL: the ledger knows nothing of this content */
    enum acc_listing listed;
    struct {
        enum acc_answer answer;
        struct acc_s3_object object;
    } head;
    struct acc_read_facts read, bound;
    unsigned rereads;
    struct {
        enum acc_answer answer;
        bool top_deleted;
        char top_etag[ACC_S3_ETAG], top_version[ACC_S3_VERSION];
        int64_t top_modified; /* wall clock, milliseconds; 0 if there is no version at all */
        unsigned versions;    /* delete markers not counted */
        bool archived_there;
    } look;
    char refusal[256];
};

struct acc_verdict {
    enum acc_finding finding;
    enum acc_proof proof;
    char detail[640];
    struct acc_unchanged *unchanged; /* with UNCHANGED alone; the holder of the verdict frees it */
};

/* The ledger's record of the entry's content. NULL if it has none, or if its digests are not those
 * promised now, since then it describes other content. And the size to expect, or -1. */
const struct acc_archived *acc_rules_archived(const struct acc_row *row);
int64_t acc_rules_size(const struct acc_row *row);

/* Fills `verdict` when it returns ACC_ASK_NOTHING. */
enum acc_question acc_rules_next(const struct acc_facts *facts, struct acc_verdict *verdict);

#endif
