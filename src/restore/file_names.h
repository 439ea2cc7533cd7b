/* What names the file system of the folder that is restored to can hold. */
#ifndef ACC_RESTORE_FILE_NAMES_H
#define ACC_RESTORE_FILE_NAMES_H

#include "restore/target.h"

/* A name that file systems of other systems refuse, or change. */
#define ACC_ODD_NAME "probe \x01<>:\"|?*\\\xC3\xA9 ."

struct acc_file_names {
    size_t longest; /* bytes of a component */
    bool verbatim;  /* any bytes but NUL and "/" are kept as they are */
};

/* Finds out by making files in the work folder; of a dry one only the length is known. */
void acc_file_names_probe(const struct acc_target *target, struct acc_file_names *names);
/* Why the file system cannot hold the path, as half a sentence, or NULL. Static. May try a name. */
const char *acc_file_name_problem(const struct acc_target *target,
                                  const struct acc_file_names *names, const char *path);

#endif
