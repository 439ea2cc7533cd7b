/* Questions about one node of a METS document: its line, its name, its attributes. What is asked
 * for and missing is NULL or false; there is nothing to close but the values that libxml2 hands
 * out. */
#include <string.h>

#include "base/mem.h"
#include "manifest/mets.h"

static const char *const PREMIS[] = {"http://www.loc.gov/premis/v3", "info:lc/xmlns/premis-v2",
                                     "http://www.loc.gov/standards/premis/v1"};

uint64_t acc_mets_line(xmlNodePtr node)
{
    return (uint64_t)xmlGetLineNo(node);
}

static bool is(xmlNodePtr node, const char *ns, const char *name)
{
    return node != NULL && node->type == XML_ELEMENT_NODE && node->ns != NULL &&
           strcmp((const char *)node->name, name) == 0 &&
           strcmp((const char *)node->ns->href, ns) == 0;
}

bool acc_mets_is(xmlNodePtr node, const char *name)
{
    return is(node, ACC_NS_METS, name);
}

bool acc_premis_is(xmlNodePtr node, const char *name)
{
    for (size_t i = 0; i < ACC_COUNT_OF(PREMIS); i++)
        if (is(node, PREMIS[i], name))
            return true;
    return false;
}

bool acc_mets_is_file(xmlNodePtr node)
{
    return acc_mets_is(node, "file") && !acc_mets_is(node->parent, "file") &&
           !acc_mets_is(node->parent, "transformFile");
}

xmlNodePtr acc_mets_up(xmlNodePtr node, int levels)
{
    while (node != NULL && levels-- > 0)
        node = node->parent;
    return node;
}

char *acc_mets_attribute(xmlNodePtr node, const char *name)
{
    return (char *)xmlGetNoNsProp(node, (const xmlChar *)name);
}

enum acc_code acc_mets_contradiction(struct acc_mets *m, uint64_t line, const char *what)
{
    return acc_reading_fail(m->r, line,
                            "two digests or sizes for %s contradict each other. Correct the "
                            "METS file.",
                            what);
}
