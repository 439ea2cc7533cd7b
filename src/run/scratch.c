/* Makes the folder with mkdtemp, removes it file by file. What cannot be removed is left: it is in
 * the folder for temporary files, and no run ever reads it again. */
#include "run/scratch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

/* The ledger's thread may make one file more while the others are removed. */
#define TRIES 3

enum acc_code acc_scratch_make(const char *what, char **out, struct acc_error *err)
{
    const char *tmp = getenv("TMPDIR");
    struct acc_str path = {0};
    acc_str_addf(&path, "%s/accession-%s-XXXXXX", tmp != NULL && *tmp ? tmp : "/tmp", what);
    if (mkdtemp(path.data) == NULL) {
        enum acc_code code = acc_error_set(err, ACC_LOCAL, "%s: folder cannot be made: %s",
                                           acc_str_cstr(&path), strerror(errno));
        acc_str_release(&path);
        return code;
    }
    *out = acc_str_detach(&path);
    return ACC_OK;
}

static void remove_files(const char *folder)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
        unlinkat(dirfd(dir), entry->d_name, 0); /* not "." and "..": these are folders */
    closedir(dir);
}

void acc_scratch_remove(const char *folder)
{
    if (folder == NULL)
        return;
    for (int i = 0; i < TRIES; i++) {
        remove_files(folder);
        if (rmdir(folder) == 0 || errno == ENOENT)
            return;
    }
}
