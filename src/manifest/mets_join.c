/* Records in one array, keys of each kind in another that is sorted when the first question comes
 * after a change. METS asks after all records are in, so that happens once or twice. */
#include "manifest/mets_join.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* FNV-1a, 64 bits. */
static uint64_t hash_key(const char *key, size_t len)
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ (uint8_t)key[i]) * 0x100000001B3u;
    return hash;
}

bool acc_fixity_merge(struct acc_fixity *to, const struct acc_fixity *from)
{
    unsigned shared;
    if (acc_digests_differ(&to->digests, &from->digests, &shared) != ACC_ALG_COUNT)
        return false;
    if (to->size >= 0 && from->size >= 0 && to->size != from->size)
        return false;
    acc_digests_merge(&to->digests, &from->digests);
    to->size = to->size >= 0 ? to->size : from->size;
    return true;
}

size_t acc_join_add(struct acc_join *join, const struct acc_fixity *fixity, bool named)
{
    if (join->record_count == join->record_cap) {
        join->record_cap = join->record_cap ? join->record_cap * 2 : 64;
        join->records = acc_realloc(join->records, join->record_cap * sizeof *join->records);
    }
    uint8_t packed[ACC_DIGESTS_PACKED_MAX];
    size_t len = acc_digests_pack(&fixity->digests, packed);
    join->records[join->record_count] =
        (struct acc_join_record){fixity->size, join->packed.len, (uint16_t)len, named};
    acc_str_add_n(&join->packed, packed, len);
    return join->record_count++;
}

void acc_join_link(struct acc_join *join, enum acc_join_key kind, const char *key, size_t len,
                   size_t record)
{
    struct acc_join_index *index = &join->index[kind];
    if (index->count == index->cap) {
        index->cap = index->cap ? index->cap * 2 : 64;
        index->links = acc_realloc(index->links, index->cap * sizeof *index->links);
    }
    index->links[index->count++] = (struct acc_join_link){hash_key(key, len), record};
    index->sorted = false;
}

static int by_key(const void *a, const void *b)
{
    uint64_t x = ((const struct acc_join_link *)a)->key, y = ((const struct acc_join_link *)b)->key;
    return x < y ? -1 : x > y;
}

/* The first link under the key, or `count`. */
static size_t first_link(struct acc_join_index *index, uint64_t key)
{
    if (!index->sorted && index->count > 0)
        qsort(index->links, index->count, sizeof *index->links, by_key);
    index->sorted = true;
    size_t low = 0, high = index->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (index->links[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool acc_join_find(struct acc_join *join, enum acc_join_key kind, const char *key, size_t len,
                   struct acc_fixity *fixity)
{
    struct acc_join_index *index = &join->index[kind];
    uint64_t hash = hash_key(key, len);
    for (size_t i = first_link(index, hash); i < index->count && index->links[i].key == hash; i++) {
        const struct acc_join_record *record = &join->records[index->links[i].record];
        struct acc_fixity found = {.size = record->size};
        acc_digests_unpack(&found.digests, (const uint8_t *)join->packed.data + record->at,
                           record->len);
        if (!acc_fixity_merge(fixity, &found))
            return false;
    }
    return true;
}

void acc_join_beside(struct acc_join *join, const char *id, size_t id_len, const char *file)
{
    struct acc_join_index *ids = &join->index[ACC_JOIN_ID];
    uint64_t hash = hash_key(id, id_len);
    for (size_t i = first_link(ids, hash); i < ids->count && ids->links[i].key == hash; i++)
        if (!join->records[ids->links[i].record].named)
            acc_join_link(join, ACC_JOIN_FILE, file, strlen(file), ids->links[i].record);
}

void acc_join_release(struct acc_join *join)
{
    free(join->records);
    for (int kind = 0; kind < ACC_JOIN_KINDS; kind++)
        free(join->index[kind].links);
    acc_str_release(&join->packed);
    *join = (struct acc_join){0};
}
