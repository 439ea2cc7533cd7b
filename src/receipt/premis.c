/* The PREMIS receipt: PREMIS Data Dictionary 3.0 in its XML form (namespace
 * http://www.loc.gov/premis/v3). Objects first: the delivery as a representation, then a file for
 * every entry; then what this run did to them as events; then this program as their agent. The rows
 * are walked once for objects and once for events.
 *
 * Fails as the ledger does; an error of the stream is found by the caller.
 */
#include "receipt/premis.h"

#define NAMESPACE "http://www.loc.gov/premis/v3"
#define S3_STORAGE "S3 object storage"

/* ---- objects ---- */

static void begin_object(struct acc_premis *premis, const char *type)
{
    acc_premisxml_begin(premis, "object");
    acc_premisxml_attribute(premis, "xsi:type", type);
}

static void storage(struct acc_premis *premis, const char *location, const char *medium)
{
    acc_premisxml_begin(premis, "storage");
    acc_premisxml_begin(premis, "contentLocation");
    acc_premisxml_element(premis, "contentLocationType", "URI");
    acc_premisxml_element(premis, "contentLocationValue", location);
    acc_premisxml_end(premis);
    acc_premisxml_element(premis, "storageMedium", medium);
    acc_premisxml_end(premis);
}

static const char *medium_of(const struct acc_premis *premis)
{
    return acc_receipt_restores(premis->receipt) ? "file system" : S3_STORAGE;
}

static void fixities(struct acc_premis *premis, const struct acc_digests *digests,
                     const char *originator)
{
    for (enum acc_alg alg = 0; alg < ACC_ALG_COUNT; alg++) {
        char hex[ACC_DIGEST_MAX * 2 + 1];
        if (!acc_digests_has(digests, alg))
            continue;
        acc_digests_hex(digests, alg, hex);
        acc_premisxml_begin(premis, "fixity");
        acc_premisxml_element(premis, "messageDigestAlgorithm", acc_alg_name(alg));
        acc_premisxml_element(premis, "messageDigest", hex);
        acc_premisxml_element(premis, "messageDigestOriginator", originator);
        acc_premisxml_end(premis);
    }
}

static void characteristics(struct acc_premis *premis, const struct acc_digests *digests,
                            const char *originator, int64_t size)
{
    char number[24];
    acc_premisxml_begin(premis, "objectCharacteristics");
    acc_premisxml_element(premis, "compositionLevel", "0");
    fixities(premis, digests, originator);
    if (size >= 0) {
        snprintf(number, sizeof number, "%lld", (long long)size);
        acc_premisxml_element(premis, "size", number);
    }
    acc_premisxml_begin(premis, "format");
    acc_premisxml_begin(premis, "formatDesignation");
    acc_premisxml_element(premis, "formatName", "unknown");
    acc_premisxml_end(premis);
    acc_premisxml_element(premis, "formatNote", "accession does not identify formats");
    acc_premisxml_end(premis);
    acc_premisxml_end(premis);
}

static void known_characteristics(struct acc_premis *premis, const struct acc_receipt_row *seen)
{
    static const struct acc_digests none;
    const struct acc_row *row = seen->row;
    /* A conflict's key holds an object of which nothing is known, its size included. */
    bool object = acc_receipt_has_object(seen),
         unknown = !object && seen->outcome == ACC_ROW_CONFLICT;
    characteristics(premis,
                    object    ? &row->archived.digests
                    : unknown ? &none
                              : &row->entry.promised,
                    object ? ACC_PREMIS_AGENT : row->entry.origin,
                    unknown ? -1 : acc_receipt_size(seen));
}

/* Version ids alone are not unique ("null" is one), so they come with the object's URI (in note).
 */
static void version_identifier(struct acc_premis *premis, const char *version_id)
{
    size_t len = premis->note.len;
    acc_str_add(&premis->note, "?versionId=");
    acc_premisxml_percent_encode(&premis->note, version_id);
    acc_premisxml_identifier(premis, "objectIdentifier", "URI of the version",
                             acc_str_cstr(&premis->note));
    acc_str_cut(&premis->note, len);
}

/* The object that was copied, beside its copy. */
static void write_source(struct acc_premis *premis, const struct acc_receipt_row *seen)
{
    const struct acc_row *row = seen->row;
    acc_premisxml_source_uri(premis, row->entry.path, &premis->note);
    begin_object(premis, "file");
    acc_premisxml_identifier(premis, "objectIdentifier", "URI", acc_str_cstr(&premis->note));
    characteristics(premis, &row->entry.promised, row->entry.origin, row->archived.size);
    acc_premisxml_element(premis, "originalName", row->entry.path);
    storage(premis, acc_str_cstr(&premis->note), S3_STORAGE);
    acc_premisxml_end(premis);
}

static void write_object(void *arg, const struct acc_receipt_row *seen)
{
    struct acc_premis *premis = arg;
    const struct acc_row *row = seen->row;
    bool archived = acc_receipt_has_object(seen);
    bool restored = acc_receipt_restores(premis->receipt);
    if (restored)
        acc_premisxml_file_uri(premis, row->entry.path, &premis->note);
    else
        acc_premisxml_object_uri(premis, seen->key, &premis->note);
    begin_object(premis, "file");
    acc_premisxml_identifier(premis, "objectIdentifier", "URI", acc_str_cstr(&premis->note));
    if (archived && !restored && row->archived.version_id[0] != '\0')
        version_identifier(premis, row->archived.version_id);
    known_characteristics(premis, seen);
    acc_premisxml_element(premis, "originalName", row->entry.path);
    if (archived)
        storage(premis, acc_str_cstr(&premis->note), medium_of(premis));
    acc_premisxml_end(premis);
    if (acc_receipt_replicates(premis->receipt) && seen->outcome == ACC_ROW_ARCHIVED)
        write_source(premis, seen);
}

static void write_delivery(struct acc_premis *premis)
{
    const struct acc_run_info *run = &premis->receipt->run;
    acc_premisxml_delivery_uri(premis, &premis->note);
    begin_object(premis, "representation");
    acc_premisxml_identifier(premis, "objectIdentifier", "URI", acc_str_cstr(&premis->note));
    if (run->source[0] != '\0')
        acc_premisxml_element(premis, "originalName", run->source);
    storage(premis, acc_str_cstr(&premis->note), medium_of(premis));
    acc_premisxml_end(premis);
}

/* ---- the whole ---- */

static void write_agent(struct acc_premis *premis)
{
    acc_premisxml_begin(premis, "agent");
    acc_premisxml_identifier(premis, "agentIdentifier", "software", ACC_PREMIS_AGENT);
    acc_premisxml_element(premis, "agentName", "accession");
    acc_premisxml_element(premis, "agentType", "software");
    acc_premisxml_element(premis, "agentVersion", ACC_VERSION);
    acc_premisxml_end(premis);
}

static enum acc_code write_document(struct acc_premis *premis, struct acc_error *err)
{
    xmlTextWriterSetIndent(premis->xml, 1);
    xmlTextWriterSetIndentString(premis->xml, BAD_CAST " ");
    xmlTextWriterStartDocument(premis->xml, NULL, "UTF-8", NULL);
    acc_premisxml_begin(premis, "premis");
    acc_premisxml_attribute(premis, "xmlns", NAMESPACE);
    acc_premisxml_attribute(premis, "xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance");
    acc_premisxml_attribute(premis, "xsi:schemaLocation",
                            NAMESPACE " http://www.loc.gov/standards/premis/premis.xsd");
    acc_premisxml_attribute(premis, "version", "3.0");
    write_delivery(premis);
    enum acc_code code = acc_receipt_rows(premis->receipt, write_object, premis, err);
    if (code == ACC_OK) {
        acc_premisxml_run_event(premis);
        code = acc_receipt_rows(premis->receipt, acc_premisxml_events, premis, err);
    }
    write_agent(premis);
    if (acc_receipt_replicates(premis->receipt))
        acc_premisxml_storage_agents(premis);
    xmlTextWriterEndDocument(premis->xml);
    return code;
}

/* Never an error to libxml2, which would print it: the stream remembers. */
static int write_bytes(void *out, const char *bytes, int len)
{
    fwrite(bytes, 1, (size_t)len, out);
    return len;
}

enum acc_code acc_receipt_premis(struct acc_receipt *receipt, struct acc_error *err)
{
    xmlOutputBuffer *buffer = xmlOutputBufferCreateIO(write_bytes, NULL, receipt->out, NULL);
    struct acc_premis premis = {.receipt = receipt, .xml = xmlNewTextWriter(buffer)};
    enum acc_code code = write_document(&premis, err);
    xmlFreeTextWriter(premis.xml);
    acc_str_release(&premis.text);
    acc_str_release(&premis.note);
    return code;
}
