/* Quoting for shells: plain where nothing needs quotes, 'single quotes' where something does, $'…'
 * where a byte could not be shown. Nothing fails. */
#include "cli/screen/shell.h"

#include <string.h>

#include "base/path.h"
#include "base/secret.h"

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

/* A URL of a server may hold a password; no line that is shown repeats it. */
static void quote_argument(struct acc_str *line, const char *word)
{
    const char *url = strstr(word, "http");
    char shown[ACC_SHOWN];
    struct acc_str plain_word = {0};
    if (url == NULL || strchr(url, '@') == NULL || strstr(url, "://") == NULL) {
        acc_shell_quote(line, word);
        return;
    }
    acc_show_url(url, shown);
    acc_str_add_n(&plain_word, word, (size_t)(url - word));
    acc_str_add(&plain_word, shown);
    acc_shell_quote(line, acc_str_cstr(&plain_word));
    acc_str_release(&plain_word);
}

char *acc_shell_line(int argc, char *const *argv)
{
    struct acc_str line = {0};
    for (int i = 0; i < argc; i++) {
        if (i > 0)
            acc_str_add_c(&line, ' ');
        quote_argument(&line, argv[i]);
    }
    return acc_str_detach(&line);
}
