/* The end of a verification: what it all amounts to. */
#ifndef ACC_VERIFY_CONCLUDE_H
#define ACC_VERIFY_CONCLUDE_H

#include "verify/run.h"

/* Fills summary and `run->err`, ends the ledger's run, writes the receipt. */
void acc_verify_conclude(struct acc_verify_run *run);

#endif
