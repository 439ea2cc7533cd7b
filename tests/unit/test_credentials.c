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
#include "s3/credentials.h"

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
    static const char *const cleared[] = {"AWS_PROFILE",
                                          "AWS_ACCESS_KEY_ID",
                                          "AWS_WEB_IDENTITY_TOKEN_FILE",
                                          "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                                          "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"};
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

/* Hands out AKIA1, AKIA2, … and appends a line to `calls` each time; what else the answer says is in
 * the file `expires`, and while there is a file `broken` it fails. */
static const char counting[] =
    "[default]\n"
    "credential_process = sh -c 'cd \"$FOLDER\" && echo x >>calls && test ! -e broken && "
    "echo \"{\\\\\"Version\\\\\": 1, \\\\\"AccessKeyId\\\\\": \\\\\"AKIA$(wc -l <calls | tr -d \\\" "
    "\\\")\\\\\", \\\\\"SecretAccessKey\\\\\": \\\\\"hush\\\\\" $(cat expires)}\"'\n";
