/* acc_ingest(): one run from beginning to end (phases in ingest/run.h).
 *
 * Happy path: open source, ledger and client; plan; list; probe; work; look at versions; write the
 * receipt. Failure: what goes wrong before the loop turns is returned; afterwards acc_run_fail()
 * stores it and the rules (ingest/run_rules.h) lead to the one way out. Close: every part closes
 * its handles, then the loop runs until they are gone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "ingest/run.h"

#define TICK_MS 100
#define CLOCK_OFF_MS (60 * 1000)

/* Requests are signed with the server's time once it has rejected ours. The user should still fix
 * the clock, if that is the reason: on a slow line requests are rejected with a right one too. */
static void report_clock(struct acc_run *run)
{
    int64_t offset = acc_s3_clock_offset(run->s3);
    char apart[32], text[256];
    if (offset > -CLOCK_OFF_MS && offset < CLOCK_OFF_MS)
        return;
    acc_show_duration(offset < 0 ? -offset : offset, apart);
    snprintf(
        text, sizeof text,
        "this machine's clock is %s %s the server's. S3 rejects signatures more than 15 minutes "
        "off, so the run used the server's time. Set the clock (timedatectl).",
        apart, offset > 0 ? "behind" : "ahead of");
    acc_run_note(run, ACC_CLOCK, text);
}

/* ---- what each action does ---- */

static void claim(struct acc_run *run)
{
    acc_run_stop_waiting(run);
    acc_run_claim(run);
}

static void work(struct acc_run *run)
{
    acc_run_stop_waiting(run);
    acc_run_work(run);
}

static void give_verdict(struct acc_run *run)
{
    acc_run_give_verdict(run);
    acc_run_fill(run);
}

static void check(struct acc_run *run)
{
    acc_run_give_up_places(run);
    acc_run_check(run);
}

static void release(struct acc_run *run)
{
    acc_timer_stop(&run->handles.grace);
    acc_run_give_up_places(run);
    acc_run_release_claim(run);
}

static void leave_wait(struct acc_run *run)
{
    acc_run_forget_wait(run);
    release(run);
}

static void end(struct acc_run *run)
{
    acc_timer_stop(&run->handles.tick);
    acc_loop_stop(&run->loop);
}

/* clang-format off */
static void (*const actions[ACC_RUN_ACTION_COUNT])(struct acc_run *) = {
    [ACC_RUN_DO_LIST] = acc_run_list,
    [ACC_RUN_DO_VISIT] = acc_run_visit,
    [ACC_RUN_DO_COMPARE] = acc_run_compare,
    [ACC_RUN_DO_PROBE] = acc_run_probe,
    [ACC_RUN_DO_CLAIM] = claim,
    [ACC_RUN_DO_WORK] = work,
    [ACC_RUN_DO_PROBE_AGAIN] = acc_run_probe_again,
    [ACC_RUN_DO_GIVE_VERDICT] = give_verdict,
    [ACC_RUN_DO_CHECK] = check,
    [ACC_RUN_DO_REHEARSE] = acc_run_glance,
    [ACC_RUN_DO_HALT] = acc_run_stop_halted,
    [ACC_RUN_DO_QUIT] = acc_run_stop_interrupted,
    [ACC_RUN_DO_GIVE_UP] = acc_run_stop_failed,
    [ACC_RUN_DO_HURRY] = acc_run_hurry,
    [ACC_RUN_DO_ADVISE] = acc_run_ask_bucket_hint,
    [ACC_RUN_DO_QUIT_ADVICE] = acc_run_quit_bucket_hint,
    [ACC_RUN_DO_RELEASE] = release,
    [ACC_RUN_DO_WAIT] = acc_run_wait,
    [ACC_RUN_DO_FORGET_WAIT] = acc_run_forget_wait,
    [ACC_RUN_DO_LEAVE_WAIT] = leave_wait,
    [ACC_RUN_DO_END] = end,
};
/* clang-format on */

/* The plan says first where the files will lie, where that is more than was typed. */
static void report_place(struct acc_run *run)
{
    struct acc_str text = {0};
    if (!acc_ends_with(run->options->destination, "/"))
        return;
    acc_str_add(&text, "archiving to ");
    acc_path_show(&text, run->location.url, strlen(run->location.url));
    acc_str_add(&text, ": SOURCE goes into the destination, a folder, under its own name");
    acc_run_note(run, ACC_OK, acc_str_cstr(&text));
    acc_str_release(&text);
}

static void act(struct acc_machine *machine, unsigned action)
{
    if (actions[action] != NULL)
        actions[action](ACC_CONTAINER_OF(machine, struct acc_run, machine));
}

static void turn(struct acc_run *run)
{
    run->started = acc_clock_now();
    run->machine.kind = &acc_run_machine;
    run->machine.facts = &run->facts;
    run->machine.act = act;
    run->facts.dry_run = run->options->dry_run;
    run->facts.needs_claim = acc_run_needs_claim(run);
    report_place(run);
    acc_run_plan(run);
    acc_timer_start(&run->handles.tick, TICK_MS);
    acc_loop_run(&run->loop);
    report_clock(run);
    acc_run_report_doubts(run);
}

/* ---- from the first line to the last ---- */

/* With an open ledger: the run itself. */
static enum acc_code with_ledger(struct acc_run *run, struct acc_error *err)
{
    struct acc_ledger *known = run->options->dry_run ? run->listing.ledger : run->ledger;
    enum acc_code code = acc_run_register(run, err);
    if (code == ACC_OK && known != NULL)
        code = acc_abilities_recall(&run->probing.abilities, known, run->s3, err);
    if (code != ACC_OK)
        return code;
    acc_run_start_handles(run);
    turn(run);
    acc_run_conclude(run);
    acc_ledger_place_leave(&run->place); /* from here on a signal ends the process on the spot */
    acc_run_stop_handles(run);
    if (err != NULL)
        *err = run->err;
    return run->summary->outcome;
}

/* With a loop: the client, what objects are sent with, the ledger. */
static enum acc_code with_loop(struct acc_run *run, struct acc_error *err)
{
    const struct acc_ingest_options *o = run->options;
    const char *content_type = o->object.content_type;
    enum acc_code code =
        acc_s3_new(&run->loop, &o->connection, &run->location, run->settings.jobs, &run->s3, err);
    if (code == ACC_OK)
        code = acc_s3_owner_option(run->s3, o->object.expected_bucket_owner, err);
    if (code == ACC_OK)
        code = acc_kinds_init(&run->kinds, &o->object, o->object_rules, o->object_rule_count,
                              acc_time_now(), err);
    if (code == ACC_OK && content_type != NULL && strcmp(content_type, "auto") == 0)
        code = acc_media_types_new(&run->media_types, err);
    if (code == ACC_OK)
        code = acc_run_open_ledger(run, err);
    if (code == ACC_OK) {
        code = with_ledger(run, err);
        acc_run_release_visit(run);
        acc_ledger_close(run->ledger);
    }
    acc_ledger_close(run->listing.ledger);
    acc_ledger_place_leave(&run->place);
    acc_media_types_free(run->media_types);
    acc_kinds_release(&run->kinds);
    acc_s3_call_release(&run->advising.buckets);
    acc_orphans_release(&run->checking.orphans);
    acc_versions_release(&run->checking.versions);
    acc_presence_release(&run->listing.presence);
    acc_s3_free(run->s3);
    return code;
}

enum acc_code acc_ingest(const struct acc_ingest_options *options,
                         struct acc_ingest_summary *summary, struct acc_error *err)
{
    struct acc_run *run = ACC_NEW(struct acc_run);
    *summary = (struct acc_ingest_summary){0};
    run->options = options;
    run->summary = summary;

    enum acc_code code = acc_run_check_options(run, err);
    if (code == ACC_OK)
        code = acc_source_open(options->source, &options->rules, &options->source_connection,
                               &run->source, err);
    if (code == ACC_OK && options->replicate &&
        !acc_source_canonical(&run->source, &run->planning.place))
        code = acc_error_set(err, ACC_USAGE, "%s: is not s3://BUCKET[/PREFIX].", options->source);
    if (code == ACC_OK)
        code = acc_s3_location_for(options->destination, run->source.name, &run->location, err);
    if (code == ACC_OK)
        code = acc_algs_new(&run->algs, err);
    if (code == ACC_OK)
        code = acc_loop_init(&run->loop, err);
    if (code == ACC_OK) {
        code = with_loop(run, err);
        acc_loop_release(&run->loop);
    }
    summary->outcome = code;
    acc_algs_free(run->algs);
    acc_source_close(&run->source);
    acc_str_release(&run->planning.place);
    acc_s3_location_release(&run->location);
    acc_ledger_place_release(&run->place);
    free(run);
    return code;
}
