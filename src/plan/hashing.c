/* Happy path: open, read and hash step by step, look for changes, on_done. What the source has
 * hashed already (a package) is not read again. Failure: the file cannot be opened or read, or
 * changes meanwhile; `code` says which. Close: the file is closed before on_done. */
#include "plan/hashing.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

#define STEP ((int64_t)16 << 20)
#define BUFFER ((int64_t)1 << 18)

static void step(struct acc_hashing *h);

static bool is_known(struct acc_hashing *h)
{
    struct stat st;
    if (!acc_source_known(h->source, h->path, h->wanted, &h->digests, &st))
        return false;
    h->content.size = st.st_size;
    h->content.file.st = st;
    h->over = true;
    return true;
}

static void work(struct acc_job *job)
{
    struct acc_hashing *h = ACC_CONTAINER_OF(job, struct acc_hashing, job);
    struct acc_content *content = &h->content;
    if (!h->opened && is_known(h))
        return;
    if (!h->opened)
        h->code = acc_content_open(content, h->source, h->algs, h->wanted, h->path, -1, &h->err);
    h->opened = true;
    int64_t until = content->offset + STEP;
    until = until < content->size ? until : content->size;
    void *buffer = acc_alloc((size_t)BUFFER);
    while (h->code == ACC_OK && content->offset < until) {
        int64_t left = until - content->offset;
        h->code =
            acc_content_read(content, buffer, (size_t)(left < BUFFER ? left : BUFFER), &h->err);
    }
    free(buffer);
    h->over = h->code != ACC_OK || content->offset == content->size;
    if (h->over && h->code == ACC_OK)
        h->code = acc_content_finish(content, &h->digests, &h->err);
}

static void on_step(struct acc_job *job)
{
    struct acc_hashing *h = ACC_CONTAINER_OF(job, struct acc_hashing, job);
    if (h->cancelled && !h->over)
        h->code = acc_error_set(&h->err, ACC_INTERRUPTED, "interrupted");
    else if (!h->over) {
        step(h);
        return;
    }
    h->size = h->content.size;
    h->modified = acc_time_of(h->content.file.st.st_mtim);
    acc_content_close(&h->content);
    h->on_done(h);
}

static void step(struct acc_hashing *h)
{
    h->job.work = work;
    h->job.done = on_step;
    acc_job_start(h->loop, &h->job);
}

void acc_hashing_start(struct acc_hashing *h)
{
    h->opened = h->over = h->cancelled = false;
    h->code = ACC_OK;
    h->content = (struct acc_content){0};
    acc_source_expect(h->source, h->path);
    step(h);
}

void acc_hashing_cancel(struct acc_hashing *h)
{
    h->cancelled = true;
}

void acc_hashing_release(struct acc_hashing *h)
{
    if (h->opened)
        acc_content_close(&h->content);
}
