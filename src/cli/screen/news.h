/* A digest, for people: as a mail reads it. */
#ifndef ACC_CLI_SCREEN_NEWS_H
#define ACC_CLI_SCREEN_NEWS_H

#include <accession/news.h>

#include "cli/render/screen.h"

void acc_show_news(struct acc_screen *screen, const struct acc_news *news,
                   const struct acc_news_options *options);

#endif
