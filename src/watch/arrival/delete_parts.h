/* What the files of a deletion share (watch/arrival/delete.h has its folders). Each calls only
 * those below it:
 *
 *     delete.c            the order of the steps
 *     delete_clear.c      deleting what was judged
 *     delete_put_back.c   putting back what is left
 *     delete_survey.c     is it what was judged, and archived?
 *     delete_bin.c        the folders
 *
 * Threads: the pool job that deletes. Functions that return a code fill `err`.
 */
#ifndef ACC_WATCH_DELETE_PARTS_H
#define ACC_WATCH_DELETE_PARTS_H

#include "watch/arrival/delete.h"
#include "watch/arrival/judged.h"

#define ACC_DELETING_DELIVERY "delivery"
#define ACC_DELETING_JUDGED "judged"
#define ACC_DELETING_TAKEN "taken"

/* The open folders and the set of one deletion; none: -1. */
struct acc_deleting {
    struct acc_deletion *deletion;
    int drop, bin, own, taken;
    struct acc_str inside; /* path of `own` */
    struct acc_judged judged;
    uint64_t left;
    struct acc_str first; /* of what is left, or was never archived; showable */
};

/* delete_bin.c */
/* ACC_LOCAL with errno: it "cannot be" `what`, and is tried again later. */
enum acc_code acc_deleting_failed(struct acc_deleting *d, const char *what, struct acc_error *err);
enum acc_code acc_deleting_open_drop(struct acc_deleting *d, struct acc_error *err);
enum acc_code acc_deleting_open_bin(struct acc_deleting *d, struct acc_error *err);
/* A descriptor, the caller's to close, or -1. */
int acc_deleting_open_folder(int parent, const char *name);
int acc_deleting_make_folder(int parent, const char *name);
/* Removes the folders of the deletion as far as they are empty, and closes all. */
void acc_deleting_release(struct acc_deleting *d);

/* delete_survey.c */
void acc_deleting_count_left(struct acc_deleting *d, const char *path);
/* Where writers can reach it: also, is each file on record as archived? */
enum acc_code acc_deleting_survey_in_place(struct acc_deleting *d, struct acc_error *err);
enum acc_code acc_deleting_survey_in_bin(struct acc_deleting *d, const char *path,
                                         struct acc_error *err);

/* delete_put_back.c */
/* A file that was taken when the program was killed goes to the top of the delivery. */
void acc_deleting_return_taken(struct acc_deleting *d, int delivery);
enum acc_code acc_deleting_put_back(struct acc_deleting *d, struct acc_error *err);
/* Puts back what was written during the deletion, and returns ACC_FILE_CHANGED. */
enum acc_code acc_deleting_put_back_the_rest(struct acc_deleting *d, struct acc_error *err);
enum acc_code acc_deleting_put_back_old(struct acc_deleting *d, struct acc_error *err);

/* delete_clear.c */
enum acc_code acc_deleting_clear(struct acc_deleting *d, struct acc_error *err);

#endif
