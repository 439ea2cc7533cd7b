/* The bytes of a manifest on their way to a reader: read in large pieces, hashed as stored, gzip
 * and foreign encodings (declared, or UTF-16 by its byte order mark) undone, then given out as
 * lines or as a plain stream.
 *
 *     acc_input_open -> (peek) -> line... | take... -> acc_input_finish -> acc_input_close
 *
 * Memory is a few fixed buffers; no call allocates per line.
 */
#ifndef ACC_MANIFEST_INPUT_H
#define ACC_MANIFEST_INPUT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <zlib.h>

#include <accession/error.h>
#include "base/str.h"
#include "digest/hasher.h"
#include "manifest/encoding.h"
#include "source/source.h"

/* The longest line. A path is at most 4,096 bytes; the rest is room for what CSV exports add. */
#define ACC_LINE_MAX 65536

struct acc_input {
    const char *name; /* for messages; borrowed, as is `err` */
    struct acc_error *err;
    const atomic_bool
        *stop; /* or NULL: looked at before each piece, and while a pipe is waited for */
    int fd;    /* or -1: `file` */
    struct acc_source_file file; /* of a source */
    bool waits;                  /* not a regular file: reading may wait */
    struct acc_algs *algs;
    struct acc_hasher hasher;
    uint64_t stored; /* bytes read from the file */
    uint8_t *raw;    /* stored bytes that are not text yet */
    size_t raw_at, raw_len;
    bool raw_end;
    bool gzip, member; /* compressed; inside a member */
    bool utf16;        /* its byte order mark says so */
    z_stream z;
    struct acc_decoder decoder;
    struct acc_str text; /* text[at..len) is what the reader has not had */
    size_t at;
    bool text_end;
    char delimiter;    /* of lines: '\n' unless the reader changes it */
    uint64_t line;     /* number of the line given last */
    bool unterminated; /* that line had no delimiter: the end of the file */
};

/* `path` is a file of the source, or one on disk when that is NULL; "-" is standard input.
 * `plain_only` takes regular files without gzip alone, as a bag's own files are; once `stop` (which
 * may be NULL) is true, reading ends with ACC_INTERRUPTED. `algs` are the digests wanted of the
 * stored bytes. On failure (ACC_MANIFEST) nothing needs closing. */
enum acc_code acc_input_open(struct acc_input *in, const struct acc_source *source,
                             const char *path, const char *name, enum acc_encoding encoding,
                             bool plain_only, uint32_t algs, const atomic_bool *stop,
                             struct acc_error *err);

/* The next bytes without consuming them: at least ACC_LINE_MAX unless the text ends earlier. */
enum acc_code acc_input_peek(struct acc_input *in, const char **text, size_t *len);
void acc_input_skip(struct acc_input *in, size_t len); /* of what was peeked */

/* The next line without its delimiter and with a NUL after it, writable, alive until the next call.
 * `*line` is NULL at the end. A line of more than ACC_LINE_MAX bytes is ACC_MANIFEST. */
enum acc_code acc_input_line(struct acc_input *in, char **line, size_t *len);

/* Up to `size` bytes; `*len` is 0 at the end. */
enum acc_code acc_input_take(struct acc_input *in, char *out, size_t size, size_t *len);

/* Reads what is left, so that compression is checked to its end, and gives the stored bytes'
 * digests. */
enum acc_code acc_input_finish(struct acc_input *in, struct acc_digests *self);
void acc_input_close(struct acc_input *in);

#endif
