/* A child process: started, its standard output read line by line, its end reported once.
 *
 * on_done fires exactly once for each start, from the loop, when the process has ended and all it
 * wrote has been read; every descriptor is closed by then and the struct is the user's again. A
 * process that cannot be started ends the same way, with status -1, no signal and the reason as
 * `tail`. A line longer than ACC_CHILD_LINE is dropped.
 *
 * Threads: the loop's thread only. */
#ifndef ACC_LOOP_CHILD_H
#define ACC_LOOP_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/error.h>
#include "base/str.h"
#include "loop/loop.h"

#define ACC_CHILD_LINE (1024 * 1024)
#define ACC_CHILD_TAIL 512

struct acc_child {
    /* set by the user; a NULL on_line leaves standard output and error as they are here */
    void (*on_line)(struct acc_child *child, const char *line, size_t len);
    void (*on_done)(struct acc_child *child);
    bool own_group; /* so that acc_child_kill() ends what the child started, too */
    bool foreign;   /* not accession: gets none of the AWS_* variables, which hold secrets */

    /* results */
    int status; /* exit status; -1 when a signal ended it or it never began */
    int signal;
    char tail[ACC_CHILD_TAIL]; /* the end of what it wrote to standard error; showable */

    /* private */
    uv_process_t process;
    uv_pipe_t in, out, err;
    uv_write_t write;
    struct acc_str line, input;
    char buffer[8192];
    bool running, too_long;
    unsigned open; /* handles that have not closed */
};

/* `argv` is borrowed for the call. `input` is copied and becomes its standard input, which is empty
 * when it is NULL. */
void acc_child_start(struct acc_loop *loop, struct acc_child *child, const char *program,
                     const char *const *argv, const char *input);
/* Nothing when it does not run. */
void acc_child_kill(struct acc_child *child, int signal);

#endif
