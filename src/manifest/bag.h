/* One bag being read: what bag.c, bag_tags.c, bag_list.c and bag_fetch.c share. */
#ifndef ACC_MANIFEST_BAG_H
#define ACC_MANIFEST_BAG_H

#include "manifest/reading.h"

/* A file of the bag that this reading relies on. */
struct acc_bag_own {
    char name[64];
    struct acc_digests found;    /* of its bytes as read; empty: not read */
    struct acc_digests promised; /* by the tag manifests */
};

#define ACC_BAG_OWN_MAX (2 * ACC_ALG_COUNT + 4)

/* An order-independent fingerprint of a set of paths: two lists that name the same files have the
 * same, whatever their order and length. 128 bits of SHA-256 of each path, added up. */
struct acc_path_sum {
    uint64_t count, low, high;
};

struct acc_bag {
    const struct acc_source *source;
    const struct acc_manifest_sink *sink;
    struct acc_bag_info *info;
    struct acc_error *err;
    struct acc_algs *algs;
    unsigned version; /* 97 is 0.97, 100 is 1.0 */
    enum acc_encoding encoding;
    uint32_t tag_algs; /* of the tag manifests: what the bag's own files are hashed with */
    struct acc_bag_own own[ACC_BAG_OWN_MAX];
    size_t own_count;
    struct acc_path_sum sums[2 * ACC_ALG_COUNT]; /* of info->manifests, by index */
    /* Fingerprints of the paths that tag manifests name, 8 bytes each; sorted once all are read. */
    uint64_t *tagged;
    size_t tagged_count, tagged_cap;
};

/* Begins reading one of the bag's own files, `name` within it. On ACC_OK end it with acc_bag_end(),
 * which keeps the file's digests, and returns `code` or, when that is ACC_OK, its own. */
enum acc_code acc_bag_begin(struct acc_bag *bag, const char *name, enum acc_encoding encoding,
                            struct acc_manifest_info *info, struct acc_reading *r);
enum acc_code acc_bag_end(struct acc_bag *bag, struct acc_reading *r, enum acc_code code);

struct acc_bag_own *acc_bag_own(struct acc_bag *bag, const char *name); /* NULL when not read yet */
bool acc_bag_has(const struct acc_bag *bag, const char *path);          /* lstat within the bag */
bool acc_bag_has_text(const struct acc_bag *bag, const char *path); /* and it has at least a byte */
bool acc_bag_is_manifest(const char *path);
enum acc_role acc_bag_role(const char *path); /* of a file outside data/ */
void acc_bag_fingerprint(const struct acc_bag *bag, const char *path, size_t len, uint64_t out[2]);

/* Turns a name as written into the path meant: "./" and "//" folded, %0A, %0D and %25 decoded
 * unless only the literal name is there. Writes in place and returns the new length. */
size_t acc_bag_path(struct acc_bag *bag, struct acc_reading *r, char *path, size_t len);

/* Sets ACC_MANIFEST and "NAME: what". */
enum acc_code acc_bag_fail(struct acc_bag *bag, const char *name, const char *what);

enum acc_code acc_bag_read_declaration(struct acc_bag *bag);           /* bagit.txt */
enum acc_code acc_bag_read_info(struct acc_bag *bag);                  /* bag-info.txt */
enum acc_code acc_bag_read_fetch(struct acc_bag *bag);                 /* fetch.txt */
enum acc_code acc_bag_read_list(struct acc_bag *bag, size_t manifest); /* one of info->manifests */
enum acc_code acc_bag_check(struct acc_bag *bag);                      /* bag_check.c */

#endif
