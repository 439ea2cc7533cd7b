/* Happy path: the ledger names the bags, and each becomes the word that its run is given. Failure:
 * a ledger that cannot be read, or a server that cannot be named, is the caller's error. Close: the
 * words are freed. */
#include "cli/bags.h"

#include <stdlib.h>
#include <string.h>

#include <accession/ledger.h>
#include "base/mem.h"
#include "base/str.h"

char *acc_place_without_slash(const char *place)
{
    size_t len = strlen(place);
    while (len > strlen("s3://") && place[len - 1] == '/')
        len--;
    return acc_strndup(place, len);
}

void acc_bags_add(struct acc_bags *bags, const char *path)
{
    struct acc_str word = {0};
    size_t room = (bags->count + 2) * sizeof *bags->words;
    acc_str_set(&word, bags->parent);
    if (*path != '\0' && !acc_ends_with(bags->parent, ":"))
        acc_str_add_c(&word, '/');
    acc_str_add(&word, path);
    bags->words = acc_realloc(bags->words, room);
    bags->paths = acc_realloc(bags->paths, room);
    bags->words[bags->count] = acc_str_detach(&word);
    bags->paths[bags->count++] = acc_strdup(path);
    bags->words[bags->count] = bags->paths[bags->count] = NULL;
}

static void on_recorded(void *arg, const char *url, const char *path)
{
    (void)url;
    acc_bags_add(arg, path);
}

enum acc_code acc_bags_below(struct acc_bags *bags, const char *typed, const char *url,
                             const char *ledger, bool readonly,
                             const struct acc_connection *connection, struct acc_error *err)
{
    *bags = (struct acc_bags){.parent = acc_place_without_slash(typed)};
    return acc_recorded_below(ledger, readonly, connection, url, on_recorded, bags, err);
}

void acc_bags_release(struct acc_bags *bags)
{
    for (size_t i = 0; i < bags->count; i++) {
        free(bags->words[i]);
        free(bags->paths[i]);
    }
    free(bags->words);
    free(bags->paths);
    free(bags->parent);
}
