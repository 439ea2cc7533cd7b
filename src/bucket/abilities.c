/* Two statements of the ledger, and what is new between them. Fails as the ledger does. */
#include "bucket/abilities.h"

#include <string.h>

#include "base/clock.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

static void bucket_of(const struct acc_s3 *s3, struct acc_str *out)
{
    acc_s3_canonical(s3, out);
    acc_str_cut(out, out->len - strlen(acc_s3_where(s3)->prefix));
}

enum acc_code acc_abilities_recall(struct acc_abilities *abilities, struct acc_ledger *ledger,
                                   struct acc_s3 *s3, struct acc_error *err)
{
    struct acc_str bucket = {0};
    struct acc_capabilities *can = acc_s3_can(s3);
    struct acc_capability now, before;
    if (acc_s3_is_aws(s3))
        return ACC_OK;
    bucket_of(s3, &bucket);
    int64_t after = acc_time_now() - ACC_ABILITIES_DAYS * DAY_MS;
    enum acc_code code =
        acc_ledger_capabilities(ledger, acc_str_cstr(&bucket), after, &abilities->recalled, err);
    acc_str_release(&bucket);
    abilities->recalled.checksum_known = abilities->recalled.checksum_checked = ACC_KNOWN_NOT;
    for (unsigned i = 0; code == ACC_OK && acc_capability_at(&abilities->recalled, i, &before) &&
                         acc_capability_at(can, i, &now);
         i++)
        if (now.known == ACC_KNOWN_NOT && before.known != ACC_KNOWN_NOT) {
            acc_capability_set(can, before.name, before.known);
            can->since = abilities->recalled.since;
        }
    return code;
}

enum acc_code acc_abilities_keep(const struct acc_abilities *abilities, struct acc_ledger *ledger,
                                 struct acc_s3 *s3, struct acc_error *err)
{
    struct acc_str bucket = {0};
    struct acc_capabilities fresh = *acc_s3_can(s3);
    struct acc_capability now, before;
    bool some = false;
    if (acc_s3_is_aws(s3))
        return ACC_OK;
    for (unsigned i = 0; acc_capability_at(&abilities->recalled, i, &before) &&
                         acc_capability_at(acc_s3_can(s3), i, &now);
         i++)
        if (now.known == before.known)
            acc_capability_set(&fresh, now.name, ACC_KNOWN_NOT);
        else
            some = true;
    if (!some)
        return ACC_OK;
    bucket_of(s3, &bucket);
    enum acc_code code = acc_ledger_keep_capabilities(ledger, acc_str_cstr(&bucket), &fresh, err);
    acc_str_release(&bucket);
    return code;
}
