/* What the states of an upload do (ingest/upload/rules.h), and what these actions share. Only the
 * files of the driver include this: upload.c, upload_open.c, upload_send.c, upload_end.c, adopt.c.
 * Each action starts something and returns; what comes of it is posted as an event. */
#ifndef ACC_INGEST_UPLOAD_ACTIONS_H
#define ACC_INGEST_UPLOAD_ACTIONS_H

#include "ingest/upload/upload.h"

/* What pause_ms says, once. */
uint64_t acc_upload_take_pause(struct acc_upload *u);
void acc_upload_do_open(struct acc_upload *u);
void acc_upload_record(struct acc_upload *u, enum acc_record_kind kind,
                       void (*on_durable)(struct acc_record *, const struct acc_error *));
void acc_upload_after_record(struct acc_record *record, const struct acc_error *failed,
                             enum acc_upload_event event);
/* The additional checksum of a part, of NONE where the upload has none or only the whole's is kept.
 */
struct acc_s3_sum acc_upload_part_sum(const void *upload, int at);
void acc_upload_do_create(struct acc_upload *u);
void acc_upload_do_gate(struct acc_upload *u);
void acc_upload_after_read_back(struct acc_readback *readback, enum acc_upload_event event);
void acc_upload_on_proven_read_back(struct acc_readback *readback);
void acc_upload_read_back(struct acc_upload *u, bool look_only,
                          void (*on_done)(struct acc_readback *));
void acc_upload_do_commit(struct acc_upload *u);
void acc_upload_do_prove(struct acc_upload *u);
void acc_upload_do_record(struct acc_upload *u);
void acc_upload_forget(struct acc_upload *u);
void acc_upload_do_quiet(struct acc_upload *u);
void acc_upload_do_settle(struct acc_upload *u);
void acc_upload_do_abort(struct acc_upload *u);
void acc_upload_do_hurry(struct acc_upload *u);
void acc_upload_do_record_already(struct acc_upload *u);
void acc_upload_let_go(struct acc_upload *u);
void acc_upload_do_begin_again(struct acc_upload *u);
void acc_upload_do_finish(struct acc_upload *u);

#endif
