/* See mem.h for why these never return NULL. */
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void acc_out_of_memory(void)
{
    static const char line[] = "accession: out of memory. Nothing archived is lost; run the "
                               "same command again, with a "
                               "smaller --memory if this happens twice.\n";
    ssize_t ignored = write(STDERR_FILENO, line, sizeof line - 1);
    (void)ignored;
    _exit(70);
}

static void *checked(void *memory)
{
    if (memory == NULL)
        acc_out_of_memory();
    return memory;
}

void *acc_alloc(size_t size)
{
    return checked(malloc(size ? size : 1));
}

void *acc_calloc(size_t count, size_t size)
{
    return checked(calloc(count ? count : 1, size ? size : 1));
}

void *acc_realloc(void *old, size_t size)
{
    return checked(realloc(old, size ? size : 1));
}

char *acc_strdup(const char *text)
{
    return checked(strdup(text));
}

char *acc_strndup(const char *text, size_t len)
{
    char *copy = acc_alloc(len + 1);
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

void *acc_memdup(const void *data, size_t len)
{
    void *copy = acc_alloc(len);
    memcpy(copy, data, len);
    return copy;
}
