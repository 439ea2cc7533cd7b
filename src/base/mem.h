/* Allocation that never returns NULL.
 *
 * Running out of memory ends the process with one line on standard error and status 70. That is a
 * decision, not a shortcut: accession may be killed anywhere and resumes anywhere, so ending is
 * safe, while hundreds of untested out-of-memory branches would not be. Large memory (part buffers)
 * does not come from here but from the fixed pool in loop/tickets.h.
 */
#ifndef ACC_BASE_MEM_H
#define ACC_BASE_MEM_H

#include <stddef.h>

/* For a library that reports it: ends the process as the functions below do. */
_Noreturn void acc_out_of_memory(void);

void *acc_alloc(size_t size);                /* uninitialised */
void *acc_calloc(size_t count, size_t size); /* zeroed; checks the multiplication */
void *acc_realloc(void *old, size_t size);
char *acc_strdup(const char *text);
char *acc_strndup(const char *text, size_t len); /* copies len bytes and adds a NUL */
void *acc_memdup(const void *data, size_t len);

#define ACC_NEW(type) ((type *)acc_calloc(1, sizeof(type)))

#define ACC_CONTAINER_OF(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

#define ACC_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
