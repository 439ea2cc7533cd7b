/* The gate. Everything that decides whether bytes may become visible is on this page. */
#include "gate/gate.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"

struct acc_verified {
    struct acc_digests digests;
    int64_t size;
    const void *body;
};

static void describe(const struct acc_gate_facts *facts, char out[96])
{
    char bytes[32], modified[ACC_TIME_TEXT];
    acc_show_count((unsigned long long)facts->size, bytes);
    if (facts->modified != 0)
        snprintf(out, 96, "%s bytes, modified %s", bytes, acc_time_show(facts->modified, modified));
    else
        snprintf(out, 96, "%s bytes", bytes);
}

static enum acc_code differs(const struct acc_entry *entry, const struct acc_gate_facts *facts,
                             enum acc_alg alg, const char *what, struct acc_error *err)
{
    char promised[ACC_DIGEST_MAX * 2 + 1], computed[ACC_DIGEST_MAX * 2 + 1], line[32] = "",
                                                                             about[96];
    acc_digests_hex(&entry->promised, alg, promised);
    acc_digests_hex(facts->computed, alg, computed);
    describe(facts, about);
    if (entry->line > 0)
        snprintf(line, sizeof line, ", line %llu", (unsigned long long)entry->line);
    return acc_error_set(err, ACC_DIGEST,
                         "%s differs from the manifest: promised %s (%s%s), %s has %s (%s)",
                         acc_alg_name(alg), promised, entry->origin, line, what, computed, about);
}

enum acc_code acc_gate_no_digest(const struct acc_entry *entry, struct acc_error *err)
{
    char line[32] = "";
    if (entry->line > 0)
        snprintf(line, sizeof line, ", line %llu,", (unsigned long long)entry->line);
    return acc_error_set(err, ACC_NO_DIGEST,
                         "%s%s names it without a usable digest, so its content cannot be "
                         "compared. Add a digest to the manifest, or see --undigested.",
                         entry->origin, line);
}

enum acc_code acc_gate_compare(const struct acc_entry *entry, const struct acc_gate_facts *facts,
                               const char *what, struct acc_error *err)
{
    unsigned compared;
    if (entry->promised.present == 0)
        return acc_gate_no_digest(entry, err);
    enum acc_alg alg = acc_digests_differ(&entry->promised, facts->computed, &compared);
    if (alg != ACC_ALG_COUNT)
        return differs(entry, facts, alg, what, err);
    /* Every algorithm that is promised must have been computed; one that OpenSSL lacks, say under
     * FIPS, is no reason to let the file pass unchecked by it. */
    if (compared == 0 || (entry->promised.present & ~facts->computed->present) != 0)
        return acc_error_set(err, ACC_DIGEST,
                             "not every digest the manifest gives could be computed here (OpenSSL "
                             "lacks the algorithm). Nothing was compared; nothing was sent.");
    if (entry->size >= 0 && entry->size != facts->size)
        return acc_error_set(err, ACC_FILE_SIZE, "%s has %lld bytes; the manifest says %lld", what,
                             (long long)facts->size, (long long)entry->size);
    return ACC_OK;
}

struct acc_verified *acc_gate_pass(const struct acc_entry *entry,
                                   const struct acc_gate_facts *facts, struct acc_error *err)
{
    if (acc_gate_compare(entry, facts, "the file", err) != ACC_OK)
        return NULL;
    struct acc_verified *verified = ACC_NEW(struct acc_verified);
    verified->digests = *facts->computed;
    verified->size = facts->size;
    verified->body = facts->body;
    return verified;
}

void acc_verified_free(struct acc_verified *verified)
{
    free(verified);
}

const struct acc_digests *acc_verified_digests(const struct acc_verified *verified)
{
    return &verified->digests;
}

int64_t acc_verified_size(const struct acc_verified *verified)
{
    return verified->size;
}

const void *acc_verified_body(const struct acc_verified *verified)
{
    return verified->body;
}
