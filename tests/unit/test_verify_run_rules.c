/* The rules of a verification, walked whole: every phase × event × facts, and the ways through
 * them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "verify/run_rules.h"

#define PHASES ACC_VERIFY_PHASE_COUNT
#define EVENTS ACC_VERIFY_EVENT_COUNT
#define FACTS 4

static const struct acc_transitions *const table = &acc_verify_machine.table;

struct walk {
    unsigned from, event, bits;
    struct acc_verify_run_facts facts;
    struct acc_step step;
};

static struct acc_verify_run_facts facts_of(unsigned bits)
{
    return (struct acc_verify_run_facts){.nothing_selected = bits & 1, .local = bits & 2};
}

static void for_each(void (*check)(const struct walk *walk))
{
    for (unsigned phase = 0; phase < PHASES; phase++)
        for (unsigned event = 0; event < EVENTS; event++)
            for (unsigned bits = 0; bits < FACTS; bits++) {
                struct walk walk = {phase, event, bits, facts_of(bits), {0}};
                walk.step = acc_transitions_step(table, phase, event, &walk.facts);
                check(&walk);
            }
}

#define assert_walk(walk, condition)                                                               \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_msg("%s + %s (facts 0x%02x) -> %s: not %s", table->states[(walk)->from],          \
                     table->events[(walk)->event], (walk)->bits, table->states[(walk)->step.next], \
                     #condition);                                                                  \
    } while (0)

static bool starts_something(unsigned action)
{
    return action == ACC_VERIFY_DO_LIST || action == ACC_VERIFY_DO_CHECK;
}

static bool is_work(unsigned phase)
{
    return phase < ACC_VERIFY_STOPPING;
}

/* ---- nothing starts after a halt ---- */

static void check_nothing_starts_after_a_halt(const struct walk *walk)
{
    bool stops = walk->event == ACC_VERIFY_ON_HALT || walk->event == ACC_VERIFY_ON_INTERRUPT;
    if (stops || !is_work(walk->from))
        assert_walk(walk, !starts_something(walk->step.action));
    if (!is_work(walk->from))
        assert_walk(walk, !is_work(walk->step.next));
    if (is_work(walk->from) && stops) {
        assert_walk(walk, walk->step.next == ACC_VERIFY_STOPPING);
        assert_walk(walk, walk->step.action == ACC_VERIFY_DO_STOP);
    }
    /* The machine knows a halt before it is applied, and no other event as one. */
    assert_walk(walk, ((acc_verify_machine.stops & ACC_BIT(walk->event)) != 0) == stops);
}

static void test_nothing_starts_after_a_halt(void **state)
{
    (void)state;
    for_each(check_nothing_starts_after_a_halt);
}

/* ---- the loop stops only when nothing is in progress ---- */

static void check_the_end(const struct walk *walk)
{
    bool ends = walk->step.action == ACC_VERIFY_DO_END;
    assert_walk(walk,
                ends == (walk->step.next == ACC_VERIFY_OVER && walk->from != ACC_VERIFY_OVER));
    if (!ends)
        return;
    assert_walk(walk,
                (walk->from == ACC_VERIFY_PLANNING && walk->event == ACC_VERIFY_ON_PLANNED &&
                 walk->facts.nothing_selected) ||
                    (walk->from == ACC_VERIFY_CHECKING && walk->event == ACC_VERIFY_ON_CHECKED) ||
                    (walk->from == ACC_VERIFY_STOPPING && walk->event == ACC_VERIFY_ON_IDLE));
}

static void test_the_loop_stops_only_when_nothing_is_in_progress(void **state)
{
    (void)state;
    for_each(check_the_end);
}

/* ---- a bucket is listed before its objects are checked, a folder never ---- */

static void check_listing(const struct walk *walk)
{
    bool checks = walk->step.action == ACC_VERIFY_DO_CHECK;
    assert_walk(walk, checks == (walk->step.next == ACC_VERIFY_CHECKING &&
                                 walk->from != ACC_VERIFY_CHECKING));
    if (checks && !walk->facts.local)
        assert_walk(walk, walk->from == ACC_VERIFY_LISTING);
    if (walk->step.action == ACC_VERIFY_DO_LIST) {
        assert_walk(walk, !walk->facts.local && !walk->facts.nothing_selected);
        assert_walk(walk, walk->step.next == ACC_VERIFY_LISTING);
    }
}

static void test_a_bucket_is_listed_before_it_is_checked(void **state)
{
    (void)state;
    for_each(check_listing);
}

/* ---- what cannot happen says so, and an interrupt always can ---- */

static void check_bugs(const struct walk *walk)
{
    if (walk->step.action == ACC_VERIFY_DO_BUG) {
        assert_walk(walk, walk->step.next == walk->from);
        assert_walk(walk, is_work(walk->from));
    }
    if (walk->event == ACC_VERIFY_ON_INTERRUPT)
        assert_walk(walk, walk->from == ACC_VERIFY_OVER || walk->step.action == ACC_VERIFY_DO_STOP);
    if (walk->from == ACC_VERIFY_OVER) {
        assert_walk(walk, walk->step.next == ACC_VERIFY_OVER);
        assert_walk(walk, walk->step.action == ACC_VERIFY_DO_NOTHING);
    }
}

static void test_what_cannot_happen_says_so(void **state)
{
    (void)state;
    for_each(check_bugs);
}

/* ---- every way ends ---- */

static void test_every_way_ends(void **state)
{
    bool reach[PHASES][PHASES] = {{false}};
    (void)state;
    for (unsigned phase = 0; phase < PHASES; phase++)
        for (unsigned event = 0; event < EVENTS; event++)
            for (unsigned bits = 0; bits < FACTS; bits++) {
                struct acc_verify_run_facts facts = facts_of(bits);
                reach[phase][acc_transitions_step(table, phase, event, &facts).next] = true;
            }
    for (unsigned via = 0; via < PHASES; via++)
        for (unsigned from = 0; from < PHASES; from++)
            for (unsigned to = 0; to < PHASES; to++)
                reach[from][to] = reach[from][to] || (reach[from][via] && reach[via][to]);
    for (unsigned phase = 0; phase < PHASES; phase++) {
        if (phase != ACC_VERIFY_PLANNING && !reach[ACC_VERIFY_PLANNING][phase])
            fail_msg("nothing leads to %s", table->states[phase]);
        if (phase != ACC_VERIFY_OVER && !reach[phase][ACC_VERIFY_OVER])
            fail_msg("no way from %s to the end", table->states[phase]);
        /* Interrupted, and then idle: the run is over, whatever the facts. */
        for (unsigned bits = 0; bits < FACTS; bits++) {
            struct acc_verify_run_facts facts = facts_of(bits);
            unsigned next =
                acc_transitions_step(table, phase, ACC_VERIFY_ON_INTERRUPT, &facts).next;
            next = acc_transitions_step(table, next, ACC_VERIFY_ON_IDLE, &facts).next;
            assert_int_equal(next, ACC_VERIFY_OVER);
        }
    }
}

static void walk_along(struct acc_verify_run_facts facts, const unsigned *way, size_t len)
{
    unsigned phase = ACC_VERIFY_PLANNING;
    for (size_t i = 0; i < len; i += 2) {
        phase = acc_transitions_step(table, phase, way[i], &facts).next;
        assert_string_equal(table->states[phase], table->states[way[i + 1]]);
    }
}

static void test_the_happy_paths(void **state)
{
    static const unsigned bucket[] = {ACC_VERIFY_ON_PLANNED, ACC_VERIFY_LISTING,
                                      ACC_VERIFY_ON_LISTED,  ACC_VERIFY_CHECKING,
                                      ACC_VERIFY_ON_CHECKED, ACC_VERIFY_OVER};
    static const unsigned local[] = {ACC_VERIFY_ON_PLANNED, ACC_VERIFY_CHECKING,
                                     ACC_VERIFY_ON_CHECKED, ACC_VERIFY_OVER};
    static const unsigned nothing[] = {ACC_VERIFY_ON_PLANNED, ACC_VERIFY_OVER};
    (void)state;
    walk_along((struct acc_verify_run_facts){0}, bucket, ACC_COUNT_OF(bucket));
    walk_along((struct acc_verify_run_facts){.local = true}, local, ACC_COUNT_OF(local));
    walk_along((struct acc_verify_run_facts){.nothing_selected = true, .local = true}, nothing,
               ACC_COUNT_OF(nothing));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_happy_paths),
        cmocka_unit_test(test_nothing_starts_after_a_halt),
        cmocka_unit_test(test_the_loop_stops_only_when_nothing_is_in_progress),
        cmocka_unit_test(test_a_bucket_is_listed_before_it_is_checked),
        cmocka_unit_test(test_what_cannot_happen_says_so),
        cmocka_unit_test(test_every_way_ends),
    };
    return cmocka_run_group_tests_name("verify run rules", tests, NULL, NULL);
}
