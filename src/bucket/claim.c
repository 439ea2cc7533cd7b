/* The claim's driver: one request at a time; each answer leads on by the diagram in claim.h.
 *
 * Happy path: the claim is held and renewed every minute. Failure: before it is held, a failure
 * makes it UNAVAILABLE, never an error; the run continues without a claim, and says so. A renewal
 * that fails is repeated until it is too late. Close: acc_claim_release() aborts the upload. */
#include "bucket/claim.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "s3/ops/probe.h"

#define RENEW_MS 60000
#define RENEW_AGAIN_MS 10000
/* A run that could not renew its claim for this long ends, before others consider the claim dead.
 * The minute in between is for requests in progress. */
#define LOST_MS (ACC_CLAIM_STALE_MS - 60000)
#define WAIT_FIRST_MS 100
#define WAIT_LAST_MS 5000
/* Pages of open uploads below the prefix. If there are more, claims are not looked for. */
#define PAGES_MAX 20

static void start_stage(struct acc_claim *c, enum acc_claim_stage stage);

static int64_t age_of(const struct acc_claim *c)
{
    return acc_clock_boot() - c->renewed;
}

/* Asked by the client before each write that makes an object visible. */
static bool may_write(void *arg)
{
    struct acc_claim *c = arg;
    if (age_of(c) <= LOST_MS)
        return true;
    acc_timer_start(&c->timer, 0); /* on_lost, but not from in here */
    return false;
}

static void renew_in_time(struct acc_claim *c)
{
    int64_t left = RENEW_MS - age_of(c);
    acc_timer_start(&c->timer, left > 0 ? (uint64_t)left : 0);
}

static void finish(struct acc_claim *c, enum acc_claim_result result)
{
    c->result = result;
    if (result == ACC_CLAIM_HELD) {
        acc_s3_fence_writes(c->s3, may_write, c);
        renew_in_time(c);
    }
    c->on_done(c);
}

/* Its name without "run-", as other claims show theirs. */
static const char *own_run(const struct acc_claim *c)
{
    return c->name + sizeof ACC_CLAIM_NAME - 1;
}

static bool has_claim(const struct acc_claim *c)
{
    return c->upload_id.len > 0;
}

/* ---- looking ---- */

/* The prefixes that claims are looked for in: those above ours, where they stand right below, then
 * ours, with all that is below it. */
static bool is_own_prefix(const struct acc_claim *c)
{
    return c->at == strlen(acc_s3_where(c->s3)->prefix);
}

static void look_above_or_here(struct acc_claim *c, size_t at)
{
    acc_str_clear(&c->prefix);
    acc_str_add_n(&c->prefix, acc_s3_where(c->s3)->prefix, at);
    c->at = at;
    if (!is_own_prefix(c))
        acc_str_add(&c->prefix, ACC_S3_PROBE_FOLDER ACC_CLAIM_NAME);
    acc_s3_page_release(&c->page);
    c->pages = 0;
    start_stage(c, ACC_CLAIM_LOOK);
}

static void look(struct acc_claim *c)
{
    c->seen = c->yield = false;
    c->rivals = c->stale = c->dead_count = 0;
    look_above_or_here(c, 0);
}

static void look_further(struct acc_claim *c)
{
    const char *prefix = acc_s3_where(c->s3)->prefix;
    const char *slash = strchr(prefix + c->at, '/');
    look_above_or_here(c, slash != NULL ? (size_t)(slash - prefix) + 1 : strlen(prefix));
}

const char *acc_claim_run_of_key(const char *key, size_t from)
{
    static const char marker[] = ACC_S3_PROBE_FOLDER ACC_CLAIM_NAME;
    const char *found = key + from;
    while ((found = strstr(found, marker)) != NULL && found > key && found[-1] != '/')
        found++;
    if (found == NULL)
        return NULL;
    found += sizeof marker - 1;
    return *found != '\0' && strchr(found, '/') == NULL ? found : NULL;
}

/* Whether `name` is of a run of this ledger, and, if so, what it knows of that run. */
static bool find_run(struct acc_ledger *ledger, const char *name, struct acc_run_info *info)
{
    char run[ACC_CLAIM_TEXT];
    struct acc_error err;
    int64_t id;
    snprintf(run, sizeof run, "%.*s", (int)strcspn(name, "."), name);
    if (acc_ledger_run_named(ledger, run, &id, &err) != ACC_OK ||
        acc_ledger_run_info(ledger, id, info, &err) != ACC_OK)
        return false;
    if (strcmp(info->name, run) == 0) /* not merely one whose name begins so */
        return true;
    acc_run_info_release(info);
    return false;
}

bool acc_claim_is_of(struct acc_ledger *ledger, const char *name, bool *ended)
{
    struct acc_run_info info = {0};
    if (!find_run(ledger, name, &info))
        return false;
    *ended = info.finished != 0;
    acc_run_info_release(&info);
    return true;
}

bool acc_claim_is_dead(struct acc_ledger *ledger, const char *name)
{
    struct acc_run_info info = {0};
    const char *process = strchr(name, '.');
    if (process != NULL && acc_process_state(process + 1) == ACC_PROCESS_DEAD)
        return true;
    if (!find_run(ledger, name, &info))
        return false;
    bool by_its_own_word = info.finished != 0 && info.summary[0] != '\0';
    acc_run_info_release(&info);
    return by_its_own_word;
}

/* ---- what is listed ---- */

static void add_dead(struct acc_claim *c, const struct acc_s3_listed *item)
{
    if (c->dead_count == ACC_CLAIM_DEAD_MAX)
        return;
    acc_str_set(&c->dead[c->dead_count].key, item->key);
    acc_str_set(&c->dead[c->dead_count++].id, item->upload_id);
}

static bool is_current(const struct acc_claim *c, const struct acc_s3_listed *item)
{
    return strcmp(item->upload_id, acc_str_cstr(&c->upload_id)) == 0;
}

static void on_own(struct acc_claim *c, const struct acc_s3_listed *item, int64_t age)
{
    if (!is_current(c, item)) {
        add_dead(c, item);
        return;
    }
    c->seen = true;
    if (!c->ages_judged)
        c->ages_unknown = age > ACC_CLAIM_STALE_MS;
    c->ages_judged = true;
}

static bool is_gone(const struct acc_s3_call *abort)
{
    return abort->class == ACC_S3_OK || abort->class == ACC_S3_MISSING ||
           abort->class == ACC_S3_RESTART;
}

static void on_upload(void *arg, const struct acc_s3_listed *item)
{
    struct acc_claim *c = arg;
    const char *run = acc_claim_run_of_key(item->key, c->at);
    bool ended;
    if (run == NULL || strcmp(item->upload_id, acc_str_cstr(&c->old_id)) == 0)
        return;
    int64_t age = acc_s3_server_time(&c->call) - item->modified;
    if (strcmp(item->key, acc_str_cstr(&c->key)) == 0) {
        on_own(c, item, age);
        return;
    }
    if (acc_claim_is_dead(c->ledger, run)) {
        if (acc_claim_is_of(c->ledger, run, &ended))
            add_dead(c, item);
        return;
    }
    c->rivals++;
    c->stale += age > ACC_CLAIM_STALE_MS;
    c->yield = c->yield || strcmp(run, own_run(c)) < 0;
    c->rival_age = age > 0 ? age : 0;
    snprintf(c->rival, sizeof c->rival, "%.*s", (int)strcspn(run, "."), run);
}

/* After the run: those of our own name, and those that ended runs of this ledger have left. */
static void on_swept(void *arg, const struct acc_s3_listed *item)
{
    struct acc_claim *c = arg;
    const char *run = acc_claim_run_of_key(item->key, c->at);
    bool ended;
    if (run == NULL)
        return;
    int64_t age = acc_s3_server_time(&c->call) - item->modified;
    if (strcmp(item->key, acc_str_cstr(&c->key)) == 0)
        add_dead(c, item);
    else if (!acc_claim_is_of(c->ledger, run, &ended))
        return;
    else if (acc_claim_is_dead(c->ledger, run) || (ended && age > ACC_CLAIM_STALE_MS))
        add_dead(c, item);
    else
        c->left_alone++;
}

/* ---- waiting and deciding ---- */

static void await_end(struct acc_claim *c)
{
    char text[640], age[32];
    if (!c->waited) {
        snprintf(
            text, sizeof text,
            "another run is archiving here (%s, its claim is %s old), and this bucket keeps no "
            "versions that would keep the two apart. Waiting for that run to end. If it was "
            "killed, this run continues %d minutes later",
            c->rival, acc_show_duration(c->rival_age, age), ACC_CLAIM_STALE_MS / 60000);
        c->on_wait(c, text);
    }
    c->waited = true;
    acc_timer_start(&c->timer, c->interval);
    c->interval = c->interval * 2 < WAIT_LAST_MS ? c->interval * 2 : WAIT_LAST_MS;
}

static void after_all_looks(struct acc_claim *c)
{
    if (has_claim(c))
        acc_s3_can(c->s3)->uploads_listed = c->seen ? ACC_KNOWN_YES : ACC_KNOWN_NO;
    bool rivals = c->rivals > (c->ages_unknown ? 0 : c->stale);
    if (has_claim(c) && !c->seen)
        start_stage(c,
                    ACC_CLAIM_GIVE_UP); /* a listing that does not show our claim shows no one's */
    else if (c->dead_count > 0)
        start_stage(c, ACC_CLAIM_ABORT_DEAD);
    else if (rivals && has_claim(c) && c->yield)
        start_stage(c, ACC_CLAIM_WITHDRAW);
    else if (rivals)
        await_end(c);
    else if (!has_claim(c))
        start_stage(c, ACC_CLAIM_CREATE);
    else
        finish(c, ACC_CLAIM_HELD);
}

static void after_look(struct acc_claim *c)
{
    bool read = c->call.class == ACC_S3_OK &&
                acc_s3_read_list_uploads(&c->call, &c->page, on_upload, c) &&
                (!c->page.more || ++c->pages < PAGES_MAX);
    if (read && c->page.more)
        start_stage(c, ACC_CLAIM_LOOK);
    else if (!is_own_prefix(c)) /* those above may be hidden from these credentials */
        look_further(c);
    else if (read)
        after_all_looks(c);
    else
        start_stage(c, ACC_CLAIM_GIVE_UP);
}

/* ---- claiming, renewing, giving back ---- */

static void after_versioning(struct acc_claim *c)
{
    bool told = c->call.class == ACC_S3_OK, versioned = told && acc_s3_read_versioning(&c->call);
    c->unversioned = told && !versioned;
    if (versioned) {
        c->result = ACC_CLAIM_NEEDLESS;
        start_stage(c, ACC_CLAIM_GIVE_UP);
    } else {
        look(c);
    }
}

static bool created(struct acc_claim *c)
{
    struct acc_str id = {0};
    bool ok = c->call.class == ACC_S3_OK && acc_s3_read_create_upload(&c->call, &id);
    c->doubtful = c->doubtful || !ok || acc_s3_create_is_doubtful(&c->call);
    if (ok) {
        acc_str_set(&c->old_id, acc_str_cstr(&c->upload_id));
        acc_str_set(&c->upload_id, acc_str_cstr(&id));
        c->renewed = c->asked;
    }
    acc_str_release(&id);
    return ok;
}

static void after_create(struct acc_claim *c)
{
    if (created(c))
        look(c);
    else
        finish(c, ACC_CLAIM_UNAVAILABLE);
}

static void after_renew(struct acc_claim *c)
{
    if (created(c))
        start_stage(c, ACC_CLAIM_ABORT_OLD);
    else if (c->result != ACC_CLAIM_HELD)
        look(c);
    else
        acc_timer_start(&c->timer, RENEW_AGAIN_MS);
}

static void after_abort_dead(struct acc_claim *c)
{
    if (!is_gone(&c->call))
        c->doubtful = true;
    if (--c->dead_count > 0)
        start_stage(c, ACC_CLAIM_ABORT_DEAD);
    else
        after_all_looks(c);
}

static void after_abort(struct acc_claim *c)
{
    c->doubtful = c->doubtful || !is_gone(&c->call);
    switch (c->stage) {
    case ACC_CLAIM_WITHDRAW:
        acc_str_clear(&c->upload_id);
        await_end(c);
        break;
    case ACC_CLAIM_ABORT_OLD:
        acc_str_clear(&c->old_id);
        if (c->result == ACC_CLAIM_HELD)
            renew_in_time(c);
        else
            look(c);
        break;
    case ACC_CLAIM_GIVE_UP:
        acc_str_clear(&c->upload_id);
        finish(c, c->result == ACC_CLAIM_NEEDLESS ? ACC_CLAIM_NEEDLESS : ACC_CLAIM_UNAVAILABLE);
        break;
    default:
        break;
    }
}

/* ---- releasing ---- */

static void note_left(struct acc_claim *c, const struct acc_str *key, const struct acc_str *id)
{
    acc_str_clear(&c->left);
    acc_path_show(&c->left, acc_str_cstr(key), key->len);
    acc_str_addf(&c->left, " (upload id %s)", acc_str_cstr(id));
}

static void finish_release(struct acc_claim *c)
{
    acc_timer_stop(&c->timer);
    c->own_gone = c->left.len == 0 && (!c->doubtful || c->swept);
    c->others_gone = c->swept && c->left.len == 0 && c->left_alone == 0;
    c->on_released(c);
}

static bool is_to_be_swept(const struct acc_claim *c)
{
    uint64_t left = 0;
    struct acc_error err;
    if (c->swept || c->hurried || c->key.len == 0)
        return false;
    return c->doubtful ||
           (acc_ledger_claims_left(c->ledger, c->run_id, &left, &err) == ACC_OK && left > 0);
}

static void sweep_page(struct acc_claim *c)
{
    bool read =
        c->call.class == ACC_S3_OK && acc_s3_read_list_uploads(&c->call, &c->page, on_swept, c);
    if (read && c->page.more && ++c->pages < PAGES_MAX)
        start_stage(c, ACC_CLAIM_SWEEP);
    else if (!read || c->page.more)
        finish_release(c);
    else {
        c->swept = c->dead_count < ACC_CLAIM_DEAD_MAX;
        if (c->dead_count > 0)
            start_stage(c, ACC_CLAIM_SWEEP_ABORT);
        else
            finish_release(c);
    }
}

static void after_sweep_abort(struct acc_claim *c)
{
    const struct acc_claim_dead *dead = &c->dead[c->dead_count - 1];
    if (!is_gone(&c->call))
        note_left(c, &dead->key, &dead->id);
    if (--c->dead_count > 0 && !c->hurried)
        start_stage(c, ACC_CLAIM_SWEEP_ABORT);
    else
        finish_release(c);
}

static void release_next(struct acc_claim *c)
{
    struct acc_str *id = has_claim(c) ? &c->upload_id : &c->old_id;
    if (c->stage == ACC_CLAIM_RELEASE) {
        if (!is_gone(&c->call))
            note_left(c, &c->key, id);
        acc_str_clear(id);
        id = &c->old_id;
    }
    if (id->len > 0 && !c->hurried) {
        start_stage(c, ACC_CLAIM_RELEASE);
    } else if (is_to_be_swept(c)) {
        c->dead_count = c->left_alone = c->pages = 0;
        c->at = strlen(acc_s3_where(c->s3)->prefix);
        acc_str_set(&c->prefix, acc_s3_where(c->s3)->prefix);
        acc_str_add(&c->prefix, ACC_S3_PROBE_FOLDER ACC_CLAIM_NAME);
        acc_s3_page_release(&c->page);
        start_stage(c, ACC_CLAIM_SWEEP);
    } else {
        finish_release(c);
    }
}

static void after_releasing_call(struct acc_claim *c)
{
    switch (c->stage) {
    case ACC_CLAIM_SWEEP:
        sweep_page(c);
        break;
    case ACC_CLAIM_SWEEP_ABORT:
        after_sweep_abort(c);
        break;
    case ACC_CLAIM_CREATE:
    case ACC_CLAIM_RENEW:
        created(c);
        release_next(c);
        break;
    default:
        release_next(c);
        break;
    }
}

static void on_call_done(struct acc_s3_call *call)
{
    struct acc_claim *c = ACC_CONTAINER_OF(call, struct acc_claim, call);
    if (c->on_released != NULL) {
        after_releasing_call(c);
        return;
    }
    switch (c->stage) {
    case ACC_CLAIM_VERSIONING:
        after_versioning(c);
        break;
    case ACC_CLAIM_LOOK:
        after_look(c);
        break;
    case ACC_CLAIM_CREATE:
        after_create(c);
        break;
    case ACC_CLAIM_RENEW:
        after_renew(c);
        break;
    case ACC_CLAIM_ABORT_DEAD:
        after_abort_dead(c);
        break;
    default:
        after_abort(c);
        break;
    }
}

static void start_stage(struct acc_claim *c, enum acc_claim_stage stage)
{
    const char *key = acc_str_cstr(&c->key);
    c->stage = stage;
    switch (stage) {
    case ACC_CLAIM_VERSIONING:
        acc_s3_get_versioning(&c->call, c->s3);
        break;
    case ACC_CLAIM_LOOK:
    case ACC_CLAIM_SWEEP:
        acc_s3_list_uploads(&c->call, c->s3, acc_str_cstr(&c->prefix), &c->page);
        break;
    case ACC_CLAIM_CREATE:
    case ACC_CLAIM_RENEW:
        c->asked = acc_clock_boot();
        acc_s3_create_upload(&c->call, c->s3, key, c->checksum);
        acc_s3_call_header(&c->call, ACC_S3_META_TOKEN, "claim");
        break;
    case ACC_CLAIM_ABORT_DEAD:
    case ACC_CLAIM_SWEEP_ABORT:
        acc_s3_abort_upload(&c->call, c->s3, acc_str_cstr(&c->dead[c->dead_count - 1].key),
                            acc_str_cstr(&c->dead[c->dead_count - 1].id));
        break;
    case ACC_CLAIM_ABORT_OLD:
        acc_s3_abort_upload(&c->call, c->s3, key, acc_str_cstr(&c->old_id));
        break;
    case ACC_CLAIM_WITHDRAW:
    case ACC_CLAIM_GIVE_UP:
        acc_s3_abort_upload(&c->call, c->s3, key, acc_str_cstr(&c->upload_id));
        break;
    case ACC_CLAIM_RELEASE:
        acc_s3_abort_upload(&c->call, c->s3, key,
                            acc_str_cstr(has_claim(c) ? &c->upload_id : &c->old_id));
        break;
    }
    c->call.on_done = on_call_done;
    acc_s3_call_start(&c->call);
}

static void on_time(struct acc_timer *timer)
{
    struct acc_claim *c = ACC_CONTAINER_OF(timer, struct acc_claim, timer);
    if (c->on_released != NULL) {
        c->hurried = c->doubtful = true; /* what remains is left to the next run */
        acc_s3_call_cancel(&c->call);
    } else if (c->result == ACC_CLAIM_HELD && age_of(c) > LOST_MS) {
        if (!c->lost)
            c->on_lost(c);
        c->lost = true;
    } else if (c->call.running) {
        return; /* its answer starts the timer */
    } else if (c->result == ACC_CLAIM_HELD || (has_claim(c) && age_of(c) > RENEW_MS)) {
        start_stage(c, ACC_CLAIM_RENEW);
    } else {
        look(c);
    }
}

void acc_claim_init(struct acc_claim *c, struct acc_loop *loop)
{
    acc_timer_init(loop, &c->timer, on_time);
}

void acc_claim_name(struct acc_claim *c, const char *run)
{
    char process[ACC_PROCESS_TEXT];
    snprintf(c->name, sizeof c->name, ACC_CLAIM_NAME "%.39s.%s", run, acc_process_self(process));
    acc_str_set(&c->key, acc_s3_where(c->s3)->prefix);
    acc_str_addf(&c->key, ACC_S3_PROBE_FOLDER "%s", c->name);
}

void acc_claim_take(struct acc_claim *c, const char *upload_id, int64_t since)
{
    acc_str_set(&c->upload_id, upload_id);
    acc_str_clear(&c->left);
    c->renewed = since;
    c->stage = ACC_CLAIM_VERSIONING;
    c->result = ACC_CLAIM_NONE;
    c->swept = c->hurried = c->lost = false;
    c->on_released = NULL;
}

void acc_claim_start(struct acc_claim *c)
{
    c->waited = c->ages_judged = false;
    c->interval = WAIT_FIRST_MS;
    start_stage(c, ACC_CLAIM_VERSIONING);
}

void acc_claim_release(struct acc_claim *c, uint64_t patience_ms,
                       void (*on_released)(struct acc_claim *claim))
{
    c->on_released = on_released;
    acc_s3_fence_writes(c->s3, NULL, NULL);
    acc_timer_start(&c->timer, patience_ms);
    if (c->call.running)
        acc_s3_call_cancel(&c->call);
    else
        release_next(c);
}

void acc_claim_close(struct acc_claim *c)
{
    acc_timer_close(&c->timer, NULL);
    acc_s3_call_release(&c->call);
    acc_s3_page_release(&c->page);
    acc_str_release(&c->key);
    acc_str_release(&c->upload_id);
    acc_str_release(&c->old_id);
    for (unsigned i = 0; i < ACC_CLAIM_DEAD_MAX; i++) {
        acc_str_release(&c->dead[i].key);
        acc_str_release(&c->dead[i].id);
    }
    acc_str_release(&c->prefix);
    acc_str_release(&c->left);
}
