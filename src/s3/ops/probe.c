/* The probe's driver: what writes, and the table of all stages. Each answer is kept; the next stage
 * is the next row of the table that has a point. A stage that is refused ends the write; the upload
 * is aborted in every case, and one that cannot be aborted is named in the result. Close: the
 * upload is still aborted, unless cancel is called twice. */
#include "s3/ops/probe.h"

#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/mem.h"
#include "s3/ops/probe_questions.h"

static void start_stage(struct acc_s3_probe *probe, enum acc_s3_probe_stage stage);

static void new_key(struct acc_s3_probe *probe)
{
    uint8_t random[8] = {0};
    char hex[17];
    if (getrandom(random, sizeof random, 0) != sizeof random)
        memcpy(random, &probe, sizeof random); /* any name that is not taken will do */
    acc_hex_encode(random, sizeof random, hex);
    acc_str_clear(&probe->key);
    acc_str_addf(&probe->key, "%s" ACC_S3_PROBE_FOLDER "%s", acc_s3_where(probe->s3)->prefix,
                 probe->name != NULL ? probe->name : hex);
}

/* ---- what writes ---- */

static bool lock(const struct acc_s3_object_headers *headers)
{
    for (size_t i = 0; headers != NULL && i < headers->count; i++)
        if (acc_starts_with(headers->name[i], "x-amz-object-lock-"))
            return true;
    return false;
}

static bool locks_objects(const struct acc_s3_probe *probe)
{
    bool locks = lock(probe->headers);
    for (size_t i = 0; i < probe->kind_count && !locks; i++)
        locks = lock(probe->kinds[i].headers);
    return locks;
}

static void make_lock(struct acc_s3_probe *probe)
{
    acc_s3_get_lock(&probe->call, probe->s3);
}

/* Credentials that may not ask find out by writing. */
static void read_lock(struct acc_s3_probe *probe, bool ok)
{
    if (probe->call.class == ACC_S3_DESTINATION)
        probe->refused = &probe->steps[ACC_PROBE_LOCK];
}

static bool asks_create(const struct acc_s3_probe *probe)
{
    return probe->refused == NULL && !probe->cancelled;
}

static bool asks_kind(const struct acc_s3_probe *probe)
{
    return asks_create(probe) && probe->kind < probe->kind_count;
}

static void make_kind(struct acc_s3_probe *probe)
{
    acc_s3_create_upload(&probe->call, probe->s3, acc_str_cstr(&probe->key), probe->settled);
    acc_s3_carry(&probe->call, probe->kinds[probe->kind].headers);
    acc_s3_call_header(&probe->call, ACC_S3_META_TOKEN, "probe");
}

/* What Create opened, or why it did not: `probe->refused`. */
static void read_opened(struct acc_s3_probe *probe, bool ok)
{
    struct acc_s3_call *call = &probe->call;
    probe->open = ok && acc_s3_read_create_upload(call, &probe->upload_id);
    if (ok && !probe->open)
        call->class = probe->steps[probe->stage].class = ACC_S3_PROTOCOL;
    probe->doubtful = probe->doubtful || acc_s3_create_is_doubtful(call);
    if (!probe->open)
        probe->refused = &probe->steps[probe->stage];
}

static void make_create(struct acc_s3_probe *probe)
{
    probe->kept_since = acc_clock_boot();
    acc_s3_create_upload(&probe->call, probe->s3, acc_str_cstr(&probe->key), probe->settled);
    acc_s3_carry(&probe->call, probe->headers);
    acc_s3_call_header(&probe->call, ACC_S3_META_TOKEN, "probe");
}

static void read_create(struct acc_s3_probe *probe, bool ok)
{
    read_opened(probe, ok);
    if (probe->open)
        probe->composite = acc_s3_read_composite(&probe->call, probe->settled);
}

static bool asks_part(const struct acc_s3_probe *probe)
{
    return probe->open && !probe->cancelled;
}

static void make_part(struct acc_s3_probe *probe)
{
    probe->sum = acc_s3_sum_of(probe->settled, acc_s3_probe_byte, sizeof acc_s3_probe_byte);
    acc_s3_upload_part(&probe->call, probe->s3, acc_str_cstr(&probe->key),
                       acc_str_cstr(&probe->upload_id), 1, acc_s3_probe_byte,
                       sizeof acc_s3_probe_byte, NULL, &probe->sum);
    probe->call.unsigned_body = probe->unsigned_parts;
}

static void read_part(struct acc_s3_probe *probe, bool ok)
{
    probe->heard = ok && acc_s3_confirms(&probe->call, &probe->sum);
    if (!ok)
        probe->refused = &probe->steps[ACC_PROBE_PART];
    else if (probe->settled != ACC_S3_CHECKSUM_NONE)
        acc_s3_can(probe->s3)->checksum_known = probe->heard ? ACC_KNOWN_YES : ACC_KNOWN_NO;
}

static bool is_kept(const struct acc_s3_probe *probe)
{
    return probe->open && probe->keep && !probe->cancelled && probe->refused == NULL &&
           !acc_s3_probe_tries_another(probe);
}

static bool asks_abort(const struct acc_s3_probe *probe)
{
    return probe->open && !is_kept(probe);
}

static void make_abort(struct acc_s3_probe *probe)
{
    acc_s3_abort_upload(&probe->call, probe->s3, acc_str_cstr(&probe->key),
                        acc_str_cstr(&probe->upload_id));
}

/* A refused abort is reported, but it is not a refused write. */
static void read_abort(struct acc_s3_probe *probe, bool ok)
{
    probe->open = false;
    if (ok)
        return;
    acc_s3_probe_note_left_open(probe);
    probe->doubtful = true;
    acc_str_clear(&probe->upload_id); /* still there: nothing may complete it */
}

static bool asks_dismiss(const struct acc_s3_probe *probe)
{
    return probe->open;
}

static void read_dismiss(struct acc_s3_probe *probe, bool ok)
{
    read_abort(probe, ok);
    probe->kind++;
}

/* ---- the stages ---- */

static const struct acc_s3_probe_question ask_lock = {locks_objects, make_lock, read_lock},
                                          ask_kind = {asks_kind, make_kind, read_opened},
                                          ask_dismiss = {asks_dismiss, make_abort, read_dismiss},
                                          ask_create = {asks_create, make_create, read_create},
                                          ask_part = {asks_part, make_part, read_part},
                                          ask_abort = {asks_abort, make_abort, read_abort};

/* clang-format off */
static const struct acc_s3_probe_question *const stages[ACC_PROBE_STAGES] = {
    [ACC_PROBE_LOCK] = &ask_lock,
    [ACC_PROBE_KIND] = &ask_kind,
    [ACC_PROBE_DISMISS] = &ask_dismiss,
    [ACC_PROBE_CREATE] = &ask_create,
    [ACC_PROBE_PART] = &ask_part,
    [ACC_PROBE_HASH] = &acc_s3_ask_hash,
    [ACC_PROBE_SUM] = &acc_s3_ask_sum,
    [ACC_PROBE_MD5] = &acc_s3_ask_md5,
    [ACC_PROBE_UPLOADS] = &acc_s3_ask_uploads,
    [ACC_PROBE_OWN] = &acc_s3_ask_own,
    [ACC_PROBE_ABORT] = &ask_abort,
    [ACC_PROBE_LIST] = &acc_s3_ask_list,
    [ACC_PROBE_CONDITION] = &acc_s3_ask_condition,
    [ACC_PROBE_VERSIONING] = &acc_s3_ask_versioning,
    [ACC_PROBE_VERSIONS] = &acc_s3_ask_versions,
};
/* clang-format on */

static void finish(struct acc_s3_probe *probe)
{
    probe->running = false;
    acc_s3_probe_judge(probe);
    probe->on_done(probe);
}

static void conclude(struct acc_s3_probe *probe);

/* The first row from `stage` on that has a point. */
static void go_on(struct acc_s3_probe *probe, unsigned stage)
{
    while (stage < ACC_PROBE_STAGES && !stages[stage]->asks(probe))
        stage++;
    if (stage < ACC_PROBE_STAGES)
        start_stage(probe, stage);
    else
        conclude(probe);
}

static void begin(struct acc_s3_probe *probe)
{
    memset(probe->steps, 0, sizeof probe->steps);
    probe->refused = NULL;
    probe->listing_works = probe->heard = probe->open = false;
    probe->tried++;
    new_key(probe);
    go_on(probe, ACC_PROBE_LOCK);
}

static void on_again(struct acc_timer *timer)
{
    struct acc_s3_probe *probe = ACC_CONTAINER_OF(timer, struct acc_s3_probe, timer);
    if (probe->cancelled)
        finish(probe);
    else
        begin(probe);
}

static bool worth_asking_again(const struct acc_s3_probe *probe)
{
    return probe->tried < probe->tries && probe->refused != NULL &&
           probe->refused->class == ACC_S3_DENIED;
}

static void conclude(struct acc_s3_probe *probe)
{
    if (acc_s3_probe_tries_another(probe)) {
        acc_s3_probe_next_checksum(probe);
        probe->tried = 0;
        begin(probe);
        return;
    }
    if (is_kept(probe))
        acc_str_set(&probe->kept, acc_str_cstr(&probe->upload_id));
    acc_s3_probe_settle(probe);
    if (!probe->cancelled && worth_asking_again(probe))
        acc_timer_start(&probe->timer, probe->again_ms);
    else
        finish(probe);
}

static void on_call_done(struct acc_s3_call *call)
{
    struct acc_s3_probe *probe = ACC_CONTAINER_OF(call, struct acc_s3_probe, call);
    acc_s3_probe_keep_answer(probe);
    if (stages[probe->stage]->read != NULL)
        stages[probe->stage]->read(probe, call->class == ACC_S3_OK);
    if (probe->cancelled && !probe->open)
        finish(probe);
    else /* one kind after the other */
        go_on(probe, probe->stage == ACC_PROBE_DISMISS ? ACC_PROBE_KIND : probe->stage + 1);
}

static void start_stage(struct acc_s3_probe *probe, enum acc_s3_probe_stage stage)
{
    probe->stage = stage;
    stages[stage]->make(probe);
    probe->call.passes_hold = true;
    probe->call.on_done = on_call_done;
    acc_s3_call_start(&probe->call);
}

void acc_s3_probe_init(struct acc_s3_probe *probe, struct acc_loop *loop)
{
    acc_timer_init(loop, &probe->timer, on_again);
}

void acc_s3_probe_start(struct acc_s3_probe *probe)
{
    probe->tried = 0;
    probe->kind = 0;
    acc_s3_probe_first_checksum(probe);
    probe->cancelled = false;
    probe->running = true;
    probe->left_open[0] = '\0';
    probe->doubtful = false;
    acc_str_clear(&probe->kept);
    begin(probe);
}

void acc_s3_probe_cancel(struct acc_s3_probe *probe)
{
    if (!probe->running)
        return;
    if (probe->cancelled) { /* asked again: it has had its time */
        acc_s3_call_cancel(&probe->call);
        return;
    }
    probe->cancelled = true;
    if (!probe->call.running)
        acc_timer_start(&probe->timer, 0);
    else if (!probe->open)
        acc_s3_call_cancel(&probe->call);
    /* else what is sent now ends by itself, and the upload is aborted all the same */
}

void acc_s3_probe_close(struct acc_s3_probe *probe)
{
    acc_timer_close(&probe->timer, NULL);
    acc_s3_call_release(&probe->call);
    acc_s3_page_release(&probe->page);
    acc_str_release(&probe->key);
    acc_str_release(&probe->upload_id);
    acc_str_release(&probe->kept);
    acc_str_release(&probe->xml);
}
