/* Inside src/report: the ledger that a report is made from. */
#ifndef ACC_REPORT_OPEN_H
#define ACC_REPORT_OPEN_H

#include <accession/report.h>

#include "ledger/ledger.h"

/* Opens it for reading; `path` NULL is the default one. */
enum acc_code acc_report_open(const char *path, struct acc_ledger **ledger, struct acc_error *err);

/* For the callbacks of the public face; strings are the ledger's. */
struct acc_status_destination acc_report_destination_of(const struct acc_destination_info *info);
/* The URL without the slashes at its end, to be freed; NULL stays NULL. */
char *acc_report_plain_url(const char *url);
/* Before this time is due; 0 days: 90. */
int64_t acc_report_due_before(unsigned due_days);

#endif
