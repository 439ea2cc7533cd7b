/* The rate of the last minute as a line of bars: ▁▂▅▇. */
#ifndef ACC_CLI_GRAPH_H
#define ACC_CLI_GRAPH_H

#include <stdint.h>

#include "cli/render/screen.h"

#define ACC_GRAPH_BARS 30
#define ACC_GRAPH_BAR_MS 2000

/* Zeroed, nothing has been noted. */
struct acc_graph {
    int64_t moved[ACC_GRAPH_BARS + 1]; /* bytes in each bar: a ring, the newest still filling */
    int64_t newest;                    /* number of that bar since the work began */
    int64_t bytes;                     /* of the last note */
    bool begun;
};

/* `elapsed` milliseconds after the work began, `bytes` have been moved. What an earlier run moved
 * belongs to no bar: the first note only starts the count. */
void acc_graph_note(struct acc_graph *graph, int64_t elapsed, int64_t bytes);
/* Appends at most `cells` bars that are full, the highest rate at full height. Returns that rate in
 * bytes a second; 0, with nothing appended, if there is too little to show or no glyph for it. */
int64_t acc_graph_bars(struct acc_str *out, const struct acc_graph *graph, unsigned cells,
                       const struct acc_glyphs *glyphs);

#endif
