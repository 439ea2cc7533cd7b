/* A digest, for programs: one object. */
#ifndef ACC_CLI_JSON_NEWS_H
#define ACC_CLI_JSON_NEWS_H

#include <stdio.h>

#include <accession/news.h>

void acc_json_news(FILE *out, const struct acc_news *news);

#endif
