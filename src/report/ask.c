/* Questions to a ledger: open it for reading, ask, close. What a URL names is found first and asked
 * about afterwards, since the ledger answers one question at a time. Fails as the ledger does. */
#include <accession/ask.h>

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "report/open.h"

struct reporting {
    void (*each)(void *arg, const struct acc_status_destination *destination);
    void *arg;
};

static void report(void *arg, const struct acc_destination_info *info)
{
    const struct reporting *reporting = arg;
    const struct acc_status_destination reported = acc_report_destination_of(info);
    reporting->each(reporting->arg, &reported);
}

enum acc_code acc_list(const struct acc_list_options *options, struct acc_error *err)
{
    struct acc_ledger *ledger = NULL;
    struct reporting reporting = {options->on_destination, options->arg};
    char *url = acc_report_plain_url(options->url);
    const struct acc_ledger_list list = {.due_before = acc_report_due_before(options->due_days),
                                         .below = url,
                                         .sort = options->sort,
                                         .reverse = options->reverse};
    enum acc_code code = acc_report_open(options->ledger, &ledger, err);
    if (code == ACC_OK)
        code = acc_ledger_destinations(ledger, &list, report, &reporting, err);
    acc_ledger_close(ledger);
    free(url);
    return code;
}

/* "9b2f1c44…", "sha256:9b2f…": the digits in lower case, or NULL if it is no digest. */
static char *digest_of(const char *pattern, enum acc_alg *alg)
{
    const char *colon = strchr(pattern, ':'), *digits = colon != NULL ? colon + 1 : pattern;
    size_t len = strlen(digits);
    *alg = colon != NULL ? acc_alg_parse(pattern, (size_t)(colon - pattern)) : ACC_ALG_COUNT;
    if (len < 8 || strspn(digits, "0123456789abcdefABCDEF") != len ||
        (colon != NULL && *alg == ACC_ALG_COUNT))
        return NULL;
    char *hex = acc_strdup(digits);
    for (char *c = hex; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    return hex;
}

enum acc_code acc_find(const struct acc_find_options *options, struct acc_error *err)
{
    struct acc_ledger *ledger = NULL;
    enum acc_alg alg;
    char *url = acc_report_plain_url(options->url), *hex = digest_of(options->pattern, &alg);
    enum acc_code code = acc_report_open(options->ledger, &ledger, err);
    if (code == ACC_OK)
        code = acc_ledger_find_names(ledger, options->pattern, url, options->on_hit, options->arg,
                                     err);
    if (code == ACC_OK && hex != NULL)
        code = acc_ledger_find_digest(ledger, alg, hex, url, options->on_hit, options->arg, err);
    acc_ledger_close(ledger);
    free(hex);
    free(url);
    return code;
}

/* ---- show ---- */

struct kept {
    struct acc_hit *hits;
    size_t count;
};

static void keep(void *arg, const struct acc_hit *hit)
{
    struct kept *kept = arg;
    kept->hits = acc_realloc(kept->hits, (kept->count + 1) * sizeof *kept->hits);
    struct acc_hit *copy = &kept->hits[kept->count++];
    *copy = *hit;
    copy->url = acc_strdup(hit->url);
    copy->path = acc_strdup(hit->path);
    copy->last_level = acc_strdup(hit->last_level);
    copy->identifier = "";
}

static void release(struct kept *kept)
{
    for (size_t i = 0; i < kept->count; i++) {
        free((char *)kept->hits[i].url);
        free((char *)kept->hits[i].path);
        free((char *)kept->hits[i].last_level);
    }
    free(kept->hits);
}

/* The destination alone, not those below it. */
struct exact {
    const struct acc_show_options *options;
    int64_t id;
};

static void tell_exact(void *arg, const struct acc_destination_info *info)
{
    const struct exact *exact = arg;
    const struct acc_status_destination reported = acc_report_destination_of(info);
    if (info->id == exact->id)
        exact->options->on_destination(exact->options->arg, &reported);
}

static enum acc_code show(struct acc_ledger *ledger, const struct acc_show_options *options,
                          const struct acc_hit *hit, struct acc_error *err)
{
    enum acc_code code = ACC_OK;
    struct exact exact = {options, hit->destination};
    const struct acc_ledger_list list = {.due_before = acc_report_due_before(options->due_days),
                                         .below = hit->url};
    if (hit->entry != 0)
        options->on_hit(options->arg, hit);
    else
        code = acc_ledger_destinations(ledger, &list, tell_exact, &exact, err);
    return code == ACC_OK ? acc_ledger_chronicle(ledger, hit, options->on_event, options->arg, err)
                          : code;
}

enum acc_code acc_show(const struct acc_show_options *options, struct acc_error *err)
{
    struct acc_ledger *ledger = NULL;
    struct kept kept = {0};
    enum acc_code code = acc_report_open(options->ledger, &ledger, err);
    if (code == ACC_OK)
        code = acc_ledger_find_url(ledger, options->url, keep, &kept, err);
    for (size_t i = 0; code == ACC_OK && i < kept.count; i++)
        code = show(ledger, options, &kept.hits[i], err);
    release(&kept);
    acc_ledger_close(ledger);
    return code;
}
