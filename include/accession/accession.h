/* accession: the ingest program of digital archives, as a library.
 *
 * One header per task, such as ingest.h and probe.h; they share error.h, digest.h and
 * connection.h. No type of libuv, libcurl, SQLite or libxml2 appears in any of them.
 */
#ifndef ACCESSION_ACCESSION_H
#define ACCESSION_ACCESSION_H

/* "0.1.0"; static. */
const char *acc_version(void);
/* Versions of the libraries in use and the acceleration of SHA-256, one indented line each. The
 * text belongs to the calling thread and lives until that thread ends. */
const char *acc_version_details(void);

#endif
