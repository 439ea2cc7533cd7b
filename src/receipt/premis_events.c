/* The run's work on an entry, as PREMIS events. A sent entry gives a digest calculation, a fixity
 * check and a replication. An entry found in the bucket, refused or verified gives the event that
 * fits, as does one that was withheld. A replicated entry's replication names the object that it is
 * a copy of, and the storage at both ends. A restored entry gives the same three as a sent one,
 * from the object to its copy in the folder. An entry that the run did not touch gives none. */
#include "receipt/premis.h"

#include <string.h>

#include "base/clock.h"

#define VOCABULARY "http://id.loc.gov/vocabulary/preservation/eventType"

struct event {
    const char *type;
    const char *term; /* of the Library of Congress' eventType vocabulary, or NULL */
    const char *detail;
    const char *outcome; /* "success", "failure", "warning" */
    int64_t at;
    const char *object; /* URI */
    const char *copied; /* URI of the object that it is a copy of, or NULL */
};

static void link_object(struct acc_premis *premis, const char *uri, const char *role)
{
    acc_premisxml_begin_identifier(premis, "linkingObjectIdentifier", "URI", uri);
    acc_premisxml_element(premis, "linkingObjectRole", role);
    acc_premisxml_end(premis);
}

/* Identified by the run's name and the entry: "2026-11-22T10-04-11Z-7f3a/17/fixity check". */
static void write_event(struct acc_premis *premis, int64_t entry, const struct event *event,
                        const char *note)
{
    struct acc_str id = {0};
    char time[ACC_TIME_TEXT];
    acc_str_addf(&id, "%s/%lld/%s", premis->receipt->run.name, (long long)entry, event->type);
    acc_premisxml_begin(premis, "event");
    acc_premisxml_identifier(premis, "eventIdentifier", "accession run, entry and event",
                             acc_str_cstr(&id));
    acc_premisxml_begin(premis, "eventType");
    if (event->term != NULL) {
        acc_premisxml_attribute(premis, "authority", "eventType");
        acc_premisxml_attribute(premis, "authorityURI", VOCABULARY);
        acc_premisxml_attribute(premis, "valueURI", event->term);
    }
    xmlTextWriterWriteString(premis->xml, BAD_CAST event->type);
    acc_premisxml_end(premis);
    acc_premisxml_element(premis, "eventDateTime", acc_time_rfc3339(event->at, time));
    acc_premisxml_begin(premis, "eventDetailInformation");
    acc_premisxml_element(premis, "eventDetail", event->detail);
    acc_premisxml_end(premis);
    acc_premisxml_begin(premis, "eventOutcomeInformation");
    acc_premisxml_element(premis, "eventOutcome", event->outcome);
    acc_premisxml_begin(premis, "eventOutcomeDetail");
    acc_premisxml_element(premis, "eventOutcomeDetailNote", note);
    acc_premisxml_end(premis);
    acc_premisxml_end(premis);
    acc_premisxml_begin_identifier(premis, "linkingAgentIdentifier", "software", ACC_PREMIS_AGENT);
    acc_premisxml_element(premis, "linkingAgentRole", "executing program");
    acc_premisxml_end(premis);
    if (event->copied != NULL)
        acc_premisxml_storage_links(premis);
    if (event->copied != NULL)
        link_object(premis, event->copied, "source");
    link_object(premis, event->object, "outcome");
    acc_premisxml_end(premis);
    acc_str_release(&id);
}

static void list_digests(struct acc_str *out, const struct acc_digests *digests)
{
    for (enum acc_alg alg = 0; alg < ACC_ALG_COUNT; alg++) {
        char hex[ACC_DIGEST_MAX * 2 + 1];
        if (!acc_digests_has(digests, alg))
            continue;
        acc_digests_hex(digests, alg, hex);
        acc_str_addf(out, "%s%s %s", out->len > 0 ? ", " : "", acc_alg_name(alg), hex);
    }
}

static void note_promise(struct acc_str *out, const struct acc_entry *entry)
{
    acc_str_set(out, entry->promised.present != 0 ? "agrees with "
                                                  : "equal to the file, without a digest in ");
    acc_str_add(out, entry->origin);
    if (entry->line > 0)
        acc_str_addf(out, ", line %llu", (unsigned long long)entry->line);
}

/* Sent by this run: digests were made, compared, and only then became the copy visible. */
static void archived_events(struct acc_premis *premis, const struct acc_row *row, const char *uri)
{
    const struct acc_archived *a = &row->archived;
    struct acc_str *note = &premis->note, source = {0};
    bool copy = acc_receipt_replicates(premis->receipt);
    struct event event = {.type = "message digest calculation",
                          .term = VOCABULARY "/mes",
                          .detail = "computed from the bytes as they were sent",
                          .outcome = "success",
                          .at = a->at,
                          .object = uri};
    bool undigested = row->entry.promised.present == 0;
    if (undigested)
        event.detail =
            "no manifest gives a usable digest; computed from the bytes as they were sent, "
            "and compared with nothing";
    acc_str_clear(note);
    list_digests(note, &a->digests);
    write_event(premis, row->id, &event, acc_str_cstr(note));

    event.type = "fixity check";
    event.term = VOCABULARY "/fix";
    event.detail = "the digests compared with the manifest's before the object could be seen";
    note_promise(note, &row->entry);
    if (!undigested)
        write_event(premis, row->id, &event, acc_str_cstr(note));

    event.type = "replication";
    event.term = VOCABULARY "/rep";
    event.detail = copy ? "copied from the first bucket into the second" : "copied into the bucket";
    if (copy)
        acc_premisxml_source_uri(premis, row->entry.path, &source);
    event.copied = copy ? acc_str_cstr(&source) : NULL;
    acc_str_clear(note);
    acc_str_addf(note, "version id %s, ETag %s, checksum kept by the server %s",
                 a->version_id[0] ? a->version_id : "none", a->etag[0] ? a->etag : "unknown",
                 a->checksum[0] ? a->checksum : "none");
    write_event(premis, row->id, &event, acc_str_cstr(note));
    acc_str_release(&source);
}

/* Read, hashed and written by this run; a file there already was read from the folder alone. */
static void restored_events(struct acc_premis *premis, const struct acc_receipt_row *seen,
                            const char *uri, const char *source)
{
    const struct acc_row *row = seen->row;
    bool read = seen->outcome == ACC_ROW_ARCHIVED;
    struct acc_str *note = &premis->note;
    struct event event = {.type = "message digest calculation",
                          .term = VOCABULARY "/mes",
                          .detail = read ? "computed from the bytes as they were written"
                                         : "computed from the file that was there already",
                          .outcome = "success",
                          .at = row->archived.at,
                          .object = uri};
    acc_str_clear(note);
    list_digests(note, &row->archived.digests);
    write_event(premis, row->id, &event, acc_str_cstr(note));

    event.type = "fixity check";
    event.term = VOCABULARY "/fix";
    event.detail = read ? "the digests compared with the promise before the file had its name"
                        : "the digests of the file that was there compared with the promise";
    note_promise(note, &row->entry);
    write_event(premis, row->id, &event, acc_str_cstr(note));
    if (!read)
        return;

    event.type = "replication";
    event.term = VOCABULARY "/rep";
    event.detail = "copied from the bucket into the folder";
    acc_str_clear(note);
    acc_str_addf(note, "from %s, version id %s, ETag %s", source,
                 row->archived.version_id[0] ? row->archived.version_id : "none",
                 row->archived.etag[0] ? row->archived.etag : "unknown");
    write_event(premis, row->id, &event, acc_str_cstr(note));
}

/* Not made: `occupied` says so of a name or key that holds other content, `refused` of any other.
 */
static void refused_event(struct acc_premis *premis, const struct acc_receipt_row *seen,
                          const char *uri, const char *occupied, const char *refused)
{
    bool fixity = seen->row->reason_code == ACC_DIGEST || seen->row->reason_code == ACC_FILE_SIZE;
    const struct acc_run_info *run = &premis->receipt->run;
    const struct event event = {.type = fixity ? "fixity check" : "replication",
                                .term = fixity ? VOCABULARY "/fix" : VOCABULARY "/rep",
                                .detail = seen->outcome == ACC_ROW_CONFLICT ? occupied : refused,
                                .outcome = "failure",
                                .at = run->ended ? run->finished : run->started,
                                .object = uri};
    write_event(premis, seen->row->id, &event, seen->row->reason);
}

static void restore_events(struct acc_premis *premis, const struct acc_receipt_row *seen,
                           const char *source)
{
    struct acc_str uri = {0};
    acc_premisxml_file_uri(premis, seen->row->entry.path, &uri);
    if (acc_row_is_problem(seen->outcome))
        refused_event(premis, seen, acc_str_cstr(&uri),
                      "other content has the name, and was left alone",
                      "refused; no file of that name was made");
    else if (seen->outcome == ACC_ROW_ARCHIVED || seen->outcome == ACC_ROW_ALREADY)
        restored_events(premis, seen, acc_str_cstr(&uri), source);
    acc_str_release(&uri);
}

static const char *how_found(enum acc_grounds grounds)
{
    switch (grounds) {
    case ACC_GROUNDS_READ:
        return "found in the bucket; every byte read back";
    case ACC_GROUNDS_FILE:
        return "found in the bucket; its SHA-256 compared with the local file's";
    case ACC_GROUNDS_SENT:
        return "found in the bucket; sent by an earlier run, which had compared its digests";
    default:
        return "found in the bucket; the server's checksum compared";
    }
}

/* Found in the bucket by this run, and proven to be what the manifest promises. */
static void found_event(struct acc_premis *premis, const struct acc_row *row, const char *uri)
{
    const struct event event = {.type = "fixity check",
                                .term = VOCABULARY "/fix",
                                .detail = how_found(row->archived.proof),
                                .outcome = "success",
                                .at = row->archived.at,
                                .object = uri};
    note_promise(&premis->note, &row->entry);
    write_event(premis, row->id, &event, acc_str_cstr(&premis->note));
}

/* Nothing is wrong with it: it waits for files that were refused. */
static void withheld_event(struct acc_premis *premis, const struct acc_receipt_row *seen,
                           const char *uri)
{
    const struct acc_run_info *run = &premis->receipt->run;
    const struct event event = {.type = "replication",
                                .term = VOCABULARY "/rep",
                                .detail = "withheld; nothing of it was sent",
                                .outcome = "warning",
                                .at = run->ended ? run->finished : run->started,
                                .object = uri};
    write_event(premis, seen->row->id, &event, seen->row->reason);
}

/* A listing shows presence and size: that is not a fixity check, and is not called one. */
static void checked_event(struct acc_premis *premis, const struct acc_receipt_row *seen,
                          const char *uri)
{
    static const struct {
        const char *level, *type, *term, *detail;
    } levels[] = {
        {"read", "fixity check", VOCABULARY "/fix", "every byte read and its digests compared"},
        {"stored", "fixity check", VOCABULARY "/fix",
         "the checksum that the server holds compared"},
        {"listed", "presence check", NULL, "presence and size compared; no digest was"},
    };
    const struct acc_row *row = seen->row;
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        if (strcmp(row->checked.level, levels[i].level) != 0)
            continue;
        const struct event event = {.type = levels[i].type,
                                    .term = levels[i].term,
                                    .detail = levels[i].detail,
                                    .outcome = seen->outcome == ACC_ROW_UNCHANGED   ? "success"
                                               : seen->outcome == ACC_ROW_DIFFERENT ? "failure"
                                                                                    : "warning",
                                    .at = row->checked.at,
                                    .object = uri};
        acc_str_clear(&premis->note);
        acc_str_addf(&premis->note, "level %s, proof %s%s%s", row->checked.level,
                     row->checked.proof, row->reason[0] ? ": " : "", row->reason);
        write_event(premis, row->id, &event, acc_str_cstr(&premis->note));
    }
}

void acc_premisxml_events(void *arg, const struct acc_receipt_row *seen)
{
    struct acc_premis *premis = arg;
    struct acc_str uri = {0};
    acc_premisxml_object_uri(premis, seen->key, &uri);
    if (acc_receipt_restores(premis->receipt))
        restore_events(premis, seen, acc_str_cstr(&uri));
    else if (acc_receipt_verifies(premis->receipt))
        checked_event(premis, seen, acc_str_cstr(&uri));
    else if (seen->outcome == ACC_ROW_WITHHELD)
        withheld_event(premis, seen, acc_str_cstr(&uri));
    else if (acc_row_is_problem(seen->outcome))
        refused_event(premis, seen, acc_str_cstr(&uri),
                      "the key holds other content, which was left alone",
                      "refused; nothing of it can be seen in the bucket");
    else if (seen->outcome == ACC_ROW_ARCHIVED)
        archived_events(premis, seen->row, acc_str_cstr(&uri));
    else if (seen->outcome == ACC_ROW_ALREADY && seen->row->fresh)
        found_event(premis, seen->row, acc_str_cstr(&uri));
    acc_str_release(&uri);
}

/* Entry 0 stands for no entry. */
void acc_premisxml_run_event(struct acc_premis *premis)
{
    const struct acc_run_info *run = &premis->receipt->run;
    static const struct {
        const char *type, *term, *success;
    } kinds[] = {
        {"ingestion", VOCABULARY "/ing", "every entry is in the bucket, verified"},
        {"fixity check", VOCABULARY "/fix", "every entry is in the bucket, verified"},
        {"dissemination", VOCABULARY "/dis", "every selected entry is in the folder, verified"},
        {"replication", VOCABULARY "/rep",
         "every entry on record is in the second bucket, verified"},
    };
    unsigned kind = acc_receipt_verifies(premis->receipt)     ? 1
                    : acc_receipt_restores(premis->receipt)   ? 2
                    : acc_receipt_replicates(premis->receipt) ? 3
                                                              : 0;
    struct acc_str uri = {0};
    acc_premisxml_delivery_uri(premis, &uri);
    const struct event event = {.type = kinds[kind].type,
                                .term = kinds[kind].term,
                                .detail = run->command,
                                .outcome = !run->ended              ? "warning"
                                           : run->outcome == ACC_OK ? "success"
                                                                    : "failure",
                                .at = run->ended ? run->finished : run->started,
                                .object = acc_str_cstr(&uri)};
    write_event(premis, 0, &event,
                !run->ended              ? "the run has not ended"
                : run->outcome == ACC_OK ? kinds[kind].success
                                         : acc_code_text(run->outcome));
    acc_str_release(&uri);
}
