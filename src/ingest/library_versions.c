/* What this program is made of. Nothing fails. */
#include <accession/accession.h>

#include <stdio.h>

#include <curl/curl.h>
#include <jansson.h>
#include <libxml/xmlversion.h>
#include <libxml/parser.h>
#include <openssl/crypto.h>
#include <sqlite3.h>
#include <uv.h>
#include <zlib.h>

#include "digest/acceleration.h"

const char *acc_version(void)
{
    return ACC_VERSION;
}

const char *acc_version_details(void)
{
    /* A thread's own, so that there is nothing to lock. */
    static _Thread_local char text[512];
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    unsigned xml = 0; /* "20914": 2.9.14 */
    sscanf(xmlParserVersion, "%u", &xml);
    snprintf(text, sizeof text,
             "  libcurl   %s (%s)\n"
             "  OpenSSL   %s\n"
             "  libuv     %s\n"
             "  SQLite    %s\n"
             "  libxml2   %u.%u.%u\n"
             "  zlib      %s\n"
             "  jansson   %s\n"
             "  SHA-256   %s\n",
             curl->version, curl->ssl_version ? curl->ssl_version : "no TLS",
             OpenSSL_version(OPENSSL_VERSION_STRING), uv_version_string(), sqlite3_libversion(),
             xml / 10000, xml / 100 % 100, xml % 100, zlibVersion(), jansson_version_str(),
             acc_sha256_acceleration());
    return text;
}
