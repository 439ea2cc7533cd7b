/* The rules of whatever lives over several callbacks, as a table: (state, event, facts) ->
 * (state, action). A run, an upload and a verification have one each; their drivers post events and
 * apply what the table says.
 *
 * A row names a state, an event and what follows. A fact picks between rows of the same pair: the
 * first row whose fact holds counts. Pairs without a row are late news in the states from
 * `late_from` on, and are ignored there; in any earlier state they cannot happen.
 *
 * Pure. Any thread.
 */
#ifndef ACC_BASE_TRANSITIONS_H
#define ACC_BASE_TRANSITIONS_H

#include <stddef.h>

/* Facts are a struct of bools alone: a row names one by its place. */
#define ACC_ALWAYS 0
#define ACC_FACT(facts, name) (offsetof(struct facts, name) + 1)

struct acc_transition {
    unsigned char state, event, fact, next, action;
};

struct acc_transitions {
    const struct acc_transition *rows;
    size_t count;
    const char *const *states, *const *events; /* names */
    unsigned late_from;                        /* a state */
    unsigned nothing, bug;                     /* actions: ignored; cannot happen */
};

struct acc_step {
    unsigned next, action;
};

/* `facts` is the struct that the rows' ACC_FACT name. */
struct acc_step acc_transitions_step(const struct acc_transitions *table, unsigned state,
                                     unsigned event, const void *facts);

/* Reports that `event` cannot happen in `state` on standard error, and ends the process before
 * anything can go wrong. */
_Noreturn void acc_transitions_bug(const struct acc_transitions *table, unsigned state,
                                   unsigned event);

#endif
