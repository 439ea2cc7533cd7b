/* The rules of a run, walked whole: every phase × event × facts, and the ways through them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "ingest/run_rules.h"

#define PHASES ACC_PHASE_COUNT
#define EVENTS ACC_RUN_EVENT_COUNT
#define FACTS 1024

struct step {
    enum acc_phase from;
    enum acc_run_event event;
    unsigned bits;
    struct acc_run_facts facts;
    struct acc_run_rule rule;
};

static struct acc_run_facts facts_of(unsigned bits)
{
    return (struct acc_run_facts){
        .dry_run = bits & 1,
        .all_there = bits & 2,
        .needs_claim = bits & 4,
        .relist = bits & 8,
        .listed = bits & 16,
        .wrong_bucket = bits & 32,
        .may_wait = bits & 64,
        .visit = bits & 128,
        .check_first = bits & 256,
        .refused = bits & 512,
    };
}

static void for_each_step(void (*check)(const struct step *step))
{
    for (int phase = 0; phase < PHASES; phase++)
        for (int event = 0; event < EVENTS; event++)
            for (unsigned bits = 0; bits < FACTS; bits++) {
                struct step step = {.from = (enum acc_phase)phase,
                                    .event = (enum acc_run_event)event,
                                    .bits = bits,
                                    .facts = facts_of(bits)};
                step.rule = acc_run_rule(step.from, step.event, &step.facts);
                check(&step);
            }
}

#define assert_step(step, condition)                                                               \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_msg("%s + %s (facts 0x%02x) -> %s: not %s", acc_phase_name((step)->from),         \
                     acc_run_event_name((step)->event), (step)->bits,                              \
                     acc_phase_name((step)->rule.next), #condition);                               \
    } while (0)

static bool enters(const struct step *step, enum acc_phase phase)
{
    return step->rule.next == phase && step->from != phase;
}

static bool is_followed(const struct step *step)
{
    return step->rule.action != ACC_RUN_DO_BUG && step->rule.action != ACC_RUN_DO_NOTHING;
}

/* ---- nothing begins after a halt ---- */

static bool begins_something(enum acc_run_action action)
{
    switch (action) {
    case ACC_RUN_DO_LIST:
    case ACC_RUN_DO_PROBE:
    case ACC_RUN_DO_CLAIM:
    case ACC_RUN_DO_WORK:
    case ACC_RUN_DO_PROBE_AGAIN:
    case ACC_RUN_DO_GIVE_VERDICT:
    case ACC_RUN_DO_CHECK:
    case ACC_RUN_DO_REHEARSE:
    case ACC_RUN_DO_VISIT:
    case ACC_RUN_DO_COMPARE:
        return true;
    default:
        return false;
    }
}

static void check_nothing_begins_after_a_halt(const struct step *step)
{
    bool stops = step->event == ACC_RUN_ON_HALT || step->event == ACC_RUN_ON_INTERRUPT ||
                 step->event == ACC_RUN_ON_FAIL || step->event == ACC_RUN_ON_GRACE;
    if (stops)
        assert_step(step, !begins_something(step->rule.action));
    if (acc_phase_stops(step->from) && step->from != ACC_PHASE_WAITING) {
        assert_step(step, !begins_something(step->rule.action));
        assert_step(step, acc_phase_stops(step->rule.next));
    }
    /* Only the end of a wait leads back. */
    if (step->from == ACC_PHASE_WAITING && !acc_phase_stops(step->rule.next))
        assert_step(step, step->event == ACC_RUN_ON_AGAIN);
    /* Halts, interrupts and failures stop any phase that has something in progress; only what was
     * lost while all is sent already lets the last look go on. */
    if (!acc_phase_stops(step->from) && stops && step->event != ACC_RUN_ON_GRACE &&
        !(step->from == ACC_PHASE_CHECKING && step->event == ACC_RUN_ON_FAIL))
        assert_step(step, step->rule.next == ACC_PHASE_STOPPING);
}

static void test_nothing_begins_after_a_halt(void **state)
{
    (void)state;
    for_each_step(check_nothing_begins_after_a_halt);
}

/* ---- a claim taken is always given back ---- */

static void check_a_claim_is_given_back(const struct step *step)
{
    if (enters(step, ACC_PHASE_RELEASING))
        assert_step(step, step->rule.action == ACC_RUN_DO_RELEASE ||
                              step->rule.action == ACC_RUN_DO_LEAVE_WAIT);
    if (enters(step, ACC_PHASE_OVER) || enters(step, ACC_PHASE_WAITING))
        assert_step(step, step->from == ACC_PHASE_RELEASING && step->event == ACC_RUN_ON_RELEASED);
    if (step->from == ACC_PHASE_RELEASING && step->rule.next != ACC_PHASE_RELEASING)
        assert_step(step, step->event == ACC_RUN_ON_RELEASED);
    /* Releasing again would cut short what is in progress. */
    if (step->from == ACC_PHASE_RELEASING)
        assert_step(step, step->rule.action != ACC_RUN_DO_RELEASE &&
                              step->rule.action != ACC_RUN_DO_LEAVE_WAIT);
}

static void test_a_claim_taken_is_always_given_back(void **state)
{
    (void)state;
    for_each_step(check_a_claim_is_given_back);
}

/* ---- nothing is sent unprobed, unclaimed, or from a dry run ---- */

static void check_sending(const struct step *step)
{
    if (enters(step, ACC_PHASE_WORKING) && step->from != ACC_PHASE_DOUBTING) {
        assert_step(step, step->rule.action == ACC_RUN_DO_WORK);
        assert_step(step, step->event == ACC_RUN_ON_CLAIMED || step->from == ACC_PHASE_RELISTING ||
                              (step->event == ACC_RUN_ON_PROBED && !step->facts.needs_claim));
    }
    if (step->from == ACC_PHASE_PROBING && step->facts.dry_run && is_followed(step) &&
        step->event == ACC_RUN_ON_PROBED)
        assert_step(step, step->rule.next == ACC_PHASE_REHEARSING);
    /* A delivery that was refused as a whole is not even probed for. */
    if (step->facts.refused &&
        (step->event == ACC_RUN_ON_VISITED || step->event == ACC_RUN_ON_COMPARED) &&
        is_followed(step))
        assert_step(step, step->rule.next == ACC_PHASE_RELEASING);
    if (enters(step, ACC_PHASE_COMPARING))
        assert_step(step, step->facts.check_first && (step->from == ACC_PHASE_LISTING ||
                                                      step->from == ACC_PHASE_VISITING));
    if (step->from == ACC_PHASE_LISTING && step->event == ACC_RUN_ON_LISTED && step->facts.visit &&
        !step->facts.all_there)
        assert_step(step, step->rule.next == ACC_PHASE_VISITING);
    /* A listing from before the claim is not believed. */
    if (step->from == ACC_PHASE_CLAIMING && step->event == ACC_RUN_ON_CLAIMED && step->facts.relist)
        assert_step(step, step->rule.action == ACC_RUN_DO_LIST);
    if (enters(step, ACC_PHASE_CLAIMING) || enters(step, ACC_PHASE_REHEARSING))
        assert_step(step, step->from == ACC_PHASE_PROBING && step->event == ACC_RUN_ON_PROBED);
}

static void test_nothing_is_sent_unprobed_unclaimed_or_from_a_dry_run(void **state)
{
    (void)state;
    for_each_step(check_sending);
}

/* ---- what was denied is decided by a probe ---- */

static void check_denials(const struct step *step)
{
    if (step->from == ACC_PHASE_WORKING && step->event == ACC_RUN_ON_DENIED) {
        assert_step(step, step->rule.next == ACC_PHASE_DOUBTING);
        assert_step(step, step->rule.action == ACC_RUN_DO_PROBE_AGAIN);
    }
    if (step->rule.action == ACC_RUN_DO_GIVE_VERDICT)
        assert_step(step, step->from == ACC_PHASE_DOUBTING && step->event == ACC_RUN_ON_PROBED);
    if (step->from == ACC_PHASE_DOUBTING && step->rule.next == ACC_PHASE_WORKING)
        assert_step(step, step->rule.action == ACC_RUN_DO_GIVE_VERDICT);
}

static void test_a_denial_is_decided_by_a_probe(void **state)
{
    (void)state;
    for_each_step(check_denials);
}

/* ---- all that was sent is looked at, and then the run ends ---- */

static void check_the_last_look(const struct step *step)
{
    if (enters(step, ACC_PHASE_CHECKING)) {
        assert_step(step, step->rule.action == ACC_RUN_DO_CHECK);
        assert_step(step, (step->from == ACC_PHASE_WORKING && step->event == ACC_RUN_ON_SENT) ||
                              (step->from == ACC_PHASE_LISTING && step->facts.all_there));
    }
    if (step->from == ACC_PHASE_WORKING && step->event == ACC_RUN_ON_SENT)
        assert_step(step, step->rule.next == ACC_PHASE_CHECKING);
    if (step->from == ACC_PHASE_CHECKING && step->rule.next == ACC_PHASE_RELEASING)
        assert_step(step, step->event == ACC_RUN_ON_CHECKED);
}

static void test_what_was_sent_is_looked_at(void **state)
{
    (void)state;
    for_each_step(check_the_last_look);
}

/* ---- every way ends ---- */

static void check_ends(const struct step *step)
{
    if (step->from == ACC_PHASE_OVER) {
        assert_step(step, step->rule.next == ACC_PHASE_OVER);
        assert_step(step, step->rule.action == ACC_RUN_DO_NOTHING);
    } else {
        assert_step(step,
                    (step->rule.next == ACC_PHASE_OVER) == (step->rule.action == ACC_RUN_DO_END));
    }
    if (step->rule.action == ACC_RUN_DO_BUG) {
        assert_step(step, step->rule.next == step->from);
        assert_step(step, !acc_phase_stops(step->from));
    }
    /* Ctrl-C is never a bug, and never ignored in a phase that lasts. */
    if (step->event == ACC_RUN_ON_INTERRUPT) {
        assert_step(step, step->rule.action != ACC_RUN_DO_BUG);
        if (step->from != ACC_PHASE_OVER && step->from != ACC_PHASE_RELEASING)
            assert_step(step, is_followed(step));
    }
    if (step->from == ACC_PHASE_STOPPING && step->event == ACC_RUN_ON_IDLE)
        assert_step(step, step->rule.next == ACC_PHASE_RELEASING ||
                              (step->rule.next == ACC_PHASE_ADVISING && step->facts.wrong_bucket));
    if (step->from == ACC_PHASE_STOPPING && step->rule.next != ACC_PHASE_STOPPING)
        assert_step(step, step->event == ACC_RUN_ON_IDLE);
    if (enters(step, ACC_PHASE_WAITING))
        assert_step(step, step->facts.may_wait);
}

/* reach[a][b]: some events lead from a to b, with some facts. */
static void find_ways(bool reach[PHASES][PHASES])
{
    memset(reach, 0, sizeof(bool[PHASES][PHASES]));
    for (int phase = 0; phase < PHASES; phase++)
        for (int event = 0; event < EVENTS; event++)
            for (unsigned bits = 0; bits < FACTS; bits++) {
                struct acc_run_facts facts = facts_of(bits);
                struct acc_run_rule rule =
                    acc_run_rule((enum acc_phase)phase, (enum acc_run_event)event, &facts);
                reach[phase][rule.next] = true;
            }
    for (int via = 0; via < PHASES; via++)
        for (int from = 0; from < PHASES; from++)
            for (int to = 0; to < PHASES; to++)
                reach[from][to] = reach[from][to] || (reach[from][via] && reach[via][to]);
}

static void test_every_way_ends(void **state)
{
    bool reach[PHASES][PHASES];
    (void)state;
    for_each_step(check_ends);
    find_ways(reach);
    for (int phase = 0; phase < PHASES; phase++) {
        const char *name = acc_phase_name((enum acc_phase)phase);
        if (phase != ACC_PHASE_PLANNING && !reach[ACC_PHASE_PLANNING][phase])
            fail_msg("nothing leads to %s", name);
        if (phase != ACC_PHASE_OVER && !reach[phase][ACC_PHASE_OVER])
            fail_msg("no way from %s to the end", name);
    }
}

/* Whatever the facts: once the run is interrupted, what is in progress ends, the claim is given
 * back and the run is over. */
static void test_an_interrupt_ends_the_run_from_everywhere(void **state)
{
    static const enum acc_run_event then[] = {ACC_RUN_ON_IDLE, ACC_RUN_ON_ADVISED,
                                              ACC_RUN_ON_RELEASED};
    (void)state;
    for (int from = 0; from < PHASES; from++)
        for (unsigned bits = 0; bits < FACTS; bits++) {
            struct acc_run_facts facts = facts_of(bits);
            enum acc_phase phase =
                acc_run_rule((enum acc_phase)from, ACC_RUN_ON_INTERRUPT, &facts).next;
            facts.may_wait = false; /* each action of an interrupt sees to that */
            for (size_t i = 0; i < sizeof then / sizeof *then; i++)
                phase = acc_run_rule(phase, then[i], &facts).next;
            if (phase != ACC_PHASE_OVER)
                fail_msg("interrupted in %s (facts 0x%02x), it ends in %s",
                         acc_phase_name((enum acc_phase)from), bits, acc_phase_name(phase));
        }
}

/* The way of a run that nothing stops. */
static void test_the_happy_path(void **state)
{
    static const struct {
        enum acc_run_event event;
        enum acc_phase phase;
    } way[] = {
        {ACC_RUN_ON_PLANNED, ACC_PHASE_LISTING},   {ACC_RUN_ON_LISTED, ACC_PHASE_PROBING},
        {ACC_RUN_ON_PROBED, ACC_PHASE_CLAIMING},   {ACC_RUN_ON_CLAIMED, ACC_PHASE_RELISTING},
        {ACC_RUN_ON_LISTED, ACC_PHASE_WORKING},    {ACC_RUN_ON_DENIED, ACC_PHASE_DOUBTING},
        {ACC_RUN_ON_PROBED, ACC_PHASE_WORKING},    {ACC_RUN_ON_SENT, ACC_PHASE_CHECKING},
        {ACC_RUN_ON_CHECKED, ACC_PHASE_RELEASING}, {ACC_RUN_ON_RELEASED, ACC_PHASE_OVER},
    };
    struct acc_run_facts facts = {.needs_claim = true, .relist = true, .listed = true};
    enum acc_phase phase = ACC_PHASE_PLANNING;
    (void)state;
    for (size_t i = 0; i < sizeof way / sizeof *way; i++) {
        phase = acc_run_rule(phase, way[i].event, &facts).next;
        assert_string_equal(acc_phase_name(phase), acc_phase_name(way[i].phase));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_happy_path),
        cmocka_unit_test(test_nothing_begins_after_a_halt),
        cmocka_unit_test(test_a_claim_taken_is_always_given_back),
        cmocka_unit_test(test_nothing_is_sent_unprobed_unclaimed_or_from_a_dry_run),
        cmocka_unit_test(test_a_denial_is_decided_by_a_probe),
        cmocka_unit_test(test_what_was_sent_is_looked_at),
        cmocka_unit_test(test_every_way_ends),
        cmocka_unit_test(test_an_interrupt_ends_the_run_from_everywhere),
    };
    return cmocka_run_group_tests_name("run rules", tests, NULL, NULL);
}
