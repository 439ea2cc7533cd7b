/* "Did you mean": the nearest of a list of names (base/distance.h). Never fails; long words are not
 * compared, since they are not mistyped names. */
#include "cli/options.h"

#include <string.h>

#include "base/distance.h"

#define LONGEST 40

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
        size_t d = acc_distance(text, name);
        if (d < best && d < len) {
            best = d;
            nearest = name;
        }
    }
    return nearest;
}
