/* METS (Library of Congress) with PREMIS fixity, as Archivematica and Goobi write it, and plain
 * METS with @CHECKSUM. libxml2's reader streams it; of the tree only the way down to the current
 * element exists. Network, external entities and document types are off.
 *
 * Happy path: amdSec fills the join with fixity records; fileSec names files, each sent as soon as
 * its digest is known; files that only a structMap or a name can join wait until the end. Files
 * without any digest are counted and noted, never sent.
 *
 * A document that ends early, isn't well-formed, or contradicts itself is ACC_MANIFEST. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <libxml/xmlreader.h>

#include "base/mem.h"
#include "manifest/mets_join.h"
#include "manifest/reading.h"

static const char METS[] = "http://www.loc.gov/METS/";
static const char XLINK[] = "http://www.w3.org/1999/xlink";
static const char XSI[] = "http://www.w3.org/2001/XMLSchema-instance";
static const char *const PREMIS[] = {"http://www.loc.gov/premis/v3", "info:lc/xmlns/premis-v2",
                                     "http://www.loc.gov/standards/premis/v1"};

enum { TEXT_MAX = 4096 };

/* A file that waits for the end of the document. */
struct waiting {
    char *id, *refs, *path; /* refs: @ADMID */
    uint64_t line;
    struct acc_fixity fixity;
};

struct mets {
    struct acc_reading *r;
    xmlTextReaderPtr xml;
    struct acc_join join;
    struct waiting *waiting;
    size_t waiting_count, waiting_cap;
    uint64_t without, without_line; /* files without a digest, and the first of them */
    bool file_done;                 /* the current mets:file had an FLocat */
    /* the PREMIS object being read */
    struct acc_fixity object;
    bool object_is_file;
    struct acc_str text, algorithm, digest, id_type, id_value, local_name;
    uint64_t error_line;
    struct acc_str error;
};

static uint64_t line_of(xmlNodePtr node)
{
    return (uint64_t)xmlGetLineNo(node);
}

static bool is(xmlNodePtr node, const char *ns, const char *name)
{
    return node != NULL && node->type == XML_ELEMENT_NODE && node->ns != NULL &&
           strcmp((const char *)node->name, name) == 0 &&
           strcmp((const char *)node->ns->href, ns) == 0;
}

static bool is_premis(xmlNodePtr node, const char *name)
{
    for (size_t i = 0; i < ACC_COUNT_OF(PREMIS); i++)
        if (is(node, PREMIS[i], name))
            return true;
    return false;
}

static xmlNodePtr up(xmlNodePtr node, int levels)
{
    while (node != NULL && levels-- > 0)
        node = node->parent;
    return node;
}

/* The attribute's value or NULL; xmlFree() it. */
static char *attribute(xmlNodePtr node, const char *name)
{
    return (char *)xmlGetNoNsProp(node, (const xmlChar *)name);
}

static bool attribute_is(xmlNodePtr node, const char *name, const char *value)
{
    char *found = attribute(node, name);
    bool same = found != NULL && strcasecmp(found, value) == 0;
    xmlFree(found);
    return same;
}

/* ---- fixity ---- */

static enum acc_code contradiction(struct mets *m, uint64_t line, const char *what)
{
    return acc_reading_fail(m->r, line,
                            "two digests or sizes for %s contradict each other. Correct the "
                            "METS file.",
                            what);
}

static enum acc_code end_fixity(struct mets *m, uint64_t line)
{
    struct acc_fixity one = {.size = -1};
    enum acc_alg alg = acc_alg_parse(acc_str_cstr(&m->algorithm), m->algorithm.len);
    if (alg == ACC_ALG_COUNT)
        return ACC_OK; /* CRC-32 and the like prove nothing here */
    enum acc_code code =
        acc_reading_digest(m->r, line, alg, acc_str_cstr(&m->digest), m->digest.len, &one.digests);
    if (code == ACC_OK && !acc_fixity_merge(&m->object, &one))
        code = contradiction(m, line, "one PREMIS object");
    return code;
}

static void link_attribute(struct mets *m, xmlNodePtr node, const char *name, size_t record)
{
    char *id = attribute(node, name);
    if (id != NULL)
        acc_join_link(&m->join, ACC_JOIN_ID, id, strlen(id), record);
    xmlFree(id);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static void end_object(struct mets *m, xmlNodePtr object)
{
    if (!m->object_is_file || m->object.digests.present == 0)
        return;
    bool named = m->local_name.len > 0;
    size_t record = acc_join_add(&m->join, &m->object, named);
    xmlNodePtr tech = up(object, 3);
    link_attribute(m, tech, "ID", record);
    link_attribute(m, tech->parent, "ID", record);
    const char *name = base_name(acc_str_cstr(&m->local_name));
    if (named)
        acc_join_link(&m->join, ACC_JOIN_NAME, name, strlen(name), record);
}

static void begin_object(struct mets *m, xmlNodePtr node)
{
    char *type = (char *)xmlGetNsProp(node, (const xmlChar *)"type", (const xmlChar *)XSI);
    const char *local = type != NULL && strchr(type, ':') != NULL ? strchr(type, ':') + 1 : type;
    bool placed = is(up(node, 3), METS, "techMD") && is(up(node, 4), METS, "amdSec");
    m->object_is_file = placed && (local == NULL || strcmp(local, "file") == 0);
    xmlFree(type);
    m->object = (struct acc_fixity){.size = -1};
    acc_str_clear(&m->local_name);
}

static bool in_object(xmlNodePtr node, int levels, const char *parent)
{
    return is_premis(node->parent, parent) && is_premis(up(node, levels), "object");
}

static enum acc_code end_premis(struct mets *m, xmlNodePtr node)
{
    if (is_premis(node, "messageDigestAlgorithm"))
        acc_str_set(&m->algorithm, acc_str_cstr(&m->text));
    else if (is_premis(node, "messageDigest"))
        acc_str_set(&m->digest, acc_str_cstr(&m->text));
    else if (is_premis(node, "objectIdentifierType"))
        acc_str_set(&m->id_type, acc_str_cstr(&m->text));
    else if (is_premis(node, "objectIdentifierValue"))
        acc_str_set(&m->id_value, acc_str_cstr(&m->text));
    else if (is_premis(node, "objectIdentifier") &&
             strcasecmp(acc_str_cstr(&m->id_type), "local") == 0)
        acc_str_set(&m->local_name, acc_str_cstr(&m->id_value));
    else if (is_premis(node, "fixity") && in_object(node, 2, "objectCharacteristics"))
        return end_fixity(m, line_of(node));
    else if (is_premis(node, "object"))
        end_object(m, node);
    else if (is_premis(node, "size") && in_object(node, 2, "objectCharacteristics")) {
        struct acc_fixity one = {.size = -1};
        if (!acc_parse_size(acc_str_cstr(&m->text), m->text.len, &one.size))
            return acc_reading_fail(m->r, line_of(node),
                                    "'%s' is no size in bytes. Correct the METS file.",
                                    acc_reading_show(m->r, acc_str_cstr(&m->text), m->text.len));
        if (!acc_fixity_merge(&m->object, &one))
            return contradiction(m, line_of(node), "one PREMIS object");
    }
    return ACC_OK;
}

/* ---- files ---- */

static bool is_escape(const char *at)
{
    return at[0] == '%' && isxdigit((unsigned char)at[1]) && isxdigit((unsigned char)at[2]) &&
           !(at[1] == '0' && at[2] == '0');
}

/* Undoes percent-encoding when all of it is well-formed; a bare "%" means that nothing was encoded.
 */
static void url_decode(char *text)
{
    char *to = text;
    for (const char *at = strchr(text, '%'); at != NULL; at = strchr(at + 1, '%'))
        if (!is_escape(at))
            return;
    for (const char *at = text; *at; at++) {
        if (*at != '%') {
            *to++ = *at;
            continue;
        }
        acc_hex_decode(at + 1, 1, to++);
        at += 2;
    }
    *to = '\0';
}

/* The path an href means, or NULL when it leads elsewhere ("https://..."). */
static char *local_path(char *href)
{
    char *path = href;
    if (strncasecmp(href, "file:", 5) == 0) {
        path = href + 5;
        path += strncmp(path, "//", 2) == 0 ? 2 : 0;
    } else {
        size_t scheme =
            strspn(href, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");
        if (scheme > 1 && strncmp(href + scheme, "://", 3) == 0)
            return NULL;
    }
    url_decode(path);
    return path;
}

static enum acc_code send(struct mets *m, uint64_t line, const char *path,
                          const struct acc_fixity *fixity)
{
    size_t len = strlen(path);
    char *copy = acc_strdup(path);
    enum acc_code code = acc_reading_entry(m->r, line, ACC_ROLE_PAYLOAD, copy, len, fixity->size,
                                           &fixity->digests, NULL);
    free(copy);
    return code;
}

/* Merges what each of the IDs, separated by spaces, leads to. */
static bool find_refs(struct mets *m, const char *refs, struct acc_fixity *fixity)
{
    while (refs != NULL && *refs) {
        refs += strspn(refs, " \t\r\n");
        size_t len = strcspn(refs, " \t\r\n");
        if (len > 0 && !acc_join_find(&m->join, ACC_JOIN_ID, refs, len, fixity))
            return false;
        refs += len;
    }
    return true;
}

static void wait(struct mets *m, xmlNodePtr file, uint64_t line, const char *path, const char *refs,
                 const struct acc_fixity *fixity)
{
    if (m->waiting_count == m->waiting_cap) {
        m->waiting_cap = m->waiting_cap ? m->waiting_cap * 2 : 64;
        m->waiting = acc_realloc(m->waiting, m->waiting_cap * sizeof *m->waiting);
    }
    char *id = attribute(file, "ID");
    m->waiting[m->waiting_count++] =
        (struct waiting){acc_strdup(id != NULL ? id : ""), acc_strdup(refs != NULL ? refs : ""),
                         acc_strdup(path), line, *fixity};
    xmlFree(id);
}

/* @CHECKSUM and @SIZE of a mets:file. */
static enum acc_code own_fixity(struct mets *m, xmlNodePtr file, uint64_t line,
                                struct acc_fixity *fixity)
{
    enum acc_code code = ACC_OK;
    char *sum = attribute(file, "CHECKSUM"), *type = attribute(file, "CHECKSUMTYPE");
    char *size = attribute(file, "SIZE");
    *fixity = (struct acc_fixity){.size = -1};
    enum acc_alg alg = sum == NULL    ? ACC_ALG_COUNT
                       : type != NULL ? acc_alg_parse(type, strlen(type))
                                      : acc_alg_of_length(strlen(sum));
    if (alg != ACC_ALG_COUNT)
        code = acc_reading_digest(m->r, line, alg, sum, strlen(sum), &fixity->digests);
    if (code == ACC_OK && size != NULL && !acc_parse_size(size, strlen(size), &fixity->size))
        code = acc_reading_fail(m->r, line, "SIZE '%s' is no size in bytes. Correct the METS file.",
                                acc_reading_show(m->r, size, strlen(size)));
    xmlFree(sum);
    xmlFree(type);
    xmlFree(size);
    return code;
}

static enum acc_code take_file(struct mets *m, xmlNodePtr file, uint64_t line, const char *path)
{
    struct acc_fixity fixity;
    enum acc_code code = own_fixity(m, file, line, &fixity);
    char *refs = attribute(file, "ADMID");
    if (code == ACC_OK && !find_refs(m, refs, &fixity))
        code = contradiction(m, line, acc_reading_show(m->r, path, strlen(path)));
    else if (code == ACC_OK && fixity.digests.present != 0)
        code = send(m, line, path, &fixity);
    else if (code == ACC_OK)
        wait(m, file, line, path, refs, &fixity);
    xmlFree(refs);
    return code;
}

static enum acc_code on_flocat(struct mets *m, xmlNodePtr node)
{
    xmlNodePtr file = node->parent;
    if (!is(file, METS, "file") || m->file_done)
        return ACC_OK;
    m->file_done = true;
    char *href = (char *)xmlGetNsProp(node, (const xmlChar *)"href", (const xmlChar *)XLINK);
    char *path = href != NULL ? local_path(href) : NULL;
    enum acc_code code = ACC_OK;
    /* A mets:file inside another lies inside an archive. */
    if (path == NULL || !is(file->parent, METS, "fileGrp"))
        m->r->info->skipped++;
    else
        code = take_file(m, file, line_of(node), path);
    xmlFree(href);
    return code;
}

static void on_fptr(struct mets *m, xmlNodePtr node)
{
    char *file = attribute(node, "FILEID");
    char *refs = is(node->parent, METS, "div") ? attribute(node->parent, "ADMID") : NULL;
    for (const char *at = refs; at != NULL && file != NULL && *at;) {
        at += strspn(at, " \t\r\n");
        size_t len = strcspn(at, " \t\r\n");
        if (len > 0)
            acc_join_beside(&m->join, at, len, file);
        at += len;
    }
    xmlFree(file);
    xmlFree(refs);
}

/* The end of the document: whatever is joined by ID after all, by name, or by a division. */
static enum acc_code settle(struct mets *m, struct waiting *w)
{
    const char *name = base_name(w->path);
    bool agree = find_refs(m, w->refs, &w->fixity);
    if (agree && w->fixity.digests.present == 0)
        agree = acc_join_find(&m->join, ACC_JOIN_NAME, name, strlen(name), &w->fixity);
    if (agree && w->fixity.digests.present == 0)
        agree = acc_join_find(&m->join, ACC_JOIN_FILE, w->id, strlen(w->id), &w->fixity);
    if (!agree)
        return contradiction(m, w->line, acc_reading_show(m->r, w->path, strlen(w->path)));
    if (w->fixity.digests.present != 0)
        return send(m, w->line, w->path, &w->fixity);
    m->r->info->skipped++;
    if (m->without++ == 0)
        m->without_line = w->line;
    return ACC_OK;
}

/* ---- the document ---- */

/* Whether the element and all in it can be passed over: what holds neither fixity nor files. FITS
 * and other tools' output inside PREMIS has digests of its own, which aren't promises. */
static bool uninteresting(struct mets *m, xmlNodePtr node)
{
    if (is(node, METS, "techMD")) {
        char *status = attribute(node, "STATUS");
        bool superseded = status != NULL && strcasestr(status, "superseded") != NULL;
        xmlFree(status);
        return superseded;
    }
    if (is(node, METS, "mdWrap")) {
        char *type = attribute(node, "MDTYPE");
        bool premis =
            type != NULL && (strcmp(type, "PREMIS") == 0 || strcmp(type, "PREMIS:OBJECT") == 0 ||
                             strcmp(type, "OTHER") == 0);
        xmlFree(type);
        return !premis;
    }
    if (is(node, METS, "structMap"))
        return m->waiting_count == 0 || !attribute_is(node, "TYPE", "PHYSICAL");
    return is(node, METS, "dmdSec") || is(node, METS, "digiprovMD") || is(node, METS, "rightsMD") ||
           is(node, METS, "sourceMD") || is(node, METS, "behaviorSec") ||
           is_premis(node, "objectCharacteristicsExtension");
}

static enum acc_code begin_element(struct mets *m, xmlNodePtr node)
{
    acc_str_clear(&m->text);
    if (node->parent != NULL && node->parent->type == XML_DOCUMENT_NODE && !is(node, METS, "mets"))
        return acc_reading_fail(m->r, line_of(node),
                                "the root element is '%.60s', not mets in the "
                                "namespace %s.",
                                (const char *)node->name, METS);
    if (is(node, METS, "file")) {
        m->file_done = false;
    } else if (is(node, METS, "FLocat")) {
        return on_flocat(m, node);
    } else if (is(node, METS, "fptr")) {
        on_fptr(m, node);
    } else if (is_premis(node, "object")) {
        begin_object(m, node);
    } else if (is_premis(node, "fixity")) {
        acc_str_clear(&m->algorithm);
        acc_str_clear(&m->digest);
    } else if (is_premis(node, "objectIdentifier")) {
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

static enum acc_code on_node(struct mets *m, bool *skip)
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
        trim(&m->text);
        enum acc_code code = end_premis(m, node);
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

static enum acc_code walk(struct mets *m)
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
    struct mets *m = arg;
    size_t len;
    return acc_input_take(&m->r->input, buffer, (size_t)size, &len) == ACC_OK ? (int)len : -1;
}

static int on_close(void *arg)
{
    return 0;
}

static void on_error(void *arg, xmlErrorPtr error)
{
    struct mets *m = arg;
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
    return at < len && text[at] == '<' && memmem(text, len, METS, sizeof METS - 1) != NULL;
}

enum acc_code acc_read_mets(struct acc_reading *r)
{
    struct acc_error own = {0};
    struct mets *m = ACC_NEW(struct mets);
    m->r = r;
    r->err = r->err != NULL ? r->err : &own;
    r->input.err = r->err;
    r->err->code = ACC_OK;
    enum acc_code code = ACC_OK;
    m->xml =
        xmlReaderForIO(on_read, on_close, m, NULL, NULL, XML_PARSE_NONET | XML_PARSE_BIG_LINES);
    if (m->xml == NULL)
        code = acc_reading_fail(r, 0, "the XML reader cannot begin.");
    if (code == ACC_OK) {
        xmlTextReaderSetStructuredErrorHandler(m->xml, on_error, m);
        code = walk(m);
    }
    for (size_t i = 0; code == ACC_OK && i < m->waiting_count; i++)
        code = settle(m, &m->waiting[i]);
    if (code == ACC_OK && m->without > 0)
        acc_reading_note(r, m->without_line,
                         "%llu files carry no digest and are left out; this is the "
                         "first",
                         (unsigned long long)m->without);
    xmlFreeTextReader(m->xml);
    acc_join_release(&m->join);
    for (size_t i = 0; i < m->waiting_count; i++) {
        free(m->waiting[i].id);
        free(m->waiting[i].refs);
        free(m->waiting[i].path);
    }
    free(m->waiting);
    struct acc_str *texts[] = {&m->text,     &m->algorithm,  &m->digest, &m->id_type,
                               &m->id_value, &m->local_name, &m->error};
    for (size_t i = 0; i < ACC_COUNT_OF(texts); i++)
        acc_str_release(texts[i]);
    free(m);
    return code;
}
