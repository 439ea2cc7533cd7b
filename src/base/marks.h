/* Four bits for each of many numbered things: a million entries take half a
 * megabyte. Ids are those of a table, so they are dense in places; a stretch without marks takes no
 * memory. A zeroed struct is an empty set.
 */
#ifndef ACC_BASE_MARKS_H
#define ACC_BASE_MARKS_H

#include <stddef.h>
#include <stdint.h>

struct acc_marks {
    uint8_t **chunks;
    size_t chunk_count;
};

/* Sets the bits of `bits` (below 16) beside those that are set; `id` is not negative. */
void acc_marks_add(struct acc_marks *marks, int64_t id, unsigned bits);
/* 0 for an id that was never marked. */
unsigned acc_marks_of(const struct acc_marks *marks, int64_t id);
void acc_marks_release(struct acc_marks *marks);

#endif
