/* The little XML that a server of S3 writes and reads. */
#ifndef SCRIPTED_XML_H
#define SCRIPTED_XML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

void xml_element(struct acc_str *xml, const char *name, const char *text);
/* Control characters become character references, as some servers do although XML 1.0 forbids it.
 */
void xml_escape(struct acc_str *xml, const char *text);

/* The text of the root's first child of that name, or NULL. The caller frees it. */
char *xml_text_of(const struct acc_str *body, const char *name);
/* <Tagging> as the x-amz-tagging header has it: "k=v&k2=v2". The caller frees it. */
char *tags_as_query(const struct acc_str *body);

struct listed_part {
    long long number;
    char *etag;     /* as sent; NULL when missing */
    char *checksum; /* NULL when missing */
};

/* The parts of a <CompleteMultipartUpload>; false when it isn't one or lists none. Free in any
 * case. */
bool xml_listed_parts(const struct acc_str *body, struct listed_part **parts, size_t *count);
void listed_parts_free(struct listed_part *parts, size_t count);

#endif
