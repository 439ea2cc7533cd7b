/* ~/.aws/config and ~/.aws/credentials, as the aws command line reads them (AWS SDKs and Tools
 * Reference Guide, "Shared config and credentials files"; botocore's configloader.py). */
#ifndef ACC_S3_PROFILE_H
#define ACC_S3_PROFILE_H

#include <stdbool.h>

#include <accession/error.h>

struct acc_profiles;

/* Reads both files. AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE move them; "~" and variables in
 * these are expanded. Missing files are no error; a file that cannot be parsed is ACC_CONFIG with
 * its name and line, and never with any of its content. */
enum acc_code acc_profiles_load(struct acc_profiles **profiles, struct acc_error *err);
void acc_profiles_free(struct acc_profiles *profiles);

/* Which file is there but cannot be read, and why, or NULL: "PATH: cannot be opened: REASON". */
const char *acc_profiles_unreadable(const struct acc_profiles *profiles);

/* Whether either file has the profile. */
bool acc_profiles_has(const struct acc_profiles *profiles, const char *profile);
/* ACC_CONFIG if the profile has a setting that is indented so deeply that it counts as part of
 * another one's value: the aws command line would take it for value text and ignore it. */
enum acc_code acc_profiles_check(const struct acc_profiles *profiles, const char *profile,
                                 struct acc_error *err);

/* A setting, from the credentials file first, then the config file; NULL when neither has it.
 * Settings nested below another ("s3 =" and indented lines) are asked for as "s3.addressing_style".
 * Lives as long as `profiles`. */
const char *acc_profiles_get(const struct acc_profiles *profiles, const char *profile,
                             const char *name);
/* The same from one of the two files alone. */
enum acc_profile_file { ACC_PROFILE_CREDENTIALS, ACC_PROFILE_CONFIG, ACC_PROFILE_FILES };
const char *acc_profiles_file_get(const struct acc_profiles *profiles, enum acc_profile_file file,
                                  const char *profile, const char *name);
/* The same for another kind of section of the config file: "services". */
const char *acc_profiles_section_get(const struct acc_profiles *profiles, const char *kind,
                                     const char *section, const char *name);

#endif
