/* Writing is by hand, reading by libxml2 with the network off. A body that isn't XML has no
 * elements. */
#include "xml.h"

#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "base/mem.h"
#include "http.h"

void xml_escape(struct acc_str *xml, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || strchr("&<>\"", c) != NULL)
            acc_str_addf(xml, "&#x%X;", c);
        else
            acc_str_add_c(xml, (char)c);
    }
}

void xml_element(struct acc_str *xml, const char *name, const char *text)
{
    acc_str_addf(xml, "<%s>", name);
    xml_escape(xml, text);
    acc_str_addf(xml, "</%s>", name);
}

static xmlDoc *parse(const struct acc_str *body)
{
    return xmlReadMemory(acc_str_cstr(body), (int)body->len, "body", NULL,
                         XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
}

static bool is_named(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

static char *text_of(xmlNode *node)
{
    xmlChar *content = xmlNodeGetContent(node);
    char *text = acc_strdup(content ? (const char *)content : "");
    xmlFree(content);
    return text;
}

static char *child_text(const xmlNode *parent, const char *name)
{
    for (xmlNode *child = parent ? parent->children : NULL; child != NULL; child = child->next)
        if (is_named(child, name))
            return text_of(child);
    return NULL;
}

char *xml_text_of(const struct acc_str *body, const char *name)
{
    xmlDoc *doc = parse(body);
    char *text = doc ? child_text(xmlDocGetRootElement(doc), name) : NULL;
    xmlFreeDoc(doc);
    return text;
}

char *tags_as_query(const struct acc_str *body)
{
    struct acc_str query = {0};
    xmlDoc *doc = parse(body);
    xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    for (xmlNode *set = root ? root->children : NULL; set != NULL; set = set->next)
        for (xmlNode *tag = is_named(set, "TagSet") ? set->children : NULL; tag != NULL;
             tag = tag->next) {
            char *name = child_text(tag, "Key"), *value = child_text(tag, "Value");
            if (name != NULL && value != NULL) {
                if (query.len > 0)
                    acc_str_add_c(&query, '&');
                http_percent_encode(&query, name, "");
                acc_str_add_c(&query, '=');
                http_percent_encode(&query, value, "");
            }
            free(name);
            free(value);
        }
    xmlFreeDoc(doc);
    acc_str_add(&query, "");
    return acc_str_detach(&query);
}

/* "ChecksumSHA256" holds what x-amz-checksum-sha256 does. */
static char *checksum_text(const xmlNode *part)
{
    for (xmlNode *child = part->children; child != NULL; child = child->next)
        if (child->type == XML_ELEMENT_NODE &&
            acc_starts_with((const char *)child->name, "Checksum"))
            return text_of(child);
    return NULL;
}

bool xml_listed_parts(const struct acc_str *body, struct listed_part **parts, size_t *count)
{
    xmlDoc *doc = parse(body);
    xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    bool good = root != NULL && is_named(root, "CompleteMultipartUpload");
    *parts = NULL;
    *count = 0;
    for (xmlNode *node = good ? root->children : NULL; node != NULL; node = node->next) {
        if (!is_named(node, "Part"))
            continue;
        *parts = acc_realloc(*parts, (*count + 1) * sizeof **parts);
        char *number = child_text(node, "PartNumber");
        (*parts)[(*count)++] = (struct listed_part){.number = number ? atoll(number) : 0,
                                                    .etag = child_text(node, "ETag"),
                                                    .checksum = checksum_text(node)};
        free(number);
    }
    xmlFreeDoc(doc);
    return good && *count > 0;
}

void listed_parts_free(struct listed_part *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        free(parts[i].etag);
        free(parts[i].checksum);
    }
    free(parts);
}
