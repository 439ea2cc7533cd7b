/* The table of readers, and a reading from start to end: open, detect the format, read, check that
 * there was something, close. The first failure is returned as it is; everything is closed either
 * way. */
#include "manifest/manifest.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "manifest/reading.h"

/* Sniffed from the top; checksum lists last, since only their first line shows them. */
static const struct acc_format formats[] = {
    {"hashdeep", ACC_ALG_COUNT, acc_sniff_hashdeep, acc_read_hashdeep},
    {"mets", ACC_ALG_COUNT, acc_sniff_mets, acc_read_mets},
    {"droid", ACC_ALG_COUNT, acc_sniff_droid, acc_read_columns},
    {"csv", ACC_ALG_COUNT, acc_sniff_csv, acc_read_columns},
    {"tsv", ACC_ALG_COUNT, acc_sniff_tsv, acc_read_columns},
    {"checksums", ACC_ALG_COUNT, acc_sniff_checksums, acc_read_checksums},
    {"md5sum", ACC_MD5, NULL, acc_read_checksums},
    {"sha1sum", ACC_SHA1, NULL, acc_read_checksums},
    {"sha224sum", ACC_SHA224, NULL, acc_read_checksums},
    {"sha256sum", ACC_SHA256, NULL, acc_read_checksums},
    {"sha384sum", ACC_SHA384, NULL, acc_read_checksums},
    {"sha512sum", ACC_SHA512, NULL, acc_read_checksums},
    {"sha3-256sum", ACC_SHA3_256, NULL, acc_read_checksums},
    {"sha3-512sum", ACC_SHA3_512, NULL, acc_read_checksums},
    {"b2sum", ACC_BLAKE2B_512, NULL, acc_read_checksums},
    {"blake2ssum", ACC_BLAKE2S_256, NULL, acc_read_checksums},
    {"sha512-256sum", ACC_SHA512_256, NULL, acc_read_checksums},
    {"ripemd160sum", ACC_RIPEMD160, NULL, acc_read_checksums},
    {"sm3sum", ACC_SM3, NULL, acc_read_checksums},
};

static const char *const format_names[ACC_COUNT_OF(formats) + 1] = {
    "hashdeep",   "mets",          "droid",        "csv",         "tsv",
    "checksums",  "md5sum",        "sha1sum",      "sha224sum",   "sha256sum",
    "sha384sum",  "sha512sum",     "sha3-256sum",  "sha3-512sum", "b2sum",
    "blake2ssum", "sha512-256sum", "ripemd160sum", "sm3sum",      NULL,
};

const char *const *acc_manifest_formats(void)
{
    return format_names;
}

const char *acc_manifest_format_of(enum acc_alg alg)
{
    for (size_t i = 0; i < ACC_COUNT_OF(formats); i++)
        if (formats[i].alg == alg)
            return formats[i].name;
    return "checksums";
}

/* What PowerShell's Get-FileHash shows on the screen, as a table or as a list. Long paths are cut
 * there, so it cannot be read. */
static bool is_screen_of_hashes(const char *text, size_t len)
{
    static const char first[] = "Algorithm ";
    while (len > 0 && strchr("\r\n", *text) != NULL)
        text++, len--;
    size_t line = strcspn(text, "\r\n");
    if (len < sizeof first || !acc_starts_with(text, first))
        return false;
    const char *hash = strstr(text, " Hash "), *colon = strstr(text, " : ");
    return (hash != NULL && hash < text + line) || (colon != NULL && colon < text + line);
}

static enum acc_code unknown(struct acc_reading *r, const char *text, size_t len)
{
    if (is_screen_of_hashes(text, len))
        return acc_reading_fail(r, 1,
                                "is what Get-FileHash shows on the screen, where long paths are "
                                "cut. Write a table instead: Get-FileHash ... | Export-Csv "
                                "-NoTypeInformation -Encoding UTF8 LIST.csv.");
    if (len >= 2 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0))
        return acc_reading_fail(r, 0,
                                "is UTF-16 text. Convert it first: iconv -f UTF-16 -t UTF-8 "
                                "FILE > NEW.");
    const char *end = memchr(text, '\n', len);
    size_t first = end != NULL ? (size_t)(end - text) : len;
    return acc_reading_fail(
        r, 1,
        "no known manifest begins with '%s'. Known are GNU and BSD checksum lists, "
        "CSV and TSV with a header that names path and digest, DROID exports, "
        "hashdeep 1.0 and METS; --manifest-format names one.",
        acc_reading_show(r, text, first < 60 ? first : 60));
}

static enum acc_code unknown_name(struct acc_reading *r, const char *name)
{
    struct acc_str names = {0}, shown = {0};
    for (size_t i = 0; format_names[i] != NULL; i++)
        acc_str_addf(&names, "%s%s", i > 0 ? ", " : "", format_names[i]);
    acc_path_show(&shown, name, strlen(name));
    acc_error_set(r->err, ACC_USAGE, "--manifest-format %s: no such format. Known are %s.",
                  acc_str_cstr(&shown), names.data);
    acc_str_release(&names);
    acc_str_release(&shown);
    return ACC_USAGE;
}

/* By name when one is given, else the first row that recognises the content. */
static enum acc_code choose(struct acc_reading *r, const char *name,
                            const struct acc_format **format)
{
    const char *text;
    size_t len;
    enum acc_code code = acc_input_peek(&r->input, &text, &len);
    if (code != ACC_OK)
        return code;
    for (size_t i = 0; i < ACC_COUNT_OF(formats); i++) {
        const struct acc_format *f = &formats[i];
        bool match = name != NULL ? strcmp(name, f->name) == 0 : f->sniff && f->sniff(text, len);
        if (match) {
            *format = f;
            return ACC_OK;
        }
    }
    if (name != NULL)
        return unknown_name(r, name);
    return unknown(r, text, len);
}

const char *acc_manifest_sniff(const struct acc_source *source, const char *file)
{
    struct acc_error err;
    struct acc_input input;
    const char *text, *name = "";
    size_t len;
    if (acc_input_open(&input, source, file, file, ACC_ENC_UTF8, false, 0, NULL, &err) != ACC_OK)
        return name;
    if (acc_input_peek(&input, &text, &len) == ACC_OK)
        for (size_t i = 0; i < ACC_COUNT_OF(formats) && *name == '\0'; i++)
            if (formats[i].sniff != NULL && formats[i].sniff(text, len))
                name = formats[i].name;
    acc_input_close(&input);
    return name;
}

enum acc_code acc_manifest_read(const char *file, const struct acc_manifest_options *options,
                                const struct acc_manifest_sink *sink,
                                struct acc_manifest_info *info, struct acc_error *err)
{
    struct acc_manifest_info found = {0};
    const char *name = options->name != NULL    ? options->name
                       : strcmp(file, "-") == 0 ? "standard input"
                                                : file;
    struct acc_reading r = {.name = name,
                            .options = options,
                            .alg = ACC_ALG_COUNT,
                            .sink = sink,
                            .info = &found,
                            .err = err};
    enum acc_code code = acc_input_open(&r.input, options->source, file, name, ACC_ENC_UTF8, false,
                                        0, options->stop, err);
    if (code != ACC_OK)
        return code;
    const struct acc_format *format = NULL;
    code = acc_reading_bom(&r);
    if (code == ACC_OK)
        code = choose(&r, options->format, &format);
    if (code == ACC_OK) {
        found.format = format->name;
        r.alg = format->alg;
        code = format->read(&r);
    }
    if (code == ACC_OK)
        code = acc_input_finish(&r.input, &found.self);
    if (code == ACC_OK && found.entries == 0)
        code = acc_reading_fail(&r, 0,
                                "names no file at all. A manifest without entries proves "
                                "nothing; make it again.");
    acc_input_close(&r.input);
    acc_str_release(&r.shown);
    if (code == ACC_OK)
        *info = found;
    return code;
}
