/* The rules of an upload, walked whole: every state × event × facts. Nothing is visible that did
 * not pass the gate, nothing begins once an upload is being parked, and from everywhere there is a
 * way to an end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "ingest/upload/rules.h"

#define STATES ACC_UPLOAD_STATE_COUNT
#define EVENTS ACC_UPLOAD_EVENT_COUNT
#define FACTS 16

struct step {
    enum acc_upload_state from;
    enum acc_upload_event event;
    struct acc_upload_facts facts;
    struct acc_upload_rule rule;
};

static struct acc_upload_facts facts_of(unsigned bits)
{
    return (struct acc_upload_facts){
        .has_upload = bits & 1, .key_exists = bits & 2, .gated = bits & 4, .was_parked = bits & 8};
}

static void for_each_step(void (*check)(const struct step *step, void *arg), void *arg)
{
    for (int state = 0; state < STATES; state++)
        for (int event = 0; event < EVENTS; event++)
            for (unsigned bits = 0; bits < FACTS; bits++) {
                struct step step = {.from = (enum acc_upload_state)state,
                                    .event = (enum acc_upload_event)event,
                                    .facts = facts_of(bits)};
                step.rule = acc_upload_rule(step.from, step.event, &step.facts);
                check(&step, arg);
            }
}

#define assert_step(step, condition)                                                               \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_msg("%s + %s (upload %d, key %d, gated %d) -> %s: not %s",                        \
                     acc_upload_state_name((step)->from), acc_upload_event_name((step)->event),    \
                     (step)->facts.has_upload, (step)->facts.key_exists, (step)->facts.gated,      \
                     acc_upload_state_name((step)->rule.next), #condition);                        \
    } while (0)

static void check_visible_means_verified(const struct step *step, void *arg)
{
    bool enters = step->rule.next != step->from;
    (void)arg;
    if (step->rule.next == ACC_UPLOAD_COMPLETING && enters)
        assert_step(step, step->from == ACC_UPLOAD_GATING && step->event == ACC_ON_GATE_OPEN);
    if (step->rule.action == ACC_DO_COMMIT)
        assert_step(step, step->from == ACC_UPLOAD_GATING && step->event == ACC_ON_GATE_OPEN &&
                              step->rule.next == ACC_UPLOAD_COMPLETING);
    if (step->rule.next == ACC_UPLOAD_GATING && enters)
        assert_step(step, step->event == ACC_ON_OPENED_WHOLE || step->event == ACC_ON_TRANSFERRED);
    if (step->rule.next == ACC_UPLOAD_RECORDING && enters)
        assert_step(step, step->event == ACC_ON_COMMITTED || step->event == ACC_ON_PROVEN_SAME);
    if (step->rule.action == ACC_DO_RECORD)
        assert_step(step, step->event == ACC_ON_COMMITTED);
    if (step->rule.action == ACC_DO_RECORD_ALREADY)
        assert_step(step, step->event == ACC_ON_PROVEN_SAME);
    if (step->rule.next == ACC_UPLOAD_DONE && enters)
        assert_step(step, step->from == ACC_UPLOAD_RECORDING && step->event == ACC_ON_RECORDED);
    if (step->from == ACC_UPLOAD_GATING && step->event == ACC_ON_GATE_SHUT)
        assert_step(step, step->rule.next == ACC_UPLOAD_ABORTING);
}

static void test_visible_means_verified(void **state)
{
    (void)state;
    for_each_step(check_visible_means_verified, NULL);
}

/* A key that exists is proven, never written to. */
static void check_write_once(const struct step *step, void *arg)
{
    (void)arg;
    if (step->event == ACC_ON_EXISTS && step->rule.action != ACC_DO_BUG &&
        step->rule.action != ACC_DO_NOTHING)
        assert_step(step, step->rule.next == ACC_UPLOAD_PROVING);
    if (step->event == ACC_ON_START && step->facts.key_exists && !step->facts.has_upload &&
        step->from == ACC_UPLOAD_PLANNED)
        assert_step(step, step->rule.action == ACC_DO_PROVE);
    if (step->event == ACC_ON_ADOPT_GONE && step->from == ACC_UPLOAD_ADOPTING &&
        (step->facts.key_exists || step->facts.gated))
        assert_step(step, step->rule.action == ACC_DO_PROVE);
    if (step->event == ACC_ON_PROVEN_OTHER && step->from == ACC_UPLOAD_PROVING)
        assert_step(step, step->rule.next == ACC_UPLOAD_ABORTING);
}

static void test_write_once(void **state)
{
    (void)state;
    for_each_step(check_write_once, NULL);
}

static bool begins_something(enum acc_upload_action action)
{
    switch (action) {
    case ACC_DO_ADOPT:
    case ACC_DO_OPEN:
    case ACC_DO_FORGET_OPEN:
    case ACC_DO_CREATE:
    case ACC_DO_TRANSFER:
    case ACC_DO_COMMIT:
    case ACC_DO_PROVE:
    case ACC_DO_ABORT:
    case ACC_DO_BEGIN_AGAIN:
    case ACC_DO_HOLD:
        return true;
    default:
        return false;
    }
}

static void check_parking(const struct step *step, void *arg)
{
    (void)arg;
    if (step->event == ACC_ON_PARK) {
        assert_step(step, step->rule.action != ACC_DO_BUG);
        assert_step(step, !begins_something(step->rule.action));
        if (!acc_upload_is_over(step->from) && step->from != ACC_UPLOAD_ABORTING &&
            step->from != ACC_UPLOAD_RECORDING)
            assert_step(step, step->rule.next == ACC_UPLOAD_PARKING ||
                                  step->rule.next == ACC_UPLOAD_PARKED);
    }
    if (step->from == ACC_UPLOAD_PARKING) {
        assert_step(step, !begins_something(step->rule.action));
        assert_step(step, step->rule.next == ACC_UPLOAD_PARKING ||
                              step->rule.next == ACC_UPLOAD_PARKED ||
                              step->rule.next == ACC_UPLOAD_RECORDING);
        if (step->event == ACC_ON_IDLE)
            assert_step(step, step->rule.next == ACC_UPLOAD_PARKED);
        if (step->event == ACC_ON_PARK)
            assert_step(step, (step->rule.action == ACC_DO_QUIET) == step->facts.was_parked);
    }
    if (step->rule.next == ACC_UPLOAD_PARKED && step->from != ACC_UPLOAD_PARKED)
        assert_step(step, step->rule.action == ACC_DO_FINISH);
}

static void test_parking_begins_nothing_and_ends(void **state)
{
    (void)state;
    for_each_step(check_parking, NULL);
}

static void check_ends(const struct step *step, void *arg)
{
    (void)arg;
    if (acc_upload_is_over(step->from)) {
        assert_step(step, step->rule.next == step->from);
        assert_step(step, step->rule.action == ACC_DO_NOTHING);
    } else if (acc_upload_is_over(step->rule.next)) {
        assert_step(step, step->rule.action == ACC_DO_FINISH);
    } else {
        assert_step(step, step->rule.action != ACC_DO_FINISH);
    }
    if (step->rule.next == ACC_UPLOAD_FAILED && step->from != ACC_UPLOAD_FAILED)
        assert_step(step, step->from == ACC_UPLOAD_ABORTING && step->event == ACC_ON_ABORTED);
    /* A write that succeeded is recorded, however late the news. */
    if (step->event == ACC_ON_COMMITTED &&
        (step->from == ACC_UPLOAD_COMPLETING || step->from == ACC_UPLOAD_HELD ||
         step->from == ACC_UPLOAD_RESTARTING || step->from == ACC_UPLOAD_ABORTING ||
         step->from == ACC_UPLOAD_PARKING))
        assert_step(step, step->rule.next == ACC_UPLOAD_RECORDING);
    if (step->rule.action == ACC_DO_BUG)
        assert_step(step, step->rule.next == step->from);
}

static void test_ends(void **state)
{
    (void)state;
    for_each_step(check_ends, NULL);
}

/* Trouble may come at any time while requests are in progress, and is never a bug. */
static void test_trouble_is_provided_for(void **state)
{
    static const enum acc_upload_state busy[] = {
        ACC_UPLOAD_ADOPTING,   ACC_UPLOAD_OPENING, ACC_UPLOAD_CREATING, ACC_UPLOAD_TRANSFERRING,
        ACC_UPLOAD_COMPLETING, ACC_UPLOAD_PROVING, ACC_UPLOAD_HELD,     ACC_UPLOAD_RESTARTING,
        ACC_UPLOAD_ABORTING,   ACC_UPLOAD_PARKING};
    static const enum acc_upload_event trouble[] = {ACC_ON_FILE_BAD, ACC_ON_REQUEST_BAD,
                                                    ACC_ON_DENIED, ACC_ON_SERVER_LOST, ACC_ON_PARK};
    (void)state;
    for (size_t s = 0; s < sizeof busy / sizeof *busy; s++)
        for (size_t e = 0; e < sizeof trouble / sizeof *trouble; e++)
            for (unsigned bits = 0; bits < FACTS; bits++) {
                struct acc_upload_facts facts = facts_of(bits);
                struct acc_upload_rule rule = acc_upload_rule(busy[s], trouble[e], &facts);
                assert_int_not_equal(rule.action, ACC_DO_BUG);
            }
}

/* reach[a][b]: some events lead from a to b, with some facts. */
static void find_ways(bool reach[STATES][STATES])
{
    memset(reach, 0, sizeof(bool[STATES][STATES]));
    for (int state = 0; state < STATES; state++)
        for (int event = 0; event < EVENTS; event++)
            for (unsigned bits = 0; bits < FACTS; bits++) {
                struct acc_upload_facts facts = facts_of(bits);
                struct acc_upload_rule rule = acc_upload_rule((enum acc_upload_state)state,
                                                              (enum acc_upload_event)event, &facts);
                reach[state][rule.next] = true;
            }
    for (int via = 0; via < STATES; via++)
        for (int from = 0; from < STATES; from++)
            for (int to = 0; to < STATES; to++)
                reach[from][to] = reach[from][to] || (reach[from][via] && reach[via][to]);
}

static void test_every_state_is_used_and_has_a_way_out(void **state)
{
    bool reach[STATES][STATES];
    (void)state;
    find_ways(reach);
    for (int s = 0; s < STATES; s++) {
        bool over = acc_upload_is_over((enum acc_upload_state)s);
        if (s != ACC_UPLOAD_PLANNED && !reach[ACC_UPLOAD_PLANNED][s])
            fail_msg("nothing leads to %s", acc_upload_state_name((enum acc_upload_state)s));
        if (!over && !reach[s][ACC_UPLOAD_DONE] && !reach[s][ACC_UPLOAD_PARKED] &&
            !reach[s][ACC_UPLOAD_FAILED])
            fail_msg("no way out of %s", acc_upload_state_name((enum acc_upload_state)s));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_visible_means_verified),
        cmocka_unit_test(test_write_once),
        cmocka_unit_test(test_parking_begins_nothing_and_ends),
        cmocka_unit_test(test_ends),
        cmocka_unit_test(test_trouble_is_provided_for),
        cmocka_unit_test(test_every_state_is_used_and_has_a_way_out),
    };
    return cmocka_run_group_tests_name("upload rules", tests, NULL, NULL);
}
