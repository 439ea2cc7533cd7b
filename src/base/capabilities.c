/* The list of capabilities as rows. Nothing fails. */
#include <accession/capabilities.h>

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/mem.h"

static const struct {
    const char *name, *text;
    size_t offset;
} rows[] = {
#define X(name, text) {#name, text, offsetof(struct acc_capabilities, name)},
    ACC_CAPABILITIES(X)
#undef X
};

bool acc_capability_at(const struct acc_capabilities *capabilities, unsigned at,
                       struct acc_capability *capability)
{
    if (at >= ACC_COUNT_OF(rows))
        return false;
    const void *field = (const char *)capabilities + rows[at].offset;
    *capability =
        (struct acc_capability){rows[at].name, rows[at].text, *(const enum acc_known *)field};
    return true;
}

void acc_capability_set(struct acc_capabilities *capabilities, const char *name,
                        enum acc_known known)
{
    for (size_t i = 0; i < ACC_COUNT_OF(rows); i++)
        if (strcmp(rows[i].name, name) == 0)
            *(enum acc_known *)((char *)capabilities + rows[i].offset) = known;
}

const char *acc_known_name(enum acc_known known)
{
    static const char *const names[] = {
        [ACC_KNOWN_NOT] = "not known", [ACC_KNOWN_YES] = "yes", [ACC_KNOWN_NO] = "no"};
    return names[known];
}
