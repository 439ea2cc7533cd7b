/* How a run is shown: one table of functions, filled by the terminal's renderer and by that of JSON
 * Lines. A command makes one, hands it every event, then the result, then frees it.
 *
 * Output: events and progress go to `err`, results to `out` (terminal); everything goes to `out`
 * (JSON). The caller detects failed writes with ferror(). */
#ifndef ACC_CLI_RENDER_H
#define ACC_CLI_RENDER_H

#include <stdbool.h>

#include <accession/ingest.h>
#include <accession/probe.h>
#include <accession/restore.h>
#include <accession/verify.h>
#include "cli/render/screen.h"

struct acc_render;

/* A NULL function means that nothing is said of it. */
struct acc_renderer {
    void (*event)(struct acc_render *render, const struct acc_event *event);
    void (*ingest_done)(struct acc_render *render, const struct acc_ingest_summary *summary,
                        const struct acc_error *err);
    void (*verify_done)(struct acc_render *render, const struct acc_verify_summary *summary,
                        const struct acc_error *err);
    void (*restore_done)(struct acc_render *render, const struct acc_restore_summary *summary,
                         const struct acc_error *err);
    void (*probe_done)(struct acc_render *render, const struct acc_probe_result *result,
                       const struct acc_error *err);
    void (*free)(struct acc_render *render);
};

/* Settings that both renderers need; the strings outlive the renderer. */
struct acc_render_setup {
    struct acc_screen out, err;
    bool quiet; /* errors and refused files only */
    bool no_progress;
    const char *title;  /* "auto" (NULL), "always" or "never" */
    const char *source; /* as the user gave it; "" for a probe */
    const char *url;
    const struct acc_connection *connection; /* NULL: none given */
    const char *command; /* what continues or repeats this, as it would be typed */
};

struct acc_render {
    const struct acc_renderer *functions;
    struct acc_render_setup setup;
};

struct acc_render *acc_render_terminal_new(const struct acc_render_setup *setup);
struct acc_render *acc_render_json_new(const struct acc_render_setup *setup);
void acc_render_free(struct acc_render *render); /* NULL is fine */

/* struct acc_ingest_options.on_event: `arg` is the renderer. */
void acc_render_event(void *arg, const struct acc_event *event);

/* "accession: MESSAGE" on standard error, when there is a message. */
void acc_render_error(struct acc_render_setup *setup, const struct acc_error *err);

/* The exit status of a run: acc_code_exit(), or 128 + the signal. */
int acc_render_exit(enum acc_code code, int signal);

#endif
