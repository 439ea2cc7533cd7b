/* Help, composed from the tables of commands and options, 80 columns wide wherever it is shown, so
 * that it can be quoted; narrower only on a terminal that is. */
#include "cli/cli.h"

#include <string.h>

#include "base/mem.h"

#define OPTION_COLUMN 28
#define COMMAND_COLUMN 18
#define WIDTH 80
#define NARROW 60       /* below, an option has a line for itself, */
#define NARROW_COLUMN 6 /* and its help is indented so far */

static struct acc_screen page(FILE *out)
{
    struct acc_screen screen;
    acc_screen_init(&screen, out, "never");
    screen.glyphs = &acc_glyphs_ascii;
    screen.width = screen.width < WIDTH ? screen.width : WIDTH;
    return screen;
}

static void option_row(struct acc_screen *screen, const struct acc_option *option)
{
    unsigned column = screen->width < NARROW ? NARROW_COLUMN : OPTION_COLUMN;
    struct acc_str label = {0};
    if (option->letter != 0)
        acc_str_addf(&label, "-%c, ", option->letter);
    acc_str_addf(&label, "--%s", option->name);
    if (option->kind == ACC_OPTION_OPTIONAL)
        acc_str_addf(&label, "[=%s]", option->value);
    else if (option->value != NULL)
        acc_str_addf(&label, " %s", option->value);
    if (2 + acc_text_width(label.data) >= column) { /* they would touch */
        fprintf(screen->file, "  %s\n", label.data);
        acc_str_clear(&label);
    }
    acc_screen_field(screen, 2, acc_str_cstr(&label), column, option->help);
    acc_str_release(&label);
}

static void paragraphs(struct acc_screen *screen, const char *text)
{
    struct acc_str one = {0};
    while (*text) {
        const char *end = strstr(text, "\n\n");
        size_t len = end != NULL ? (size_t)(end - text) : strlen(text);
        acc_str_clear(&one);
        acc_str_add_n(&one, text, len);
        acc_screen_paragraph(screen, 0, 0, one.data);
        fputc('\n', screen->file);
        text += len + (end != NULL ? 2 : 0);
    }
    acc_str_release(&one);
}

static void title(struct acc_screen *screen, bool first, const char *text)
{
    struct acc_str line = {0};
    acc_str_addf(&line, "%s%s:", first ? "" : "\n", text);
    acc_screen_paragraph(screen, 0, 0, line.data);
    acc_str_release(&line);
}

static void exit_rows(struct acc_screen *screen, const struct acc_exit_status *exits)
{
    fputs("\nExit status:\n", screen->file);
    for (; exits->meaning != NULL; exits++) {
        char label[8];
        snprintf(label, sizeof label, "%3d", exits->status);
        acc_screen_field(screen, 2, label, 8, exits->meaning);
    }
}

static void examples(struct acc_screen *screen, const char *const *example)
{
    fputs("\nExamples:\n", screen->file);
    for (; example[0] != NULL; example += 2)
        fprintf(screen->file, "  %s:\n    %s\n", example[0], example[1]);
}

void acc_help_command(FILE *out, const struct acc_command *command)
{
    struct acc_screen screen = page(out);
    struct acc_str usage = {0};
    acc_str_addf(&usage, "accession %s %s", command->syntax.command, command->syntax.usage);
    acc_screen_field(&screen, 0, "Usage:", strlen("Usage: "), usage.data);
    acc_str_release(&usage);
    fputc('\n', out);
    paragraphs(&screen, command->about);
    for (const struct acc_option_group *group = command->syntax.groups; group->title; group++) {
        if (group->title[0] != '\0')
            title(&screen, group == command->syntax.groups, group->title);
        for (const struct acc_option *option = group->options; option->name; option++)
            option_row(&screen, option);
    }
    fputs("\nEvery command:\n", out);
    ACC_EACH_OPTION (option, acc_program_options) {
        option_row(&screen, option);
    }
    acc_screen_field(&screen, 2, "-h, --help", OPTION_COLUMN, "show this text");
    examples(&screen, command->examples);
    exit_rows(&screen, command->exits);
}

void acc_help_program(FILE *out, const struct acc_command *const *commands)
{
    struct acc_screen screen = page(out);
    fputs("Usage: accession COMMAND [options] ...\n\n", out);
    paragraphs(&screen,
               "Archives files in S3 so that every object was compared with the digests of a "
               "manifest before it could become visible.");
    fputs("Commands:\n", out);
    for (; *commands != NULL; commands++)
        if ((*commands)->summary != NULL)
            acc_screen_field(&screen, 2, (*commands)->syntax.command, COMMAND_COLUMN,
                             (*commands)->summary);
    acc_screen_field(&screen, 2, "help", COMMAND_COLUMN,
                     "show everything about a command: help COMMAND");
    fputs("\nOptions:\n", out);
    acc_screen_field(&screen, 2, "-h, --help", COMMAND_COLUMN, "show this text");
    acc_screen_field(&screen, 2, "-V, --version", COMMAND_COLUMN,
                     "version, the libraries in use, and whether SHA-256 is done in hardware");
    fputs("\nStart with:\n"
          "  accession ingest --dry-run BAG s3://BUCKET/PREFIX\n",
          out);
}
