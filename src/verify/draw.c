/* Drawing the selected entries, and keeping as many checks in progress as there are places.
 *
 * Drawing follows the manifest's paths, so that a resumed run and a listing meet them in one order.
 * A check that the server failed leaves its entry unchecked. The third such check in a row halts
 * the run; a failure of credentials, clock, bucket or this machine halts it immediately. */
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

static bool is_stopped(const struct acc_verify_run *run)
{
    return run->interrupted || run->halted || run->err.code != ACC_OK;
}

void acc_verify_stop(struct acc_verify_run *run)
{
    acc_survey_cancel(&run->survey);
    for (struct acc_link *link = run->checks.next, *next; link != &run->checks; link = next) {
        next = link->next;
        acc_check_cancel(ACC_CONTAINER_OF(link, struct acc_check, link));
    }
}

void acc_verify_halt(struct acc_verify_run *run, const struct acc_error *err)
{
    if (run->halted)
        return;
    run->halted = true;
    run->err = *err;
    acc_verify_state(run, "stopping");
    acc_verify_stop(run);
}

static bool halts_at_once(enum acc_s3_class class)
{
    return class != ACC_S3_RETRY && class != ACC_S3_UNREACHABLE && class != ACC_S3_UNKNOWN;
}

static void lose(struct acc_verify_run *run, const struct acc_check *check)
{
    if (check->err.code == ACC_LOCAL) {
        acc_verify_halt(run, &check->err);
        return;
    }
    uint64_t successes = acc_s3_stats(run->s3)->successes;
    run->lost = successes == run->successes_at_loss ? run->lost + 1 : 1;
    run->successes_at_loss = successes;
    if (run->lost_err.code == ACC_OK)
        run->lost_err = check->err;
    if (halts_at_once(check->lost_class) || run->lost >= LOST_MAX || successes == 0)
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

void acc_verify_grow(struct acc_verify_run *run)
{
    if (run->places < run->jobs && run->env.reading.held_back == 0)
        run->places++;
}

void acc_verify_on_check(struct acc_check *check)
{
    struct acc_verify_run *run = ACC_CONTAINER_OF(check->env, struct acc_verify_run, env);
    acc_list_remove(&check->link);
    run->active--;
    settle(run, check);
    acc_verify_grow(run);
    acc_verify_fill(run);
}

/* True when the unfinished verification found it as promised, not long ago. */
static bool carry(struct acc_verify_run *run, const struct acc_row *row)
{
    struct acc_good_check check;
    bool found = false;
    if (run->earlier == 0 || acc_ledger_last_good(run->ledger, run->id, row->id, run->earlier,
                                                  acc_level_name(run->options->level), &check,
                                                  &found, &run->err) != ACC_OK)
        return false;
    if (!found || run->begun - check.at > CARRIED_MS ||
        (row->archived_run != 0 && row->archived.at > check.at))
        return false;
    acc_verify_carried(run, row, &check);
    return true;
}

static void begin(struct acc_verify_run *run, const struct acc_row *row)
{
    struct acc_check *check = acc_check_new(&run->env, row);
    enum acc_listing listed = ACC_LISTING_UNKNOWN;
    if (run->s3 != NULL)
        listed = acc_survey_of(&run->survey, row->id);
    acc_list_push(&run->checks, &check->link);
    run->active++;
    if (run->options->local) {
        acc_check_begin_local(check);
    } else if (acc_check_begin(check, listed)) {
        acc_list_remove(&check->link);
        run->active--;
        settle(run, check);
    }
}

/* Results wait for the disk: posting more would make the loop wait. */
static bool is_behind(const struct acc_verify_run *run)
{
    return acc_ledger_backlog(run->ledger) > BACKLOG_MAX;
}

/* False when there is nothing to draw for now. */
static bool draw(struct acc_verify_run *run)
{
    struct acc_row row;
    bool more = false;
    if (run->drained || is_stopped(run) || run->active >= run->places || is_behind(run))
        return false;
    if (acc_ledger_next(run->rows, &row, &more, &run->err) != ACC_OK)
        return false;
    run->drained = !more;
    if (more && acc_verify_is_selected(run, row.id) && !carry(run, &row))
        begin(run, &row);
    return true;
}

void acc_verify_fill(struct acc_verify_run *run)
{
    unsigned drawn = 0;
    if (run->filling || run->phase != ACC_VERIFY_CHECKING)
        return;
    run->filling = true;
    while (drawn < DRAW_AT_ONCE && draw(run))
        drawn++;
    run->filling = false;
    if (drawn == DRAW_AT_ONCE)
        acc_timer_start(&run->drawn, 0);
    else if (is_behind(run))
        acc_timer_start(&run->drawn, BEHIND_MS);
    else if (run->active == 0 && (run->drained || is_stopped(run)))
        acc_verify_enter(run, ACC_VERIFY_OVER);
}
