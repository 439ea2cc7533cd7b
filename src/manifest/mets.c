/* METS (Library of Congress) with PREMIS fixity, as Archivematica and Goobi write it, and plain
 * METS with @CHECKSUM. libxml2's reader streams it; of the tree only the way down to the current
 * element exists. Network, external entities and document types are off.
 *
 * Happy path: amdSec fills the join with fixity records; fileSec names files, each sent as soon as
 * its digest is known; files that only a structMap or a name can join wait until the end. A file
 * without any usable digest is sent without one: it is named, so it is an entry. mdRef, in whatever
 * section, names a file too.
 *
 * A document that ends early, isn't well-formed, or contradicts itself is ACC_MANIFEST. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "manifest/mets.h"

enum { TEXT_MAX = 4096 };

static bool attribute_is(xmlNodePtr node, const char *name, const char *value)
{
    char *found = acc_mets_attribute(node, name);
    bool same = found != NULL && strcasecmp(found, value) == 0;
    xmlFree(found);
    return same;
}

/* ---- the document ---- */

/* Whether the element and all in it can be passed over: what holds neither fixity nor files. FITS
 * and other tools' output inside PREMIS has digests of its own, which aren't promises. */
static bool uninteresting(struct acc_mets *m, xmlNodePtr node)
{
    if (acc_mets_is(node, "techMD")) {
        char *status = acc_mets_attribute(node, "STATUS");
        bool superseded = status != NULL && strcasestr(status, "superseded") != NULL;
        xmlFree(status);
        return superseded;
    }
    if (acc_mets_is(node, "mdWrap")) {
        if (!acc_mets_is(node->parent, "techMD"))
            return true;
        char *type = acc_mets_attribute(node, "MDTYPE");
        bool premis =
            type != NULL && (strcmp(type, "PREMIS") == 0 || strcmp(type, "PREMIS:OBJECT") == 0 ||
                             strcmp(type, "OTHER") == 0);
        xmlFree(type);
        return !premis;
    }
    if (acc_mets_is(node, "structMap"))
        return m->waiting_count == 0 || !attribute_is(node, "TYPE", "PHYSICAL");
    return acc_mets_is(node, "behaviorSec") ||
           acc_premis_is(node, "objectCharacteristicsExtension");
}

static enum acc_code begin_element(struct acc_mets *m, xmlNodePtr node)
{
    acc_str_clear(&m->text);
    if (node->parent != NULL && node->parent->type == XML_DOCUMENT_NODE &&
        !acc_mets_is(node, "mets"))
        return acc_reading_fail(m->r, acc_mets_line(node),
                                "the root element is '%.60s', not mets in the "
                                "namespace %s.",
                                (const char *)node->name, ACC_NS_METS);
    if (acc_mets_is_file(node)) {
        acc_mets_file_begin(m);
        if (xmlTextReaderIsEmptyElement(m->xml))
            return acc_mets_file_end(m, node);
    } else if (acc_mets_is(node, "file")) {
        acc_mets_pass(m, ACC_METS_INSIDE, node);
    } else if (acc_mets_is(node, "FLocat")) {
        acc_mets_flocat(m, node);
    } else if (acc_mets_is(node, "mdRef")) {
        return acc_mets_mdref(m, node);
    } else if (acc_mets_is(node, "fptr")) {
        acc_mets_fptr(m, node);
    } else if (acc_premis_is(node, "object")) {
        acc_premis_begin(m, node);
    } else if (acc_premis_is(node, "fixity")) {
        acc_str_clear(&m->algorithm);
        acc_str_clear(&m->digest);
    } else if (acc_premis_is(node, "objectIdentifier")) {
        acc_str_clear(&m->id_type);
        acc_str_clear(&m->id_value);
    }
    return ACC_OK;
}

static void trim(struct acc_str *s)
{
    size_t lead = strspn(acc_str_cstr(s), " \t\r\n");
    while (s->len > lead && strchr(" \t\r\n", s->data[s->len - 1]) != NULL)
        acc_str_cut(s, s->len - 1);
    if (lead > 0) {
        memmove(s->data, s->data + lead, s->len - lead + 1);
        s->len -= lead;
    }
}

static enum acc_code on_node(struct acc_mets *m, bool *skip)
{
    xmlNodePtr node = xmlTextReaderCurrentNode(m->xml);
    *skip = false;
    switch (xmlTextReaderNodeType(m->xml)) {
    case XML_READER_TYPE_DOCUMENT_TYPE:
        return acc_reading_fail(m->r, 0,
                                "declares a document type (DOCTYPE), which is not read for "
                                "safety. Remove the declaration.");
    case XML_READER_TYPE_ELEMENT:
        *skip = uninteresting(m, node);
        if (*skip)
            return ACC_OK;
        return begin_element(m, node);
    case XML_READER_TYPE_END_ELEMENT:
        if (acc_mets_is_file(node))
            return acc_mets_file_end(m, node);
        trim(&m->text);
        enum acc_code code = acc_premis_end(m, node);
        acc_str_clear(&m->text);
        return code;
    case XML_READER_TYPE_TEXT:
    case XML_READER_TYPE_CDATA:
        if (node->content != NULL && m->text.len < TEXT_MAX)
            acc_str_add_n(&m->text, node->content, strnlen((const char *)node->content, TEXT_MAX));
        return ACC_OK;
    default:
        return ACC_OK;
    }
}

static enum acc_code walk(struct acc_mets *m)
{
    int more = xmlTextReaderRead(m->xml);
    while (more == 1) {
        bool skip;
        enum acc_code code = on_node(m, &skip);
        if (code != ACC_OK)
            return code;
        more = skip ? xmlTextReaderNext(m->xml) : xmlTextReaderRead(m->xml);
    }
    if (m->r->err->code != ACC_OK)
        return m->r->err->code; /* the input's own: cut gzip, read error */
    if (more < 0 || m->error.len > 0)
        return acc_reading_fail(m->r, m->error_line,
                                "is not well-formed XML (%s). If the file was cut "
                                "short, fetch it again.",
                                acc_str_cstr(&m->error));
    return ACC_OK;
}

static int on_read(void *arg, char *buffer, int size)
{
    struct acc_mets *m = arg;
    size_t len;
    return acc_input_take(&m->r->input, buffer, (size_t)size, &len) == ACC_OK ? (int)len : -1;
}

static int on_close(void *arg)
{
    return 0;
}

static void on_error(void *arg, xmlErrorPtr error)
{
    struct acc_mets *m = arg;
    if (m->error.len > 0 || error->level < XML_ERR_ERROR)
        return;
    m->error_line = error->line > 0 ? (uint64_t)error->line : 0;
    const char *text = error->message != NULL ? error->message : "unknown error";
    acc_str_add_n(&m->error, text, strcspn(text, "\n"));
}

bool acc_sniff_mets(const char *text, size_t len)
{
    size_t at = 0;
    while (at < len && strchr(" \t\r\n", text[at]) != NULL && text[at] != '\0')
        at++;
    return at < len && text[at] == '<' &&
           memmem(text, len, ACC_NS_METS, sizeof ACC_NS_METS - 1) != NULL;
}

enum acc_code acc_read_mets(struct acc_reading *r)
{
    struct acc_error own = {0};
    struct acc_mets *m = ACC_NEW(struct acc_mets);
    m->r = r;
    r->err = r->err != NULL ? r->err : &own;
    r->input.err = r->err;
    r->err->code = ACC_OK;
    enum acc_code code = ACC_OK;
    /* UTF-16 comes here as UTF-8, whatever the document's declaration says. */
    m->xml = xmlReaderForIO(on_read, on_close, m, NULL, r->input.utf16 ? "UTF-8" : NULL,
                            XML_PARSE_NONET | XML_PARSE_BIG_LINES);
    if (m->xml == NULL)
        code = acc_reading_fail(r, 0, "the XML reader cannot begin.");
    if (code == ACC_OK) {
        xmlTextReaderSetStructuredErrorHandler(m->xml, on_error, m);
        code = walk(m);
    }
    if (code == ACC_OK)
        code = acc_mets_settle(m);
    xmlFreeTextReader(m->xml);
    acc_join_release(&m->join);
    acc_mets_release_files(m);
    struct acc_str *texts[] = {&m->text,     &m->algorithm,  &m->digest, &m->id_type,
                               &m->id_value, &m->local_name, &m->error};
    for (size_t i = 0; i < ACC_COUNT_OF(texts); i++)
        acc_str_release(texts[i]);
    free(m);
    return code;
}
