/* Paths as manifests name them: bytes, relative, with "/" between components.
 *
 * A path that passes acc_path_problem() stays inside the folder it is joined to (symlinks apart,
 * which only the opener can see), is valid UTF-8 and holds no NUL.
 */
#ifndef ACC_BASE_PATH_H
#define ACC_BASE_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

/* S3's limit on a key, in bytes of UTF-8. */
#define ACC_KEY_MAX 1024

/* What is wrong with the path, as half a sentence ("leaves the folder through '..'"), or NULL if it
 * is fine. Static storage. */
const char *acc_path_problem(const char *path, size_t len);

/* A control character of ASCII: legal in a file's name, surprising anywhere else. */
bool acc_path_has_control(const char *path, size_t len);

/* Strips leading "./" and folds "//" and "/./" in place; returns the new length. */
size_t acc_path_clean(char *path, size_t len);

/* How much of a package's name is left without its ending: 3 of "bag.tar.gz". All of any other. */
size_t acc_path_without_packing(const char *name);

/* Length of the UTF-8 sequence at `text` (1 to 4), or 0 when it is not valid (RFC 3629: no
 * surrogates, no overlong forms). */
size_t acc_utf8_len(const char *text, size_t avail);
bool acc_utf8_valid(const char *text, size_t len);
bool acc_is_ascii(const char *text);

/* Appends the path as a terminal may show it: newline as "\n", other control characters, invalid
 * bytes and what turns the reading direction as "\xNN" a byte, a backslash as "\\". Can be undone.
 */
void acc_path_show(struct acc_str *out, const char *path, size_t len);

/* The same for a sentence, in which names were made showable before: backslashes stay single. */
void acc_text_show(struct acc_str *out, const char *text, size_t len);

/* The NFC form (Unicode Normalization Form C), or NULL when the path is ASCII and so its own.
 * Caller frees. The path must be valid UTF-8. */
char *acc_path_nfc(const char *path);
char *acc_path_nfd(const char *path);

#endif
