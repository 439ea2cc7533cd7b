/* What a delivery's manifests must meet, and what is made of what they leave out: the rules that
 * ingest, verify and `accession manifest` share. Zeroed, it asks for nothing beyond the defaults.
 *
 * Strings are borrowed; they must live as long as the run that is given them.
 */
#ifndef ACCESSION_MANIFEST_H
#define ACCESSION_MANIFEST_H

#include <stdbool.h>
#include <stdint.h>

#include <accession/digest.h>
#include <accession/error.h>

/* What becomes of a file that a manifest names without a usable digest. */
enum acc_undigested {
    ACC_UNDIGESTED_REFUSE, /* refused as ACC_NO_DIGEST; the others go on */
    ACC_UNDIGESTED_SKIP,   /* reported and counted apart, not archived */
    ACC_UNDIGESTED_ARCHIVE /* archived by the SHA-256 that is computed, and marked so */
};

struct acc_manifest_rules {
    bool windows_paths; /* "\" separates folders in the manifests' paths */
    enum acc_undigested undigested;
    const char *require;             /* each file must have a digest of this algorithm; NULL: any */
    const char *manifest_sha256;     /* a manifest must be this very file, in hex; NULL: any */
    const char *external_identifier; /* the bag's External-Identifier must be this; NULL: any */
    const char *bagit_profile; /* a BagIt Profile, a JSON file, that the bag must meet; NULL */
    bool portable_names;       /* refuse names that Windows, macOS or Azure cannot hold */
    bool refuse_repetition;    /* a path that a manifest lists twice refuses the manifest */
    bool leave_manifest;       /* do not archive an external manifest with the files */
};

/* How the manifests and the source cover each other. */
struct acc_coverage {
    uint64_t listed;     /* different paths that the manifests name */
    uint64_t missing;    /* of these, not in the source */
    uint64_t unlisted;   /* in the source, named by no manifest */
    uint64_t repeated;   /* named twice by one manifest, with agreeing digests */
    uint64_t undigested; /* of `listed`, named without a usable digest */
    uint64_t skipped;    /* of `undigested`, left out by ACC_UNDIGESTED_SKIP: not in `listed` */
    uint64_t weak;       /* of `listed`, with MD5 or SHA-1 alone, for which collisions are known */
};

#endif
