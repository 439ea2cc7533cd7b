/* Tables of tiers and classes. Nothing fails. */
#include "restore/thaw.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"

enum { EXPEDITED, STANDARD, BULK, TIERS };
static const char *const tiers[TIERS] = {"Expedited", "Standard", "Bulk"};

/* `moves`: the object changes its tier for good, so that no days are said. A class of "" is any
 * other. */
static const struct {
    const char *class;
    bool moves;
    const char *wait[TIERS];
} classes[] = {
    {"GLACIER", false, {"within 5 minutes", "within 5 hours", "within 12 hours"}},
    {"DEEP_ARCHIVE", false, {"not offered for this class", "within 12 hours", "within 48 hours"}},
    {"INTELLIGENT_TIERING", true, {"within 5 minutes", "within 12 hours", "within 48 hours"}},
    {"", false, {"soon", "within 12 hours", "within 48 hours"}},
};

static size_t row_of(const char *class)
{
    size_t row = 0;
    while (classes[row].class[0] != '\0' && strcmp(classes[row].class, class) != 0)
        row++;
    return row;
}

bool acc_thaw_parse(const char *text, struct acc_thaw *thaw)
{
    size_t len = strcspn(text, ":");
    long long days = ACC_THAW_DAYS;
    if (text[len] == ':' && !acc_parse_int(text + len + 1, 1, 3650, &days))
        return false;
    for (int i = 0; i < TIERS; i++)
        if (strlen(tiers[i]) == len && strncasecmp(tiers[i], text, len) == 0) {
            *thaw = (struct acc_thaw){.tier = tiers[i], .days = (unsigned)days};
            return true;
        }
    return false;
}

void acc_thaw_request(const struct acc_thaw *thaw, const char *class, struct acc_str *xml)
{
    acc_str_set(xml, "<RestoreRequest xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    if (!classes[row_of(class)].moves)
        acc_str_addf(xml, "<Days>%u</Days>", thaw->days);
    acc_str_addf(xml,
                 "<GlacierJobParameters><Tier>%s</Tier></GlacierJobParameters></RestoreRequest>",
                 thaw->tier);
}

const char *acc_thaw_wait(const struct acc_thaw *thaw, const char *class)
{
    for (int i = 0; i < TIERS; i++)
        if (strcmp(tiers[i], thaw->tier) == 0)
            return classes[row_of(class)].wait[i];
    return "";
}

bool acc_thaw_may_be_cold(const char *class)
{
    return classes[row_of(class)].class[0] != '\0';
}
