/* What a ledger answers, for programs: lines of JSON, and rows of CSV. */
#ifndef ACC_CLI_JSON_ASK_H
#define ACC_CLI_JSON_ASK_H

#include <stdio.h>

#include <accession/ask.h>

void acc_json_destination(FILE *out, const struct acc_status_destination *destination);
void acc_json_hit(FILE *out, const struct acc_hit *hit);
void acc_json_chronicle(FILE *out, const struct acc_chronicle *event);
/* A line of names goes before the first. */
void acc_csv_destination(FILE *out, const struct acc_status_destination *destination, bool first);

#endif
