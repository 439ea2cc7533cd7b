/* accession config show: every value that is configured, and where it stands. One archive is shown
 * with what holds for it from elsewhere too; without a name, what holds for every archive comes
 * first, then each archive's own lines. Fails where a named archive does not exist. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "base/mem.h"
#include "base/str.h"
#include "cli/cli.h"
#include "cli/screen/report.h"
#include "cli/object_rules.h"
#include "cli/settings.h"

#define KEY_COLUMN 28

struct showing {
    struct acc_cli *cli;
    struct acc_screen screen;
    bool json;
    unsigned shown;
};

static void show_json(FILE *out, const char *archive, const char *key, const char *value,
                      const char *from)
{
    json_t *object = json_pack("{s:s?, s:s, s:s, s:s}", "archive", archive, "key", key, "value",
                               value, "from", from);
    char *line = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    if (line != NULL)
        fprintf(out, "%s\n", line);
    free(line);
}

/* `said` is "FILE:LINE: KEY" or a variable's name; the key stands beside it already. */
static void show_value(struct showing *s, const char *archive, const char *key, const char *value,
                       const char *said)
{
    struct acc_str from = {0}, text = {0};
    const char *end = strstr(said, ": ");
    acc_str_add_n(&from, said, end != NULL ? (size_t)(end - said) : strlen(said));
    if (s->json) {
        show_json(s->cli->out, archive, key, value, acc_str_cstr(&from));
    } else {
        acc_show_path(&text, value);
        acc_str_add(&text, "  (");
        acc_show_path(&text, acc_str_cstr(&from));
        acc_str_add(&text, ")");
        acc_screen_verbatim(&s->screen, 2, key, KEY_COLUMN, acc_str_cstr(&text));
    }
    s->shown++;
    acc_str_release(&from);
    acc_str_release(&text);
}

static bool seen_before(const struct acc_cli *cli, size_t number, const char *name)
{
    for (size_t i = 0; i < number; i++)
        if (strcmp(acc_cli_nth_option(cli, i)->name, name) == 0)
            return true;
    return false;
}

/* Whether the section says it itself, not the environment or the lines before all sections. */
static bool is_own(const struct acc_cli *cli, const char *section, const char *name)
{
    if (strcmp(name, "rule") == 0)
        return acc_object_rules_exist(cli->settings, section);
    const struct acc_setting *row = acc_settings_find(cli->settings, section, name, 0);
    return row != NULL && strcmp(row->section, section) == 0;
}

static void show_options(struct showing *s, const char *section, bool only_own)
{
    const struct acc_option *option;
    for (size_t i = 0; (option = acc_cli_nth_option(s->cli, i)) != NULL; i++) {
        const char *value, *said;
        bool is_place = section != NULL && strcmp(option->name, "url") == 0; /* stands first */
        if (is_place || seen_before(s->cli, i, option->name) ||
            (only_own && !is_own(s->cli, section, option->name)))
            continue;
        for (size_t j = 0; (value = acc_cli_configured(s->cli, section, option, j, &said)) != NULL;
             j++) {
            show_value(s, section, option->name, value, said);
            if (option->kind != ACC_OPTION_LIST)
                break;
        }
    }
}

static void show_section(struct showing *s, const char *section, bool only_own)
{
    const struct acc_setting *url = acc_settings_find(s->cli->settings, section, "url", 0);
    if (!s->json)
        fprintf(s->cli->out, "%s%s:\n", s->shown > 0 ? "\n" : "", section);
    if (url != NULL)
        show_value(s, section, "url", url->value, url->said);
    show_options(s, section, only_own);
}

static void show_all(struct showing *s)
{
    const struct acc_settings *settings = s->cli->settings;
    show_options(s, NULL, false);
    for (size_t i = 0; i < settings->count; i++) {
        const char *section = settings->rows[i].section;
        bool again = section[0] == '\0' || acc_object_rules_are(section);
        for (size_t j = 0; j < i && !again; j++)
            again = strcmp(settings->rows[j].section, section) == 0;
        if (!again)
            show_section(s, section, true);
    }
    if (s->shown == 0 && !s->json)
        acc_screen_paragraph(&s->screen, 0, 0,
                             "Nothing is configured. /etc/accession.conf and "
                             "~/.config/accession/accession.conf may hold settings; see "
                             "accession.conf(5).");
}

static int unknown(struct acc_cli *cli, const char *name)
{
    struct acc_error err;
    struct acc_str shown = {0};
    acc_show_path(&shown, name);
    acc_error_set(&err, ACC_CONFIG,
                  "%s: the configuration has no such archive. List them: accession config show",
                  acc_str_cstr(&shown));
    acc_str_release(&shown);
    return acc_cli_fail(cli, &err);
}

int acc_config_show(struct acc_cli *cli, const struct acc_output_options *output, const char *name)
{
    struct showing s = {.cli = cli, .json = output->json};
    acc_screen_init(&s.screen, cli->out, output->color);
    if (name != NULL) /* as it is typed for a destination, archive: */
        name = acc_settings_keep(cli->settings, acc_strndup(name, strcspn(name, ":")));
    if (name != NULL && !acc_settings_has(cli->settings, name))
        return unknown(cli, name);
    if (name != NULL)
        show_section(&s, name, false);
    else
        show_all(&s);
    return 0;
}
