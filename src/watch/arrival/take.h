/* Moving a name from one open folder to another, and unlinking a file that is still what it was.
 * Names are relative to open folders, symbolic links are never followed, and nothing is ever
 * replaced. */
#ifndef ACC_WATCH_TAKE_H
#define ACC_WATCH_TAKE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/str.h"

/* Renames; false with errno when it cannot, EEXIST when `to` is there. */
bool acc_take(int from_folder, const char *from, int to_folder, const char *to);
/* The same under its own name, or as NAME~2 … where that is taken; `name` becomes the name found.
 */
bool acc_take_back_as(int from_folder, const char *from, int to_folder, struct acc_str *name);
/* The same for one that may keep its place when it cannot. */
void acc_take_back(int from_folder, int to_folder, const char *name);

/* Moves a regular file out of writers' reach into `taken`, and unlinks it if it still is the file
 * that `st` shows and no process has it open for writing; otherwise puts it back. Returns whether
 * it is gone. One that can be neither unlinked nor put back stays in `taken`. */
bool acc_take_and_unlink(int taken, int folder, const char *name, const struct stat *st);

#endif
