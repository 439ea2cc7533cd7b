/* One table of partitions. A region belongs to the first whose prefix it has; an unknown region is
 * taken for a new one of the ordinary partition. */
#include "s3/config/aws_hosts.h"

#include <string.h>

#include "base/mem.h"

static const struct partition {
    const char *name;
    const char *prefix;      /* of its regions' names */
    const char *suffix;      /* of host names */
    const char *dual_suffix; /* of the newer kind of dual-stack names, which S3 does not have */
    bool s3_fips;
} partitions[] = {
    {"aws-cn", "cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn", false},
    {"aws-us-gov", "us-gov-", "amazonaws.com", "api.aws", true},
    {"aws-eusc", "eusc-", "amazonaws.eu", "api.amazonwebservices.eu", true},
    {"aws-iso", "us-iso-", "c2s.ic.gov", "api.aws.ic.gov", true},
    {"aws-iso-b", "us-isob-", "sc2s.sgov.gov", "api.aws.scloud", true},
    {"aws-iso-e", "eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk", true},
    {"aws-iso-f", "us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov", true},
    {"aws", "", "amazonaws.com", "api.aws", true},
};

static const struct partition *partition_of(const char *region)
{
    size_t i = 0;
    while (!acc_starts_with(region, partitions[i].prefix))
        i++;
    return &partitions[i];
}

const char *acc_aws_partition(const char *region)
{
    return partition_of(region)->name;
}

bool acc_aws_has_fips(const char *region)
{
    return partition_of(region)->s3_fips;
}

void acc_aws_s3_host(const struct acc_aws_place *place, const char *service, struct acc_str *host)
{
    acc_str_addf(host, "%s%s%s.%s.%s", service, place->fips ? "-fips" : "",
                 place->dual_stack ? ".dualstack" : "", place->region,
                 partition_of(place->region)->suffix);
}

void acc_aws_sts_host(const struct acc_aws_place *place, struct acc_str *host)
{
    const struct partition *partition = partition_of(place->region);
    /* GovCloud's ordinary names are FIPS endpoints already. */
    bool fips = place->fips && (strcmp(partition->name, "aws-us-gov") != 0 || place->dual_stack);
    acc_str_addf(host, "sts%s.%s.%s", fips ? "-fips" : "", place->region,
                 place->dual_stack ? partition->dual_suffix : partition->suffix);
}
