/* Each allocation that libcurl makes for two requests fails in turn, in a process of its own, which
 * must end by itself: with both requests done, or with 70, as if any other memory were missing. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <curl/curl.h>

#include "base/mem.h"
#include "loop/http.h"
#include "../lib/peer.h"

#define OUT_OF_MEMORY 70 /* base/mem.h */
#define HANGS_S 60

/* ---- an allocator for libcurl ---- */

static unsigned before_failure; /* allocations, that one included; 0: none fails any more */

static bool fails_now(void)
{
    return before_failure > 0 && --before_failure == 0;
}

static void *alloc_or_fail(size_t size)
{
    return fails_now() ? NULL : malloc(size);
}

static void *realloc_or_fail(void *old, size_t size)
{
    return fails_now() ? NULL : realloc(old, size);
}

static void *calloc_or_fail(size_t count, size_t size)
{
    return fails_now() ? NULL : calloc(count, size);
}

static char *strdup_or_fail(const char *text)
{
    return fails_now() ? NULL : strdup(text);
}

/* ---- two requests ---- */

struct world {
    struct acc_loop loop;
    struct peer peer;
    struct acc_http *http;
    unsigned waiting;
    bool failed;
};

struct asked {
    struct acc_http_request http;
    struct world *world;
};

static void on_done(struct acc_http_request *request)
{
    struct world *world = ACC_CONTAINER_OF(request, struct asked, http)->world;
    world->failed = world->failed || request->failure != ACC_HTTP_OK;
    if (--world->waiting == 0)
        acc_loop_stop(&world->loop);
}

static void start(struct world *world, struct asked *asked, const char *method, const char *body)
{
    *asked = (struct asked){.world = world,
                            .http = {.method = method,
                                     .url = world->peer.url,
                                     .body = body,
                                     .body_len = body ? strlen(body) : 0,
                                     .on_done = on_done}};
    world->waiting++;
    acc_http_start(world->http, &asked->http);
}

enum outcome { ALL_DONE, ONE_FAILED, NOT_REACHED, NO_WORLD };

static enum outcome play(unsigned at)
{
    static const struct acc_http_options options = {.connections = 8};
    static const struct peer_answer hello = {
        .reply = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"};
    struct world world = {.peer = {.answers = &hello, .answer_count = 1}};
    struct asked got, put;
    struct acc_error err;
    if (acc_loop_init(&world.loop, &err) != ACC_OK)
        return NO_WORLD;
    peer_start(&world.peer, &world.loop);
    if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, alloc_or_fail, free, realloc_or_fail,
                             strdup_or_fail, calloc_or_fail) != CURLE_OK ||
        acc_http_new(&world.loop, &options, &world.http, &err) != ACC_OK)
        return NO_WORLD;
    before_failure = at;
    start(&world, &got, "GET", NULL);
    start(&world, &put, "PUT", "body");
    acc_loop_run(&world.loop);
    if (before_failure > 0)
        return NOT_REACHED;
    return world.failed ? ONE_FAILED : ALL_DONE;
}

/* The exit status of a process of its own. */
static int played_apart(unsigned at)
{
    pid_t child = fork();
    if (child == 0) {
        alarm(HANGS_S); /* not caught: the signal ends it */
        dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
        _exit(play(at));
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status))
        fail_msg("allocation %u: ended by signal %d", at, WTERMSIG(status));
    return WEXITSTATUS(status);
}

static void every_allocation_that_fails_ends_the_requests(void **state)
{
    unsigned at = 1, done = 0, failed = 0, ended = 0;
    int status;
    (void)state;
    while ((status = played_apart(at)) != NOT_REACHED) {
        if (status != ALL_DONE && status != ONE_FAILED && status != OUT_OF_MEMORY)
            fail_msg("allocation %u: exit status %d", at, status);
        done += status == ALL_DONE;
        failed += status == ONE_FAILED;
        ended += status == OUT_OF_MEMORY;
        at++;
    }
    print_message("%u failures: %u did no harm, %u failed a request, %u ended the process\n",
                  at - 1, done, failed, ended);
    assert_true(failed > 0 && ended > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_that_fails_ends_the_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
