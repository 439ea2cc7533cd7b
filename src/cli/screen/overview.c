/* A dozen copies and the five newest are kept, whatever the number of bags: memory stays flat.
 * Nothing fails. */
#include "cli/screen/overview.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "cli/screen/ask.h"
#include "cli/screen/report.h"
#include "cli/screen/shell.h"

#define COLUMN 18

enum { DIFFERENT, REFUSED, INCOMPLETE, DUE, REPORTED, COMPLETE, STATES };
static const char *const state_names[STATES] = {"different", "refused",  "incomplete",
                                                "due",       "reported", "complete"};

static unsigned state_of(const struct acc_status_destination *d)
{
    unsigned state = 0;
    while (state < COMPLETE && strcmp(state_names[state], acc_status_state(d)) != 0)
        state++;
    return state;
}

static struct acc_status_destination copy_of(const struct acc_status_destination *d)
{
    struct acc_status_destination copy = *d;
    copy.url = acc_strdup(d->url);
    copy.canonical = acc_strdup(d->canonical);
    copy.last_level = acc_strdup(d->last_level);
    copy.identifier = acc_strdup(d->identifier);
    copy.also_at = acc_strdup(d->also_at);
    return copy;
}

static void release(struct acc_status_destination *d)
{
    free((char *)d->url);
    free((char *)d->canonical);
    free((char *)d->last_level);
    free((char *)d->identifier);
    free((char *)d->also_at);
}

/* Newest first. */
static void keep_newest(struct acc_overview *page, const struct acc_status_destination *d)
{
    unsigned at = page->newest_count;
    while (at > 0 && page->newest[at - 1].last_archived < d->last_archived)
        at--;
    if (at == ACC_OVERVIEW_NEWEST)
        return;
    if (page->newest_count == ACC_OVERVIEW_NEWEST)
        release(&page->newest[--page->newest_count]);
    memmove(&page->newest[at + 1], &page->newest[at],
            (page->newest_count - at) * sizeof page->newest[0]);
    page->newest[at] = copy_of(d);
    page->newest_count++;
}

void acc_overview_add(struct acc_overview *page, const struct acc_status_destination *d)
{
    page->count++;
    page->files += d->archived;
    page->bytes += d->bytes_archived;
    page->reported += d->reported;
    page->bytes_reported += d->bytes_reported;
    page->due_files += d->due;
    page->copied += d->copies > 1;
    page->sound += d->copies > 1 && d->copies_verified == d->copies;
    page->states[state_of(d)]++;
    if (page->first_count < ACC_OVERVIEW_FIRST)
        page->first[page->first_count++] = copy_of(d);
    keep_newest(page, d);
}

static void show_totals(const struct acc_overview *page, struct acc_screen *screen)
{
    char bags[40], files[40], bytes[32], count[32];
    struct acc_str text = {0};
    const char *between = ": ";
    acc_str_addf(&text, "%s, %s, %s archived",
                 acc_show_number(page->count, "bag or prefix", "bags or prefixes", bags),
                 acc_show_files(page->files, files), acc_show_bytes((double)page->bytes, bytes));
    if (page->reported > 0)
        acc_str_addf(&text, ", %s, %s reported by others", acc_show_files(page->reported, files),
                     acc_show_bytes((double)page->bytes_reported, bytes));
    for (unsigned state = 0; state < STATES; state++) {
        if (page->states[state] == 0)
            continue;
        acc_str_addf(&text, "%s%s %s", between, acc_show_count(page->states[state], count),
                     state_names[state]);
        between = ", ";
    }
    acc_screen_paragraph(screen, 0, 0, acc_str_cstr(&text));
    fputc('\n', screen->file);
    acc_str_release(&text);
}

static void add_command(struct acc_str *text, const char *command,
                        const struct acc_status_options *options)
{
    acc_str_addf(text, "accession %s", command);
    if (options->ledger != NULL) {
        acc_str_add(text, " --ledger ");
        acc_shell_quote(text, options->ledger);
    }
    if (options->url != NULL) {
        acc_str_add_c(text, ' ');
        acc_shell_quote(text, options->url);
    }
}

static void show_more(const struct acc_overview *page, struct acc_screen *screen,
                      const struct acc_status_options *options)
{
    char count[32];
    struct acc_str text = {0};
    uint64_t all = page->states[DIFFERENT] + page->states[REFUSED] + page->states[INCOMPLETE];
    if (all <= page->first_count)
        return;
    acc_str_addf(&text, "and %s more", acc_show_count(all - page->first_count, count));
    acc_screen_field(screen, 2, "", 2, acc_str_cstr(&text));
    acc_str_clear(&text);
    add_command(&text, "status --all", options);
    acc_screen_verbatim(screen, 2, "list them", COLUMN, acc_str_cstr(&text));
    fputc('\n', screen->file);
    acc_str_release(&text);
}

static void show_due(const struct acc_overview *page, struct acc_screen *screen,
                     const struct acc_status_options *options)
{
    char files[40];
    struct acc_str text = {0};
    if (page->due_files == 0)
        return;
    acc_str_addf(&text, ": %s not archived or read back for %u days",
                 acc_show_files(page->due_files, files), options->due_days);
    acc_screen_styled(screen, ACC_WAITING, "Due");
    acc_screen_paragraph(screen, 3, 3, acc_str_cstr(&text));
    acc_str_clear(&text);
    add_command(&text, "list --state due --sort verified", options);
    acc_screen_verbatim(screen, 2, "list them", COLUMN, acc_str_cstr(&text));
    fputc('\n', screen->file);
    acc_str_release(&text);
}

static void show_copies(const struct acc_overview *page, struct acc_screen *screen,
                        const struct acc_status_options *options)
{
    char sound[32], copied[32];
    struct acc_str text = {0};
    if (page->copied == 0)
        return;
    acc_str_addf(&text,
                 ": of %s bags or prefixes with copies, %s have every copy verified within %u days",
                 acc_show_count(page->copied, copied), acc_show_count(page->sound, sound),
                 options->due_days);
    acc_screen_styled(screen, page->sound == page->copied ? ACC_GOOD : ACC_WAITING, "Copies");
    acc_screen_paragraph(screen, 6, 6, acc_str_cstr(&text));
    fputc('\n', screen->file);
    acc_str_release(&text);
}

static void show_page(const struct acc_overview *page, struct acc_screen *screen,
                      const struct acc_status_options *options)
{
    for (unsigned i = 0; i < page->first_count; i++)
        if (page->count <= ACC_OVERVIEW_FIRST || state_of(&page->first[i]) < DUE)
            acc_report_destination(screen, &page->first[i], options->due_days, options->ledger);
    if (page->count <= ACC_OVERVIEW_FIRST)
        return;
    show_more(page, screen, options);
    show_due(page, screen, options);
    show_copies(page, screen, options);
    fputs("Bags, the newest first\n", screen->file);
    for (unsigned i = 0; i < page->newest_count; i++)
        acc_ask_bag(screen, &page->newest[i], i == 0);
    fputc('\n', screen->file);
}

void acc_overview_show(struct acc_overview *page, struct acc_screen *screen,
                       const struct acc_status_options *options, bool all)
{
    page->shown = true;
    if (page->count > 1)
        show_totals(page, screen);
    if (!all)
        show_page(page, screen, options);
}

void acc_overview_release(struct acc_overview *page)
{
    for (unsigned i = 0; i < page->first_count; i++)
        release(&page->first[i]);
    for (unsigned i = 0; i < page->newest_count; i++)
        release(&page->newest[i]);
    page->first_count = page->newest_count = 0;
}
