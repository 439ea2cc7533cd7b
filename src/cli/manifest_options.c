/* Options about manifests that ingest, verify and manifest share, and the rules that come of them.
 * Values that no table can check are refused here, before anything starts. */
#include <string.h>

#include "cli/cli.h"

static const char *const undigested[] = {"refuse", "skip", "archive", NULL};
static const char *const yes_no[] = {"yes", "no", NULL};

#define AT(member) offsetof(struct acc_manifest_cli, member)
const struct acc_option acc_manifest_reading_options[] = {
    {"windows-paths", 0, NULL, ACC_OPTION_FLAG, AT(rules.windows_paths),
     "the manifests separate folders by backslashes, as Windows does", 0, 0, NULL},
    {"manifest-sha256", 0, "HEX", ACC_OPTION_STRING, AT(rules.manifest_sha256),
     "a manifest must be the very file with this SHA-256", 0, 0, NULL},
    {"require", 0, "ALGORITHM", ACC_OPTION_STRING, AT(rules.require),
     "every file must have a digest of this algorithm, such as sha256", 0, 0, NULL},
    {0},
};

const struct acc_option acc_manifest_package_options[] = {
    {"archive-encoding", 0, "NAME", ACC_OPTION_STRING, AT(rules.archive_encoding),
     "how a package (a tar or zip) encodes names that are not UTF-8, such as CP437 or SHIFT-JIS; "
     "default: such a package is refused",
     0, 0, NULL},
    {"max-expansion", 0, "TIMES", ACC_OPTION_INT, AT(rules.max_expansion),
     "a package may unpack to at most TIMES its size (default 100), unless its Payload-Oxum "
     "promises more",
     1, 1000000, NULL},
    {0},
};

const struct acc_option acc_manifest_delivery_options[] = {
    {"undigested", 0, "WHAT", ACC_OPTION_CHOICE, AT(undigested),
     "a file that a manifest names without a usable digest: refuse it (default), skip it "
     "(reported, "
     "not archived) or archive it by the SHA-256 that is computed, marked so in the receipt",
     0, 0, undigested},
    {"refuse-repetition", 0, NULL, ACC_OPTION_FLAG, AT(rules.refuse_repetition),
     "refuse a manifest that lists a path twice; default: report it, unless the format forbids it",
     0, 0, NULL},
    {"expect-external-identifier", 0, "ID", ACC_OPTION_STRING, AT(rules.external_identifier),
     "the bag's External-Identifier must be this", 0, 0, NULL},
    {"bagit-profile", 0, "FILE", ACC_OPTION_STRING, AT(rules.bagit_profile),
     "the bag must meet this BagIt Profile, a JSON file (--profile is a profile of AWS)", 0, 0,
     NULL},
    {"portable-names", 0, NULL, ACC_OPTION_FLAG, AT(rules.portable_names),
     "refuse names that Windows, macOS or Azure cannot hold, before anything is sent", 0, 0, NULL},
    {"archive-manifest", 0, "CHOICE", ACC_OPTION_CHOICE, AT(archive_manifest),
     "yes (default): archive an external manifest too, last, if it lies in or beside SOURCE; or no",
     0, 0, yes_no},
    {0},
};
#undef AT

enum acc_code acc_manifest_cli_check(const struct acc_manifest_cli *given,
                                     struct acc_manifest_rules *rules, struct acc_error *err)
{
    *rules = given->rules;
    for (int i = 0; given->undigested != NULL && undigested[i] != NULL; i++)
        if (strcmp(given->undigested, undigested[i]) == 0)
            rules->undigested = (enum acc_undigested)i;
    rules->leave_manifest =
        given->archive_manifest != NULL && strcmp(given->archive_manifest, "no") == 0;
    const char *pin = rules->manifest_sha256;
    if (pin != NULL && (strlen(pin) != 64 || strspn(pin, "0123456789abcdefABCDEF") != 64))
        return acc_error_set(err, ACC_USAGE,
                             "--manifest-sha256: must be the 64 hex digits that sha256sum prints.");
    return ACC_OK;
}
