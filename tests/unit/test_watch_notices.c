/* What the watcher tells programs: metrics by the grammar of the text exposition format 0.0.4,
 * health, the service manager's protocol; and how it reads what a run tells it. */
#include <ctype.h>
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "watch/outside/metrics.h"
#include "watch/outside/notify.h"
#include "watch/arrival/result.h"

/* ---- metrics ---- */

#define NAME "[a-zA-Z_:][a-zA-Z0-9_:]*"
#define LABELS "(\\{[a-zA-Z_][a-zA-Z0-9_]*=\"([^\"\\\n]|\\\\[\\\"n])*\"\\})?"

static bool matches(const char *pattern, const char *line)
{
    regex_t regex;
    assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    bool result = regexec(&regex, line, 0, NULL, 0) == 0;
    regfree(&regex);
    return result;
}

/* Each family: HELP, TYPE, then its samples and nothing else; no family twice; counters, and only
 * they, end in _total; no sample of one name and label twice. */
static void check_exposition(const char *text)
{
    char *copy = strdup(text), *save = NULL, family[128] = "", seen[8192] = "";
    bool counter = false, typed = false;
    assert_int_equal(text[strlen(text) - 1], '\n');
    for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char name[128], key[256];
        if (matches("^# HELP " NAME " [^\\\n]+$", line)) {
            assert_int_equal(sscanf(line, "# HELP %127s", family), 1);
            snprintf(key, sizeof key, "|%s|", family);
            assert_null(strstr(seen, key));
            strcat(seen, key);
            typed = false;
        } else if (matches("^# TYPE " NAME " (counter|gauge)$", line)) {
            assert_int_equal(sscanf(line, "# TYPE %127s", name), 1);
            assert_string_equal(name, family);
            counter = strstr(line, " counter") != NULL;
            size_t len = strlen(name);
            bool total = len > 6 && strcmp(name + len - 6, "_total") == 0;
            assert_int_equal(counter, total);
            typed = true;
        } else {
            assert_true(matches("^" NAME LABELS " [0-9]+(\\.[0-9]+)?$", line));
            assert_int_equal(sscanf(line, "%127[a-zA-Z0-9_:]", name), 1);
            assert_string_equal(name, family);
            assert_true(typed);
            snprintf(key, sizeof key, "|%.*s|", (int)(strrchr(line, ' ') - line), line);
            assert_null(strstr(seen, strchr(key, '{') ? key : "\n"));
            strcat(seen, key);
        }
    }
    free(copy);
}

static void test_metrics_keep_to_the_grammar(void **state)
{
    (void)state;
    struct acc_watch_numbers numbers = {.started = 1000};
    struct acc_str text = {0};
    acc_metrics_render(&text, &numbers, 5000);
    check_exposition(text.data);
    assert_non_null(strstr(text.data, "\naccession_watch_halted 0\n"));
    assert_non_null(strstr(text.data, "\naccession_watch_seconds_since_last_success 4.000\n"));
    acc_str_clear(&text);

    memset(&numbers, 1, sizeof numbers); /* every code, every state */
    numbers.halted = true;
    numbers.last_success = 2500;
    numbers.queue_age = 61001;
    acc_metrics_render(&text, &numbers, 5000);
    check_exposition(text.data);
    assert_non_null(strstr(text.data, "\naccession_watch_halted 1\n"));
    assert_non_null(strstr(text.data, "{reason=\"DIGEST\"} "));
    assert_non_null(strstr(text.data, "{result=\"REFUSED\"} "));
    assert_non_null(strstr(text.data, "\naccession_watch_seconds_since_last_success 2.500\n"));
    assert_non_null(strstr(text.data, "\naccession_watch_queue_age_seconds 61.001\n"));
    acc_str_release(&text);
}

static void test_health_is_one_line(void **state)
{
    (void)state;
    struct acc_watch_numbers numbers = {0};
    struct acc_str text = {0};
    acc_health_render(&text, &numbers, false, 0);
    assert_string_equal(text.data, "ok 1970-01-01T00:00:00.000Z\n");
    numbers.halted = true;
    numbers.halt_code = ACC_REFUSED;
    acc_str_clear(&text);
    acc_health_render(&text, &numbers, false, 0);
    assert_string_equal(text.data, "halted REFUSED 1970-01-01T00:00:00.000Z\n");
    acc_str_clear(&text);
    acc_health_render(&text, &numbers, true, 0);
    assert_string_equal(text.data, "stopped 1970-01-01T00:00:00.000Z\n");
    acc_str_release(&text);
}

/* ---- the service manager ---- */

static void receive(int fd, const char *expected)
{
    char buffer[256] = "";
    assert_true(recv(fd, buffer, sizeof buffer - 1, MSG_DONTWAIT) >= 0);
    assert_string_equal(buffer, expected);
}

static void check_notify(const struct sockaddr_un *at, socklen_t len, const char *name)
{
    struct acc_notify notify;
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)at, len), 0);
    setenv("NOTIFY_SOCKET", name, 1);
    setenv("WATCHDOG_USEC", "10000000", 1);
    unsetenv("WATCHDOG_PID");
    acc_notify_open(&notify);
    assert_null(getenv("NOTIFY_SOCKET")); /* children must not answer for us */
    assert_int_equal(notify.watchdog_ms, 5000);
    acc_notify_send(&notify, "READY=1");
    receive(fd, "READY=1");
    acc_notify_close(&notify);
    close(fd);
}

static void test_notifies_files_and_abstract_names(void **state)
{
    (void)state;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    char name[64];
    snprintf(name, sizeof name, "/tmp/acc-notify-%d", (int)getpid());
    strcpy(at.sun_path, name);
    check_notify(&at, sizeof at, name);
    unlink(name);

    memset(at.sun_path, 0, sizeof at.sun_path);
    snprintf(name, sizeof name, "@acc-notify-%d", (int)getpid());
    memcpy(at.sun_path + 1, name + 1, strlen(name) - 1);
    check_notify(&at, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name)), name);
}

static void test_notifies_nobody(void **state)
{
    (void)state;
    struct acc_notify notify;
    unsetenv("NOTIFY_SOCKET");
    setenv("WATCHDOG_USEC", "10000000", 1);
    setenv("WATCHDOG_PID", "1", 1); /* somebody else's */
    acc_notify_open(&notify);
    assert_int_equal(notify.watchdog_ms, 0);
    acc_notify_send(&notify, "READY=1");
    acc_notify_close(&notify);
}

/* ---- what a run tells ---- */

static enum acc_arrival_event ended(const char *lines, int status, int signal)
{
    struct acc_result result = {0};
    char *copy = strdup(lines), *save = NULL;
    for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        acc_result_take(&result, line, strlen(line));
    enum acc_arrival_event event = acc_result_judge(&result, status, signal);
    acc_result_release(&result);
    free(copy);
    return event;
}

#define SUMMARY(outcome) "{\"type\":\"summary\",\"outcome\":\"" outcome "\",\"files\":3}"

static void test_judges_by_code_and_status(void **state)
{
    (void)state;
    static const struct {
        const char *lines;
        int status, signal;
        enum acc_arrival_event event;
    } rows[] = {
        {SUMMARY("OK"), 0, 0, ACC_ARRIVAL_ON_ENDED_ARCHIVED},
        {SUMMARY("DIGEST"), 1, 0, ACC_ARRIVAL_ON_ENDED_REJECTED},
        {SUMMARY("CONFLICT"), 1, 0, ACC_ARRIVAL_ON_ENDED_REJECTED},
        {SUMMARY("MANIFEST"), 2, 0, ACC_ARRIVAL_ON_ENDED_REJECTED},
        {SUMMARY("SOURCE"), 2, 0, ACC_ARRIVAL_ON_ENDED_REJECTED},
        {SUMMARY("CONFIG"), 2, 0, ACC_ARRIVAL_ON_ENDED_HALTED},
        {SUMMARY("LEDGER"), 2, 0, ACC_ARRIVAL_ON_ENDED_HALTED},
        {SUMMARY("LOCAL"), 2, 0, ACC_ARRIVAL_ON_ENDED_HALTED},
        {SUMMARY("LEDGER_BUSY"), 2, 0, ACC_ARRIVAL_ON_ENDED_LATER},
        {SUMMARY("REFUSED"), 3, 0, ACC_ARRIVAL_ON_ENDED_HALTED},
        {SUMMARY("CREDENTIALS"), 4, 0, ACC_ARRIVAL_ON_ENDED_HALTED},
        {SUMMARY("CLOCK"), 4, 0, ACC_ARRIVAL_ON_ENDED_HALTED},
        {SUMMARY("BUCKET"), 4, 0, ACC_ARRIVAL_ON_ENDED_HALTED},
        {SUMMARY("UNREACHABLE"), 5, 0, ACC_ARRIVAL_ON_ENDED_HALTED},
        {SUMMARY("SERVER"), 5, 0, ACC_ARRIVAL_ON_ENDED_HALTED},
        {SUMMARY("INTERRUPTED"), 143, 0, ACC_ARRIVAL_ON_ENDED_PARKED},
        {SUMMARY("INTERRUPTED"), 130, 0, ACC_ARRIVAL_ON_ENDED_PARKED},
        {SUMMARY("INTERNAL"), 70, 0, ACC_ARRIVAL_ON_ENDED_LATER},
        /* What does not add up never counts as archived, nor as refused. */
        {"", 0, 0, ACC_ARRIVAL_ON_ENDED_LATER},
        {"", 2, 0, ACC_ARRIVAL_ON_ENDED_LATER},
        {SUMMARY("OK"), 1, 0, ACC_ARRIVAL_ON_ENDED_LATER},
        {SUMMARY("OK"), -1, 9, ACC_ARRIVAL_ON_ENDED_LATER},
        {SUMMARY("DIGEST"), 0, 0, ACC_ARRIVAL_ON_ENDED_LATER},
        {"{\"type\":\"summary\",\"outcome\":\"OK\",\"files\":0}", 0, 0, ACC_ARRIVAL_ON_ENDED_LATER},
        {"{\"type\":\"summary\",\"outcome\":\"NO_SUCH\"}", 0, 0, ACC_ARRIVAL_ON_ENDED_LATER},
        {"{\"type\":\"summary\"", 0, 0, ACC_ARRIVAL_ON_ENDED_LATER},
        {"[]\nnull\n{\"type\":5}\n" SUMMARY("OK"), 0, 0, ACC_ARRIVAL_ON_ENDED_ARCHIVED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum acc_arrival_event event = ended(rows[i].lines, rows[i].status, rows[i].signal);
        if (event != rows[i].event)
            print_message("row %zu: %s, not %s\n", i, acc_arrival_event_name(event),
                          acc_arrival_event_name(rows[i].event));
        assert_int_equal(event, rows[i].event);
    }
}

/* Deleting rests on this: a verification that looked less closely, or at less, proves nothing. */
static void test_a_verification_counts_only_if_all_was_read(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        int status;
        enum acc_arrival_event event;
    } rows[] = {
        {"\"OK\",\"files\":3,\"level\":\"read\",\"checked\":3", 0, ACC_ARRIVAL_ON_VERIFIED},
        {"\"OK\",\"files\":3,\"level\":\"read\",\"checked\":2,\"carried\":1", 0,
         ACC_ARRIVAL_ON_VERIFIED},
        {"\"OK\",\"files\":3,\"level\":\"read\",\"checked\":2", 0, ACC_ARRIVAL_ON_ENDED_LATER},
        {"\"OK\",\"files\":3,\"level\":\"stored\",\"checked\":3", 0, ACC_ARRIVAL_ON_ENDED_LATER},
        {"\"OK\",\"files\":0,\"level\":\"read\",\"checked\":0", 0, ACC_ARRIVAL_ON_ENDED_LATER},
        {"\"OK\",\"files\":3,\"level\":\"read\",\"checked\":3", 1, ACC_ARRIVAL_ON_ENDED_LATER},
        {"\"DIFFERENCE\",\"files\":3,\"level\":\"read\",\"checked\":3", 1,
         ACC_ARRIVAL_ON_UNVERIFIED},
        {"\"UNREACHABLE\",\"files\":3", 5, ACC_ARRIVAL_ON_ENDED_HALTED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct acc_result result = {0};
        char line[256];
        snprintf(line, sizeof line, "{\"type\":\"summary\",\"outcome\":%s}", rows[i].line);
        acc_result_take(&result, line, strlen(line));
        assert_int_equal(acc_result_judge_verify(&result, rows[i].status, 0), rows[i].event);
        acc_result_release(&result);
    }
}

static void test_keeps_a_bounded_number_of_reasons(void **state)
{
    (void)state;
    struct acc_result result = {0};
    char line[256];
    for (int i = 0; i < 5000; i++) {
        snprintf(line, sizeof line,
                 "{\"type\":\"file\",\"path\":\"data/%d\\n\",\"outcome\":\"failed\",\"code\":"
                 "\"DIGEST\",\"reason\":\"differs\"}",
                 i);
        acc_result_take(&result, line, strlen(line));
    }
    assert_int_equal(result.refused, 5000);
    assert_int_equal(result.by_code[ACC_DIGEST], 5000);
    assert_true(result.reasons.len < 5000);
    assert_non_null(strstr(result.reasons.data, "  data/0\\n\n      differs\n"));
    acc_result_release(&result);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metrics_keep_to_the_grammar),
        cmocka_unit_test(test_health_is_one_line),
        cmocka_unit_test(test_notifies_files_and_abstract_names),
        cmocka_unit_test(test_notifies_nobody),
        cmocka_unit_test(test_judges_by_code_and_status),
        cmocka_unit_test(test_a_verification_counts_only_if_all_was_read),
        cmocka_unit_test(test_keeps_a_bounded_number_of_reasons),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
