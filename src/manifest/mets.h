/* One METS document being read: what mets.c, mets_premis.c and mets_files.c share. */
#ifndef ACC_MANIFEST_METS_H
#define ACC_MANIFEST_METS_H

#include <libxml/xmlreader.h>

#include "manifest/mets_join.h"
#include "manifest/reading.h"

#define ACC_NS_METS "http://www.loc.gov/METS/"

/* A file that waits for the end of the document. */
struct acc_mets_waiting {
    char *id, *refs, *path; /* refs: @ADMID */
    uint64_t line;
    struct acc_fixity fixity;
};

struct acc_mets {
    struct acc_reading *r;
    xmlTextReaderPtr xml;
    struct acc_join join;
    struct acc_mets_waiting *waiting;
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

/* ---- nodes (mets_nodes.c) ---- */

uint64_t acc_mets_line(xmlNodePtr node);
bool acc_mets_is(xmlNodePtr node, const char *name);   /* an element of METS */
bool acc_premis_is(xmlNodePtr node, const char *name); /* an element of PREMIS 1, 2 or 3 */
xmlNodePtr acc_mets_up(xmlNodePtr node, int levels);
/* The attribute's value or NULL; xmlFree() it. */
char *acc_mets_attribute(xmlNodePtr node, const char *name);
enum acc_code acc_mets_contradiction(struct acc_mets *m, uint64_t line, const char *what);

/* ---- PREMIS objects into the join (mets_premis.c) ---- */

void acc_premis_begin(struct acc_mets *m, xmlNodePtr node);
/* m->text holds the element's text. */
enum acc_code acc_premis_end(struct acc_mets *m, xmlNodePtr node);

/* ---- files out of it (mets_files.c) ---- */

enum acc_code acc_mets_flocat(struct acc_mets *m, xmlNodePtr node);
void acc_mets_fptr(struct acc_mets *m, xmlNodePtr node);
/* The end of the document: sends the files that waited for it. */
enum acc_code acc_mets_settle(struct acc_mets *m);
void acc_mets_release_files(struct acc_mets *m);

#endif
