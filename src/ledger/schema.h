/* The ledger's tables, and how a file comes to have them. The schema's own comments (schema.c) are
 * the description of the data model. */
#ifndef ACC_LEDGER_SCHEMA_H
#define ACC_LEDGER_SCHEMA_H

#include "ledger/sql.h"

/* Marks the file as ours ("ACCE"), in SQLite's header where file(1) sees it. */
#define ACC_LEDGER_APPLICATION_ID 0x41434345

/* Refuses a file that is not ours or was made by a newer version; an empty one passes. */
enum acc_code acc_schema_check(struct acc_sql *sql, struct acc_error *err);
/* The same, but an empty one is refused: no run has begun. */
enum acc_code acc_schema_check_begun(struct acc_sql *sql, struct acc_error *err);
/* For reading only: refuses an older one too, with what to do about it. */
enum acc_code acc_schema_check_current(struct acc_sql *sql, struct acc_error *err);
/* Makes the tables in an empty file and brings older ones up to date, in one transaction. */
enum acc_code acc_schema_migrate(struct acc_sql *sql, struct acc_error *err);

#endif
