/* The fifth layout, which separates what the bucket holds from what runs asked for. Its schema is
 * in separate.c, with the statements that lead there from the fourth. */
#ifndef ACC_LEDGER_SEPARATE_H
#define ACC_LEDGER_SEPARATE_H

#include "ledger/sql.h"

extern const char acc_separate_schema[];

/* Registers the functions that acc_separate_schema calls, with this connection alone. */
enum acc_code acc_separate_functions(struct acc_sql *sql, struct acc_error *err);

#endif
