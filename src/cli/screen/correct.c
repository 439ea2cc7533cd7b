/* The command line as it would better have been typed: what a run found to be mistaken is replaced,
 * everything else stays as it was. Where the mistaken word is not found, the line stays whole. */
#include <string.h>

#include "base/path.h"
#include "cli/screen/report.h"
#include "cli/screen/shell.h"

/* `word` where it stands in the line by itself, or NULL. */
static const char *find_word(const char *line, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = line; (at = strstr(at, word)) != NULL; at++)
        if (at > line && at[-1] == ' ' && (at[len] == ' ' || at[len] == '\0'))
            return at;
    return NULL;
}

static void replace_word(struct acc_str *line, const char *word, const char *by)
{
    struct acc_str old = {0}, replaced = {0};
    acc_shell_quote(&old, word);
    const char *at = find_word(acc_str_cstr(line), old.data);
    if (at != NULL) {
        acc_str_add_n(&replaced, line->data, (size_t)(at - line->data));
        acc_shell_quote(&replaced, by);
        acc_str_add(&replaced, at + old.len);
        acc_str_set(line, replaced.data);
    }
    acc_str_release(&old);
    acc_str_release(&replaced);
}

/* A bucket that is named in the configuration is corrected there. */
static void correct_bucket(struct acc_str *line, const char *url, const char *bucket)
{
    struct acc_str right = {0};
    if (!acc_starts_with(url, "s3://"))
        return;
    acc_str_addf(&right, "s3://%s%s", bucket, url + 5 + strcspn(url + 5, "/"));
    replace_word(line, url, right.data);
    acc_str_release(&right);
}

/* `right` lies below `url`, which was typed as `typed`: by its URL, or as "archive:". */
static void correct_place(struct acc_str *line, const char *typed, const char *url,
                          const char *right)
{
    struct acc_str place = {0};
    size_t len = strlen(url);
    len -= acc_ends_with(url, "/");
    if (acc_starts_with(typed, "s3://") || strncmp(right, url, len) != 0) {
        replace_word(line, typed, right);
        return;
    }
    acc_str_add(&place, typed);
    const char *below = right + len;
    below += *below == '/' && (acc_ends_with(typed, ":") || acc_ends_with(typed, "/"));
    acc_str_add(&place, below);
    replace_word(line, typed, acc_str_cstr(&place));
    acc_str_release(&place);
}

static void correct_region(struct acc_str *line, const struct acc_connection *given,
                           const char *region)
{
    if (given->region != NULL)
        replace_word(line, given->region, region);
    else
        acc_str_addf(line, " --%sregion %s", given->side != NULL ? given->side : "", region);
}

void acc_correct_command(struct acc_str *out, const char *command, const char *typed,
                         const struct acc_ingest_options *given,
                         const struct acc_ingest_summary *summary)
{
    const struct acc_halt *halt = &summary->halt;
    bool takes_options = find_word(command, "--") == NULL;
    acc_str_set(out, command);
    if (halt->right_bucket[0] != '\0')
        correct_bucket(out, typed, halt->right_bucket);
    if (halt->right_region[0] != '\0' && takes_options)
        correct_region(out, &given->connection, halt->right_region);
    if (summary->right_url[0] != '\0')
        correct_place(out, typed, given->destination, summary->right_url);
    if (summary->right_source[0] != '\0')
        replace_word(out, given->source, summary->right_source);
    if (summary->right_windows && takes_options)
        acc_str_add(out, " --windows-paths");
    if (summary->right_prefix[0] != '\0' && takes_options) {
        acc_str_add(out, " --strip-prefix ");
        acc_shell_quote(out, summary->right_prefix);
    }
}
