/* CHECKING: draws the selected entries, and keeps as many checks in progress as there are places.
 *
 * Happy path: entries are drawn in path order, so that a resumed run and a listing meet them in one
 * order; CHECKED follows the last check. There are few places at first and more as long as hashing
 * keeps up: if it does not, further objects would only push each other out of the processor's
 * caches. Failure: a check that the server failed leaves its entry unchecked. The third such check
 * in a row halts the run; a failure of credentials, clock, bucket, ledger or this machine halts it
 * immediately. When it stops, no entry is drawn any more, and each check's end is awaited. */
#include "base/clock.h"
#include "base/mem.h"
#include "verify/run.h"
#include "verify/select.h"

/* Verdicts that need no request come in large numbers: the loop gets its turn after this many. */
#define DRAW_AT_ONCE 1024
#define BACKLOG_MAX 1024
#define BEHIND_MS 2
#define LOST_MAX 3
/* The results of an unfinished verification stay valid this long. */
#define CARRIED_MS (7LL * 24 * 3600 * 1000)

/* ---- the end of a check ---- */

static bool halts_at_once(enum acc_s3_class class)
{
    return class != ACC_S3_RETRY && class != ACC_S3_UNREACHABLE && class != ACC_S3_UNKNOWN;
}

static void lose(struct acc_verify_run *run, const struct acc_check *check)
{
    if (check->err.code == ACC_LOCAL || run->s3 == NULL) {
        acc_verify_halt(run, &check->err);
        return;
    }
    uint64_t successes = acc_s3_stats(run->s3)->successes;
    run->losses.in_a_row = successes == run->losses.successes_before ? run->losses.in_a_row + 1 : 1;
    run->losses.successes_before = successes;
    if (run->losses.err.code == ACC_OK)
        run->losses.err = check->err;
    if (halts_at_once(check->lost_class) || run->losses.in_a_row >= LOST_MAX || successes == 0)
        acc_verify_halt(run, &check->err);
}

static void settle(struct acc_verify_run *run, struct acc_check *check)
{
    if (check->end == ACC_CHECK_FOUND)
        acc_verify_found(run, check);
    else if (check->end == ACC_CHECK_LOST)
        lose(run, check);
    run->bytes_done += check->facts.size > 0 ? check->facts.size : 0;
    acc_check_free(check);
}

static void grow(struct acc_verify_run *run)
{
    if (run->checking.places < run->jobs && run->checking.env.reading.held_back == 0)
        run->checking.places++;
}

static void fill(struct acc_verify_run *run);

static void on_check(struct acc_check *check)
{
    struct acc_verify_run *run = ACC_CONTAINER_OF(check->env, struct acc_verify_run, checking.env);
    acc_list_remove(&check->link);
    run->checking.active--;
    settle(run, check);
    grow(run);
    fill(run);
    acc_machine_end(&run->machine);
}

/* ---- drawing ---- */

/* True when the unfinished verification found it as promised, not long ago. */
static bool carry(struct acc_verify_run *run, const struct acc_row *row)
{
    struct acc_good_check check;
    struct acc_error err;
    bool found = false;
    if (run->record.earlier == 0)
        return false;
    if (acc_ledger_last_good(run->ledger, run->record.id, row->id, run->record.earlier,
                             acc_level_name(run->options->level), &check, &found, &err) != ACC_OK) {
        acc_verify_halt(run, &err);
        return false;
    }
    if (!found || run->record.at - check.at > CARRIED_MS ||
        (row->archived_run != 0 && row->archived.at > check.at))
        return false;
    acc_verify_carried(run, row, &check);
    return true;
}

static void begin(struct acc_verify_run *run, const struct acc_row *row)
{
    struct acc_check *check = acc_check_new(&run->checking.env, row);
    enum acc_listing listed = ACC_LISTING_UNKNOWN;
    if (run->s3 != NULL)
        listed = acc_survey_of(&run->listing.survey, row->id);
    acc_list_push(&run->checking.checks, &check->link);
    run->checking.active++;
    acc_machine_begin(&run->machine);
    if (run->options->local) {
        acc_check_begin_local(check);
    } else if (acc_check_begin(check, listed)) {
        acc_list_remove(&check->link);
        run->checking.active--;
        settle(run, check);
        acc_machine_end(&run->machine);
    }
}

/* Results wait for the disk: posting more would make the loop wait. */
static bool is_behind(const struct acc_verify_run *run)
{
    return acc_ledger_backlog(run->ledger) > BACKLOG_MAX;
}

static bool may_draw(const struct acc_verify_run *run)
{
    return run->machine.phase == ACC_VERIFY_CHECKING && !acc_machine_stops(&run->machine);
}

/* False when there is nothing to draw for now. */
static bool draw(struct acc_verify_run *run)
{
    struct acc_verify_checking *c = &run->checking;
    struct acc_row row;
    struct acc_error err;
    bool more = false;
    if (c->drained || !may_draw(run) || c->active >= c->places || is_behind(run))
        return false;
    if (acc_ledger_next(c->rows, &row, &more, &err) != ACC_OK) {
        acc_verify_halt(run, &err);
        return false;
    }
    c->drained = !more;
    if (more && acc_verify_is_selected(run, row.id) && !carry(run, &row) && may_draw(run))
        begin(run, &row);
    return true;
}

static void fill(struct acc_verify_run *run)
{
    unsigned drawn = 0;
    if (run->checking.filling || !may_draw(run))
        return;
    run->checking.filling = true;
    while (drawn < DRAW_AT_ONCE && draw(run))
        drawn++;
    run->checking.filling = false;
    if (drawn == DRAW_AT_ONCE)
        acc_timer_start(&run->checking.drawn, 0);
    else if (is_behind(run))
        acc_timer_start(&run->checking.drawn, BEHIND_MS);
    else if (run->checking.active == 0 && run->checking.drained)
        acc_machine_post(&run->machine, ACC_VERIFY_ON_CHECKED);
}

static void on_drawn(struct acc_timer *timer)
{
    fill(ACC_CONTAINER_OF(timer, struct acc_verify_run, checking.drawn));
}

void acc_verify_draw_more(struct acc_verify_run *run)
{
    grow(run);
    fill(run);
}

/* ---- the phase ---- */

void acc_verify_check(struct acc_verify_run *run)
{
    acc_verify_progress(run, ACC_EVENT_PLANNED);
    acc_verify_state(run, "working");
    fill(run);
}

void acc_verify_checking_init(struct acc_verify_run *run)
{
    struct acc_verify_checking *c = &run->checking;
    const struct acc_verify_options *o = run->options;
    acc_list_init(&c->checks);
    acc_timer_init(&run->loop, &c->drawn, on_drawn);
    if (o->local) /* one file a processor, and one to be opened meanwhile */
        run->jobs = run->loop.pool_threads + 1;
    /* Two for each that hashes: while one's answer is awaited, the other's is at hand. */
    unsigned few = 2 * run->loop.pool_threads;
    c->places = few < run->jobs ? few : run->jobs;
    c->env = (struct acc_check_env){
        .reading = {.loop = &run->loop, .s3 = run->s3, .algs = run->algs, .tickets = run->tickets},
        .rate = &run->rate,
        .source = o->local ? &run->source : NULL,
        .prefix = run->location.prefix != NULL ? run->location.prefix : "",
        .level = o->level,
        .on_done = on_check,
    };
}
