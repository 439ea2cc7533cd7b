/* Several event loops that send and receive, each on a thread of its own with its own connections.
 *
 *     caller's loop ──orders: start, resume, cancel──> a member's loop ──> libcurl, TLS, sockets
 *                   <──news: bytes that arrived, the end──
 *
 * A request goes to the member that has the fewest, and stays there. The member works on a twin of
 * it, so no struct is touched by two threads; what passes between them does so under one lock. Of
 * an answer that is taken by on_data no more than 256 KiB wait for the caller: then TCP waits.
 *
 * The calls are those of loop/http.h and hold what it promises: on_data and on_done come from the
 * caller's loop. One difference: a request that is cancelled when the answer has come whole ends
 * as what the server answered, unless its bytes go to on_data.
 *
 * Threads: that of the loop that the group was made with. */
#ifndef ACC_LOOP_HTTP_GROUP_H
#define ACC_LOOP_HTTP_GROUP_H

#include "loop/http.h"

struct acc_http_group;

/* `options->loops` says how many. */
enum acc_code acc_http_group_new(struct acc_loop *loop, const struct acc_http_options *options,
                                 struct acc_http_group **group, struct acc_error *err);
/* As acc_http_free(). Accepts NULL. */
void acc_http_group_free(struct acc_http_group *group);

void acc_http_group_start(struct acc_http_group *group, struct acc_http_request *request);
/* Only of a request that has a twin. */
void acc_http_group_cancel(struct acc_http_request *request);
void acc_http_group_resume(struct acc_http_request *request);

#endif
