/* A search through the rows; the tables have less than a hundred. Nothing fails. */
#include "base/transitions.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct acc_step acc_transitions_step(const struct acc_transitions *table, unsigned state,
                                     unsigned event, const void *facts)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct acc_transition *row = &table->rows[i];
        if (row->state == state && row->event == event &&
            (row->fact == ACC_ALWAYS || ((const bool *)facts)[row->fact - 1]))
            return (struct acc_step){row->next, row->action};
    }
    return (struct acc_step){state, state >= table->late_from ? table->nothing : table->bug};
}

void acc_transitions_bug(const struct acc_transitions *table, unsigned state, unsigned event)
{
    fprintf(stderr,
            "accession: the event %s cannot happen in state %s. This is a bug. The run stopped "
            "before anything could go wrong; nothing archived is lost. Run the same command again, "
            "and please report this line.\n",
            table->events[event], table->states[state]);
    abort();
}
