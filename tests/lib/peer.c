/* Happy path: a connection collects bytes until a request is whole, hands it over, and writes the
 * next answer. Failure: an assertion of libuv's calls. Close: connections and the listener are
 * closed; a connection's memory goes with its close callback. */
#include "peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

struct connection {
    uv_tcp_t tcp;
    struct peer *peer;
    struct acc_str in;
    struct acc_link link;
};

struct saying {
    uv_write_t write;
    struct connection *connection;
    enum peer_then then;
    char *bytes;
};

static void must(int result, const char *what)
{
    if (result == 0)
        return;
    fprintf(stderr, "peer: %s: %s\n", what, uv_strerror(result));
    abort();
}

static void on_closed(uv_handle_t *handle)
{
    struct connection *c = ACC_CONTAINER_OF((uv_tcp_t *)handle, struct connection, tcp);
    acc_str_release(&c->in);
    free(c);
}

static void end(struct connection *c, enum peer_then then)
{
    if (then == PEER_KEEP || uv_is_closing((uv_handle_t *)&c->tcp))
        return;
    acc_list_remove(&c->link);
    if (then == PEER_RESET)
        must(uv_tcp_close_reset(&c->tcp, on_closed), "reset");
    else
        uv_close((uv_handle_t *)&c->tcp, on_closed);
}

static void on_said(uv_write_t *write, int status)
{
    struct saying *saying = ACC_CONTAINER_OF(write, struct saying, write);
    if (status == 0)
        end(saying->connection, saying->then);
    free(saying->bytes);
    free(saying);
}

static void say(struct connection *c, const char *bytes, size_t len, enum peer_then then)
{
    if (bytes == NULL || len == 0) {
        end(c, then);
        return;
    }
    struct saying *saying = ACC_NEW(struct saying);
    saying->connection = c;
    saying->then = then;
    saying->bytes = acc_memdup(bytes, len);
    uv_buf_t buf = uv_buf_init(saying->bytes, (unsigned)len);
    must(uv_write(&saying->write, (uv_stream_t *)&c->tcp, &buf, 1, on_said), "write");
}

void peer_say(struct peer *peer, const char *bytes, enum peer_then then)
{
    if (!acc_list_empty(&peer->open))
        say(ACC_CONTAINER_OF(peer->open.prev, struct connection, link), bytes,
            bytes != NULL ? strlen(bytes) : 0, then);
}

/* Length of the first request in `in`, 0 as long as it is not whole. */
static size_t whole_request(const struct acc_str *in, size_t *head)
{
    const char *end = in->len > 0 ? strstr(in->data, "\r\n\r\n") : NULL;
    if (end == NULL)
        return 0;
    *head = (size_t)(end - in->data) + 4;
    const char *length = strcasestr(in->data, "\r\ncontent-length:");
    size_t body = length != NULL && length < end ? strtoul(length + 17, NULL, 10) : 0;
    return in->len >= *head + body ? *head + body : 0;
}

static void answer(struct connection *c, size_t head, size_t len)
{
    struct peer *peer = c->peer;
    acc_str_clear(&peer->head);
    acc_str_add_n(&peer->head, c->in.data, head);
    acc_str_clear(&peer->body);
    acc_str_add_n(&peer->body, c->in.data + head, len - head);
    memmove(c->in.data, c->in.data + len, c->in.len - len + 1);
    c->in.len -= len;
    size_t at = peer->requests++;
    if (peer->on_request != NULL)
        peer->on_request(peer);
    const struct peer_answer *a =
        &peer->answers[at < peer->answer_count ? at : peer->answer_count - 1];
    say(c, a->reply, a->len > 0 || a->reply == NULL ? a->len : strlen(a->reply), a->then);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct connection *c = ACC_CONTAINER_OF((uv_tcp_t *)handle, struct connection, tcp);
    acc_str_reserve(&c->in, suggested);
    *buf = uv_buf_init(c->in.data + c->in.len, (unsigned)suggested);
}

static void on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
    struct connection *c = ACC_CONTAINER_OF((uv_tcp_t *)stream, struct connection, tcp);
    size_t head, len;
    if (got < 0) {
        end(c, PEER_CLOSE);
        return;
    }
    c->in.len += (size_t)got;
    c->in.data[c->in.len] = '\0';
    while (!uv_is_closing((uv_handle_t *)stream) && (len = whole_request(&c->in, &head)) > 0)
        answer(c, head, len);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct peer *peer = ACC_CONTAINER_OF((uv_tcp_t *)listener, struct peer, listener);
    struct connection *c = ACC_NEW(struct connection);
    must(status, "connection");
    c->peer = peer;
    must(uv_tcp_init(listener->loop, &c->tcp), "tcp");
    must(uv_accept(listener, (uv_stream_t *)&c->tcp), "accept");
    must(uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read), "read");
    acc_list_push(&peer->open, &c->link);
    peer->connections++;
}

void peer_start(struct peer *peer, struct acc_loop *loop)
{
    struct sockaddr_in address;
    int len = sizeof address;
    acc_list_init(&peer->open);
    must(uv_tcp_init(&loop->uv, &peer->listener), "tcp");
    must(uv_ip4_addr("127.0.0.1", 0, &address), "address");
    must(uv_tcp_bind(&peer->listener, (struct sockaddr *)&address, 0), "bind");
    must(uv_listen((uv_stream_t *)&peer->listener, 128, on_connection), "listen");
    must(uv_tcp_getsockname(&peer->listener, (struct sockaddr *)&address, &len), "port");
    snprintf(peer->url, sizeof peer->url, "http://127.0.0.1:%d", ntohs(address.sin_port));
}

void peer_stop(struct peer *peer)
{
    while (!acc_list_empty(&peer->open))
        end(ACC_CONTAINER_OF(peer->open.next, struct connection, link), PEER_CLOSE);
    if (!uv_is_closing((uv_handle_t *)&peer->listener))
        uv_close((uv_handle_t *)&peer->listener, NULL);
    acc_str_release(&peer->head);
    acc_str_release(&peer->body);
}
