/* The media type of a file by its content (--content-type auto), through libmagic.
 *
 * Threads: any; one at a time inside, since libmagic's handle is not shared between threads.
 */
#ifndef ACC_INGEST_MEDIA_TYPE_H
#define ACC_INGEST_MEDIA_TYPE_H

#include <stddef.h>

#include <accession/error.h>

struct acc_media_types;

/* ACC_CONFIG when libmagic has no database. */
enum acc_code acc_media_types_new(struct acc_media_types **types, struct acc_error *err);
void acc_media_types_free(struct acc_media_types *types);

/* How much of the beginning of a file is worth showing. */
#define ACC_MEDIA_TYPE_BYTES 4096

/* "image/tiff"; "application/octet-stream" when nothing better is known. `out` is returned. */
char *acc_media_type_of(struct acc_media_types *types, const void *bytes, size_t len,
                        char out[128]);

#endif
