/* PREMIS objects inside amdSec/techMD/mdWrap/xmlData (versions 1 to 3): digests and sizes into the
 * join, under the IDs of techMD and amdSec and under the object's local name. Objects that are no
 * files (representations, bitstreams) and objects without a known digest leave nothing. */
#include <string.h>

#include "manifest/mets.h"

static const char XSI[] = "http://www.w3.org/2001/XMLSchema-instance";

static enum acc_code end_fixity(struct acc_mets *m, uint64_t line)
{
    struct acc_fixity one = {.size = -1};
    enum acc_alg alg;
    if (m->algorithm.len == 0 && m->digest.len == 0)
        return ACC_OK;
    enum acc_code code =
        acc_reading_algorithm(m->r, line, acc_str_cstr(&m->algorithm), m->algorithm.len, &alg);
    if (code != ACC_OK || alg == ACC_ALG_COUNT)
        return code;
    code =
        acc_reading_digest(m->r, line, alg, acc_str_cstr(&m->digest), m->digest.len, &one.digests);
    if (code == ACC_OK && !acc_fixity_merge(&m->object, &one))
        code = acc_mets_contradiction(m, line, "one PREMIS object");
    return code;
}

static void link_attribute(struct acc_mets *m, xmlNodePtr node, const char *name, size_t record)
{
    char *id = acc_mets_attribute(node, name);
    if (id != NULL)
        acc_join_link(&m->join, ACC_JOIN_ID, id, strlen(id), record);
    xmlFree(id);
}

/* A file that was sent already cannot get one more digest; METS has its sections in an order that
 * never asks for it. */
static enum acc_code end_object(struct acc_mets *m, xmlNodePtr object)
{
    if (!m->object_is_file || m->object.digests.present == 0)
        return ACC_OK;
    if (m->referred)
        return acc_reading_fail(m->r, acc_mets_line(object),
                                "digests in an amdSec that comes after the fileSec cannot be "
                                "compared. Move the amdSec before the fileSec, as METS has it.");
    bool named = m->local_name.len > 0;
    size_t record = acc_join_add(&m->join, &m->object, named);
    xmlNodePtr tech = acc_mets_up(object, 3);
    link_attribute(m, tech, "ID", record);
    link_attribute(m, tech->parent, "ID", record);
    const char *slash = named ? strrchr(m->local_name.data, '/') : NULL;
    const char *name = slash != NULL ? slash + 1 : acc_str_cstr(&m->local_name);
    if (named)
        acc_join_link(&m->join, ACC_JOIN_NAME, name, strlen(name), record);
    return ACC_OK;
}

void acc_premis_begin(struct acc_mets *m, xmlNodePtr node)
{
    char *type = (char *)xmlGetNsProp(node, (const xmlChar *)"type", (const xmlChar *)XSI);
    const char *local = type != NULL && strchr(type, ':') != NULL ? strchr(type, ':') + 1 : type;
    bool placed =
        acc_mets_is(acc_mets_up(node, 3), "techMD") && acc_mets_is(acc_mets_up(node, 4), "amdSec");
    m->object_is_file = placed && (local == NULL || strcmp(local, "file") == 0);
    xmlFree(type);
    m->object = (struct acc_fixity){.size = -1};
    acc_str_clear(&m->local_name);
}

static bool in_object(xmlNodePtr node, int levels, const char *parent)
{
    return acc_premis_is(node->parent, parent) &&
           acc_premis_is(acc_mets_up(node, levels), "object");
}

enum acc_code acc_premis_end(struct acc_mets *m, xmlNodePtr node)
{
    if (acc_premis_is(node, "messageDigestAlgorithm"))
        acc_str_set(&m->algorithm, acc_str_cstr(&m->text));
    else if (acc_premis_is(node, "messageDigest"))
        acc_str_set(&m->digest, acc_str_cstr(&m->text));
    else if (acc_premis_is(node, "objectIdentifierType"))
        acc_str_set(&m->id_type, acc_str_cstr(&m->text));
    else if (acc_premis_is(node, "objectIdentifierValue"))
        acc_str_set(&m->id_value, acc_str_cstr(&m->text));
    else if (acc_premis_is(node, "objectIdentifier") &&
             strcasecmp(acc_str_cstr(&m->id_type), "local") == 0)
        acc_str_set(&m->local_name, acc_str_cstr(&m->id_value));
    else if (acc_premis_is(node, "fixity") && in_object(node, 2, "objectCharacteristics"))
        return end_fixity(m, acc_mets_line(node));
    else if (acc_premis_is(node, "object"))
        return end_object(m, node);
    else if (acc_premis_is(node, "size") && in_object(node, 2, "objectCharacteristics")) {
        struct acc_fixity one = {.size = -1};
        if (!acc_parse_size(acc_str_cstr(&m->text), m->text.len, &one.size))
            return acc_reading_fail(m->r, acc_mets_line(node),
                                    "'%s' is not a size in bytes. Correct the METS file.",
                                    acc_reading_show(m->r, acc_str_cstr(&m->text), m->text.len));
        if (!acc_fixity_merge(&m->object, &one))
            return acc_mets_contradiction(m, acc_mets_line(node), "one PREMIS object");
    }
    return ACC_OK;
}
