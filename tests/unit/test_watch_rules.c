/* The life of an arrival: every state with every event, compared with what must never happen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "watch/arrival/rules.h"

struct pair {
    enum acc_arrival_state state;
    enum acc_arrival_event event;
    struct acc_arrival_facts facts;
    struct acc_arrival_rule rule;
};

static void each_pair(void (*check)(const struct pair *pair))
{
    for (int state = 0; state < ACC_ARRIVAL_STATE_COUNT; state++)
        for (int event = 0; event < ACC_ARRIVAL_EVENT_COUNT; event++)
            for (int after = ACC_AFTER_KEEP; after <= ACC_AFTER_DELETE; after++)
                for (int facts = 0; facts < 4; facts++) {
                    struct pair p = {
                        (enum acc_arrival_state)state,
                        (enum acc_arrival_event)event,
                        {(enum acc_watch_after)after, (facts & 1) != 0, (facts & 2) != 0},
                        {0}};
                    p.rule = acc_arrival_rule(p.state, p.event, &p.facts);
                    check(&p);
                }
}

static void check_deletion(const struct pair *p)
{
    if (p->rule.action == ACC_ARRIVAL_DO_DELETE ||
        (p->rule.next == ACC_ARRIVAL_DELETING && p->state != ACC_ARRIVAL_DELETING)) {
        assert_int_equal(p->state, ACC_ARRIVAL_VERIFYING);
        assert_int_equal(p->event, ACC_ARRIVAL_ON_VERIFIED);
    }
    /* And the way there begins only where deleting was asked for. */
    if (p->rule.next == ACC_ARRIVAL_UNPROVEN && p->state != ACC_ARRIVAL_UNPROVEN &&
        p->state != ACC_ARRIVAL_VERIFYING)
        assert_int_equal(p->facts.after, ACC_AFTER_DELETE);
}

static void test_deletes_only_what_was_verified(void **state)
{
    (void)state;
    each_pair(check_deletion);
}

static void check_moving(const struct pair *p)
{
    if (p->rule.action == ACC_ARRIVAL_DO_MOVE)
        assert_int_equal(p->facts.after, ACC_AFTER_MOVE);
    if (p->rule.action == ACC_ARRIVAL_DO_MOVE)
        assert_true(
            p->event == ACC_ARRIVAL_ON_REMEMBERED || p->event == ACC_ARRIVAL_ON_LOOKED_ARCHIVED ||
            p->event == ACC_ARRIVAL_ON_LOOKED_KEPT || p->event == ACC_ARRIVAL_ON_LOOKED_REJECTED);
}

static void test_moves_only_what_is_on_record(void **state)
{
    (void)state;
    each_pair(check_moving);
}

static void check_running(const struct pair *p)
{
    if (p->rule.action != ACC_ARRIVAL_DO_RUN)
        return;
    if (p->state == ACC_ARRIVAL_CHECKING) {
        assert_int_equal(p->event, ACC_ARRIVAL_ON_VERIFIED);
        return;
    }
    assert_int_equal(p->state, ACC_ARRIVAL_READY);
    assert_int_equal(p->event, ACC_ARRIVAL_ON_PLACE);
    assert_false(p->facts.old_look || p->facts.check_first);
}

static void test_begins_only_on_what_is_complete(void **state)
{
    (void)state;
    each_pair(check_running);
}

static void check_archived(const struct pair *p)
{
    if (p->rule.next == ACC_ARRIVAL_ARCHIVED && p->state != ACC_ARRIVAL_ARCHIVED)
        assert_true(p->state == ACC_ARRIVAL_RUNNING && p->event == ACC_ARRIVAL_ON_ENDED_ARCHIVED);
    if (p->rule.next == ACC_ARRIVAL_KEPT && p->state != ACC_ARRIVAL_KEPT)
        assert_true(p->event == ACC_ARRIVAL_ON_REMEMBERED ||
                    p->event == ACC_ARRIVAL_ON_LOOKED_ARCHIVED ||
                    p->event == ACC_ARRIVAL_ON_LOOKED_KEPT || p->event == ACC_ARRIVAL_ON_KEPT_BACK);
    /* What was refused is never treated as archived. */
    if (p->state == ACC_ARRIVAL_REFUSED)
        assert_true(p->rule.next != ACC_ARRIVAL_KEPT && p->rule.next != ACC_ARRIVAL_UNPROVEN &&
                    p->rule.next != ACC_ARRIVAL_DELETING);
}

static void test_archived_means_archived(void **state)
{
    (void)state;
    each_pair(check_archived);
}

static void check_halt(const struct pair *p)
{
    bool at_work = p->state == ACC_ARRIVAL_RUNNING || p->state == ACC_ARRIVAL_VERIFYING ||
                   p->state == ACC_ARRIVAL_CHECKING;
    if (!at_work)
        return;
    if (p->event == ACC_ARRIVAL_ON_ENDED_HALTED || p->event == ACC_ARRIVAL_ON_ENDED_PARKED)
        assert_true(acc_arrival_is_queued(p->rule.next));
    if (p->event == ACC_ARRIVAL_ON_CHANGED || p->event == ACC_ARRIVAL_ON_VANISHED) {
        assert_int_equal(p->rule.next, p->state);
        assert_int_equal(p->rule.action, ACC_ARRIVAL_DO_NOTHING);
    }
}

static void test_loses_nothing_when_halted_or_disturbed(void **state)
{
    (void)state;
    each_pair(check_halt);
}

static void check_gone(const struct pair *p)
{
    bool goes = p->rule.next == ACC_ARRIVAL_GONE && p->state != ACC_ARRIVAL_GONE;
    assert_int_equal(p->rule.action == ACC_ARRIVAL_DO_FORGET, goes);
    if (goes)
        assert_true(p->event == ACC_ARRIVAL_ON_VANISHED || p->event == ACC_ARRIVAL_ON_AWAY);
    if (p->state == ACC_ARRIVAL_GONE)
        assert_int_equal(p->rule.action, ACC_ARRIVAL_DO_NOTHING);
}

static void test_forgets_only_what_left(void **state)
{
    (void)state;
    each_pair(check_gone);
}

static void check_outside(const struct pair *p)
{
    /* The world outside may do anything at any time. */
    if (p->event == ACC_ARRIVAL_ON_CHANGED || p->event == ACC_ARRIVAL_ON_VANISHED)
        assert_int_not_equal(p->rule.action, ACC_ARRIVAL_DO_BUG);
    /* Wherever a look is made, any result has a place. */
    if (acc_arrival_may_look(p->state) && p->event <= ACC_ARRIVAL_ON_LOOKED_UNFIT)
        assert_int_not_equal(p->rule.action, ACC_ARRIVAL_DO_NOTHING);
    if (p->state == ACC_ARRIVAL_RUNNING && p->event >= ACC_ARRIVAL_ON_ENDED_ARCHIVED &&
        p->event <= ACC_ARRIVAL_ON_ENDED_LATER)
        assert_int_not_equal(p->rule.action, ACC_ARRIVAL_DO_BUG);
}

static void test_takes_whatever_comes_from_outside(void **state)
{
    (void)state;
    each_pair(check_outside);
}

static void test_says_bug_for_what_cannot_be(void **state)
{
    (void)state;
    struct acc_arrival_facts facts = {0};
    struct acc_arrival_rule rule =
        acc_arrival_rule(ACC_ARRIVAL_SEEN, ACC_ARRIVAL_ON_VERIFIED, &facts);
    assert_int_equal(rule.action, ACC_ARRIVAL_DO_BUG);
    rule = acc_arrival_rule(ACC_ARRIVAL_DELETING, ACC_ARRIVAL_ON_PLACE, &facts);
    assert_int_equal(rule.action, ACC_ARRIVAL_DO_BUG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_deletes_only_what_was_verified),
        cmocka_unit_test(test_moves_only_what_is_on_record),
        cmocka_unit_test(test_begins_only_on_what_is_complete),
        cmocka_unit_test(test_archived_means_archived),
        cmocka_unit_test(test_loses_nothing_when_halted_or_disturbed),
        cmocka_unit_test(test_forgets_only_what_left),
        cmocka_unit_test(test_takes_whatever_comes_from_outside),
        cmocka_unit_test(test_says_bug_for_what_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
