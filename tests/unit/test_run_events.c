/* The machine of a run: events posted by an action wait for it, each at most once; IDLE follows
 * once in STOPPING; nothing may begin from the moment that a halt is posted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "ingest/run.h"

/* One run, and what its actions saw. */
struct fixture {
    struct acc_run run;
    char seen[256];
    bool could_begin;
};

static struct fixture *of(struct acc_run *run)
{
    return ACC_CONTAINER_OF(run, struct fixture, run);
}

static void see(struct acc_run *run, const char *what)
{
    struct fixture *f = of(run);
    size_t len = strlen(f->seen);
    snprintf(f->seen + len, sizeof f->seen - len, "%s%s:%s", len > 0 ? " " : "", what,
             acc_phase_name((enum acc_phase)run->machine.phase));
}

static void list(struct acc_run *run)
{
    see(run, "list");
}

static void probe(struct acc_run *run)
{
    see(run, "probe");
}

/* Two uploads fail while a first one is being started. */
static void work(struct acc_run *run)
{
    see(run, "work");
    acc_run_begin(run);
    acc_run_post(run, ACC_RUN_ON_HALT);
    of(run)->could_begin = acc_run_may_begin(run);
    acc_run_post(run, ACC_RUN_ON_HALT);
    see(run, "worked");
}

static void halt(struct acc_run *run)
{
    see(run, "halt");
}

static void release(struct acc_run *run)
{
    see(run, "release");
    acc_run_post(run, ACC_RUN_ON_RELEASED); /* nothing was to be done */
}

static void end(struct acc_run *run)
{
    see(run, "end");
}

static void (*const actions[ACC_RUN_ACTION_COUNT])(struct acc_run *) = {
    [ACC_RUN_DO_LIST] = list,       [ACC_RUN_DO_PROBE] = probe, [ACC_RUN_DO_WORK] = work,
    [ACC_RUN_DO_HALT] = halt,       [ACC_RUN_DO_QUIT] = halt,   [ACC_RUN_DO_GIVE_UP] = halt,
    [ACC_RUN_DO_RELEASE] = release, [ACC_RUN_DO_END] = end,
};

static void act(struct acc_machine *machine, unsigned action)
{
    if (actions[action] != NULL)
        actions[action](ACC_CONTAINER_OF(machine, struct acc_run, machine));
}

static struct fixture *begin(void)
{
    struct fixture *f = ACC_NEW(struct fixture);
    f->run.machine.kind = &acc_run_machine;
    f->run.machine.facts = &f->run.facts;
    f->run.machine.act = act;
    return f;
}

static void test_what_an_action_posts_waits_for_it(void **state)
{
    struct fixture *f = begin();
    struct acc_run *run = &f->run;
    (void)state;
    acc_run_post(run, ACC_RUN_ON_PLANNED);
    acc_run_post(run, ACC_RUN_ON_LISTED);
    acc_run_post(run, ACC_RUN_ON_PROBED);
    assert_string_equal(f->seen, "list:LISTING probe:PROBING work:WORKING worked:WORKING "
                                 "halt:STOPPING");
    assert_false(f->could_begin); /* the halt was posted, though not applied yet */
    assert_int_equal(run->machine.queued, 0);
    free(f);
}

static void test_idle_follows_once_nothing_is_in_progress(void **state)
{
    struct fixture *f = begin();
    struct acc_run *run = &f->run;
    (void)state;
    run->machine.phase = ACC_PHASE_WORKING;
    acc_run_begin(run);
    acc_run_begin(run);
    acc_run_post(run, ACC_RUN_ON_FAIL);
    acc_run_end(run);
    assert_string_equal(f->seen, "halt:STOPPING");
    acc_run_post(run, ACC_RUN_ON_INTERRUPT); /* once more does no harm */
    acc_run_end(run);
    assert_string_equal(f->seen, "halt:STOPPING halt:STOPPING release:RELEASING end:OVER");
    free(f);
}

static void test_after_the_end_events_are_ignored(void **state)
{
    struct fixture *f = begin();
    struct acc_run *run = &f->run;
    (void)state;
    run->machine.phase = ACC_PHASE_OVER;
    for (int event = 0; event < ACC_RUN_EVENT_COUNT; event++)
        acc_run_post(run, (enum acc_run_event)event);
    assert_string_equal(f->seen, "");
    assert_true(acc_run_stops(run));
    free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_an_action_posts_waits_for_it),
        cmocka_unit_test(test_idle_follows_once_nothing_is_in_progress),
        cmocka_unit_test(test_after_the_end_events_are_ignored),
    };
    return cmocka_run_group_tests_name("run events", tests, NULL, NULL);
}
