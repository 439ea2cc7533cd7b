/* Bags: good ones of every version, and each way in which one is not what it says. */
#include "manifest_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

static unsigned serial;
static char folder[256];

static const char *in_bag(const char *name)
{
    static char paths[4][600];
    static int turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "bag%u/%s", serial, name);
    return path;
}

static void add(const char *name, const char *text)
{
    put(in_bag(name), text);
}

static void begin(const char *version, const char *encoding)
{
    char text[200];
    serial++;
    snprintf(folder, sizeof folder, "%s/bag%u", scratch(), serial);
    snprintf(text, sizeof text, "BagIt-Version: %s\nTag-File-Character-Encoding: %s\n", version,
             encoding);
    add("bagit.txt", text);
    add("data/a.txt", "alpha");
    add("data/sub/b.txt", "beta");
}

/* A manifest over the files with these contents; NULL ends. */
static void list(const char *name, enum acc_alg alg, ...)
{
    struct acc_str text = {0};
    va_list args;
    va_start(args, alg);
    for (const char *path; (path = va_arg(args, const char *)) != NULL;)
        acc_str_addf(&text, "%s  %s\n", hex_of(alg, va_arg(args, const char *)), path);
    va_end(args);
    add(name, text.data ? text.data : "");
    acc_str_release(&text);
}

#define PAYLOAD "data/a.txt", "alpha", "data/sub/b.txt", "beta"

static void list_payload(void)
{
    list("manifest-sha256.txt", ACC_SHA256, PAYLOAD, NULL);
}

static char *slurp(const char *name)
{
    char path[900];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    char *text = acc_calloc(1, 65536);
    assert_true(fread(text, 1, 65535, in) > 0);
    fclose(in);
    return text;
}

static void list_tags(const char *name, enum acc_alg alg)
{
    char *manifest = slurp("manifest-sha256.txt"), *bagit = slurp("bagit.txt");
    list(name, alg, "manifest-sha256.txt", manifest, "bagit.txt", bagit, NULL);
    free(manifest);
    free(bagit);
}

static void test_versions(void **state)
{
    static const char *const versions[] = {"0.93", "0.94", "0.95", "0.96", "0.97", "1.0"};
    struct collected c = {0};
    for (size_t i = 0; i < ACC_COUNT_OF(versions); i++) {
        begin(versions[i], "UTF-8");
        list_payload();
        list_tags("tagmanifest-sha256.txt", ACC_SHA256);
        list_tags("tagmanifest-md5.txt", ACC_MD5);
        assert_true(acc_bag_detect(folder));
        read_bag(&c, folder);
        expect_entry(&c, "data/a.txt", -1, ACC_SHA256, hex_of(ACC_SHA256, "alpha"));
        expect_entry(&c, "data/sub/b.txt", -1, ACC_SHA256, hex_of(ACC_SHA256, "beta"));
        assert_string_equal(c.bag.version, versions[i]);
        assert_int_equal(c.bag.manifest_count, 3);
        assert_int_equal(c.bag.manifests[2].entries, 2);
        assert_string_equal(c.bag.manifests[0].name, "tagmanifest-md5.txt");
        assert_string_equal(c.bag.manifests[2].name, "manifest-sha256.txt");
        assert_int_equal(find(&c, "data/a.txt")->role, ACC_ROLE_PAYLOAD);
        assert_int_equal(find(&c, "bagit.txt")->role, ACC_ROLE_DECLARATION);
        assert_int_equal(find(&c, "manifest-sha256.txt")->role, ACC_ROLE_MANIFEST);
        assert_int_equal(find(&c, "tagmanifest-md5.txt")->role, ACC_ROLE_MANIFEST);
        /* promised by md5 in one place, found by SHA-256 here: both are sent */
        assert_true(acc_digests_has(
            &find_from(&c, "manifest-sha256.txt", "tagmanifest-md5.txt")->promised, ACC_MD5));
        assert_true(acc_digests_has(
            &find_from(&c, "manifest-sha256.txt", "manifest-sha256.txt")->promised, ACC_SHA256));
        assert_null(c.notes);
    }
    assert_false(acc_bag_detect("/nonexistent"));
    forget(&c);
}

static void test_no_tag_manifest(void **state)
{
    struct collected c = {0};
    begin("1.0", "UTF-8");
    list_payload();
    add("metadata/note.txt", "a note");
    read_bag(&c, folder);
    expect_entry(&c, "metadata/note.txt", -1, ACC_SHA256, hex_of(ACC_SHA256, "a note"));
    assert_int_equal(c.count, 5);
    assert_non_null(strstr(c.notes, "has no tag manifest"));
    forget(&c);
}

static void test_unlisted_tag_file(void **state)
{
    struct collected c = {0};
    begin("1.0", "UTF-8");
    list_payload();
    list_tags("tagmanifest-sha512.txt", ACC_SHA512);
    add("metadata/note.txt", "a note");
    read_bag(&c, folder);
    expect_entry(&c, "metadata/note.txt", -1, ACC_SHA256, hex_of(ACC_SHA256, "a note"));
    assert_string_equal(c.notes,
                        "metadata/note.txt:0: no tag manifest names this file; it is archived as "
                        "found\n");
    forget(&c);
}

static void test_changed_own_files(void **state)
{
    struct collected c = {0};
    begin("0.97", "UTF-8");
    list_payload();
    list_tags("tagmanifest-md5.txt", ACC_MD5);
    list("manifest-sha256.txt", ACC_SHA256, "data/a.txt", "other", NULL);
    read_bag(&c, folder);
    expect_refused(&c, "manifest-sha256.txt: its md5 is not the one in tagmanifest-md5.txt");
    list_payload();
    add("bagit.txt", "BagIt-Version: 0.96\nTag-File-Character-Encoding: UTF-8\n");
    read_bag(&c, folder);
    expect_refused(&c, "bagit.txt: its md5");
    forget(&c);
}

static void test_declaration(void **state)
{
    static const char *const bad[] = {
        ("\xEF\xBB\xBF"
         "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"),
        "BagIt-Version : 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "BagIt-Version: 1.0\n",
        "Tag-File-Character-Encoding: UTF-8\nBagIt-Version: 1.0\n",
        "BagIt-Version: 2.0\nTag-File-Character-Encoding: UTF-8\n",
        "BagIt-Version: 1.0\nTag-File-Character-Encoding: EBCDIC\n",
        "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\nmore\n",
        "hello\n",
        "",
    };
    struct collected c = {0};
    for (size_t i = 0; i < ACC_COUNT_OF(bad); i++) {
        begin("1.0", "UTF-8");
        list_payload();
        add("bagit.txt", bad[i]);
        read_bag(&c, folder);
        expect_refused(&c, "bagit.txt");
    }
    add("bagit.txt", "BagIt-Version: 1.0\r\nTag-File-Character-Encoding: UTF-8\r\n");
    assert_int_equal(read_bag(&c, folder), ACC_OK);
    add("bagit.txt", "BagIt-Version: 1.0\rTag-File-Character-Encoding: UTF-8\r");
    assert_int_equal(read_bag(&c, folder), ACC_OK);
    forget(&c);
}

static void test_lines(void **state)
{
    struct collected c = {0};
    struct acc_str text = {0};
    const char *a = hex_of(ACC_SHA256, "alpha"), *b = hex_of(ACC_SHA256, "beta");
    static const char *const separators[] = {" ", "  ", "\t", " \t ", " *", " ./", " .//"};
    for (size_t i = 0; i < ACC_COUNT_OF(separators); i++) {
        begin("0.97", "UTF-8");
        acc_str_clear(&text);
        acc_str_addf(&text, "%s%sdata/a.txt\r\n%s data/sub/b.txt\r\n", a, separators[i], b);
        add("manifest-sha256.txt", text.data);
        read_bag(&c, folder);
        expect_entry(&c, "data/a.txt", -1, ACC_SHA256, a);
        expect_entry(&c, "data/sub/b.txt", -1, ACC_SHA256, b);
    }
    static const char *const bad[] = {
        "%s",       "%s ",         "%s b.txt", "%s data/../../x",    "%s /data/x", "%s data",
        "%s data/", "%sff data/x", "# %s",     "%s data/../data2/x", "%s data\\x"};
    for (size_t i = 0; i < ACC_COUNT_OF(bad); i++) {
        char line[300];
        const char *at = strstr(bad[i], "%s");
        snprintf(line, sizeof line, "%.*s%s%s\n", (int)(at - bad[i]), bad[i], a, at + 2);
        begin("0.97", "UTF-8");
        add("manifest-sha256.txt", line);
        read_bag(&c, folder);
        expect_refused(&c, "manifest-sha256.txt:1: ");
    }
    acc_str_release(&text);
    forget(&c);
}

static void test_percent(void **state)
{
    static const struct {
        const char *version, *listed, *on_disk, *taken;
        int noted;
    } cases[] = {
        {"1.0", "data/nl%0Ax", "data/nl\nx", "data/nl\nx", 0},
        {"1.0", "data/p%25x", "data/p%x", "data/p%x", 0},
        {"1.0", "data/p%25x", "data/p%25x", "data/p%25x",
         1}, /* never encoded: the literal is there */
        {"1.0", "data/t%7Ex", "data/t%7Ex", "data/t%7Ex", 0},
        {"1.0", "data/gone%25x", "data/x", "data/gone%x", 0},
        {"0.97", "data/p%25x", "data/p%25x", "data/p%25x", 0},
        {"0.97", "data/nl%0ax", "data/nl\nx", "data/nl\nx", 1},
        {"0.97", "data/gone%25x", "data/x", "data/gone%25x", 0},
        {"0.97", "data/50%", "data/50%", "data/50%", 0},
    };
    struct collected c = {0};
    for (size_t i = 0; i < ACC_COUNT_OF(cases); i++) {
        begin(cases[i].version, "UTF-8");
        add(cases[i].on_disk, "odd");
        list("manifest-sha256.txt", ACC_SHA256, cases[i].listed, "odd", PAYLOAD, NULL);
        read_bag(&c, folder);
        expect_entry(&c, cases[i].taken, -1, ACC_SHA256, hex_of(ACC_SHA256, "odd"));
        assert_int_equal(strstr(c.notes, "is taken") != NULL, cases[i].noted);
    }
    forget(&c);
}

static void test_duplicates(void **state)
{
    struct collected c = {0};
    begin("0.97", "UTF-8");
    list("manifest-sha256.txt", ACC_SHA256, PAYLOAD, "data/a.txt", "alpha", NULL);
    read_bag(&c, folder);
    assert_int_equal(c.code, ACC_OK);
    assert_non_null(
        strstr(c.notes, "manifest-sha256.txt:3: 'data/a.txt' is listed more than once"));
    begin("1.0", "UTF-8");
    list("manifest-sha256.txt", ACC_SHA256, PAYLOAD, "./data/a.txt", "alpha", NULL);
    read_bag(&c, folder);
    expect_refused(&c, "manifest-sha256.txt:3: 'data/a.txt' is listed a second time");
    forget(&c);
}

static void test_every_manifest_lists_everything(void **state)
{
    struct collected c = {0};
    begin("1.0", "UTF-8");
    list_payload();
    list("manifest-md5.txt", ACC_MD5, "data/sub/b.txt", "beta", "data/a.txt", "alpha", NULL);
    read_bag(&c, folder);
    assert_int_equal(c.code, ACC_OK);
    list("manifest-md5.txt", ACC_MD5, "data/sub/b.txt", "beta", NULL);
    read_bag(&c, folder);
    expect_refused(&c, "manifest-sha256.txt: lists 2 files, manifest-md5.txt lists 1");
    list("manifest-md5.txt", ACC_MD5, "data/sub/b.txt", "beta", "data/c.txt", "alpha", NULL);
    read_bag(&c, folder);
    expect_refused(&c, "and not the same");
    add("bagit.txt", "BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n");
    assert_int_equal(read_bag(&c, folder), ACC_OK);
    begin("1.0", "UTF-8");
    list_payload();
    list("tagmanifest-sha256.txt", ACC_SHA256, "other.txt", "x", NULL);
    read_bag(&c, folder);
    expect_refused(&c, "manifest-sha256.txt: is not in every tag manifest");
    list("tagmanifest-sha256.txt", ACC_SHA256, "data/a.txt", "alpha", NULL);
    read_bag(&c, folder);
    expect_refused(&c, "in a tag manifest, yet in data/");
    forget(&c);
}

static void test_oxum(void **state)
{
    struct collected c = {0};
    begin("1.0", "UTF-8");
    list_payload();
    add("bag-info.txt", "Contact-Name: A: B\n  continued\npayload-oxum: 9.2\n");
    read_bag(&c, folder);
    assert_int_equal(c.code, ACC_OK);
    assert_int_equal(c.bag.payload_bytes, 9);
    assert_int_equal(c.bag.payload_files, 2);
    add("bag-info.txt", "Payload-Oxum:\n  9.2\n");
    read_bag(&c, folder);
    assert_int_equal(c.code, ACC_OK);
    assert_int_equal(c.bag.payload_bytes, 9);
    /* The content of data/ is reported beside it; the caller decides. */
    add("bag-info.txt", "Payload-Oxum: 10.3\n");
    read_bag(&c, folder);
    assert_int_equal(c.code, ACC_OK);
    assert_int_equal(c.bag.payload_bytes, 10);
    assert_int_equal(c.bag.found_bytes, 9);
    assert_int_equal(c.bag.payload_files, 3);
    assert_int_equal(c.bag.found_files, 2);
    static const char *const bad[] = {"9", "9.2.1", "x.2", "-9.2", "99999999999999999999.2", ""};
    for (size_t i = 0; i < ACC_COUNT_OF(bad); i++) {
        char text[100];
        snprintf(text, sizeof text, "Payload-Oxum : %s \n", bad[i]);
        add("bag-info.txt", text);
        read_bag(&c, folder);
        expect_refused(&c, "Payload-Oxum");
    }
    add("bag-info.txt", "Payload-Oxum: 9.2\nPayload-Oxum: 9.2\n");
    read_bag(&c, folder);
    expect_refused(&c, "bag-info.txt:2: Payload-Oxum is given a second time");
    add("bag-info.txt", "no label\n");
    read_bag(&c, folder);
    expect_refused(&c, "bag-info.txt:1: 'no label' has no colon");
    forget(&c);
}

static void test_fetch(void **state)
{
    struct collected c = {0};
    begin("1.0", "UTF-8");
    list_payload();
    add("fetch.txt",
        "https://example.org/a 5 data/a.txt\nhttps://example.org/b - data/sub/b.txt\n");
    assert_int_equal(read_bag(&c, folder), ACC_OK);
    add("fetch.txt", "https://example.org/a 5 data/a.txt\nhttps://example.org/c - data/c.txt\n");
    read_bag(&c, folder);
    expect_refused(
        &c, "fetch.txt: the bag is incomplete: 1 of 2 files still have to be fetched (data/c.txt)");
    static const char *const bad[] = {"https://example.org data/a.txt\n", "u 5 ../a\n",
                                      "u 5 bagit.txt\n", "u five data/a.txt\n"};
    for (size_t i = 0; i < ACC_COUNT_OF(bad); i++) {
        add("fetch.txt", bad[i]);
        read_bag(&c, folder);
        expect_refused(&c, "fetch.txt:1:");
    }
    add("fetch.txt", "");
    assert_int_equal(read_bag(&c, folder), ACC_OK);
    forget(&c);
}

static void put_utf16(const char *name, const char *latin1, int little)
{
    struct acc_str out = {0};
    acc_str_add_n(&out, little ? "\xFF\xFE" : "\xFE\xFF", 2);
    for (; *latin1; latin1++) {
        acc_str_add_c(&out, little ? *latin1 : '\0');
        acc_str_add_c(&out, little ? '\0' : *latin1);
    }
    put_bytes(in_bag(name), out.data, out.len);
    acc_str_release(&out);
}

static void test_encodings(void **state)
{
    struct collected c = {0};
    char line[200];
    begin("0.96", "ISO-8859-1");
    list("manifest-sha256.txt", ACC_SHA256, "data/caf\xE9", "x", PAYLOAD, NULL);
    read_bag(&c, folder);
    expect_entry(&c, "data/caf\xC3\xA9", -1, ACC_SHA256, hex_of(ACC_SHA256, "x"));
    for (int little = 0; little < 2; little++) {
        begin("0.97", "utf-16");
        snprintf(line, sizeof line, "%s  data/caf\xE9\n", hex_of(ACC_SHA256, "x"));
        put_utf16("manifest-sha256.txt", line, little);
        put_utf16("bag-info.txt", "Payload-Oxum: 9.2\n", little);
        read_bag(&c, folder);
        expect_entry(&c, "data/caf\xC3\xA9", -1, ACC_SHA256, hex_of(ACC_SHA256, "x"));
        assert_true(c.bag.has_oxum);
        put_bytes(in_bag("manifest-sha256.txt"), "\xFE\xFF\xD8", 3);
        read_bag(&c, folder);
        expect_refused(&c, "is not in the encoding");
        put_bytes(in_bag("manifest-sha256.txt"), "\xFE\xFF\xDC\x00\x00\x0A", 6);
        read_bag(&c, folder);
        expect_refused(&c, "is not in the encoding");
    }
    begin("0.97", "UTF-16BE");
    struct acc_str text = {0};
    snprintf(line, sizeof line, "%s  data/_", hex_of(ACC_SHA256, "x"));
    for (const char *at = line; *at != '_'; at++) {
        acc_str_add_c(&text, '\0');
        acc_str_add_c(&text, *at);
    }
    acc_str_add_n(&text, "\xD8\x3D\xDC\xE6\0\n", 6); /* U+1F4E6, a pair of surrogates */
    put_bytes(in_bag("manifest-sha256.txt"), text.data, text.len);
    acc_str_release(&text);
    read_bag(&c, folder);
    expect_entry(&c, "data/\xF0\x9F\x93\xA6", -1, ACC_SHA256, hex_of(ACC_SHA256, "x"));
    begin("1.0", "UTF-8");
    list("manifest-sha256.txt", ACC_SHA256, "data/caf\xE9", "x", NULL);
    read_bag(&c, folder);
    assert_int_equal(c.code, ACC_OK);
    assert_string_equal(find(&c, "data/caf\\xE9")->problem,
                        "is not valid UTF-8, and S3 accepts no other keys");
    begin("1.0", "UTF-8");
    list("manifest-sha256.txt", ACC_SHA256, "caf\xE9", "x", NULL);
    read_bag(&c, folder);
    expect_refused(&c,
                   "manifest-sha256.txt:1: 'caf\\xE9' is in a payload manifest, yet not in data/");
    begin("1.0", "UTF-8");
    list_payload();
    struct acc_str marked = {0};
    acc_str_addf(&marked, "\xEF\xBB\xBF%s  data/a.txt\n", hex_of(ACC_SHA256, "alpha"));
    add("manifest-sha256.txt", marked.data);
    acc_str_release(&marked);
    read_bag(&c, folder);
    expect_entry(&c, "data/a.txt", -1, ACC_SHA256, hex_of(ACC_SHA256, "alpha"));
    assert_non_null(strstr(c.notes, "manifest-sha256.txt:0: begins with a byte order mark"));
    forget(&c);
}

/* Nothing to preserve yet, but a valid bag all the same. */
static void test_empty_payload(void **state)
{
    struct collected c = {0};
    begin("1.0", "UTF-8");
    char file[400];
    for (size_t i = 0; i < 2; i++) {
        snprintf(file, sizeof file, "%s/data/%s", folder, i == 0 ? "a.txt" : "sub/b.txt");
        assert_int_equal(unlink(file), 0);
    }
    add("manifest-sha256.txt", "");
    add("bag-info.txt", "Payload-Oxum: 0.0\n");
    assert_int_equal(read_bag(&c, folder), ACC_OK);
    assert_non_null(find(&c, "manifest-sha256.txt"));
    assert_int_equal(c.bag.found_files, 0);
    forget(&c);
}

static void test_incomplete(void **state)
{
    struct collected c = {0};
    begin("1.0", "UTF-8");
    read_bag(&c, folder);
    expect_refused(&c, "has no payload manifest");
    add("manifest-whirlpool.txt", "x data/a.txt\n");
    read_bag(&c, folder);
    expect_refused(&c, "has no payload manifest");
    add("manifest-sha256.txt", "\n");
    read_bag(&c, folder);
    expect_refused(&c, "its payload manifests name no file at all");
    add("manifest-sha256.txt", "");
    read_bag(&c, folder);
    expect_refused(&c, "its payload manifests name no file at all");
    add("tagmanifest-sha256.txt", "");
    read_bag(&c, folder);
    expect_refused(&c, "tagmanifest-sha256.txt: names no file at all");
    char tags[400];
    snprintf(tags, sizeof tags, "%s/tagmanifest-sha256.txt", folder);
    assert_int_equal(unlink(tags), 0);
    put_gzip(in_bag("manifest-sha256.txt"), "x", 1);
    read_bag(&c, folder);
    expect_refused(&c, "is compressed");
    char pipe_path[400];
    snprintf(pipe_path, sizeof pipe_path, "%s/manifest-sha256.txt", folder);
    assert_int_equal(unlink(pipe_path) | mkfifo(pipe_path, 0600), 0);
    read_bag(&c, folder);
    expect_refused(&c, "manifest-sha256.txt: is not a regular file");
    assert_int_equal(unlink(pipe_path), 0);
    list_payload();
    list("manifest-SHA-256.txt", ACC_SHA256, PAYLOAD, NULL);
    read_bag(&c, folder);
    expect_refused(&c, "second manifest of one algorithm");
    serial++;
    snprintf(folder, sizeof folder, "%s/bag%u", scratch(), serial);
    add("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
    list_payload();
    read_bag(&c, folder);
    expect_refused(&c, "has no folder data/");
    read_bag(&c, "/nonexistent");
    assert_int_equal(c.code, ACC_SOURCE);
    forget(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_no_tag_manifest),
        cmocka_unit_test(test_unlisted_tag_file),
        cmocka_unit_test(test_changed_own_files),
        cmocka_unit_test(test_declaration),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_percent),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_every_manifest_lists_everything),
        cmocka_unit_test(test_oxum),
        cmocka_unit_test(test_fetch),
        cmocka_unit_test(test_encodings),
        cmocka_unit_test(test_empty_payload),
        cmocka_unit_test(test_incomplete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
