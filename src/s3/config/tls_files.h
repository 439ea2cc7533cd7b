/* Files of certificates and keys, looked at before anything is sent. */
#ifndef ACC_S3_TLS_FILES_H
#define ACC_S3_TLS_FILES_H

#include <accession/error.h>
#include "s3/config/settings.h"

/* ACC_CONFIG when a connection could not be made with them: a file that cannot be read, that holds
 * no certificate or no key, a key that belongs to another certificate. Messages show the bundle's
 * path as `ca_bundle_shown`. */
enum acc_code acc_s3_tls_files_check(const struct acc_s3_settings *settings,
                                     const char *ca_bundle_shown, struct acc_error *err);

#endif
