/* Tables of actions and operations (Service Authorization Reference, "Actions, resources, and
 * condition keys for Amazon S3"; the RGW column as measured on 16.2.15). */
#include "policy/actions.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "policy/pattern.h"

/* X(name, level, known to RGW) */
#define ACTIONS(X)                                                                                 \
    X(AbortMultipartUpload, OBJECT, true)                                                          \
    X(BypassGovernanceRetention, OBJECT, true)                                                     \
    X(CreateBucket, BUCKET, true)                                                                  \
    X(CreateBucketMetadataTableConfiguration, BUCKET, false)                                       \
    X(DeleteBucket, BUCKET, true)                                                                  \
    X(DeleteBucketOwnershipControls, BUCKET, false)                                                \
    X(DeleteBucketPolicy, BUCKET, true)                                                            \
    X(DeleteBucketWebsite, BUCKET, true)                                                           \
    X(DeleteObject, OBJECT, true)                                                                  \
    X(DeleteObjectTagging, OBJECT, true)                                                           \
    X(DeleteObjectVersion, OBJECT, true)                                                           \
    X(DeleteObjectVersionTagging, OBJECT, true)                                                    \
    X(DeleteReplicationConfiguration, BUCKET, true)                                                \
    X(GetAccelerateConfiguration, BUCKET, true)                                                    \
    X(GetAnalyticsConfiguration, BUCKET, false)                                                    \
    X(GetBucketAcl, BUCKET, true)                                                                  \
    X(GetBucketCORS, BUCKET, true)                                                                 \
    X(GetBucketLocation, BUCKET, true)                                                             \
    X(GetBucketLogging, BUCKET, true)                                                              \
    X(GetBucketMetadataTableConfiguration, BUCKET, false)                                          \
    X(GetBucketNotification, BUCKET, true)                                                         \
    X(GetBucketObjectLockConfiguration, BUCKET, true)                                              \
    X(GetBucketOwnershipControls, BUCKET, false)                                                   \
    X(GetBucketPolicy, BUCKET, true)                                                               \
    X(GetBucketPolicyStatus, BUCKET, true)                                                         \
    X(GetBucketPublicAccessBlock, BUCKET, true)                                                    \
    X(GetBucketRequestPayment, BUCKET, true)                                                       \
    X(GetBucketTagging, BUCKET, true)                                                              \
    X(GetBucketVersioning, BUCKET, true)                                                           \
    X(GetBucketWebsite, BUCKET, true)                                                              \
    X(GetEncryptionConfiguration, BUCKET, false)                                                   \
    X(GetIntelligentTieringConfiguration, BUCKET, false)                                           \
    X(GetInventoryConfiguration, BUCKET, false)                                                    \
    X(GetLifecycleConfiguration, BUCKET, true)                                                     \
    X(GetMetricsConfiguration, BUCKET, false)                                                      \
    X(GetObject, OBJECT, true)                                                                     \
    X(GetObjectAcl, OBJECT, true)                                                                  \
    X(GetObjectAttributes, OBJECT, false)                                                          \
    X(GetObjectLegalHold, OBJECT, true)                                                            \
    X(GetObjectRetention, OBJECT, true)                                                            \
    X(GetObjectTagging, OBJECT, true)                                                              \
    X(GetObjectTorrent, OBJECT, true)                                                              \
    X(GetObjectVersion, OBJECT, true)                                                              \
    X(GetObjectVersionAcl, OBJECT, true)                                                           \
    X(GetObjectVersionAttributes, OBJECT, false)                                                   \
    X(GetObjectVersionForReplication, OBJECT, false)                                               \
    X(GetObjectVersionTagging, OBJECT, true)                                                       \
    X(GetObjectVersionTorrent, OBJECT, true)                                                       \
    X(GetReplicationConfiguration, BUCKET, true)                                                   \
    X(InitiateReplication, OBJECT, false)                                                          \
    X(ListAllMyBuckets, ACCOUNT, true)                                                             \
    X(ListBucket, BUCKET, true)                                                                    \
    X(ListBucketMultipartUploads, BUCKET, true)                                                    \
    X(ListBucketVersions, BUCKET, true)                                                            \
    X(ListMultipartUploadParts, OBJECT, true)                                                      \
    X(ObjectOwnerOverrideToBucketOwner, OBJECT, false)                                             \
    X(PutAccelerateConfiguration, BUCKET, true)                                                    \
    X(PutAnalyticsConfiguration, BUCKET, false)                                                    \
    X(PutBucketAcl, BUCKET, true)                                                                  \
    X(PutBucketCORS, BUCKET, true)                                                                 \
    X(PutBucketLogging, BUCKET, true)                                                              \
    X(PutBucketNotification, BUCKET, true)                                                         \
    X(PutBucketObjectLockConfiguration, BUCKET, true)                                              \
    X(PutBucketOwnershipControls, BUCKET, false)                                                   \
    X(PutBucketPolicy, BUCKET, true)                                                               \
    X(PutBucketPublicAccessBlock, BUCKET, true)                                                    \
    X(PutBucketRequestPayment, BUCKET, true)                                                       \
    X(PutBucketTagging, BUCKET, true)                                                              \
    X(PutBucketVersioning, BUCKET, true)                                                           \
    X(PutBucketWebsite, BUCKET, true)                                                              \
    X(PutEncryptionConfiguration, BUCKET, false)                                                   \
    X(PutIntelligentTieringConfiguration, BUCKET, false)                                           \
    X(PutInventoryConfiguration, BUCKET, false)                                                    \
    X(PutLifecycleConfiguration, BUCKET, true)                                                     \
    X(PutMetricsConfiguration, BUCKET, false)                                                      \
    X(PutObject, OBJECT, true)                                                                     \
    X(PutObjectAcl, OBJECT, true)                                                                  \
    X(PutObjectLegalHold, OBJECT, true)                                                            \
    X(PutObjectRetention, OBJECT, true)                                                            \
    X(PutObjectTagging, OBJECT, true)                                                              \
    X(PutObjectVersionAcl, OBJECT, true)                                                           \
    X(PutObjectVersionTagging, OBJECT, true)                                                       \
    X(PutReplicationConfiguration, BUCKET, true)                                                   \
    X(ReplicateDelete, OBJECT, false)                                                              \
    X(ReplicateObject, OBJECT, false)                                                              \
    X(ReplicateTags, OBJECT, false)                                                                \
    X(RestoreObject, OBJECT, true)                                                                 \
    X(UpdateBucketMetadataInventoryTableConfiguration, BUCKET, false)                              \
    X(UpdateBucketMetadataJournalTableConfiguration, BUCKET, false)                                \
    X(UpdateObjectEncryption, OBJECT, false)

const struct acc_action acc_actions[] = {
#define X(name, level, rgw) {"s3:" #name, ACC_LEVEL_##level, rgw},
    ACTIONS(X)
#undef X
};
const size_t acc_action_count = ACC_COUNT_OF(acc_actions);

const struct acc_operation acc_operations[] = {
    {"PutObject", "s3:PutObject", ACC_FOR_UPLOADS, ACC_CARRIES_ALL, false},
    {"CreateMultipartUpload", "s3:PutObject", ACC_FOR_UPLOADS, ACC_CARRIES_BEGIN, false},
    {"UploadPart", "s3:PutObject", ACC_FOR_UPLOADS, ACC_CARRIES_PART, false},
    {"CompleteMultipartUpload", "s3:PutObject", ACC_FOR_UPLOADS, ACC_CARRIES_COMPLETE, false},
    {"AbortMultipartUpload", "s3:AbortMultipartUpload", ACC_FOR_TIDYING, ACC_CARRIES_NOTHING,
     false},
    {"ListParts", "s3:ListMultipartUploadParts", ACC_FOR_TIDYING, ACC_CARRIES_NOTHING, false},
    {"ListMultipartUploads", "s3:ListBucketMultipartUploads", ACC_FOR_TIDYING, ACC_CARRIES_NOTHING,
     true},
    {"HeadBucket", "s3:ListBucket", ACC_FOR_READING, ACC_CARRIES_NOTHING, false},
    {"ListObjectsV2", "s3:ListBucket", ACC_FOR_READING, ACC_CARRIES_NOTHING, true},
    {"ListObjectVersions", "s3:ListBucketVersions", ACC_FOR_READING, ACC_CARRIES_NOTHING, true},
    {"GetObject", "s3:GetObject", ACC_FOR_READING, ACC_CARRIES_NOTHING, false},
    {"GetObject of a version", "s3:GetObjectVersion", ACC_FOR_READING, ACC_CARRIES_NOTHING, false},
    {"GetBucketVersioning", "s3:GetBucketVersioning", ACC_FOR_READING, ACC_CARRIES_NOTHING, false},
    {"PutObjectRetention", "s3:PutObjectRetention", ACC_FOR_LOCKING, ACC_CARRIES_ALL, false},
    {"PutObjectLegalHold", "s3:PutObjectLegalHold", ACC_FOR_LOCKING, ACC_CARRIES_ALL, false},
    {"PutObjectTagging", "s3:PutObjectTagging", ACC_FOR_LOCKING, ACC_CARRIES_ALL, false},
    {"GetBucketPolicy", "s3:GetBucketPolicy", ACC_FOR_LOOKING, ACC_CARRIES_NOTHING, false},
    {"PutBucketPolicy", "s3:PutBucketPolicy", ACC_FOR_MENDING, ACC_CARRIES_NOTHING, false},
    {"DeleteBucketPolicy", "s3:DeleteBucketPolicy", ACC_FOR_MENDING, ACC_CARRIES_NOTHING, false},
};
const size_t acc_operation_count = ACC_COUNT_OF(acc_operations);

bool acc_action_matches(const char *pattern, const char *action)
{
    return acc_wildcard(pattern, action, true);
}

enum acc_level acc_action_level(const char *action)
{
    for (size_t i = 0; i < acc_action_count; i++)
        if (strcasecmp(acc_actions[i].name, action) == 0)
            return acc_actions[i].level;
    return ACC_LEVEL_BUCKET;
}
