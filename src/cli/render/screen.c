/* Measures and lays out text. Nothing here fails: what cannot be written is noticed where the file
 * is closed (ferror). */
#include "cli/render/screen.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <utf8proc.h>

#include "base/path.h"

#define NARROWEST 40
#define WIDEST_PARAGRAPH 100 /* longer lines are hard to read */

static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
const struct acc_glyphs acc_glyphs_utf8 = {"…", "→", "█", "░", bars};
const struct acc_glyphs acc_glyphs_console = {"…", "→", "█", "░", NULL};
const struct acc_glyphs acc_glyphs_ascii = {"...", "->", "#", ".", NULL};

static const struct acc_glyphs *glyphs_for(const char *term)
{
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        return &acc_glyphs_ascii;
    return term != NULL && strcmp(term, "linux") == 0 ? &acc_glyphs_console : &acc_glyphs_utf8;
}

static bool wants_color(const char *color, bool terminal)
{
    const char *no_color = getenv("NO_COLOR");
    if (color != NULL && strcmp(color, "auto") != 0)
        return strcmp(color, "always") == 0;
    return terminal && (no_color == NULL || *no_color == '\0');
}

void acc_screen_init(struct acc_screen *screen, FILE *file, const char *color)
{
    const char *term = getenv("TERM");
    int fd = fileno(file);
    bool terminal = fd >= 0 && isatty(fd) && term != NULL && strcmp(term, "dumb") != 0;
    *screen = (struct acc_screen){
        .file = file,
        .width = 80,
        .terminal = terminal,
        .color = wants_color(color, terminal),
        .glyphs = glyphs_for(term),
    };
    acc_screen_measure(screen);
}

void acc_screen_measure(struct acc_screen *screen)
{
    struct winsize size;
    if (!screen->terminal || ioctl(fileno(screen->file), TIOCGWINSZ, &size) != 0 ||
        size.ws_col == 0)
        return;
    screen->width = size.ws_col < NARROWEST ? NARROWEST : size.ws_col;
    screen->rows = size.ws_row;
}

/* Bytes and cells of the character at `text`, which is not at its end. */
static size_t next_char(const char *text, unsigned *cells)
{
    utf8proc_int32_t point;
    utf8proc_ssize_t len = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &point);
    if (len <= 0) {
        *cells = 1;
        return 1;
    }
    *cells = (unsigned)utf8proc_charwidth(point);
    return (size_t)len;
}

unsigned acc_text_width(const char *text)
{
    unsigned width = 0, cells;
    while (*text) {
        text += next_char(text, &cells);
        width += cells;
    }
    return width;
}

void acc_text_cut(struct acc_str *out, const char *text, unsigned width,
                  const struct acc_glyphs *glyphs)
{
    unsigned whole = acc_text_width(text), sign = acc_text_width(glyphs->ellipsis), cells, used = 0;
    if (whole <= width || width <= sign) {
        acc_str_add(out, whole <= width ? text : glyphs->ellipsis);
        return;
    }
    /* The end of a path distinguishes files better than its beginning: it gets the odd cell. */
    unsigned front = (width - sign) / 2, back = width - sign - front;
    const char *at = text;
    for (;;) {
        size_t len = next_char(at, &cells);
        if (used + cells > front)
            break;
        used += cells;
        at += len;
    }
    acc_str_add_n(out, text, (size_t)(at - text));
    acc_str_add(out, glyphs->ellipsis);
    /* Drop characters until the rest fits, and the marks that combined with the last one dropped.
     */
    unsigned rest = whole - used;
    size_t len = next_char(at, &cells);
    while (*at && (rest > back || cells == 0)) {
        rest -= cells;
        at += len;
        len = *at ? next_char(at, &cells) : 0;
    }
    acc_str_add(out, at);
}

void acc_text_pad(struct acc_str *out, size_t from, unsigned width)
{
    for (unsigned at = acc_text_width(acc_str_cstr(out) + (out->data ? from : 0)); at < width; at++)
        acc_str_add_c(out, ' ');
}

void acc_show_path(struct acc_str *out, const char *path)
{
    acc_path_show(out, path, strlen(path));
}

void acc_show_text(struct acc_str *out, const char *text)
{
    acc_text_show(out, text, strlen(text));
}

void acc_show_share(struct acc_str *out, double part, double whole)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    char a[40], b[40];
    if (whole < 10240) {
        int len = snprintf(b, sizeof b, "%.0f", whole);
        acc_str_addf(out, "%*.0f / %s bytes", len, part, b);
        return;
    }
    size_t unit = 0;
    part /= 1024, whole /= 1024;
    while (whole >= 1023.95 && unit < 5)
        part /= 1024, whole /= 1024, unit++;
    int digits = whole < 100 ? 1 : 0;
    int len = snprintf(b, sizeof b, "%.*f", digits, whole);
    snprintf(a, sizeof a, "%*.*f", len, digits, part);
    acc_str_addf(out, "%s / %s %s", a, b, units[unit]);
}

void acc_show_digest(struct acc_str *out, const char *hex, const struct acc_glyphs *glyphs)
{
    size_t len = strlen(hex);
    if (len <= 9)
        acc_str_add(out, hex);
    else
        acc_str_addf(out, "%.4s%s%s", hex, glyphs->ellipsis, hex + len - 4);
}

void acc_screen_styled(struct acc_screen *screen, enum acc_style style, const char *text)
{
    static const char *const codes[] = {[ACC_PLAIN] = "",
                                        [ACC_GOOD] = "\033[32m",
                                        [ACC_WAITING] = "\033[33m",
                                        [ACC_BAD] = "\033[31m"};
    if (screen->color && style != ACC_PLAIN)
        fprintf(screen->file, "%s%s\033[0m", codes[style], text);
    else
        fputs(text, screen->file);
}

static void spaces(FILE *file, unsigned count)
{
    fprintf(file, "%*s", (int)count, "");
}

void acc_screen_paragraph(struct acc_screen *screen, unsigned at, unsigned column, const char *text)
{
    unsigned width = screen->width < WIDEST_PARAGRAPH ? screen->width : WIDEST_PARAGRAPH;
    if (at > column) {
        fputc('\n', screen->file);
        at = 0;
    }
    if (*text)
        spaces(screen->file, column - at);
    unsigned here = column;
    struct acc_str word = {0};
    for (const char *from = text; *from;) {
        unsigned gap = (unsigned)strspn(from, " ");
        from += gap;
        size_t len = strcspn(from, " ");
        acc_str_clear(&word);
        acc_str_add_n(&word, from, len);
        unsigned cells = acc_text_width(acc_str_cstr(&word));
        if (here > column && here + gap + cells > width) {
            fputc('\n', screen->file);
            spaces(screen->file, column);
            here = column;
        } else {
            spaces(screen->file, gap);
            here += gap;
        }
        fputs(acc_str_cstr(&word), screen->file);
        here += cells;
        from += len;
    }
    acc_str_release(&word);
    fputc('\n', screen->file);
}

static unsigned label_at(struct acc_screen *screen, unsigned indent, const char *label)
{
    spaces(screen->file, indent);
    fputs(label, screen->file);
    return indent + acc_text_width(label);
}

void acc_screen_field(struct acc_screen *screen, unsigned indent, const char *label,
                      unsigned column, const char *text)
{
    unsigned at = label_at(screen, indent, label);
    acc_screen_paragraph(screen, at, column, text);
}

void acc_screen_verbatim(struct acc_screen *screen, unsigned indent, const char *label,
                         unsigned column, const char *text)
{
    unsigned at = label_at(screen, indent, label);
    unsigned from = column > at ? column : at + 1;
    if (*label != '\0' && from + acc_text_width(text) > screen->width) {
        fputc('\n', screen->file);
        at = 0, from = indent + 2;
    }
    spaces(screen->file, from - at);
    fprintf(screen->file, "%s\n", text);
}

void acc_screen_message(struct acc_screen *screen, const char *text)
{
    static const char name[] = "accession: ";
    unsigned at = sizeof name - 1;
    fputs(name, screen->file);
    if (screen->terminal)
        acc_screen_paragraph(screen, at, at, text);
    else
        fprintf(screen->file, "%s\n", text);
}
