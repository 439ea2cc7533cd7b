/* Start: pipes, uv_spawn, reading. The end has several parts (the exit, and each pipe's end), each
 * of which closes a handle; the last one closed calls on_done. If a child cannot be started, its
 * open handles are closed, and so it comes to the same end. */
#include "loop/child.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"

static void on_closed(uv_handle_t *handle)
{
    struct acc_child *child = handle->data;
    if (--child->open > 0)
        return;
    acc_str_release(&child->line);
    acc_str_release(&child->input);
    child->running = false;
    child->on_done(child);
}

static void close_handle(uv_handle_t *handle)
{
    if (!uv_is_closing(handle))
        uv_close(handle, on_closed);
}

static void on_ended(uv_process_t *process, int64_t status, int signal)
{
    struct acc_child *child = process->data;
    child->signal = signal;
    child->status = signal != 0 ? -1 : (int)status;
    close_handle((uv_handle_t *)process);
    if (child->input.len > 0)
        close_handle((uv_handle_t *)&child->in); /* it may have left some of it unread */
}

/* ---- what it writes ---- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct acc_child *child = handle->data;
    (void)suggested;
    *buffer = uv_buf_init(child->buffer, sizeof child->buffer);
}

static void take(struct acc_child *child, const char *bytes, size_t len)
{
    while (len > 0) {
        const char *end = memchr(bytes, '\n', len);
        size_t part = end != NULL ? (size_t)(end - bytes) : len;
        child->too_long = child->too_long || child->line.len + part > ACC_CHILD_LINE;
        if (!child->too_long)
            acc_str_add_n(&child->line, bytes, part);
        if (end == NULL)
            return;
        if (!child->too_long)
            child->on_line(child, acc_str_cstr(&child->line), child->line.len);
        child->too_long = false;
        acc_str_clear(&child->line);
        bytes = end + 1;
        len -= part + 1;
    }
}

static void on_out(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
    struct acc_child *child = stream->data;
    if (got > 0)
        take(child, buffer->base, (size_t)got);
    else if (got < 0)
        close_handle((uv_handle_t *)stream);
}

static void on_err(uv_stream_t *stream, ssize_t got, const uv_buf_t *buffer)
{
    struct acc_child *child = stream->data;
    if (got < 0)
        close_handle((uv_handle_t *)stream);
    if (got <= 0)
        return;
    struct acc_str text = {0};
    acc_str_add(&text, child->tail);
    acc_text_show(&text, buffer->base, (size_t)got);
    size_t skip = text.len >= sizeof child->tail ? text.len - sizeof child->tail + 1 : 0;
    snprintf(child->tail, sizeof child->tail, "%s", acc_str_cstr(&text) + skip);
    acc_str_release(&text);
}

static void on_written(uv_write_t *write, int status)
{
    struct acc_child *child = write->data;
    (void)status; /* a child need not read */
    close_handle((uv_handle_t *)&child->in);
}

/* ---- start ---- */

static void open_pipe(struct acc_loop *loop, struct acc_child *child, uv_pipe_t *pipe)
{
    uv_pipe_init(&loop->uv, pipe, 0); /* cannot fail: it opens nothing yet */
    pipe->data = child;
    child->open++;
}

static void set_stdio(struct acc_loop *loop, struct acc_child *child, uv_stdio_container_t stdio[3])
{
    const uv_stdio_flags to_us = UV_CREATE_PIPE | UV_WRITABLE_PIPE;
    stdio[0].flags = UV_IGNORE;
    stdio[1].flags = stdio[2].flags = UV_INHERIT_FD;
    stdio[1].data.fd = stdio[2].data.fd = 2;
    if (child->input.len > 0) {
        open_pipe(loop, child, &child->in);
        stdio[0].flags = UV_CREATE_PIPE | UV_READABLE_PIPE;
        stdio[0].data.stream = (uv_stream_t *)&child->in;
    }
    if (child->on_line == NULL)
        return;
    open_pipe(loop, child, &child->out);
    open_pipe(loop, child, &child->err);
    stdio[1].flags = stdio[2].flags = to_us;
    stdio[1].data.stream = (uv_stream_t *)&child->out;
    stdio[2].data.stream = (uv_stream_t *)&child->err;
}

/* The environment without AWS_*; the caller frees the array, whose strings are borrowed. */
static char **without_secrets(void)
{
    size_t count = 0, kept = 0;
    while (environ[count] != NULL)
        count++;
    char **env = acc_realloc(NULL, (count + 1) * sizeof *env);
    for (size_t i = 0; i < count; i++)
        if (!acc_starts_with(environ[i], "AWS_"))
            env[kept++] = environ[i];
    env[kept] = NULL;
    return env;
}

static void fail(struct acc_child *child, const char *program, int number)
{
    child->status = -1;
    child->signal = 0;
    snprintf(child->tail, sizeof child->tail, "%.200s cannot be started: %s", program,
             uv_strerror(number));
    close_handle((uv_handle_t *)&child->process);
    if (child->input.len > 0)
        close_handle((uv_handle_t *)&child->in);
    if (child->on_line == NULL)
        return;
    close_handle((uv_handle_t *)&child->out);
    close_handle((uv_handle_t *)&child->err);
}

static void start_talking(struct acc_child *child)
{
    if (child->on_line != NULL) {
        uv_read_start((uv_stream_t *)&child->out, on_alloc, on_out);
        uv_read_start((uv_stream_t *)&child->err, on_alloc, on_err);
    }
    if (child->input.len == 0)
        return;
    uv_buf_t buffer = uv_buf_init(child->input.data, (unsigned)child->input.len);
    child->write.data = child;
    if (uv_write(&child->write, (uv_stream_t *)&child->in, &buffer, 1, on_written) != 0)
        close_handle((uv_handle_t *)&child->in);
}

void acc_child_start(struct acc_loop *loop, struct acc_child *child, const char *program,
                     const char *const *argv, const char *input)
{
    uv_stdio_container_t stdio[3];
    child->open = 1;
    child->too_long = false;
    child->tail[0] = '\0';
    child->process.data = child;
    if (input != NULL)
        acc_str_add(&child->input, input);
    set_stdio(loop, child, stdio);
    char **env = child->foreign ? without_secrets() : NULL;
    const uv_process_options_t options = {
        .file = program,
        .args = (char **)(uintptr_t)argv, /* libuv leaves them as they are */
        .exit_cb = on_ended,
        .env = env,
        .stdio = stdio,
        .stdio_count = 3,
        .flags = child->own_group ? UV_PROCESS_DETACHED : 0,
    };
    int result = uv_spawn(&loop->uv, &child->process, &options);
    free(env);
    if (result != 0) {
        fail(child, program, result);
        return;
    }
    child->running = true;
    start_talking(child);
}

void acc_child_kill(struct acc_child *child, int signal)
{
    if (!child->running || uv_is_closing((uv_handle_t *)&child->process))
        return;
    int pid = uv_process_get_pid(&child->process);
    uv_kill(child->own_group ? -pid : pid, signal);
}
