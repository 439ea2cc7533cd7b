/* Whose fault a refused write is: the bucket's, or that of an option that the server does not
 * accept. Pure. */
#ifndef ACC_S3_FAULT_H
#define ACC_S3_FAULT_H

#include "base/str.h"
#include "s3/ops/ops.h"

/* Appends the options that the server's refusal is about, as they were given ("--storage-class
 * GLACEIR"), of those that put `headers` on objects. False, and nothing is appended, when the
 * refusal is about none of them. */
bool acc_s3_option_at_fault(const struct acc_s3_object_headers *headers, enum acc_s3_class class,
                            const char *code, const char *message, struct acc_str *options);

#endif
