/* What all readers share: one reading in progress, its errors and notes, and the only way in which
 * entries reach the sink. A reader is a row of the table in manifest.c: a name, a sniff, a read. */
#ifndef ACC_MANIFEST_READING_H
#define ACC_MANIFEST_READING_H

#include "manifest/input.h"
#include "manifest/manifest.h"

/* Deviations that are noted once a file, at the first line that has them. */
enum acc_remark {
    ACC_REMARK_BOM,
    ACC_REMARK_UTF16,
    ACC_REMARK_CRLF,
    ACC_REMARK_BLANK,
    ACC_REMARK_COMMENT,
    ACC_REMARK_UNTERMINATED,
    ACC_REMARK_BARE,
    ACC_REMARK_STAR,
    ACC_REMARK_UNUSABLE,
    ACC_REMARK_DOT,
    ACC_REMARK_COUNT
};

struct acc_reading {
    struct acc_input input;
    const char *name;                           /* in messages and as origin */
    const struct acc_manifest_options *options; /* never NULL */
    enum acc_alg alg; /* the algorithm that the format's name gives, or ACC_ALG_COUNT */
    const struct acc_manifest_sink *sink;
    struct acc_manifest_info *info;
    struct acc_error *err;
    unsigned remarked; /* bits (1 << acc_remark) */
    bool begun, crlf;  /* the first line has been read, and ended in CR LF */
    bool cr;           /* a CR was taken off the line at hand */
    bool windows;      /* paths came with "\" and were turned; so is the prefix */
    struct acc_str shown;
};

/* For readings without options. */
extern const struct acc_manifest_options acc_no_options;

struct acc_format {
    const char *name;
    enum acc_alg alg;                             /* or ACC_ALG_COUNT */
    bool (*sniff)(const char *text, size_t len);  /* of the first bytes, or NULL: only by name */
    enum acc_code (*read)(struct acc_reading *r); /* to the end, or to the first error */
};

bool acc_sniff_hashdeep(const char *text, size_t len);
bool acc_sniff_mets(const char *text, size_t len);
bool acc_sniff_droid(const char *text, size_t len);
bool acc_sniff_csv(const char *text, size_t len);
bool acc_sniff_tsv(const char *text, size_t len);
bool acc_sniff_checksums(const char *text, size_t len);
enum acc_code acc_read_hashdeep(struct acc_reading *r);
enum acc_code acc_read_mets(struct acc_reading *r);
enum acc_code acc_read_columns(struct acc_reading *r);
enum acc_code acc_read_checksums(struct acc_reading *r);

/* Sets ACC_MANIFEST and "FILE:LINE: ..." ("FILE: ..." for line 0); returns the code. */
enum acc_code acc_reading_fail(struct acc_reading *r, uint64_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void acc_reading_note(struct acc_reading *r, uint64_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void acc_reading_remark(struct acc_reading *r, enum acc_remark remark);

/* The bytes as a message may show them, at most 200 of them; lives until the next call. */
const char *acc_reading_show(struct acc_reading *r, const char *bytes, size_t len);

/* The next line, CR LF undone (the first line decides whether the file has it), NUL refused unless
 * NUL delimits. `*line` is NULL at the end. */
enum acc_code acc_reading_line(struct acc_reading *r, char **line, size_t *len);

/* Skips a byte order mark and notes it, and UTF-16. */
enum acc_code acc_reading_bom(struct acc_reading *r);

/* Checks and sends one entry. `path` is changed in place and must be writable for one byte more.
 * `taken` may be NULL: then a repetition is noted here. */
enum acc_code acc_reading_entry(struct acc_reading *r, uint64_t line, enum acc_role role,
                                char *path, size_t len, int64_t size,
                                const struct acc_digests *promised, enum acc_taken *taken);

/* Turns the "\" of a path to "/": of one that is absolute on Windows ("C:\...", "\\server\..."),
 * and with options->windows_paths of every one. */
void acc_reading_windows(struct acc_reading *r, char *path, size_t len);

/* The algorithm that a manifest names. One that exists but that nothing here can compare (CRC-32,
 * Whirlpool) is ACC_ALG_COUNT, and noted once; an unknown name is an error.
 */
enum acc_code acc_reading_algorithm(struct acc_reading *r, uint64_t line, const char *name,
                                    size_t len, enum acc_alg *alg);

/* Adds a digest in hex; if the text is not one, the error says why. */
enum acc_code acc_reading_digest(struct acc_reading *r, uint64_t line, enum acc_alg alg,
                                 const char *hex, size_t len, struct acc_digests *digests);

/* A guess: the algorithm whose digests have this many hex digits, SHA-2 before all others, or
 * ACC_ALG_COUNT. Kept in info->guessed. */
enum acc_alg acc_reading_guess(struct acc_reading *r, size_t hex_len);

/* A size in decimal digits; false for anything else or beyond INT64_MAX. */
bool acc_parse_size(const char *text, size_t len, int64_t *size);

#endif
