/* A narrow view of libxml2's tree. Parsing fails quietly: the caller knows what it asked and says
 * so. */
#include "s3/wire/xml.h"

#include <stdlib.h>
#include <string.h>

#include <libxml/parser.h>
#include <libxml/tree.h>

struct acc_xml *acc_xml_parse(const char *text, size_t len)
{
    while (len > 0 && (*text == ' ' || *text == '\t' || *text == '\r' || *text == '\n')) {
        text++;
        len--;
    }
    if (len == 0 || len > INT32_MAX)
        return NULL;
    return (struct acc_xml *)xmlReadMemory(text, (int)len, NULL, NULL,
                                           XML_PARSE_NONET | XML_PARSE_NOERROR |
                                               XML_PARSE_NOWARNING | XML_PARSE_NOCDATA);
}

void acc_xml_free(struct acc_xml *xml)
{
    xmlFreeDoc((xmlDoc *)xml);
}

const struct acc_node *acc_xml_root(const struct acc_xml *xml)
{
    return xml != NULL ? (const struct acc_node *)xmlDocGetRootElement((const xmlDoc *)xml) : NULL;
}

bool acc_node_is(const struct acc_node *node, const char *name)
{
    return node != NULL && strcmp((const char *)((const xmlNode *)node)->name, name) == 0;
}

static const struct acc_node *element_from(const xmlNode *node, const char *name)
{
    for (; node != NULL; node = node->next)
        if (node->type == XML_ELEMENT_NODE &&
            (name == NULL || strcmp((const char *)node->name, name) == 0))
            return (const struct acc_node *)node;
    return NULL;
}

const struct acc_node *acc_node_child(const struct acc_node *node, const char *name)
{
    return node != NULL ? element_from(((const xmlNode *)node)->children, name) : NULL;
}

const struct acc_node *acc_node_next(const struct acc_node *node, const char *name)
{
    return node != NULL ? element_from(((const xmlNode *)node)->next, name) : NULL;
}

bool acc_node_text(const struct acc_node *node, const char *name, struct acc_str *out)
{
    acc_str_clear(out);
    const struct acc_node *child = acc_node_child(node, name);
    if (child == NULL)
        return false;
    for (const xmlNode *text = ((const xmlNode *)child)->children; text != NULL; text = text->next)
        if (text->type == XML_TEXT_NODE && text->content != NULL)
            acc_str_add(out, (const char *)text->content);
    return true;
}

bool acc_node_url_text(const struct acc_node *node, const char *name, struct acc_str *out)
{
    if (!acc_node_text(node, name, out))
        return false;
    size_t to = 0;
    for (size_t from = 0; from < out->len; from++) {
        char c = out->data[from];
        if (c == '%' && from + 2 < out->len &&
            acc_hex_decode(out->data + from + 1, 1, &out->data[to])) {
            from += 2;
            to++;
        } else {
            out->data[to++] = c == '+' ? ' ' : c;
        }
    }
    acc_str_cut(out, to);
    return true;
}

long long acc_node_number(const struct acc_node *node, const char *name, long long otherwise)
{
    struct acc_str text = {0};
    long long value = otherwise;
    if (acc_node_text(node, name, &text) &&
        !acc_parse_int(acc_str_cstr(&text), INT64_MIN, INT64_MAX, &value))
        value = otherwise;
    acc_str_release(&text);
    return value;
}

bool acc_node_true(const struct acc_node *node, const char *name)
{
    char text[8];
    acc_node_copy(node, name, text, sizeof text);
    return strcmp(text, "true") == 0;
}

void acc_node_copy(const struct acc_node *node, const char *name, char *out, size_t size)
{
    struct acc_str text = {0};
    acc_node_text(node, name, &text);
    const char *from = acc_str_cstr(&text);
    size_t len = text.len;
    if (len >= 2 && from[0] == '"' && from[len - 1] == '"') {
        from++;
        len -= 2;
    }
    if (len >= size)
        len = size - 1;
    memcpy(out, from, len);
    out[len] = '\0';
    acc_str_release(&text);
}
