/* HTTP on the event loop (loop/http.h), against a server that keeps alive, resets, cuts its answers
 * or says nothing. Whatever happens, on_done comes exactly once, from the loop, never inside
 * start() or cancel(); and what `failure` and `reached` say decides whether a write may be retried.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <curl/curl.h>

#include "base/mem.h"
#include "loop/http.h"
#include "../lib/peer.h"

#define OK_REPLY "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
#define EMPTY_REPLY "HTTP/1.1 204 No Content\r\n\r\n"
#define SMALL_REPLY "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
/* A test that waits in vain ends here; no other test takes this long. */
#define HANGS_S 120

struct world;

struct asked {
    struct acc_http_request http;
    struct world *world;
    unsigned done, seen; /* calls of on_done and on_data */
    bool inside;         /* start() or cancel() is in progress */
    unsigned again;      /* times to be started again from on_done */
    bool pauses;         /* on_data refuses the bytes the first time */
    struct acc_str data;
};

struct world {
    struct acc_loop loop;
    struct acc_http *http;
    struct peer peer;
    unsigned waiting; /* requests started and not done; the loop stops at 0 */
    struct acc_timer later;
    struct asked *target; /* of `later` and of the peer's on_request */
    void (*act)(struct asked *asked);
};

/* ---- the world ---- */

static void on_later(struct acc_timer *timer)
{
    struct world *world = ACC_CONTAINER_OF(timer, struct world, later);
    world->act(world->target);
}

static unsigned loops; /* that send and receive: every test runs with one, and with several */

static void open_client(struct world *world, const struct acc_http_options *options)
{
    struct acc_http_options all = *options;
    all.loops = loops;
    struct acc_error err;
    assert_int_equal(acc_http_new(&world->loop, &all, &world->http, &err), ACC_OK);
}

static int setup(void **state)
{
    static const struct acc_http_options plain = {.connections = 8};
    static const struct peer_answer hello = {.reply = OK_REPLY};
    struct world *world = ACC_NEW(struct world);
    struct acc_error err;
    assert_int_equal(acc_loop_init(&world->loop, &err), ACC_OK);
    acc_timer_init(&world->loop, &world->later, on_later);
    world->peer.answers = &hello;
    world->peer.answer_count = 1;
    world->peer.arg = world;
    peer_start(&world->peer, &world->loop);
    open_client(world, &plain);
    *state = world;
    alarm(HANGS_S);
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    acc_http_free(world->http);
    acc_timer_close(&world->later, NULL);
    peer_stop(&world->peer);
    acc_loop_release(&world->loop);
    free(world);
    alarm(0);
    return 0;
}

static void answers(struct world *world, const struct peer_answer *list, size_t count)
{
    world->peer.answers = list;
    world->peer.answer_count = count;
}

/* The list outlives the run: the peer reads it while it answers. */
#define ANSWERS(world, ...)                                                                        \
    static const struct peer_answer list_of_answers[] = {__VA_ARGS__};                             \
    answers(world, list_of_answers, ACC_COUNT_OF(list_of_answers))

/* ---- requests ---- */

static void start(struct asked *asked)
{
    asked->world->waiting++;
    asked->inside = true;
    acc_http_start(asked->world->http, &asked->http);
    asked->inside = false;
}

static void on_done(struct acc_http_request *request)
{
    struct asked *asked = ACC_CONTAINER_OF(request, struct asked, http);
    struct world *world = asked->world;
    assert_false(asked->inside);
    asked->done++;
    world->waiting--;
    acc_http_cancel(request); /* it is not running any more: nothing */
    if (asked->again > 0) {
        asked->again--;
        start(asked);
    }
    if (world->waiting == 0)
        acc_loop_stop(&world->loop);
}

static bool on_data(struct acc_http_request *request, const void *bytes, size_t len)
{
    struct asked *asked = ACC_CONTAINER_OF(request, struct asked, http);
    asked->seen++;
    if (asked->pauses) {
        asked->pauses = false;
        acc_timer_start(&asked->world->later, 20);
        return false;
    }
    acc_str_add_n(&asked->data, bytes, len);
    return true;
}

static void ask(struct asked *asked, struct world *world, const char *method)
{
    *asked = (struct asked){
        .world = world,
        .http = {.method = method, .url = world->peer.url, .direct = true, .on_done = on_done}};
}

static void cancel(struct asked *asked)
{
    asked->inside = true;
    acc_http_cancel(&asked->http);
    acc_http_cancel(&asked->http);
    asked->inside = false;
}

static void run(struct world *world)
{
    acc_loop_run(&world->loop);
    assert_int_equal(world->waiting, 0);
}

static void forget(struct asked *asked)
{
    acc_http_request_release(&asked->http);
    acc_str_release(&asked->data);
}

/* One request from beginning to end. */
static void go(struct asked *asked)
{
    start(asked);
    run(asked->world);
    assert_int_equal(asked->done, 1);
}

static void expect(struct asked *asked, enum acc_http_failure failure, bool reached)
{
    if (asked->http.failure != failure || asked->http.reached != reached)
        fail_msg("failure %d (%s), reached %d", asked->http.failure, asked->http.failure_text,
                 asked->http.reached);
}

/* ---- what goes well ---- */

static void connections_are_kept_and_used_again(void **state)
{
    struct world *world = *state;
    struct asked asked;
    ask(&asked, world, "GET");
    asked.again = 9;
    start(&asked);
    run(world);
    assert_int_equal(asked.done, 10);
    assert_int_equal(asked.http.status, 200);
    assert_string_equal(asked.http.reply.data, "hello");
    assert_int_equal(world->peer.requests, 10);
    assert_int_equal(world->peer.connections, 1);
    forget(&asked);
}

static void many_at_once_are_each_answered_once(void **state)
{
    struct world *world = *state;
    struct asked asked[40];
    for (size_t i = 0; i < ACC_COUNT_OF(asked); i++) {
        ask(&asked[i], world, "GET");
        asked[i].again = 2;
        start(&asked[i]);
    }
    run(world);
    for (size_t i = 0; i < ACC_COUNT_OF(asked); i++) {
        assert_int_equal(asked[i].done, 3);
        expect(&asked[i], ACC_HTTP_OK, true);
        assert_string_equal(asked[i].http.reply.data, "hello");
        forget(&asked[i]);
    }
    assert_int_equal(world->peer.requests, 3 * ACC_COUNT_OF(asked));
}

/* Easy handles are used again: nothing of one request may be seen in the next. */
static void a_request_leaves_no_trace_in_the_next(void **state)
{
    struct world *world = *state;
    struct asked asked;
    size_t len = 300000;
    char *body = acc_alloc(len);
    struct curl_slist *headers = curl_slist_append(NULL, "X-Mark: one");
    memset(body, 'b', len);
    ask(&asked, world, "PUT");
    asked.http.headers = headers;
    asked.http.body = body;
    asked.http.body_len = len;
    go(&asked);
    assert_memory_equal(world->peer.head.data, "PUT / HTTP/1.1\r\n", 16);
    assert_non_null(strstr(world->peer.head.data, "X-Mark: one"));
    assert_int_equal(world->peer.body.len, len);
    assert_memory_equal(world->peer.body.data, body, len);
    assert_int_equal(asked.http.sent, len);
    forget(&asked);
    static const char *const methods[] = {"GET", "HEAD", "DELETE", "GET", "POST"};
    for (size_t i = 0; i < ACC_COUNT_OF(methods); i++) {
        char line[32];
        ANSWERS(world, {.reply = EMPTY_REPLY});
        ask(&asked, world, methods[i]);
        go(&asked);
        snprintf(line, sizeof line, "%s / HTTP/1.1\r\n", methods[i]);
        assert_memory_equal(world->peer.head.data, line, strlen(line));
        assert_null(strstr(world->peer.head.data, "X-Mark"));
        assert_null(strcasestr(world->peer.head.data, "content-length: 3"));
        assert_int_equal(asked.http.status, 204);
        assert_int_equal(asked.http.sent, 0);
        assert_int_equal(asked.http.reply.len, 0);
        forget(&asked);
    }
    ask(&asked, world, "PUT");
    asked.http.body = ""; /* a body of nothing is not the same as none */
    go(&asked);
    assert_non_null(strcasestr(world->peer.head.data, "\r\ncontent-length: 0\r\n"));
    forget(&asked);
    curl_slist_free_all(headers);
    free(body);
}

static void an_answer_to_head_has_no_body(void **state)
{
    struct world *world = *state;
    struct asked asked;
    ANSWERS(world, {.reply = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"});
    ask(&asked, world, "HEAD");
    go(&asked);
    expect(&asked, ACC_HTTP_OK, true);
    assert_int_equal(asked.http.status, 200);
    forget(&asked);
}

static void keys_are_sent_as_they_are(void **state)
{
    struct world *world = *state;
    struct asked asked;
    char url[128];
    snprintf(url, sizeof url, "%s/b/../a/./%%2F%%20?x=/../", world->peer.url);
    ask(&asked, world, "GET");
    asked.http.url = url;
    go(&asked);
    assert_memory_equal(world->peer.head.data, "GET /b/../a/./%2F%20?x=/../ HTTP/1.1", 36);
    forget(&asked);
}

/* ---- headers ---- */

static void headers_are_those_of_the_answer(void **state)
{
    struct world *world = *state;
    struct asked asked;
    char value[16], small[4];
    ANSWERS(world, {.reply = "HTTP/1.1 100 Continue\r\nETag: early\r\n\r\n"
                             "HTTP/1.1 200 OK\r\nETAG:  \"first\"\r\nX-Amz-Meta-Sha256: 1f\r\n"
                             "etag: \"last\" \t\r\nX-Empty:\r\nX-Etag: other\r\n"
                             "Content-Length: 0\r\n\r\n"});
    ask(&asked, world, "GET");
    go(&asked);
    assert_string_equal(acc_http_header(&asked.http, "etag", value, sizeof value), "\"last\"");
    assert_ptr_equal(acc_http_header(&asked.http, "etag", value, sizeof value), value);
    assert_string_equal(acc_http_header(&asked.http, "x-amz-meta-sha256", value, sizeof value),
                        "1f");
    assert_string_equal(acc_http_header(&asked.http, "x-empty", value, sizeof value), "");
    assert_string_equal(acc_http_header(&asked.http, "x-etag", small, sizeof small), "oth");
    assert_null(acc_http_header(&asked.http, "x-eta", value, sizeof value));
    assert_null(acc_http_header(&asked.http, "tag", value, sizeof value));
    assert_null(strstr(asked.http.header_lines.data, "early"));
    forget(&asked);
}

/* A server that sends headers without end takes no memory without end. */
static void headers_beyond_all_measure_are_bounded(void **state)
{
    struct world *world = *state;
    struct asked asked;
    struct acc_str reply = {0};
    char value[8];
    acc_str_add(&reply, "HTTP/1.1 200 OK\r\nX-First: yes\r\n");
    for (int i = 0; i < 2000; i++)
        acc_str_addf(&reply, "X-Filling-%04d: %060d\r\n", i, i);
    acc_str_add(&reply, "X-Last: yes\r\nContent-Length: 2\r\n\r\nok");
    const struct peer_answer list[] = {{.reply = reply.data}};
    answers(world, list, 1);
    ask(&asked, world, "GET");
    go(&asked);
    expect(&asked, ACC_HTTP_OK, true);
    assert_string_equal(asked.http.reply.data, "ok");
    assert_string_equal(acc_http_header(&asked.http, "x-first", value, sizeof value), "yes");
    assert_null(acc_http_header(&asked.http, "x-last", value, sizeof value));
    assert_true(asked.http.header_lines.len < 70000);
    forget(&asked);
    acc_str_release(&reply);
}

static void one_header_beyond_all_measure_ends_the_request(void **state)
{
    struct world *world = *state;
    struct asked asked;
    struct acc_str reply = {0};
    acc_str_addf(&reply, "HTTP/1.1 200 OK\r\nX-Endless: %0400000d\r\n\r\n", 7);
    const struct peer_answer list[] = {{.reply = reply.data, .then = PEER_CLOSE}};
    answers(world, list, 1);
    ask(&asked, world, "GET");
    go(&asked);
    assert_int_not_equal(asked.http.failure, ACC_HTTP_OK);
    assert_true(asked.http.failure_text[0] != '\0');
    assert_true(asked.http.header_lines.len < 70000);
    forget(&asked);
    acc_str_release(&reply);
}

/* ---- answers that are cut, late, too long, or no HTTP ---- */

static void a_reply_cut_anywhere_is_broken(void **state)
{
    struct world *world = *state;
    static const char *const replies[] = {
        NULL,
        "HTTP/1.1 200",
        "HTTP/1.1 200 OK\r\nContent-",
        SMALL_REPLY,
        SMALL_REPLY "hello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
    };
    for (size_t i = 0; i < ACC_COUNT_OF(replies); i++)
        for (int then = PEER_CLOSE; then <= PEER_RESET; then++) {
            const struct peer_answer list[] = {{.reply = replies[i], .then = (enum peer_then)then}};
            struct asked asked;
            answers(world, list, 1);
            ask(&asked, world, "GET");
            go(&asked);
            if (asked.http.failure != ACC_HTTP_BROKEN || !asked.http.reached)
                fail_msg("reply %zu, %s: failure %d (%s), reached %d", i,
                         then == PEER_RESET ? "reset" : "closed", asked.http.failure,
                         asked.http.failure_text, asked.http.reached);
            assert_true(asked.http.failure_text[0] != '\0');
            forget(&asked);
        }
}

static void what_is_not_http_is_reported_as_such(void **state)
{
    struct world *world = *state;
    struct asked asked;
    ANSWERS(world, {.reply = "SSH-2.0-OpenSSH_9.2p1\r\n", .then = PEER_CLOSE});
    ask(&asked, world, "GET");
    go(&asked);
    expect(&asked, ACC_HTTP_NOT_HTTP, true);
    forget(&asked);
}

static void a_reply_may_be_as_long_as_was_said(void **state)
{
    struct world *world = *state;
    struct asked asked;
    ANSWERS(world, {.reply = SMALL_REPLY "0123456789"});
    ask(&asked, world, "GET");
    asked.http.reply_max = 10;
    go(&asked);
    expect(&asked, ACC_HTTP_OK, true);
    assert_string_equal(asked.http.reply.data, "0123456789");
    asked.done = 0;
    asked.http.reply_max = 9;
    go(&asked);
    expect(&asked, ACC_HTTP_TOO_LARGE, true);
    assert_int_equal(asked.http.status, 200);
    /* The connection that holds the rest is not used for the next one. */
    asked.done = 0;
    asked.http.reply_max = 0;
    go(&asked);
    assert_string_equal(asked.http.reply.data, "0123456789");
    forget(&asked);
}

static void silence_ends_a_request(void **state)
{
    struct world *world = *state;
    struct asked asked;
    static const char *const replies[] = {NULL, SMALL_REPLY "half"};
    for (size_t i = 0; i < ACC_COUNT_OF(replies); i++) {
        const struct peer_answer list[] = {{.reply = replies[i]}};
        answers(world, list, 1);
        ask(&asked, world, "PUT");
        asked.http.body = "body";
        asked.http.body_len = 4;
        asked.http.timeout_ms = 100;
        go(&asked);
        expect(&asked, ACC_HTTP_TIMEOUT, true);
        forget(&asked);
    }
}

static void silence_ends_a_request_without_a_limit_of_its_own(void **state)
{
    static const struct acc_http_options impatient = {.stall_timeout_s = 1};
    struct world *world = *state;
    struct asked asked;
    acc_http_free(world->http);
    open_client(world, &impatient);
    ANSWERS(world, {.reply = SMALL_REPLY "half"});
    ask(&asked, world, "GET");
    go(&asked);
    expect(&asked, ACC_HTTP_TIMEOUT, true);
    forget(&asked);
}

/* ---- connections that do not come, or die ---- */

static void what_reached_nobody_says_so(void **state)
{
    struct world *world = *state;
    struct asked asked;
    char url[64];
    uv_close((uv_handle_t *)&world->peer.listener, NULL); /* the port is free now */
    uv_run(&world->loop.uv, UV_RUN_NOWAIT);
    ask(&asked, world, "PUT");
    asked.http.body = "body";
    asked.http.body_len = 4;
    go(&asked);
    expect(&asked, ACC_HTTP_CONNECT, false);
    assert_int_equal(asked.http.status, 0);
    assert_int_equal(asked.http.sent, 0);
    forget(&asked);
    static const char *const urls[] = {"ftp://127.0.0.1/x", "http://127.0.0.1:99999/", "http://"};
    for (size_t i = 0; i < ACC_COUNT_OF(urls); i++) {
        snprintf(url, sizeof url, "%s", urls[i]);
        ask(&asked, world, "GET");
        asked.http.url = url;
        go(&asked);
        expect(&asked, ACC_HTTP_LOCAL, false);
        forget(&asked);
    }
}

static void a_server_without_tls_is_reported_as_such(void **state)
{
    struct world *world = *state;
    struct asked asked;
    char url[80];
    snprintf(url, sizeof url, "https%s", world->peer.url + strlen("http"));
    /* Bytes that no TLS record begins with, to a client that said hello. */
    ask(&asked, world, "GET");
    asked.http.url = url;
    asked.http.timeout_ms = 200;
    go(&asked);
    assert_true(asked.http.failure == ACC_HTTP_TLS || asked.http.failure == ACC_HTTP_TIMEOUT);
    assert_false(asked.http.reached);
    forget(&asked);
}

/* The server closes a kept connection as the next request arrives: libcurl sends it again on a new
 * one, since a dead connection looks the same. */
static void a_dead_connection_is_replaced_unless_once_is_asked(void **state)
{
    struct world *world = *state;
    struct asked asked;
    ANSWERS(world, {.reply = OK_REPLY}, {.then = PEER_CLOSE}, {.reply = OK_REPLY},
            {.then = PEER_CLOSE}, {.reply = OK_REPLY});
    ask(&asked, world, "PUT");
    asked.http.body = "body";
    asked.http.body_len = 4;
    go(&asked);
    asked.done = 0;
    go(&asked);
    expect(&asked, ACC_HTTP_OK, true);
    assert_int_equal(world->peer.requests, 3); /* the second one twice */
    assert_string_equal(world->peer.body.data, "body");
    asked.done = 0;
    asked.http.once = true;
    go(&asked);
    expect(&asked, ACC_HTTP_BROKEN, true);
    assert_int_equal(world->peer.requests, 4); /* the server may have acted: not a second time */
    asked.done = 0;
    go(&asked); /* and the next one is on its feet again */
    expect(&asked, ACC_HTTP_OK, true);
    forget(&asked);
}

/* ---- bytes handed on as they come ---- */

static void resume(struct asked *asked)
{
    acc_http_resume(&asked->http);
}

static void paused_bytes_come_again(void **state)
{
    struct world *world = *state;
    struct asked asked;
    ask(&asked, world, "GET");
    asked.http.on_data = on_data;
    asked.pauses = true;
    world->target = &asked;
    world->act = resume;
    go(&asked);
    expect(&asked, ACC_HTTP_OK, true);
    assert_string_equal(asked.data.data, "hello");
    assert_true(asked.seen >= 2);
    assert_int_equal(asked.http.reply.len, 0);
    acc_http_resume(&asked.http); /* it is not running: nothing */
    forget(&asked);
}

#define LONG ((size_t)8 << 20)

/* Each byte says where it belongs. */
static char pattern(size_t at)
{
    return (char)('a' + at % 25 + at / 65536 % 2);
}

static void long_answer(struct acc_str *out)
{
    acc_str_clear(out);
    acc_str_addf(out, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nX-Name: long\r\n\r\n", LONG);
    acc_str_reserve(out, LONG);
    for (size_t i = 0; i < LONG; i++)
        acc_str_add_c(out, pattern(i));
}

static bool is_in_order(const struct asked *asked)
{
    for (size_t i = 0; i < asked->data.len; i++)
        if (asked->data.data[i] != pattern(i))
            return false;
    return true;
}

/* Pauses again and again, and reads the head, which came before the bytes. */
static bool on_data_slowly(struct acc_http_request *request, const void *bytes, size_t len)
{
    struct asked *asked = ACC_CONTAINER_OF(request, struct asked, http);
    char name[16];
    assert_string_equal(acc_http_header(request, "x-name", name, sizeof name), "long");
    asked->pauses = asked->seen % 50 == 0;
    if (loops > 1 && !asked->pauses)
        acc_http_resume(
            request); /* what is not paused goes on as it did, also with the last bytes */
    return on_data(request, bytes, len);
}

static bool on_data_enough(struct acc_http_request *request, const void *bytes, size_t len)
{
    struct asked *asked = ACC_CONTAINER_OF(request, struct asked, http);
    assert_false(request->unwanted);
    on_data(request, bytes, len);
    request->unwanted = asked->data.len >= LONG / 4;
    return true;
}

static void go_for_data(struct asked *asked, struct world *world,
                        bool (*taken_by)(struct acc_http_request *, const void *, size_t))
{
    ask(asked, world, "GET");
    asked->http.on_data = taken_by;
    world->target = asked;
    world->act = resume;
    go(asked);
    assert_true(is_in_order(asked));
}

static void a_long_answer_waits_for_its_user(void **state)
{
    struct world *world = *state;
    struct asked asked;
    struct acc_str text = {0};
    long_answer(&text);
    const struct peer_answer answer = {.reply = text.data, .len = text.len};
    answers(world, &answer, 1);
    go_for_data(&asked, world, on_data_slowly);
    expect(&asked, ACC_HTTP_OK, true);
    assert_int_equal(asked.data.len, LONG);
    forget(&asked);
    /* What ends with these bytes: none follows them, and the client still works. */
    go_for_data(&asked, world, on_data_enough);
    assert_in_range(asked.data.len, LONG / 4, LONG / 2);
    forget(&asked);
    go_for_data(&asked, world, on_data);
    assert_int_equal(asked.data.len, LONG);
    forget(&asked);
    acc_str_release(&text);
}

static void an_error_document_is_never_taken_for_content(void **state)
{
    struct world *world = *state;
    struct asked asked;
    ANSWERS(world, {.reply = "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone"});
    ask(&asked, world, "GET");
    asked.http.on_data = on_data;
    go(&asked);
    assert_int_equal(asked.seen, 0);
    assert_string_equal(asked.http.reply.data, "none");
    assert_int_equal(asked.http.status, 404);
    forget(&asked);
}

/* ---- cancelling ---- */

static void expect_cancelled(struct asked *asked)
{
    if (asked->world->waiting > 0)
        run(asked->world);
    assert_int_equal(asked->done, 1);
    expect(asked, ACC_HTTP_CANCELLED, true);
    /* The client still works. */
    static const struct peer_answer hello = {.reply = OK_REPLY};
    answers(asked->world, &hello, 1);
    asked->world->peer.on_request = NULL;
    asked->done = 0;
    asked->http.on_data = NULL;
    go(asked);
    expect(asked, ACC_HTTP_OK, true);
    assert_string_equal(asked->http.reply.data, "hello");
    forget(asked);
}

static void cancelled_before_the_loop_turns(void **state)
{
    struct asked asked;
    ask(&asked, *state, "GET");
    cancel(&asked); /* never started: nothing */
    start(&asked);
    cancel(&asked);
    assert_int_equal(asked.done, 0);
    expect_cancelled(&asked);
}

static void cancelled_while_it_connects(void **state)
{
    struct world *world = *state;
    struct asked asked;
    ask(&asked, world, "GET");
    start(&asked);
    for (int turns = 0; turns < 2; turns++) /* libcurl has its socket, the peer has not spoken */
        uv_run(&world->loop.uv, UV_RUN_NOWAIT);
    if (asked.done == 0)
        cancel(&asked);
    if (world->waiting > 0)
        run(world);
    /* On a fast machine it may have been done: then there was nothing to cancel. */
    if (asked.http.failure == ACC_HTTP_OK)
        forget(&asked);
    else
        expect_cancelled(&asked);
}

static void cancel_target(struct peer *peer)
{
    struct world *world = peer->arg;
    cancel(world->target);
}

static void cancelled_while_it_waits_for_an_answer(void **state)
{
    struct world *world = *state;
    struct asked asked;
    ANSWERS(world, {.reply = NULL});
    ask(&asked, world, "GET");
    world->target = &asked;
    world->peer.on_request = cancel_target;
    start(&asked);
    expect_cancelled(&asked);
}

static void cancelled_in_the_middle_of_a_reply(void **state)
{
    struct world *world = *state;
    struct asked asked;
    ANSWERS(world, {.reply = SMALL_REPLY "half"});
    ask(&asked, world, "GET");
    asked.http.on_data = on_data;
    asked.pauses = true; /* and while it is paused: the timer cancels */
    world->target = &asked;
    world->act = cancel;
    start(&asked);
    run(world);
    assert_int_equal(asked.seen, 1);
    assert_int_equal(asked.http.status, 200);
    expect_cancelled(&asked);
}

static bool on_data_cancel_other(struct acc_http_request *request, const void *bytes, size_t len)
{
    struct asked *asked = ACC_CONTAINER_OF(request, struct asked, http);
    cancel(asked->world->target);
    return on_data(request, bytes, len);
}

/* From inside libcurl, as it were: a request's bytes are the reason to cancel another. */
static void cancelled_from_the_bytes_of_another(void **state)
{
    struct world *world = *state;
    struct asked asked, other;
    ANSWERS(world, {.reply = NULL}, {.reply = OK_REPLY});
    ask(&asked, world, "GET");
    ask(&other, world, "GET");
    other.http.on_data = on_data_cancel_other;
    world->target = &asked;
    start(&asked);
    while (world->peer.requests == 0)
        uv_run(&world->loop.uv, UV_RUN_ONCE);
    start(&other);
    run(world);
    assert_int_equal(other.done, 1);
    expect(&other, ACC_HTTP_OK, true);
    assert_string_equal(other.data.data, "hello");
    forget(&other);
    expect_cancelled(&asked);
}

static void freeing_ends_what_runs(void **state)
{
    static const struct acc_http_options plain = {.connections = 8};
    struct world *world = *state;
    struct asked asked[3];
    ANSWERS(world, {.reply = NULL});
    for (size_t i = 0; i < ACC_COUNT_OF(asked); i++) {
        ask(&asked[i], world, "GET");
        start(&asked[i]);
    }
    asked[0].again = 1; /* started again while it is being freed: ends immediately */
    while (world->peer.requests < ACC_COUNT_OF(asked))
        uv_run(&world->loop.uv, UV_RUN_ONCE);
    acc_http_free(world->http);
    for (size_t i = 0; i < ACC_COUNT_OF(asked); i++) {
        assert_int_equal(asked[i].done, i == 0 ? 2 : 1);
        assert_int_equal(asked[i].http.failure, ACC_HTTP_CANCELLED);
        forget(&asked[i]);
    }
    assert_int_equal(world->waiting, 0);
    open_client(world, &plain);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(connections_are_kept_and_used_again),
        TEST(many_at_once_are_each_answered_once),
        TEST(a_request_leaves_no_trace_in_the_next),
        TEST(an_answer_to_head_has_no_body),
        TEST(keys_are_sent_as_they_are),
        TEST(headers_are_those_of_the_answer),
        TEST(headers_beyond_all_measure_are_bounded),
        TEST(one_header_beyond_all_measure_ends_the_request),
        TEST(a_reply_cut_anywhere_is_broken),
        TEST(what_is_not_http_is_reported_as_such),
        TEST(a_reply_may_be_as_long_as_was_said),
        TEST(silence_ends_a_request),
        TEST(silence_ends_a_request_without_a_limit_of_its_own),
        TEST(what_reached_nobody_says_so),
        TEST(a_server_without_tls_is_reported_as_such),
        TEST(a_dead_connection_is_replaced_unless_once_is_asked),
        TEST(paused_bytes_come_again),
        TEST(a_long_answer_waits_for_its_user),
        TEST(an_error_document_is_never_taken_for_content),
        TEST(cancelled_before_the_loop_turns),
        TEST(cancelled_while_it_connects),
        TEST(cancelled_while_it_waits_for_an_answer),
        TEST(cancelled_in_the_middle_of_a_reply),
        TEST(cancelled_from_the_bytes_of_another),
        TEST(freeing_ends_what_runs),
    };
    loops = 1;
    int failed = cmocka_run_group_tests_name("one loop", tests, NULL, NULL);
    loops = 3;
    return failed + cmocka_run_group_tests_name("several loops", tests, NULL, NULL);
}
