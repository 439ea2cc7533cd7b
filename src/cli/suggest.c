/* "Did you mean": the nearest of a list of names by optimal string alignment distance (insertions,
 * deletions, substitutions and swaps of neighbours each cost one). Never fails; long words are not
 * compared, since they are no misspelt names. */
#include "cli/options.h"

#include <string.h>

#define LONGEST 40

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t distance(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);
    size_t rows[3][LONGEST + 1];
    size_t *before = rows[0], *previous = rows[1], *current = rows[2];
    for (size_t j = 0; j <= b_len; j++)
        previous[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        current[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            current[j] = least(least(previous[j] + 1, current[j - 1] + 1),
                               previous[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                current[j] = least(current[j], before[j - 2] + 1);
        }
        size_t *spare = before;
        before = previous;
        previous = current;
        current = spare;
    }
    return previous[b_len];
}

const char *acc_suggest(const char *text, const char *(*candidate)(const void *arg, size_t index),
                        const void *arg)
{
    size_t len = strlen(text);
    size_t best = len < 4 ? 2 : 3; /* farther than this is another word */
    const char *nearest = NULL, *name;
    if (len == 0 || len > LONGEST)
        return NULL;
    for (size_t i = 0; (name = candidate(arg, i)) != NULL; i++) {
        if (strlen(name) > LONGEST)
            continue;
        size_t d = distance(text, name);
        if (d < best && d < len) {
            best = d;
            nearest = name;
        }
    }
    return nearest;
}
