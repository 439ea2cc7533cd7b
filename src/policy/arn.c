/* Splitting of ARNs (AWS General Reference, "Identify AWS resources with Amazon Resource Names").
 */
#include "policy/arn.h"

#include <string.h>

bool acc_arn_split(const char *text, struct acc_arn *arn)
{
    if (!acc_starts_with(text, "arn:"))
        return false;
    const char **parts[] = {&arn->partition, &arn->service, &arn->region, &arn->account};
    size_t *lens[] = {&arn->partition_len, &arn->service_len, &arn->region_len, &arn->account_len};
    const char *at = text + 4;
    for (size_t i = 0; i < 4; i++) {
        const char *colon = strchr(at, ':');
        if (colon == NULL)
            return false;
        *parts[i] = at;
        *lens[i] = (size_t)(colon - at);
        at = colon + 1;
    }
    arn->resource = at;
    return *at != '\0';
}

bool acc_account_number(const char *text, size_t len)
{
    return len == 12 && strspn(text, "0123456789") >= 12;
}

void acc_arn_role(const struct acc_arn *arn, const char *text, struct acc_str *out)
{
    const char *session = "assumed-role/";
    if (!acc_starts_with(arn->resource, session)) {
        acc_str_add(out, text);
        return;
    }
    const char *role = arn->resource + strlen(session);
    acc_str_addf(out, "arn:%.*s:iam::%.*s:role/%.*s", (int)arn->partition_len, arn->partition,
                 (int)arn->account_len, arn->account, (int)strcspn(role, "/"), role);
}
