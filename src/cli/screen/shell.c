/* Quoting for shells: plain where nothing needs quotes, 'single quotes' where something does, $'…'
 * where a byte could not be shown. Nothing fails. */
#include "cli/screen/shell.h"

#include <string.h>

#include "base/path.h"

static const char plain[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";

static void quote_bytes(struct acc_str *out, const char *shown)
{
    acc_str_add(out, "$'");
    for (; *shown; shown++) {
        if (*shown == '\'')
            acc_str_add_c(out, '\\');
        acc_str_add_c(out, *shown);
    }
    acc_str_add_c(out, '\'');
}

void acc_shell_quote(struct acc_str *out, const char *word)
{
    size_t len = strlen(word);
    /* A leading "=" is expanded by zsh. */
    if (len > 0 && strspn(word, plain) == len && *word != '=') {
        acc_str_add(out, word);
        return;
    }
    struct acc_str shown = {0};
    acc_text_show(&shown, word, len);
    if (len > 0 && strcmp(shown.data, word) != 0) {
        /* \n, \\ and \xNN mean in $'…' what acc_path_show() means by them. */
        acc_str_clear(&shown);
        acc_path_show(&shown, word, len);
        quote_bytes(out, shown.data);
        acc_str_release(&shown);
        return;
    }
    acc_str_release(&shown);
    acc_str_add_c(out, '\'');
    for (; *word; word++) {
        if (*word == '\'')
            acc_str_add(out, "'\\'");
        acc_str_add_c(out, *word);
    }
    acc_str_add_c(out, '\'');
}

char *acc_shell_line(int argc, char *const *argv)
{
    struct acc_str line = {0};
    for (int i = 0; i < argc; i++) {
        if (i > 0)
            acc_str_add_c(&line, ' ');
        acc_shell_quote(&line, argv[i]);
    }
    return acc_str_detach(&line);
}
