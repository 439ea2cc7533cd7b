/* Facts of accession's requests, by operation. Cannot fail.
 *
 * UploadPart and CompleteMultipartUpload carry none of the headers that CreateMultipartUpload did.
 * Amazon S3 judges them by what their upload was created with; Ceph RGW by what they carry. */
#include "policy/facts.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"

static const char *const tls_versions[] = {"1.2", "1.3"};

static struct acc_policy_fact *add(struct acc_facts *facts, const char *key,
                                   enum acc_policy_known known)
{
    assert(facts->count < ACC_FACTS_MAX);
    struct acc_policy_fact *fact = &facts->items[facts->count++];
    *fact = (struct acc_policy_fact){.key = key, .known = known};
    return fact;
}

/* The key has this value; a NULL value makes it absent. */
static void put(struct acc_facts *facts, const char *key, const char *value)
{
    struct acc_policy_fact *fact = add(facts, key, value ? ACC_POLICY_VALUES : ACC_POLICY_ABSENT);
    facts->values[facts->count - 1] = value;
    fact->values = &facts->values[facts->count - 1];
    fact->count = value != NULL;
}

static void add_connection(const struct acc_policy_options *o, struct acc_facts *facts)
{
    /* RGW sets the key on encrypted connections only. */
    const char *plain = o->server == ACC_POLICY_RGW ? NULL : "false";
    put(facts, "aws:SecureTransport", o->plain_http ? plain : "true");
    struct acc_policy_fact *tls =
        add(facts, "s3:TlsVersion", o->plain_http ? ACC_POLICY_ABSENT : ACC_POLICY_ONE_OF);
    tls->values = tls_versions;
    tls->count = o->plain_http ? 0 : 2;
    if (o->source_ip != NULL)
        put(facts, "aws:SourceIp", o->source_ip);
    if (o->source_vpce != NULL)
        put(facts, "aws:SourceVpce", o->source_vpce);
    put(facts, "s3:authType", "REST-HEADER");
    put(facts, "s3:signatureversion", "AWS4-HMAC-SHA256");
    add(facts, "s3:x-amz-content-sha256", ACC_POLICY_DIGEST);
}

static void add_locks(const struct acc_policy_options *o, struct acc_facts *facts)
{
    int64_t until;
    put(facts, "s3:object-lock-mode", o->lock_mode);
    put(facts, "s3:object-lock-retain-until-date", o->retain_until);
    put(facts, "s3:object-lock-legal-hold", o->legal_hold ? "ON" : NULL);
    const char *days_key = "s3:object-lock-remaining-retention-days";
    if (o->retain_until == NULL) {
        put(facts, days_key, NULL);
    } else if (o->now != 0 && acc_time_parse(o->retain_until, &until)) {
        snprintf(facts->days, sizeof facts->days, "%lld", (long long)((until - o->now) / 86400000));
        put(facts, days_key, facts->days);
    } else {
        add(facts, days_key, ACC_POLICY_UNKNOWN);
    }
}

static void add_headers(const struct acc_policy_options *o, enum acc_carries carries,
                        struct acc_facts *facts)
{
    put(facts, "s3:x-amz-server-side-encryption", o->sse);
    put(facts, "s3:x-amz-server-side-encryption-aws-kms-key-id", o->sse_kms_key_id);
    put(facts, "s3:x-amz-acl", o->acl);
    /* RGW has no such key, and AWS fills it in where the header is missing. */
    put(facts, "s3:x-amz-storage-class", o->storage_class ? o->storage_class : "STANDARD");
    add_locks(o, facts);
    bool with_data = carries == ACC_CARRIES_ALL; /* RGW reads the tags of no other request */
    if (o->tags && (with_data || o->server == ACC_POLICY_AWS)) {
        add(facts, "s3:RequestObjectTag/", ACC_POLICY_UNKNOWN);
        add(facts, "s3:RequestObjectTagKeys", ACC_POLICY_UNKNOWN);
    }
}

static void add_listing(const struct acc_policy_options *o, struct acc_facts *facts)
{
    put(facts, "s3:prefix", o->prefix && *o->prefix ? o->prefix : NULL);
    put(facts, "s3:max-keys", "1000");
}

void acc_facts_of(const struct acc_policy_options *o, const struct acc_operation *operation,
                  struct acc_facts *facts)
{
    facts->count = 0;
    add_connection(o, facts);
    if (operation->lists)
        add_listing(o, facts);
    enum acc_carries carries = operation->carries;
    if (carries == ACC_CARRIES_NOTHING)
        return;
    bool rgw = o->server == ACC_POLICY_RGW;
    bool later = carries == ACC_CARRIES_PART || carries == ACC_CARRIES_COMPLETE;
    /* RGW sets x-amz-acl where data arrives, empty when no header says more, and nowhere else. */
    if (rgw && (carries == ACC_CARRIES_ALL || carries == ACC_CARRIES_PART))
        put(facts, "s3:x-amz-acl", o->acl && !later ? o->acl : "");
    else if (rgw)
        put(facts, "s3:x-amz-acl", NULL);
    if (!later || !rgw)
        add_headers(o, carries, facts);
    bool makes = carries == ACC_CARRIES_ALL || carries == ACC_CARRIES_COMPLETE;
    put(facts, "s3:if-none-match", makes ? "*" : NULL);
    put(facts, "s3:ObjectCreationOperation", makes ? "true" : "false");
}

bool acc_operation_used(const struct acc_policy_options *o, const struct acc_operation *operation)
{
    static const char *const retention = "PutObjectRetention", *const hold = "PutObjectLegalHold";
    if (operation->purpose != ACC_FOR_LOCKING)
        return true;
    if (strcmp(operation->name, retention) == 0)
        return o->lock_mode != NULL;
    return strcmp(operation->name, hold) == 0 ? o->legal_hold : o->tags;
}
