/* What archives put on their objects, in the words of the aws command line. All strings are
 * borrowed for the run; NULL means "not given": the bucket's defaults apply.
 *
 * Everything here is sent with each object and with the probe. After an object has become visible
 * it is read back: a server may accept a header and drop it silently (Ceph RGW does so with tags,
 * retention and legal hold of multipart uploads). Tags, retention and legal hold are then set on
 * that very version; what cannot be set is reported and fails the run.
 */
#ifndef ACCESSION_OBJECT_H
#define ACCESSION_OBJECT_H

#include <stdbool.h>

/* `checksum` is the additional one (x-amz-checksum-*), beside the SHA-256 that requests are signed
 * with. A server that supports it verifies it, keeps it and returns it at any time without reading
 * the content. Of an object sent in one piece it is of the whole. Of one sent in parts:
 *
 *   sha256     composite: the SHA-256 of the parts' SHA-256s
 *   crc64nvme  of the whole, joined from the parts' without reading again
 *   crc32c     the same, but composite if the server makes it so
 *   none       nothing; Content-MD5 if the server demands it, as S3 does with Object Lock
 *   auto       the best whole-object checksum that the server supports, as its answers to the
 *              probe show: CRC64NVME, else CRC32C, and SHA-256 of objects in one piece; else
 *              composite SHA-256; nothing if it supports none
 *
 * Many servers drop it silently. Then nothing is recorded, and the summary says so. */
struct acc_object_options {
    const char *storage_class;         /* --storage-class: STANDARD_IA, GLACIER, DEEP_ARCHIVE… */
    const char *sse;                   /* --sse: AES256, aws:kms, aws:kms:dsse */
    const char *sse_kms_key_id;        /* --sse-kms-key-id */
    const char *acl;                   /* --acl: private, bucket-owner-full-control… */
    const char *expected_bucket_owner; /* --expected-bucket-owner: sent with every request */
    const char *content_type;    /* --content-type: a media type, or "auto" by the file's content */
    const char *checksum;        /* --checksum: sha256 (NULL), crc64nvme, crc32c, none, auto */
    const char *const *tags;     /* --tag k=v; NULL-terminated */
    const char *const *metadata; /* --metadata k=v; NULL-terminated; printable ASCII */
    const char *object_lock_mode; /* --object-lock-mode: COMPLIANCE, GOVERNANCE */
    const char
        *retain_until; /* --retain-until: 2046-01-01, an RFC 3339 time, or 10y, 90d from now */
    bool legal_hold;   /* --legal-hold */
};

/* Files that get other attributes than the rest: those whose path matches one of the patterns, as
 * fnmatch(3) has them ("*.tif", "data/masters/?*"). A pattern with a slash is compared with the
 * whole path, any other with its last part; letters match in either case. The first rule that
 * matches holds, with all that it says; what it leaves NULL is the bucket's default, not that of
 * the run. `checksum` and `expected_bucket_owner` belong to the run: a rule's are ignored. */
struct acc_object_rule {
    const char *name;         /* for messages */
    const char *const *match; /* NULL-terminated */
    struct acc_object_options object;
};

#endif
