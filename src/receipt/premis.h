/* Inside src/receipt: the parts of the PREMIS receipt.
 *
 * An object's identifier is its S3 URI with everything but RFC 3986's unreserved characters
 * percent- encoded, so that it is exact for every name. originalName is the path for people: what
 * XML 1.0 cannot carry (U+FFFE, U+FFFF) is shown as \xNN there, as are bytes that are not UTF-8 in
 * reasons.
 */
#ifndef ACC_RECEIPT_PREMIS_H
#define ACC_RECEIPT_PREMIS_H

#include <libxml/xmlwriter.h>

#include "receipt/internal.h"

#define ACC_PREMIS_AGENT "accession " ACC_VERSION

struct acc_premis {
    xmlTextWriter *xml;
    struct acc_receipt *receipt;
    struct acc_str text; /* scratch of acc_premisxml_element() */
    struct acc_str note; /* scratch of its callers */
};

void acc_premisxml_begin(struct acc_premis *premis, const char *name);
void acc_premisxml_end(struct acc_premis *premis);
void acc_premisxml_element(struct acc_premis *premis, const char *name, const char *text);
void acc_premisxml_attribute(struct acc_premis *premis, const char *name, const char *value);
/* <NAME><NAMEType>type</NAMEType><NAMEValue>value</NAMEValue>, and its end. */
void acc_premisxml_identifier(struct acc_premis *premis, const char *name, const char *type,
                              const char *value);
/* The same, left open. */
void acc_premisxml_begin_identifier(struct acc_premis *premis, const char *name, const char *type,
                                    const char *value);

void acc_premisxml_percent_encode(struct acc_str *out, const char *text);
/* s3://BUCKET/KEY; of a restore, where the file was read from. */
void acc_premisxml_object_uri(struct acc_premis *premis, const char *key, struct acc_str *uri);
/* Of a restore: file:///FOLDER/PATH, or the folder's own with a path of "". */
void acc_premisxml_file_uri(struct acc_premis *premis, const char *path, struct acc_str *uri);
/* The delivery's: the run's URL, or the folder that was restored to. */
void acc_premisxml_delivery_uri(struct acc_premis *premis, struct acc_str *uri);

/* Of a replication (premis_copies.c): the object that was copied, by its canonical URL, since both
 * buckets may have one name; the storage at both ends, as agents, and as linked by an event. */
void acc_premisxml_source_uri(struct acc_premis *premis, const char *path, struct acc_str *uri);
void acc_premisxml_storage_agents(struct acc_premis *premis);
void acc_premisxml_storage_links(struct acc_premis *premis);

/* For acc_receipt_rows(): the events of one entry; `arg` is the struct acc_premis. */
void acc_premisxml_events(void *arg, const struct acc_receipt_row *seen);
/* The run as a whole, linked to the delivery. */
void acc_premisxml_run_event(struct acc_premis *premis);

#endif
