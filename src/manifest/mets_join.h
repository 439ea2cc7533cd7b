/* METS says in one place which digests there are and in another which files; this joins them.
 *
 * A fixity record is known by the IDs of its amdSec and techMD, by the name that its PREMIS object
 * bears (identifier type "local"), and by the file IDs that a structMap division puts beside it.
 * Keys are kept as 64-bit hashes: a collision could only promise a file another's digest, and the
 * gate then refuses the file.
 */
#ifndef ACC_MANIFEST_METS_JOIN_H
#define ACC_MANIFEST_METS_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <accession/digest.h>
#include "base/str.h"

enum acc_join_key { ACC_JOIN_ID, ACC_JOIN_NAME, ACC_JOIN_FILE, ACC_JOIN_KINDS };

/* Zeroed at the start. */
struct acc_join {
    struct acc_join_record {
        int64_t size;
        size_t at; /* packed digests in `packed` */
        uint16_t len;
        bool named; /* has a local name */
    } * records;
    size_t record_count, record_cap;
    /* By kind of key. IDs and names are all there before files are put beside them: each is sorted
     * once. */
    struct acc_join_index {
        struct acc_join_link {
            uint64_t key;
            size_t record;
        } * links;
        size_t count, cap;
        bool sorted;
    } index[ACC_JOIN_KINDS];
    struct acc_str packed;
};

/* What is known of a file so far. */
struct acc_fixity {
    struct acc_digests digests;
    int64_t size; /* or -1 */
};

/* Adds `from` to `to`; false when they contradict each other. */
bool acc_fixity_merge(struct acc_fixity *to, const struct acc_fixity *from);

size_t acc_join_add(struct acc_join *join, const struct acc_fixity *fixity, bool named);
void acc_join_link(struct acc_join *join, enum acc_join_key kind, const char *key, size_t len,
                   size_t record);

/* Merges every record under the key into `fixity`. False at a contradiction. */
bool acc_join_find(struct acc_join *join, enum acc_join_key kind, const char *key, size_t len,
                   struct acc_fixity *fixity);

/* Puts a file beside the nameless records that the ID names (a named one belongs to that name). */
void acc_join_beside(struct acc_join *join, const char *id, size_t id_len, const char *file);

void acc_join_release(struct acc_join *join);

#endif
