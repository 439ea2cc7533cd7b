/* Options that several commands take: how to reach the server, how to speak to the user. */
#include <accession/object.h>
#include "cli/cli.h"

static const char *const addressings[] = {"auto", "path", "virtual", NULL};
static const char *const checksums[] = {"sha256", "crc64nvme", "crc32c", "none", "auto", NULL};
static const char *const whens[] = {"auto", "always", "never", NULL};

#define AT(member) offsetof(struct acc_connection, member)
const struct acc_option acc_connection_options[] = {
    {"endpoint-url", 0, "URL", ACC_OPTION_STRING, AT(endpoint_url),
     "the server, when it is not AWS: https://HOST[:PORT]", 0, 0, NULL},
    {"region", 0, "NAME", ACC_OPTION_STRING, AT(region), "the bucket's region", 0, 0, NULL},
    {"profile", 0, "NAME", ACC_OPTION_STRING, AT(profile),
     "a profile of ~/.aws/config and ~/.aws/credentials", 0, 0, NULL},
    {"ca-bundle", 0, "FILE", ACC_OPTION_STRING, AT(ca_bundle),
     "certificates to trust instead of the system's: a PEM file or a folder", 0, 0, NULL},
    {"client-cert", 0, "FILE", ACC_OPTION_STRING, AT(client_cert),
     "certificate to show to the server, PEM", 0, 0, NULL},
    {"client-key", 0, "FILE", ACC_OPTION_STRING, AT(client_key),
     "its private key, PEM without a passphrase; default: in the same file", 0, 0, NULL},
    {"addressing", 0, "STYLE", ACC_OPTION_CHOICE, AT(addressing),
     "auto, path (HOST/BUCKET) or virtual (BUCKET.HOST); default auto: by the endpoint", 0, 0,
     addressings},
    {"retries", 0, "N", ACC_OPTION_INT, AT(retries),
     "further attempts for a request, 0 to 100; default 8", 0, 100, NULL},
    {"connect-timeout", 0, "TIME", ACC_OPTION_SECONDS, AT(connect_timeout_s),
     "longest wait for a connection, such as 30s; default 10s", 1, 3600, NULL},
    {"read-timeout", 0, "TIME", ACC_OPTION_SECONDS, AT(read_timeout_s),
     "longest silence within a request, such as 2m; default 60s", 1, 86400, NULL},
    {"max-rate", 0, "SIZE[@HOURS]", ACC_OPTION_RATE, AT(max_rate),
     "move at most SIZE a second, such as 50M; or by the time of day: 20M@08:00-18:00,100M", 0, 0,
     NULL},
    {"network-threads", 0, "N", ACC_OPTION_INT, AT(network_threads),
     "threads that send and receive, 1 to 64; default: half of the processors, at most 8, and 1 "
     "below four or with --max-rate",
     1, 64, NULL},
    {0},
};

const struct acc_option acc_source_options[] = {
    {"source-endpoint-url", 0, "URL", ACC_OPTION_STRING, AT(endpoint_url),
     "the server that SOURCE lies on, when it is another: https://HOST[:PORT]", 0, 0, NULL},
    {"source-region", 0, "NAME", ACC_OPTION_STRING, AT(region), "the region of SOURCE's bucket", 0,
     0, NULL},
    {"source-profile", 0, "NAME", ACC_OPTION_STRING, AT(profile),
     "the profile to read SOURCE with; its endpoint and region hold too", 0, 0, NULL},
    {"source-addressing", 0, "STYLE", ACC_OPTION_CHOICE, AT(addressing),
     "as --addressing, for SOURCE", 0, 0, addressings},
    {0},
};

const struct acc_option acc_target_options[] = {
    {"target-endpoint-url", 0, "URL", ACC_OPTION_STRING, AT(endpoint_url),
     "the server that the copy goes to, when it is another: https://HOST[:PORT]", 0, 0, NULL},
    {"target-region", 0, "NAME", ACC_OPTION_STRING, AT(region), "the region of the copy's bucket",
     0, 0, NULL},
    {"target-profile", 0, "NAME", ACC_OPTION_STRING, AT(profile),
     "the profile to write the copy with; its endpoint and region hold too", 0, 0, NULL},
    {"target-ca-bundle", 0, "FILE", ACC_OPTION_STRING, AT(ca_bundle),
     "as --ca-bundle, for the copy's server", 0, 0, NULL},
    {"target-addressing", 0, "STYLE", ACC_OPTION_CHOICE, AT(addressing),
     "as --addressing, for the copy", 0, 0, addressings},
    {0},
};
#undef AT

#define AT(member) offsetof(struct acc_program_options, member)
const struct acc_option acc_program_options[] = {
    {"config", 0, "FILE", ACC_OPTION_STRING, AT(config),
     "configuration file, instead of /etc/accession.conf and ~/.config/accession/accession.conf", 0,
     0, NULL},
    {"debug", 0, "AREA,...", ACC_OPTION_OPTIONAL, AT(debug),
     "trace what happens, for a bug report: run, upload, arrival, s3, retry, ledger, or all "
     "(--debug alone). Traces hold no secrets",
     0, 0, NULL},
    {"debug-file", 0, "FILE", ACC_OPTION_STRING, AT(debug_file),
     "append the traces to FILE; default: standard error", 0, 0, NULL},
    {0},
};
#undef AT

#define AT(member) offsetof(struct acc_object_options, member)
const struct acc_option acc_object_options[] = {
    {"storage-class", 0, "CLASS", ACC_OPTION_STRING, AT(storage_class),
     "STANDARD_IA, GLACIER, DEEP_ARCHIVE and others", 0, 0, NULL},
    {"sse", 0, "KIND", ACC_OPTION_STRING, AT(sse), "encryption: AES256, aws:kms, aws:kms:dsse", 0,
     0, NULL},
    {"sse-kms-key-id", 0, "KEY", ACC_OPTION_STRING, AT(sse_kms_key_id), "with this KMS key", 0, 0,
     NULL},
    {"acl", 0, "ACL", ACC_OPTION_STRING, AT(acl),
     "a canned ACL: private, bucket-owner-full-control and others", 0, 0, NULL},
    {"expected-bucket-owner", 0, "N", ACC_OPTION_STRING, AT(expected_bucket_owner),
     "fail if another account owns the bucket", 0, 0, NULL},
    {"content-type", 0, "TYPE", ACC_OPTION_STRING, AT(content_type),
     "a media type, or auto: by each file's content", 0, 0, NULL},
    {"checksum", 0, "NAME", ACC_OPTION_CHOICE, AT(checksum),
     "checksum for the server to verify and keep, besides the signed SHA-256 of each request: "
     "sha256 (default; for a large file, of its parts' SHA-256s), crc64nvme or crc32c (always of "
     "the whole file), none, or auto (the best that the server supports). verify --level stored "
     "compares it",
     0, 0, checksums},
    {"tag", 0, "KEY=VALUE", ACC_OPTION_LIST, AT(tags), "may be given several times", 0, 0, NULL},
    {"metadata", 0, "KEY=VALUE", ACC_OPTION_LIST, AT(metadata),
     "printable ASCII; may be given several times", 0, 0, NULL},
    {"object-lock-mode", 0, "MODE", ACC_OPTION_STRING, AT(object_lock_mode),
     "COMPLIANCE (no one can shorten it) or GOVERNANCE", 0, 0, NULL},
    {"retain-until", 0, "DATE", ACC_OPTION_STRING, AT(retain_until),
     "2046-01-01, an RFC 3339 time, or 10y, 90d from now", 0, 0, NULL},
    {"legal-hold", 0, NULL, ACC_OPTION_FLAG, AT(legal_hold), "put a legal hold on every object", 0,
     0, NULL},
    {0},
};
#undef AT

const struct acc_option acc_rule_options[] = {
    {"rule", 0, "NAME: TEXT", ACC_OPTION_LIST, 0,
     "other attributes for some files: 'masters: match=*.tif, *.mxf; storage-class=GLACIER'; may "
     "be given several times, and the first that matches holds",
     0, 0, NULL},
    {0},
};

#define AT(member) offsetof(struct acc_output_options, member)
const struct acc_option acc_output_options[] = {
    {"json", 0, NULL, ACC_OPTION_FLAG, AT(json),
     "JSON Lines on standard output: one event a line, the last a summary", 0, 0, NULL},
    {"quiet", 'q', NULL, ACC_OPTION_FLAG, AT(quiet), "only errors and refused files", 0, 0, NULL},
    {"color", 0, "WHEN", ACC_OPTION_CHOICE, AT(color),
     "auto, always or never; default auto: on a terminal, unless NO_COLOR is set", 0, 0, whens},
    {0},
};
#undef AT

#define AT(member) offsetof(struct acc_progress_options, member)
const struct acc_option acc_progress_options[] = {
    {"no-progress", 0, NULL, ACC_OPTION_FLAG, AT(hidden),
     "show no progress, on the terminal or in JSON Lines", 0, 0, NULL},
    {"title", 0, "WHEN", ACC_OPTION_CHOICE, AT(title),
     "progress in the window's title and in the taskbar: auto, always or never; default auto: on "
     "terminals known to accept it",
     0, 0, whens},
    {0},
};
#undef AT

void acc_connection_defaults(struct acc_connection *connection)
{
    connection->retries = -1;
}

void acc_connection_leave(struct acc_connection *connection)
{
    connection->endpoint_url = connection->addressing = NULL;
    connection->client_cert = connection->client_key = NULL;
    connection->region = connection->profile = NULL;
}

void acc_connection_of_side(struct acc_connection *connection, const char *side,
                            const struct acc_connection *other)
{
    struct acc_connection said = *connection;
    *connection = *other;
    if (said.profile != NULL || said.endpoint_url != NULL) {
        acc_connection_leave(connection);
        connection->profile = other->profile;
    }
    if (said.endpoint_url != NULL)
        connection->endpoint_url = said.endpoint_url;
    if (said.region != NULL)
        connection->region = said.region;
    if (said.profile != NULL)
        connection->profile = said.profile;
    if (said.addressing != NULL)
        connection->addressing = said.addressing;
    if (said.profile != NULL || said.endpoint_url != NULL || said.region != NULL ||
        said.addressing != NULL)
        connection->side = side;
}

enum acc_code acc_connection_check(const struct acc_connection *connection, struct acc_error *err)
{
    if (connection->client_key != NULL && connection->client_cert == NULL)
        return acc_error_set(err, ACC_USAGE,
                             "--client-key: needs --client-cert, the certificate it belongs to.");
    return ACC_OK;
}
