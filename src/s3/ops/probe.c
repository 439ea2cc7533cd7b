/* The probe's driver. Each step's answer is kept; next_stage() is the table of the diagram in
 * probe.h, verdict_of() says what a refusal means. An upload that cannot be aborted is named in the
 * result. */
#include "s3/ops/probe.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "s3/ops/fault.h"

static const char one_byte[] = "\n";

/* The checksums that AUTO tries, the best first. */
static const enum acc_s3_checksum candidates[] = {
    ACC_S3_CHECKSUM_CRC64NVME,
    ACC_S3_CHECKSUM_CRC32C,
    ACC_S3_CHECKSUM_SHA256,
    ACC_S3_CHECKSUM_NONE,
};

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

static void keep_answer(struct acc_s3_probe *probe)
{
    const struct acc_s3_call *call = &probe->call;
    struct acc_s3_probe_step *step = &probe->steps[probe->stage];
    *step = (struct acc_s3_probe_step){.tried = true,
                                       .class = call->class,
                                       .op = call->op,
                                       .status = call->status,
                                       .at = call->at};
    memcpy(step->code, call->code, sizeof step->code);
    memcpy(step->message, call->message, sizeof step->message);
    memcpy(step->request_id, call->request_id, sizeof step->request_id);
    memcpy(step->region, call->region, sizeof step->region);
}

static void note_left_open(struct acc_s3_probe *probe)
{
    struct acc_str shown = {0};
    acc_path_show(&shown, acc_str_cstr(&probe->key), probe->key.len);
    snprintf(probe->left_open, sizeof probe->left_open, "%s (upload id %s)", acc_str_cstr(&shown),
             acc_str_cstr(&probe->upload_id));
    acc_str_release(&shown);
}

/* If a write is denied while reading works, the bucket refuses writes. If both are denied, either
 * this identity is locked out or every identity is. Only other credentials can show which; the
 * report says so. */
static enum acc_code verdict_of(const struct acc_s3_probe *probe)
{
    const struct acc_s3_probe_step *refused = probe->refused;
    if (refused == NULL)
        return ACC_OK;
    if (probe->fault[0] != '\0')
        return ACC_CONFIG;
    const struct acc_s3_probe_step *list = &probe->steps[ACC_PROBE_LIST];
    if (refused->class == ACC_S3_DENIED) {
        if (list->tried && list->class != ACC_S3_OK && list->class != ACC_S3_DENIED)
            return acc_s3_class_code(list->class);
        return probe->listing_works ? ACC_REFUSED : ACC_CREDENTIALS;
    }
    if (refused->class == ACC_S3_KEY || refused->class == ACC_S3_PRECONDITION)
        return ACC_REFUSED; /* the server does not take what uploads carry */
    return acc_s3_class_code(refused->class);
}

static void find_fault(struct acc_s3_probe *probe)
{
    const struct acc_s3_probe_step *refused = probe->refused;
    struct acc_str options = {0};
    probe->fault[0] = '\0';
    if (refused != NULL && acc_s3_option_at_fault(acc_s3_object_headers(probe->s3), refused->class,
                                                  refused->code, refused->message, &options))
        snprintf(probe->fault, sizeof probe->fault, "%s", acc_str_cstr(&options));
    acc_str_release(&options);
}

static void finish(struct acc_s3_probe *probe)
{
    probe->running = false;
    find_fault(probe);
    probe->verdict = probe->cancelled ? ACC_INTERRUPTED : verdict_of(probe);
    probe->on_done(probe);
}

static bool locks_objects(const struct acc_s3 *s3)
{
    const struct acc_s3_object_headers *headers = acc_s3_object_headers(s3);
    for (size_t i = 0; i < headers->count; i++)
        if (acc_starts_with(headers->name[i], "x-amz-object-lock-"))
            return true;
    return false;
}

static void begin(struct acc_s3_probe *probe)
{
    memset(probe->steps, 0, sizeof probe->steps);
    probe->refused = NULL;
    probe->listing_works = probe->heard = false;
    probe->tried++;
    new_key(probe);
    start_stage(probe, locks_objects(probe->s3) ? ACC_PROBE_LOCK : ACC_PROBE_CREATE);
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

static bool is_choosing(const struct acc_s3_probe *probe)
{
    return probe->checksum == ACC_S3_CHECKSUM_AUTO && !probe->cancelled &&
           probe->settled != ACC_S3_CHECKSUM_NONE;
}

/* A default that is refused is left out, and the rest asked again. */
static bool is_to_be_dropped(const struct acc_s3_probe *probe)
{
    return probe->may_drop && !probe->cancelled && probe->settled != ACC_S3_CHECKSUM_NONE &&
           probe->refused != NULL && probe->refused->class == ACC_S3_KEY;
}

/* The server supports the checksum, and does not make a composite one out of CRCs. */
static bool serves(const struct acc_s3_probe *probe)
{
    return probe->heard && !(probe->composite && acc_s3_checksum_joins(probe->settled));
}

/* Whether the same follows with another checksum. Not without any: what is accepted without being
 * known is accepted when it is left out. */
static bool is_to_be_repeated(const struct acc_s3_probe *probe)
{
    if (is_to_be_dropped(probe))
        return true;
    if (!is_choosing(probe))
        return false;
    if (probe->refused != NULL)
        return probe->refused->class == ACC_S3_KEY;
    return !serves(probe) && candidates[probe->candidate + 1] != ACC_S3_CHECKSUM_NONE;
}

static void try_next_checksum(struct acc_s3_probe *probe)
{
    probe->settled =
        is_to_be_dropped(probe) ? ACC_S3_CHECKSUM_NONE : candidates[++probe->candidate];
    probe->tried = 0;
    begin(probe);
}

static void conclude(struct acc_s3_probe *probe)
{
    if (is_to_be_repeated(probe)) {
        try_next_checksum(probe);
        return;
    }
    if (is_choosing(probe) && probe->refused == NULL && !serves(probe))
        probe->settled = ACC_S3_CHECKSUM_NONE;
    if (!probe->cancelled && worth_asking_again(probe))
        acc_timer_start(&probe->timer, probe->again_ms);
    else
        finish(probe);
}

/* ---- what the server can do ---- */

/* AWS documents all of it. */
static bool may_learn(const struct acc_s3_probe *probe)
{
    return probe->learn && !probe->cancelled && !acc_s3_is_aws(probe->s3);
}

static bool asks_hash(const struct acc_s3_probe *probe)
{
    return may_learn(probe) && !probe->unsigned_parts && !is_to_be_repeated(probe) &&
           acc_s3_can(probe->s3)->signed_hash_checked == ACC_KNOWN_NOT;
}

/* The server's answer to a body with a wrong digest. */
static enum acc_known checked(const struct acc_s3_call *call)
{
    if (call->class == ACC_S3_OK)
        return ACC_KNOWN_NO;
    bool refused = call->status >= 400 && call->status < 500 && call->status != 429 &&
                   call->class != ACC_S3_DENIED;
    return refused ? ACC_KNOWN_YES : ACC_KNOWN_NOT;
}

static void after_part(struct acc_s3_probe *probe)
{
    if (probe->keep && !probe->cancelled && probe->refused == NULL && !is_to_be_repeated(probe)) {
        acc_str_set(&probe->kept, acc_str_cstr(&probe->upload_id));
        conclude(probe);
    } else {
        start_stage(probe, ACC_PROBE_ABORT);
    }
}

/* The digest that was just sent wrong is checked, or the next one is tried. */
static void after_wrong(struct acc_s3_probe *probe)
{
    struct acc_capabilities *can = acc_s3_can(probe->s3);
    enum acc_known *const known[] = {[ACC_PROBE_HASH] = &can->signed_hash_checked,
                                     [ACC_PROBE_SUM] = &can->checksum_checked,
                                     [ACC_PROBE_MD5] = &can->md5_checked};
    enum acc_known answer = checked(&probe->call);
    *known[probe->stage] = answer;
    bool sum = probe->settled != ACC_S3_CHECKSUM_NONE;
    if (probe->cancelled || answer != ACC_KNOWN_NO || probe->stage == ACC_PROBE_MD5)
        after_part(probe);
    else
        start_stage(probe, probe->stage == ACC_PROBE_HASH && sum ? ACC_PROBE_SUM : ACC_PROBE_MD5);
}

/* The edges of the diagram: what follows a stage that went well, or was refused. */
static void next_stage(struct acc_s3_probe *probe, bool ok)
{
    switch (probe->stage) {
    case ACC_PROBE_LOCK: /* credentials that may not ask find out by writing */
        start_stage(probe, probe->refused == NULL ? ACC_PROBE_CREATE : ACC_PROBE_LIST);
        return;
    case ACC_PROBE_CREATE:
        start_stage(probe, ok ? ACC_PROBE_PART : ACC_PROBE_LIST);
        return;
    case ACC_PROBE_PART:
        if (ok && probe->settled != ACC_S3_CHECKSUM_NONE)
            acc_s3_can(probe->s3)->checksum_known = probe->heard ? ACC_KNOWN_YES : ACC_KNOWN_NO;
        if (ok && asks_hash(probe))
            start_stage(probe, ACC_PROBE_HASH);
        else
            after_part(probe);
        return;
    case ACC_PROBE_HASH:
    case ACC_PROBE_SUM:
    case ACC_PROBE_MD5:
        after_wrong(probe);
        return;
    case ACC_PROBE_ABORT:
        if (!ok) {
            note_left_open(probe);
            probe->doubtful = true;
        }
        if (probe->refused != NULL)
            start_stage(probe, ACC_PROBE_LIST);
        else if (ok && may_learn(probe) && !is_to_be_repeated(probe))
            start_stage(probe, ACC_PROBE_CONDITION);
        else
            conclude(probe);
        return;
    case ACC_PROBE_CONDITION: /* what it teaches is learnt by the client itself */
        conclude(probe);
        return;
    case ACC_PROBE_LIST:
        probe->listing_works = ok;
        conclude(probe);
        return;
    case ACC_PROBE_STAGES:
        return;
    }
}

/* A refused abort is reported, but it is not a refused write. */
static bool decides(const struct acc_s3_probe *probe)
{
    if (probe->stage == ACC_PROBE_LOCK)
        return probe->call.class == ACC_S3_DESTINATION;
    return probe->stage == ACC_PROBE_CREATE || probe->stage == ACC_PROBE_PART;
}

/* The upload is open: it must be aborted in every case. */
static bool holds_upload(const struct acc_s3_probe *probe)
{
    return probe->stage == ACC_PROBE_PART || probe->stage == ACC_PROBE_HASH ||
           probe->stage == ACC_PROBE_SUM || probe->stage == ACC_PROBE_MD5;
}

static void on_call_done(struct acc_s3_call *call)
{
    struct acc_s3_probe *probe = ACC_CONTAINER_OF(call, struct acc_s3_probe, call);
    bool ok = call->class == ACC_S3_OK;
    if (probe->stage == ACC_PROBE_CREATE && ok &&
        !acc_s3_read_create_upload(call, &probe->upload_id)) {
        call->class = ACC_S3_PROTOCOL;
        ok = false;
    }
    if (probe->stage == ACC_PROBE_CREATE)
        probe->doubtful = probe->doubtful || acc_s3_create_is_doubtful(call);
    if (probe->stage == ACC_PROBE_CREATE && ok)
        probe->composite = acc_s3_read_composite(call, probe->settled);
    if (probe->stage == ACC_PROBE_PART && ok)
        probe->heard = acc_s3_confirms(call, &probe->sum);
    keep_answer(probe);
    if (!ok && probe->refused == NULL && decides(probe))
        probe->refused = &probe->steps[probe->stage];
    if (probe->cancelled && !(ok && probe->stage == ACC_PROBE_CREATE) && !holds_upload(probe)) {
        if (probe->stage == ACC_PROBE_ABORT && !ok)
            note_left_open(probe);
        finish(probe);
    } else
        next_stage(probe, ok);
}

/* The one byte with one digest that is another's. */
static void make_wrong(struct acc_s3_probe *probe, enum acc_s3_probe_stage stage, const char *key,
                       const char *id)
{
    static const uint8_t wrong_sha256[ACC_SHA256_LEN] = {1};
    struct acc_s3_call *call = &probe->call;
    probe->sum =
        acc_s3_sum_of(stage == ACC_PROBE_MD5 ? ACC_S3_CHECKSUM_NONE : probe->settled, one_byte, 1);
    if (stage == ACC_PROBE_SUM)
        probe->sum.bytes[0] ^= 1;
    acc_s3_upload_part(call, probe->s3, key, id, 1, one_byte, 1,
                       stage == ACC_PROBE_HASH ? wrong_sha256 : NULL, &probe->sum);
    if (stage == ACC_PROBE_MD5)
        acc_base64_encode(wrong_sha256, 16, call->content_md5);
    call->single = true;
}

static void start_stage(struct acc_s3_probe *probe, enum acc_s3_probe_stage stage)
{
    const struct acc_s3_sum none = {0};
    struct acc_s3_call *call = &probe->call;
    const char *key = acc_str_cstr(&probe->key), *id = acc_str_cstr(&probe->upload_id);
    probe->stage = stage;
    switch (stage) {
    case ACC_PROBE_LOCK:
        acc_s3_get_lock(call, probe->s3);
        break;
    case ACC_PROBE_CREATE:
        probe->kept_since = acc_clock_boot();
        acc_s3_create_upload(call, probe->s3, key, probe->settled);
        acc_s3_call_header(call, ACC_S3_META_TOKEN, "probe");
        break;
    case ACC_PROBE_PART:
        probe->sum = acc_s3_sum_of(probe->settled, one_byte, 1);
        acc_s3_upload_part(call, probe->s3, key, id, 1, one_byte, 1, NULL, &probe->sum);
        call->unsigned_body = probe->unsigned_parts;
        break;
    case ACC_PROBE_HASH:
    case ACC_PROBE_SUM:
    case ACC_PROBE_MD5:
        make_wrong(probe, stage, key, id);
        break;
    case ACC_PROBE_CONDITION:
        acc_s3_complete_begin(&probe->xml);
        acc_s3_complete_part(&probe->xml, 1, "00000000000000000000000000000000", &none);
        acc_s3_complete_end(&probe->xml);
        acc_s3_complete_upload(call, probe->s3, key, id, &probe->xml, &none);
        call->single = true;
        break;
    case ACC_PROBE_ABORT:
        acc_s3_abort_upload(call, probe->s3, key, id);
        break;
    case ACC_PROBE_LIST:
    case ACC_PROBE_STAGES:
        acc_s3_list_objects(call, probe->s3, acc_s3_where(probe->s3)->prefix, 1, &probe->page);
        break;
    }
    call->passes_hold = true;
    call->on_done = on_call_done;
    acc_s3_call_start(call);
}

void acc_s3_probe_init(struct acc_s3_probe *probe, struct acc_loop *loop)
{
    acc_timer_init(loop, &probe->timer, on_again);
}

void acc_s3_probe_start(struct acc_s3_probe *probe)
{
    probe->tried = probe->candidate = 0;
    probe->settled = probe->checksum == ACC_S3_CHECKSUM_AUTO ? candidates[0] : probe->checksum;
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
    if (probe->call.running) {
        /* The upload that was created is aborted all the same: let that stage end by itself. */
        if (!holds_upload(probe) && probe->stage != ACC_PROBE_ABORT)
            acc_s3_call_cancel(&probe->call);
    } else {
        acc_timer_start(&probe->timer, 0);
    }
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
