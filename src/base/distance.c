/* Three rows of the table at a time. Pure. */
#include "base/distance.h"

#include <stdint.h>
#include <string.h>

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t acc_distance(const char *a, const char *b)
{
    size_t a_len = strlen(a), b_len = strlen(b);
    size_t rows[3][ACC_DISTANCE_LONGEST + 1];
    size_t *before = rows[0], *previous = rows[1], *current = rows[2];
    if (a_len > ACC_DISTANCE_LONGEST || b_len > ACC_DISTANCE_LONGEST)
        return SIZE_MAX;
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
