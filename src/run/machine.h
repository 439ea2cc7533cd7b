/* What drives a run through its rules (a table of base/transitions.h): events are posted and
 * drained here, and only here does the phase change. The files of the phases work above it: they
 * start something, count it as in progress, and post what comes of it. What each action does is the
 * owner's: `act` calls it, and finds the owner with ACC_CONTAINER_OF.
 *
 * Threads: the loop's thread.
 */
#ifndef ACC_RUN_MACHINE_H
#define ACC_RUN_MACHINE_H

#include <stdbool.h>

#include "base/transitions.h"

#define ACC_MACHINE_EVENTS_MAX 32

struct acc_machine_kind {
    const char *name; /* what is traced: "run" */
    struct acc_transitions table;
    unsigned stopping; /* the phase in which `idle` follows once nothing is in progress; it and all
                          later ones start nothing */
    unsigned idle;
    unsigned stops; /* ACC_BIT of the events that lead there */
};

#define ACC_BIT(event) (1u << (event))

/* Set kind, facts and act; the rest is zero at first, and so is the first phase. */
struct acc_machine {
    const struct acc_machine_kind *kind;
    const void *facts; /* as `kind` names them */
    void (*act)(struct acc_machine *machine, unsigned action);
    unsigned phase;

    /* private */
    unsigned char queue[ACC_MACHINE_EVENTS_MAX]; /* each event at most once */
    unsigned queued, first;
    unsigned pending; /* ACC_BIT of each event in `queue` */
    unsigned busy;    /* jobs, requests and uploads in progress */
    bool draining, idle_posted;
};

/* Something of the run is in progress. */
void acc_machine_begin(struct acc_machine *machine);
/* It has ended; call after posting its event. */
void acc_machine_end(struct acc_machine *machine);
/* Applies the rule immediately or, from inside an action, after it. An event that waits already is
 * not queued again. */
void acc_machine_post(struct acc_machine *machine, unsigned event);
/* Stopping or later, or about to be: nothing new may begin. */
bool acc_machine_stops(const struct acc_machine *machine);

#endif
