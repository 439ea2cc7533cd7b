/* What a manifest says of one file: the first struct of the flow
 *
 *     manifest entry -> plan -> read + hash -> parts -> gate -> commit -> ledger -> receipt
 *
 * Made by src/manifest, stored by src/ledger, drawn again by src/ingest and src/verify.
 */
#ifndef ACC_BASE_ENTRY_H
#define ACC_BASE_ENTRY_H

#include <stdint.h>

#include <accession/digest.h>

/* The order in which a delivery is archived: payload first, then tag files, then the manifests, the
 * declaration (bagit.txt) last. Each group is sent only when every entry of the earlier ones is
 * archived, so a prefix that looks like a bag holds a whole one. */
enum acc_role { ACC_ROLE_PAYLOAD, ACC_ROLE_TAG, ACC_ROLE_MANIFEST, ACC_ROLE_DECLARATION };
#define ACC_ROLES (ACC_ROLE_DECLARATION + 1)

/* No size beyond this is promised or recorded: S3's largest object has 48.8 TiB (10,000 parts of
 * 5 GiB), and totals stay within an int64_t for 131,071 such files. */
#define ACC_SIZE_MAX ((int64_t)1 << 46)

struct acc_entry {
    const char *path; /* relative to SOURCE, clean (base/path.h); NUL-terminated; also the key below
                         PREFIX */
    int64_t size;     /* bytes as the manifest promises them, at most ACC_SIZE_MAX; -1: no size */
    enum acc_role role;
    struct acc_digests
        promised;        /* empty when the manifest names the file and gives no usable digest */
    const char *problem; /* NULL, or why no file of that name can be archived, as half a sentence;
                            the path is then as acc_path_show() writes it */
    const char *origin;  /* the manifest's file name as given, for messages */
    uint64_t line;       /* where in it (1 is the first), 0 when lines mean nothing */
};

/* What a collector of entries answers to each: a path it did not have, one that another manifest
 * named before, or one that the same manifest named before with agreeing digests. */
enum acc_taken { ACC_TAKEN_NEW, ACC_TAKEN_MERGED, ACC_TAKEN_REPEATED };

#endif
