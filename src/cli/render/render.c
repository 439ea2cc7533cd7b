/* Functions that both renderers share. */
#include "cli/render/render.h"

void acc_render_free(struct acc_render *render)
{
    if (render != NULL)
        render->functions->free(render);
}

void acc_render_event(void *arg, const struct acc_event *event)
{
    struct acc_render *render = arg;
    render->functions->event(render, event);
}

void acc_render_error(struct acc_render_setup *setup, const struct acc_error *err)
{
    struct acc_str shown = {0};
    if (err->message[0] == '\0')
        return;
    acc_show_text(&shown, err->message);
    acc_screen_message(&setup->err, shown.data);
    acc_str_release(&shown);
}

int acc_render_exit(enum acc_code code, int signal)
{
    return code == ACC_INTERRUPTED && signal > 0 ? 128 + signal : acc_code_exit(code);
}
