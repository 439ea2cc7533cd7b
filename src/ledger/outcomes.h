/* Records: what became of an entry, posted by the owner and durable a little later
 * (ledger/ledger.h). */
#ifndef ACC_LEDGER_OUTCOMES_H
#define ACC_LEDGER_OUTCOMES_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/error.h>
#include "base/list.h"
#include "ledger/rows.h"
#include "ledger/uploads.h"

struct acc_ledger;
struct acc_proven; /* gate/gate.h */
struct acc_unchanged;
struct acc_verified;

enum acc_record_kind {
    ACC_RECORD_UPLOAD_OPENING, /* reason: the key of which an upload is about to be created; `at` */
    ACC_RECORD_UPLOAD_OPENED,  /* reason: that key. Its id is on record, unless it has none */
    ACC_RECORD_OPENINGS_SWEPT, /* of this run and earlier ones no lost upload is left, nor can one
                                  come of what was opened before `at`; entry 0 */
    ACC_RECORD_UPLOAD_BEGUN, /* upload_id, token, part_size, archived.checksum (its name alone); an
                                earlier one is gone */
    ACC_RECORD_PART_DONE,    /* part; dropped when no upload is unfinished */
    ACC_RECORD_PART_FORGOTTEN, /* part.number: the server has lost it */
    ACC_RECORD_UPLOAD_GATED,   /* archived.digests, archived.checksum: what the object is to have */
    ACC_RECORD_UPLOAD_GONE,    /* aborted, or found gone */
    ACC_RECORD_LEARNT,         /* archived.etag, archived.version_id: where this run has none */
    ACC_RECORD_MISSED,   /* checked.gone: the object on record is not what the bucket shows now */
    ACC_RECORD_FAILED,   /* code, reason */
    ACC_RECORD_CONFLICT, /* code, reason */
    ACC_RECORD_WITHHELD, /* code, reason */
    ACC_RECORD_DIFFERS,  /* checked, code, reason: a verification's result other than success */
    ACC_RECORD_CARRIED,  /* checked.run: the success that this earlier verification recorded goes on
                            counting; a run that recorded none for this promise fails the batch */
    ACC_RECORD_CLAIM_GONE,          /* the run has no claim in the bucket; entry 0 */
    ACC_RECORD_EARLIER_CLAIMS_GONE, /* nor have the earlier runs to its destination; entry 0 */
    ACC_RECORD_NOTE, /* code, reason: something to report about the run as a whole; entry 0 */
    ACC_RECORD_KINDS
};

/* One record. Embedded in its user's operation; the ledger owns it from post to on_durable. Strings
 * are copied at post. on_durable (may be NULL: then the struct may be freed or reused as soon as
 * post returns) runs on the owner's thread inside acc_ledger_deliver(), never inside post; `failed`
 * holds the ledger's error if the commit failed, after which every later record fails too.
 *
 * Post waits only when 2,048 records are queued, until the writer takes them; never while a load is
 * open. A record naming an entry that its run does not have fails as ACC_INTERNAL. */
struct acc_record {
    enum acc_record_kind kind;
    int64_t run;
    int64_t entry;
    const char *upload_id;
    const char *token;
    int64_t part_size;
    struct acc_part_row part;
    struct acc_archived archived;
    struct acc_checked checked;
    enum acc_code code;
    const char *reason;
    int64_t at; /* by the server's clock, milliseconds */
    void (*on_durable)(struct acc_record *record, const struct acc_error *failed);
};
void acc_ledger_post(struct acc_ledger *ledger, struct acc_record *record);

/* Success has no kind of its own: it is posted with the value that only the gate makes, and digests
 * and size are those of the value. The first two end the entry's unfinished upload.
 *  - archived: sent by this run; record->archived has the rest (its proof "sent", or "read" when
 * the server's word was in doubt and the bytes were read back);
 *  - already: it was there. When acc_proven_by() is ACC_GROUNDS_LEDGER the facts on record stay the
 * only ones; else record->archived has what the server shows of the object now;
 *  - unchanged: a verification found it as promised; record->checked.at and reason, level and proof
 * are those of the value. */
void acc_ledger_post_archived(struct acc_ledger *ledger, struct acc_record *record,
                              const struct acc_verified *verified);
void acc_ledger_post_already(struct acc_ledger *ledger, struct acc_record *record,
                             const struct acc_proven *proven);
void acc_ledger_post_unchanged(struct acc_ledger *ledger, struct acc_record *record,
                               const struct acc_unchanged *unchanged);

/* Calls on_durable of what has become durable. Returns how many. */
unsigned acc_ledger_deliver(struct acc_ledger *ledger);
/* Blocks until everything posted so far is committed, then delivers. For tests and shutdown. */
enum acc_code acc_ledger_flush(struct acc_ledger *ledger, struct acc_error *err);
/* Records posted and not yet durable: the back-pressure for the posting side. */
unsigned acc_ledger_backlog(const struct acc_ledger *ledger);

#endif
