/* The meaning of an S3 answer for the caller: one class per answer, from one table. */
#ifndef ACC_S3_ERROR_H
#define ACC_S3_ERROR_H

#include <stdbool.h>

#include <accession/error.h>

enum acc_s3_class {
    ACC_S3_OK,
    ACC_S3_RETRY,        /* worth sending again: nothing was done */
    ACC_S3_UNKNOWN,      /* a write whose outcome is unknown: find out before anything else */
    ACC_S3_RESTART,      /* the upload is gone or unusable: begin the file again */
    ACC_S3_MISSING,      /* 404 for a read */
    ACC_S3_PRECONDITION, /* 412: the key exists */
    ACC_S3_DENIED,  /* 403 AccessDenied: a probe must find out whether it is about key, bucket or
                       credentials */
    ACC_S3_EXPIRED, /* credentials expired; fresh ones may do */
    ACC_S3_CREDENTIALS, /* credentials refused */
    ACC_S3_CLOCK,       /* clock too far off */
    ACC_S3_DESTINATION, /* the bucket cannot take writes: quota, storage full, KMS key */
    ACC_S3_BUCKET,      /* no such bucket, or another region */
    ACC_S3_KEY,         /* this request alone is refused */
    ACC_S3_UNREACHABLE, /* no connection, not even after all retries */
    ACC_S3_PROTOCOL,    /* what answered is not S3 */
    ACC_S3_CANCELLED,
    ACC_S3_CLASS_COUNT
};

/* Class of an answer by its status, <Code> and <Message> ("" when there was no body). `write` is
 * true for requests that put bytes into the bucket; `ambiguous` for those whose effect is lost with
 * the answer. */
enum acc_s3_class acc_s3_classify(int status, const char *code, const char *message, bool write,
                                  bool ambiguous);

/* "DENIED"; static. */
const char *acc_s3_class_name(enum acc_s3_class class);

/* The error code, and with it the exit status, that a class ends a run or file with. */
enum acc_code acc_s3_class_code(enum acc_s3_class class);

#endif
