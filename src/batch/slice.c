/* Pure but for the environment. */
#include <accession/batch.h>

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* A whole number from `from` on that the text consists of. */
static bool read_number(const char *text, size_t len, long long from, long long *number)
{
    char digits[12];
    if (text == NULL || len == 0 || len >= sizeof digits || strspn(text, "0123456789") < len)
        return false;
    memcpy(digits, text, len);
    digits[len] = '\0';
    *number = strtoll(digits, NULL, 10);
    return *number >= from && *number <= 1000000;
}

static bool from_environment(const char *name, long long *number)
{
    const char *text = getenv(name);
    return text != NULL && read_number(text, strlen(text), 0, number);
}

/* Which task of the job array this is, counted from 1, and how many there are; 0 for not known. */
static bool which_task(long long *task, long long *tasks)
{
    long long first = 0;
    if (from_environment("SLURM_ARRAY_TASK_ID", task)) {
        from_environment("SLURM_ARRAY_TASK_MIN", &first);
        from_environment("SLURM_ARRAY_TASK_COUNT", tasks);
        *task += 1 - first;
        return true;
    }
    if (!from_environment("JOB_COMPLETION_INDEX", task))
        return false;
    *task += 1;
    return true;
}

enum acc_code acc_batch_slice(const char *text, unsigned *slice, unsigned *slices,
                              struct acc_error *err)
{
    const char *slash = strchr(text, '/');
    size_t first = strcspn(text, "/");
    long long n = 0, m = 0;
    bool automatic = first == 4 && memcmp(text, "auto", 4) == 0;
    if (automatic && !which_task(&n, &m))
        return acc_error_set(err, ACC_USAGE,
                             "--slice auto: neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX "
                             "is set. Start it as a task of a job array, or write --slice N/M.");
    if ((!automatic && !read_number(text, first, 1, &n)) ||
        ((slash != NULL || !automatic) &&
         (slash == NULL || !read_number(slash + 1, strlen(slash + 1), 1, &m))))
        return acc_error_set(err, ACC_USAGE,
                             "--slice: is N/M, the N-th of M parts, such as 3/30, or auto[/M].");
    if (m == 0)
        return acc_error_set(err, ACC_USAGE,
                             "--slice auto: SLURM_ARRAY_TASK_COUNT does not say how many tasks "
                             "there are. Write --slice auto/M.");
    if (n < 1 || n > m)
        return acc_error_set(err, ACC_USAGE,
                             "--slice: is N/M with N from 1 to M, and this is %lld/%lld.", n, m);
    *slice = (unsigned)n;
    *slices = (unsigned)m;
    return ACC_OK;
}
