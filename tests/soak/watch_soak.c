/* Thousands of arrivals through one watcher: its memory and descriptors stay where they were.
 *
 *     watch_soak [ARRIVALS]
 *
 * This process is the watcher; instead of ingests it runs a script that answers as they do, so that
 * the watcher itself is what is measured: every third arrival is refused, every tenth run dies
 * without a word at first. Each success names the one run of the ledger, whose outcomes are proven.
 * A second process fills the drop folder, measures the first from outside
 * (/proc) after a third of the arrivals and at the end, and judges. */
#include <dirent.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <accession/watch.h>
#include "sample_ledger.h"

#define AT_ONCE 200
#define PARALLEL 4
#define PATIENCE_S 180  /* detects a hang, not a slow machine */
#define GROWTH_KIB 1024 /* less than half a KiB for each of 2,000 and more arrivals */

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* %s: the run's name. */
static const char fake_accession[] =
    "#!/bin/sh\n"
    "for word; do source=$target; target=$word; done\n"
    "case $source in\n"
    "*9) tried=$0-${source##*/}; [ -e \"$tried\" ] || { : >\"$tried\"; kill -KILL $$; } ;;\n"
    "esac\n"
    "case $source in\n"
    "*[369]) echo '{\"type\":\"file\",\"path\":\"a\",\"outcome\":\"failed\",\"code\":\"DIGEST\","
    "\"reason\":\"differs\"}'\n"
    "  echo '{\"type\":\"summary\",\"outcome\":\"DIGEST\",\"files\":1,\"run\":\"%s\"}'; exit 1 ;;\n"
    "*) echo '{\"type\":\"summary\",\"outcome\":\"OK\",\"files\":1,\"sent\":1,\"run\":\"%s\"}' ;;\n"
    "esac\n";

static char folder[] = "/tmp/accession-soak-XXXXXX";

static pid_t watcher;

static void fail(const char *what)
{
    printf("FAIL %s\n", what);
    if (getpid() != watcher)
        kill(watcher, SIGTERM);
    exit(1);
}

static void put(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0 || chmod(path, mode) != 0)
        fail(path);
}

__attribute__((format(printf, 2, 3))) static const char *in_folder(char path[256],
                                                                   const char *format, ...)
{
    va_list args;
    int len = snprintf(path, 256, "%s/", folder);
    va_start(args, format);
    vsnprintf(path + len, 256 - (size_t)len, format, args);
    va_end(args);
    return path;
}

static int names_in(const char *path)
{
    int count = 0;
    DIR *names = opendir(path);
    while (names != NULL && readdir(names) != NULL)
        count++;
    if (names != NULL)
        closedir(names);
    return count > 2 ? count - 2 : 0;
}

/* ---- the second process ---- */

static int dealt_with(void)
{
    char done[256], rejected[256];
    return names_in(in_folder(done, "drop/done")) + names_in(in_folder(rejected, "drop/rejected"));
}

static void drop(int number)
{
    char hidden[256], file[300], visible[256];
    if (mkdir(in_folder(hidden, "drop/.new-%06d", number), 0700) != 0)
        fail(hidden);
    snprintf(file, sizeof file, "%s/a", hidden);
    put(file, "", 0600);
    snprintf(file, sizeof file, "%s/SHA256SUMS", hidden);
    put(file, EMPTY_SHA256 "  a\n", 0600);
    if (rename(hidden, in_folder(visible, "drop/arrival-%06d", number)) != 0)
        fail(visible);
}

static void wait_for(int count)
{
    for (int tries = 0; dealt_with() < count; tries++) {
        if (tries > PATIENCE_S * 20)
            fail("arrivals are not dealt with");
        usleep(50000);
    }
}

/* SQLite keeps descriptors of a database that is open elsewhere in the process, for the next open:
 * of the ledger there are the watcher's own two, and at most one for each arrival at work. */
#define LEDGER_MOST (2 + PARALLEL)

struct measure {
    long kib;
    int descriptors; /* but for those of the ledger's file */
    int of_ledger;
};

static void count_descriptors(struct measure *m)
{
    char folder_path[64], path[400], target[300];
    struct dirent *entry;
    snprintf(folder_path, sizeof folder_path, "/proc/%d/fd", (int)watcher);
    DIR *names = opendir(folder_path);
    while (names != NULL && (entry = readdir(names)) != NULL) {
        snprintf(path, sizeof path, "%s/%s", folder_path, entry->d_name);
        ssize_t len = readlink(path, target, sizeof target - 1);
        if (len < 0)
            continue;
        target[len] = '\0';
        const char *slash = strrchr(target, '/');
        if (slash != NULL && strcmp(slash, "/ledger.db") == 0)
            m->of_ledger++;
        else
            m->descriptors++;
    }
    if (names != NULL)
        closedir(names);
}

static struct measure look(void)
{
    struct measure m = {0};
    char path[64], line[128];
    snprintf(path, sizeof path, "/proc/%d/status", (int)watcher);
    FILE *status = fopen(path, "r");
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        sscanf(line, "VmRSS: %ld", &m.kib);
    if (status != NULL)
        fclose(status);
    count_descriptors(&m);
    return m;
}

/* Once what ended just now is reaped and closed: nothing opens or closes any more for a second. */
static struct measure measure(void)
{
    struct measure m = look();
    for (int alike = 0, tries = 0; alike < 20 && tries < PATIENCE_S * 20; tries++) {
        int before = m.descriptors;
        usleep(50000);
        m = look();
        alike = m.descriptors == before ? alike + 1 : 0;
    }
    printf("after %6d arrivals: %ld KiB, %d descriptors, and %d of the ledger\n", dealt_with(),
           m.kib, m.descriptors, m.of_ledger);
    fflush(stdout);
    return m;
}

static void fill(int from, int to)
{
    for (int i = from; i < to; i++) {
        drop(i);
        if (i % 50 == 0)
            wait_for(i - AT_ONCE);
    }
    wait_for(to);
}

static int second_process(int arrivals)
{
    fill(0, arrivals / 3);
    struct measure first = measure();
    fill(arrivals / 3, arrivals);
    struct measure last = measure();
    kill(watcher, SIGTERM);
    if (last.descriptors != first.descriptors || last.of_ledger > LEDGER_MOST)
        fail("descriptors grew");
    if (last.kib > first.kib + GROWTH_KIB)
        fail("memory grew");
    return 0;
}

/* The program that the watcher runs, and the ledger with the run of which it speaks. */
static void make_accession(const char *program, const char *path)
{
    struct acc_run_info info;
    struct acc_error err;
    int64_t run;
    char script[sizeof fake_accession + 200];
    struct acc_ledger *ledger = acc_sample_ledger(path, 1, &run);
    if (acc_ledger_run_info(ledger, run, &info, &err) != ACC_OK)
        fail(err.message);
    snprintf(script, sizeof script, fake_accession, info.name, info.name);
    put(program, script, 0700);
    acc_run_info_release(&info);
    acc_ledger_close(ledger);
}

int main(int argc, char **argv)
{
    int arrivals = argc > 1 ? atoi(argv[1]) : 2100, status = 0;
    char path[256], target[256], ledger[256], metrics[256], command[300];
    if (mkdtemp(folder) == NULL || mkdir(in_folder(target, "drop"), 0700) != 0)
        fail(folder);
    make_accession(in_folder(path, "accession"), in_folder(ledger, "ledger.db"));
    watcher = getpid();
    pid_t other = fork();
    if (other == 0)
        exit(second_process(arrivals));

    const struct acc_watch_options options = {
        .connection.retries = -1,
        .folder = target,
        .destination = "s3://soak/in",
        .settle_s = 1,
        .after = ACC_AFTER_MOVE,
        .parallel = PARALLEL,
        .on_event = "cat >/dev/null",
        .ledger = ledger,
        .metrics = in_folder(metrics, "metrics.prom"),
        .program = path,
    };
    struct acc_error err = {0};
    enum acc_code code = acc_watch(&options, &err);
    if (code != ACC_OK) {
        printf("%s\n", err.message);
        kill(other, SIGKILL);
    }
    waitpid(other, &status, 0);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0)
        fail(folder);
    return code == ACC_OK && status == 0 ? 0 : 1;
}
