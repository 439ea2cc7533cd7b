/* The user's command line, as it could be typed again. */
#ifndef ACC_CLI_SHELL_H
#define ACC_CLI_SHELL_H

#include "base/str.h"

/* Appends one word, quoted only where a POSIX shell needs it. A word with control characters or
 * invalid UTF-8 is written as $'…' (bash, zsh, ksh), so that it stays on its line and does nothing
 * to the terminal. */
void acc_shell_quote(struct acc_str *out, const char *word);

/* All words, with a space between. Returns memory to free(). */
char *acc_shell_line(int argc, char *const *argv);

#endif
