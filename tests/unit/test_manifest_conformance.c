/* What every reader must do alike: one fixture per format, broken in the same ways, plain and gzip.
 */
#include "manifest_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

#define A "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define B "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"

#define METS_FILE(path, hex)                                                                       \
    "<mets:file ID=\"f" path "\" SIZE=\"3\" CHECKSUM=\"" hex "\" CHECKSUMTYPE=\"SHA-256\">"        \
    "<mets:FLocat LOCTYPE=\"URL\" xlink:href=\"" path "\"/></mets:file>\n"

/* Each format as head, one entry with %PATH% and %HEX%, and tail. */
static const struct fixture {
    const char *format, *head, *entry, *tail;
    int has_size;
    int text; /* lines matter: CR LF, last line, NUL */
} fixtures[] = {
    {"checksums", "", "%HEX%  %PATH%\n", "", 0, 1},
    {"checksums", "", "SHA256 (%PATH%) = %HEX%\n", "", 0, 1},
    {"hashdeep", "%%%% HASHDEEP-1.0\n%%%% size,sha256,filename\n## made by hand\n",
     "3,%HEX%,%PATH%\n", "", 1, 1},
    {"csv", "sha256,path,size\n", "%HEX%,\"%PATH%\",3\n", "", 1, 1},
    {"tsv", "Path\tSize\tSHA-256\n", "%PATH%\t3\t%HEX%\n", "", 1, 1},
    {"droid",
     "\"ID\",\"PARENT_ID\",\"URI\",\"FILE_PATH\",\"METHOD\",\"SIZE\",\"TYPE\",\"SHA256_HASH\","
     "\"PUID\"\n",
     "\"2\",\"\",\"file:/x\",\"%PATH%\",\"Signature\",\"3\",\"File\",\"%HEX%\",\"fmt/353\"\n", "",
     1, 1},
    {"mets",
     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<mets:mets "
     "xmlns:mets=\"http://www.loc.gov/METS/\" "
     "xmlns:xlink=\"http://www.w3.org/1999/xlink\"><mets:fileSec><mets:fileGrp USE=\"original\">\n",
     METS_FILE("%PATH%", "%HEX%"), "</mets:fileGrp></mets:fileSec></mets:mets>\n", 1, 0},
};

static void add_entry(struct acc_str *out, const struct fixture *f, const char *path,
                      const char *hex)
{
    for (const char *at = f->entry; *at;) {
        if (acc_starts_with(at, "%PATH%")) {
            acc_str_add(out, path);
            at += 6;
        } else if (acc_starts_with(at, "%HEX%")) {
            acc_str_add(out, hex);
            at += 5;
        } else {
            acc_str_add_c(out, *at++);
        }
    }
}

/* Two good entries around one with this path and digest. */
static struct acc_str build(const struct fixture *f, const char *path, const char *hex)
{
    struct acc_str out = {0};
    acc_str_add(&out, f->head);
    add_entry(&out, f, "first/a.tif", A);
    if (path != NULL)
        add_entry(&out, f, path, hex);
    add_entry(&out, f, "last/z \xC3\xA9.tif", A);
    acc_str_add(&out, f->tail);
    return out;
}

typedef void (*each)(const struct fixture *f, struct collected *c);

static void for_all(each check)
{
    for (size_t i = 0; i < ACC_COUNT_OF(fixtures); i++) {
        struct collected c = {0};
        print_message("# %s %zu\n", fixtures[i].format, i);
        check(&fixtures[i], &c);
        forget(&c);
    }
}

static enum acc_code read_str(struct collected *c, struct acc_str *text)
{
    enum acc_code code = read_file_as(c, put_bytes("m", text->data, text->len), NULL, NULL);
    acc_str_release(text);
    return code;
}

static void check_good(const struct fixture *f, struct collected *c)
{
    struct acc_str text = build(f, "sub/b 1.tif", B);
    char *self = acc_strdup(hex_of(ACC_SHA256, text.data));
    read_str(c, &text);
    expect_entry(c, "first/a.tif", f->has_size ? 3 : -1, ACC_SHA256, A);
    expect_entry(c, "sub/b 1.tif", f->has_size ? 3 : -1, ACC_SHA256, B);
    expect_entry(c, "last/z \xC3\xA9.tif", f->has_size ? 3 : -1, ACC_SHA256, A);
    assert_int_equal(c->count, 3);
    assert_int_equal(c->info.entries, 3);
    assert_string_equal(c->info.format, f->format);
    assert_null(c->notes);
    assert_true(c->entries[2].line > c->entries[0].line);
    char hex[ACC_DIGEST_MAX * 2 + 1];
    acc_digests_hex(&c->info.self, ACC_SHA256, hex);
    assert_string_equal(hex, self);
    free(self);
}

static void check_gzip(const struct fixture *f, struct collected *c)
{
    struct acc_str text = build(f, "sub/b", B);
    const char *path = put_gzip("m.gz", text.data, text.len);
    assert_int_equal(read_file_as(c, path, NULL, NULL), ACC_OK);
    assert_int_equal(c->count, 3);
    /* cut at every place that matters: in the header, in the data, in the trailer */
    FILE *in = fopen(path, "r");
    char bytes[8192];
    size_t len = fread(bytes, 1, sizeof bytes, in);
    fclose(in);
    for (size_t cut = 1; cut <= len - 3; cut += cut < len - 12 ? 7 : 1) {
        read_file_as(c, put_bytes("cut.gz", bytes, len - cut), NULL, NULL);
        expect_refused(c, "");
    }
    /* one flipped bit in the checksum of the trailer */
    bytes[len - 6] ^= 1;
    read_file_as(c, put_bytes("flip.gz", bytes, len), NULL, NULL);
    expect_refused(c, "damaged compressed data");
    /* two members, then padding, then rubbish */
    bytes[len - 6] ^= 1;
    size_t half = text.len / 2, a = 0, b = 0;
    in = fopen(put_gzip("1.gz", text.data, half), "r");
    a = fread(bytes, 1, sizeof bytes, in);
    fclose(in);
    in = fopen(put_gzip("2.gz", text.data + half, text.len - half), "r");
    b = fread(bytes + a, 1, sizeof bytes - a, in);
    fclose(in);
    memset(bytes + a + b, 0, 512);
    assert_int_equal(read_file_as(c, put_bytes("two.gz", bytes, a + b + 512), NULL, NULL), ACC_OK);
    assert_int_equal(c->count, 3);
    bytes[a + b] = 'x';
    read_file_as(c, put_bytes("tail.gz", bytes, a + b + 512), NULL, NULL);
    expect_refused(c, "other bytes after the end");
    acc_str_release(&text);
}

static void check_no_entries(const struct fixture *f, struct collected *c)
{
    struct acc_str text = {0};
    acc_str_add(&text, f->head);
    acc_str_add(&text, f->tail);
    if (text.len == 0)
        acc_str_add(&text, "# nothing\n");
    enum acc_code code = read_file_as(c, put_bytes("m", text.data, text.len), f->format, NULL);
    acc_str_release(&text);
    assert_int_equal(code, ACC_MANIFEST);
    expect_refused(c, "names no file at all");
}

static void check_paths(const struct fixture *f, struct collected *c)
{
    static const char *const bad[] = {"../b",   "sub/../../b", "/etc/passwd", "~/b",
                                      "sub/..", "sub/",        "../b\xFF"};
    for (size_t i = 0; i < ACC_COUNT_OF(bad); i++) {
        struct acc_str text = build(f, bad[i], B);
        read_str(c, &text);
        expect_refused(c, "m:");
        assert_true(c->count <= 1);
    }
}

/* Refused by itself, whatever the format; XML cannot hold such bytes at all. */
static void check_names(const struct fixture *f, struct collected *c)
{
    static const char *const not_utf8[] = {"b\xFF", "sub/\xC0\xAF", "\xED\xA0\x80"};
    static const char *const shown[] = {"b\\xFF", "sub/\\xC0\\xAF", "\\xED\\xA0\\x80"};
    bool xml = strcmp(f->format, "mets") == 0;
    for (size_t i = 0; i < ACC_COUNT_OF(not_utf8); i++) {
        struct acc_str text = build(f, not_utf8[i], B);
        read_str(c, &text);
        if (xml) {
            expect_refused(c, "m:");
            continue;
        }
        expect_entry(c, shown[i], f->has_size ? 3 : -1, ACC_SHA256, B);
        assert_non_null(find(c, shown[i])->problem);
        assert_null(find(c, "first/a.tif")->problem);
        assert_int_equal(c->count, 3);
    }
    static const char *const controls[] = {"bell\a", "b\x1B[0m", "Icon\rx"};
    for (size_t i = 0; !xml && i < ACC_COUNT_OF(controls); i++) {
        struct acc_str text = build(f, controls[i], B);
        read_str(c, &text);
        expect_entry(c, controls[i], f->has_size ? 3 : -1, ACC_SHA256, B);
    }
}

static void check_digests(const struct fixture *f, struct collected *c)
{
    char wrong[80];
    /* none at all is an entry without a digest in formats with a place for it */
    static const size_t lens[] = {63, 65, 40};
    for (size_t i = 0; i < ACC_COUNT_OF(lens); i++) {
        snprintf(wrong, sizeof wrong, "%.*s", (int)lens[i], B "00");
        struct acc_str text = build(f, "b", wrong);
        read_str(c, &text);
        expect_refused(c, "m:");
    }
    struct acc_str text = build(f, "b", "g" A);
    text.data[text.len - 1] = '\n';
    read_str(c, &text);
    expect_refused(c, "m:");
    strcpy(wrong, B);
    wrong[10] = 'g';
    text = build(f, "b", wrong);
    read_str(c, &text);
    expect_refused(c, "m:");
}

static void check_sink_stops(const struct fixture *f, struct collected *c)
{
    struct acc_str text = build(f, "b", B);
    c->stop_after = 2;
    assert_int_equal(read_str(c, &text), ACC_LEDGER);
    assert_string_equal(c->err.message, "the sink says no");
    assert_int_equal(c->count, 1);
}

static void check_cut(const struct fixture *f, struct collected *c)
{
    /* A cut that leaves a name or an optional cell shorter cannot be seen, but is never silent. */
    struct acc_str text = build(f, "b", B);
    for (size_t cut = 1; cut < 100; cut++) {
        read_file_as(c, put_bytes("m", text.data, text.len - cut), NULL, NULL);
        if (c->code != ACC_OK)
            expect_refused(c, "m");
        else if (!f->text)
            assert_int_equal(cut, 1); /* the newline after the last tag */
        else if (text.data[text.len - cut - 1] != '\n')
            assert_non_null(strstr(c->notes, "no line end"));
    }
    acc_str_release(&text);
}

static void check_text(const struct fixture *f, struct collected *c)
{
    if (!f->text)
        return;
    struct acc_str text = build(f, "sub/b", B), other = {0};
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\n')
            acc_str_add_c(&other, '\r');
        acc_str_add_c(&other, text.data[i]);
    }
    read_str(c, &other);
    expect_entry(c, "sub/b", f->has_size ? 3 : -1, ACC_SHA256, B);
    assert_non_null(strstr(c->notes, "CR LF"));

    acc_str_add(&other, "\xEF\xBB\xBF");
    acc_str_add_n(&other, text.data, text.len);
    read_str(c, &other);
    expect_entry(c, "first/a.tif", f->has_size ? 3 : -1, ACC_SHA256, A);
    assert_non_null(strstr(c->notes, "byte order mark"));

    acc_str_add_n(&other, text.data, text.len - 1); /* no last line end */
    read_str(c, &other);
    assert_int_equal(c->code, ACC_OK);
    assert_non_null(strstr(c->notes, "no line end"));

    acc_str_add_n(&other, text.data, text.len);
    other.data[other.len - 20] = '\0';
    read_str(c, &other);
    expect_refused(c, "NUL");
    acc_str_release(&text);
}

static void check_long_line(const struct fixture *f, struct collected *c)
{
    char *name = acc_alloc(200001);
    memset(name, 'x', 200000);
    name[200000] = '\0';
    struct acc_str text = build(f, name, B);
    read_str(c, &text);
    expect_refused(c, "m:");
    assert_true(strlen(c->err.message) < 800);
    free(name);
}

#define ALL(name)                                                                                  \
    static void test_##name(void **state)                                                          \
    {                                                                                              \
        for_all(check_##name);                                                                     \
    }
ALL(good)
ALL(gzip)
ALL(no_entries)
ALL(paths)
ALL(digests)
ALL(names)
ALL(sink_stops)
ALL(cut)
ALL(text)
ALL(long_line)

static void test_files(void **state)
{
    struct collected c = {0};
    read_text(&c, "empty", "");
    expect_refused(&c, "is empty (0 bytes)");
    read_file_as(&c, put_gzip("empty.gz", "", 0), NULL, NULL);
    assert_int_equal(c.code, ACC_MANIFEST);
    read_file_as(&c, "/nonexistent/m", NULL, NULL);
    expect_refused(&c, "/nonexistent/m: cannot be opened: No such file");
    read_file_as(&c, scratch(), NULL, NULL);
    expect_refused(&c, "cannot be read: Is a directory");
    read_text(&c, "prose", "Dear archive,\nplease find enclosed\n");
    expect_refused(&c, "no known manifest begins with 'Dear archive,'");
    read_text(&c, "xml", "<?xml version=\"1.0\"?><ead/>\n");
    expect_refused(&c, "no known manifest");
    read_file_as(&c, put("m", A "  a\n"), "zip", NULL);
    assert_int_equal(c.code, ACC_USAGE);
    for (const char *const *name = acc_manifest_formats(); *name; name++) {
        read_file_as(&c, put("m", "garbage\n"), *name, NULL);
        expect_refused(&c, "m");
    }
    forget(&c);
}

static void test_strip_prefix(void **state)
{
    struct collected c = {0};
    const char *m = put("m", A "  /mnt/bag/data/a\n" B "  /mnt/bag//b\n");
    assert_int_equal(read_file_as(&c, m, NULL, "/mnt/bag"), ACC_OK);
    assert_non_null(find(&c, "data/a"));
    assert_non_null(find(&c, "b"));
    assert_int_equal(read_file_as(&c, m, NULL, "/mnt/bag/"), ACC_OK);
    read_file_as(&c, m, NULL, "/mnt/ba");
    expect_refused(&c, "does not begin with the folder to strip");
    read_file_as(&c, m, NULL, NULL);
    expect_refused(&c, "is absolute. Make it relative with --strip-prefix");
    read_file_as(&c, put("m", A "  /mnt/bag\n"), NULL, "/mnt/bag");
    expect_refused(&c, "is empty");
    forget(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),       cmocka_unit_test(test_gzip),
        cmocka_unit_test(test_no_entries), cmocka_unit_test(test_paths),
        cmocka_unit_test(test_digests),    cmocka_unit_test(test_names),
        cmocka_unit_test(test_sink_stops), cmocka_unit_test(test_cut),
        cmocka_unit_test(test_text),       cmocka_unit_test(test_long_line),
        cmocka_unit_test(test_files),      cmocka_unit_test(test_strip_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
