/* The folder that objects are restored to. Nothing outside it is ever opened, nothing in it is ever
 * replaced, and a file has its name only when all of it is there and compared.
 *
 *     acc_target_open -> { begin -> write... -> publish | drop }... -> acc_target_close
 *
 * A piece is a file being written: it lies in FOLDER/.accession-restore until it is published,
 * which is fsync, the times, and a rename that fails if the name is taken. A piece that is neither
 * published nor dropped stays, and a later run with the same piece name goes on behind its last
 * byte. The work folder is locked, so that two restores never share it, and this user's alone. A
 * close that knows that nothing is to come removes the pieces, and the folder if nothing else is
 * in it.
 *
 * Paths are those of base/path.h: relative, clean. Folders on the way are made as needed and
 * entered one by one without following a symbolic link.
 *
 * Threads: open, finish and close on one thread while nothing else is called; all others from any
 * thread, each piece on one at a time. */
#ifndef ACC_RESTORE_TARGET_H
#define ACC_RESTORE_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <accession/error.h>

struct acc_restored; /* gate/gate.h */

#define ACC_TARGET_WORK ".accession-restore"

struct acc_target {
    char *path;   /* absolute, symlinks resolved */
    int fd, work; /* -1: not open */
    uid_t owner;  /* of what this process makes in it */
    bool made;    /* the folder is this process's own, and goes if it stays empty */
    bool empty;   /* nothing lay in it when it was opened, a work folder and its pieces included */
};

/* Makes the folder if it does not exist; `dry` makes nothing, and then only looks are allowed.
 * ACC_LOCAL, or ACC_LEDGER_BUSY while another restore works there. */
enum acc_code acc_target_open(struct acc_target *target, const char *path, bool dry,
                              struct acc_error *err);
/* Removes every piece, and nothing else: while none is being written. */
void acc_target_clear(const struct acc_target *target);
/* Makes what was published survive a loss of power. ACC_LOCAL also if the folder no longer has its
 * name: what was published is then somewhere else. */
enum acc_code acc_target_sync(const struct acc_target *target, struct acc_error *err);
/* Closes; `over` removes the pieces that are left. The work folder goes if it is empty, and so does
 * the folder if it was made here. Accepts a zeroed struct. */
void acc_target_close(struct acc_target *target, bool over);

/* Whether something has this name. ACC_OK and `*fd` the open file if it is a regular file, or -1 if
 * nothing is there; ACC_CONFLICT if it is something else, or a folder on the way is not one. */
enum acc_code acc_target_look(const struct acc_target *target, const char *path, int *fd,
                              struct acc_error *err);

struct acc_piece {
    int fd;        /* -1: none */
    char name[72]; /* in the work folder */
    int64_t size;  /* bytes that it has */
    const char *path;
    int64_t modified; /* nanoseconds since 1970; INT64_MIN: not kept */
};

/* Opens the piece with the bytes that it has. With `anew`, and if what has its name is not a file
 * that an earlier run can have made, that is removed and a new one made: nothing is written through
 * a link. */
enum acc_code acc_target_begin(const struct acc_target *target, struct acc_piece *piece, bool anew,
                               struct acc_error *err);
enum acc_code acc_piece_write(struct acc_piece *piece, const void *bytes, size_t len,
                              struct acc_error *err);
/* Gives the piece its name, which the gate allowed. ACC_CONFLICT if the name is taken by now: the
 * piece is then still there. */
enum acc_code acc_target_publish(const struct acc_target *target, struct acc_piece *piece,
                                 const struct acc_restored *restored, struct acc_error *err);
/* Closes it and removes it. */
void acc_target_drop(const struct acc_target *target, struct acc_piece *piece);
/* Closes it and leaves it for a later run. */
void acc_piece_leave(struct acc_piece *piece);

/* ---- between target.c and piece.c ---- */

/* ACC_LOCAL, of errno. */
enum acc_code acc_target_failed(struct acc_error *err, const char *what, const char *path);

#endif
