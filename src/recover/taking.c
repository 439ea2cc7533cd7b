/* Happy path: the destination's run is begun at its first claim, and stays open to the end; while a
 * destination follows itself, the transaction stays open too. Failure: the open transaction is
 * rolled back, the runs are ended with the error. Close: runs and ledger, in this order. */
#include "recover/taking.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ledger/ledger.h"

enum acc_code acc_taking_open(struct acc_taking *t, struct acc_recall *recall, const char *command,
                              struct acc_error *err)
{
    struct acc_str path = {0};
    *t = (struct acc_taking){.recall = recall, .command = command};
    memset(recall->reported, 0, sizeof recall->reported);
    memset(recall->fresh, 0, sizeof recall->fresh);
    recall->sources = recall->passed_over = 0;
    acc_ledger_where(recall->ledger, &path);
    enum acc_code code = acc_ledger_open(acc_str_cstr(&path), &t->ledger, err);
    acc_str_release(&path);
    return code;
}

bool acc_taking_is_place(const char *destination, const char *url)
{
    const char *server = strstr(destination, "://");
    const char *place = strchr(server != NULL ? server + 3 : destination, '/');
    struct acc_str named = {0};
    if (place == NULL || !acc_starts_with(url, "s3://"))
        return false;
    acc_str_addf(&named, "/%s", url + 5);
    if (!acc_ends_with(acc_str_cstr(&named), "/"))
        acc_str_add_c(&named, '/');
    bool same = strcmp(acc_str_cstr(&named), place) == 0;
    acc_str_release(&named);
    return same;
}

static enum acc_code find_into(struct acc_taking *t, const char *destination, const char *url,
                               size_t *found, struct acc_error *err)
{
    for (size_t i = 0; i < t->count; i++) {
        if (strcmp(t->into[i].destination, destination) == 0) {
            *found = i;
            return ACC_OK;
        }
    }
    if (!acc_taking_is_place(destination, url))
        return acc_error_set(err, ACC_MANIFEST,
                             "a fact says of one place that it is %s and %s. Nothing of the rest "
                             "is taken over.",
                             destination, url);
    const struct acc_run_spec spec = {.kind = "import",
                                      .source = "",
                                      .destination = destination,
                                      .url = url,
                                      .command = t->command};
    char name[40];
    int64_t run = 0;
    enum acc_code code = acc_taking_commit(t, err);
    if (code == ACC_OK)
        code = acc_ledger_run_begin(t->ledger, &spec, &run, name, err);
    if (code != ACC_OK)
        return code;
    t->into = acc_realloc(t->into, (t->count + 1) * sizeof *t->into);
    t->into[t->count] =
        (struct acc_taking_into){.destination = acc_strdup(destination), .run = run};
    *found = t->count++;
    return ACC_OK;
}

enum acc_code acc_taking_run(struct acc_taking *t, const char *destination, const char *url,
                             int64_t *run, struct acc_error *err)
{
    size_t at = 0;
    enum acc_code code = find_into(t, destination, url, &at, err);
    if (code == ACC_OK)
        *run = t->into[at].run;
    return code;
}

static void report(struct acc_taking *t, const char *url, const struct acc_claim *claim,
                   enum acc_heard heard, const char *reason)
{
    static const enum acc_reported reported[] = {[ACC_HEARD_NEW] = ACC_REPORTED_NEW,
                                                 [ACC_HEARD_KNOWN] = ACC_REPORTED_KNOWN,
                                                 [ACC_HEARD_CONFLICT] = ACC_REPORTED_CONFLICT};
    const struct acc_reported_fact fact = {.reported = reported[heard],
                                           .ground = acc_ground_name(claim->ground),
                                           .url = url,
                                           .path = claim->path,
                                           .origin = claim->origin,
                                           .reason = reason,
                                           .digests = &claim->digests};
    t->recall->reported[fact.reported]++;
    t->recall->fresh[claim->ground] += heard == ACC_HEARD_NEW;
    if (t->recall->on_fact != NULL)
        t->recall->on_fact(t->recall->arg, &fact);
}

enum acc_code acc_taking_take(struct acc_taking *t, const char *destination, const char *url,
                              const struct acc_claim *claim, int64_t *entry, struct acc_error *err)
{
    struct acc_error why = {0};
    enum acc_heard heard = ACC_HEARD_KNOWN;
    int64_t id = 0;
    size_t at = 0;
    enum acc_code code = find_into(t, destination, url, &at, err);
    if (code == ACC_OK && t->hearing != NULL && t->at != at)
        code = acc_taking_commit(t, err);
    if (code == ACC_OK && t->hearing == NULL) {
        code = acc_hearing_begin(t->ledger, t->into[at].run, &t->hearing, err);
        t->at = at;
    }
    if (code == ACC_OK)
        code = acc_hearing_add(t->hearing, claim, &heard, &id, &why, err);
    if (code != ACC_OK)
        return code;
    report(t, url, claim, heard, why.message);
    if (entry != NULL)
        *entry = id;
    return ACC_OK;
}

enum acc_code acc_taking_commit(struct acc_taking *t, struct acc_error *err)
{
    struct acc_hearing *hearing = t->hearing;
    t->hearing = NULL;
    return hearing != NULL ? acc_hearing_end(hearing, true, err) : ACC_OK;
}

void acc_taking_forget(struct acc_taking *t)
{
    if (t->hearing != NULL)
        acc_hearing_end(t->hearing, false, NULL);
    t->hearing = NULL;
}

enum acc_code acc_taking_close(struct acc_taking *t, enum acc_code outcome, struct acc_error *err)
{
    acc_taking_forget(t);
    for (size_t i = 0; i < t->count; i++) {
        struct acc_error failed = {0};
        enum acc_code code = acc_ledger_run_end(t->ledger, t->into[i].run, outcome, NULL, &failed);
        if (code != ACC_OK && outcome == ACC_OK) {
            outcome = code;
            *err = failed;
        }
        free(t->into[i].destination);
    }
    free(t->into);
    acc_ledger_close(t->ledger);
    *t = (struct acc_taking){0};
    return outcome;
}
