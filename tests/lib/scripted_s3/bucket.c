/* Buckets: existence, place, versioning, and the policy as a blob that means nothing here. */
#include "exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "xml.h"

void handle_ListBuckets(struct exchange *x)
{
    struct acc_str *xml = reply_xml(x, 200, "ListAllMyBucketsResult");
    acc_str_add(xml, "<Owner><ID>scripted</ID></Owner><Buckets>");
    ACC_LIST_EACH (link, &x->server->store.buckets) {
        acc_str_add(xml, "<Bucket>");
        xml_element(xml, "Name", ACC_CONTAINER_OF(link, struct bucket, link)->name);
        acc_str_add(xml, "<CreationDate>2026-01-01T00:00:00.000Z</CreationDate></Bucket>");
    }
    acc_str_add(xml, "</Buckets></ListAllMyBucketsResult>");
}

void handle_HeadBucket(struct exchange *x)
{
    x->reply.status = 200;
    reply_header(x, "x-amz-bucket-region", "%s", x->server->scenario->config.region);
}

void handle_CreateBucket(struct exchange *x)
{
    if (x->bucket != NULL) {
        reply_error(x, 409, "BucketAlreadyOwnedByYou", "The bucket exists.");
        return;
    }
    store_add_bucket(&x->server->store, x->bucket_name, x->server->scenario->config.versioned);
    x->reply.status = 200;
}

void handle_GetBucketLocation(struct exchange *x)
{
    const char *region = x->server->scenario->config.region;
    struct acc_str *xml = reply_xml(x, 200, "LocationConstraint");
    xml_escape(xml, strcmp(region, "us-east-1") == 0 ? "" : region);
    acc_str_add(xml, "</LocationConstraint>");
}

void handle_GetBucketVersioning(struct exchange *x)
{
    static const char *const states[] = {NULL, "Enabled", "Suspended"};
    struct acc_str *xml = reply_xml(x, 200, "VersioningConfiguration");
    if (states[x->bucket->versioning] != NULL)
        xml_element(xml, "Status", states[x->bucket->versioning]);
    acc_str_add(xml, "</VersioningConfiguration>");
}

void handle_PutBucketVersioning(struct exchange *x)
{
    char *status = xml_text_of(&x->body, "Status");
    if (status != NULL && strcmp(status, "Enabled") == 0)
        x->bucket->versioning = VERSIONING_ENABLED;
    else if (status != NULL && strcmp(status, "Suspended") == 0)
        x->bucket->versioning = VERSIONING_SUSPENDED;
    else
        reply_error(x, 400, "MalformedXML", "The versioning status was not understood.");
    free(status);
    if (x->reply.status == 0)
        x->reply.status = 200;
}

void handle_GetBucketPolicy(struct exchange *x)
{
    if (x->bucket->policy == NULL) {
        reply_error(x, 404, "NoSuchBucketPolicy", "The bucket policy does not exist");
        return;
    }
    x->reply.status = 200;
    x->reply.type = "application/json";
    acc_str_set(&x->reply.body, x->bucket->policy);
}

void handle_PutBucketPolicy(struct exchange *x)
{
    free(x->bucket->policy);
    x->bucket->policy = acc_strdup(acc_str_cstr(&x->body));
    x->reply.status = 204;
}

void handle_DeleteBucketPolicy(struct exchange *x)
{
    free(x->bucket->policy);
    x->bucket->policy = NULL;
    x->reply.status = 204;
}

void handle_GetObjectLockConfiguration(struct exchange *x)
{
    reply_error(x, 404, "ObjectLockConfigurationNotFoundError",
                "Object Lock configuration does not exist for this bucket");
}
