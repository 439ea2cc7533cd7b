/* acc_verify(): one verification from beginning to end (phases in verify/run.h).
 *
 * Happy path: open ledger and client; plan; survey the prefix; check; record how it went. Failure:
 * an error before the loop turns is returned; afterwards acc_verify_halt() stores it and the rules
 * (verify/run_rules.h) lead to the one way out. Close: every part closes its handles, then the loop
 * runs until they are gone. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "verify/run.h"

/* ---- what each action does ---- */

static void end(struct acc_verify_run *run)
{
    acc_timer_stop(&run->handles.tick);
    acc_timer_stop(&run->checking.drawn);
    acc_loop_stop(&run->loop);
}

static void act(struct acc_machine *machine, unsigned action)
{
    static void (*const actions[ACC_VERIFY_ACTION_COUNT])(struct acc_verify_run *) = {
        [ACC_VERIFY_DO_LIST] = acc_verify_list,
        [ACC_VERIFY_DO_CHECK] = acc_verify_check,
        [ACC_VERIFY_DO_STOP] = acc_verify_stop,
        [ACC_VERIFY_DO_END] = end,
    };
    if (actions[action] != NULL)
        actions[action](ACC_CONTAINER_OF(machine, struct acc_verify_run, machine));
}

static void turn(struct acc_verify_run *run)
{
    run->started = acc_clock_now();
    run->record.at = acc_time_now();
    run->facts.local = run->options->local;
    run->machine.kind = &acc_verify_machine;
    run->machine.facts = &run->facts;
    run->machine.act = act;
    acc_verify_plan(run);
    acc_loop_run(&run->loop);
    acc_ledger_cursor_close(run->checking.rows);
}

/* ---- from beginning to end ---- */

static enum acc_code with_ledger(struct acc_verify_run *run, struct acc_error *err)
{
    enum acc_code code = acc_verify_open_ledger(run, err);
    if (code == ACC_OK && !run->alone)
        code = acc_verify_look_below(run, err);
    bool here = code == ACC_OK && run->below.count == 0;
    if (here)
        code = acc_verify_register(run, err);
    if (here && code == ACC_OK) {
        acc_verify_start_handles(run);
        turn(run);
        acc_verify_conclude(run);
        acc_verify_stop_handles(run);
        code = run->summary->outcome;
        if (err != NULL)
            *err = run->err;
    }
    acc_ledger_close(run->ledger);
    acc_ledger_place_leave(&run->place);
    return code;
}

static enum acc_code with_loop(struct acc_verify_run *run, struct acc_error *err)
{
    enum acc_code code = acc_loop_init(&run->loop, err);
    if (code != ACC_OK)
        return code;
    if (!run->options->local)
        code = acc_s3_new(&run->loop, &run->options->connection, &run->location, run->jobs,
                          &run->s3, err);
    if (code == ACC_OK)
        code = with_ledger(run, err);
    acc_survey_release(&run->listing.survey);
    acc_s3_free(run->s3);
    acc_loop_release(&run->loop);
    return code;
}

/* `alone`: the destination itself, whatever lies below it. */
static enum acc_code verify(const struct acc_verify_options *options, bool alone,
                            struct acc_verify_summary *summary, struct acc_verify_below *below,
                            struct acc_error *err)
{
    struct acc_verify_run *run = ACC_NEW(struct acc_verify_run);
    *summary = (struct acc_verify_summary){0};
    run->options = options;
    run->summary = summary;
    run->alone = alone;
    enum acc_code code = acc_verify_check_options(run, err);
    if (code == ACC_OK)
        code = acc_verify_open_source(run, err);
    if (code == ACC_OK)
        code = acc_algs_new(&run->algs, err);
    if (code == ACC_OK)
        code = with_loop(run, err);
    summary->outcome = code;
    acc_algs_free(run->algs);
    acc_source_close(&run->source);
    acc_s3_location_release(&run->location);
    acc_marks_release(&run->planning.selected);
    acc_ledger_place_release(&run->place);
    *below = run->below;
    free(run);
    return code;
}

static enum acc_code verify_alone(const struct acc_verify_options *options,
                                  struct acc_verify_summary *summary, struct acc_error *err)
{
    struct acc_verify_below none;
    enum acc_code code = verify(options, true, summary, &none, err);
    acc_verify_below_release(&none);
    return code;
}

enum acc_code acc_verify(const struct acc_verify_options *options,
                         struct acc_verify_summary *summary, struct acc_error *err)
{
    struct acc_verify_below below = {0};
    enum acc_code code = verify(options, false, summary, &below, err);
    if (code == ACC_OK && below.count > 0) {
        char *url = acc_strdup(summary->url);
        code = acc_verify_each(options, &below, url, verify_alone, summary, err);
        free(url);
    }
    if (below.canonical.len > 0)
        acc_verify_count_copies(acc_str_cstr(&below.canonical), summary);
    acc_verify_below_release(&below);
    return code;
}
