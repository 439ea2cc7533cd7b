/* The first title saves the old one on the terminal's own stack (XTWINOPS 22 and 23); the end takes
 * it back. Nothing fails: a program that is killed leaves its title to the shell, which sets its
 * own. */
#include "cli/screen/title.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define VTE_WITH_PROGRESS 8000 /* 0.80 */

static bool is_set_to(const char *variable, const char *value)
{
    const char *found = getenv(variable);
    return found != NULL && strcmp(found, value) == 0;
}

/* TERM is the name of the family, or that and a hyphen. */
static bool has_title(void)
{
    static const char *const families[] = {"alacritty", "contour", "foot",    "ghostty",
                                           "gnome",     "konsole", "mintty",  "screen",
                                           "tmux",      "vte",     "wezterm", "xterm"};
    const char *term = getenv("TERM");
    for (size_t i = 0; term != NULL && i < ACC_COUNT_OF(families); i++) {
        size_t len = strlen(families[i]);
        if (strncmp(term, families[i], len) == 0 && (term[len] == '\0' || term[len] == '-'))
            return true;
    }
    return false;
}

static bool has_taskbar(void)
{
    const char *vte = getenv("VTE_VERSION"), *iterm = getenv("TERM_FEATURES");
    return getenv("WT_SESSION") != NULL || is_set_to("ConEmuANSI", "ON") ||
           is_set_to("TERM_PROGRAM", "WezTerm") || is_set_to("TERM_PROGRAM", "ghostty") ||
           is_set_to("TERM_PROGRAM", "mintty") ||
           (is_set_to("TERM_PROGRAM", "iTerm.app") && iterm != NULL && strchr(iterm, 'P')) ||
           (vte != NULL && atoi(vte) >= VTE_WITH_PROGRESS);
}

void acc_title_init(struct acc_title *title, const struct acc_screen *screen, const char *when)
{
    bool always = when != NULL && strcmp(when, "always") == 0;
    bool never = when != NULL && strcmp(when, "never") == 0;
    *title = (struct acc_title){
        .file = screen->file,
        .window = screen->terminal && !never && (always || has_title()),
        .taskbar = screen->terminal && !never && (always || has_taskbar()),
    };
}

void acc_title_show(struct acc_title *title, unsigned percent, bool failed, const char *text)
{
    if (title->restored || (title->shown && title->percent == percent && title->failed == failed))
        return;
    if (title->window)
        fprintf(title->file, "%s\033]2;%u%% %s\033\\", title->shown ? "" : "\033[22;2t", percent,
                text);
    if (title->taskbar)
        fprintf(title->file, "\033]9;4;%d;%u\033\\", failed ? 2 : 1, percent);
    fflush(title->file);
    title->shown = true;
    title->percent = percent;
    title->failed = failed;
}

void acc_title_restore(struct acc_title *title)
{
    if (title->shown && title->window)
        fputs("\033[23;2t", title->file);
    if (title->shown && title->taskbar)
        fputs("\033]9;4;0\033\\", title->file);
    if (title->shown)
        fflush(title->file);
    title->shown = false;
    title->restored = true;
}
