/* The scenes. Figures are those of the sketches that the design was drawn with, so that the golden
 * texts can be compared with it. */
#include "played.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <accession/accession.h>
#include <accession/identity.h>
#include <accession/ledger.h>
#include <accession/policy.h>
#include <accession/uploads.h>

#define GIB (1024.0 * 1024 * 1024)
#define MOMENT 1795601212000 /* 2026-11-25T10:06:52Z */
#define URL "s3://wellcome-archive/digitised/b24967646"

struct acc_ingest_options played_options;
char played_destination[256];

const char *acc_version(void)
{
    return "0.1.0";
}

const char *acc_version_details(void)
{
    return "  libcurl   7.88.1\n";
}

/* No scene has a bucket with a policy; policies in files are judged for real. */
enum acc_code acc_policy_fetch(const struct acc_connection *connection, const char *url,
                               struct acc_policy_in_force *found, struct acc_error *err)
{
    *found = (struct acc_policy_in_force){0};
    return acc_error_set(err, ACC_UNREACHABLE, "%s: no such server in this play", url);
}

enum acc_code acc_uploads(const struct acc_uploads_options *options,
                          struct acc_uploads_summary *summary, struct acc_error *err)
{
    *summary = (struct acc_uploads_summary){0};
    return acc_error_set(err, ACC_UNREACHABLE, "%s: no such server in this play", options->url);
}

void acc_policy_in_force_release(struct acc_policy_in_force *found)
{
    *found = (struct acc_policy_in_force){0};
}

void played_progress(struct acc_progress *progress)
{
    *progress = (struct acc_progress){
        .activity = "Archiving",
        .run = "2026-11-22T10-04-11Z-7f3a",
        .source = "b24967646",
        .url = URL,
        .files = 2001,
        .files_done = 1204,
        .bytes = (int64_t)(96.7 * GIB),
        .bytes_done = (int64_t)(41.2 * GIB),
        .sent = 1204,
        .retries = 2,
        .last_retry = "503 SlowDown",
        .elapsed = 68900,
        .bytes_per_second = 612 << 20,
        .current_count = 3,
        .current = {
            {"objects/b24967646_0001.mkv", (int64_t)(18.1 * GIB), (int64_t)(22.4 * GIB),
             "hashing and sending"},
            {"objects/\xe5\x9c\xb0\xe5\x9b\xb3/\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd\xe5\x85\xa8\xe5"
             "\x9b\xb3 \xf0\x9f\x97\xba cafe\xcc\x81 0002 with a long name.tif",
             (int64_t)(3.0 * GIB), (int64_t)(9.8 * GIB), "hashing and sending"},
            {"objects/new\nline\033[2J\xff\\.bin", 9000, 10000, "completing"},
        }};
}

static void report(const struct acc_ingest_options *o, const struct acc_event *event)
{
    o->on_event(o->arg, event);
}

static void tell_text(const struct acc_ingest_options *o, enum acc_event_kind kind,
                      const char *text)
{
    report(o, &(struct acc_event){.kind = kind, .text = text});
}

static void tell_file(const struct acc_ingest_options *o, const struct acc_file_event *file)
{
    report(o, &(struct acc_event){.kind = ACC_EVENT_FILE, .code = file->code, .file = file});
}

static void digest_of(struct acc_digests *digests, char first, char last)
{
    char hex[65];
    memset(hex, '0', 64);
    hex[64] = '\0';
    snprintf(hex, sizeof hex, "%c%c", first, last);
    hex[2] = '2';
    hex[62] = last;
    hex[63] = first;
    memset(digests, 0, sizeof *digests);
    acc_digests_put_hex(digests, ACC_SHA256, hex, 64);
}

static void refuse_files(const struct acc_ingest_options *o)
{
    struct acc_digests promised, found;
    digest_of(&promised, '9', 'b');
    digest_of(&found, '0', 'c');
    tell_file(o, &(struct acc_file_event){.path = "objects/0117.tif",
                                          .key = "digitised/b24967646/objects/0117.tif",
                                          .outcome = ACC_OUTCOME_FAILED,
                                          .code = ACC_DIGEST,
                                          .reason = "sha256 differs from the manifest",
                                          .size = 12582912,
                                          .digests = &found,
                                          .promised = &promised,
                                          .origin = "manifest-sha256.txt",
                                          .line = 118,
                                          .modified = MOMENT});
    tell_file(o,
              &(struct acc_file_event){.path = "objects/0903.tif",
                                       .key = "digitised/b24967646/objects/0903.tif",
                                       .outcome = ACC_OUTCOME_FAILED,
                                       .code = ACC_FILE_MISSING,
                                       .reason = "listed in the manifest, not found in the bag"});
}

/* Conflicts whose digests are known from their reasons alone. */
static void occupy_files(const struct acc_ingest_options *o)
{
    static const char *const paths[] = {"bag-info.txt", "objects/0117.tif", "objects/0903.tif",
                                        "objects/0904.tif", "manifest-sha256.txt"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        tell_file(o,
                  &(struct acc_file_event){
                      .path = paths[i],
                      .key = paths[i],
                      .outcome = ACC_OUTCOME_CONFLICT,
                      .code = ACC_CONFLICT,
                      .reason = "the key exists already with other content, which was left alone: "
                                "sha256 differs from the manifest: promised "
                                "f20a903d558dbefaed5be80889155d3b8414211e6224c13d1caaa0a372db3993 "
                                "(manifest-sha256.txt, line 118), the object in the bucket has "
                                "4c2a50212a228f158bcbabcd8e97d91fc1a56c56808cb82c0bcc9627b8c05ed1 "
                                "(25 bytes)"});
}

static void miss_files(const struct acc_ingest_options *o)
{
    static const char *const paths[] = {"objects/0117.tif", "objects/0903.tif"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        tell_file(o, &(struct acc_file_event){
                         .path = paths[i],
                         .key = paths[i],
                         .outcome = ACC_OUTCOME_FAILED,
                         .code = ACC_FILE_MISSING,
                         .reason = "listed in the manifest, not found in the source"});
}

static void odd_files(const struct acc_ingest_options *o)
{
    tell_file(o, &(struct acc_file_event){
                     .path = "new\nline\033[31m\xff\\name.bin",
                     .key = "new\nline\033[31m\xff\\name.bin",
                     .outcome = ACC_OUTCOME_FAILED,
                     .code = ACC_FILE_KEY,
                     .reason = "the name has a control character (\033), and is not valid UTF-8. "
                               "Rename the file and correct the manifest."});
    tell_file(
        o, &(struct acc_file_event){.path = "\xe5\x9c\xb0\xe5\x9b\xb3/\xe6\x9d\xb1\xe4\xba\xac.tif",
                                    .key = "x",
                                    .outcome = ACC_OUTCOME_CONFLICT,
                                    .code = ACC_CONFLICT,
                                    .reason = "the key exists with other content"});
    tell_file(o,
              &(struct acc_file_event){.path = "a/very/long/path/that/does/not/fit/into/the/column/"
                                               "of/paths/0001.tif",
                                       .key = "x",
                                       .outcome = ACC_OUTCOME_FAILED,
                                       .code = ACC_FILE_MISSING,
                                       .reason = ""});
}

static void archive_files(const struct acc_ingest_options *o)
{
    struct acc_digests digests;
    digest_of(&digests, '1', 'f');
    tell_file(o, &(struct acc_file_event){.path = "data/caf\xc3\xa9\n\".txt",
                                          .key = "p/data/caf\xc3\xa9\n\".txt",
                                          .outcome = ACC_OUTCOME_ARCHIVED,
                                          .size = 12,
                                          .digests = &digests,
                                          .etag = "\"9b2f\"",
                                          .version_id = "3HL4",
                                          .proof = "sent",
                                          .duration = 7});
}

static void work(const struct acc_ingest_options *o, unsigned steps)
{
    struct acc_progress progress;
    played_progress(&progress);
    tell_text(o, ACC_EVENT_STATE, "probing");
    tell_text(o, ACC_EVENT_STATE, "working");
    tell_text(o, ACC_EVENT_NOTE, "the clock was 3 minutes off; corrected for\nthis run");
    report(o, &(struct acc_event){.kind = ACC_EVENT_PLANNED, .progress = &progress});
    const char *pause = getenv("PLAYED_PAUSE");
    for (unsigned i = 0; i < steps; i++) {
        progress.elapsed += 500;
        progress.files_done += 11;
        progress.bytes_done += (int64_t)GIB;
        report(o, &(struct acc_event){.kind = ACC_EVENT_PROGRESS, .progress = &progress});
        if (pause != NULL)
            usleep((useconds_t)atoi(pause) * 1000);
    }
}

static void counts(struct acc_ingest_summary *s, uint64_t sent, uint64_t failed)
{
    *s = (struct acc_ingest_summary){
        .run = "2026-11-22T10-04-11Z-7f3a",
        .url = URL,
        .files = 2001,
        .sent = sent,
        .failed = failed,
        .bytes_sent = (int64_t)(96.7 * GIB),
        .bytes_archived = (int64_t)(96.7 * GIB),
        .elapsed = 161000,
        .write_once = ACC_WRITE_ONCE_SERVER,
        .checksum = "sha256",
        .checksum_put = "sha256",
        .checksum_parts = "sha256",
        .checksums_kept = sent,
        .manifest = "manifest-sha256.txt (sha256 1f6e…9c02)",
        .manifest_count = 1,
        .receipt = "/var/lib/archive/receipts/2026-11-22T10-04-11Z-7f3a.json",
        .ledger = "/var/lib/archive/ledger.db",
    };
}

static void halted(struct acc_ingest_summary *s, enum acc_code code, const char *operation,
                   int status, const char *s3_code)
{
    counts(s, 812, 0);
    s->parked = 3;
    s->bytes_parked = (int64_t)(2.1 * GIB);
    s->not_begun = 1186;
    s->halted = true;
    s->halt = (struct acc_halt){.code = code, .status = status, .at = MOMENT, .reads_work = true};
    snprintf(s->halt.operation, sizeof s->halt.operation, "%s", operation);
    snprintf(s->halt.key, sizeof s->halt.key, "digitised/b24967646/objects/0813.tif");
    snprintf(s->halt.s3_code, sizeof s->halt.s3_code, "%s", s3_code);
    if (status != 0)
        snprintf(s->halt.request_id, sizeof s->halt.request_id,
                 "tx00000c0ffee1008-0068f1-1008-default");
}

/* Tag files and manifests of the bag, among the files. */
static void withheld(struct acc_ingest_summary *s)
{
    s->withheld = 4;
    snprintf(s->withheld_first, sizeof s->withheld_first, "manifest-sha256.txt");
}

/* ---- scenes ---- */

static enum acc_code done(struct acc_ingest_summary *s, struct acc_error *err)
{
    counts(s, 2001, 0);
    return ACC_OK;
}

static enum acc_code again(struct acc_ingest_summary *s, struct acc_error *err)
{
    counts(s, 0, 0);
    s->already = 2001;
    s->bytes_sent = 0;
    s->write_once = ACC_WRITE_ONCE_NOTHING_SENT;
    return ACC_OK;
}

static enum acc_code refused(struct acc_ingest_summary *s, struct acc_error *err)
{
    counts(s, 1995, 2);
    withheld(s);
    return acc_error_set(err, ACC_DIGEST, "2 of 2,001 files were refused");
}

/* `parts` as --checksum came out; with auto the others are SHA-256. */
static enum acc_code with_checksum(struct acc_ingest_summary *s, const char *asked,
                                   const char *parts, uint64_t kept)
{
    counts(s, 2001, 0);
    bool two = strcmp(asked, "auto") == 0 && strcmp(parts, "none") != 0;
    s->checksum = asked;
    s->checksum_asked = true;
    s->checksum_put = two ? "sha256" : parts;
    s->checksum_parts = parts;
    s->checksums_kept = kept;
    return ACC_OK;
}

static enum acc_code crc_kept(struct acc_ingest_summary *s, struct acc_error *err)
{
    return with_checksum(s, "crc32c", "crc32c", 2001);
}

static enum acc_code crc_dropped(struct acc_ingest_summary *s, struct acc_error *err)
{
    return with_checksum(s, "crc64nvme", "crc64nvme", 0);
}

static enum acc_code no_checksum(struct acc_ingest_summary *s, struct acc_error *err)
{
    return with_checksum(s, "none", "none", 0);
}

static enum acc_code auto_some(struct acc_ingest_summary *s, struct acc_error *err)
{
    return with_checksum(s, "auto", "crc64nvme", 1998);
}

static enum acc_code auto_none(struct acc_ingest_summary *s, struct acc_error *err)
{
    return with_checksum(s, "auto", "none", 0);
}

/* Nobody asked for it, and it is not kept: no word of it. */
static enum acc_code default_dropped(struct acc_ingest_summary *s, struct acc_error *err)
{
    counts(s, 2001, 0);
    s->checksums_kept = 0;
    return ACC_OK;
}

static enum acc_code odd(struct acc_ingest_summary *s, struct acc_error *err)
{
    counts(s, 1994, 2);
    withheld(s);
    s->conflicts = 1;
    s->unlisted = 1;
    s->write_once = ACC_WRITE_ONCE_CHECKED;
    return acc_error_set(err, ACC_CONFLICT, "3 of 2,001 files were refused");
}

static enum acc_code unlisted(struct acc_ingest_summary *s, struct acc_error *err)
{
    counts(s, 1997, 0);
    withheld(s);
    s->unlisted = 4;
    s->write_once = ACC_WRITE_ONCE_VERSIONS;
    return acc_error_set(err, ACC_UNLISTED, "4 files are named by no manifest");
}

static enum acc_code lacking(struct acc_ingest_summary *s, struct acc_error *err)
{
    counts(s, 2001, 0);
    s->lacking = 1;
    return acc_error_set(err, ACC_ATTRIBUTES, "1 file lacks something");
}

static enum acc_code dry_missing(struct acc_ingest_summary *s, struct acc_error *err)
{
    counts(s, 0, 3);
    s->to_send = 1994;
    withheld(s);
    s->dry_run = true;
    s->receipt[0] = '\0';
    s->write_once = ACC_WRITE_ONCE_NOTHING_SENT;
    return acc_error_set(err, ACC_FILE_MISSING, "3 files are missing");
    s->lacking = 3;
    return acc_error_set(
        err, ACC_ATTRIBUTES,
        "3 files archived and verified, but the server did not keep everything sent with "
        "them");
}

static enum acc_code dry(struct acc_ingest_summary *s, struct acc_error *err)
{
    counts(s, 0, 0);
    s->already = 12;
    s->to_send = 1989;
    s->dry_run = true;
    s->receipt[0] = '\0';
    s->write_once = ACC_WRITE_ONCE_NOTHING_SENT;
    return ACC_OK;
}

static enum acc_code dry_compare(struct acc_ingest_summary *s, struct acc_error *err)
{
    dry(s, err);
    s->to_compare = 1200;
    s->to_send -= s->to_compare;
    return ACC_OK;
}

static enum acc_code dry_denied(struct acc_ingest_summary *s, struct acc_error *err)
{
    dry(s, err);
    s->already = s->to_send = 0;
    s->not_known = 2001;
    return ACC_OK;
}

static enum acc_code occupied(struct acc_ingest_summary *s, struct acc_error *err)
{
    counts(s, 0, 0);
    s->withheld = 2001;
    s->bytes_sent = 0;
    s->write_once = ACC_WRITE_ONCE_NOTHING_SENT;
    snprintf(s->holds, sizeof s->holds, "another bag (External-Identifier NA-2026-0417)");
    snprintf(s->right_url, sizeof s->right_url, "%.900s/occupied", s->url);
    return acc_error_set(err, ACC_CONFLICT, "%s holds %s", s->url, s->holds);
}

static enum acc_code denied(struct acc_ingest_summary *s, struct acc_error *err)
{
    halted(s, ACC_REFUSED, "PutObject", 403, "AccessDenied");
    s->halt.probed = true;
    snprintf(s->halt.probe_step, sizeof s->halt.probe_step, "CreateMultipartUpload");
    return acc_error_set(err, ACC_REFUSED, "s3://wellcome-archive refuses writes");
}

static enum acc_code quota(struct acc_ingest_summary *s, struct acc_error *err)
{
    halted(s, ACC_REFUSED, "UploadPart", 403, "QuotaExceeded");
    s->halt.probed = true;
    s->parked = 1;
    snprintf(s->halt.probe_step, sizeof s->halt.probe_step, "UploadPart");
    snprintf(s->halt.open_probe, sizeof s->halt.open_probe,
             "digitised/.accession-probe/7f3a (upload id 2~abc)");
    return acc_error_set(err, ACC_REFUSED, "quota");
}

static enum acc_code not_taken(struct acc_ingest_summary *s, struct acc_error *err)
{
    halted(s, ACC_REFUSED, "CreateMultipartUpload", 501, "NotImplemented");
    s->halt.probed = true;
    return acc_error_set(err, ACC_REFUSED, "a header is not implemented");
}

static enum acc_code credentials(struct acc_ingest_summary *s, struct acc_error *err)
{
    halted(s, ACC_CREDENTIALS, "UploadPart", 400, "ExpiredToken");
    snprintf(s->halt.message, sizeof s->halt.message, "The provided token has expired.");
    return acc_error_set(err, ACC_CREDENTIALS, "expired");
}

static enum acc_code nobody(struct acc_ingest_summary *s, struct acc_error *err)
{
    *s = (struct acc_ingest_summary){.run = "2026-11-22T10-04-11Z-7f3a",
                                     .url = URL,
                                     .files = 2001,
                                     .not_begun = 2001,
                                     .halted = true,
                                     .halt = {.code = ACC_CREDENTIALS,
                                              .operation = "ListObjectsV2",
                                              .s3_code = "NoCredentials",
                                              .message = "no credentials found. Set them."}};
    return ACC_CREDENTIALS;
}

static enum acc_code skewed(struct acc_ingest_summary *s, struct acc_error *err)
{
    halted(s, ACC_CLOCK, "PutObject", 403, "RequestTimeTooSkewed");
    snprintf(s->halt.advice, sizeof s->halt.advice, "The clock is 22 minutes behind the server's.");
    return acc_error_set(err, ACC_CLOCK, "clock");
}

static enum acc_code bucket(struct acc_ingest_summary *s, struct acc_error *err)
{
    halted(s, ACC_BUCKET, "ListObjectsV2", 301, "PermanentRedirect");
    snprintf(s->halt.advice, sizeof s->halt.advice,
             "The bucket is in eu-west-1: --region eu-west-1");
    snprintf(s->halt.right_region, sizeof s->halt.right_region, "eu-west-1");
    s->halt.key[0] = '\0';
    return ACC_BUCKET;
}

static enum acc_code mistyped(struct acc_ingest_summary *s, struct acc_error *err)
{
    halted(s, ACC_BUCKET, "ListObjectsV2", 404, "NoSuchBucket");
    snprintf(s->halt.right_bucket, sizeof s->halt.right_bucket, "wellcome-archive");
    snprintf(s->halt.advice, sizeof s->halt.advice, "Did you mean s3://wellcome-archive?");
    s->halt.key[0] = '\0';
    return ACC_BUCKET;
}

static enum acc_code misplaced(struct acc_ingest_summary *s, struct acc_error *err)
{
    counts(s, 0, 2);
    s->files = 2;
    s->write_once = ACC_WRITE_ONCE_NOTHING_SENT;
    snprintf(s->hint, sizeof s->hint,
             "Of the 2 files that the manifest names not one is there. The first, "
             "objects/0117.tif, was looked for in /srv/b24967646; it would be found with "
             "--strip-prefix objects.");
    snprintf(s->right_prefix, sizeof s->right_prefix, "objects");
    return acc_error_set(err, ACC_FILE_MISSING, "2 files were refused");
}

static enum acc_code unreachable(struct acc_ingest_summary *s, struct acc_error *err)
{
    halted(s, ACC_UNREACHABLE, "PutObject", 0, "");
    snprintf(s->halt.message, sizeof s->halt.message, "Connection refused");
    return acc_error_set(err, ACC_UNREACHABLE, "s3.example.org: connection refused");
}

static enum acc_code sick(struct acc_ingest_summary *s, struct acc_error *err)
{
    halted(s, ACC_SERVER, "UploadPart", 503, "SlowDown");
    return acc_error_set(err, ACC_SERVER, "503 again and again");
}

static enum acc_code interrupted(struct acc_ingest_summary *s, struct acc_error *err)
{
    halted(s, ACC_OK, "", 0, "");
    s->halted = false;
    s->signal = 15;
    return acc_error_set(err, ACC_INTERRUPTED, "interrupted");
}

static enum acc_code full(struct acc_ingest_summary *s, struct acc_error *err)
{
    halted(s, ACC_OK, "", 0, "");
    s->halted = false;
    return acc_error_set(err, ACC_LEDGER,
                         "/var/lib/archive/ledger.db: cannot be written: the disk is full. Make "
                         "room, then run again.");
}

static enum acc_code bad_manifest(struct acc_ingest_summary *s, struct acc_error *err)
{
    return acc_error_set(
        err, ACC_MANIFEST,
        "manifest-sha256.txt:118: \033[2Jdigest has 63 hex digits, sha256 needs 64.");
}

static const struct {
    const char *name;
    enum acc_code (*end)(struct acc_ingest_summary *s, struct acc_error *err);
    void (*files)(const struct acc_ingest_options *o);
    unsigned steps;
} scenes[] = {
    {"done", done, archive_files, 40},
    {"again", again, NULL, 0},
    {"crc-kept", crc_kept, NULL, 0},
    {"crc-dropped", crc_dropped, NULL, 0},
    {"no-checksum", no_checksum, NULL, 0},
    {"auto-some", auto_some, NULL, 0},
    {"auto-none", auto_none, NULL, 0},
    {"default-dropped", default_dropped, NULL, 0},
    {"refused", refused, refuse_files, 3},
    {"odd", odd, odd_files, 3},
    {"unlisted", unlisted, NULL, 3},
    {"lacking", lacking, NULL, 0},
    {"lacking", lacking, NULL, 3},
    {"dry", dry, NULL, 0},
    {"dry-compare", dry_compare, NULL, 0},
    {"dry-denied", dry_denied, NULL, 0},
    {"occupied", occupied, occupy_files, 0},
    {"dry-missing", dry_missing, NULL, 0},
    {"denied", denied, NULL, 3},
    {"denied-with-failures", denied, refuse_files, 3},
    {"not-taken", not_taken, NULL, 3},
    {"quota", quota, NULL, 3},
    {"credentials", credentials, NULL, 3},
    {"nobody", nobody, NULL, 0},
    {"clock", skewed, NULL, 3},
    {"bucket", bucket, NULL, 3},
    {"mistyped", mistyped, NULL, 0},
    {"misplaced", misplaced, miss_files, 0},
    {"unreachable", unreachable, NULL, 3},
    {"server", sick, NULL, 3},
    {"interrupted", interrupted, NULL, 3},
    {"full", full, NULL, 3},
    {"manifest", bad_manifest, NULL, 0},
};

enum acc_code acc_ingest(const struct acc_ingest_options *options,
                         struct acc_ingest_summary *summary, struct acc_error *err)
{
    const char *slash = strrchr(options->source, '/');
    const char *name = slash != NULL ? slash + 1 : options->source;
    played_options = *options;
    snprintf(played_destination, sizeof played_destination, "%s", options->destination);
    for (size_t i = 0; i < sizeof scenes / sizeof scenes[0]; i++) {
        if (strcmp(scenes[i].name, name) != 0)
            continue;
        if (scenes[i].steps > 0)
            work(options, scenes[i].steps);
        if (scenes[i].files != NULL)
            scenes[i].files(options);
        summary->outcome = scenes[i].end(summary, err);
        return summary->outcome;
    }
    /* "many": more refused files than a report holds. */
    for (int i = 0; i < 1062; i++) {
        char path[32];
        snprintf(path, sizeof path, "objects/%04d.tif", i);
        tell_file(options, &(struct acc_file_event){.path = path,
                                                    .key = path,
                                                    .outcome = ACC_OUTCOME_FAILED,
                                                    .code = ACC_FILE_MISSING,
                                                    .reason = "not found"});
    }
    counts(summary, 939, 1062);
    return summary->outcome = acc_error_set(err, ACC_FILE_MISSING, "1,062 files were refused");
}

enum acc_code acc_recorded_below(const char *ledger, bool readonly,
                                 const struct acc_connection *connection, const char *url,
                                 acc_each_recorded each, void *arg, struct acc_error *err)
{
    return ACC_OK;
}

enum acc_code acc_probe(const struct acc_connection *connection,
                        const struct acc_object_options *object, const char *url,
                        const char *ledger, struct acc_probe_result *result, struct acc_error *err)
{
    *result = (struct acc_probe_result){
        .endpoint = "https://s3.example.org", .region = "eu-west-1", .listing_works = true};
    if (strcmp(url, "s3://nobody") == 0)
        return result->verdict = acc_error_set(err, ACC_CREDENTIALS,
                                               "no credentials found. Set AWS_ACCESS_KEY_ID.");
    bool denied = strcmp(url, "s3://denied/a b") == 0;
    result->create = (struct acc_probe_step){"CreateMultipartUpload", denied ? 403 : 200, "", ""};
    result->part = (struct acc_probe_step){"UploadPart", denied ? 0 : 200, "", ""};
    result->abort = (struct acc_probe_step){"AbortMultipartUpload", denied ? 0 : 204, "", ""};
    result->list = (struct acc_probe_step){"ListObjectsV2", denied ? 200 : 0, "", ""};
    if (denied) {
        snprintf(result->create.code, sizeof result->create.code, "AccessDenied");
        snprintf(result->create.request_id, sizeof result->create.request_id, "tx0001");
        snprintf(result->reason, sizeof result->reason, "writes are refused, listing works");
    }
    return result->verdict = denied ? ACC_REFUSED : ACC_OK;
}

enum acc_code acc_identity_find(const struct acc_connection *connection,
                                struct acc_identity *identity, struct acc_error *err)
{
    *identity = (struct acc_identity){.source = "role arn:aws:iam::1:role/r of profile \"archive\"",
                                      .access_key = "ASIAEXAMPLE",
                                      .temporary = true,
                                      .expires = MOMENT};
    snprintf(identity->profile, sizeof identity->profile, "%s",
             connection->profile ? connection->profile : "default");
    if (strcmp(identity->profile, "broken") == 0)
        return acc_error_set(err, ACC_CREDENTIALS, "profile \"broken\" has role_arn alone.");
    return ACC_OK;
}

enum acc_code acc_watch(const struct acc_watch_options *options, struct acc_error *err)
{
    return acc_error_set(err, ACC_SOURCE, "%s: the drop folder cannot be opened.", options->folder);
}
