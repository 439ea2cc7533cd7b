/* The PREMIS receipt: PREMIS Data Dictionary 3.0 in its XML form (namespace
 * http://www.loc.gov/premis/v3). Objects first: the delivery as a representation, then a file for
 * every entry; then what this run did to them as events; then this program as their agent. The rows
 * are walked once for objects and once for events.
 *
 * An object's identifier is its S3 URI with everything but RFC 3986's unreserved characters
 * percent- encoded, so that it is exact for every name. originalName is the path for people: what
 * XML 1.0 cannot carry (U+FFFE, U+FFFF) is shown as \xNN there, as are bytes that are not UTF-8 in
 * reasons.
 *
 * Fails as the ledger does; an error of the stream is found by the caller.
 */
#include <string.h>

#include <libxml/xmlwriter.h>

#include "base/clock.h"
#include "base/path.h"
#include "receipt/internal.h"

#define NAMESPACE "http://www.loc.gov/premis/v3"
#define VOCABULARY "http://id.loc.gov/vocabulary/preservation/eventType"
#define AGENT "accession " ACC_VERSION

struct premis {
    xmlTextWriter *xml;
    struct acc_receipt *receipt;
    struct acc_str text; /* scratch of element() */
    struct acc_str note; /* of the caller of element() */
};

/* ---- XML ---- */

static bool xml_can_carry(const char *text, size_t len)
{
    unsigned char c = (unsigned char)text[0];
    if (len == 1)
        return c >= 0x20 || c == '\t' || c == '\n' || c == '\r';
    return len != 3 || memcmp(text, "\xEF\xBF", 2) != 0 || (unsigned char)text[2] < 0xBE;
}

static const char *carried(struct premis *premis, const char *text)
{
    size_t left = strlen(text);
    acc_str_clear(&premis->text);
    while (left > 0) {
        size_t len = acc_utf8_len(text, left), taken = len > 0 ? len : 1;
        if (len > 0 && xml_can_carry(text, len))
            acc_str_add_n(&premis->text, text, len);
        else
            for (size_t i = 0; i < taken; i++)
                acc_str_addf(&premis->text, "\\x%02X", (unsigned char)text[i]);
        text += taken;
        left -= taken;
    }
    return acc_str_cstr(&premis->text);
}

static void begin(struct premis *premis, const char *name)
{
    xmlTextWriterStartElement(premis->xml, BAD_CAST name);
}

static void end(struct premis *premis)
{
    xmlTextWriterEndElement(premis->xml);
}

static void element(struct premis *premis, const char *name, const char *text)
{
    xmlTextWriterWriteElement(premis->xml, BAD_CAST name, BAD_CAST carried(premis, text));
}

static void attribute(struct premis *premis, const char *name, const char *value)
{
    xmlTextWriterWriteAttribute(premis->xml, BAD_CAST name, BAD_CAST value);
}

/* <NAME><NAMEType>type</NAMEType><NAMEValue>value</NAMEValue>, left open. */
static void begin_identifier(struct premis *premis, const char *name, const char *type,
                             const char *value)
{
    char part[64];
    begin(premis, name);
    snprintf(part, sizeof part, "%sType", name);
    element(premis, part, type);
    snprintf(part, sizeof part, "%sValue", name);
    element(premis, part, value);
}

static void identifier(struct premis *premis, const char *name, const char *type, const char *value)
{
    begin_identifier(premis, name, type, value);
    end(premis);
}

static void percent_encode(struct acc_str *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     strchr("-._~/", c) != NULL;
        if (plain)
            acc_str_add_c(out, (char)c);
        else
            acc_str_addf(out, "%%%02X", c);
    }
}

/* s3://BUCKET/KEY; the bucket is what the run's URL has before the prefix. */
static void object_uri(struct premis *premis, const char *key, struct acc_str *uri)
{
    const char *url = premis->receipt->run.url, *prefix = premis->receipt->prefix;
    size_t len = strlen(url), prefix_len = strlen(prefix);
    if (prefix_len > 0 && len >= prefix_len)
        len -= prefix_len;
    acc_str_clear(uri);
    acc_str_add_n(uri, url, len);
    acc_str_add_c(uri, '/');
    percent_encode(uri, key);
}

/* ---- objects ---- */

static void begin_object(struct premis *premis, const char *type)
{
    begin(premis, "object");
    attribute(premis, "xsi:type", type);
}

static void storage(struct premis *premis, const char *location)
{
    begin(premis, "storage");
    begin(premis, "contentLocation");
    element(premis, "contentLocationType", "URI");
    element(premis, "contentLocationValue", location);
    end(premis);
    element(premis, "storageMedium", "S3 object storage");
    end(premis);
}

static void fixities(struct premis *premis, const struct acc_digests *digests,
                     const char *originator)
{
    for (enum acc_alg alg = 0; alg < ACC_ALG_COUNT; alg++) {
        char hex[ACC_DIGEST_MAX * 2 + 1];
        if (!acc_digests_has(digests, alg))
            continue;
        acc_digests_hex(digests, alg, hex);
        begin(premis, "fixity");
        element(premis, "messageDigestAlgorithm", acc_alg_name(alg));
        element(premis, "messageDigest", hex);
        element(premis, "messageDigestOriginator", originator);
        end(premis);
    }
}

static void characteristics(struct premis *premis, const struct acc_receipt_row *seen)
{
    const struct acc_row *row = seen->row;
    int64_t size = acc_receipt_size(seen);
    char number[24];
    begin(premis, "objectCharacteristics");
    element(premis, "compositionLevel", "0");
    if (row->state == ACC_ENTRY_ARCHIVED)
        fixities(premis, &row->archived.digests, AGENT);
    else
        fixities(premis, &row->entry.promised, row->entry.origin);
    if (size >= 0) {
        snprintf(number, sizeof number, "%lld", (long long)size);
        element(premis, "size", number);
    }
    begin(premis, "format");
    begin(premis, "formatDesignation");
    element(premis, "formatName", "unknown");
    end(premis);
    element(premis, "formatNote", "accession does not identify formats");
    end(premis);
    end(premis);
}

/* Version ids alone are not unique ("null" is one), so they come with the object's URI (in note).
 */
static void version_identifier(struct premis *premis, const char *version_id)
{
    size_t len = premis->note.len;
    acc_str_add(&premis->note, "?versionId=");
    percent_encode(&premis->note, version_id);
    identifier(premis, "objectIdentifier", "URI of the version", acc_str_cstr(&premis->note));
    acc_str_cut(&premis->note, len);
}

static void write_object(void *arg, const struct acc_receipt_row *seen)
{
    struct premis *premis = arg;
    const struct acc_row *row = seen->row;
    bool archived = row->state == ACC_ENTRY_ARCHIVED;
    object_uri(premis, seen->key, &premis->note);
    begin_object(premis, "file");
    identifier(premis, "objectIdentifier", "URI", acc_str_cstr(&premis->note));
    if (archived && row->archived.version_id[0] != '\0')
        version_identifier(premis, row->archived.version_id);
    characteristics(premis, seen);
    element(premis, "originalName", row->entry.path);
    if (archived)
        storage(premis, acc_str_cstr(&premis->note));
    end(premis);
}

static void write_delivery(struct premis *premis)
{
    const struct acc_run_info *run = &premis->receipt->run;
    begin_object(premis, "representation");
    identifier(premis, "objectIdentifier", "URI", run->url);
    if (run->source[0] != '\0')
        element(premis, "originalName", run->source);
    storage(premis, run->url);
    end(premis);
}

/* ---- events ---- */

struct event {
    const char *type;
    const char *term; /* of the Library of Congress' eventType vocabulary, or NULL */
    const char *detail;
    const char *outcome; /* "success", "failure", "warning" */
    int64_t at;
    const char *object; /* URI */
};

/* Identified by the run's name and the entry: "2026-11-22T10-04-11Z-7f3a/17/fixity check". */
static void write_event(struct premis *premis, int64_t entry, const struct event *event,
                        const char *note)
{
    struct acc_str id = {0};
    char time[ACC_TIME_TEXT];
    acc_str_addf(&id, "%s/%lld/%s", premis->receipt->run.name, (long long)entry, event->type);
    begin(premis, "event");
    identifier(premis, "eventIdentifier", "accession run, entry and event", acc_str_cstr(&id));
    begin(premis, "eventType");
    if (event->term != NULL) {
        attribute(premis, "authority", "eventType");
        attribute(premis, "authorityURI", VOCABULARY);
        attribute(premis, "valueURI", event->term);
    }
    xmlTextWriterWriteString(premis->xml, BAD_CAST event->type);
    end(premis);
    element(premis, "eventDateTime", acc_time_rfc3339(event->at, time));
    begin(premis, "eventDetailInformation");
    element(premis, "eventDetail", event->detail);
    end(premis);
    begin(premis, "eventOutcomeInformation");
    element(premis, "eventOutcome", event->outcome);
    begin(premis, "eventOutcomeDetail");
    element(premis, "eventOutcomeDetailNote", note);
    end(premis);
    end(premis);
    begin_identifier(premis, "linkingAgentIdentifier", "software", AGENT);
    element(premis, "linkingAgentRole", "executing program");
    end(premis);
    begin_identifier(premis, "linkingObjectIdentifier", "URI", event->object);
    element(premis, "linkingObjectRole", "outcome");
    end(premis);
    end(premis);
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
    acc_str_set(out, "agrees with ");
    acc_str_add(out, entry->origin);
    if (entry->line > 0)
        acc_str_addf(out, ", line %llu", (unsigned long long)entry->line);
}

/* Sent by this run: digests were made, compared, and only then became the copy visible. */
static void archived_events(struct premis *premis, const struct acc_row *row, const char *uri)
{
    const struct acc_archived *a = &row->archived;
    struct acc_str *note = &premis->note;
    struct event event = {.type = "message digest calculation",
                          .term = VOCABULARY "/mes",
                          .detail = "computed from the bytes as they were sent",
                          .outcome = "success",
                          .at = a->at,
                          .object = uri};
    acc_str_clear(note);
    list_digests(note, &a->digests);
    write_event(premis, row->id, &event, acc_str_cstr(note));

    event.type = "fixity check";
    event.term = VOCABULARY "/fix";
    event.detail = "the digests compared with the manifest's before the object could be seen";
    note_promise(note, &row->entry);
    write_event(premis, row->id, &event, acc_str_cstr(note));

    event.type = "replication";
    event.term = VOCABULARY "/rep";
    event.detail = "copied into the bucket";
    acc_str_clear(note);
    acc_str_addf(note, "version id %s, ETag %s, checksum %s",
                 a->version_id[0] ? a->version_id : "none", a->etag[0] ? a->etag : "unknown",
                 a->checksum[0] ? a->checksum : "none");
    write_event(premis, row->id, &event, acc_str_cstr(note));
}

/* Found in the bucket by this run, and proven to be what the manifest promises. */
static void found_event(struct premis *premis, const struct acc_row *row, const char *uri)
{
    const struct event event = {.type = "fixity check",
                                .term = VOCABULARY "/fix",
                                .detail =
                                    strcmp(row->archived.proof, "read") == 0
                                        ? "found in the bucket; every byte read back"
                                        : "found in the bucket; the server's checksum compared",
                                .outcome = "success",
                                .at = row->archived.at,
                                .object = uri};
    note_promise(&premis->note, &row->entry);
    write_event(premis, row->id, &event, acc_str_cstr(&premis->note));
}

static void refused_event(struct premis *premis, const struct acc_receipt_row *seen,
                          const char *uri)
{
    bool fixity = seen->row->reason_code == ACC_DIGEST || seen->row->reason_code == ACC_FILE_SIZE;
    const struct acc_run_info *run = &premis->receipt->run;
    const struct event event = {.type = fixity ? "fixity check" : "replication",
                                .term = fixity ? VOCABULARY "/fix" : VOCABULARY "/rep",
                                .detail = seen->outcome == ACC_ROW_CONFLICT
                                              ? "the key holds other content, which was left alone"
                                              : "refused; nothing of it can be seen in the bucket",
                                .outcome = "failure",
                                .at = run->ended ? run->finished : run->started,
                                .object = uri};
    write_event(premis, seen->row->id, &event, seen->row->reason);
}

/* A listing shows presence and size: that is no fixity check, and is not called one. */
static void checked_event(struct premis *premis, const struct acc_receipt_row *seen,
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

static void write_events(void *arg, const struct acc_receipt_row *seen)
{
    struct premis *premis = arg;
    struct acc_str uri = {0};
    object_uri(premis, seen->key, &uri);
    if (acc_receipt_verifies(premis->receipt))
        checked_event(premis, seen, acc_str_cstr(&uri));
    else if (acc_row_is_problem(seen->outcome))
        refused_event(premis, seen, acc_str_cstr(&uri));
    else if (seen->outcome == ACC_ROW_ARCHIVED)
        archived_events(premis, seen->row, acc_str_cstr(&uri));
    else if (seen->row->fresh)
        found_event(premis, seen->row, acc_str_cstr(&uri));
    acc_str_release(&uri);
}

/* The run as a whole, linked to the delivery; entry 0 is nobody's. */
static void write_run_event(struct premis *premis)
{
    const struct acc_run_info *run = &premis->receipt->run;
    bool verifies = acc_receipt_verifies(premis->receipt);
    const struct event event = {.type = verifies ? "fixity check" : "ingestion",
                                .term = verifies ? VOCABULARY "/fix" : VOCABULARY "/ing",
                                .detail = run->command,
                                .outcome = !run->ended              ? "warning"
                                           : run->outcome == ACC_OK ? "success"
                                                                    : "failure",
                                .at = run->ended ? run->finished : run->started,
                                .object = run->url};
    write_event(premis, 0, &event,
                !run->ended              ? "the run has not ended"
                : run->outcome == ACC_OK ? "every entry is in the bucket, verified"
                                         : acc_code_text(run->outcome));
}

/* ---- the whole ---- */

static void write_agent(struct premis *premis)
{
    begin(premis, "agent");
    identifier(premis, "agentIdentifier", "software", AGENT);
    element(premis, "agentName", "accession");
    element(premis, "agentType", "software");
    element(premis, "agentVersion", ACC_VERSION);
    end(premis);
}

static enum acc_code write_document(struct premis *premis, struct acc_error *err)
{
    xmlTextWriterSetIndent(premis->xml, 1);
    xmlTextWriterSetIndentString(premis->xml, BAD_CAST " ");
    xmlTextWriterStartDocument(premis->xml, NULL, "UTF-8", NULL);
    begin(premis, "premis");
    attribute(premis, "xmlns", NAMESPACE);
    attribute(premis, "xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance");
    attribute(premis, "xsi:schemaLocation",
              NAMESPACE " http://www.loc.gov/standards/premis/premis.xsd");
    attribute(premis, "version", "3.0");
    write_delivery(premis);
    enum acc_code code = acc_receipt_rows(premis->receipt, write_object, premis, err);
    if (code == ACC_OK) {
        write_run_event(premis);
        code = acc_receipt_rows(premis->receipt, write_events, premis, err);
    }
    write_agent(premis);
    xmlTextWriterEndDocument(premis->xml);
    return code;
}

enum acc_code acc_receipt_premis(struct acc_receipt *receipt, struct acc_error *err)
{
    xmlOutputBuffer *buffer = xmlOutputBufferCreateFile(receipt->out, NULL);
    struct premis premis = {.receipt = receipt, .xml = xmlNewTextWriter(buffer)};
    enum acc_code code = write_document(&premis, err);
    xmlFreeTextWriter(premis.xml);
    acc_str_release(&premis.text);
    acc_str_release(&premis.note);
    return code;
}
