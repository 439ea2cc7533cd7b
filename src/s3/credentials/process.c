/* credential_process: a command of the user's prints credentials as JSON. It runs on a pool thread,
 * without a shell and with empty input. Its output is read and never shown, nor is its standard
 * error: such commands put tokens and keys into their complaints. A command that ends with a status
 * other than 0, prints anything else, or takes longer than five minutes ends the lookup. Abandoned:
 * the job sees a pipe close and sends the command SIGTERM; the job's end then frees everything. AWS
 * SDKs and Tools Reference Guide, "Process credential provider". */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "base/clock.h"
#include "base/mem.h"
#include "s3/config/words.h"
#include "s3/credentials/lookup.h"

#define OUTPUT_MAX ((size_t)1 << 20)
#define TIME_MAX_MS (5 * 60 * 1000)

extern char **environ;

struct process {
    struct acc_job job;
    struct acc_lookup *lookup; /* loop only; NULL once abandoned */
    int stop[2];               /* closing [1] on the loop ends the wait on [0] in the job */
    struct {
        char **argv;
        struct acc_str output;
        int status; /* as waitpid() has it */
        bool late;
        char failure[128]; /* why it could not be run */
    } job_only;
};

/* ---- on the pool ---- */

static pid_t spawn(struct process *p, int output)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t signals;
    pid_t pid = -1;
    sigemptyset(&signals);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &signals);
    sigaddset(&signals, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    int error =
        posix_spawnp(&pid, p->job_only.argv[0], &files, &attributes, p->job_only.argv, environ);
    if (error != 0)
        snprintf(p->job_only.failure, sizeof p->job_only.failure, "%s", strerror(error));
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return error == 0 ? pid : -1;
}

/* False once there is no more to read. Output beyond the limit is read and dropped. */
static bool read_some(int fd, struct acc_str *into)
{
    char bytes[4096];
    ssize_t got = read(fd, bytes, sizeof bytes);
    if (got > 0 && into->len + (size_t)got <= OUTPUT_MAX)
        acc_str_add_n(into, bytes, (size_t)got);
    explicit_bzero(bytes, sizeof bytes);
    return got > 0 || (got < 0 && errno == EINTR);
}

/* Reads until the output ends. False when the lookup was abandoned, or time is up. */
static bool listen_to(struct process *p, int output)
{
    struct pollfd fds[] = {{.fd = output, .events = POLLIN}, {.fd = p->stop[0]}};
    int64_t end = acc_clock_now() + TIME_MAX_MS;
    for (;;) {
        int64_t left = end - acc_clock_now();
        p->job_only.late = left <= 0;
        if (left <= 0 || (poll(fds, 2, (int)left) < 0 && errno != EINTR) || fds[1].revents != 0)
            return false;
        if (fds[0].revents != 0 && !read_some(output, &p->job_only.output))
            return true;
    }
}

static void run(struct acc_job *job)
{
    struct process *p = ACC_CONTAINER_OF(job, struct process, job);
    int output[2] = {-1, -1};
    pid_t pid = -1;
    if (pipe2(output, O_CLOEXEC) != 0)
        snprintf(p->job_only.failure, sizeof p->job_only.failure, "%s", strerror(errno));
    else
        pid = spawn(p, output[1]);
    close(output[1]);
    if (pid > 0) {
        if (!listen_to(p, output[0]))
            kill(pid, SIGTERM);
        while (waitpid(pid, &p->job_only.status, 0) < 0 && errno == EINTR)
            ;
    }
    close(output[0]);
}

/* ---- back on the loop ---- */

/* Of the JSON only what this format adds to the others. */
static const char *check_version(const struct acc_str *output)
{
    json_t *object = json_loadb(acc_str_cstr(output), output->len, 0, NULL);
    json_t *version = json_object_get(object, "Version");
    const char *wrong = NULL;
    if (!json_is_object(object))
        wrong = "it is not a JSON object";
    else if (!json_is_integer(version) || json_integer_value(version) != 1)
        wrong = "its Version is not 1";
    json_decref(object);
    return wrong;
}

static void describe_end(const struct process *p, char *out, size_t size)
{
    int status = p->job_only.status;
    if (p->job_only.failure[0] != '\0')
        snprintf(out, size, "cannot be run: %s", p->job_only.failure);
    else if (p->job_only.late)
        snprintf(out, size, "took longer than five minutes");
    else if (WIFSIGNALED(status))
        snprintf(out, size, "was ended by signal %d", WTERMSIG(status));
    else
        snprintf(out, size, "ended with status %d", WEXITSTATUS(status));
}

static void report(struct process *p)
{
    struct acc_lookup *lookup = p->lookup;
    bool good = p->job_only.failure[0] == '\0' && !p->job_only.late && p->job_only.status == 0;
    if (!good) {
        char end[192];
        describe_end(p, end, sizeof end);
        acc_lookup_broken(lookup,
                          "credential_process of profile \"%s\" %s. Run it by hand to see why.",
                          lookup->profile, end);
        return;
    }
    const char *wrong = check_version(&p->job_only.output);
    if (wrong == NULL)
        wrong = acc_lookup_read_json(lookup, acc_str_cstr(&p->job_only.output),
                                     p->job_only.output.len, "SessionToken");
    if (wrong != NULL) {
        acc_lookup_broken(lookup,
                          "credential_process of profile \"%s\" does not print credentials: %s. "
                          "Run it by hand to "
                          "see why.",
                          lookup->profile, wrong);
        return;
    }
    snprintf(lookup->credentials.source, sizeof lookup->credentials.source,
             "credential_process of profile \"%.80s\"", lookup->profile);
    acc_lookup_end(lookup, ACC_FOUND);
}

static void on_done(struct acc_job *job)
{
    struct process *p = ACC_CONTAINER_OF(job, struct process, job);
    close(p->stop[0]);
    if (p->lookup != NULL) {
        close(p->stop[1]);
        p->lookup->work = NULL;
        report(p);
    }
    acc_words_free(p->job_only.argv);
    acc_str_wipe(&p->job_only.output);
    free(p);
}

static void abandon(void *work)
{
    struct process *p = work;
    p->lookup = NULL;
    close(p->stop[1]);
}

static void start(struct acc_lookup *lookup)
{
    const char *command = acc_lookup_setting(lookup, "credential_process");
    if (command == NULL) {
        acc_lookup_end(lookup, ACC_NOTHING);
        return;
    }
    char **words = acc_words_split(command, NULL);
    if (words == NULL) {
        acc_lookup_broken(
            lookup,
            "credential_process of profile \"%s\": it is empty, or its quotes are not closed. "
            "Correct it in ~/.aws/config.",
            lookup->profile);
        return;
    }
    struct process *p = ACC_NEW(struct process);
    p->job_only.argv = words;
    if (pipe2(p->stop, O_CLOEXEC) != 0) {
        acc_words_free(words);
        free(p);
        acc_lookup_broken(lookup, "credential_process of profile \"%s\" cannot be run: %s.",
                          lookup->profile, strerror(errno));
        return;
    }
    p->lookup = lookup;
    p->job.work = run;
    p->job.done = on_done;
    lookup->work = p;
    lookup->abandon = abandon;
    acc_job_start(lookup->loop, &p->job);
}

const struct acc_source acc_source_process = {"credential_process", start};
