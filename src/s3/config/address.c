/* First the bucket: a name that no bucket can have, or a bucket that is written to in another way,
 * is refused with the reason. Then the host: an access point has its own; else the endpoint's or
 * the region's, with the bucket in front of it or behind. */
#include "s3/config/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "s3/config/aws_hosts.h"

/* The parts of an ARN, "arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE". */
struct arn {
    char partition[16], service[32], region[32], account[16], resource[160];
};

static bool take(char *out, size_t size, const char **from, const char *until)
{
    size_t len = strcspn(*from, until);
    if (len >= size)
        return false;
    memcpy(out, *from, len);
    out[len] = '\0';
    *from += len + ((*from)[len] != '\0');
    return true;
}

static bool split_arn(const char *text, struct arn *arn)
{
    const char *at = text + strlen("arn:");
    return take(arn->partition, sizeof arn->partition, &at, ":") &&
           take(arn->service, sizeof arn->service, &at, ":") &&
           take(arn->region, sizeof arn->region, &at, ":") &&
           take(arn->account, sizeof arn->account, &at, ":") &&
           take(arn->resource, sizeof arn->resource, &at, "");
}

/* The name in "accesspoint/NAME" or "accesspoint:NAME", or NULL. */
static const char *access_point_name(const struct arn *arn)
{
    static const char kind[] = "accesspoint", plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    const char *name = arn->resource + strlen(kind) + 1;
    if (!acc_starts_with(arn->resource, kind) || (name[-1] != '/' && name[-1] != ':') ||
        *name == '\0')
        return NULL;
    return name[strspn(name, plain)] == '\0' && strlen(name) <= 63 ? name : NULL;
}

static bool ends_with_mrap(const struct arn *arn)
{
    return arn->region[0] == '\0' && acc_ends_with(arn->resource, ".mrap");
}

/* ---- what is refused ---- */

static enum acc_code check_arn(const struct acc_s3_settings *s, const char *bucket, struct arn *arn,
                               struct acc_error *err)
{
    if (!split_arn(bucket, arn))
        return acc_error_set(err, ACC_USAGE, "%s: is not an ARN. Correct the URL.", bucket);
    if (strcmp(arn->service, "s3-outposts") == 0)
        return acc_error_set(err, ACC_USAGE,
                             "%s: S3 on Outposts needs other signatures and requests, which "
                             "accession does not support. Name a bucket in a region.",
                             bucket);
    if (strcmp(arn->service, "s3-object-lambda") == 0)
        return acc_error_set(
            err, ACC_USAGE,
            "%s: Object Lambda may return other content than what was stored. Name "
            "the access point or the bucket behind it.",
            bucket);
    if (strcmp(arn->service, "s3") == 0 && ends_with_mrap(arn))
        return acc_error_set(err, ACC_USAGE,
                             "%s: a Multi-Region Access Point needs another kind of signature "
                             "(SigV4A), which accession does not support. Name one of its buckets.",
                             bucket);
    if (strcmp(arn->service, "s3") == 0 && arn->region[0] == '\0' && arn->account[0] == '\0')
        return acc_error_set(err, ACC_USAGE, "%s: is a bucket's ARN. Write s3://%s instead.",
                             bucket, arn->resource);
    if (strcmp(arn->service, "s3") != 0 || access_point_name(arn) == NULL ||
        strlen(arn->account) != 12 || strspn(arn->account, "0123456789") != 12 ||
        arn->region[0] == '\0')
        return acc_error_set(err, ACC_USAGE,
                             "%s: is not the ARN of an access point, which is written "
                             "arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME. Correct the URL.",
                             bucket);
    if (strcmp(acc_aws_partition(arn->region), arn->partition) != 0)
        return acc_error_set(err, ACC_USAGE,
                             "%s: region %s is in partition %s, not %s. Correct the URL.", bucket,
                             arn->region, acc_aws_partition(arn->region), arn->partition);
    if (!s->use_arn_region && strcmp(arn->region, s->region) != 0)
        return acc_error_set(err, ACC_CONFIG,
                             "%s: is not in region %s, and s3_use_arn_region forbids requests to "
                             "another region. Give --%sregion %s.",
                             bucket, s->region, s->side, arn->region);
    return ACC_OK;
}

static enum acc_code check_name(const char *bucket, struct acc_error *err)
{
    if (acc_ends_with(bucket, "--x-s3"))
        return acc_error_set(err, ACC_USAGE,
                             "%s: is a directory bucket (S3 Express One Zone), whose sessions "
                             "accession does not support. Name a general purpose bucket.",
                             bucket);
    if (acc_ends_with(bucket, "--op-s3"))
        return acc_error_set(err, ACC_USAGE,
                             "%s: is on an Outpost, which needs other signatures and requests that "
                             "accession does not support. Name a bucket in a region.",
                             bucket);
    return ACC_OK;
}

static enum acc_code check_fips(const struct acc_s3_settings *s, const char *region,
                                struct acc_error *err)
{
    if (!s->fips || s->endpoint != NULL || acc_aws_has_fips(region))
        return ACC_OK;
    return acc_error_set(err, ACC_CONFIG,
                         "FIPS endpoints are asked for (use_fips_endpoint), but S3 has none in "
                         "region %s. Switch them off, or correct --%sregion.",
                         region, s->side);
}

/* ---- the host ---- */

static bool bucket_fits_host_name(const char *bucket, bool dots_too)
{
    /* Host names have no upper case and no underscores; a dot breaks AWS's wildcard certificate. */
    for (const char *c = bucket; *c; c++)
        if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && *c != '-' &&
            !(dots_too && *c == '.'))
            return false;
    return true;
}

/* Nothing can stand in front of an address. */
static bool is_address(const char *authority)
{
    struct in_addr v4;
    char host[16];
    size_t len = strcspn(authority, ":");
    if (*authority == '[')
        return true;
    if (len >= sizeof host)
        return false;
    memcpy(host, authority, len);
    host[len] = '\0';
    return inet_pton(AF_INET, host, &v4) == 1;
}

static bool is_virtual(const struct acc_s3_settings *s, const char *bucket, const char *authority)
{
    if (strcmp(s->addressing, "virtual") == 0)
        return !is_address(authority) && bucket_fits_host_name(bucket, s->endpoint != NULL);
    return strcmp(s->addressing, "auto") == 0 && s->endpoint == NULL &&
           bucket_fits_host_name(bucket, false);
}

/* "https://HOST" of the endpoint, or of AWS's `service` in the region. */
static void set_authority(struct acc_s3_address *a, const struct acc_s3_settings *s,
                          const char *service)
{
    struct acc_aws_place place = {acc_str_cstr(&a->region), s->fips, s->dual_stack};
    acc_str_clear(&a->base);
    acc_str_clear(&a->host);
    acc_str_clear(&a->path);
    if (s->endpoint != NULL) {
        const char *authority = strstr(s->endpoint, "://") + 3;
        acc_str_add_n(&a->base, s->endpoint, (size_t)(authority - s->endpoint));
        acc_str_add(&a->host, authority);
    } else {
        acc_str_set(&a->base, "https://");
        acc_aws_s3_host(&place, service, &a->host);
    }
}

static void put_in_front(struct acc_str *host, const char *label)
{
    struct acc_str longer = {0};
    acc_str_addf(&longer, "%s.%s", label, acc_str_cstr(host));
    acc_str_set(host, acc_str_cstr(&longer));
    acc_str_release(&longer);
}

/* curl leaves a default port out of the Host header; so must the signature. */
static void finish_base(struct acc_s3_address *a)
{
    const char *port = acc_starts_with(acc_str_cstr(&a->base), "https:") ? ":443" : ":80";
    acc_str_add(&a->base, acc_str_cstr(&a->host));
    if (acc_ends_with(acc_str_cstr(&a->host), port))
        acc_str_cut(&a->host, a->host.len - strlen(port));
}

static enum acc_code find_access_point(struct acc_s3_address *a, const struct acc_s3_settings *s,
                                       const char *bucket, struct acc_error *err)
{
    struct arn arn;
    struct acc_str label = {0};
    enum acc_code code = check_arn(s, bucket, &arn, err);
    if (code == ACC_OK)
        code = check_fips(s, arn.region, err);
    if (code != ACC_OK)
        return code;
    acc_str_set(&a->region, arn.region);
    set_authority(a, s, "s3-accesspoint");
    if (is_address(acc_str_cstr(&a->host)))
        return acc_error_set(
            err, ACC_CONFIG,
            "%s: an access point needs a host name, but the host in %s is an IP address. Give "
            "--%sendpoint-url a host name, or leave it out.",
            bucket, s->endpoint, s->side);
    acc_str_addf(&label, "%s-%s", access_point_name(&arn), arn.account);
    put_in_front(&a->host, acc_str_cstr(&label));
    acc_str_release(&label);
    finish_base(a);
    return ACC_OK;
}

enum acc_code acc_s3_address_find(struct acc_s3_address *a, const struct acc_s3_settings *s,
                                  const char *bucket, const char *region, struct acc_error *err)
{
    if (acc_starts_with(bucket, "arn:"))
        return find_access_point(a, s, bucket, err);
    enum acc_code code = check_name(bucket, err);
    if (code == ACC_OK)
        code = check_fips(s, region != NULL ? region : s->region, err);
    if (code != ACC_OK)
        return code;
    acc_str_set(&a->region, region != NULL ? region : s->region);
    set_authority(a, s, "s3");
    if (is_virtual(s, bucket, acc_str_cstr(&a->host)))
        put_in_front(&a->host, bucket);
    else
        acc_str_addf(&a->path, "/%s", bucket);
    finish_base(a);
    return ACC_OK;
}

void acc_s3_address_of_account(struct acc_s3_address *a, const struct acc_s3_settings *s)
{
    acc_str_set(&a->region, s->region);
    set_authority(a, s, "s3");
    finish_base(a);
}

void acc_s3_address_release(struct acc_s3_address *a)
{
    acc_str_release(&a->base);
    acc_str_release(&a->host);
    acc_str_release(&a->path);
    acc_str_release(&a->region);
}
