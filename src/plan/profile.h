/* BagIt Profiles 1.x (https://bagit-profiles.github.io/bagit-profiles-specification/): what an
 * institution asks of a bag beyond RFC 8493, as a JSON file.
 *
 * Checked: BagIt-Profile-Info, Bag-Info (required, values, repeatable, recommended),
 * Manifests-Required, Manifests-Allowed, Tag-Manifests-Required, Tag-Manifests-Allowed,
 * Tag-Files-Required, Tag-Files-Allowed, Allow-Fetch.txt, Fetch.txt-Required, Data-Empty,
 * Serialization, Accept-Serialization, Accept-BagIt-Version.
 */
#ifndef ACC_PLAN_PROFILE_H
#define ACC_PLAN_PROFILE_H

#include <accession/error.h>
#include "base/str.h"
#include "manifest/manifest.h"

struct acc_profile;

/* ACC_CONFIG when the file cannot be read or is not a profile. */
enum acc_code acc_profile_open(const char *file, struct acc_profile **profile,
                               struct acc_error *err);
void acc_profile_free(struct acc_profile *profile); /* NULL is nothing */

/* An element of bag-info.txt. */
void acc_profile_tag(struct acc_profile *profile, const char *label, const char *value);

/* After the bag was read: everything that it lacks, one sentence each, in `faults`, which stays
 * empty when the bag meets the profile; what is merely recommended goes to `notes`, likewise.
 * `source` is the bag. */
void acc_profile_check(struct acc_profile *profile, const struct acc_source *source,
                       const struct acc_bag_info *info, struct acc_str *faults,
                       struct acc_str *notes);

#endif
