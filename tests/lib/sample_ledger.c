/* Fills a ledger through its own interface, as a run does. Times and digests follow from the number
 * of the entry, so that what is written from it is the same every time. */
#include "sample_ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "digest/hasher.h"
#include "gate/gate.h"

#define BEGUN INT64_C(1795341600000)         /* 2026-11-22T10:00:00Z */
#define NEXT_DAY (INT64_C(24) * 3600 * 1000) /* when it is verified, after BEGUN */

const char *const acc_sample_names[] = {
    "data/ leading and trailing ",
    "data/\"quoted\", 'and' comma",
    "data/%25 percent %20",
    "data/</script><script>alert(1)</script>",
    "data/<b>&amp;]]>",
    "data/=1+1",
    "data/\\back\\nslash",
    "data/cafe\xCC\x81 decomposed",
    "data/caf\xC3\xA9 composed",
    "data/line\nbreak",
    "data/not a character \xEF\xBF\xBE\xEF\xBF\xBF",
    "data/\xF0\x9F\x93\x9C scroll",
};
const size_t acc_sample_name_count = sizeof acc_sample_names / sizeof acc_sample_names[0];

static const char *const special[] = {"failed.tif", "conflict.tif", "parked.mkv", "later.tif",
                                      "found.tif"};
enum { FAILED, CONFLICT, PARKED, LATER, FOUND, SPECIALS };

static void must(enum acc_code code, const struct acc_error *err)
{
    if (code == ACC_OK)
        return;
    fprintf(stderr, "sample ledger: %s\n", err->message);
    exit(1);
}

static const char *name_of(unsigned i, char room[64])
{
    if (i < acc_sample_name_count)
        return acc_sample_names[i];
    i -= (unsigned)acc_sample_name_count;
    if (i < SPECIALS)
        return special[i];
    snprintf(room, 64, "plain/%07u.tif", i);
    return room;
}

/* Of the odd names' content, which is their name; of all others an invention. */
static struct acc_digests digests_of(unsigned i)
{
    struct acc_digests digests = {0};
    uint8_t value[ACC_DIGEST_MAX];
    if (i < acc_sample_name_count) {
        struct acc_algs *algs;
        struct acc_error err;
        must(acc_algs_new(&algs, &err), &err);
        acc_hash(algs, 1u << ACC_SHA256 | 1u << ACC_MD5, acc_sample_names[i],
                 strlen(acc_sample_names[i]), &digests);
        acc_algs_free(algs);
        return digests;
    }
    for (unsigned b = 0; b < sizeof value; b++)
        value[b] = (uint8_t)(i >> (8 * (b % 4)));
    acc_digests_put(&digests, ACC_SHA256, value);
    acc_digests_put(&digests, ACC_MD5, value);
    return digests;
}

static int64_t size_of(unsigned i)
{
    if (i < acc_sample_name_count)
        return (int64_t)strlen(acc_sample_names[i]);
    return i % 100 == 7 ? 900000000 + i : 1000 + (int64_t)i % 5000 * 977;
}

static bool is_special(unsigned i)
{
    return i >= acc_sample_name_count && i - acc_sample_name_count < SPECIALS;
}

static void load(struct acc_ledger *ledger, int64_t run, unsigned entries, bool specials)
{
    struct acc_ledger_load *load;
    struct acc_error err;
    uint8_t sha256[ACC_SHA256_LEN] = {0x1f, 0x6e};
    must(acc_ledger_add_manifest(ledger, run, "/delivery/manifest-sha256.txt", "bagit", sha256,
                                 &err),
         &err);
    must(acc_ledger_load_begin(ledger, run, &load, &err), &err);
    for (unsigned i = 0; i < entries; i++) {
        char room[64];
        enum acc_taken taken;
        if (is_special(i) && !specials)
            continue;
        struct acc_entry entry = {.path = name_of(i, room),
                                  .size = i % 3 ? size_of(i) : -1,
                                  .promised = digests_of(i),
                                  .origin = "manifest-sha256.txt",
                                  .line = i + 1};
        must(acc_ledger_load_add(load, &entry, -1, &taken, &err), &err);
    }
    must(acc_ledger_load_end(load, true, &err), &err);
}

void acc_sample_post_archived(struct acc_ledger *ledger, struct acc_record *record)
{
    struct acc_digests digests = record->archived.digests;
    struct acc_entry entry = {.size = -1, .origin = "m", .promised = digests};
    struct acc_gate_facts facts = {.computed = &digests, .size = record->archived.size};
    struct acc_error err = {0};
    struct acc_verified *verified = acc_gate_pass(&entry, &facts, &err);
    must(err.code, &err);
    acc_ledger_post_archived(ledger, record, verified);
    acc_verified_free(verified);
}

static void post_found(struct acc_ledger *ledger, struct acc_record *record)
{
    struct acc_digests digests = record->archived.digests;
    struct acc_entry entry = {.size = -1, .origin = "m", .promised = digests};
    struct acc_gate_evidence evidence = {
        .kind = ACC_EVIDENCE_READ, .digests = &digests, .now.size = record->archived.size};
    struct acc_proven *proven = NULL;
    struct acc_error err = {0};
    acc_gate_present(&entry, &evidence, &proven, &err);
    must(err.code, &err);
    acc_ledger_post_already(ledger, record, proven);
    acc_proven_free(proven);
}

static void post_archived(struct acc_ledger *ledger, int64_t run, int64_t entry, unsigned i)
{
    struct acc_record record = {
        .run = run,
        .entry = entry,
        .archived = {.digests = digests_of(i),
                     .size = size_of(i),
                     .etag = "9b2f41aa",
                     .version_id = i % 2 ? "3HL4kqtJlcpXroDTDmJ" : "",
                     .proof = ACC_GROUNDS_SENT,
                     .checksum = "sha256:AAAA",
                     .part_size = size_of(i) > 8388608 ? 8388608 : 0,
                     .at = BEGUN + 1000 + (int64_t)i * 40,
                     .duration = 5 + size_of(i) / 100000},
    };
    if (i == acc_sample_name_count + FOUND)
        post_found(ledger, &record);
    else
        acc_sample_post_archived(ledger, &record);
}

static void post_special(struct acc_ledger *ledger, int64_t run, int64_t entry, unsigned which)
{
    struct acc_record record = {.run = run, .entry = entry};
    switch (which) {
    case FAILED:
        record.kind = ACC_RECORD_FAILED;
        record.code = ACC_DIGEST;
        record.reason = "sha256 differs: manifest 0d00…, file 03cc… (manifest-sha256.txt:14)";
        break;
    case CONFLICT:
        record.kind = ACC_RECORD_CONFLICT;
        record.code = ACC_CONFLICT;
        record.reason = "the key holds other content: \xff <9,412 bytes>";
        break;
    case PARKED:
        record.kind = ACC_RECORD_UPLOAD_BEGUN;
        record.upload_id = "2~parked";
        record.token = "token";
        record.part_size = 8388608;
        break;
    default:
        return;
    }
    acc_ledger_post(ledger, &record);
}

struct acc_ledger *acc_sample_ledger(const char *path, unsigned entries, int64_t *run)
{
    static const struct acc_run_spec spec = {
        .kind = "ingest",
        .source = "/delivery/b24967646",
        .destination = "http://127.0.0.1:9000/archive/digitised/b24967646",
        .url = "s3://archive/digitised/b24967646",
        .command = "accession ingest /delivery/b24967646 s3://archive/digitised/b24967646"};
    struct acc_ledger *ledger;
    struct acc_error err;
    char name[40];
    unlink(path);
    must(acc_ledger_open(path, &ledger, &err), &err);
    must(acc_ledger_run_begin(ledger, &spec, run, name, &err), &err);
    load(ledger, *run, entries, true);
    for (unsigned i = 0; i < entries; i++) {
        char room[64];
        struct acc_row row;
        bool found;
        must(acc_ledger_find(ledger, *run, name_of(i, room), &row, &found, &err), &err);
        unsigned which = i - (unsigned)acc_sample_name_count;
        if (which < SPECIALS && which != FOUND)
            post_special(ledger, *run, row.id, which);
        else
            post_archived(ledger, *run, row.id, i);
        if (i % 10000 == 9999)
            must(acc_ledger_flush(ledger, &err), &err);
    }
    struct acc_record note = {.kind = ACC_RECORD_NOTE,
                              .run = *run,
                              .code = ACC_UNLISTED,
                              .reason = "Thumbs.db is present but no manifest names it"};
    acc_ledger_post(ledger, &note);
    must(acc_ledger_run_end(ledger, *run, ACC_DIGEST,
                            "{\"write_once\":\"server\",\"sent\":12,\"elapsed\":161000}", &err),
         &err);
    return ledger;
}

static void post_differs(struct acc_ledger *ledger, struct acc_record *record, const char *proof,
                         enum acc_code code, const char *reason)
{
    record->kind = ACC_RECORD_DIFFERS;
    record->checked.level = "read";
    record->checked.proof = proof;
    record->code = code;
    record->reason = reason;
    acc_ledger_post(ledger, record);
}

static void post_unchanged(struct acc_ledger *ledger, struct acc_record *record,
                           const struct acc_digests *digests, enum acc_proof proof)
{
    char sha256[ACC_BASE64_LEN(ACC_SHA256_LEN)];
    const struct acc_entry entry = {.size = 1, .promised = *digests, .origin = "m"};
    const struct acc_gate_finding finding = {.proof = proof,
                                             .expected = 1,
                                             .size = 1,
                                             .read = digests,
                                             .version = "v",
                                             .recorded_version = "v",
                                             .stated = sha256,
                                             .listing = ACC_LISTING_FITS};
    acc_base64_encode(digests->value[ACC_SHA256], ACC_SHA256_LEN, sha256);
    struct acc_unchanged *unchanged = acc_gate_unchanged(&entry, &finding);
    if (unchanged == NULL)
        abort();
    record->reason = "";
    acc_ledger_post_unchanged(ledger, record, unchanged);
    acc_unchanged_free(unchanged);
}

static void post_checked(struct acc_ledger *ledger, int64_t run, int64_t entry, unsigned i)
{
    struct acc_digests digests = {0};
    struct acc_record record = {
        .run = run, .entry = entry, .checked.at = BEGUN + NEXT_DAY + (int64_t)i * 40};
    acc_digests_put(&digests, ACC_SHA256, (const uint8_t[ACC_SHA256_LEN]){1});
    if (i == 0)
        post_differs(ledger, &record, "read", ACC_DIFFERENCE,
                     "different digest: sha256 9b2f…, newer version 3HL4…");
    else if (i == 1)
        post_differs(ledger, &record, "none", ACC_KEY_REFUSED,
                     "GetObject was refused: 403 AccessDenied");
    else if (i != 2) /* which is not looked at */
        post_unchanged(ledger, &record, &digests,
                       i == 3   ? ACC_PROOF_SERVER_SHA256
                       : i == 4 ? ACC_PROOF_LISTED
                                : ACC_PROOF_READ_VERSION);
}

void acc_sample_verification(struct acc_ledger *ledger, unsigned entries, int64_t *run)
{
    static const struct acc_run_spec spec = {
        .kind = "verify",
        .source = "",
        .destination = "http://127.0.0.1:9000/archive/digitised/b24967646",
        .url = "s3://archive/digitised/b24967646",
        .command = "accession verify s3://archive/digitised/b24967646"};
    struct acc_error err;
    char name[40];
    must(acc_ledger_run_begin(ledger, &spec, run, name, &err), &err);
    load(ledger, *run, entries, false);
    for (unsigned i = 0; i < entries; i++) {
        char room[64];
        struct acc_row row;
        bool found;
        if (is_special(i))
            continue;
        must(acc_ledger_find(ledger, *run, name_of(i, room), &row, &found, &err), &err);
        post_checked(ledger, *run, row.id, i);
    }
    must(acc_ledger_run_end(ledger, *run, ACC_DIFFERENCE, "{}", &err), &err);
}
