/* The plan of a replication: what is on record as archived at the source, and the digests that it
 * had when it passed the gate, which are those of its manifest and more. The source's own word
 * counts for nothing: an object that is not what is on record is refused when it is read.
 *
 * Happy path: each object on record below the source becomes an entry, and so does what only others
 * reported (receipts, the ledgers of other machines), with what they promised. A destination that
 * lies below the source is another bag, with a run of its own, and is left out; one that lies above
 * it gives what it has there. Failure: the first error ends the plan. Close: nothing is kept. */
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "plan/planning.h"

struct record {
    struct acc_planning *p;
    struct acc_str room, origin;
};

/* The path below the source, or NULL. */
static const char *below(struct record *record, const struct acc_object_known *object)
{
    const char *place = record->p->plan->recorded_at;
    if (!acc_starts_with(place, object->destination))
        return NULL;
    acc_str_set(&record->room, object->destination);
    acc_str_add(&record->room, object->path);
    return acc_starts_with(acc_str_cstr(&record->room), place)
               ? acc_str_cstr(&record->room) + strlen(place)
               : NULL;
}

static enum acc_code take(void *arg, const struct acc_object_known *object, struct acc_error *err)
{
    struct record *record = arg;
    enum acc_taken taken;
    const char *path = below(record, object);
    if (path == NULL || *path == '\0')
        return ACC_OK;
    const struct acc_entry entry = {.path = path,
                                    .size = object->size,
                                    .role = object->role,
                                    .promised = object->digests,
                                    .origin = acc_str_cstr(&record->origin)};
    return acc_plan_entry(record->p, &entry, &taken, err);
}

enum acc_code acc_plan_from_record(struct acc_planning *p, struct acc_error *err)
{
    struct acc_plan *plan = p->plan;
    struct record record = {.p = p};
    acc_str_addf(&record.origin, "the record of %s", plan->recorded_at);
    enum acc_code code =
        acc_ledger_each_known(plan->record, plan->recorded_at, INT64_MAX, "", take, &record, err);
    if (code == ACC_OK)
        code = acc_ledger_each_reported(plan->record, plan->recorded_at, take, &record, err);
    plan->from_record = code == ACC_OK && acc_ledger_load_entries(p->load) > 0;
    if (plan->from_record) {
        snprintf(plan->manifest, sizeof plan->manifest, "what the ledger has on record of %.900s",
                 plan->source->path);
        plan->manifest_count = 1;
        code = acc_ledger_copy_identifiers(plan->ledger, plan->run, plan->recorded_at, err);
    }
    acc_str_release(&record.room);
    acc_str_release(&record.origin);
    return code;
}
