/* Deleting an arrival: only the files that were judged, each on record as archived.
 *
 *     DROPDIR/.accession-deleting/NAME/       0700, so that no writer finds it by name
 *         delivery/   the arrival, renamed
 *         judged      the set of its files (judged.h)
 *         taken/      the one file that is being deleted
 *
 * A writer may still stand in the arrival (its working directory) or have files of it open. So each
 * file is first taken out of every writer's reach, then looked at, and unlinked only if it still is
 * what was judged and no process has it open for writing. Folders go by rmdir. Whatever is left is
 * put back into the drop folder.
 *
 * Limits: where the file system has no leases (NFS), or the file belongs to another user and
 * accession runs without CAP_LEASE, a write through a descriptor opened earlier, between that last
 * look and the unlinking a moment later, is not seen.
 */
#ifndef ACC_WATCH_DELETE_H
#define ACC_WATCH_DELETE_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/error.h>
#include "base/str.h"
#include "watch/arrival/look.h"

/* Whether the arrival's file at `path`, of this size, is on record as archived. */
typedef enum acc_code (*acc_delete_archived)(void *arg, const char *path, int64_t size,
                                             bool *archived, struct acc_error *err);
/* Called when nothing but the deletion itself is left: makes that durable. */
typedef enum acc_code (*acc_delete_commit)(void *arg, struct acc_error *err);

struct acc_deletion {
    /* set by the user; strings live until the call returns */
    const char *folder, *name;
    const char *marker;        /* NAME of the marker beside the arrival, or NULL */
    uint64_t content, touched; /* fingerprints of what was judged */
    acc_delete_archived archived;
    acc_delete_commit commit;
    void *arg;
    /* results */
    bool began;           /* some of it may be deleted */
    struct acc_str place; /* where what was left is; "" when nothing was */
};

/* Waits for disk; call on the pool.
 *   ACC_OK             all of it is deleted
 *   ACC_UNLISTED       nothing is deleted: some of it was never archived
 *   ACC_FILE_CHANGED   it is not what was judged, or became so; what is left is in the drop folder
 *   else               why it failed; nothing is lost, and nothing that was not judged is deleted
 */
enum acc_code acc_delete_arrival(struct acc_deletion *deletion, struct acc_error *err);

/* Resumes after a kill that left NAME in .accession-deleting. `go_on`: the deletion had been
 * committed, so the judged files are deleted; otherwise all of it is put back. ACC_FILE_CHANGED as
 * above. */
enum acc_code acc_delete_recover(struct acc_deletion *deletion, bool go_on, struct acc_error *err);

#define ACC_WATCH_DELETING ".accession-deleting"

#endif
