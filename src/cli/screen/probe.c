/* The results of a probe, for people. */
#include "cli/screen/report.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

static void step_line(struct acc_screen *screen, const char *label,
                      const struct acc_probe_step *step)
{
    struct acc_str text = {0};
    if (step->operation == NULL)
        return;
    acc_str_add(&text, step->operation);
    acc_text_pad(&text, 0, 24);
    if (step->status == 0)
        acc_str_add(&text, step->code[0] ? step->code : "not tried");
    else
        acc_str_addf(&text, "%d%s%s", step->status, step->code[0] ? " " : "", step->code);
    struct acc_str shown = {0};
    acc_show_text(&shown, text.data);
    acc_screen_verbatim(screen, 2, label, ACC_REPORT_COLUMN, shown.data);
    if (step->request_id[0] != '\0' && step->status >= 300) {
        acc_str_clear(&shown);
        acc_str_add(&shown, "(request ");
        acc_show_text(&shown, step->request_id);
        acc_str_add(&shown, ")");
        acc_screen_verbatim(screen, 2, "", ACC_REPORT_COLUMN, shown.data);
    }
    acc_str_release(&shown);
    acc_str_release(&text);
}

static const struct acc_probe_step *refused_step(const struct acc_probe_result *r)
{
    const struct acc_probe_step *steps[] = {&r->create, &r->part, &r->list};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (steps[i]->status >= 300)
            return steps[i];
    return &r->create;
}

/* The server's abilities, as observed. */
static void capability_lines(struct acc_screen *screen, const struct acc_capabilities *can)
{
    const char *label = "server";
    struct acc_capability one;
    for (unsigned i = 0; acc_capability_at(can, i, &one); i++) {
        struct acc_str text = {0};
        if (one.known == ACC_KNOWN_NOT)
            continue;
        acc_str_addf(&text, "%s: %s", one.text, acc_known_name(one.known));
        acc_report_field(screen, ACC_REPORT_COLUMN, label, text.data);
        label = "";
        acc_str_release(&text);
    }
    if (can->since != 0) {
        char time[ACC_TIME_TEXT], text[96];
        snprintf(text, sizeof text, "some of it was seen by earlier runs, since %.10s",
                 acc_time_rfc3339(can->since, time));
        acc_report_field(screen, ACC_REPORT_COLUMN, "", text);
    }
}

/* The reason is written for logs, in ASCII. */
static void what_happened(struct acc_screen *screen, const char *reason)
{
    struct acc_str text = {0};
    const char *arrow;
    for (; (arrow = strstr(reason, " -> ")) != NULL; reason = arrow + 4) {
        acc_str_add_n(&text, reason, (size_t)(arrow - reason));
        acc_str_addf(&text, " %s ", screen->glyphs->arrow);
    }
    acc_str_add(&text, reason);
    acc_report_field(screen, ACC_REPORT_COLUMN, "What happened", acc_str_cstr(&text));
    acc_str_release(&text);
}

void acc_report_probe(struct acc_render_setup *setup, const struct acc_probe_result *result,
                      const struct acc_error *err)
{
    struct acc_screen *screen = &setup->out;
    struct acc_str text = {0};
    bool accepted = result->verdict == ACC_OK;
    if (accepted && setup->quiet)
        return;
    if (result->create.operation == NULL) { /* it never came to a request */
        acc_render_error(setup, err);
        return;
    }
    acc_show_text(&text, setup->url);
    if (accepted)
        acc_str_add(&text, " accepts writes");
    else if (result->verdict == ACC_REFUSED)
        acc_str_add(&text, " refuses writes");
    else
        acc_str_addf(&text, ": %s", acc_code_text(result->verdict));
    acc_screen_styled(screen, accepted ? ACC_GOOD : ACC_BAD, "Probed");
    acc_screen_paragraph(screen, 6, 8, text.data);
    acc_str_clear(&text);
    acc_str_addf(&text, "%s   region %s", result->endpoint, result->region);
    acc_report_field(screen, ACC_REPORT_COLUMN, "endpoint", text.data);
    step_line(screen, "create", &result->create);
    step_line(screen, "one byte", &result->part);
    step_line(screen, "abort", &result->abort);
    step_line(screen, "list", &result->list);
    capability_lines(screen, &result->can);
    acc_report_field(screen, ACC_REPORT_COLUMN, "left behind",
                     result->left_open[0] ? result->left_open : "nothing");
    if (!accepted) {
        what_happened(screen, result->reason[0] ? result->reason : err->message);
        acc_report_advice(setup, result->verdict, refused_step(result)->code);
        acc_screen_verbatim(screen, 2, "Afterwards", ACC_REPORT_COLUMN, setup->command);
    }
    acc_str_release(&text);
}
