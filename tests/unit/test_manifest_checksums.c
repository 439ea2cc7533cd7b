/* Checksum lists: the forms of GNU and BSD, names that need care, and a comparison with what the
 * real tools write. */
#include "manifest_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

#define S256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define T256 "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
#define M5 "d41d8cd98f00b204e9800998ecf8427e"
#define S1 "da39a3ee5e6b4b0d3255bfef95601890afd80709"

static void test_names(void **state)
{
    static const struct {
        const char *line, *path;
    } cases[] = {
        {S256 "  plain", "plain"},
        {S256 " *binary", "binary"},
        {S256 "  *star", "*star"},
        {S256 " **star2", "*star2"},
        {S256 "   one space before", " one space before"},
        {S256 "  space after ", "space after "},
        {S256 "  %41%25", "%41%25"},
        {S256 "  #hash", "#hash"},
        {S256 "  ./sub//x", "sub/x"},
        {"\\" S256 "  a\\nb", "a\nb"},
        {"\\" S256 "  back\\\\slash", "back\\slash"},
        {S256 "  un\\escaped", "un\\escaped"},
        {"SHA256 (a) b) = " S256, "a) b"},
        {"SHA256 (x) = y) = " S256, "x) = y"},
        {"\\SHA256 (n\\nl) = " S256, "n\nl"},
        {"SHA2-256(openssl)= " S256, "openssl"},
    };
    struct acc_str text = {0};
    struct collected c = {0};
    for (size_t i = 0; i < ACC_COUNT_OF(cases); i++)
        acc_str_addf(&text, "%s\n", cases[i].line);
    read_text(&c, "list", text.data);
    for (size_t i = 0; i < ACC_COUNT_OF(cases); i++)
        expect_entry(&c, cases[i].path, -1, ACC_SHA256, S256);
    assert_int_equal(c.count, ACC_COUNT_OF(cases));
    acc_str_release(&text);
    forget(&c);
}

static void test_algorithm_is_reported(void **state)
{
    struct collected c = {0};
    read_text(&c, "x", M5 "  a\n");
    expect_entry(&c, "a", -1, ACC_MD5, M5);
    read_text(&c, "x", S1 "  a\n");
    expect_entry(&c, "a", -1, ACC_SHA1, S1);
    read_text(&c, "x", S256 "  a\n");
    expect_entry(&c, "a", -1, ACC_SHA256, S256);
    read_text(&c, "manifest-sha3-256.txt", S256 "  a\n");
    expect_entry(&c, "a", -1, ACC_SHA3_256, S256);
    read_text(&c, "SHA256SUMS", S256 "  a\n");
    expect_entry(&c, "a", -1, ACC_SHA256, S256);
    read_text(&c, "bag.md5", M5 "  a\n");
    expect_entry(&c, "a", -1, ACC_MD5, M5);
    read_file_as(&c, put("x", S256 "  a\n"), "sha3-256sum", NULL);
    expect_entry(&c, "a", -1, ACC_SHA3_256, S256);
    read_text(&c, "x", "SHA3-256 (a) = " S256 "\nMD5 (a) = " M5 "\n");
    expect_entry(&c, "a", -1, ACC_SHA3_256, S256);
    forget(&c);
}

static void test_refused(void **state)
{
    struct collected c = {0};
    read_text(&c, "manifest-sha512.txt", S256 "  a\n");
    expect_refused(&c, "txt:1: digest has 64 hex digits, sha512 needs 128");
    read_text(&c, "x", S256 "  a\n" M5 "  b\n");
    expect_refused(&c, "x:2: digest has 32 hex digits, the lines before have 64");
    read_file_as(&c, put("x", S256 "  a\n"), "md5sum", NULL);
    expect_refused(&c, "x:1: digest has 64 hex digits, md5 needs 32");
    read_file_as(&c, put("x", "SHA1 (a) = " S1 "\n"), "md5sum", NULL);
    expect_refused(&c, "gives sha1, but --manifest-format says md5");
    read_text(&c, "x", "BLAKE3 (a) = " S256 "\n");
    expect_refused(&c, "'BLAKE3' is not a supported algorithm");
    read_text(&c, "x", "BLAKE2b (a) = " S256 "\n");
    expect_refused(&c, "digest has 64 hex digits, blake2b-512 needs 128");
    read_text(&c, "B2SUMS", S256 S256 "  a\n");
    expect_refused(&c, "Pass --manifest-format b2sum");
    read_file_as(&c, put("x", "# MD5\n" M5 "  a\n"), "sha256sum", NULL);
    expect_refused(&c, "x:1: begins a section of md5, but --manifest-format says sha256");
    read_text(&c, "x", "# MD5\n" S256 "  a\n");
    expect_refused(&c, "x:2: digest has 64 hex digits, md5 needs 32");
    read_text(&c, "x", S256 "  a\n" T256 " b\n");
    expect_refused(&c, "x:2: a digest, a space");
    read_text(&c, "x", S256 "  a\nsha256sum: b: No such file or directory\n");
    expect_refused(&c, "x:2: 'sha256sum: b: No such file or directory' is neither");
    read_text(&c, "x", "\\" S256 "  a\\tb\n");
    expect_refused(&c, "begins with '\\'");
    read_text(&c, "x", "\\" S256 "  a\\\n");
    expect_refused(&c, "begins with '\\'");
    read_text(&c, "x", S256 "\n");
    assert_int_equal(c.code, ACC_MANIFEST);
    read_text(&c, "x", S256 "  a\n" S256 "  \n");
    expect_refused(&c, "x:2");
    read_text(&c, "x", "SHA256 (a) = \n");
    expect_refused(&c, "x:1: digest has 0 hex digits");
    forget(&c);
}

static void test_tolerated(void **state)
{
    struct collected c = {0};
    read_text(&c, "x", "# made on Monday\n\n" S256 "  a\n  \t\n" S256 "  a\n");
    expect_entry(&c, "a", -1, ACC_SHA256, S256);
    assert_int_equal(c.info.entries, 1);
    assert_int_equal(c.info.skipped, 4);
    assert_non_null(strstr(c.notes, "x:1: comment lines were skipped"));
    assert_non_null(strstr(c.notes, "x:2: blank lines"));
    assert_non_null(strstr(c.notes, "x:5: 'a' is listed more than once"));
    read_text(&c, "x", S256 " a\n" T256 "  b\n"); /* md5 -r: what follows the space is the name */
    expect_entry(&c, "a", -1, ACC_SHA256, S256);
    expect_entry(&c, " b", -1, ACC_SHA256, T256);
    assert_non_null(strstr(c.notes, "one space"));
    forget(&c);
}

static bool has(void *arg, const char *path)
{
    return strcmp(arg, path) == 0;
}

static void test_sections_and_marks(void **state)
{
    struct collected c = {0};
    read_text(&c, "x",
              "# MD5\n" M5 "  a\n\n# SHA-256 checksums:\n" S256 "  a\n;made by TeraCopy\n"
              "#sha1#b#2020.01.01@10.00\n" S1 " *b\n");
    expect_entry(&c, "a", -1, ACC_MD5, M5);
    expect_entry(&c, "b", -1, ACC_SHA1, S1);
    assert_int_equal(c.info.guessed, 0);
    read_text(&c, "x", "; MD5 checksum file generated by TeraCopy\n\n" M5 " *a\n");
    expect_entry(&c, "a", -1, ACC_MD5, M5);
    assert_int_equal(c.info.guessed, 1u << ACC_MD5);
    /* shasum -U and -0, reported by the lines around them, then by the source */
    read_text(&c, "x", S256 " Ua\n" S256 " ^b\n" S256 "  c\n");
    expect_entry(&c, "a", -1, ACC_SHA256, S256);
    expect_entry(&c, "b", -1, ACC_SHA256, S256);
    read_text(&c, "x", S256 " Ua\n" S256 " b\n");
    expect_entry(&c, "Ua", -1, ACC_SHA256, S256);
    read_text(&c, "x", S256 " Ua\n");
    expect_entry(&c, "Ua", -1, ACC_SHA256, S256);
    c.options.exists = has;
    c.options.arg = (char[]){"a"};
    read_text(&c, "x", S256 " Ua\n");
    expect_entry(&c, "a", -1, ACC_SHA256, S256);
    c.options.arg = (char[]){"Ua"};
    read_text(&c, "x", S256 " Ua\n");
    expect_entry(&c, "Ua", -1, ACC_SHA256, S256);
    forget(&c);
}

static void test_windows_paths(void **state)
{
    struct collected c = {0};
    read_text(&c, "x", M5 " *sub\\f\r\n");
    assert_non_null(find(&c, "sub\\f"));
    c.options.windows_paths = true;
    read_text(&c, "x", M5 " *sub\\f\r\n" M5 " *.\\g\r\n");
    expect_entry(&c, "sub/f", -1, ACC_MD5, M5);
    expect_entry(&c, "g", -1, ACC_MD5, M5);
    read_text(&c, "x", "%%%% HASHDEEP-1.0\n%%%% size,md5,filename\n1," M5 ",sub\\f\n");
    expect_entry(&c, "sub/f", 1, ACC_MD5, M5);
    read_text(&c, "x", "Path,Hash\nsub\\f," M5 "\n");
    expect_entry(&c, "sub/f", -1, ACC_MD5, M5);
    forget(&c);
}

static void test_absolute_paths_get_a_prefix_proposed(void **state)
{
    struct collected c = {0};
    c.options.exists = has;
    c.options.arg = (char[]){"sub/f"};
    read_text(&c, "x", M5 "  /srv/in/sub/f\n");
    expect_refused(&c, "is absolute. Make it relative with --strip-prefix '/srv/in': the file");
    read_text(&c, "x", "Path,Hash\nC:\\in\\sub\\f," M5 "\n");
    expect_refused(&c, "--strip-prefix 'C:/in'");
    read_text(&c, "x", M5 "  /srv/elsewhere/f\n");
    expect_refused(&c, "Make it relative with --strip-prefix.");
    forget(&c);
}

static void test_nul_lists(void **state)
{
    struct collected c = {0};
    static const char good[] = S256 "  a\nb\0" T256 " *back\\nslash\0";
    read_file_as(&c, put_bytes("z", good, sizeof good - 1), NULL, NULL);
    expect_entry(&c, "a\nb", -1, ACC_SHA256, S256);
    expect_entry(&c, "back\\nslash", -1, ACC_SHA256, T256);
    assert_null(c.notes);
    static const char stray[] = S256 "  a\n" S256 "  b\n" S256 "  c\0\n";
    read_file_as(&c, put_bytes("z", stray, sizeof stray - 1), NULL, NULL);
    expect_refused(&c, "mixes NUL and newline");
    forget(&c);
}

/* Every way of writing a list, over files whose names are as odd as names get. */
static void test_against_the_tools(void **state)
{
    static const char *const names[] = {
        "plain",  "*star", " lead", "trail ", "a)b",    "(x) = y",  "nl\nin",    "b\\s",
        "\\lead", "%0A",   "#c",    "a\\nb",  "q\"'`$", "\xC3\xA9", "e\xCC\x81", "\xF0\x9F\x93\xA6",
        "a  b",   "-dash"};
    static const struct {
        const char *tool;
        enum acc_alg alg;
    } tools[] = {{"md5sum", ACC_MD5},       {"sha1sum", ACC_SHA1},     {"sha224sum", ACC_SHA224},
                 {"sha256sum", ACC_SHA256}, {"sha384sum", ACC_SHA384}, {"sha512sum", ACC_SHA512},
                 {"b2sum", ACC_BLAKE2B_512}};
    static const char *const flags[] = {"", "-b", "--tag", "-z", "-z --tag"};
    char name[300];
    for (size_t i = 0; i < ACC_COUNT_OF(names); i++) {
        snprintf(name, sizeof name, "tree/%s", names[i]);
        put(name, names[i]);
    }
    struct collected c = {0};
    for (size_t t = 0; t < ACC_COUNT_OF(tools); t++) {
        for (size_t f = 0; f < ACC_COUNT_OF(flags); f++) {
            char command[600];
            snprintf(command, sizeof command,
                     "cd %s/tree && find . -type f -exec %s %s -- {} + > ../list", scratch(),
                     tools[t].tool, flags[f]);
            assert_int_equal(system(command), 0);
            snprintf(command, sizeof command, "%s/list", scratch());
            const char *format = tools[t].alg == ACC_BLAKE2B_512 ? "b2sum" : NULL;
            if (read_file_as(&c, command, format, NULL) != ACC_OK)
                fail_msg("%s %s: %s", tools[t].tool, flags[f], c.err.message);
            assert_int_equal(c.count, ACC_COUNT_OF(names));
            for (size_t i = 0; i < ACC_COUNT_OF(names); i++)
                expect_entry(&c, names[i], -1, tools[t].alg, hex_of(tools[t].alg, names[i]));
        }
    }
    forget(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_algorithm_is_reported),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_tolerated),
        cmocka_unit_test(test_nul_lists),
        cmocka_unit_test(test_sections_and_marks),
        cmocka_unit_test(test_windows_paths),
        cmocka_unit_test(test_absolute_paths_get_a_prefix_proposed),
        cmocka_unit_test(test_against_the_tools),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
