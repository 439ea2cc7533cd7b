/* Inside src/report: the ledger that a report is made from. */
#ifndef ACC_REPORT_OPEN_H
#define ACC_REPORT_OPEN_H

#include "ledger/ledger.h"

/* Opens it for reading; `path` NULL is the default one. */
enum acc_code acc_report_open(const char *path, struct acc_ledger **ledger, struct acc_error *err);

#endif
