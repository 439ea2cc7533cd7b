/* Measuring and cutting text, and the progress block drawn on a small imitation of a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/path.h"
#include "cli/screen/progress.h"
#include "cli/screen/title.h"
#include "../lib/played.h"

static const char *const odd[] = {
    "objects/b24967646_0001.mkv",
    "\xe5\x9c\xb0\xe5\x9b\xb3/\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd\xe5\x85\xa8\xe5\x9b\xb3.tif",
    "cafe\xcc\x81/cafe\xcc\x81/cafe\xcc\x81/cafe\xcc\x81",
    "\xf0\x9f\x97\xba\xf0\x9f\x97\xba\xf0\x9f\x97\xba\xf0\x9f\x97\xba\xf0\x9f\x97\xba",
    "x",
    "",
};

static void test_width(void **state)
{
    assert_int_equal(acc_text_width(""), 0);
    assert_int_equal(acc_text_width("abc"), 3);
    assert_int_equal(acc_text_width("caf\xc3\xa9"), 4);
    assert_int_equal(acc_text_width("cafe\xcc\x81"), 4);
    assert_int_equal(acc_text_width("\xe6\x9d\xb1\xe4\xba\xac"), 4);
    assert_int_equal(acc_text_width("\xf0\x9f\x97\xba"), 1); /* U+1F5FA, narrow in Unicode */
    assert_int_equal(acc_text_width("\xf0\x9f\x98\x80"), 2); /* U+1F600 */
}

static void test_cut_never_exceeds_and_stays_valid(void **state)
{
    const struct acc_glyphs *glyphs[] = {&acc_glyphs_utf8, &acc_glyphs_ascii};
    for (size_t g = 0; g < 2; g++)
        for (size_t i = 0; i < ACC_COUNT_OF(odd); i++)
            for (unsigned width = 3; width < 40; width++) {
                struct acc_str out = {0};
                acc_text_cut(&out, odd[i], width, glyphs[g]);
                assert_true(acc_text_width(acc_str_cstr(&out)) <= width);
                assert_true(acc_utf8_valid(acc_str_cstr(&out), out.len));
                if (acc_text_width(odd[i]) <= width)
                    assert_string_equal(acc_str_cstr(&out), odd[i]);
                acc_str_release(&out);
            }
}

static void check_cut(const char *text, unsigned width, const char *expected)
{
    struct acc_str out = {0};
    acc_text_cut(&out, text, width, &acc_glyphs_utf8);
    assert_string_equal(acc_str_cstr(&out), expected);
    acc_str_release(&out);
}

static void test_cut(void **state)
{
    check_cut("objects/b24967646_0001.mkv", 26, "objects/b24967646_0001.mkv");
    check_cut("objects/b24967646_0001.mkv", 11, "objec…1.mkv");
    check_cut("objects/b24967646_0001.mkv", 12, "objec…01.mkv");
    /* Two cells do not fit into one, and a mark stays with its letter. */
    check_cut("東京都全図", 6, "東…図");
    check_cut("abe\xcc\x81xe\xcc\x81z", 4, "a…e\xcc\x81z");
}

static void check_share(double part, double whole, const char *expected)
{
    struct acc_str out = {0};
    acc_show_share(&out, part, whole);
    assert_string_equal(out.data, expected);
    acc_str_release(&out);
}

static void test_share(void **state)
{
    const double gib = 1 << 30;
    check_share(0, 0, "0 / 0 bytes");
    check_share(7, 9412, "   7 / 9412 bytes");
    check_share(41.2 * gib, 96.7 * gib, "41.2 / 96.7 GiB");
    check_share(3 * gib, 19.8 * gib, " 3.0 / 19.8 GiB");
    check_share(1023.96 * 1024 * 1024, 1023.96 * 1024 * 1024, "1.0 / 1.0 GiB");
    check_share(900 * gib, 1000 * gib, " 900 / 1000 GiB");
}

static void test_deceptive_names_are_escaped(void **state)
{
    struct acc_str out = {0};
    acc_show_path(&out, "a\xe2\x80\xae"
                        "fit.exe\xe2\x81\xa6\xc2\x9b\\\n");
    assert_string_equal(out.data, "a\\xE2\\x80\\xAEfit.exe\\xE2\\x81\\xA6\\xC2\\x9B\\\\\\n");
    acc_str_clear(&out);
    acc_show_text(&out, "\\n stays \xe2\x80\xa6\033");
    assert_string_equal(out.data, "\\n stays \xe2\x80\xa6\\x1B");
    acc_str_release(&out);
}

/* ---- a terminal of ASCII cells that understands what the block writes ---- */

#define ROWS 24
#define COLUMNS 200

struct terminal {
    char cell[ROWS][COLUMNS + 1];
    unsigned row, column, width;
    bool cursor_shown, wraps;
};

static void terminal_init(struct terminal *t, unsigned width)
{
    memset(t, 0, sizeof *t);
    for (int i = 0; i < ROWS; i++)
        memset(t->cell[i], ' ', COLUMNS);
    t->width = width;
    t->cursor_shown = t->wraps = true;
}

static const char *escape(struct terminal *t, const char *at)
{
    unsigned number = 0;
    bool private = *at == '?';
    for (at += private; *at >= '0' && *at <= '9'; at++)
        number = number * 10 + (unsigned)(*at - '0');
    if (private) {
        assert_true(number == 25 || number == 7);
        *(number == 25 ? &t->cursor_shown : &t->wraps) = *at == 'h';
    } else if (*at == 'A') {
        assert_true(number <= t->row); /* never above the block */
        t->row -= number;
    } else {
        assert_true(*at == 'K' || *at == 'J');
        memset(t->cell[t->row] + t->column, ' ', COLUMNS - t->column);
        for (unsigned row = t->row + 1; *at == 'J' && row < ROWS; row++)
            memset(t->cell[row], ' ', COLUMNS);
    }
    return at;
}

static void feed(struct terminal *t, const char *text)
{
    for (const char *at = text; *at; at++) {
        if (*at == '\033') {
            assert_int_equal(at[1], '[');
            at = escape(t, at + 2);
        } else if (*at == '\r') {
            t->column = 0;
        } else if (*at == '\n') {
            t->row++;
            t->column = 0;
        } else {
            if (t->column == t->width && t->wraps) {
                t->row++;
                t->column = 0;
            }
            t->column -= t->column == t->width;
            t->cell[t->row][t->column++] = *at;
        }
        assert_true(t->row < ROWS);
    }
}

static bool row_is(const struct terminal *t, unsigned row, const char *text)
{
    size_t len = strlen(text);
    return memcmp(t->cell[row], text, len) == 0 && strspn(t->cell[row] + len, " ") == COLUMNS - len;
}

struct fixture {
    struct terminal terminal;
    struct acc_screen screen;
    struct acc_block block;
    struct acc_lines lines;
    char *text;
    size_t len;
};

static void draw(struct fixture *f, const char *const *lines)
{
    f->lines.count = 0;
    for (; lines != NULL && *lines != NULL; lines++)
        acc_str_set(&f->lines.line[f->lines.count++], *lines);
    f->screen.file = open_memstream(&f->text, &f->len);
    if (lines != NULL)
        acc_block_draw(&f->block, &f->screen, &f->lines);
    else
        acc_block_erase(&f->block, &f->screen);
    fclose(f->screen.file);
    feed(&f->terminal, f->text);
    free(f->text);
    assert_true(f->terminal.cursor_shown && f->terminal.wraps);
    assert_int_equal(f->terminal.column, 0);
}

static void test_block_is_drawn_in_place(void **state)
{
    struct fixture f = {.screen = {.width = 40, .rows = 24}};
    terminal_init(&f.terminal, 40);
    feed(&f.terminal, "$ accession\n");
    draw(&f, (const char *[]){"one", "two and more", "three", NULL});
    draw(&f, (const char *[]){"ONE", "TWO", NULL});
    assert_true(row_is(&f.terminal, 0, "$ accession"));
    assert_true(row_is(&f.terminal, 1, "ONE"));
    assert_true(row_is(&f.terminal, 2, "TWO"));
    assert_true(row_is(&f.terminal, 3, ""));
    assert_int_equal(f.terminal.row, 3);
    draw(&f, (const char *[]){"1", "2", "3", "4", NULL});
    assert_true(row_is(&f.terminal, 4, "4"));
    draw(&f, NULL);
    assert_int_equal(f.terminal.row, 1);
    assert_true(row_is(&f.terminal, 0, "$ accession"));
    for (unsigned row = 1; row < ROWS; row++)
        assert_true(row_is(&f.terminal, row, ""));
    acc_lines_release(&f.lines);
}

/* A terminal made narrower wraps what it holds; the program may learn of it some frames later. */
static void test_block_on_a_terminal_made_narrower(void **state)
{
    static const char wide[] =
        "0123456789012345678901234567890123456789012345678901234567890123456789";
    for (int late = 0; late < 3; late++) {
        struct fixture f = {.screen = {.width = 80, .rows = 24}};
        terminal_init(&f.terminal, 80);
        feed(&f.terminal, "$ accession\n");
        draw(&f, (const char *[]){wide, "short", NULL});
        assert_int_equal(f.terminal.row, 3);
        terminal_init(&f.terminal, 40);
        feed(&f.terminal, "$ accession\n");
        feed(&f.terminal, wide);
        feed(&f.terminal, "\nshort\n");
        assert_int_equal(f.terminal.row, 4);
        for (int i = 0; i < late; i++)
            draw(&f, (const char *[]){wide, "short", NULL});
        f.screen.width = 40;
        draw(&f, (const char *[]){"a", "b", NULL});
        assert_true(row_is(&f.terminal, 0, "$ accession"));
        assert_true(row_is(&f.terminal, 1, "a"));
        assert_true(row_is(&f.terminal, 2, "b"));
        assert_true(row_is(&f.terminal, 3, ""));
        assert_true(row_is(&f.terminal, 4, ""));
        acc_lines_release(&f.lines);
    }
}

static void test_block_on_a_low_terminal(void **state)
{
    struct fixture f = {.screen = {.width = 40, .rows = 3}};
    terminal_init(&f.terminal, 40);
    draw(&f, (const char *[]){"1", "2", "3", "4", NULL});
    assert_int_equal(f.terminal.row, 2);
    draw(&f, NULL);
    assert_int_equal(f.terminal.row, 0);
    acc_lines_release(&f.lines);
}

static void test_lines_fit_at_every_width(void **state)
{
    struct acc_progress progress;
    struct acc_lines lines = {0};
    struct acc_graph graph = {0};
    for (int i = 0; i < 100; i++)
        acc_graph_note(&graph, i * 1000LL, i * (INT64_MAX / 200));
    played_progress(&progress);
    for (int odd_case = 0; odd_case < 2; odd_case++) {
        for (unsigned width = 39; width < 200; width++) {
            acc_progress_lines(&lines, &progress, &graph, "stopping", width, &acc_glyphs_utf8);
            assert_true(lines.count >= 7 && lines.count < ACC_BLOCK_LINES);
            for (unsigned i = 0; i < lines.count; i++) {
                assert_true(acc_text_width(lines.line[i].data) <= width);
                assert_true(acc_utf8_valid(lines.line[i].data, lines.line[i].len));
            }
        }
        /* Figures at their widest. */
        progress.files = progress.files_done = 999999999;
        progress.bytes = progress.bytes_done = INT64_MAX / 2;
        progress.bytes_per_second = 1;
        progress.bytes_done = 1;
        progress.retries = progress.failed = 123456789;
        progress.last_retry = "RequestTimeTooSkewedAndMore";
        for (unsigned i = 0; i < progress.current_count; i++)
            progress.current[i].size = INT64_MAX / 3;
    }
    acc_lines_release(&lines);
}

static void check_bars(const struct acc_graph *graph, unsigned cells, const char *expected,
                       int64_t highest)
{
    struct acc_str out = {0};
    assert_int_equal(acc_graph_bars(&out, graph, cells, &acc_glyphs_utf8), highest);
    assert_string_equal(acc_str_cstr(&out), expected);
    acc_str_release(&out);
}

static void test_graph(void **state)
{
    struct acc_graph graph = {0};
    check_bars(&graph, 40, "", 0);
    acc_graph_note(&graph, 0, 5000); /* resumed: not moved by this run */
    acc_graph_note(&graph, 1900, 5020);
    acc_graph_note(&graph, 2100, 5050);
    acc_graph_note(&graph, 4500, 5050);
    check_bars(&graph, 40, "", 0); /* two bars are too few, the third is not full */
    acc_graph_note(&graph, 6000, 5090);
    check_bars(&graph, 40, "▆█▁", 15);
    acc_graph_note(&graph, 6001, 4000); /* parts that failed */
    acc_graph_note(&graph, 6002, 4001);
    acc_graph_note(&graph, 8000, 4001);
    check_bars(&graph, 40, "▅▇▁█", 20);
    check_bars(&graph, 3, "▇▁█", 20);
    /* A minute without a note: nothing of the past is left, and nothing moved. */
    acc_graph_note(&graph, 8000 + 70 * 1000, 4001);
    check_bars(&graph, 40, "", 0);
    acc_graph_note(&graph, 8000 + 71 * 1000, 9001);
    acc_graph_note(&graph, 8000 + 72 * 1000, 9001);
    check_bars(&graph, 4, "▁▁▁█", 2500);
    /* No glyph, no graph. */
    struct acc_str out = {0};
    assert_int_equal(acc_graph_bars(&out, &graph, 40, &acc_glyphs_ascii), 0);
    assert_int_equal(out.len, 0);
}

/* What a title writes, from 42 % over a repetition and a failure to the end and beyond it. */
static void check_title(const char *const *environment, const char *when, bool terminal,
                        const char *expected)
{
    static const char *const variables[] = {"TERM",         "WT_SESSION",    "ConEmuANSI",
                                            "TERM_PROGRAM", "TERM_FEATURES", "VTE_VERSION"};
    char *text;
    size_t len;
    FILE *file = open_memstream(&text, &len);
    struct acc_screen screen = {.file = file, .terminal = terminal};
    struct acc_title title;
    for (size_t i = 0; i < ACC_COUNT_OF(variables); i++)
        unsetenv(variables[i]);
    for (; *environment != NULL; environment += 2)
        setenv(environment[0], environment[1], 1);
    acc_title_init(&title, &screen, when);
    acc_title_show(&title, 42, false, "bag");
    acc_title_show(&title, 42, false, "bag");
    acc_title_show(&title, 43, true, "bag");
    acc_title_restore(&title);
    acc_title_restore(&title);
    acc_title_show(&title, 44, true, "bag");
    fclose(file);
    assert_string_equal(text, expected);
    free(text);
}

static void test_title(void **state)
{
    static const char *const xterm[] = {"TERM", "xterm-256color", NULL};
    static const char *const console[] = {"TERM", "linux", NULL};
    static const char *const old_gnome[] = {"TERM", "xterm-256color", "VTE_VERSION", "7006", NULL};
    static const char *const gnome[] = {"TERM", "xterm-256color", "VTE_VERSION", "8001", NULL};
    static const char *const other[] = {"TERM", "xtermite", "TERM_PROGRAM", "ghostty", NULL};
    static const char *const old_iterm[] = {
        "TERM", "linux", "TERM_PROGRAM", "iTerm.app", "TERM_FEATURES", "T3Cw", NULL};
    static const char window[] = "\033[22;2t\033]2;42% bag\033\\\033]2;43% bag\033\\\033[23;2t";
    static const char taskbar[] = "\033]9;4;1;42\033\\\033]9;4;2;43\033\\\033]9;4;0\033\\";
    static const char both[] = "\033[22;2t\033]2;42% bag\033\\\033]9;4;1;42\033\\"
                               "\033]2;43% bag\033\\\033]9;4;2;43\033\\"
                               "\033[23;2t\033]9;4;0\033\\";
    check_title(xterm, NULL, true, window);
    check_title(xterm, "auto", false, "");
    check_title(xterm, "never", true, "");
    check_title(console, NULL, true, "");
    check_title(console, "always", true, both);
    check_title(console, "always", false, "");
    check_title(old_gnome, NULL, true, window);
    check_title(gnome, NULL, true, both);
    check_title(other, NULL, true, taskbar);
    check_title(old_iterm, NULL, true, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_width),
        cmocka_unit_test(test_cut_never_exceeds_and_stays_valid),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_share),
        cmocka_unit_test(test_deceptive_names_are_escaped),
        cmocka_unit_test(test_block_is_drawn_in_place),
        cmocka_unit_test(test_block_on_a_terminal_made_narrower),
        cmocka_unit_test(test_block_on_a_low_terminal),
        cmocka_unit_test(test_lines_fit_at_every_width),
        cmocka_unit_test(test_graph),
        cmocka_unit_test(test_title),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
