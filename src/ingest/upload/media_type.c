/* libmagic behind a lock. Its answers that are no media type become application/octet-stream. */
#include "ingest/upload/media_type.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <magic.h>

#include "base/mem.h"

struct acc_media_types {
    magic_t magic;
    pthread_mutex_t lock;
};

enum acc_code acc_media_types_new(struct acc_media_types **out, struct acc_error *err)
{
    magic_t magic = magic_open(MAGIC_MIME_TYPE | MAGIC_ERROR);
    if (magic == NULL || magic_load(magic, NULL) != 0) {
        enum acc_code code =
            acc_error_set(err, ACC_CONFIG, "--content-type auto: libmagic cannot be used: %s",
                          magic ? magic_error(magic) : "no memory");
        if (magic != NULL)
            magic_close(magic);
        return code;
    }
    struct acc_media_types *types = ACC_NEW(struct acc_media_types);
    types->magic = magic;
    pthread_mutex_init(&types->lock, NULL);
    *out = types;
    return ACC_OK;
}

void acc_media_types_free(struct acc_media_types *types)
{
    if (types == NULL)
        return;
    magic_close(types->magic);
    pthread_mutex_destroy(&types->lock);
    free(types);
}

char *acc_media_type_of(struct acc_media_types *types, const void *bytes, size_t len, char out[128])
{
    pthread_mutex_lock(&types->lock);
    const char *type = magic_buffer(types->magic, bytes, len);
    bool usable = type != NULL && strchr(type, '/') != NULL && strlen(type) < 128;
    snprintf(out, 128, "%s", usable ? type : "application/octet-stream");
    pthread_mutex_unlock(&types->lock);
    return out;
}
