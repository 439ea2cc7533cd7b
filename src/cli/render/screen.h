/* Text on a screen: how wide it is, how to cut it, how to lay it out in columns and paragraphs.
 *
 * Widths are terminal cells: wide characters (East Asian, emoji) take two, combining marks none
 * (utf8proc's tables of Unicode). All text handed in must be showable, that is, have gone through
 * acc_path_show() or acc_text_show().
 */
#ifndef ACC_CLI_SCREEN_H
#define ACC_CLI_SCREEN_H

#include <stdbool.h>
#include <stdio.h>

#include "base/str.h"

/* Signs beyond ASCII, and what stands for them where the locale is not UTF-8. */
struct acc_glyphs {
    const char *ellipsis, *arrow, *full, *empty;
    const char *const *bars; /* eight heights, the lowest first; NULL: there are none */
};
/* The Linux console's font has blocks, but not of eight heights. */
extern const struct acc_glyphs acc_glyphs_utf8, acc_glyphs_console, acc_glyphs_ascii;

enum acc_style { ACC_PLAIN, ACC_GOOD, ACC_WAITING, ACC_BAD };

/* Where and how to write. */
struct acc_screen {
    FILE *file;
    unsigned width; /* cells in a line */
    unsigned rows;  /* lines; 0: not a terminal */
    bool terminal;  /* its cursor can be moved */
    bool color;
    const struct acc_glyphs *glyphs;
};

/* `color` is "auto", "always" or "never"; NULL is "auto", which respects NO_COLOR (no-color.org)
 * and TERM=dumb. A file that is not a terminal is 80 cells wide. */
void acc_screen_init(struct acc_screen *screen, FILE *file, const char *color);
/* Asks the terminal for its size again: at least 40 cells. */
void acc_screen_measure(struct acc_screen *screen);

unsigned acc_text_width(const char *text);
/* Appends the text, its middle replaced by an ellipsis where it is wider than `width`. */
void acc_text_cut(struct acc_str *out, const char *text, unsigned width,
                  const struct acc_glyphs *glyphs);
/* Appends spaces until `out`, measured from byte `from`, is `width` cells wide. */
void acc_text_pad(struct acc_str *out, size_t from, unsigned width);

/* Appends a path, or any other sentence, as it may be shown. */
void acc_show_path(struct acc_str *out, const char *path);
void acc_show_text(struct acc_str *out, const char *text);

/* "41.2 / 96.7 GiB": both in the unit of the second, the first as wide as the second. */
void acc_show_share(struct acc_str *out, double part, double whole);
/* "9b2f…41aa". */
void acc_show_digest(struct acc_str *out, const char *hex, const struct acc_glyphs *glyphs);

/* Writes the text in the style's colour, without a newline. */
void acc_screen_styled(struct acc_screen *screen, enum acc_style style, const char *text);
/* Writes a paragraph that begins in column `column` (the line is there already, `at` cells wide)
 * and goes on in the same column. Words longer than a line are left whole. Ends the line. */
void acc_screen_paragraph(struct acc_screen *screen, unsigned at, unsigned column,
                          const char *text);
/* "  LABEL      TEXT…": the label at `indent`, the text as a paragraph in `column`. */
void acc_screen_field(struct acc_screen *screen, unsigned indent, const char *label,
                      unsigned column, const char *text);
/* "accession: TEXT": a paragraph on a terminal, elsewhere one line, for logs. */
void acc_screen_message(struct acc_screen *screen, const char *text);
/* A line that is never wrapped, since people copy it: a command or a path. If it is too wide to
 * stand beside its label, it gets the next line for itself. */
void acc_screen_verbatim(struct acc_screen *screen, unsigned indent, const char *label,
                         unsigned column, const char *text);

#endif
