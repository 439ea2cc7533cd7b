/* A sorted array of hashes, found by bisection. The file that keeps it begins with MAGIC, then the
 * marks as they are in memory: it never leaves the machine. A truncated file is rejected. */
#include "watch/arrival/judged.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "watch/arrival/look.h"

static const char magic[16] = "acc-judged-1\n";

void acc_judged_add(struct acc_judged *set, const char *path, const struct stat *st)
{
    if (set->count == set->cap) {
        set->cap = set->cap > 0 ? 2 * set->cap : 64;
        set->marks = acc_realloc(set->marks, set->cap * sizeof *set->marks);
    }
    set->marks[set->count++] = acc_sight_mark(path, st);
}

static int by_value(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

void acc_judged_close(struct acc_judged *set)
{
    if (set->count > 0)
        qsort(set->marks, set->count, sizeof *set->marks, by_value);
}

bool acc_judged_has(const struct acc_judged *set, const char *path, const struct stat *st)
{
    uint64_t mark = acc_sight_mark(path, st);
    return set->count > 0 && bsearch(&mark, set->marks, set->count, sizeof mark, by_value) != NULL;
}

void acc_judged_release(struct acc_judged *set)
{
    free(set->marks);
    *set = (struct acc_judged){0};
}

enum acc_code acc_judged_save(const struct acc_judged *set, const char *path, struct acc_error *err)
{
    struct acc_file_new file;
    uint64_t count = set->count;
    enum acc_code code = acc_file_begin(&file, path, err);
    if (code != ACC_OK)
        return code;
    fwrite(magic, sizeof magic, 1, file.stream); /* commit sees the stream's error flag */
    fwrite(&count, sizeof count, 1, file.stream);
    fwrite(set->marks, sizeof *set->marks, set->count, file.stream);
    return acc_file_commit(&file, err);
}

bool acc_judged_load(struct acc_judged *set, const char *path)
{
    struct acc_str text = {0};
    struct acc_error err;
    uint64_t count = 0;
    const size_t head = sizeof magic + sizeof count;
    bool read = acc_file_read(path, SIZE_MAX / 2, &text, &err) == ACC_OK && text.len >= head &&
                memcmp(text.data, magic, sizeof magic) == 0;
    if (read)
        memcpy(&count, text.data + sizeof magic, sizeof count);
    read = read && (text.len - head) / sizeof *set->marks == count;
    if (read && count > 0) {
        set->marks = acc_realloc(NULL, (size_t)count * sizeof *set->marks);
        memcpy(set->marks, text.data + head, (size_t)count * sizeof *set->marks);
        set->count = set->cap = (size_t)count;
    }
    acc_str_release(&text);
    return read;
}
