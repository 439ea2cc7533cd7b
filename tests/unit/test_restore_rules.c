/* The rules of one entry of a restore, walked whole: every state × event × facts, and the ways
 * through them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "restore/rules.h"

#define FACTS 256 /* six that are true or false, and how often was read again */

struct step {
    enum acc_item_state from;
    enum acc_item_event event;
    struct acc_item_facts facts;
    struct acc_item_rule rule;
};

static struct acc_item_facts facts_of(unsigned bits)
{
    return (struct acc_item_facts){.surveys = bits & 1,
                                   .dry = bits & 2,
                                   .thaws = bits & 4,
                                   .asks = bits & 8,
                                   .bound = bits & 16,
                                   .resumed = bits & 32,
                                   .rereads = bits >> 6};
}

static void for_each_step(void (*check)(const struct step *step))
{
    for (int state = 0; state < ACC_ITEM_STATE_COUNT; state++)
        for (int event = 0; event < ACC_ITEM_EVENT_COUNT; event++)
            for (unsigned bits = 0; bits < FACTS; bits++) {
                struct step step = {.from = (enum acc_item_state)state,
                                    .event = (enum acc_item_event)event,
                                    .facts = facts_of(bits)};
                step.rule = acc_item_rule(step.from, step.event, &step.facts);
                check(&step);
            }
}

#define assert_step(step, condition)                                                               \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_msg("%s + %s -> %s: not %s", acc_item_state_name((step)->from),                   \
                     acc_item_event_name((step)->event), acc_item_state_name((step)->rule.next),   \
                     #condition);                                                                  \
    } while (0)

static bool ends(enum acc_item_action action)
{
    return action >= ACC_ITEM_DO_RESTORED;
}

static void check_action_fits_state(const struct step *step)
{
    static const enum acc_item_state works[] = {
        [ACC_ITEM_DO_LOOK] = ACC_ITEM_LOOKING,     [ACC_ITEM_DO_ASK] = ACC_ITEM_ASKING,
        [ACC_ITEM_DO_CHECK] = ACC_ITEM_CHECKING,   [ACC_ITEM_DO_THAW] = ACC_ITEM_THAWING,
        [ACC_ITEM_DO_READ] = ACC_ITEM_READING,     [ACC_ITEM_DO_READ_ANEW] = ACC_ITEM_READING,
        [ACC_ITEM_DO_READ_TOP] = ACC_ITEM_READING, [ACC_ITEM_DO_NAME] = ACC_ITEM_NAMING,
    };
    assert_step(step, ends(step->rule.action) == (step->rule.next == ACC_ITEM_OVER));
    if (!ends(step->rule.action))
        assert_step(step, works[step->rule.action] == step->rule.next);
}

static void an_action_fits_its_state(void **state)
{
    for_each_step(check_action_fits_state);
}

/* A file gets its name only behind the gate, and counts only with its name. */
static void check_only_what_passed_counts(const struct step *step)
{
    if (step->rule.action == ACC_ITEM_DO_NAME)
        assert_step(step, step->from == ACC_ITEM_READING && step->event == ACC_ITEM_ON_PASSES);
    if (step->rule.action == ACC_ITEM_DO_RESTORED)
        assert_step(step, step->from == ACC_ITEM_NAMING && step->event == ACC_ITEM_ON_NAMED);
    if (step->rule.action == ACC_ITEM_DO_ALREADY)
        assert_step(step, step->from == ACC_ITEM_LOOKING && step->event == ACC_ITEM_ON_SAME);
}

static void only_what_passed_the_gate_counts(void **state)
{
    for_each_step(check_only_what_passed_counts);
}

static void check_survey_reads_nothing(const struct step *step)
{
    bool reads = step->rule.next == ACC_ITEM_READING;
    if (reads && step->from != ACC_ITEM_READING)
        assert_step(step, !step->facts.surveys);
    if (step->rule.action == ACC_ITEM_DO_READY)
        assert_step(step, step->facts.surveys);
    if (step->from == ACC_ITEM_LOOKING && step->facts.dry)
        assert_step(step, step->rule.next == ACC_ITEM_OVER);
    if (step->rule.action == ACC_ITEM_DO_WOULD)
        assert_step(step, step->facts.dry);
    if (step->rule.action == ACC_ITEM_DO_THAW)
        assert_step(step, step->facts.thaws);
}

static void a_survey_and_a_dry_run_read_nothing(void **state)
{
    for_each_step(check_survey_reads_nothing);
}

/* Each way back to reading uses something up: the earlier bytes, the record, or a reread. */
static void check_reading_ends(const struct step *step)
{
    if (step->rule.action == ACC_ITEM_DO_READ_ANEW)
        assert_step(step, step->facts.resumed);
    if (step->rule.action == ACC_ITEM_DO_READ_TOP)
        assert_step(step, step->facts.bound || step->facts.rereads < ACC_ITEM_REREADS);
}

static void reading_comes_to_an_end(void **state)
{
    for_each_step(check_reading_ends);
}

static void check_stops(const struct step *step)
{
    if (step->from == ACC_ITEM_OVER)
        assert_step(step, step->rule.action == ACC_ITEM_DO_BUG);
    else if (step->event == ACC_ITEM_ON_CANCELLED)
        assert_step(step, step->rule.action == ACC_ITEM_DO_CANCEL);
    else if (step->event == ACC_ITEM_ON_LOST || step->event == ACC_ITEM_ON_LOCAL)
        assert_step(step, step->rule.action == ACC_ITEM_DO_LOSE);
    else
        assert_step(step, step->rule.action != ACC_ITEM_DO_CANCEL &&
                              step->rule.action != ACC_ITEM_DO_LOSE);
}

static void a_stop_is_obeyed_in_every_state(void **state)
{
    for_each_step(check_stops);
}

/* Besides these and the stops nothing can happen; what does all the same is a bug. */
static const struct {
    enum acc_item_state state;
    const char *events;
} known[] = {
    {ACC_ITEM_LOOKING, " FREE SAME OTHER "},
    {ACC_ITEM_ASKING, " KNOWN MISSING UNREADABLE "},
    {ACC_ITEM_CHECKING, " MISSING UNREADABLE COLD WAITS READABLE "},
    {ACC_ITEM_THAWING, " MISSING UNREADABLE WAITS ASKED READABLE "},
    {ACC_ITEM_READING, " PASSES DIFFERS CHANGED MISSING UNREADABLE COLD "},
    {ACC_ITEM_NAMING, " OTHER NAMED TAKEN "},
};

static bool is_known(enum acc_item_state state, enum acc_item_event event)
{
    char name[32];
    strcpy(name, " ");
    strncat(name, acc_item_event_name(event), sizeof name - 3);
    strcat(name, " ");
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].state == state)
            return strstr(known[i].events, name) != NULL;
    return false;
}

static void check_bug(const struct step *step)
{
    bool stops = step->event == ACC_ITEM_ON_CANCELLED || step->event == ACC_ITEM_ON_LOST ||
                 step->event == ACC_ITEM_ON_LOCAL;
    if (step->from != ACC_ITEM_OVER && !stops)
        assert_step(step,
                    is_known(step->from, step->event) != (step->rule.action == ACC_ITEM_DO_BUG));
}

static void what_cannot_happen_is_a_bug(void **state)
{
    for_each_step(check_bug);
}

struct stage {
    enum acc_item_event event;
    enum acc_item_action action;
};

static void go(struct acc_item_facts facts, const struct stage *way, size_t count)
{
    enum acc_item_state at = ACC_ITEM_LOOKING;
    for (size_t i = 0; i < count; i++) {
        const struct acc_item_rule rule = acc_item_rule(at, way[i].event, &facts);
        assert_int_equal(rule.action, way[i].action);
        at = rule.next;
        facts.rereads += rule.action == ACC_ITEM_DO_READ_TOP;
        facts.bound &= rule.action != ACC_ITEM_DO_READ_TOP;
        facts.resumed &= rule.action != ACC_ITEM_DO_READ_ANEW;
    }
    assert_int_equal(at, ACC_ITEM_OVER);
}
#define GO(facts, ...)                                                                             \
    go((struct acc_item_facts)facts, (const struct stage[]){__VA_ARGS__},                          \
       sizeof((const struct stage[]){__VA_ARGS__}) / sizeof(struct stage))
#define ON(event, action)                                                                          \
    {                                                                                              \
        ACC_ITEM_ON_##event, ACC_ITEM_DO_##action                                                  \
    }
#define WITH(...)                                                                                  \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static void ways_through(void **state)
{
    GO(WITH(.bound = true), ON(FREE, READ), ON(PASSES, NAME), ON(NAMED, RESTORED));
    GO(WITH(.asks = true), ON(FREE, ASK), ON(KNOWN, READ), ON(PASSES, NAME), ON(TAKEN, LOOK),
       ON(SAME, ALREADY));
    /* An earlier run's bytes suffered; read from the first byte it is as promised. */
    GO(WITH(.resumed = true), ON(FREE, READ), ON(DIFFERS, READ_ANEW), ON(PASSES, NAME),
       ON(NAMED, RESTORED));
    GO(WITH(.resumed = true), ON(FREE, READ), ON(DIFFERS, READ_ANEW), ON(DIFFERS, FAIL));
    /* The write on record is gone; what has the key now is read, and refused if it keeps changing.
     */
    GO(WITH(.bound = true), ON(FREE, READ), ON(MISSING, READ_TOP), ON(CHANGED, READ_TOP),
       ON(CHANGED, FAIL));
    /* Cold: looked at before, asked for, and left for a later run. */
    GO(WITH(.surveys = true, .thaws = true), ON(FREE, CHECK), ON(COLD, THAW), ON(ASKED, FAIL));
    GO(WITH(.surveys = true), ON(FREE, CHECK), ON(READABLE, READY));
    GO(WITH(.bound = true), ON(FREE, READ), ON(COLD, CHECK), ON(COLD, FAIL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_action_fits_its_state),
        cmocka_unit_test(only_what_passed_the_gate_counts),
        cmocka_unit_test(a_survey_and_a_dry_run_read_nothing),
        cmocka_unit_test(reading_comes_to_an_end),
        cmocka_unit_test(a_stop_is_obeyed_in_every_state),
        cmocka_unit_test(what_cannot_happen_is_a_bug),
        cmocka_unit_test(ways_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
