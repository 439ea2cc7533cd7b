/* The progress block: a few lines that are drawn again in place.
 *
 * The cursor always rests below the block, visible, so that the terminal is in order however the
 * program ends, SIGKILL included: there is nothing to restore but the window's title (title.h).
 */
#ifndef ACC_CLI_PROGRESS_H
#define ACC_CLI_PROGRESS_H

#include <accession/ingest.h>
#include "cli/render/screen.h"
#include "cli/screen/graph.h"

#define ACC_BLOCK_LINES 16

struct acc_lines {
    struct acc_str line[ACC_BLOCK_LINES];
    unsigned count;
};
void acc_lines_release(struct acc_lines *lines);

/* The lines that show `progress`, none wider than `width` cells. `state` is what the run is doing
 * beside its work ("probing"), or "". Pure. */
void acc_progress_lines(struct acc_lines *lines, const struct acc_progress *progress,
                        const struct acc_graph *graph, const char *state, unsigned width,
                        const struct acc_glyphs *glyphs);
/* Before the work is known: what the run is doing, at which place, for how long, and what it had to
 * try again. Pure. */
void acc_progress_delayed(struct acc_lines *lines, const struct acc_progress *progress,
                          const char *state, unsigned width, const struct acc_glyphs *glyphs);
/* 100 only when every file is done. */
unsigned acc_progress_percent(const struct acc_progress *progress);

/* The lines on the screen now. Zeroed, there are none. */
struct acc_block {
    unsigned widths[ACC_BLOCK_LINES];
    unsigned count;
};
/* Each writes in one piece and leaves the cursor below what it wrote. */
void acc_block_draw(struct acc_block *block, struct acc_screen *screen,
                    const struct acc_lines *lines);
void acc_block_erase(struct acc_block *block, struct acc_screen *screen);

#endif
