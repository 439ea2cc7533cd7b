/* Shared by the files of the JSON Lines renderer: json.c writes events, summary.c the result of the
 * run. No other file includes this. */
#ifndef ACC_CLI_RENDER_JSON_H
#define ACC_CLI_RENDER_JSON_H

#include "cli/render/render.h"

void acc_render_json_ingest(struct acc_render *render, const struct acc_ingest_summary *summary,
                            const struct acc_error *err);
void acc_render_json_restore(struct acc_render *render, const struct acc_restore_summary *summary,
                             const struct acc_error *err);
void acc_render_json_verify(struct acc_render *render, const struct acc_verify_summary *summary,
                            const struct acc_error *err);
void acc_render_json_probe(struct acc_render *render, const struct acc_probe_result *result,
                           const struct acc_error *err);

#endif
