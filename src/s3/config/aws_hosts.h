/* AWS's own host names, and how its regions divide into partitions. Pure.
 * Sources: AWS General Reference, "Amazon S3 endpoints and quotas", "AWS STS endpoints and quotas";
 * the partitions that AWS's command line carries. */
#ifndef ACC_S3_AWS_HOSTS_H
#define ACC_S3_AWS_HOSTS_H

#include <stdbool.h>

#include "base/str.h"

/* The options that a region's host names depend on. */
struct acc_aws_place {
    const char *region; /* "eu-west-1" */
    bool fips;
    bool dual_stack;
};

/* "aws", "aws-cn": what an ARN in this region begins with. Static storage. */
const char *acc_aws_partition(const char *region);
/* Whether S3 has FIPS endpoints there. */
bool acc_aws_has_fips(const char *region);

/* Appends "s3-fips.dualstack.eu-west-1.amazonaws.com"; `service` is "s3" or "s3-accesspoint". */
void acc_aws_s3_host(const struct acc_aws_place *place, const char *service, struct acc_str *host);
/* Appends "sts.eu-west-1.amazonaws.com". */
void acc_aws_sts_host(const struct acc_aws_place *place, struct acc_str *host);

#endif
