/* One pass, one word after the other. A text that cannot be split gives NULL; nothing stays
 * allocated then. */
#include "s3/config/words.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

static const char blanks[] = " \t\r\n";

/* Returns where the word ended; NULL when its quotes are not closed, or a backslash stands last. */
static const char *read_word(const char *text, struct acc_str *word)
{
    char quote = '\0';
    acc_str_add(word, "");
    for (; *text != '\0' && (quote != '\0' || strchr(blanks, *text) == NULL); text++) {
        if (*text == quote) {
            quote = '\0';
        } else if (quote == '\0' && (*text == '"' || *text == '\'')) {
            quote = *text;
        } else {
            bool escape =
                *text == '\\' &&
                (quote == '\0' || (quote == '"' && text[1] != '\0' && strchr("\"\\", text[1])));
            if (escape)
                text++;
            if (*text == '\0')
                return NULL;
            acc_str_add_c(word, *text);
        }
    }
    return quote == '\0' ? text : NULL;
}

char **acc_words_split(const char *text, size_t *count)
{
    char **words = acc_calloc(strlen(text) / 2 + 2, sizeof *words);
    size_t n = 0;
    text += strspn(text, blanks);
    while (text != NULL && *text != '\0') {
        struct acc_str word = {0};
        text = read_word(text, &word);
        words[n++] = acc_str_detach(&word);
        if (text != NULL)
            text += strspn(text, blanks);
    }
    if (count != NULL)
        *count = n;
    if (text != NULL && n > 0)
        return words;
    acc_words_free(words);
    return NULL;
}

void acc_words_free(char **words)
{
    for (char **word = words; word != NULL && *word != NULL; word++)
        free(*word);
    free(words);
}
