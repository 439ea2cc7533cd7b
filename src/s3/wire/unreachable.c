/* One table by failure and by the words that OpenSSL or libcurl use for it; the first row that fits
 * counts. */
#include "s3/wire/unreachable.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static const struct {
    enum acc_http_failure failure;
    const char *words; /* in the failure's text, or NULL: any */
    const char *code;
    const char *step;
} rows[] = {
    {ACC_HTTP_TLS, "alert protocol version", "TlsVersion",
     "The server must speak TLS 1.2 or newer"},
    {ACC_HTTP_TLS, "unsupported protocol", "TlsVersion", "The server must speak TLS 1.2 or newer"},
    {ACC_HTTP_TLS, " alert ", "ClientCertificate",
     "The server may require a client certificate that it trusts: --client-cert, --client-key"},
    {ACC_HTTP_TLS, "wrong version number", "TlsMissing", "Is the endpoint http:// there?"},
    {ACC_HTTP_TLS, "packet length too long", "TlsMissing", "Is the endpoint http:// there?"},
    {ACC_HTTP_TLS, "issuer", "CertificateNotTrusted",
     "Give its authority's certificate with --ca-bundle (AWS_CA_BUNDLE)"},
    {ACC_HTTP_TLS, "self-signed", "CertificateNotTrusted",
     "Give its authority's certificate with --ca-bundle (AWS_CA_BUNDLE)"},
    {ACC_HTTP_TLS, "expired", "CertificateExpired",
     "The server's administrator must renew it, unless this machine's clock is wrong"},
    {ACC_HTTP_TLS, "not yet valid", "CertificateNotYetValid", "Is this machine's clock right?"},
    {ACC_HTTP_TLS, "subject name", "CertificateName",
     "Use a host name that is in the certificate; with --addressing path the bucket is not part of "
     "the host name"},
    {ACC_HTTP_TLS, NULL, "Tls", "Examine it with openssl s_client -connect HOST:PORT"},
    {ACC_HTTP_PROXY, "answered 407", "ProxyAuthentication",
     "It needs http://USER:PASSWORD@HOST:PORT in https_proxy (http_proxy, all_proxy)"},
    {ACC_HTTP_PROXY, "URL", "ProxyUrl", "It is written http://HOST:PORT"},
    {ACC_HTTP_PROXY, NULL, "ProxyRefused",
     "Its administrator can let this server and port through, or no_proxy can name the server"},
};

const char *acc_s3_unreachable(const struct acc_http_request *request, char *text, size_t size)
{
    for (size_t i = 0; i < ACC_COUNT_OF(rows); i++) {
        if (rows[i].failure != request->failure ||
            (rows[i].words != NULL && strstr(request->failure_text, rows[i].words) == NULL))
            continue;
        snprintf(text, size, "%.*s. %s", (int)(size / 2), request->failure_text, rows[i].step);
        return rows[i].code;
    }
    return NULL;
}
