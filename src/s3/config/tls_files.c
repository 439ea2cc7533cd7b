/* Each file is read as libcurl will read it, but here a failure can name the option. A key under a
 * passphrase is refused, since no one may be there to type it. */
#include "s3/config/tls_files.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

/* ---- trusted certificates ---- */

/* "0a1b2c3d.0": what openssl rehash names a certificate. */
static bool is_hash_name(const char *name)
{
    for (int i = 0; i < 8; i++)
        if (!isxdigit((unsigned char)name[i]))
            return false;
    return name[8] == '.' && isdigit((unsigned char)name[9]);
}

static enum acc_code check_folder(const char *path, const char *shown, struct acc_error *err)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    bool found = false;
    if (folder == NULL)
        return acc_error_set(err, ACC_CONFIG,
                             "CA bundle %s: %s. Correct --ca-bundle, AWS_CA_BUNDLE or the "
                             "profile's ca_bundle.",
                             shown, strerror(errno));
    while (!found && (entry = readdir(folder)) != NULL)
        found = is_hash_name(entry->d_name);
    closedir(folder);
    if (found)
        return ACC_OK;
    return acc_error_set(err, ACC_CONFIG,
                         "CA bundle %s: holds no certificates named by their hashes, which is how "
                         "OpenSSL finds them in a folder. Run openssl rehash on it, or name a "
                         "file.",
                         shown);
}

/* NULL when it cannot be read or holds none; then errno is 0 in the latter case. */
static X509 *read_certificate(const char *path)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return NULL;
    X509 *certificate = PEM_read_X509_AUX(file, NULL, NULL, NULL);
    fclose(file);
    ERR_clear_error();
    errno = 0;
    return certificate;
}

static const char *reason(void)
{
    return errno != 0 ? strerror(errno) : "holds no certificate in PEM form";
}

static enum acc_code check_bundle(const char *path, const char *shown, struct acc_error *err)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return check_folder(path, shown, err);
    X509 *certificate = read_certificate(path);
    if (certificate == NULL)
        return acc_error_set(err, ACC_CONFIG,
                             "CA bundle %s: %s. Correct --ca-bundle, AWS_CA_BUNDLE or the "
                             "profile's ca_bundle.",
                             shown, reason());
    X509_free(certificate);
    return ACC_OK;
}

/* ---- our own certificate ---- */

static int no_passphrase(char *buffer, int size, int writing, void *arg)
{
    return -1;
}

static enum acc_code check_key(const char *path, const char *certificate_path,
                               const X509 *certificate, struct acc_error *err)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return acc_error_set(err, ACC_CONFIG, "client key %s: %s. Correct --client-key.", path,
                             strerror(errno));
    EVP_PKEY *key = PEM_read_PrivateKey(file, NULL, no_passphrase, NULL);
    enum acc_code code = ACC_OK;
    if (key == NULL)
        code = acc_error_set(err, ACC_CONFIG,
                             "client key %s: holds no private key in PEM form without a "
                             "passphrase. Correct --client-key.",
                             path);
    else if (X509_check_private_key(certificate, key) != 1)
        code = acc_error_set(err, ACC_CONFIG,
                             "client key %s: belongs to another certificate than %s. Correct "
                             "--client-key or --client-cert.",
                             path, certificate_path);
    EVP_PKEY_free(key);
    fclose(file);
    ERR_clear_error();
    return code;
}

static enum acc_code check_own(const char *path, const char *key_path, struct acc_error *err)
{
    X509 *certificate = read_certificate(path);
    if (certificate == NULL)
        return acc_error_set(err, ACC_CONFIG, "client certificate %s: %s. Correct --client-cert.",
                             path, reason());
    enum acc_code code = check_key(key_path != NULL ? key_path : path, path, certificate, err);
    X509_free(certificate);
    return code;
}

enum acc_code acc_s3_tls_files_check(const struct acc_s3_settings *s, const char *ca_bundle_shown,
                                     struct acc_error *err)
{
    enum acc_code code = ACC_OK;
    if (s->ca_bundle != NULL)
        code = check_bundle(s->ca_bundle, ca_bundle_shown, err);
    if (code == ACC_OK && s->client_cert != NULL)
        code = check_own(s->client_cert, s->client_key, err);
    return code;
}
