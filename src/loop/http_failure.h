/* What the end of a transfer means. For loop/http.c alone. */
#ifndef ACC_LOOP_HTTP_FAILURE_H
#define ACC_LOOP_HTTP_FAILURE_H

#include <curl/curl.h>

#include "loop/http.h"

/* Sets request->failure, reached and failure_text from libcurl's result; libcurl has written its
 * own words into failure_text before, if it had any. request->easy is still there. */
void acc_http_judge(struct acc_http_request *request, CURLcode code);

#endif
