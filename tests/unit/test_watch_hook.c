/* Events on their way to the --on-event command. Jobs and children are the test's own, so that they
 * end in the order that a test needs; the ledger is a real one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ledger_fixture.h"
#include "watch/outside/hook.h"

static struct acc_job *job;
static struct acc_child *child;
static char sent[32]; /* what the child was given */

void __wrap_acc_job_start(struct acc_loop *loop, struct acc_job *started);
void __wrap_acc_job_start(struct acc_loop *loop, struct acc_job *started)
{
    (void)loop;
    assert_null(job);
    job = started;
}

void __wrap_acc_child_start(struct acc_loop *loop, struct acc_child *started, const char *program,
                            const char *const *argv, const char *input);
void __wrap_acc_child_start(struct acc_loop *loop, struct acc_child *started, const char *program,
                            const char *const *argv, const char *input)
{
    (void)loop;
    (void)program;
    (void)argv;
    assert_null(child);
    child = started;
    snprintf(sent, sizeof sent, "%s", input);
}

static void end_job(void)
{
    struct acc_job *ended = job;
    assert_non_null(ended);
    job = NULL;
    ended->work(ended);
    ended->done(ended);
}

static void end_child(int status)
{
    struct acc_child *ended = child;
    assert_non_null(ended);
    child = NULL;
    ended->status = status;
    ended->signal = 0;
    ended->on_done(ended);
}

static void on_trouble(struct acc_hook *hook, const char *text)
{
    (void)hook;
    (void)text;
}

static void on_idle(struct acc_hook *hook)
{
    (void)hook;
}

static void happen(struct acc_hook *hook, const char *id)
{
    acc_hook_post(hook, (struct acc_hook_event){.id = acc_strdup(id), .json = acc_strdup(id)});
}

static struct acc_hook *open_hook(struct fixture *f, struct acc_loop *loop)
{
    struct acc_hook *hook = ACC_NEW(struct acc_hook);
    assert_int_equal(acc_loop_init(loop, &f->err), ACC_OK);
    *hook = (struct acc_hook){.loop = loop,
                              .command = "command",
                              .ledger = f->ledger,
                              .folder = f->folder,
                              .destination = DESTINATION,
                              .on_trouble = on_trouble,
                              .on_idle = on_idle};
    acc_hook_init(hook);
    return hook;
}

static void close_hook(struct acc_hook *hook, struct acc_loop *loop)
{
    assert_null(job);
    assert_null(child);
    acc_hook_close(hook);
    acc_loop_release(loop);
    free(hook);
}

static void each_event_is_kept_sent_and_forgotten(void **state)
{
    struct fixture *f = *state;
    struct acc_loop loop;
    struct acc_hook *hook = open_hook(f, &loop);
    happen(hook, "one");
    assert_null(child); /* it is kept first */
    end_job();
    assert_string_equal(sent, "one");
    end_child(0);
    end_job();
    assert_true(acc_hook_idle(hook));
    close_hook(hook, &loop);
}

static void a_command_that_ends_while_the_next_event_is_kept_is_no_end(void **state)
{
    struct fixture *f = *state;
    struct acc_loop loop;
    struct acc_hook *hook = open_hook(f, &loop);
    happen(hook, "one");
    end_job();
    happen(hook, "two"); /* the command runs for the first: a job keeps the second */
    end_child(0);        /* meanwhile */
    end_job();           /* it is kept */
    end_job();           /* and the first is forgotten */
    assert_string_equal(sent, "two");
    end_child(0);
    end_job();
    assert_true(acc_hook_idle(hook));
    close_hook(hook, &loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_event_is_kept_sent_and_forgotten, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(a_command_that_ends_while_the_next_event_is_kept_is_no_end,
                                        fixture_setup, fixture_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
