/* What drives an upload through its rules: events are posted and drained here, and only here does
 * the state change. open.c, adopt.c, transfer.c, send.c and end.c work above it: they start
 * something, count it as in progress, and post what comes of it. What each action does is in the
 * table that upload.c gives to every upload.
 *
 * Threads: the loop's thread.
 */
#ifndef ACC_INGEST_UPLOAD_MACHINE_H
#define ACC_INGEST_UPLOAD_MACHINE_H

#include "ingest/upload/upload.h"

/* Something of the upload is in progress: a request, a job, a record, a wait for a buffer. */
void acc_upload_begin(struct acc_upload *u);
/* It has ended; call after posting its event. The upload may be over, and freed, when this returns.
 */
void acc_upload_end(struct acc_upload *u);

/* Stores why a call failed and posts the event that fits its class. */
void acc_upload_call_failed(struct acc_upload *u, struct acc_s3_call *call);

/* Posts a record of the upload to the ledger. With `on_durable` it is in progress until then. */
void acc_upload_record(struct acc_upload *u, enum acc_record_kind kind,
                       void (*on_durable)(struct acc_record *, const struct acc_error *));
/* Fills the record alone: its user posts it. With `on_durable` it is in progress from here on. */
void acc_upload_prepare_record(struct acc_upload *u,
                               void (*on_durable)(struct acc_record *, const struct acc_error *));
/* For `on_durable`: posts `event`, or that the ledger failed, and ends what record() began. */
void acc_upload_after_record(struct acc_record *record, const struct acc_error *failed,
                             enum acc_upload_event event);

/* A job could not read the file. A shortage of this machine is no fault of the file: it stops the
 * run as the ledger's failure does. */
void acc_upload_file_failed(struct acc_upload *u);

/* The pause before the upload's next request, in milliseconds; returned once, then 0. */
uint64_t acc_upload_take_pause(struct acc_upload *u);

#endif
