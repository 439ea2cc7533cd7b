/* The tables of accession/verify.h and accession/ingest.h as texts, and what an ingest's options
 * must satisfy together. Pure. */
#include <accession/ingest.h>
#include <accession/verify.h>

#include "base/path.h"

static const struct {
    const char *name, *rests_on, *blind_to;
} levels[ACC_LEVEL_COUNT] = {
#define X(name, text, rests_on, blind) {text, rests_on, blind},
    ACC_LEVELS(X)
#undef X
};

static const struct {
    const char *text, *name;
    enum acc_code code;
} findings[ACC_FINDING_COUNT] = {
#define X(name, text, id, code) {text, id, code},
    ACC_FINDINGS(X)
#undef X
};

static const struct {
    const char *name, *text;
} proofs[ACC_PROOF_COUNT] = {
#define X(name, id, text) {id, text},
    ACC_PROOFS(X)
#undef X
};

const char *acc_level_name(enum acc_level level)
{
    return levels[level].name;
}

const char *acc_level_rests_on(enum acc_level level)
{
    return levels[level].rests_on;
}

const char *acc_level_blind_to(enum acc_level level)
{
    return levels[level].blind_to;
}

const char *acc_finding_text(enum acc_finding finding)
{
    return findings[finding].text;
}

const char *acc_finding_name(enum acc_finding finding)
{
    return findings[finding].name;
}

enum acc_code acc_finding_code(enum acc_finding finding)
{
    return findings[finding].code;
}

const char *acc_proof_name(enum acc_proof proof)
{
    return proofs[proof].name;
}

const char *acc_proof_text(enum acc_proof proof)
{
    return proofs[proof].text;
}

const char *acc_write_once_name(enum acc_write_once how)
{
    static const char *const names[] = {
#define X(id, name) name,
        ACC_WRITE_ONCE(X)
#undef X
    };
    return names[how];
}

enum acc_code acc_ingest_check_memory(const struct acc_ingest_options *o, struct acc_error *err)
{
    int64_t part = o->part_size ? o->part_size : ACC_INGEST_PART_SIZE;
    int64_t memory = o->memory ? o->memory : ACC_INGEST_MEMORY;
    char has[32], needs[32];
    if (memory >= 2 * part)
        return ACC_OK;
    return acc_error_set(
        err, ACC_USAGE,
        "--memory: %s is too small for two parts. Use %s or more, or a smaller --part-size.",
        acc_show_bytes((double)memory, has), acc_show_bytes(2.0 * (double)part, needs));
}
