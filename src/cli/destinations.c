/* Destinations by name on the command line: "archive:SUB" becomes its URL, where a place in a
 * bucket belongs. One that the configuration does not have, one without its colon, and one where a
 * file or a folder belongs, are errors that name what was probably meant. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "cli/cli.h"
#include "cli/settings.h"

static const char *nth_section(const void *arg, size_t index)
{
    const struct acc_settings *settings = arg;
    for (size_t i = 0; i < settings->count; i++)
        if (strcmp(settings->rows[i].key, "url") == 0 && index-- == 0)
            return settings->rows[i].section;
    return NULL;
}

static enum acc_code unknown_section(const struct acc_cli *cli, const char *word,
                                     struct acc_error *err)
{
    struct acc_str shown = {0};
    char *name = acc_strndup(word, strcspn(word, ":"));
    const char *near = acc_suggest(name, nth_section, cli->settings);
    acc_path_show(&shown, word, strlen(word));
    if (near != NULL)
        acc_error_set(err, ACC_CONFIG,
                      "%s: the configuration has no such archive. Did you mean %s:?",
                      acc_str_cstr(&shown), near);
    else
        acc_error_set(err, ACC_CONFIG,
                      "%s: the configuration has no such archive. Write s3://BUCKET/PREFIX, or "
                      "name it in a file: accession config show",
                      acc_str_cstr(&shown));
    acc_str_release(&shown);
    free(name);
    return ACC_CONFIG;
}

/* Whether a word can only be a destination by name: NAME:..., where a bucket belongs. */
static bool needs_section(const char *slot, const char *word)
{
    size_t len = strcspn(word, ":/");
    return strstr(slot, "s3://") != NULL && len > 0 && word[len] == ':' &&
           !acc_starts_with(word + len, "://") && access(word, F_OK) != 0;
}

/* "archive" or "archive/maps" for "archive:" or "archive:maps": a section's name, where a bucket
 * belongs, and no such file. */
static enum acc_code forgot_colon(struct acc_cli *cli, const char *slot, const char *word,
                                  struct acc_error *err)
{
    size_t len = strcspn(word, "/");
    char *name = acc_strndup(word, len);
    bool forgot = strstr(slot, "s3://") != NULL && acc_settings_has(cli->settings, name) &&
                  access(word, F_OK) != 0;
    if (forgot)
        acc_error_set(err, ACC_USAGE, "%s: not a destination. Did you mean %s:%s?", word, name,
                      word + len + (word[len] == '/'));
    free(name);
    return forgot ? ACC_USAGE : ACC_OK;
}

/* A place in a bucket, or a destination's name itself (accession config). */
static bool takes_destination(const char *slot)
{
    return strstr(slot, "s3://") != NULL || strcmp(slot, "[NAME]") == 0;
}

/* A destination by name where a file or a folder belongs, and no such file. */
static enum acc_code refuse_destination(struct acc_cli *cli, const char *slot, const char *word,
                                        struct acc_error *err)
{
    const char *url, *section;
    bool source = strstr(slot, "SOURCE") != NULL, folder = strstr(slot, "FOLDER") != NULL;
    if ((!source && !folder && strcmp(slot, "DROPDIR") != 0) || access(word, F_OK) == 0)
        return ACC_OK;
    enum acc_code code = acc_settings_resolve(cli->settings, word, &url, &section, err);
    if (code != ACC_OK || url == NULL)
        return code;
    if (source)
        return acc_error_set(err, ACC_USAGE,
                             "%s: names a destination, and SOURCE is a folder, a package or a URL. "
                             "Write %s, with --source-profile or --source-endpoint-url if the "
                             "source has its own.",
                             word, url);
    return acc_error_set(err, ACC_USAGE,
                         "%s: names a destination, and a folder belongs here. For a folder of that "
                         "name, write ./%s.",
                         word, word);
}

/* A name alone is the folder that SOURCE goes into, as for scp. */
static const char *as_folder(struct acc_cli *cli, const struct acc_syntax *syntax,
                             const char *typed, const char *url)
{
    struct acc_str folder = {0};
    if (syntax->rest == NULL || !acc_ends_with(typed, ":") || acc_ends_with(url, "/"))
        return url;
    acc_str_addf(&folder, "%s/", url);
    return acc_settings_keep(cli->settings, acc_str_detach(&folder));
}

static enum acc_code name_slots(struct acc_cli *cli, struct acc_parse *parse,
                                struct acc_named *named, struct acc_error *err)
{
    const char *const *slots = parse->syntax->words;
    bool two = strstr(slots[0] != NULL ? slots[0] : "", "s3://") && slots[1] != NULL &&
               strstr(slots[1], "s3://");
    enum acc_code code = ACC_OK;
    for (size_t i = 0; code == ACC_OK && slots[i] != NULL; i++) {
        const char *url = NULL, *word = parse->words[i];
        if (word == NULL)
            continue;
        const char **section = two && i == 1 ? &named->target : &named->section;
        if (!takes_destination(slots[i]))
            code = refuse_destination(cli, slots[i], word, err);
        else
            code = acc_settings_resolve(cli->settings, word, &url, section, err);
        if (code == ACC_OK && url == NULL)
            code = forgot_colon(cli, slots[i], word, err);
        if (url != NULL)
            parse->words[i] = as_folder(cli, parse->syntax, word, url);
        else if (code == ACC_OK && needs_section(slots[i], word))
            code = unknown_section(cli, word, err);
    }
    return code;
}

static void keep_typed(struct acc_cli *cli, const char *const *words)
{
    size_t count = 0;
    while (words != NULL && words[count] != NULL)
        count++;
    cli->typed_rest = acc_calloc(count + 1, sizeof *words);
    for (size_t i = 0; i < count; i++)
        cli->typed_rest[i] = words[i];
}

/* The words beyond the slots, where each may be a bucket. */
static enum acc_code name_rest(struct acc_cli *cli, struct acc_parse *parse, const char **section,
                               struct acc_error *err)
{
    const struct acc_option *rest = parse->syntax->rest;
    if (rest == NULL || rest->value == NULL)
        return ACC_OK;
    const char **word = *(const char ***)((char *)parse->target + rest->offset), *url;
    keep_typed(cli, word);
    for (; word != NULL && *word != NULL; word++) {
        if (!takes_destination(rest->value)) {
            if (refuse_destination(cli, rest->value, *word, err) != ACC_OK)
                return err->code;
            continue;
        }
        if (acc_settings_resolve(cli->settings, *word, &url, section, err) != ACC_OK)
            return err->code;
        if (url == NULL && needs_section(rest->value, *word))
            return unknown_section(cli, *word, err);
        if (url != NULL)
            *word = url;
    }
    return ACC_OK;
}

enum acc_code acc_cli_name_destinations(struct acc_cli *cli, struct acc_parse *parse,
                                        struct acc_named *named, struct acc_error *err)
{
    enum acc_code code = name_slots(cli, parse, named, err);
    return code == ACC_OK ? name_rest(cli, parse, &named->section, err) : code;
}
