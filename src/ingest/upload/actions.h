/* What the states of an upload do, for the table in upload.c, and what these actions share. Each
 * action starts something and returns; what comes of it is posted as an event. */
#ifndef ACC_INGEST_UPLOAD_ACTIONS_H
#define ACC_INGEST_UPLOAD_ACTIONS_H

#include "ingest/upload/machine.h"

/* open.c */
void acc_upload_do_open(struct acc_upload *u);

/* adopt.c */
bool acc_upload_load_unfinished(struct acc_upload *u); /* from the ledger, at the start */
void acc_upload_do_adopt(struct acc_upload *u);        /* ask which parts the server holds */

/* transfer.c */
bool acc_upload_set_parts(struct acc_upload *u, int64_t file_size); /* false: `err` says why */
void acc_upload_do_transfer(struct acc_upload *u); /* read the file and send its parts */
void acc_upload_transfer_cancel(struct acc_upload *u, bool waiting_only);
void acc_upload_transfer_release(struct acc_upload *u);

/* send.c */
void acc_upload_do_create(struct acc_upload *u);
void acc_upload_do_gate(struct acc_upload *u);
void acc_upload_do_commit(struct acc_upload *u);
void acc_upload_read_back(struct acc_upload *u, bool look_only,
                          void (*on_done)(struct acc_readback *));
void acc_upload_on_proven_read_back(struct acc_readback *readback);

/* end.c */
void acc_upload_do_prove(struct acc_upload *u);
void acc_upload_do_record(struct acc_upload *u);
void acc_upload_do_record_already(struct acc_upload *u);
void acc_upload_do_quiet(struct acc_upload *u);
void acc_upload_do_settle(struct acc_upload *u);
void acc_upload_do_abort(struct acc_upload *u);
void acc_upload_do_hurry(struct acc_upload *u);
void acc_upload_do_begin_again(struct acc_upload *u);
void acc_upload_do_finish(struct acc_upload *u);
void acc_upload_forget(struct acc_upload *u); /* its multipart upload is gone */
void acc_upload_let_go(struct acc_upload *u); /* of file, buffers and parts */

#endif
