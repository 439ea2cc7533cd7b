/* Names that are valid here and trouble elsewhere: on Windows, macOS or Azure, in another normal
 * form, or beside a name that differs in case alone. Noted for bags; refused with portable_names.
 *
 * Memory: 8 bytes for each name, for the look at twins.
 */
#ifndef ACC_PLAN_NAMES_H
#define ACC_PLAN_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum acc_name_trouble {
    ACC_NAME_SYSTEM,  /* .DS_Store, Thumbs.db: files that an operating system leaves behind */
    ACC_NAME_FORM,    /* not in Unicode's form NFC */
    ACC_NAME_FOREIGN, /* Windows or Azure cannot hold it */
    ACC_NAME_TWIN,    /* another name differs from it in case alone */
    ACC_NAME_TROUBLES
};

/* Zeroed but for `wanted`. */
struct acc_names {
    bool wanted; /* false: nothing is looked at */
    struct {
        uint64_t count;
        struct acc_str first; /* showable */
        const char *reason;   /* of the first; static, or NULL */
    } found[ACC_NAME_TROUBLES];
    struct acc_names_print {
        uint64_t folded;
    } * prints;
    size_t count, cap;
};

/* What Windows or Azure would refuse in the path, as half a sentence, or NULL. Static. */
const char *acc_name_foreign(const char *path);

void acc_names_add(struct acc_names *names, const char *path);
/* After the last: finds the twins. Their names are not kept; acc_names_is_twin() knows them. */
void acc_names_settle(struct acc_names *names);
bool acc_names_is_twin(const struct acc_names *names, const char *path);
void acc_names_release(struct acc_names *names);

#endif
