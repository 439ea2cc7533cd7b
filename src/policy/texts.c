/* Lists of strings. Nothing fails. */
#include "policy/texts.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void acc_texts_add(struct acc_texts *texts, const char *text)
{
    texts->items = acc_realloc(texts->items, (texts->count + 1) * sizeof *texts->items);
    texts->items[texts->count++] = acc_strdup(text);
}

void acc_texts_add_new(struct acc_texts *texts, const char *text)
{
    for (size_t i = 0; i < texts->count; i++)
        if (strcmp(texts->items[i], text) == 0)
            return;
    acc_texts_add(texts, text);
}

void acc_texts_release(struct acc_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        free(texts->items[i]);
    free(texts->items);
    *texts = (struct acc_texts){0};
}

void acc_texts_join(const struct acc_texts *texts, const char *last, struct acc_str *out)
{
    for (size_t i = 0; i < texts->count; i++) {
        if (i > 0 && i + 1 == texts->count)
            acc_str_addf(out, " %s ", last);
        else if (i > 0)
            acc_str_add(out, ", ");
        acc_str_add(out, texts->items[i]);
    }
}
