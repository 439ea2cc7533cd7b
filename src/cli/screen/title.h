/* Progress outside the terminal's text: in the window's title (OSC 2), and in the taskbar or the
 * tab (OSC 9;4, as ConEmu began it). Only for terminals known to accept each, since another would
 * show the sequence as text, or as a notification. */
#ifndef ACC_CLI_TITLE_H
#define ACC_CLI_TITLE_H

#include "cli/render/screen.h"

struct acc_title {
    FILE *file;
    bool window, taskbar; /* what the terminal accepts */
    bool shown, restored; /* once restored, the title stays as it was */
    unsigned percent;
    bool failed;
};

/* `when` is "auto", "always" or "never"; NULL is "auto". Nothing is sent to what is not a
 * terminal. */
void acc_title_init(struct acc_title *title, const struct acc_screen *screen, const char *when);
/* `text` must be showable. `failed`: some files were refused. */
void acc_title_show(struct acc_title *title, unsigned percent, bool failed, const char *text);
/* Gives the terminal its old title back, for good. */
void acc_title_restore(struct acc_title *title);

#endif
