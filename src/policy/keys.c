/* The table of condition keys, and how a request's value for one is found: the caller's facts come
 * first, then what follows from its principal and the clock, then the key's row.
 *
 * Amazon S3 compares key names without regard to case; Ceph RGW knows few keys, by exact name, and
 * treats every other as absent. */
#include "policy/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "policy/arn.h"

enum source {
    CALLER,  /* who asks: follows from the principal, or unknown */
    NETWORK, /* where from: unknown unless a fact says */
    REQUEST, /* what is asked: everything sent is a fact, so the rest is absent */
    DIRECT,  /* set only when a service asks on behalf of a user: absent */
    STORED,  /* what the bucket or object is like: unknown */
    CLOCK
};

/* X(name, source, set by RGW, what it is). A name that ends in "/" is a family. */
#define KEYS(X)                                                                                    \
    X("aws:CalledVia", DIRECT, false, "a service acting for the caller")                           \
    X("aws:CalledViaFirst", DIRECT, false, "a service acting for the caller")                      \
    X("aws:CalledViaLast", DIRECT, false, "a service acting for the caller")                       \
    X("aws:CurrentTime", CLOCK, true, "the time of the request")                                   \
    X("aws:EpochTime", CLOCK, true, "the time of the request")                                     \
    X("aws:FederatedProvider", CALLER, false, "the caller's identity provider")                    \
    X("aws:MultiFactorAuthAge", CALLER, false, "how long ago the caller proved a second factor")   \
    X("aws:MultiFactorAuthPresent", CALLER, false, "whether the caller proved a second factor")    \
    X("aws:PrincipalAccount", CALLER, false, "the caller's account")                               \
    X("aws:PrincipalArn", CALLER, false, "the caller's ARN")                                       \
    X("aws:PrincipalIsAWSService", CALLER, false, "whether an AWS service asks")                   \
    X("aws:PrincipalOrgID", CALLER, false, "the caller's organisation")                            \
    X("aws:PrincipalOrgPaths", CALLER, false, "the caller's place in its organisation")            \
    X("aws:PrincipalServiceName", DIRECT, false, "the AWS service that asks")                      \
    X("aws:PrincipalServiceNamesList", DIRECT, false, "the AWS service that asks")                 \
    X("aws:PrincipalTag/", CALLER, false, "a tag on the caller")                                   \
    X("aws:PrincipalType", CALLER, true, "the kind of caller")                                     \
    X("aws:Referer", REQUEST, true, "a Referer header")                                            \
    X("aws:RequestTag/", REQUEST, false, "a tag in the request")                                   \
    X("aws:RequestedRegion", NETWORK, false, "the region asked")                                   \
    X("aws:ResourceAccount", STORED, false, "the account that owns the bucket")                    \
    X("aws:ResourceOrgID", STORED, false, "the organisation that owns the bucket")                 \
    X("aws:ResourceOrgPaths", STORED, false, "the organisation that owns the bucket")              \
    X("aws:ResourceTag/", STORED, false, "a tag on the bucket")                                    \
    X("aws:SecureTransport", NETWORK, true, "whether the connection is encrypted")                 \
    X("aws:SourceAccount", DIRECT, false, "the account a service acts for")                        \
    X("aws:SourceArn", DIRECT, false, "the resource a service acts for")                           \
    X("aws:SourceIdentity", CALLER, false, "the caller's source identity")                         \
    X("aws:SourceIp", NETWORK, true, "the caller's address")                                       \
    X("aws:SourceOrgID", DIRECT, false, "the organisation a service acts for")                     \
    X("aws:SourceVpc", NETWORK, false, "the VPC the request comes from")                           \
    X("aws:SourceVpcArn", NETWORK, false, "the VPC the request comes from")                        \
    X("aws:SourceVpce", NETWORK, false, "the VPC endpoint the request comes through")              \
    X("aws:TagKeys", REQUEST, false, "tags in the request")                                        \
    X("aws:TokenIssueTime", CALLER, false, "when the caller's credentials were issued")            \
    X("aws:UserAgent", NETWORK, true, "the User-Agent header")                                     \
    X("aws:userid", CALLER, false, "the caller's unique id")                                       \
    X("aws:username", CALLER, true, "the caller's user name")                                      \
    X("aws:ViaAWSService", DIRECT, false, "a service acting for the caller")                       \
    X("aws:VpceAccount", NETWORK, false, "the account of the VPC endpoint")                        \
    X("aws:VpceOrgID", NETWORK, false, "the organisation of the VPC endpoint")                     \
    X("aws:VpcSourceIp", NETWORK, false, "the caller's address within its VPC")                    \
    X("s3:AccessGrantsInstanceArn", NETWORK, false, "an access grants instance")                   \
    X("s3:AccessPointNetworkOrigin", NETWORK, false, "the access point used")                      \
    X("s3:authType", REQUEST, false, "how the request is signed")                                  \
    X("s3:DataAccessPointAccount", NETWORK, false, "the access point used")                        \
    X("s3:DataAccessPointArn", NETWORK, false, "the access point used")                            \
    X("s3:delimiter", REQUEST, true, "the delimiter of a listing")                                 \
    X("s3:ExistingObjectTag/", STORED, true, "a tag on the object")                                \
    X("s3:if-match", REQUEST, false, "an If-Match header")                                         \
    X("s3:if-none-match", REQUEST, false, "an If-None-Match header")                               \
    X("s3:max-keys", REQUEST, true, "the length of a listing")                                     \
    X("s3:object-lock-legal-hold", REQUEST, false, "the legal hold asked for")                     \
    X("s3:object-lock-mode", REQUEST, false, "the retention mode asked for")                       \
    X("s3:object-lock-remaining-retention-days", REQUEST, false, "the retention asked for")        \
    X("s3:object-lock-retain-until-date", REQUEST, false, "the retention asked for")               \
    X("s3:ObjectCreationOperation", REQUEST, false, "whether the request makes an object")         \
    X("s3:prefix", REQUEST, true, "the prefix of a listing")                                       \
    X("s3:RequestObjectTag/", REQUEST, true, "a tag in the request")                               \
    X("s3:RequestObjectTagKeys", REQUEST, false, "tags in the request")                            \
    X("s3:ResourceAccount", STORED, false, "the account that owns the bucket")                     \
    X("s3:signatureAge", NETWORK, false, "the age of the signature")                               \
    X("s3:signatureversion", REQUEST, false, "the version of the signature")                       \
    X("s3:TlsVersion", NETWORK, false, "the version of TLS")                                       \
    X("s3:versionid", REQUEST, false, "the version asked for")                                     \
    X("s3:x-amz-acl", REQUEST, true, "the canned ACL sent")                                        \
    X("s3:x-amz-content-sha256", REQUEST, false, "the digest in the signature")                    \
    X("s3:x-amz-copy-source", REQUEST, true, "the object to copy")                                 \
    X("s3:x-amz-grant-full-control", REQUEST, true, "an ACL grant sent")                           \
    X("s3:x-amz-grant-read", REQUEST, true, "an ACL grant sent")                                   \
    X("s3:x-amz-grant-read-acp", REQUEST, true, "an ACL grant sent")                               \
    X("s3:x-amz-grant-write", REQUEST, true, "an ACL grant sent")                                  \
    X("s3:x-amz-grant-write-acp", REQUEST, true, "an ACL grant sent")                              \
    X("s3:x-amz-metadata-directive", REQUEST, true, "what to do with metadata of a copy")          \
    X("s3:x-amz-object-ownership", REQUEST, false, "the ownership of a new bucket")                \
    X("s3:x-amz-server-side-encryption", REQUEST, true, "the encryption asked for")                \
    X("s3:x-amz-server-side-encryption-aws-kms-key-id", REQUEST, true, "the KMS key asked for")    \
    X("s3:x-amz-server-side-encryption-customer-algorithm", REQUEST, false,                        \
      "encryption with the caller's own key")                                                      \
    X("s3:x-amz-storage-class", REQUEST, false, "the storage class asked for")                     \
    X("s3:x-amz-website-redirect-location", REQUEST, false, "a redirect")

static const struct key_row {
    const char *name;
    enum source source;
    bool rgw;
    const char *words;
} keys[] = {
#define X(name, source, rgw, words) {name, source, rgw, words},
    KEYS(X)
#undef X
};

static bool names(const struct key_row *row, const char *key, bool fold_case)
{
    size_t len = strlen(row->name);
    bool family = row->name[len - 1] == '/';
    if (!family && strlen(key) != len)
        return false;
    return (fold_case ? strncasecmp(key, row->name, len) : strncmp(key, row->name, len)) == 0;
}

static const struct key_row *find(const char *key, bool fold_case)
{
    for (size_t i = 0; i < ACC_COUNT_OF(keys); i++)
        if (names(&keys[i], key, fold_case))
            return &keys[i];
    return NULL;
}

static void set(struct acc_key_state *state, const char *value)
{
    state->known = ACC_POLICY_VALUES;
    acc_texts_add(&state->values, value);
}

/* Keys derived from the caller's ARN. Role sessions carry the role's ARN in aws:PrincipalArn and no
 * user name (IAM User Guide, "AWS global condition context keys", principal properties). */
static void from_caller(const struct acc_policy_request *request, const char *key,
                        struct acc_key_state *state)
{
    const struct acc_policy_principal *who = &request->principal;
    bool rgw = request->server == ACC_POLICY_RGW;
    if (who->who == ACC_POLICY_ANONYMOUS) {
        state->known = ACC_POLICY_ABSENT;
        if (strcasecmp(key, "aws:PrincipalType") == 0)
            set(state, rgw ? "User" : "Anonymous");
        else if (rgw && strcmp(key, "aws:username") == 0)
            set(state, "anonymous");
        return;
    }
    if (rgw && strcmp(key, "aws:PrincipalType") == 0) {
        set(state, "User");
        return;
    }
    if (strcasecmp(key, "aws:PrincipalIsAWSService") == 0) {
        set(state, "false");
        return;
    }
    struct acc_arn arn;
    if (who->arn == NULL || !acc_arn_split(who->arn, &arn))
        return;
    struct acc_str text = {0};
    const char *resource = arn.resource;
    if (strcasecmp(key, "aws:PrincipalArn") == 0) {
        acc_arn_role(&arn, who->arn, &text);
    } else if (strcasecmp(key, "aws:PrincipalAccount") == 0) {
        acc_str_add_n(&text, arn.account, arn.account_len);
    } else if (strcasecmp(key, "aws:username") == 0) {
        const char *slash = strrchr(resource, '/');
        if (acc_starts_with(resource, "user/") && slash != NULL)
            acc_str_add(&text, rgw ? resource + 5 : slash + 1);
        else
            state->known = ACC_POLICY_ABSENT;
    } else if (strcasecmp(key, "aws:PrincipalType") == 0) {
        acc_str_add(&text, acc_starts_with(resource, "user/")             ? "User"
                           : acc_starts_with(resource, "assumed-role/")   ? "AssumedRole"
                           : acc_starts_with(resource, "federated-user/") ? "FederatedUser"
                                                                          : "Account");
    }
    if (text.len > 0)
        set(state, text.data);
    acc_str_release(&text);
}

static void from_clock(const struct acc_policy_request *request, const char *key,
                       struct acc_key_state *state)
{
    char text[ACC_TIME_TEXT];
    if (request->now == 0)
        return;
    /* RGW has the two the wrong way round; its comparisons read both forms. */
    bool epoch = (strcasecmp(key, "aws:EpochTime") == 0) != (request->server == ACC_POLICY_RGW);
    if (epoch)
        snprintf(text, sizeof text, "%lld", (long long)(request->now / 1000));
    else
        acc_time_rfc3339(request->now, text);
    set(state, text);
}

static bool speaks_for(const struct acc_policy_fact *fact, const char *key)
{
    size_t len = strlen(fact->key);
    return fact->key[len - 1] == '/' ? strncasecmp(fact->key, key, len) == 0
                                     : strcasecmp(fact->key, key) == 0;
}

static void from_fact(const struct acc_policy_fact *fact, struct acc_key_state *state)
{
    state->known = fact->known;
    for (size_t i = 0; i < fact->count; i++)
        acc_texts_add(&state->values, fact->values[i]);
}

void acc_key_look_up(const struct acc_policy_request *request, const char *key,
                     struct acc_key_state *state)
{
    bool rgw = request->server == ACC_POLICY_RGW;
    const struct key_row *row = find(key, !rgw);
    *state = (struct acc_key_state){.known = ACC_POLICY_UNKNOWN};
    if (rgw && (row == NULL || !row->rgw)) {
        state->known = ACC_POLICY_ABSENT;
        return;
    }
    for (size_t i = 0; i < request->fact_count; i++) {
        if (speaks_for(&request->facts[i], key)) {
            from_fact(&request->facts[i], state);
            return;
        }
    }
    if (row == NULL)
        return;
    if (row->source == CALLER)
        from_caller(request, key, state);
    else if (row->source == CLOCK)
        from_clock(request, key, state);
    else if (row->source == DIRECT || (row->source == REQUEST && !request->any_headers))
        state->known = ACC_POLICY_ABSENT;
    else if (strcasecmp(key, "aws:ResourceAccount") == 0 ||
             strcasecmp(key, "s3:ResourceAccount") == 0)
        if (request->principal.owner_account != NULL)
            set(state, request->principal.owner_account);
}

void acc_key_state_release(struct acc_key_state *state)
{
    acc_texts_release(&state->values);
}

void acc_key_describe(const char *key, struct acc_str *out)
{
    const struct key_row *row = find(key, true);
    acc_str_addf(out, "%s (%s)", key,
                 row ? row->words : "a condition key that accession does not know");
}

const char *acc_key_problem(const char *key, enum acc_policy_server server)
{
    const struct key_row *row = find(key, true);
    if (row == NULL)
        return server == ACC_POLICY_RGW ? "which Ceph RGW never sets"
                                        : "which accession does not know and cannot judge";
    if (server == ACC_POLICY_RGW && !row->rgw)
        return "which Ceph RGW never sets";
    if (server == ACC_POLICY_RGW && !names(row, key, false))
        return "which Ceph RGW knows only in its usual spelling";
    return NULL;
}
