/* Checking a local file: opened, read and hashed on the pool, several files concurrently, some
 * megabytes a job, so that the loop stays awake to stop and to slow down. A file that changes
 * meanwhile, is missing or has another size is a finding like any other. After a cancel, the step
 * in progress is the last. */
#include "verify/check.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"

/* Large enough that handing over costs nothing, small enough to stop soon. */
#define STEP ((size_t)16 << 20)
#define BUFFER ((size_t)1 << 18)

static void step(struct acc_check *c);

/* A package was hashed as a whole; its files are not read one by one. */
static bool is_known(struct acc_check *c)
{
    struct stat st;
    if (!acc_source_known(c->env->source, c->entry.path, c->entry.promised.present,
                          &c->local.digests, &st))
        return false;
    c->local.opened = c->local.over = true;
    c->local.content.size = st.st_size;
    c->local.code = acc_content_check_size(st.st_size, c->entry.size, &c->local.err);
    return true;
}

static void work_step(struct acc_job *job)
{
    struct acc_check *c = ACC_CONTAINER_OF(job, struct acc_check, local.job);
    struct acc_content *content = &c->local.content;
    if (!c->local.opened && is_known(c))
        return;
    if (!c->local.opened) {
        c->local.opened = true;
        c->local.code = acc_content_open(content, c->env->source, c->env->reading.algs,
                                         c->entry.promised.present, c->entry.path, c->entry.size,
                                         &c->local.err);
    }
    int64_t from = content->offset;
    while (c->local.code == ACC_OK && content->offset < content->size &&
           content->offset - from < c->local.step) {
        int64_t left = content->size - content->offset;
        c->local.code =
            acc_content_read(content, c->local.buffer,
                             left < (int64_t)BUFFER ? (size_t)left : BUFFER, &c->local.err);
    }
    c->local.read = (size_t)(content->offset - from);
    c->local.over = c->local.code != ACC_OK || content->offset == content->size;
    if (c->local.over && c->local.code == ACC_OK)
        c->local.code = acc_content_finish(content, &c->local.digests, &c->local.err);
}

static enum acc_finding finding_of(enum acc_code code)
{
    switch (code) {
    case ACC_FILE_MISSING:
        return ACC_FINDING_MISSING;
    case ACC_FILE_SIZE:
        return ACC_FINDING_SIZE;
    default:
        return ACC_FINDING_UNREADABLE;
    }
}

/* A shortage of this machine, or of the server that the source lies on, says nothing of the file.
 */
static void lose(struct acc_check *c)
{
    struct acc_str path = {0};
    acc_path_show(&path, c->entry.path, strlen(c->entry.path));
    c->err = c->local.err;
    acc_error_context(&c->err, "%s", acc_str_cstr(&path));
    acc_str_release(&path);
    c->end = ACC_CHECK_LOST;
}

static void conclude(struct acc_check *c)
{
    struct acc_verdict *v = &c->verdict;
    if (acc_source_fails_all(c->env->source, c->local.code)) {
        lose(c);
        return;
    }
    if (c->local.code != ACC_OK) {
        *v = (struct acc_verdict){.finding = finding_of(c->local.code), .proof = ACC_PROOF_NONE};
        snprintf(v->detail, sizeof v->detail, "%.639s", c->local.err.message);
        if (v->finding == ACC_FINDING_SIZE)
            c->size = c->local.content.size;
        return;
    }
    c->size = c->local.content.size;
    c->digests = &c->local.digests;
    /* The bucket's rules know what bytes that were read mean. */
    c->facts.level = ACC_LEVEL_READ;
    c->facts.archived = NULL;
    c->facts.read.answer = ACC_ANSWER_YES;
    c->facts.read.size = c->size;
    c->facts.read.digests = c->local.digests;
    c->facts.look.answer = ACC_ANSWER_YES;
    acc_rules_next(&c->facts, v);
}

static void on_step(struct acc_job *job)
{
    struct acc_check *c = ACC_CONTAINER_OF(job, struct acc_check, local.job);
    struct acc_reading_env *env = &c->env->reading;
    c->taken += (int64_t)c->local.read;
    env->bytes_read += (int64_t)c->local.read;
    acc_rate_spend(c->env->rate, (int64_t)c->local.read);
    if (c->local.over) {
        conclude(c);
        c->env->on_done(c);
    } else {
        step(c);
    }
}

static void on_turn(struct acc_rate_wait *wait)
{
    step(ACC_CONTAINER_OF(wait, struct acc_check, local.rate_wait));
}

static void step(struct acc_check *c)
{
    if (c->stop) {
        c->end = ACC_CHECK_CANCELLED;
        c->env->on_done(c);
        return;
    }
    if (!acc_rate_ask(c->env->rate, &c->local.rate_wait))
        return;
    c->local.step = (int64_t)acc_rate_slice(c->env->rate, STEP);
    c->local.job.work = work_step;
    c->local.job.done = on_step;
    acc_job_start(c->env->reading.loop, &c->local.job);
}

void acc_check_begin_local(struct acc_check *c)
{
    c->local.rate_wait.on_turn = on_turn;
    c->local.buffer = acc_alloc(BUFFER);
    step(c);
}
