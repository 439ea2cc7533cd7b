/* Inside src/source: the kinds, and what they share. */
#ifndef ACC_SOURCE_KINDS_H
#define ACC_SOURCE_KINDS_H

#include "source/source.h"

extern const struct acc_source_kind acc_source_folder;

/* Makes `file` the file that is open at `fd`: as in a folder, wherever it lies. */
int acc_source_use_fd(struct acc_source_file *file, int fd);

#endif
