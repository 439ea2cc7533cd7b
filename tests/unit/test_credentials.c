/* The provider over time: refresh before expiry, failure to refresh, refusal by the server, being
 * freed in the middle; and every way in which a credential_process can go wrong. The wall clock is
 * ours (the linker wraps acc_time_now), so nothing waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "s3/credentials/credentials.h"

#define NOON 1795608000000 /* 2026-11-25T12:00:00Z */

/* The wrapper has no way to be handed a context. */
static int64_t wall_clock;

int64_t __wrap_acc_time_now(void);
int64_t __wrap_acc_time_now(void)
{
    return wall_clock;
}

struct fixture {
    char folder[64];
    struct acc_loop loop;
    struct acc_http *http;
    struct acc_s3_settings settings;
    struct acc_credentials_provider *provider;
};

struct asked {
    struct acc_credentials_wait wait;
    struct fixture *fixture;
    unsigned answers;
    char access_key[64], source[160];
    struct acc_error err;
};

static void write_text(const struct fixture *f, const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    struct fixture *f = ACC_NEW(struct fixture);
    static const char *const cleared[] = {
        "AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"};
    for (size_t i = 0; i < ACC_COUNT_OF(cleared); i++)
        unsetenv(cleared[i]);
    snprintf(f->folder, sizeof f->folder, "/tmp/accession-credentials-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    setenv("FOLDER", f->folder, 1);
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
    wall_clock = NOON;
    *state = f;
    return 0;
}

static void begin(struct fixture *f, const char *config)
{
    const struct acc_connection connection = {.retries = -1};
    const struct acc_http_options options = {0};
    struct acc_error err = {0};
    char path[128];
    write_text(f, "config", config);
    snprintf(path, sizeof path, "%s/config", f->folder);
    setenv("AWS_CONFIG_FILE", path, 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent", 1);
    assert_int_equal(acc_loop_init(&f->loop, &err), ACC_OK);
    assert_int_equal(acc_http_new(&f->loop, &options, &f->http, &err), ACC_OK);
    assert_int_equal(acc_s3_settings_resolve(&connection, &f->settings, &err), ACC_OK);
    f->provider = acc_credentials_new(&f->loop, f->http, &f->settings);
}

static void end(struct fixture *f)
{
    acc_credentials_free(f->provider);
    acc_http_free(f->http);
    acc_s3_settings_release(&f->settings);
    acc_loop_release(&f->loop);
    f->provider = NULL;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", f->folder);
    int status = system(command);
    free(f);
    return status;
}

static void on_ready(struct acc_credentials_wait *wait, const struct acc_credentials *credentials,
                     const struct acc_error *err)
{
    struct asked *asked = ACC_CONTAINER_OF(wait, struct asked, wait);
    assert_true((credentials == NULL) != (err == NULL));
    asked->answers++;
    if (credentials != NULL) {
        snprintf(asked->access_key, sizeof asked->access_key, "%s", credentials->access_key);
        snprintf(asked->source, sizeof asked->source, "%s", credentials->source);
    } else {
        asked->err = *err;
    }
    acc_loop_stop(&asked->fixture->loop);
}

static void ask(struct fixture *f, struct asked *asked)
{
    *asked = (struct asked){.wait = {.on_ready = on_ready}, .fixture = f};
    acc_credentials_await(f->provider, &asked->wait);
    assert_int_equal(asked->answers, 0);
}

static void get(struct fixture *f, struct asked *asked)
{
    ask(f, asked);
    acc_loop_run(&f->loop);
    assert_int_equal(asked->answers, 1);
}

/* Hands out AKIA1, AKIA2, … and adds a line to `calls` each time; what else the answer says is in
 * the file `more`, and while there is a file `broken` it fails. */
static const char give[] =
    "cd \"$FOLDER\" || exit 9\n"
    "echo call >>calls\n"
    "test ! -e broken || exit 3\n"
    "printf '{\"Version\": 1, \"AccessKeyId\": \"AKIA%d\", \"SecretAccessKey\": \"hush\" %s}' "
    "$(wc -l <calls) \"$(cat more)\"\n";

static void begin_counting(struct fixture *f, const char *more)
{
    char config[256];
    write_text(f, "give", give);
    write_text(f, "more", more);
    snprintf(config, sizeof config, "[default]\ncredential_process = sh '%s/give'\n", f->folder);
    begin(f, config);
}

static void break_it(const struct fixture *f, bool broken)
{
    char path[128];
    snprintf(path, sizeof path, "%s/broken", f->folder);
    if (broken)
        write_text(f, "broken", "");
    else
        unlink(path);
}

#define AN_HOUR_LATER ", \"Expiration\": \"2026-11-25T13:00:00Z\""
#define MINUTES(n) ((n)*60 * 1000LL)

static void what_never_expires_is_asked_for_once(void **state)
{
    struct fixture *f = *state;
    struct asked one;
    begin_counting(f, "");
    assert_null(acc_credentials_current(f->provider));
    get(f, &one);
    assert_string_equal(one.access_key, "AKIA1");
    wall_clock += MINUTES(60 * 24 * 365);
    assert_non_null(acc_credentials_current(f->provider));
    get(f, &one);
    assert_string_equal(one.access_key, "AKIA1");
    assert_false(acc_credentials_refused(f->provider, "AKIA1"));
    end(f);
}

static void what_expires_is_fetched_again_before(void **state)
{
    struct fixture *f = *state;
    struct asked one;
    begin_counting(f, AN_HOUR_LATER);
    get(f, &one);
    assert_string_equal(one.access_key, "AKIA1");
    wall_clock = NOON + MINUTES(54);
    assert_non_null(acc_credentials_current(f->provider));
    wall_clock = NOON + MINUTES(56);
    assert_null(acc_credentials_current(f->provider));
    write_text(f, "more", ", \"Expiration\": \"2026-11-25T16:00:00.5+02:00\"");
    get(f, &one);
    assert_string_equal(one.access_key, "AKIA2");
    assert_int_equal(acc_credentials_current(f->provider)->expires, NOON + MINUTES(120) + 500);
    end(f);
}

static void short_lived_ones_are_used_for_most_of_their_time(void **state)
{
    struct fixture *f = *state;
    struct asked one;
    begin_counting(f, ", \"Expiration\": \"2026-11-25T12:04:00Z\"");
    get(f, &one);
    wall_clock = NOON + MINUTES(2);
    assert_non_null(acc_credentials_current(f->provider));
    wall_clock = NOON + MINUTES(3);
    assert_null(acc_credentials_current(f->provider));
    end(f);
}

static void a_failed_refresh_keeps_the_old_while_they_are_good(void **state)
{
    struct fixture *f = *state;
    struct asked one;
    begin_counting(f, AN_HOUR_LATER);
    get(f, &one);
    break_it(f, true);
    wall_clock = NOON + MINUTES(56);
    get(f, &one);
    assert_string_equal(one.access_key, "AKIA1");
    assert_non_null(acc_credentials_current(f->provider));
    wall_clock = NOON + MINUTES(57);
    assert_null(acc_credentials_current(f->provider));
    wall_clock = NOON + MINUTES(61);
    get(f, &one);
    assert_int_equal(one.err.code, ACC_CREDENTIALS);
    assert_non_null(strstr(one.err.message, "ended with status 3"));
    break_it(f, false);
    write_text(f, "more", "");
    get(f, &one);
    assert_string_equal(one.access_key, "AKIA4");
    end(f);
}

static void refused_ones_are_replaced_once(void **state)
{
    struct fixture *f = *state;
    struct asked one;
    begin_counting(f, AN_HOUR_LATER);
    get(f, &one);
    assert_true(acc_credentials_refused(f->provider, "AKIA1"));
    assert_null(acc_credentials_current(f->provider));
    get(f, &one);
    assert_string_equal(one.access_key, "AKIA2");
    /* A request that was signed with the old ones comes back late. */
    assert_true(acc_credentials_refused(f->provider, "AKIA1"));
    assert_non_null(acc_credentials_current(f->provider));
    end(f);
}

static void many_who_wait_share_one_search(void **state)
{
    struct fixture *f = *state;
    struct asked all[5];
    begin_counting(f, AN_HOUR_LATER);
    for (size_t i = 0; i < ACC_COUNT_OF(all); i++)
        ask(f, &all[i]);
    acc_credentials_cancel(&all[2].wait);
    acc_loop_run(&f->loop);
    for (size_t i = 0; i < ACC_COUNT_OF(all); i++)
        assert_int_equal(all[i].answers, i == 2 ? 0 : 1);
    assert_string_equal(all[4].access_key, "AKIA1");
    end(f);
}

static void stopping_ends_the_process_and_tells_who_waits(void **state)
{
    struct fixture *f = *state;
    struct asked one;
    /* Without an end of its own: the loop could not be released. */
    begin(f, "[default]\ncredential_process = sleep infinity\n");
    ask(f, &one);
    for (int i = 0; i < 3; i++)
        uv_run(&f->loop.uv, UV_RUN_NOWAIT);
    end(f);
    assert_int_equal(one.answers, 1);
    assert_int_equal(one.err.code, ACC_INTERRUPTED);
}

static void a_broken_process_is_one_clear_line(void **state)
{
    static const struct {
        const char *command, *said;
    } cases[] = {
        {"/nonexistent/program --password hush", "\"default\" cannot be run: No such file"},
        {"sh -c 'echo hush; echo hush >&2; exit 7'",
         "\"default\" ended with status 7. Run it by hand"},
        {"sh -c 'kill -9 $$'", "\"default\" was ended by signal 9. Run it by hand"},
        {"KEY=hush give", "\"default\" cannot be run: No such file"},
        {"true", "does not print credentials: it is not a JSON object"},
        {"echo hush", "it is not a JSON object"},
        {"echo '[1]'", "it is not a JSON object"},
        {"echo '{\"AccessKeyId\": \"A\", \"SecretAccessKey\": \"hush\"}'", "its Version is not 1"},
        {"echo '{\"Version\": \"1\", \"SecretAccessKey\": \"hush\"}'", "its Version is not 1"},
        {"echo '{\"Version\": 1, \"SecretAccessKey\": \"hush\"}'", "it has no AccessKeyId"},
        {"echo '{\"Version\": 1, \"AccessKeyId\": \"A\"}'", "it has no SecretAccessKey"},
        {"echo '{\"Version\": 1, \"AccessKeyId\": \"A\", \"SecretAccessKey\": \"hush\", "
         "\"Expiration\": \"tomorrow\"}'",
         "its Expiration is not a time"},
        {"echo 'hush", "its quotes are not closed"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ACC_COUNT_OF(cases); i++) {
        struct acc_str config = {0};
        struct asked one;
        acc_str_addf(&config, "[default]\ncredential_process = %s\n", cases[i].command);
        begin(f, acc_str_cstr(&config));
        get(f, &one);
        if (strstr(one.err.message, cases[i].said) == NULL)
            fail_msg("%s: %s", cases[i].command, one.err.message);
        assert_int_equal(one.err.code, ACC_CREDENTIALS);
        assert_null(strstr(one.err.message, "hush"));
        assert_null(strchr(one.err.message, '\n'));
        assert_non_null(strstr(one.err.message, "credential_process of profile \"default\""));
        end(f);
        acc_str_release(&config);
    }
}

static void words_are_split_as_a_shell_would(void **state)
{
    struct fixture *f = *state;
    struct asked one;
    write_text(f, "show",
               "for word; do all=\"$all|$(printf %s \"$word\" | tr ' ' _)\"; done\n"
               "printf '{\"Version\": 1, \"AccessKeyId\": \"%s\", "
               "\"SecretAccessKey\": \"hush\"}' \"${all#?}\"\n");
    char config[256];
    snprintf(config, sizeof config,
             "[default]\ncredential_process = sh  %s/show a' 'b \"c'd\" '' e\\ f;g  \\'h\n",
             f->folder);
    begin(f, config);
    get(f, &one);
    assert_string_equal(one.access_key, "a_b|c'd||e_f;g|'h");
    end(f);
}

static void renew(struct fixture *f, const char *config)
{
    write_text(f, "config", config);
    acc_credentials_renew(f->provider);
    acc_s3_settings_reread(&f->settings);
}

static void a_file_that_is_mended_is_believed(void **state)
{
    static const char new_keys[] =
        "[default]\naws_access_key_id = AKIANEW\naws_secret_access_key = hush\n";
    struct fixture *f = *state;
    struct asked one;
    char config[256];
    begin(f, "[default]\naws_access_key_id = AKIAOLD\naws_secret_access_key = hush\n");
    get(f, &one);
    assert_string_equal(one.access_key, "AKIAOLD");
    renew(f, "[default]\naws_access_key_id = AKIANEW\naws_secr");
    get(f, &one);
    assert_string_equal(one.access_key, "AKIAOLD"); /* still being written */
    renew(f, new_keys);
    assert_null(acc_credentials_current(f->provider));
    get(f, &one);
    assert_string_equal(one.access_key, "AKIANEW");
    assert_non_null(acc_credentials_current(f->provider));
    renew(f, "[default]\nregion = x\n");
    get(f, &one);
    assert_int_equal(one.err.code, ACC_CREDENTIALS);
    /* another source may have them now, and may fail for a while */
    write_text(f, "give", give);
    write_text(f, "more", AN_HOUR_LATER);
    snprintf(config, sizeof config, "[default]\ncredential_process = sh '%s/give'\n", f->folder);
    renew(f, config);
    get(f, &one);
    assert_string_equal(one.access_key, "AKIA1");
    break_it(f, true);
    ask(f, &one);
    renew(f, config);
    acc_loop_run(&f->loop);
    assert_int_equal(one.answers, 1);
    assert_string_equal(one.access_key, "AKIA1");
    end(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_never_expires_is_asked_for_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_expires_is_fetched_again_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(short_lived_ones_are_used_for_most_of_their_time, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_failed_refresh_keeps_the_old_while_they_are_good, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(refused_ones_are_replaced_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_that_is_mended_is_believed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_who_wait_share_one_search, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stopping_ends_the_process_and_tells_who_waits, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_broken_process_is_one_clear_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(words_are_split_as_a_shell_would, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
