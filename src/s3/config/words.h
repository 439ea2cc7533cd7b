/* Text split into words as a POSIX shell splits it, without expansions: quotes and backslashes
 * mean what they mean there. The aws command line reads section names and credential_process so. */
#ifndef ACC_S3_WORDS_H
#define ACC_S3_WORDS_H

#include <stddef.h>

/* The words, followed by a NULL; their number goes into `count` unless that is NULL. Returns NULL
 * if there are no words, if quotes are not closed, or if the last character is a backslash. */
char **acc_words_split(const char *text, size_t *count);
void acc_words_free(char **words); /* NULL is fine */

#endif
