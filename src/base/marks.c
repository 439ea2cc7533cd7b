/* A table of chunks, made when the first id of theirs is marked. Nothing fails. */
#include "base/marks.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define CHUNK_IDS 65536

void acc_marks_add(struct acc_marks *marks, int64_t id, unsigned bits)
{
    size_t chunk = (size_t)id / CHUNK_IDS, at = (size_t)id % CHUNK_IDS;
    if (chunk >= marks->chunk_count) {
        marks->chunks = acc_realloc(marks->chunks, (chunk + 1) * sizeof *marks->chunks);
        memset(marks->chunks + marks->chunk_count, 0,
               (chunk + 1 - marks->chunk_count) * sizeof *marks->chunks);
        marks->chunk_count = chunk + 1;
    }
    if (marks->chunks[chunk] == NULL)
        marks->chunks[chunk] = acc_calloc(CHUNK_IDS / 2, 1);
    marks->chunks[chunk][at / 2] |= (uint8_t)(bits << (at % 2 * 4));
}

unsigned acc_marks_of(const struct acc_marks *marks, int64_t id)
{
    size_t chunk = (size_t)id / CHUNK_IDS, at = (size_t)id % CHUNK_IDS;
    if (chunk >= marks->chunk_count || marks->chunks[chunk] == NULL)
        return 0;
    return marks->chunks[chunk][at / 2] >> (at % 2 * 4) & 15u;
}

void acc_marks_release(struct acc_marks *marks)
{
    for (size_t i = 0; i < marks->chunk_count; i++)
        free(marks->chunks[i]);
    free(marks->chunks);
    *marks = (struct acc_marks){0};
}
