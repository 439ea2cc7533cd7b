/* Happy path: start() makes a twin and orders its member to start it; the member's callbacks put
 * what arrives, and the end, among the news; the caller's loop wakes, hands the bytes over, and
 * calls on_done. Then the member is ordered to forget the twin: no order can come after that one.
 * Failure: what a transfer ends with is copied from the twin. Close: each member carries out its
 * last orders, cancels what runs and ends; once their threads are joined the last news are taken.
 */
#include "loop/http_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "loop/http_internal.h"

/* Bytes of one answer that may wait for the caller's loop. */
#define WINDOW ((size_t)256 << 10)
/* What libcurl hands over at most. */
#define PIECE ((size_t)CURL_MAX_WRITE_SIZE)

enum order { START = 1, RESUME = 2, END = 4, CANCEL = 8, FORGET = 16 };

struct member {
    struct acc_http_group *group;
    uv_thread_t thread;
    struct acc_loop loop;
    struct acc_wake wake;
    struct acc_transfers *transfers;
    unsigned running;       /* the caller's thread */
    struct acc_link orders; /* twins that have any; under the lock */
    bool quits;             /* under the lock */
};

struct acc_http_group {
    struct acc_wake wake;
    uv_mutex_t lock;
    struct acc_link news; /* twins that have any; under the lock */
    struct acc_link live; /* twins that are not delivered; the caller's thread, as what follows */
    bool closing;         /* the members are gone */
    unsigned count;
    struct member members[];
};

struct acc_http_twin {
    struct member *member;
    struct acc_http_request *user; /* the caller's thread */
    struct acc_http_request own;   /* the member's thread; once `done` was seen, the caller's */

    struct { /* under the lock */
        unsigned orders;
        struct acc_link order_link, news_link;
        struct acc_str head;  /* header lines, with the first bytes */
        struct acc_str bytes; /* that arrived */
        bool full;            /* the member has paused for want of room */
        bool done;
    } both;

    bool head_passed; /* the member's thread */

    struct { /* the caller's thread */
        struct acc_link live_link;
        struct acc_str bytes; /* being handed over */
        size_t taken;
        bool ignores; /* no more bytes are wanted */
        bool cancelled;
    } caller;
};

static void free_twin(struct acc_http_twin *twin)
{
    acc_str_release(&twin->own.reply);
    acc_str_release(&twin->own.header_lines);
    acc_str_release(&twin->both.head);
    acc_str_release(&twin->both.bytes);
    acc_str_release(&twin->caller.bytes);
    free(twin);
}

static void order(struct acc_http_twin *twin, enum order what)
{
    struct member *member = twin->member;
    if (member->group->closing)
        return;
    uv_mutex_lock(&member->group->lock);
    if (twin->both.orders == 0)
        acc_list_push(&member->orders, &twin->both.order_link);
    twin->both.orders |= what;
    uv_mutex_unlock(&member->group->lock);
    acc_wake_send(&member->wake);
}

/* Under the lock. */
static void announce_locked(struct acc_http_twin *twin)
{
    struct acc_http_group *group = twin->member->group;
    if (acc_link_in_list(&twin->both.news_link))
        return;
    acc_list_push(&group->news, &twin->both.news_link);
    acc_wake_send(&group->wake);
}

static void announce(struct acc_http_twin *twin)
{
    uv_mutex_lock(&twin->member->group->lock);
    announce_locked(twin);
    uv_mutex_unlock(&twin->member->group->lock);
}

/* ---- a member's thread ---- */

static bool on_bytes(struct acc_http_request *own, const void *bytes, size_t len)
{
    struct acc_http_twin *twin = ACC_CONTAINER_OF(own, struct acc_http_twin, own);
    uv_mutex_t *lock = &twin->member->group->lock;
    if (own->unwanted)
        return false;
    uv_mutex_lock(lock);
    bool room = twin->both.bytes.len == 0 || twin->both.bytes.len + len <= WINDOW;
    if (room && !twin->head_passed)
        acc_str_add_n(&twin->both.head, own->header_lines.data, own->header_lines.len);
    if (room) {
        acc_str_add_n(&twin->both.bytes, bytes, len);
        announce_locked(twin);
    }
    twin->head_passed = twin->head_passed || room;
    twin->both.full = !room;
    uv_mutex_unlock(lock);
    return room;
}

static void on_end(struct acc_http_request *own)
{
    struct acc_http_twin *twin = ACC_CONTAINER_OF(own, struct acc_http_twin, own);
    uv_mutex_t *lock = &twin->member->group->lock;
    uv_mutex_lock(lock);
    twin->both.done = true;
    announce_locked(twin);
    uv_mutex_unlock(lock);
}

static void carry_out(struct acc_http_twin *twin, unsigned orders)
{
    struct acc_http_request *own = &twin->own;
    if (orders & START)
        acc_transfers_start(twin->member->transfers, own);
    if (orders & END)
        own->unwanted = true;
    if (orders & (END | RESUME))
        acc_transfers_resume(own);
    if (orders & CANCEL)
        acc_transfers_cancel(own);
    if (orders & FORGET)
        free_twin(twin);
}

static void on_orders(struct acc_wake *wake)
{
    struct member *member = ACC_CONTAINER_OF(wake, struct member, wake);
    uv_mutex_t *lock = &member->group->lock;
    struct acc_link *link;
    uv_mutex_lock(lock);
    while ((link = acc_list_pop(&member->orders)) != NULL) {
        struct acc_http_twin *twin = ACC_CONTAINER_OF(link, struct acc_http_twin, both.order_link);
        unsigned orders = twin->both.orders;
        twin->both.orders = 0;
        uv_mutex_unlock(lock);
        carry_out(twin, orders);
        uv_mutex_lock(lock);
    }
    bool quits = member->quits;
    uv_mutex_unlock(lock);
    if (!quits)
        return;
    acc_transfers_free(member->transfers);
    acc_wake_close(&member->wake, NULL);
}

static void run(void *arg)
{
    struct member *member = arg;
    acc_loop_run(&member->loop);
}

/* ---- the caller's thread: news ---- */

static void move(struct acc_str *to, struct acc_str *from)
{
    acc_str_release(to);
    *to = *from;
    *from = (struct acc_str){0};
}

static void deliver(struct acc_http_twin *twin)
{
    struct acc_http_request *user = twin->user, *own = &twin->own;
    user->failure = own->failure;
    user->reached = own->reached;
    user->status = own->status;
    user->sent = own->sent;
    memcpy(user->failure_text, own->failure_text, sizeof user->failure_text);
    move(&user->reply, &own->reply);
    move(&user->header_lines, &own->header_lines);
    if (twin->caller.cancelled && user->on_data != NULL && user->failure == ACC_HTTP_OK) {
        user->failure = ACC_HTTP_CANCELLED;
        user->reached = true;
        snprintf(user->failure_text, sizeof user->failure_text, "cancelled");
    }
    user->twin = NULL;
    acc_list_remove(&twin->caller.live_link);
    twin->member->running--;
    if (twin->member->group->closing)
        free_twin(twin); /* its member is gone */
    else
        order(twin, FORGET);
    user->on_done(user);
}

/* False when the user has paused it. */
static bool hand_over(struct acc_http_twin *twin)
{
    struct acc_http_request *user = twin->user;
    struct acc_str *bytes = &twin->caller.bytes;
    while (twin->caller.taken < bytes->len && !twin->caller.ignores) {
        size_t left = bytes->len - twin->caller.taken, len = left < PIECE ? left : PIECE;
        bool taken = user->on_data(user, bytes->data + twin->caller.taken, len);
        if (user->unwanted) {
            twin->caller.ignores = true;
            order(twin, END);
        } else if (!taken) {
            return false;
        }
        twin->caller.taken += len;
    }
    acc_str_clear(bytes);
    twin->caller.taken = 0;
    return true;
}

/* Takes what arrived since; true when nothing will follow it. */
static bool take(struct acc_http_twin *twin)
{
    uv_mutex_t *lock = &twin->member->group->lock;
    uv_mutex_lock(lock);
    struct acc_str spare = twin->caller.bytes;
    twin->caller.bytes = twin->both.bytes;
    twin->both.bytes = spare;
    if (twin->both.head.len > 0)
        move(&twin->user->header_lines, &twin->both.head);
    bool done = twin->both.done, full = twin->both.full;
    twin->both.full = false;
    acc_list_remove(&twin->both.news_link); /* what was announced meanwhile is taken, too */
    uv_mutex_unlock(lock);
    if (full)
        order(twin, RESUME);
    return done;
}

static void take_news(struct acc_http_twin *twin)
{
    bool done;
    do {
        if (!hand_over(twin))
            return; /* acc_http_group_resume() makes it news again */
        done = take(twin);
    } while (twin->caller.bytes.len > 0);
    if (done)
        deliver(twin);
}

static struct acc_http_twin *next_news(struct acc_http_group *group)
{
    struct acc_http_twin *twin = NULL;
    uv_mutex_lock(&group->lock);
    struct acc_link *link = acc_list_pop(&group->news);
    if (link != NULL)
        twin = ACC_CONTAINER_OF(link, struct acc_http_twin, both.news_link);
    uv_mutex_unlock(&group->lock);
    return twin;
}

static void take_all_news(struct acc_http_group *group)
{
    struct acc_http_twin *twin;
    while ((twin = next_news(group)) != NULL)
        take_news(twin);
}

static void on_news(struct acc_wake *wake)
{
    take_all_news(ACC_CONTAINER_OF(wake, struct acc_http_group, wake));
}

/* ---- the caller's thread: calls ---- */

static enum acc_code begin(struct member *member, const struct acc_http_options *options,
                           struct acc_error *err)
{
    enum acc_code code = acc_loop_init(&member->loop, err);
    if (code != ACC_OK)
        return code;
    acc_list_init(&member->orders);
    acc_wake_init(&member->loop, &member->wake, on_orders);
    code = acc_transfers_new(&member->loop, options, &member->transfers, err);
    if (code == ACC_OK && uv_thread_create(&member->thread, run, member) != 0)
        code = acc_error_set(err, ACC_LOCAL, "no thread can be started to send and receive.");
    if (code == ACC_OK)
        return code;
    acc_transfers_free(member->transfers);
    acc_wake_close(&member->wake, NULL);
    acc_loop_release(&member->loop);
    return code;
}

enum acc_code acc_http_group_new(struct acc_loop *loop, const struct acc_http_options *options,
                                 struct acc_http_group **out, struct acc_error *err)
{
    struct acc_http_group *group =
        acc_calloc(1, sizeof *group + options->loops * sizeof group->members[0]);
    struct acc_http_options each = *options;
    enum acc_code code = ACC_OK;
    each.connections = options->connections / (long)options->loops + 1;
    acc_list_init(&group->news);
    acc_list_init(&group->live);
    acc_wake_init(loop, &group->wake, on_news);
    if (uv_mutex_init(&group->lock) != 0)
        acc_out_of_memory();
    while (code == ACC_OK && group->count < options->loops) {
        struct member *member = &group->members[group->count];
        member->group = group;
        code = begin(member, &each, err);
        group->count += code == ACC_OK;
    }
    if (code == ACC_OK)
        *out = group;
    else
        acc_http_group_free(group);
    return code;
}

static void on_closed(struct acc_wake *wake)
{
    struct acc_http_group *group = ACC_CONTAINER_OF(wake, struct acc_http_group, wake);
    uv_mutex_destroy(&group->lock); /* not before: an on_done may have freed the group */
    free(group);
}

void acc_http_group_free(struct acc_http_group *group)
{
    if (group == NULL)
        return;
    for (unsigned i = 0; i < group->count; i++) {
        struct member *member = &group->members[i];
        uv_mutex_lock(&group->lock);
        member->quits = true;
        uv_mutex_unlock(&group->lock);
        acc_wake_send(&member->wake);
        uv_thread_join(&member->thread);
        acc_loop_release(&member->loop);
    }
    group->closing = true;
    ACC_LIST_EACH (link, &group->live) /* one that its user has paused may have ended before */
        acc_http_group_cancel(ACC_CONTAINER_OF(link, struct acc_http_twin, caller.live_link)->user);
    take_all_news(group);
    acc_wake_close(&group->wake, on_closed);
}

static struct member *least_busy(struct acc_http_group *group)
{
    struct member *least = &group->members[0];
    for (unsigned i = 1; i < group->count; i++)
        if (group->members[i].running < least->running)
            least = &group->members[i];
    return least;
}

void acc_http_group_start(struct acc_http_group *group, struct acc_http_request *request)
{
    struct acc_http_twin *twin = ACC_NEW(struct acc_http_twin);
    acc_str_clear(&request->header_lines);
    twin->user = request;
    twin->member = least_busy(group);
    twin->member->running++;
    twin->own = (struct acc_http_request){.method = request->method,
                                          .url = request->url,
                                          .headers = request->headers,
                                          .body = request->body,
                                          .body_len = request->body_len,
                                          .reply_max = request->reply_max,
                                          .timeout_ms = request->timeout_ms,
                                          .direct = request->direct,
                                          .bulk = request->bulk,
                                          .once = request->once,
                                          .on_data = request->on_data != NULL ? on_bytes : NULL,
                                          .on_done = on_end};
    request->twin = twin;
    acc_list_push(&group->live, &twin->caller.live_link);
    order(twin, START);
    if (!group->closing)
        return;
    twin->own.failure = ACC_HTTP_CANCELLED;
    on_end(&twin->own);
}

void acc_http_group_cancel(struct acc_http_request *request)
{
    struct acc_http_twin *twin = request->twin;
    twin->caller.cancelled = twin->caller.ignores = true;
    order(twin, CANCEL);
    announce(twin); /* what was kept for a paused user is dropped */
}

void acc_http_group_resume(struct acc_http_request *request)
{
    announce(request->twin);
}
