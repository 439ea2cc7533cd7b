/* The actions of S3, and which of them each operation of accession needs. */
#ifndef ACC_POLICY_ACTIONS_H
#define ACC_POLICY_ACTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* The kind of resource that an action applies to. */
enum acc_level { ACC_LEVEL_ACCOUNT, ACC_LEVEL_BUCKET, ACC_LEVEL_OBJECT };

struct acc_action {
    const char *name; /* "s3:PutObject" */
    enum acc_level level;
    bool rgw; /* Ceph RGW 16.2 knows it */
};

extern const struct acc_action acc_actions[];
extern const size_t acc_action_count;

/* Whether the pattern of an Action element names the action. */
bool acc_action_matches(const char *pattern, const char *action);

/* The purposes of the operations: the columns of a report. */
enum acc_purpose {
    ACC_FOR_UPLOADS, /* without it nothing can be archived */
    ACC_FOR_TIDYING, /* unfinished uploads */
    ACC_FOR_READING, /* verification, and looking before writing */
    ACC_FOR_LOCKING, /* retention, legal hold, tags: only where they are asked for */
    ACC_FOR_LOOKING, /* at the policy in force */
    ACC_FOR_MENDING  /* the policy itself */
};

/* Which headers an operation carries. */
enum acc_carries {
    ACC_CARRIES_NOTHING,
    ACC_CARRIES_ALL,     /* PutObject */
    ACC_CARRIES_BEGIN,   /* CreateMultipartUpload: all but If-None-Match */
    ACC_CARRIES_PART,    /* UploadPart: none; AWS judges it by those of its upload */
    ACC_CARRIES_COMPLETE /* the same, with If-None-Match */
};

struct acc_operation {
    const char *name; /* S3's: "UploadPart" */
    const char *action;
    enum acc_purpose purpose;
    enum acc_carries carries;
    bool lists; /* has a prefix and max-keys */
};

extern const struct acc_operation acc_operations[];
extern const size_t acc_operation_count;

/* The level of the action, BUCKET when it is not in the table. */
enum acc_level acc_action_level(const char *action);

#endif
