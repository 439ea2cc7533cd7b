/* The files that a METS document names. A mets:file is sent as soon as its digest is known, from
 * @CHECKSUM or through @ADMID; the others wait for the end of the document, where a name or a
 * structMap division may join them. Never guessed: two digests that fit one file and differ are an
 * error. A file that has none in the end is sent without one. mdRef elements are sent as they come.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "manifest/mets.h"

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

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

/* Identifiers that a resolver turns into an address: nothing that lies beside the document. */
static bool is_identifier(xmlNodePtr node)
{
    static const char *const kinds[] = {"ARK", "URN", "PURL", "HANDLE", "DOI"};
    char *type = acc_mets_attribute(node, "LOCTYPE");
    bool found = false;
    for (size_t i = 0; type != NULL && i < ACC_COUNT_OF(kinds); i++)
        found = found || strcasecmp(type, kinds[i]) == 0;
    xmlFree(type);
    return found;
}

/* The attribute "href", in whatever namespace: drafts of XLink had others, and some tools write
 * none.
 */
static char *href_of(xmlNodePtr node)
{
    xmlAttrPtr at = node->properties;
    while (at != NULL && strcmp((const char *)at->name, "href") != 0)
        at = at->next;
    return at != NULL ? (char *)xmlNodeListGetString(node->doc, at->children, 1) : NULL;
}

/* The path that the node's href means, to be freed, or NULL when it leads elsewhere ("https://...")
 * or into the document itself ("#..."). `*elsewhere` separates the two from a missing href. */
static char *local_path(xmlNodePtr node, bool *elsewhere)
{
    char *href = href_of(node);
    const char *path = href;
    *elsewhere = false;
    if (href != NULL && strncasecmp(href, "file:", 5) == 0) {
        path = href + 5;
        path += strncmp(path, "//", 2) == 0 ? 2 : 0;
    } else if (href != NULL) {
        size_t scheme =
            strspn(href, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");
        *elsewhere = (scheme > 1 && strncmp(href + scheme, "://", 3) == 0) || href[0] == '#' ||
                     is_identifier(node);
    }
    char *copy = path != NULL && !*elsewhere ? acc_strdup(path) : NULL;
    if (copy != NULL)
        url_decode(copy);
    xmlFree(href);
    return copy;
}

void acc_mets_pass(struct acc_mets *m, enum acc_mets_passed kind, xmlNodePtr node)
{
    m->r->info->skipped++;
    if (m->passed[kind].count++ == 0)
        m->passed[kind].line = acc_mets_line(node);
}

static enum acc_code send(struct acc_mets *m, uint64_t line, const char *path,
                          const struct acc_fixity *fixity, enum acc_taken *taken)
{
    size_t len = strlen(path);
    char *copy = acc_strdup(path);
    enum acc_code code = acc_reading_entry(m->r, line, ACC_ROLE_PAYLOAD, copy, len, fixity->size,
                                           &fixity->digests, taken);
    free(copy);
    return code;
}

/* Merges what each of the IDs, separated by spaces, leads to. */
static bool find_refs(struct acc_mets *m, const char *refs, struct acc_fixity *fixity)
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

static void wait(struct acc_mets *m, xmlNodePtr file, uint64_t line, const char *path,
                 const char *refs, const struct acc_fixity *fixity)
{
    if (m->waiting_count == m->waiting_cap) {
        m->waiting_cap = m->waiting_cap ? m->waiting_cap * 2 : 64;
        m->waiting = acc_realloc(m->waiting, m->waiting_cap * sizeof *m->waiting);
    }
    char *id = acc_mets_attribute(file, "ID");
    m->waiting[m->waiting_count++] = (struct acc_mets_waiting){acc_strdup(id != NULL ? id : ""),
                                                               acc_strdup(refs != NULL ? refs : ""),
                                                               acc_strdup(path), line, *fixity};
    xmlFree(id);
}

/* @CHECKSUM with its @CHECKSUMTYPE; without a type its length decides. */
static enum acc_code own_digest(struct acc_mets *m, xmlNodePtr node, uint64_t line,
                                struct acc_digests *digests)
{
    enum acc_code code = ACC_OK;
    char *sum = acc_mets_attribute(node, "CHECKSUM"),
         *type = acc_mets_attribute(node, "CHECKSUMTYPE");
    enum acc_alg alg = ACC_ALG_COUNT;
    size_t len = sum != NULL ? strlen(sum) : 0;
    if (len > 0 && type != NULL)
        code = acc_reading_algorithm(m->r, line, type, strlen(type), &alg);
    else if (len > 0 && (alg = acc_reading_guess(m->r, len)) == ACC_ALG_COUNT)
        code = acc_reading_fail(m->r, line,
                                "CHECKSUM '%s' has no CHECKSUMTYPE, and no supported algorithm has "
                                "digests of %zu characters. Correct the METS file.",
                                acc_reading_show(m->r, sum, len), len);
    if (code == ACC_OK && alg != ACC_ALG_COUNT)
        code = acc_reading_digest(m->r, line, alg, sum, len, digests);
    xmlFree(sum);
    xmlFree(type);
    return code;
}

/* What the attributes of a mets:file or an mdRef promise. */
static enum acc_code own_fixity(struct acc_mets *m, xmlNodePtr node, uint64_t line,
                                struct acc_fixity *fixity)
{
    *fixity = (struct acc_fixity){.size = -1};
    enum acc_code code = own_digest(m, node, line, &fixity->digests);
    char *size = acc_mets_attribute(node, "SIZE");
    if (code == ACC_OK && size != NULL && !acc_parse_size(size, strlen(size), &fixity->size))
        code =
            acc_reading_fail(m->r, line, "SIZE '%s' is not a size in bytes. Correct the METS file.",
                             acc_reading_show(m->r, size, strlen(size)));
    xmlFree(size);
    return code;
}

static enum acc_code take_file(struct acc_mets *m, xmlNodePtr file, uint64_t line, const char *path)
{
    struct acc_fixity fixity;
    enum acc_code code = own_fixity(m, file, line, &fixity);
    char *refs = acc_mets_attribute(file, "ADMID");
    if (code == ACC_OK && !find_refs(m, refs, &fixity)) {
        code = acc_mets_contradiction(m, line, acc_reading_show(m->r, path, strlen(path)));
    } else if (code == ACC_OK && fixity.digests.present != 0) {
        m->referred |= refs != NULL;
        code = send(m, line, path, &fixity, NULL);
    } else if (code == ACC_OK) {
        wait(m, file, line, path, refs, &fixity);
    }
    xmlFree(refs);
    return code;
}

void acc_mets_file_begin(struct acc_mets *m)
{
    free(m->file_path);
    m->file_path = NULL;
    m->file_elsewhere = false;
}

/* Several locations are one file's: the first that is relative counts, else the first local one. */
void acc_mets_flocat(struct acc_mets *m, xmlNodePtr node)
{
    bool elsewhere;
    if (!acc_mets_is_file(node->parent))
        return;
    char *path = local_path(node, &elsewhere);
    m->file_elsewhere = m->file_elsewhere || elsewhere;
    bool better =
        path != NULL && (m->file_path == NULL || (m->file_path[0] == '/' && path[0] != '/'));
    if (!better) {
        free(path);
        return;
    }
    free(m->file_path);
    m->file_path = path;
}

enum acc_code acc_mets_file_end(struct acc_mets *m, xmlNodePtr node)
{
    enum acc_code code = ACC_OK;
    if (m->file_path != NULL)
        code = take_file(m, node, acc_mets_line(node), m->file_path);
    else
        acc_mets_pass(m, m->file_elsewhere ? ACC_METS_REMOTE : ACC_METS_PLACELESS, node);
    acc_mets_file_begin(m);
    return code;
}

/* Metadata is often listed in the fileSec too; agreeing with that is not a repetition. */
enum acc_code acc_mets_mdref(struct acc_mets *m, xmlNodePtr node)
{
    struct acc_fixity fixity;
    uint64_t line = acc_mets_line(node);
    bool elsewhere;
    enum acc_taken taken;
    char *path = local_path(node, &elsewhere);
    enum acc_code code = ACC_OK;
    if (path == NULL)
        acc_mets_pass(m, elsewhere ? ACC_METS_REMOTE : ACC_METS_PLACELESS, node);
    else if ((code = own_fixity(m, node, line, &fixity)) == ACC_OK)
        code = send(m, line, path, &fixity, &taken);
    free(path);
    return code;
}

void acc_mets_fptr(struct acc_mets *m, xmlNodePtr node)
{
    char *file = acc_mets_attribute(node, "FILEID");
    char *refs =
        acc_mets_is(node->parent, "div") ? acc_mets_attribute(node->parent, "ADMID") : NULL;
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

/* By ID after all, by name, or by a division. */
static enum acc_code settle_one(struct acc_mets *m, struct acc_mets_waiting *w)
{
    const char *name = base_name(w->path);
    bool agree = find_refs(m, w->refs, &w->fixity);
    if (agree && w->fixity.digests.present == 0)
        agree = acc_join_find(&m->join, ACC_JOIN_NAME, name, strlen(name), &w->fixity);
    if (agree && w->fixity.digests.present == 0)
        agree = acc_join_find(&m->join, ACC_JOIN_FILE, w->id, strlen(w->id), &w->fixity);
    if (!agree)
        return acc_mets_contradiction(m, w->line, acc_reading_show(m->r, w->path, strlen(w->path)));
    return send(m, w->line, w->path, &w->fixity, NULL);
}

enum acc_code acc_mets_settle(struct acc_mets *m)
{
    static const char *const reasons[ACC_METS_PASSED_KINDS] = {
        [ACC_METS_REMOTE] = "elements name only an address elsewhere, so they are not part of "
                            "this delivery; this is the first",
        [ACC_METS_INSIDE] = "files lie inside other files, which are archived whole; this is "
                            "the first",
        [ACC_METS_PLACELESS] = "elements name no location, so there is nothing to archive for "
                               "them; this is the first",
    };
    enum acc_code code = ACC_OK;
    for (size_t i = 0; code == ACC_OK && i < m->waiting_count; i++)
        code = settle_one(m, &m->waiting[i]);
    for (int kind = 0; code == ACC_OK && kind < ACC_METS_PASSED_KINDS; kind++)
        if (m->passed[kind].count > 0)
            acc_reading_note(m->r, m->passed[kind].line, "%llu %s",
                             (unsigned long long)m->passed[kind].count, reasons[kind]);
    return code;
}

void acc_mets_release_files(struct acc_mets *m)
{
    for (size_t i = 0; i < m->waiting_count; i++) {
        free(m->waiting[i].id);
        free(m->waiting[i].refs);
        free(m->waiting[i].path);
    }
    free(m->waiting);
    free(m->file_path);
}
