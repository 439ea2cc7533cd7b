/* The rows of objects, inside the writer's transaction. */
#ifndef ACC_LEDGER_OBJECT_H
#define ACC_LEDGER_OBJECT_H

#include "ledger/ledger.h"
#include "ledger/sql.h"

/* Adds the object of the record's `archived`, with the next number of its entry. */
enum acc_code acc_object_add(struct acc_sql *sql, const struct acc_record *record,
                             struct acc_error *err);
/* Adds the ETag and version that the server reported after the object was recorded. */
enum acc_code acc_object_learnt(struct acc_sql *sql, const struct acc_record *record,
                                struct acc_error *err);

#endif
