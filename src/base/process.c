/* Reads /proc and /etc/machine-id. What cannot be read counts as 0, which proves nothing. A /proc
 * that hides other users' processes (hidepid) proves nothing either: then init cannot be seen. */
#include "base/process.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct process {
    uint64_t host, boot, start;
    long pid;
};

/* FNV-1a, 64 bits, of a small file; 0 if it cannot be read. */
static uint64_t hash_file(const char *path)
{
    char text[256];
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return 0;
    size_t len = fread(text, 1, sizeof text, file);
    fclose(file);
    uint64_t value = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < len; i++)
        value = (value ^ (unsigned char)text[i]) * UINT64_C(0x100000001b3);
    return len > 0 ? value : 0;
}

static uint64_t this_boot(void)
{
    struct stat st;
    uint64_t boot = hash_file("/proc/sys/kernel/random/boot_id");
    if (boot == 0 || stat("/proc/self/ns/pid", &st) != 0)
        return 0;
    return boot ^ (uint64_t)st.st_ino * UINT64_C(0x9e3779b97f4a7c15);
}

/* The 22nd field of /proc/PID/stat; the name before it is in parentheses and may hold anything.
 * False if there is no such process, or only what its parent has not waited for yet. */
static bool started(long pid, uint64_t *start)
{
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[len] = '\0';
    const char *at = strrchr(text, ')');
    if (at != NULL && (strncmp(at, ") Z", 3) == 0 || strncmp(at, ") X", 3) == 0))
        return false;
    for (int field = 2; at != NULL && field < 22; field++)
        at = strchr(at + 1, ' ');
    if (at == NULL)
        return false;
    *start = strtoull(at + 1, NULL, 10);
    return true;
}

static bool parse(const char *text, struct process *p)
{
    int end = 0;
    return sscanf(text, "%" SCNx64 ".%" SCNx64 ".%ld.%" SCNx64 "%n", &p->host, &p->boot, &p->pid,
                  &p->start, &end) == 4 &&
           text[end] == '\0' && p->pid > 0;
}

char *acc_process_self(char out[ACC_PROCESS_TEXT])
{
    struct process p = {
        .host = hash_file("/etc/machine-id"), .boot = this_boot(), .pid = (long)getpid()};
    if (!started(p.pid, &p.start))
        p.start = 0;
    snprintf(out, ACC_PROCESS_TEXT, "%08" PRIx64 ".%016" PRIx64 ".%ld.%" PRIx64,
             p.host & UINT32_MAX, p.boot, p.pid, p.start);
    return out;
}

enum acc_process_state acc_process_state(const char *process)
{
    struct process p;
    uint64_t start;
    if (!parse(process, &p) || p.boot == 0 || p.start == 0 || p.boot != this_boot() ||
        !started(1, &start))
        return ACC_PROCESS_UNKNOWN;
    if (!started(p.pid, &start))
        return ACC_PROCESS_DEAD;
    return start == p.start ? ACC_PROCESS_ALIVE : ACC_PROCESS_DEAD;
}

char *acc_process_host(const char *process, char out[ACC_PROCESS_TEXT])
{
    struct process p;
    out[0] = '\0';
    if (parse(process, &p))
        snprintf(out, ACC_PROCESS_TEXT, "%08" PRIx64, p.host);
    return out;
}
