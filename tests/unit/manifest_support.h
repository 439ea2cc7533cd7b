/* What the manifest tests share: a scratch folder, a sink that collects, and readings of text. */
#ifndef ACC_TESTS_MANIFEST_SUPPORT_H
#define ACC_TESTS_MANIFEST_SUPPORT_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "manifest/manifest.h"

struct collected {
    struct got {
        char *path, *origin;
        int64_t size;
        enum acc_role role;
        struct acc_digests promised;
        uint64_t line;
        const char *problem;
    } * entries;
    size_t count;
    char *notes; /* "FILE:LINE: text\n" each */
    struct acc_manifest_info info;
    struct acc_bag_info bag;
    struct acc_error err;
    enum acc_code code;
    size_t stop_after;                   /* the sink fails at this entry; 0: never */
    struct acc_manifest_options options; /* kept until forget() */
};

/* A fresh folder; removed at exit of the test program. */
const char *scratch(void);
/* Writes SCRATCH/NAME (making folders) and returns its full path; lives until the next call but
 * three. */
const char *put_bytes(const char *name, const void *bytes, size_t len);
const char *put(const char *name, const char *text);
const char *put_gzip(const char *name, const void *bytes, size_t len);

/* `format` and `strip` may be NULL. Empty *c before and after with forget(). */
enum acc_code read_file_as(struct collected *c, const char *path, const char *format,
                           const char *strip);
enum acc_code read_text(struct collected *c, const char *name, const char *text);
enum acc_code read_bag(struct collected *c, const char *folder);
void forget(struct collected *c);

const struct got *find(const struct collected *c, const char *path);
const struct got *find_from(const struct collected *c, const char *path, const char *origin);
/* Fails the test unless the entry is there and promises this. */
void expect_entry(const struct collected *c, const char *path, int64_t size, enum acc_alg alg,
                  const char *hex);
/* Fails the test unless reading ended with ACC_MANIFEST and the message has the text. */
void expect_refused(const struct collected *c, const char *text);
/* The hex digest of a text. */
const char *hex_of(enum acc_alg alg, const char *text);
/* Where the tests' data lie. */
const char *data(const char *name);

#endif
