/* One client connection.
 *
 *     HEAD --head read--> BODY --body read, or the rule's bytes= reached--> ANSWERING --> HEAD
 *                                                                              \--> DRAINING
 *
 * In ANSWERING at most one is in progress: a delay, a write, or nothing (a stall, a hold). DRAINING
 * reads and forgets what the client still sends after an early answer, so that it gets to read it.
 * A connection ends when the peer closes, when a rule says so, or with the server; its memory is
 * free once both handles have been closed.
 */
#include "exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

enum state { HEAD, BODY, ANSWERING, DRAINING, CLOSING };

struct connection {
    uv_tcp_t tcp;
    uv_timer_t delay;
    uv_write_t write;
    uv_shutdown_t shutdown;
    struct acc_link link;
    struct server *server;
    enum state state;
    struct acc_str in, out;
    struct exchange x;
    bool has_exchange, close_after, held;
    size_t sent; /* of a reply that drips */
    int open_handles;
};

static void advance(struct connection *c);

static void on_handle_closed(uv_handle_t *handle)
{
    struct connection *c = handle->data;
    if (--c->open_handles > 0)
        return;
    acc_list_remove(&c->link);
    acc_str_release(&c->in);
    acc_str_release(&c->out);
    exchange_release(&c->x);
    free(c);
}

static void close_connection(struct connection *c, bool reset)
{
    if (c->state == CLOSING)
        return;
    c->state = CLOSING;
    uv_close((uv_handle_t *)&c->delay, on_handle_closed);
    if (!reset || uv_tcp_close_reset(&c->tcp, on_handle_closed) != 0)
        uv_close((uv_handle_t *)&c->tcp, on_handle_closed);
}

static void send_text(struct connection *c, const char *text)
{
    uv_buf_t buf = uv_buf_init((char *)text, (unsigned)strlen(text));
    uv_try_write((uv_stream_t *)&c->tcp, &buf, 1);
}

/* ---- sending ---- */

static void end_exchange(struct connection *c)
{
    exchange_release(&c->x);
    c->has_exchange = false;
}

static void on_shut_down(uv_shutdown_t *req, int status)
{
    struct connection *c = req->data;
    if (status < 0)
        close_connection(c, false);
}

static void on_written(uv_write_t *req, int status)
{
    struct connection *c = req->data;
    if (c->state == CLOSING)
        return;
    acc_str_release(&c->out);
    end_exchange(c);
    if (status < 0) {
        close_connection(c, false);
    } else if (c->close_after) {
        c->state = DRAINING;
        acc_str_clear(&c->in);
        c->shutdown.data = c;
        if (uv_shutdown(&c->shutdown, (uv_stream_t *)&c->tcp, on_shut_down) != 0)
            close_connection(c, false);
    } else {
        c->state = HEAD;
        advance(c);
    }
}

/* The next bytes of a reply that drips: the head, then one by one. */
static void drip(struct connection *c);

static void on_drip_due(uv_timer_t *timer)
{
    drip(timer->data);
}

static void on_dripped(uv_write_t *req, int status)
{
    struct connection *c = req->data;
    if (c->state == CLOSING)
        return;
    if (status < 0 || c->sent == c->out.len)
        on_written(req, status);
    else
        uv_timer_start(&c->delay, on_drip_due, (uint64_t)c->x.rule->how.drip_ms, 0);
}

static void drip(struct connection *c)
{
    const char *body = c->sent == 0 ? strstr(acc_str_cstr(&c->out), "\r\n\r\n") : NULL;
    size_t len = body != NULL ? (size_t)(body + 4 - c->out.data) : 1;
    uv_buf_t buf = uv_buf_init(c->out.data + c->sent, (unsigned)len);
    c->sent += len;
    c->write.data = c;
    if (uv_write(&c->write, (uv_stream_t *)&c->tcp, &buf, 1, on_dripped) != 0)
        close_connection(c, false);
}

static void send_out(struct connection *c)
{
    uv_buf_t buf = uv_buf_init(c->out.data, (unsigned)c->out.len);
    c->write.data = c;
    c->sent = 0;
    if (c->out.len > 0 && c->x.rule != NULL && c->x.rule->how.drip_ms > 0)
        drip(c);
    else if (c->out.len == 0 ||
             uv_write(&c->write, (uv_stream_t *)&c->tcp, &buf, 1, on_written) != 0)
        close_connection(c, false);
}

static void carry_out(struct connection *c)
{
    static const char garbage[] = "\x16\x03\x01\x02\x01this is not HTTP\r\n\r\n\x01\xff\xfe";
    switch (c->x.rule ? c->x.rule->action : ACTION_PASS) {
    case ACTION_PASS:
    case ACTION_ANSWER:
        exchange_render(&c->x, &c->out, &c->close_after);
        break;
    case ACTION_GARBAGE:
        acc_str_add_n(&c->out, garbage, sizeof garbage - 1);
        c->close_after = true;
        break;
    case ACTION_DROP:
        close_connection(c, false);
        return;
    case ACTION_RESET:
        close_connection(c, true);
        return;
    case ACTION_STALL:
        return;
    }
    send_out(c);
}

static void on_delayed(uv_timer_t *timer)
{
    carry_out(timer->data);
}

/* ---- deciding ---- */

/* "200", "403:AccessDenied", "drop", "acted+drop" */
static void log_outcome(const struct exchange *x)
{
    static const char *const actions[] = {"pass", "answer", "drop", "reset", "stall", "garbage"};
    enum action action = x->rule ? x->rule->action : ACTION_PASS;
    char done[128];
    const char *acted = x->rule && x->rule->act ? "acted+" : "";
    if (action != ACTION_PASS && action != ACTION_ANSWER)
        snprintf(done, sizeof done, "%s%s", acted, actions[action]);
    else if (x->reply.code != NULL)
        snprintf(done, sizeof done, "%s%d:%s", acted, x->reply.status, x->reply.code);
    else
        snprintf(done, sizeof done, "%s%d", acted, x->reply.status);
    exchange_log(x, done);
}

static bool waits_for(const struct connection *c, const struct rule *rule)
{
    return c->state == ANSWERING && c->held && (rule == NULL || c->x.rule == rule);
}

/* The last of those that wait for each other sends immediately, as does a reply that waits for
 * none. */
static bool must_wait(const struct connection *c)
{
    long long waiting = 1;
    if (c->x.rule == NULL || c->x.rule->how.hold == 0)
        return false;
    ACC_LIST_EACH (link, &c->server->connections)
        waiting += waits_for(ACC_CONTAINER_OF(link, struct connection, link), c->x.rule);
    return waiting < c->x.rule->how.hold;
}

void connections_release(struct server *server, const struct rule *rule)
{
    ACC_LIST_EACH (link, &server->connections) {
        struct connection *c = ACC_CONTAINER_OF(link, struct connection, link);
        if (!waits_for(c, rule))
            continue;
        c->held = false;
        carry_out(c);
    }
}

static void answer(struct connection *c)
{
    struct exchange *x = &c->x;
    c->state = ANSWERING;
    c->close_after = !x->request.keep_alive || x->request.chunked ||
                     (long long)x->body.len < x->request.content_length;
    sha256_hex(acc_str_cstr(&x->body), x->body.len, x->sha256);
    if (control_wants(&x->request)) {
        control_answer(x);
        carry_out(c);
        return;
    }
    if (x->rule == NULL || x->rule->act || x->rule->action == ACTION_PASS)
        model_answer(x);
    if (x->rule != NULL && x->rule->action == ACTION_ANSWER)
        rule_answer(x);
    log_outcome(x);
    c->held = must_wait(c);
    if (c->held)
        return;
    if (x->rule != NULL && x->rule->how.hold > 0)
        connections_release(c->server, x->rule);
    if (x->rule != NULL && x->rule->how.delay_ms > 0)
        uv_timer_start(&c->delay, on_delayed, (uint64_t)x->rule->how.delay_ms, 0);
    else
        carry_out(c);
}

/* The number of body bytes to wait for. A client that asks before it sends gets a refusal
 * immediately.
 */
static long long awaited(const struct exchange *x)
{
    const struct rule *rule = x->rule;
    long long all = x->request.chunked ? 0 : x->request.content_length;
    if (rule == NULL || rule->act || rule->action == ACTION_PASS)
        return all;
    if (rule->how.bytes >= 0)
        return rule->how.bytes < all ? rule->how.bytes : all;
    return x->request.expect_continue ? 0 : all;
}

static void begin(struct connection *c)
{
    struct exchange *x = &c->x;
    exchange_begin(x, c->server);
    c->has_exchange = true;
    c->state = BODY;
    if (control_wants(&x->request))
        return;
    x->number = ++c->server->number;
    const struct occasion occasion = {x->op,   x->bucket_name, x->key,     x->access_key,
                                      x->part, x->number,      &x->request};
    x->rule = scenario_match(c->server->scenario, &occasion);
    if (x->request.expect_continue && awaited(x) > 0)
        send_text(c, "HTTP/1.1 100 Continue\r\n\r\n");
}

static void take(struct acc_str *in, size_t len)
{
    memmove(in->data, in->data + len, in->len - len);
    acc_str_cut(in, in->len - len);
}

static void read_head(struct connection *c)
{
    ssize_t len = http_parse_head(acc_str_cstr(&c->in), c->in.len, &c->x.request);
    if (len < 0) {
        send_text(c, "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        close_connection(c, false);
    } else if (len > 0) {
        take(&c->in, (size_t)len);
        begin(c);
    }
}

static void read_body(struct connection *c)
{
    size_t missing = (size_t)awaited(&c->x) - c->x.body.len;
    size_t here = c->in.len < missing ? c->in.len : missing;
    if (here > 0) {
        acc_str_add_n(&c->x.body, c->in.data, here);
        take(&c->in, here);
    }
    if (here == missing)
        answer(c);
}

static void advance(struct connection *c)
{
    enum state before;
    do {
        before = c->state;
        if (c->state == HEAD && c->in.len > 0)
            read_head(c);
        else if (c->state == BODY)
            read_body(c);
        else if (c->state == DRAINING)
            acc_str_clear(&c->in);
    } while (c->state != before && c->state != CLOSING);
}

/* ---- reading ---- */

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct connection *c = handle->data;
    acc_str_reserve(&c->in, suggested);
    *buf = uv_buf_init(c->in.data + c->in.len, (unsigned)suggested);
}

static void on_peer_left(struct connection *c)
{
    if (c->state == BODY && !control_wants(&c->x.request)) {
        sha256_hex(acc_str_cstr(&c->x.body), c->x.body.len, c->x.sha256);
        exchange_log(&c->x, "client-left");
    }
    close_connection(c, false);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
    struct connection *c = stream->data;
    if (c->state == CLOSING)
        return;
    if (got < 0) {
        on_peer_left(c);
        return;
    }
    c->in.len += (size_t)got;
    c->in.data[c->in.len] = '\0';
    advance(c);
}

void connection_accept(struct server *server)
{
    struct connection *c = ACC_NEW(struct connection);
    c->server = server;
    c->open_handles = 2;
    c->tcp.data = c->delay.data = c;
    uv_tcp_init(&server->loop, &c->tcp);
    uv_timer_init(&server->loop, &c->delay);
    acc_list_push(&server->connections, &c->link);
    if (uv_accept((uv_stream_t *)&server->listener, (uv_stream_t *)&c->tcp) != 0 ||
        uv_tcp_nodelay(&c->tcp, 1) != 0 ||
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) != 0)
        close_connection(c, false);
}

void connections_close(struct server *server)
{
    ACC_LIST_EACH (link, &server->connections)
        close_connection(ACC_CONTAINER_OF(link, struct connection, link), false);
}
