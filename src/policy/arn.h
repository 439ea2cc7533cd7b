/* Amazon Resource Names: arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE. */
#ifndef ACC_POLICY_ARN_H
#define ACC_POLICY_ARN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* Views into the text that was split; `resource` runs to its end. */
struct acc_arn {
    const char *partition, *service, *region, *account, *resource;
    size_t partition_len, service_len, region_len, account_len;
};

bool acc_arn_split(const char *text, struct acc_arn *arn);

/* Twelve digits. */
bool acc_account_number(const char *text, size_t len);

/* The ARN that policies name: of a role's session that of the role, else `text` itself. */
void acc_arn_role(const struct acc_arn *arn, const char *text, struct acc_str *out);

#endif
