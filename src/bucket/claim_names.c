/* What the name of a claim says: whose it is, and whether that run can still be at work.
 *
 * Pure but for the ledger and the process table. A ledger that cannot be read knows no run. */
#include <stdio.h>
#include <string.h>

#include "bucket/claim_parts.h"
#include "s3/ops/probe.h"

const char *acc_claim_run_of_key(const char *key, size_t from)
{
    static const char marker[] = ACC_S3_PROBE_FOLDER ACC_CLAIM_NAME;
    const char *found = key + from;
    while ((found = strstr(found, marker)) != NULL && found > key && found[-1] != '/')
        found++;
    if (found == NULL)
        return NULL;
    found += sizeof marker - 1;
    return *found != '\0' && strchr(found, '/') == NULL ? found : NULL;
}

/* Whether `name` is of a run of this ledger, and, if so, what it knows of that run. */
static bool find_run(struct acc_ledger *ledger, const char *name, struct acc_run_info *info)
{
    char run[ACC_CLAIM_TEXT];
    struct acc_error err;
    int64_t id;
    snprintf(run, sizeof run, "%.*s", (int)strcspn(name, "."), name);
    if (acc_ledger_run_named(ledger, run, &id, &err) != ACC_OK ||
        acc_ledger_run_info(ledger, id, info, &err) != ACC_OK)
        return false;
    if (strcmp(info->name, run) == 0) /* not merely one whose name begins so */
        return true;
    acc_run_info_release(info);
    return false;
}

bool acc_claim_is_of(struct acc_ledger *ledger, const char *name, bool *ended)
{
    struct acc_run_info info = {0};
    if (!find_run(ledger, name, &info))
        return false;
    *ended = info.finished != 0;
    acc_run_info_release(&info);
    return true;
}

bool acc_claim_is_dead(struct acc_ledger *ledger, const char *name)
{
    struct acc_run_info info = {0};
    const char *process = strchr(name, '.');
    if (process != NULL && acc_process_state(process + 1) == ACC_PROCESS_DEAD)
        return true;
    if (!find_run(ledger, name, &info))
        return false;
    bool by_its_own_word = info.finished != 0 && info.summary[0] != '\0';
    acc_run_info_release(&info);
    return by_its_own_word;
}
