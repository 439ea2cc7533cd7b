/* The names of enum acc_grounds. Pure. */
#include "base/grounds.h"

#include <string.h>

static const char *const names[] = {
#define X(id, name) name,
    ACC_GROUNDS(X)
#undef X
};

const char *acc_grounds_name(enum acc_grounds grounds)
{
    return names[grounds];
}

enum acc_grounds acc_grounds_from_name(const char *name)
{
    for (int i = 0; i < ACC_GROUNDS_COUNT; i++)
        if (strcmp(names[i], name) == 0)
            return (enum acc_grounds)i;
    return ACC_GROUNDS_NONE;
}
