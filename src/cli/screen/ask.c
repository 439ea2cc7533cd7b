/* Bags as a table, what was found as two lines, a history as a line and its facts. URLs and digests
 * are never cut or wrapped: people copy them. */
#include "cli/screen/ask.h"

#include <string.h>

#include "base/clock.h"
#include "cli/screen/report.h"

#define TABLE 100 /* cells; on a narrower terminal a bag has two lines */
#define COLUMN 16
#define STATE 14      /* where a bag's facts begin, behind its state */
#define DATE 10       /* of a time: its date alone */
#define TIME_WIDTH 27 /* of an event's time, and what stands around it */

static enum acc_style style_of(const char *state)
{
    return strcmp(state, "complete") == 0                                     ? ACC_GOOD
           : strcmp(state, "different") == 0 || strcmp(state, "refused") == 0 ? ACC_BAD
                                                                              : ACC_WAITING;
}

static const char *date(int64_t ms, char text[ACC_TIME_TEXT])
{
    if (ms <= 0)
        return "never";
    acc_time_show(ms, text)[DATE] = '\0';
    return text;
}

/* A bag that only others report has nothing archived here: their counts are shown instead. */
struct shown {
    uint64_t files;
    int64_t bytes;
    const char *archived;
};

static struct shown shown_of(const struct acc_status_destination *d, const char *state,
                             char archived[ACC_TIME_TEXT])
{
    if (strcmp(state, "reported") == 0)
        return (struct shown){d->reported, d->bytes_reported, "not here"};
    return (struct shown){d->archived, d->bytes_archived, date(d->last_archived, archived)};
}

static void show_row(struct acc_screen *screen, const struct acc_status_destination *d,
                     const char *state, bool first)
{
    char files[32], bytes[32], archived[ACC_TIME_TEXT], checked[ACC_TIME_TEXT];
    struct acc_str url = {0};
    const struct shown s = shown_of(d, state, archived);
    if (first)
        fprintf(screen->file, "%-10s  %10s  %11s  %-10s  %-17s  %s\n", "state", "files", "size",
                "archived", "verified", "bag or prefix");
    acc_show_text(&url, d->url);
    acc_screen_styled(screen, style_of(state), state);
    fprintf(screen->file, "%*s  %10s  %11s  %-10s  %-10s %-6s  %s\n", 10 - (int)strlen(state), "",
            acc_show_count(s.files, files), acc_show_bytes((double)s.bytes, bytes), s.archived,
            date(d->last_checked, checked), d->last_level, acc_str_cstr(&url));
    acc_str_release(&url);
}

static void show_lines(struct acc_screen *screen, const struct acc_status_destination *d,
                       const char *state)
{
    char files[40], bytes[32], archived[ACC_TIME_TEXT], checked[ACC_TIME_TEXT];
    struct acc_str text = {0};
    const struct shown s = shown_of(d, state, archived);
    acc_show_text(&text, d->url);
    acc_screen_styled(screen, style_of(state), acc_str_cstr(&text));
    fputc('\n', screen->file);
    acc_str_clear(&text);
    acc_str_addf(&text, "%s, %s; archived %s; verified %s", acc_show_files(s.files, files),
                 acc_show_bytes((double)s.bytes, bytes), s.archived,
                 date(d->last_checked, checked));
    if (d->last_checked > 0)
        acc_str_addf(&text, " (%s)", d->last_level);
    acc_screen_field(screen, 2, state, STATE, acc_str_cstr(&text));
    acc_str_release(&text);
}

void acc_ask_bag(struct acc_screen *screen, const struct acc_status_destination *d, bool first)
{
    const char *state = acc_status_state(d);
    if (!screen->terminal || screen->width >= TABLE)
        show_row(screen, d, state, first);
    else
        show_lines(screen, d, state);
}

void acc_ask_totals(struct acc_screen *screen, const struct acc_list_totals *totals)
{
    char bags[40], files[40], bytes[32];
    struct acc_str text = {0};
    acc_str_addf(&text, "\n%s, %s, %s",
                 acc_show_number(totals->bags, "bag or prefix", "bags or prefixes", bags),
                 acc_show_files(totals->files, files),
                 acc_show_bytes((double)totals->bytes, bytes));
    if (totals->reported > 0)
        acc_str_addf(&text, "; reported by others: %s, %s", acc_show_files(totals->reported, files),
                     acc_show_bytes((double)totals->bytes_reported, bytes));
    acc_screen_paragraph(screen, 0, 0, text.data);
    acc_str_release(&text);
}

void acc_ask_hit(struct acc_screen *screen, const struct acc_hit *hit)
{
    char bytes[32], time[ACC_TIME_TEXT];
    struct acc_str text = {0};
    acc_str_addf(&text, "%s%s%s", hit->url, hit->entry != 0 ? "/" : "", hit->path);
    struct acc_str url = {0};
    acc_show_path(&url, acc_str_cstr(&text));
    acc_screen_styled(screen, hit->archived ? ACC_GOOD : ACC_WAITING, acc_str_cstr(&url));
    fputc('\n', screen->file);
    acc_str_clear(&text);
    if (hit->identifier[0] != '\0') {
        acc_str_add(&text, "External-Identifier ");
        acc_show_text(&text, hit->identifier);
        acc_str_add(&text, "; ");
    }
    if (hit->archived)
        acc_str_addf(&text, "archived %s UTC, %s; ", acc_time_show(hit->at, time),
                     acc_show_bytes((double)hit->size, bytes));
    else if (hit->reported) {
        acc_str_add(&text, "reported by others, not archived here");
        if (hit->size > 0)
            acc_str_addf(&text, ", %s", acc_show_bytes((double)hit->size, bytes));
        acc_str_add(&text, "; ");
    } else
        acc_str_add(&text, "not archived; ");
    if (hit->last_checked > 0)
        acc_str_addf(&text, "last verified %s UTC (%s)%s", acc_time_show(hit->last_checked, time),
                     hit->last_level,
                     hit->last_code == ACC_OK ? "" : ": not as promised; accession show has all");
    else
        acc_str_add(&text, hit->archived ? "never verified since" : "never verified");
    fputs("  ", screen->file);
    acc_screen_paragraph(screen, 2, 2, acc_str_cstr(&text));
    acc_str_release(&text);
    acc_str_release(&url);
}

/* ---- a history ---- */

static void field(struct acc_screen *screen, const char *label, const char *text)
{
    struct acc_str shown = {0};
    if (text[0] == '\0')
        return;
    acc_show_text(&shown, text);
    acc_screen_verbatim(screen, 4, label, COLUMN, acc_str_cstr(&shown));
    acc_str_release(&shown);
}

/* A sentence, which may be wrapped. */
static void sentence(struct acc_screen *screen, const char *label, const char *text)
{
    struct acc_str shown = {0};
    if (text[0] == '\0')
        return;
    acc_show_text(&shown, text);
    acc_screen_field(screen, 4, label, COLUMN, acc_str_cstr(&shown));
    acc_str_release(&shown);
}

static void show_digests(struct acc_screen *screen, const struct acc_digests *digests)
{
    char hex[ACC_DIGEST_MAX * 2 + 1];
    for (int alg = 0; alg < ACC_ALG_COUNT; alg++)
        if (acc_digests_has(digests, (enum acc_alg)alg)) {
            acc_digests_hex(digests, (enum acc_alg)alg, hex);
            field(screen, acc_alg_name((enum acc_alg)alg), hex);
        }
}

static const char *heading(const struct acc_chronicle *e)
{
    static const char *const kinds[ACC_CHRONICLE_KINDS] = {
        [ACC_CHRONICLE_PROMISED] = "promised",
        [ACC_CHRONICLE_STARTED] = "upload started, not finished",
        [ACC_CHRONICLE_ARCHIVED] = "archived",
        [ACC_CHRONICLE_GONE] = "found missing",
        [ACC_CHRONICLE_COVERED] = "found under a newer version",
        [ACC_CHRONICLE_TOLD] = "reported by others, not verified here",
    };
    switch (e->kind) {
    case ACC_CHRONICLE_ENDED:
        return e->code == ACC_OK ? "not archived" : acc_code_text(e->code);
    case ACC_CHRONICLE_CHECKED:
        return e->code == ACC_OK ? "verified" : acc_code_text(e->code);
    case ACC_CHRONICLE_RUN:
        return !e->ended ? "not ended" : e->code == ACC_OK ? "complete" : acc_code_text(e->code);
    default:
        return kinds[e->kind];
    }
}

static void show_facts(struct acc_screen *screen, const struct acc_chronicle *e)
{
    struct acc_str text = {0};
    if (e->kind == ACC_CHRONICLE_PROMISED) {
        acc_str_add(&text, e->text);
        if (e->line > 0)
            acc_str_addf(&text, ", line %lld", (long long)e->line);
        field(screen, "by", acc_str_cstr(&text));
    } else if (e->kind == ACC_CHRONICLE_TOLD) {
        acc_str_add(&text, e->text);
        if (e->line > 0)
            acc_str_addf(&text, ", line %lld", (long long)e->line);
        field(screen, "reported by", acc_str_cstr(&text));
        field(screen, "ground", e->level);
        field(screen, "proof there", e->proof);
    } else if (e->kind == ACC_CHRONICLE_STARTED) {
        field(screen, "upload id", e->text);
    } else if (e->kind == ACC_CHRONICLE_ARCHIVED) {
        field(screen, "known by", e->text);
    } else if (e->kind == ACC_CHRONICLE_RUN) {
        field(screen, "kind", e->level);
        field(screen, "from", e->proof);
        field(screen, "manifests", e->text);
    } else {
        sentence(screen, "found", e->text);
    }
    if (e->size >= 0 && e->kind != ACC_CHRONICLE_STARTED) {
        char count[32];
        acc_str_clear(&text);
        acc_str_addf(&text, "%s bytes", acc_show_count((unsigned long long)e->size, count));
        field(screen, "size", acc_str_cstr(&text));
    }
    show_digests(screen, &e->digests);
    field(screen, "ETag", e->etag);
    field(screen, "version", e->version);
    field(screen, "checksum", e->checksum);
    if (e->kind == ACC_CHRONICLE_CHECKED) {
        field(screen, "level", e->level);
        field(screen, "proof", e->proof);
    }
    field(screen, "run", e->run);
    acc_str_release(&text);
}

void acc_ask_event(struct acc_screen *screen, const struct acc_chronicle *e)
{
    char time[ACC_TIME_TEXT];
    bool bad =
        e->kind == ACC_CHRONICLE_GONE || e->kind == ACC_CHRONICLE_COVERED || e->code != ACC_OK;
    bool good = e->kind == ACC_CHRONICLE_ARCHIVED || e->kind == ACC_CHRONICLE_CHECKED ||
                e->kind == ACC_CHRONICLE_RUN;
    bool fits = TIME_WIDTH + acc_text_width(heading(e)) <= screen->width;
    fprintf(screen->file, fits ? "  %s UTC  " : "  %s UTC\n    ", acc_time_show(e->at, time));
    acc_screen_styled(screen, bad ? ACC_BAD : good ? ACC_GOOD : ACC_PLAIN, heading(e));
    fputc('\n', screen->file);
    show_facts(screen, e);
    fputc('\n', screen->file);
}

void acc_ask_nothing(FILE *err, const char *what, const char *hint)
{
    struct acc_screen screen;
    struct acc_str text = {0};
    acc_screen_init(&screen, err, "never");
    acc_show_text(&text, what);
    acc_str_addf(&text, ": the ledger knows nothing of it; %s.", hint);
    acc_screen_message(&screen, acc_str_cstr(&text));
    acc_str_release(&text);
}
