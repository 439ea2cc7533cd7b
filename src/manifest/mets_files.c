/* mets:file elements: each is sent as soon as its digest is known, from @CHECKSUM or through
 * @ADMID; the others wait for the end of the document, where a name or a structMap division may
 * join them. Never guessed: two digests that fit one file and differ are an error. Files without
 * any are counted. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "manifest/mets.h"

static const char XLINK[] = "http://www.w3.org/1999/xlink";

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

static enum acc_code send(struct acc_mets *m, uint64_t line, const char *path,
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

/* @CHECKSUM and @SIZE of a mets:file. */
static enum acc_code own_fixity(struct acc_mets *m, xmlNodePtr file, uint64_t line,
                                struct acc_fixity *fixity)
{
    enum acc_code code = ACC_OK;
    char *sum = acc_mets_attribute(file, "CHECKSUM"),
         *type = acc_mets_attribute(file, "CHECKSUMTYPE");
    char *size = acc_mets_attribute(file, "SIZE");
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

static enum acc_code take_file(struct acc_mets *m, xmlNodePtr file, uint64_t line, const char *path)
{
    struct acc_fixity fixity;
    enum acc_code code = own_fixity(m, file, line, &fixity);
    char *refs = acc_mets_attribute(file, "ADMID");
    if (code == ACC_OK && !find_refs(m, refs, &fixity))
        code = acc_mets_contradiction(m, line, acc_reading_show(m->r, path, strlen(path)));
    else if (code == ACC_OK && fixity.digests.present != 0)
        code = send(m, line, path, &fixity);
    else if (code == ACC_OK)
        wait(m, file, line, path, refs, &fixity);
    xmlFree(refs);
    return code;
}

enum acc_code acc_mets_flocat(struct acc_mets *m, xmlNodePtr node)
{
    xmlNodePtr file = node->parent;
    if (!acc_mets_is(file, "file") || m->file_done)
        return ACC_OK;
    m->file_done = true;
    char *href = (char *)xmlGetNsProp(node, (const xmlChar *)"href", (const xmlChar *)XLINK);
    char *path = href != NULL ? local_path(href) : NULL;
    enum acc_code code = ACC_OK;
    /* A mets:file inside another lies inside an archive. */
    if (path == NULL || !acc_mets_is(file->parent, "fileGrp"))
        m->r->info->skipped++;
    else
        code = take_file(m, file, acc_mets_line(node), path);
    xmlFree(href);
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
    if (w->fixity.digests.present != 0)
        return send(m, w->line, w->path, &w->fixity);
    m->r->info->skipped++;
    if (m->without++ == 0)
        m->without_line = w->line;
    return ACC_OK;
}

enum acc_code acc_mets_settle(struct acc_mets *m)
{
    enum acc_code code = ACC_OK;
    for (size_t i = 0; code == ACC_OK && i < m->waiting_count; i++)
        code = settle_one(m, &m->waiting[i]);
    if (code == ACC_OK && m->without > 0)
        acc_reading_note(m->r, m->without_line,
                         "%llu files carry no digest and are left out; this is the first",
                         (unsigned long long)m->without);
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
}
