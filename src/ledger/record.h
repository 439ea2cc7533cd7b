/* One record applied to the tables, inside the writer's transaction. */
#ifndef ACC_LEDGER_RECORD_H
#define ACC_LEDGER_RECORD_H

#include "ledger/ledger.h"
#include "ledger/sql.h"

/* Kinds that only success.c gives a record, beside enum acc_record_kind. */
enum acc_success_kind {
    ACC_SUCCESS_ARCHIVED = ACC_RECORD_KINDS,
    ACC_SUCCESS_ALREADY,
    ACC_SUCCESS_UNCHANGED
};

enum acc_code acc_record_apply(struct acc_sql *sql, const struct acc_record *record,
                               struct acc_error *err);

#endif
