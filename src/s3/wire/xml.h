/* S3's XML answers, read with libxml2: no network, no entities, white space before the prolog
 * tolerated (a CompleteMultipartUpload that takes long sends it). */
#ifndef ACC_S3_XML_H
#define ACC_S3_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

struct acc_xml;  /* a document */
struct acc_node; /* an element in it; lives as long as the document */

/* NULL when the text is not well-formed XML. */
struct acc_xml *acc_xml_parse(const char *text, size_t len);
void acc_xml_free(struct acc_xml *xml);

const struct acc_node *acc_xml_root(const struct acc_xml *xml);
bool acc_node_is(const struct acc_node *node, const char *name);
/* First child element / next sibling element of that name (any when NULL), or NULL. */
const struct acc_node *acc_node_child(const struct acc_node *node, const char *name);
const struct acc_node *acc_node_next(const struct acc_node *node, const char *name);
/* The text of the child `name`, copied into `out` (replaced). False and "" if missing. */
bool acc_node_text(const struct acc_node *node, const char *name, struct acc_str *out);
/* The same, URL-decoded as encoding-type=url wants it, "+" being a space. */
bool acc_node_url_text(const struct acc_node *node, const char *name, struct acc_str *out);
long long acc_node_number(const struct acc_node *node, const char *name, long long otherwise);
bool acc_node_true(const struct acc_node *node, const char *name);
/* Cuts the child's text into a fixed buffer; "" if missing. Quotes around an ETag go. */
void acc_node_copy(const struct acc_node *node, const char *name, char *out, size_t size);

#endif
