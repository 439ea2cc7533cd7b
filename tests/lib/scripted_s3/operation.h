/* Which S3 operation a request is: one row per operation, recognised by method, scope and query.
 * The names are those of the Amazon S3 API Reference; scenario files and the log use them. */
#ifndef SCRIPTED_OPERATION_H
#define SCRIPTED_OPERATION_H

#include <stdbool.h>
#include <stddef.h>

#include "http.h"

/* X(name, short name for scenarios or NULL, method, scope, query parameter it needs or NULL)
 * The first row that fits wins, so what needs a parameter stands before what needs none. */
#define OPERATIONS(X)                                                                              \
    X(ImdsToken, NULL, "PUT", IMDS, NULL)                                                          \
    X(ImdsGet, NULL, "GET", IMDS, NULL)                                                            \
    X(ContainerCredentials, NULL, "GET", CONTAINER, NULL)                                          \
    X(AssumeRole, NULL, "POST", STS, NULL)                                                         \
    X(ListBuckets, NULL, "GET", SERVICE, NULL)                                                     \
    X(GetBucketLocation, NULL, "GET", BUCKET, "location")                                          \
    X(GetBucketVersioning, NULL, "GET", BUCKET, "versioning")                                      \
    X(PutBucketVersioning, NULL, "PUT", BUCKET, "versioning")                                      \
    X(GetBucketPolicy, NULL, "GET", BUCKET, "policy")                                              \
    X(PutBucketPolicy, NULL, "PUT", BUCKET, "policy")                                              \
    X(DeleteBucketPolicy, NULL, "DELETE", BUCKET, "policy")                                        \
    X(GetObjectLockConfiguration, NULL, "GET", BUCKET, "object-lock")                              \
    X(ListMultipartUploads, NULL, "GET", BUCKET, "uploads")                                        \
    X(ListObjectVersions, NULL, "GET", BUCKET, "versions")                                         \
    X(ListObjectsV2, NULL, "GET", BUCKET, "list-type")                                             \
    X(HeadBucket, NULL, "HEAD", BUCKET, NULL)                                                      \
    X(CreateBucket, NULL, "PUT", BUCKET, NULL)                                                     \
    X(CreateMultipartUpload, "Create", "POST", OBJECT, "uploads")                                  \
    X(CompleteMultipartUpload, "Complete", "POST", OBJECT, "uploadId")                             \
    X(UploadPart, NULL, "PUT", OBJECT, "uploadId")                                                 \
    X(AbortMultipartUpload, "Abort", "DELETE", OBJECT, "uploadId")                                 \
    X(ListParts, NULL, "GET", OBJECT, "uploadId")                                                  \
    X(GetObjectRetention, NULL, "GET", OBJECT, "retention")                                        \
    X(PutObjectRetention, NULL, "PUT", OBJECT, "retention")                                        \
    X(GetObjectLegalHold, NULL, "GET", OBJECT, "legal-hold")                                       \
    X(PutObjectLegalHold, NULL, "PUT", OBJECT, "legal-hold")                                       \
    X(GetObjectTagging, NULL, "GET", OBJECT, "tagging")                                            \
    X(PutObjectTagging, NULL, "PUT", OBJECT, "tagging")                                            \
    X(RestoreObject, NULL, "POST", OBJECT, "restore")                                              \
    X(PutObject, NULL, "PUT", OBJECT, NULL)                                                        \
    X(GetObject, NULL, "GET", OBJECT, NULL)                                                        \
    X(HeadObject, NULL, "HEAD", OBJECT, NULL)                                                      \
    X(DeleteObject, NULL, "DELETE", OBJECT, NULL)                                                  \
    X(Unknown, NULL, "", SERVICE, NULL)

enum operation {
#define X(name, brief, method, scope, query) OP_##name,
    OPERATIONS(X)
#undef X
        OP_COUNT
};

/* Sets of operations are bit masks. */
_Static_assert(OP_COUNT <= 64, "operations must fit a 64-bit mask");

/* Reads the path "/bucket/key", or the path of a credential service, below which `key` is the rest.
 * `bucket` and `key` are copies that the caller frees, "" if missing. */
enum operation operation_of(const struct http_request *request, char **bucket, char **key);

const char *operation_name(enum operation op);
/* By either name; OP_COUNT if unknown. */
enum operation operation_parse(const char *name);

#endif
