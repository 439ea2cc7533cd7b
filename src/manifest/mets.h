/* One METS document being read: what mets.c, mets_premis.c and mets_files.c share. */
#ifndef ACC_MANIFEST_METS_H
#define ACC_MANIFEST_METS_H

#include <libxml/xmlreader.h>

#include "manifest/mets_join.h"
#include "manifest/reading.h"

#define ACC_NS_METS "http://www.loc.gov/METS/"

/* Kinds of elements that add no entry. They are counted and noted. */
enum acc_mets_passed {
    ACC_METS_REMOTE,    /* every location is elsewhere: "https://..." */
    ACC_METS_INSIDE,    /* a mets:file inside another, which lies inside an archive */
    ACC_METS_PLACELESS, /* no location at all */
    ACC_METS_PASSED_KINDS
};

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
    struct {
        uint64_t count, line; /* the first one's line */
    } passed[ACC_METS_PASSED_KINDS];
    /* the mets:file being read */
    char *file_path; /* the location that counts so far, or NULL */
    bool file_elsewhere;
    bool referred; /* a file that refers to other sections was sent */
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
bool acc_mets_is_file(xmlNodePtr node); /* a mets:file that is not inside another */
/* The attribute's value or NULL; xmlFree() it. */
char *acc_mets_attribute(xmlNodePtr node, const char *name);
enum acc_code acc_mets_contradiction(struct acc_mets *m, uint64_t line, const char *what);

/* ---- PREMIS objects into the join (mets_premis.c) ---- */

void acc_premis_begin(struct acc_mets *m, xmlNodePtr node);
/* m->text holds the element's text. */
enum acc_code acc_premis_end(struct acc_mets *m, xmlNodePtr node);

/* ---- files out of it (mets_files.c) ---- */

/* Counts an element that adds no entry. */
void acc_mets_pass(struct acc_mets *m, enum acc_mets_passed kind, xmlNodePtr node);
void acc_mets_file_begin(struct acc_mets *m);
void acc_mets_flocat(struct acc_mets *m, xmlNodePtr node);
enum acc_code acc_mets_file_end(struct acc_mets *m, xmlNodePtr node);
/* A metadata file that lies beside the document. */
enum acc_code acc_mets_mdref(struct acc_mets *m, xmlNodePtr node);
void acc_mets_fptr(struct acc_mets *m, xmlNodePtr node);
/* The end of the document: sends the files that waited for it. */
enum acc_code acc_mets_settle(struct acc_mets *m);
void acc_mets_release_files(struct acc_mets *m);

#endif
