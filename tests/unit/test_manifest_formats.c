/* Tables, hashdeep and METS: samples as the tools write them, and what makes each of them wrong. */
#include "manifest_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ALPHA "8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda1ed4018e8f2223f8"
#define ALPHA_SHA1 "be76331b95dfc399cd776d2fc68021e0db03cc4f"
#define BETA_SHA1 "6c007a14875d53d9bf0ef5a6fc0257c817f0fb83"
#define BETA_MD5 "987bcab01b929eb2c07877b224215c92"
#define EMPTY_MD5 "d41d8cd98f00b204e9800998ecf8427e"

static void test_droid(void **state)
{
    struct collected c = {0};
    read_file_as(&c, data("droid.csv"), NULL, "C:\\Transfers\\HO 405");
    expect_entry(&c, "minutes, draft.doc", 26624, ACC_SHA256,
                 "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae");
    expect_entry(&c, "scans.zip", 10240, ACC_SHA256,
                 "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9");
    assert_non_null(find(&c, "map.tif"));
    assert_non_null(find(&c, "two.dat"));
    assert_int_equal(c.count, 4);
    assert_string_equal(c.info.format, "droid");
    assert_int_equal(c.info.skipped, 3); /* a folder, a row inside an archive, a second format */
    assert_null(c.notes);
    read_file_as(&c, data("droid.csv"), NULL, NULL);
    expect_refused(&c, "is absolute. Make it relative with --strip-prefix.");
    /* Only what lies inside an archive, and folders, are no files of their own. */
    read_text(&c, "t",
              "URI,FILE_PATH,TYPE,PUID,SHA256_HASH\n"
              "s3://bucket/a,a,File,," EMPTY "\ntar:gz:s3://bucket/a!/b,b,File,," EMPTY "\n"
              "file:/C:/c,c,Folder,," EMPTY "\nfile:/C:/d,d,Folder,,\n");
    expect_entry(&c, "a", -1, ACC_SHA256, EMPTY);
    expect_entry(&c, "c", -1, ACC_SHA256, EMPTY);
    assert_int_equal(c.count, 2);
    assert_int_equal(c.info.skipped, 2);
    forget(&c);
}

static void test_csv_forms(void **state)
{
    static const char *const good[] = {
        "path,sha256\na \"b\".tif," EMPTY "\n", /* replaced below: stray quotes are refused */
        "path,sha256\n\"a \"\"b\"\", c\"," EMPTY "\n",
        "SHA256;Path\n" EMPTY ";\"a \"\"b\"\", c\"\n",
        "File Path|Checksum|Checksum Algorithm\n\"a \"\"b\"\", c\"|" EMPTY "|SHA-256\n",
        "filename\thash\na \"b\", c\t" EMPTY "\n",
        "\"note\",\"path\",\"sha-256\"\n\"two\nlines, \"\"quoted\"\"\",\"a \"\"b\"\", c\"," EMPTY
        "\n",
        "#TYPE Selected.Microsoft.PowerShell.Utility.FileHash\n\"Hash\",\"Path\"\n\"" EMPTY
        "\",\"a \"\"b\"\", c\"\n",
        "Path,HashValue,Algorithm\n\"a \"\"b\"\", c\"," EMPTY ",SHA256\n",
        "FullName,Length,sha256sum\n\"a \"\"b\"\", c\",," EMPTY "\n",
        "path,Checksum (SHA-256)\n\"a \"\"b\"\", c\"," EMPTY "\n",
        "path,SHA256 hash\n\"a \"\"b\"\", c\"," EMPTY "\n",
        "path,Digest: SHA-256\n\"a \"\"b\"\", c\"," EMPTY "\n",
        "name,path,sha256_hash,MD5\nx,\"a \"\"b\"\", c\", " EMPTY " ,\n",
    };
    struct collected c = {0};
    for (size_t i = 1; i < ACC_COUNT_OF(good); i++) {
        read_text(&c, "t", good[i]);
        expect_entry(&c, "a \"b\", c", -1, ACC_SHA256, EMPTY);
    }
    read_text(&c, "t", good[0]);
    expect_refused(&c, "t:2: a quote stands where RFC 4180 allows none");
    read_text(&c, "t", "path,sha256\n\"a\nb\"," EMPTY "\n\nc," EMPTY "\n");
    expect_entry(&c, "a\nb", -1, ACC_SHA256, EMPTY);
    assert_int_equal(find(&c, "a\nb")->line, 2);
    assert_int_equal(find(&c, "c")->line, 5);
    assert_non_null(strstr(c.notes, "blank lines"));
    /* The line end within quotes is the name's own. */
    read_text(&c, "t",
              "path,sha256\r\n\"a\r\nb\"," EMPTY "\r\n\"a\nb\"," ALPHA "\r\nc," EMPTY "\r\n");
    expect_entry(&c, "a\r\nb", -1, ACC_SHA256, EMPTY);
    expect_entry(&c, "a\nb", -1, ACC_SHA256, ALPHA);
    assert_int_equal(c.count, 3);
    forget(&c);
}

/* As a program on Windows writes text: little-endian with a mark, or `big`. */
static const char *put_utf16(const char *name, const char *ascii, bool big)
{
    struct acc_str out = {0};
    acc_str_add_n(&out, big ? "\xFE\xFF" : "\xFF\xFE", 2);
    for (; *ascii; ascii++) {
        const char pair[] = {big ? '\0' : *ascii, big ? *ascii : '\0'};
        acc_str_add_n(&out, pair, 2);
    }
    const char *path = put_bytes(name, out.data, out.len);
    acc_str_release(&out);
    return path;
}

static void test_utf16(void **state)
{
    static const char *const texts[] = {
        "\"Algorithm\",\"Hash\",\"Path\"\r\n\"SHA256\",\"" EMPTY "\",\"a\"\r\n", EMPTY "  a\r\n",
        "<?xml version=\"1.0\" encoding=\"UTF-16\"?>\n"
        "<mets xmlns=\"http://www.loc.gov/METS/\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">"
        "<fileSec><fileGrp><file CHECKSUMTYPE=\"SHA-256\" CHECKSUM=\"" EMPTY "\">"
        "<FLocat LOCTYPE=\"URL\" xlink:href=\"a\"/></file></fileGrp></fileSec></mets>"};
    struct collected c = {0};
    for (size_t i = 0; i < ACC_COUNT_OF(texts) * 2; i++) {
        read_file_as(&c, put_utf16("wide", texts[i / 2], i % 2 == 1), NULL, NULL);
        expect_entry(&c, "a", -1, ACC_SHA256, EMPTY);
        assert_int_equal(c.count, 1);
        assert_non_null(strstr(c.notes, "is UTF-16 text"));
    }
    read_file_as(&c,
                 put_bytes("wide",
                           "\xFF\xFE"
                           "a\0b",
                           5),
                 NULL, NULL);
    expect_refused(&c, "is not UTF-16 text, although its byte order mark says so");
    forget(&c);
}

static void test_screen_of_get_filehash(void **state)
{
    static const char *const screens[] = {
        "\r\nAlgorithm       Hash                        Path            \r\n"
        "---------       ----                        ----            \r\n"
        "SHA256          " EMPTY "       C:\\deliveries\\a...\r\n\r\n",
        "\r\n\r\nAlgorithm : SHA256\r\nHash      : " EMPTY "\r\nPath      : C:\\deliveries\\a\r\n"};
    struct collected c = {0};
    for (size_t i = 0; i < ACC_COUNT_OF(screens); i++) {
        read_text(&c, "shown", screens[i]);
        expect_refused(&c, "is what Get-FileHash shows on the screen");
        read_file_as(&c, put_utf16("shown", screens[i], false), NULL, NULL);
        expect_refused(&c, "| Export-Csv -NoTypeInformation -Encoding UTF8 LIST.csv");
    }
    read_text(&c, "prose", "Algorithm and Hash: a tale\n");
    expect_refused(&c, "no known manifest begins with 'Algorithm and Hash");
    forget(&c);
}

static void test_csv_refused(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"path,size\na,3\n", "t:1: the header names no digest column"},
        {"path,sha256,SHA-256\na," EMPTY "," EMPTY "\n",
         "t:1: column 3 gives what an earlier column"},
        {"path,sha256\na\n", "t:2: has 1 fields, the header has 2"},
        {"path,sha256\na, b," EMPTY "\n", "t:2: has 3 fields, the header has 2"},
        {"URI,FILE_PATH,PUID,SHA256_HASH\nfile:/a,a,,\n", "t:2: has no digest, and without"},
        {"path,sha256\n," EMPTY "\n", "t:2: path '' is empty"},
        {"path,size,sha256\na,3 kB," EMPTY "\n", "t:2: '3 kB' is not a size"},
        {"path,size,sha256\na,-1," EMPTY "\n", "t:2: '-1' is not a size"},
        {"path,size,sha256\na,99999999999999999999," EMPTY "\n", "is not a size"},
        {"path,sha256\n\"a," EMPTY "\n", "t:2: a quoted field has no end"},
        {"path,sha256\n\"a\"b," EMPTY "\n", "t:2: a quote stands where"},
        {"path,hash\na,abc\n", "t:2: digest 'abc' has 3 characters"},
        {"path,hash,algorithm\na," EMPTY ",SHA-257\n", "t:2: 'SHA-257' is not a known"},
        {"path,hash,algorithm\na," EMPTY ",MD5\n", "t:2: digest has 64 hex digits, md5 needs 32"},
        {"path,algorithm,hash,md5\na,MD5," EMPTY_MD5 "," BETA_MD5 "\n",
         "t:2: gives two different md5 digests"},
        {"path,sha256\nC:\\a," EMPTY "\n", "t:2: path 'C:/a' is absolute"},
        {"path,sha256\n\\\\server\\share\\a," EMPTY "\n", "is absolute"},
    };
    struct collected c = {0};
    for (size_t i = 0; i < ACC_COUNT_OF(cases); i++) {
        read_text(&c, "t", cases[i].text);
        expect_refused(&c, cases[i].message);
    }
    read_file_as(&c, put("t", "a,b\n1,2\n"), "csv", NULL);
    expect_refused(&c, "t:1: the header names no path column");
    forget(&c);
}

static void test_hashdeep(void **state)
{
    struct collected c = {0};
    read_file_as(&c, data("hashdeep.txt"), NULL, "/srv/transfers");
    expect_entry(&c, "alpha.txt", 5, ACC_SHA256, ALPHA);
    expect_entry(&c, "alpha.txt", 5, ACC_SHA1, ALPHA_SHA1);
    expect_entry(&c, "Smith, J./beta, final.txt", 4, ACC_MD5, BETA_MD5);
    assert_int_equal(find(&c, "alpha.txt")->line, 6);
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"%%%% HASHDEEP-2.0\n", ":1: 'HASHDEEP-2.0' is a version"},
        {"%%%% HASHDEEP-1.0\n%%%% size,tiger,filename\n", ":2: columns must be"},
        {"%%%% HASHDEEP-1.0\n%%%% md5,size,filename\n", ":2: the first column must be 'size'"},
        {"%%%% HASHDEEP-1.0\n%%%% size,md5\n", ":2: columns must be"},
        {"%%%% HASHDEEP-1.0\n1," EMPTY_MD5 ",a\n",
         ":2: comes before the line that names the columns"},
        {"%%%% HASHDEEP-1.0\n%%%% size,md5,filename\n1," EMPTY_MD5 "\n", ":3: has 2 of 3 columns"},
        {"%%%% HASHDEEP-1.0\n%%%% size,md5,filename\nx," EMPTY_MD5 ",a\n", ":3: 'x' is not a size"},
        {"%%%% HASHDEEP-1.0\n%%%% size,md5,filename\n1," EMPTY_MD5 ",\n", ":3: path '' is empty"},
        {"%%%% HASHDEEP-1.0\n%%%% size,md5,md5,filename\n1," EMPTY_MD5 "," BETA_MD5 ",a\n",
         ":3: gives two different md5 digests"},
    };
    for (size_t i = 0; i < ACC_COUNT_OF(cases); i++) {
        read_text(&c, "h", cases[i].text);
        expect_refused(&c, cases[i].message);
    }
    read_text(&c, "h",
              "%%%% HASHDEEP-1.0\n%%%% size,md5,filename\n1," EMPTY_MD5 ",a\n"
              "%%%% HASHDEEP-1.0\n%%%% size,sha256,filename\n2," EMPTY ",b\n");
    expect_entry(&c, "a", 1, ACC_MD5, EMPTY_MD5);
    expect_entry(&c, "b", 2, ACC_SHA256, EMPTY);
    forget(&c);
}

static void test_archivematica(void **state)
{
    struct collected c = {0};
    read_file_as(&c, data("archivematica.xml"), NULL, NULL);
    expect_entry(&c, "objects/Alpha_file.txt", 5, ACC_SHA256, ALPHA);
    expect_entry(&c, "objects/metadata/beta.txt", 4, ACC_MD5, BETA_MD5);
    assert_int_equal(c.count, 2);
    assert_int_equal(find(&c, "objects/Alpha_file.txt")->promised.present, 1u << ACC_SHA256);
    forget(&c);
}

static void test_goobi(void **state)
{
    struct collected c = {0};
    read_file_as(&c, data("goobi.xml"), NULL, NULL);
    expect_entry(&c, "objects/b24967646_0001.jp2", 100, ACC_SHA1, ALPHA_SHA1);
    expect_entry(&c, "objects/b24967646_0002.jp2", 200, ACC_SHA1, BETA_SHA1);
    expect_entry(&c, "objects/b24967646_0002.jp2", 200, ACC_SHA256, ALPHA);
    expect_entry(&c, "objects/b24967646_0003.jp2", 300, ACC_SHA1,
                 "da39a3ee5e6b4b0d3255bfef95601890afd80709"); /* joined by the division alone */
    assert_int_equal(c.count, 5);
    assert_int_equal(c.info.undigested, 2); /* ALTO files have no digest of their own */
    assert_int_equal(c.info.skipped, 0);
    forget(&c);
}

static void test_plain_mets(void **state)
{
    struct collected c = {0};
    read_file_as(&c, data("plain-mets.xml"), NULL, NULL);
    expect_entry(&c, "images/caf\xC3\xA9 100%.tif", 5, ACC_SHA256, ALPHA);
    assert_non_null(find(&c, "images/50%.tif"));
    assert_non_null(find(&c, "images/a.zip"));
    assert_int_equal(c.count, 4);
    assert_int_equal(find(&c, "images/weak.tif")->promised.present, 0);
    assert_int_equal(c.info.undigested, 1);
    assert_int_equal(c.info.skipped, 2);
    assert_non_null(strstr(c.notes, ":6: 1 elements name only an address elsewhere"));
    assert_non_null(strstr(c.notes, ":7: CRC32 digests cannot be compared"));
    assert_non_null(strstr(c.notes, ":9: 1 files lie inside other files"));
    forget(&c);
}

#define METS(body)                                                                                 \
    "<m:mets xmlns:m=\"http://www.loc.gov/METS/\" xmlns:x=\"http://www.w3.org/1999/xlink\" "       \
    "xmlns:p=\"http://www.loc.gov/premis/v3\">" body "</m:mets>\n"
#define OBJECT(id, fixity)                                                                         \
    "<m:amdSec ID=\"" id "\"><m:techMD ID=\"t" id                                                  \
    "\"><m:mdWrap MDTYPE=\"PREMIS:OBJECT\"><m:xmlData>"                                            \
    "<p:object><p:objectCharacteristics>" fixity "</p:objectCharacteristics></p:object>"           \
    "</m:xmlData></m:mdWrap></m:techMD></m:amdSec>"
#define FIXITY(alg, hex)                                                                           \
    "<p:fixity><p:messageDigestAlgorithm>" alg "</p:messageDigestAlgorithm><p:messageDigest>" hex  \
    "</p:messageDigest></p:fixity>"
#define FILE_OF(attributes, href)                                                                  \
    "<m:fileSec><m:fileGrp><m:file ID=\"f\" " attributes "><m:FLocat x:href=\"" href               \
    "\"/></m:file>"                                                                                \
    "</m:fileGrp></m:fileSec>"

static void test_mets_refused(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {METS(OBJECT("a", FIXITY("MD5", EMPTY_MD5) FIXITY("md5", BETA_MD5))),
         "contradict each other"},
        {METS(OBJECT("a", FIXITY("MD5", "123"))), "digest has 3 hex digits"},
        {METS(OBJECT("a", FIXITY("MD5", EMPTY_MD5) "<p:size>12x</p:size>")), "'12x' is not a size"},
        {METS(OBJECT("a", FIXITY("MD5", EMPTY_MD5)) OBJECT("b", FIXITY("MD5", BETA_MD5))
                  FILE_OF("ADMID=\"a b\"", "x")),
         "two digests or sizes for x contradict"},
        {METS(OBJECT("a", FIXITY("MD5", EMPTY_MD5))
                  FILE_OF("ADMID=\"a\" CHECKSUMTYPE=\"MD5\" CHECKSUM=\"" BETA_MD5 "\"", "x")),
         "contradict"},
        {METS(FILE_OF("CHECKSUMTYPE=\"MD5\" CHECKSUM=\"" BETA_MD5 "\" SIZE=\"1k\"", "x")),
         "SIZE '1k'"},
        {METS(FILE_OF("CHECKSUMTYPE=\"MD5\" CHECKSUM=\"" BETA_MD5 "\"", "%2E%2E/x")),
         "leaves the folder"},
        {METS(FILE_OF("CHECKSUMTYPE=\"MD5\" CHECKSUM=\"" BETA_MD5 "\"", "file:///x")),
         "is absolute"},
        {METS(FILE_OF("", "https://example.org/x")), "names no file at all"},
        {METS(FILE_OF("CHECKSUMTYPE=\"SHA-255\" CHECKSUM=\"" BETA_MD5 "\"", "x")),
         "x:1: 'SHA-255' is not a known algorithm"},
        {METS(FILE_OF("CHECKSUM=\"123\"", "x")), "x:1: CHECKSUM '123' has no CHECKSUMTYPE"},
        {METS(OBJECT("a", FIXITY("MD-5x", EMPTY_MD5))), "'MD-5x' is not a known algorithm"},
        {METS(
             "<m:dmdSec ID=\"d\"><m:mdRef x:href=\"d.xml\" CHECKSUMTYPE=\"SHA-2\" CHECKSUM=\"" EMPTY
             "\"/></m:dmdSec>"),
         "'SHA-2' is not a known algorithm"},
        {METS(FILE_OF("ADMID=\"a\" CHECKSUMTYPE=\"MD5\" CHECKSUM=\"" BETA_MD5 "\"", "x")
                  OBJECT("a", FIXITY("MD5", EMPTY_MD5))),
         "x:1: digests in an amdSec that comes after the fileSec"},
        {"<!DOCTYPE m [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>" METS("&e;"), "DOCTYPE"},
        {METS("<m:fileSec>"), "is not well-formed XML"},
        {METS("") "x", "is not well-formed XML"},
        {"<?xml version=\"1.0\"?><r xmlns=\"http://www.loc.gov/METS/\"/>",
         "the root element is 'r'"},
    };
    struct collected c = {0};
    for (size_t i = 0; i < ACC_COUNT_OF(cases); i++) {
        read_text(&c, "x", cases[i].text);
        expect_refused(&c, cases[i].message);
    }
    read_text(&c, "x",
              METS(OBJECT("a", FIXITY("CRC32", "1234") FIXITY("MD5", " " EMPTY_MD5 "\n"))
                       FILE_OF("ADMID=\"ta\"", "x")));
    expect_entry(&c, "x", -1, ACC_MD5, EMPTY_MD5);
    forget(&c);
}

/* Whatever a METS document names is an entry. */
static void test_mets_names_everything(void **state)
{
    static const char *const sections[] = {
        "<m:dmdSec ID=\"d\">%</m:dmdSec>",
        "<m:amdSec><m:techMD ID=\"t\">%</m:techMD></m:amdSec>",
        "<m:amdSec><m:rightsMD ID=\"r\">%</m:rightsMD></m:amdSec>",
        "<m:amdSec><m:sourceMD ID=\"s\">%</m:sourceMD></m:amdSec>",
        "<m:amdSec><m:digiprovMD ID=\"p\">%</m:digiprovMD></m:amdSec>",
    };
    struct collected c = {0};
    for (size_t i = 0; i < ACC_COUNT_OF(sections); i++) {
        struct acc_str text = {0};
        size_t head = (size_t)(strchr(sections[i], '%') - sections[i]);
        acc_str_add(&text, "<m:mets xmlns:m=\"http://www.loc.gov/METS/\" "
                           "xmlns:x=\"http://www.w3.org/1999/xlink\">");
        acc_str_add_n(&text, sections[i], head);
        acc_str_add(&text, "<m:mdRef LOCTYPE=\"URL\" x:href=\"metadata/a%20b.xml\" SIZE=\"5\" "
                           "CHECKSUMTYPE=\"SHA-256\" CHECKSUM=\"" ALPHA "\"/>");
        acc_str_add(&text, sections[i] + head + 1);
        acc_str_add(&text, "</m:mets>");
        read_text(&c, "x", text.data);
        expect_entry(&c, "metadata/a b.xml", 5, ACC_SHA256, ALPHA);
        acc_str_release(&text);
    }
    read_text(&c, "x",
              METS("<m:fileSec><m:fileGrp>"
                   "<m:file CHECKSUMTYPE=\"SHA-256\" CHECKSUM=\"" ALPHA "\">"
                   "<m:FLocat x:href=\"https://example.org/a.tif\"/>"
                   "<m:FLocat x:href=\"file:///srv/a.tif\"/><m:FLocat x:href=\"a.tif\"/></m:file>"
                   "<m:file CHECKSUM=\"\"><m:FLocat x:href=\"b.tif\"/></m:file>"
                   "<m:file><m:FLocat LOCTYPE=\"URN\" x:href=\"urn:nbn:de:1\"/></m:file>"
                   "<m:file ID=\"nowhere\"/>"
                   "</m:fileGrp></m:fileSec>"));
    expect_entry(&c, "a.tif", -1, ACC_SHA256, ALPHA);
    assert_int_equal(find(&c, "b.tif")->promised.present, 0);
    assert_int_equal(c.count, 2);
    assert_int_equal(c.info.skipped, 2);
    assert_non_null(strstr(c.notes, "1 elements name no location"));
    /* Beside every group, and with the href of another XLink or of none. */
    read_text(&c, "x",
              METS("<m:fileSec xmlns:o=\"http://www.w3.org/TR/xlink\">"
                   "<m:file CHECKSUM=\"" ALPHA "\"><m:FLocat o:href=\"a.tif\"/></m:file>"
                   "<m:fileGrp><m:file><m:FLocat href=\"b.tif\"/></m:file></m:fileGrp>"
                   "</m:fileSec>"));
    expect_entry(&c, "a.tif", -1, ACC_SHA256, ALPHA);
    assert_int_equal(find(&c, "b.tif")->promised.present, 0);
    assert_int_equal(c.count, 2);
    read_text(&c, "x",
              METS(OBJECT("a", FIXITY("http://id.loc.gov/vocabulary/x/md5", EMPTY_MD5))
                       FILE_OF("ADMID=\"a\"", "x")));
    expect_entry(&c, "x", -1, ACC_MD5, EMPTY_MD5);
    forget(&c);
}

static void expect_undigested(struct collected *c, const char *text, const char *path)
{
    read_text(c, "t", text);
    if (c->code != ACC_OK)
        fail_msg("%s", c->err.message);
    assert_non_null(find(c, path));
    assert_int_equal(find(c, path)->promised.present, 0);
    assert_int_equal(c->info.undigested, 1);
}

/* A file that is named without a digest is an entry without one. */
static void test_no_digest(void **state)
{
    struct collected c = {0};
    expect_undigested(&c, "path,sha256\na,\nb," EMPTY "\n", "a");
    expect_undigested(&c, "path,hash,algorithm\na,123,CRC32\nb," EMPTY ",sha256\n", "a");
    expect_undigested(
        &c, "URI,FILE_PATH,TYPE,PUID,SHA256_HASH\nfile:/a,a,File,,\nfile:/d,d,Folder,,\n", "a");
    assert_int_equal(c.count, 1);
    expect_undigested(&c, "%%%% HASHDEEP-1.0\n%%%% size,md5,filename\n1,,a\n", "a");
    expect_undigested(&c, METS(FILE_OF("", "a")), "a");
    forget(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_droid),
        cmocka_unit_test(test_csv_forms),
        cmocka_unit_test(test_utf16),
        cmocka_unit_test(test_screen_of_get_filehash),
        cmocka_unit_test(test_csv_refused),
        cmocka_unit_test(test_hashdeep),
        cmocka_unit_test(test_archivematica),
        cmocka_unit_test(test_goobi),
        cmocka_unit_test(test_plain_mets),
        cmocka_unit_test(test_mets_refused),
        cmocka_unit_test(test_mets_names_everything),
        cmocka_unit_test(test_no_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
