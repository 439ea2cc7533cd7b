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

/* Entries that follow each other, and were there already as the ledger has them: a rerun over an
 * archive is little else, and each such stretch is one statement. A zeroed struct is empty. */
struct acc_span {
    int64_t run;
    int64_t first, last; /* entries */
    uint64_t count;
};

/* Applies the record, or adds it to the span, of which acc_span_apply() must be the end. What was
 * in the span is applied before any other record. */
enum acc_code acc_record_apply(struct acc_sql *sql, struct acc_span *span,
                               const struct acc_record *record, struct acc_error *err);
enum acc_code acc_span_apply(struct acc_sql *sql, struct acc_span *span, struct acc_error *err);

#endif
