/* Advice to a user whose bucket has just refused writes: a table, the most specific rows first.
 * Every row answers three questions: what the cause may be, how to find out, who can fix it. */
#include "cli/screen/report.h"

#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "cli/screen/shell.h"

#define CAUSES 4

struct advice {
    enum acc_code code;
    const char *s3_codes; /* what S3's code may begin with, a space between; "" for any */
    const char *likely[CAUSES];
    const char *tell[CAUSES]; /* commands or sentences; {bucket}, {url}, {options}: filled in */
    const char *who;
};

static const struct advice table[] = {
    {ACC_REFUSED,
     "QuotaExceeded",
     {"the bucket or its owner has reached its quota; what is stored stays readable"},
     {"ask the storage's administrator for usage and quota of {bucket}"},
     "The storage's administrator raises the quota. Nothing needs to be deleted for this to "
     "continue."},
    {ACC_REFUSED,
     "KMS InvalidAccessKeyId", /* the latter as Ceph RGW says it */
     {"the key that encrypts the bucket is disabled, or is waiting to be deleted",
      "the key named with --sse-kms-key-id does not exist",
      "this identity may not use the key (kms:GenerateDataKey, kms:Decrypt)"},
     {"aws s3api get-bucket-encryption{options} --bucket {bucket}",
      "aws kms describe-key --key-id the key named there"},
     "The key's administrator. A key that is waiting to be deleted can still be saved: cancel that "
     "first."},
    {ACC_REFUSED,
     "ObjectLockConfigurationNotFound",
     {"the bucket was made without Object Lock, so nothing in it can have retention or a legal "
      "hold"},
     {"aws s3api get-object-lock-configuration{options} --bucket {bucket}"},
     "The bucket's owner: make a new bucket with Object Lock (many servers cannot add it later). "
     "Or "
     "run without --object-lock-mode and --legal-hold."},
    {ACC_REFUSED,
     "InvalidRequest",
     {"the bucket or the server does not support an option of this run, such as retention in a "
      "bucket without Object Lock, a checksum, or a storage class"},
     {"accession probe{options} {url}"},
     "You: leave out the option that the server does not support; --checksum auto leaves out "
     "unsupported checksums. Or the storage's administrator."},
    {ACC_CREDENTIALS,
     "UserSuspended",
     {"the storage's administrator has suspended this user or the bucket's owner"},
     {"ask the storage's administrator"},
     "The storage's administrator."},
    {ACC_REFUSED,
     "InsufficientStorage",
     {"the storage is full"},
     {"ask the storage's administrator"},
     "The storage's administrator makes room. Nothing that was archived is at risk."},
    {ACC_REFUSED,
     "Invalid NotImplemented AccessControlListNotSupported",
     {"the server does not support something that uploads are sent with: a checksum, a storage "
      "class, "
      "encryption, an ACL, tags or a lock",
      "a default of the bucket contradicts it"},
     {"1. accession probe --checksum none{options} {url}   (sends none of these)",
      "2. accession ingest --dry-run, with one of these options at a time"},
     "You: leave the option out (--checksum auto finds a checksum that it supports), or ask "
     "the storage's administrator what it supports."},
    {ACC_REFUSED,
     "",
     {"a bucket policy that denies s3:PutObject to this identity or to everyone",
      "an IAM or organisation policy changed", "an S3 Access Point or VPC endpoint policy"},
     {"1. accession policy check{options} {url}",
      "2. aws sts get-caller-identity, then that identity's policies",
      "3. the same command from another network"},
     "If the policy also denies s3:PutBucketPolicy to everyone, only the account's root user can "
     "change it (AWS keeps that door open). On other storage an administrator's system user "
     "can. Take your time: nothing gets worse by waiting."},
    {ACC_CREDENTIALS,
     "NoCredentials",
     {"no credentials are set, or their source stopped answering"},
     {"aws configure list"},
     "You: set them as for the aws command line."},
    {ACC_CREDENTIALS,
     "ExpiredToken",
     {"the session that these credentials belong to has ended"},
     {"aws sts get-caller-identity"},
     "You: sign in again (aws sso login, or however these credentials are obtained)."},
    {ACC_CREDENTIALS,
     "SignatureDoesNotMatch",
     {"the secret key is not the one that belongs to this access key",
      "a proxy between here and the server changes requests"},
     {"aws s3 ls{options} s3://{bucket}"},
     "The administrator who issued the access key can issue it again."},
    {ACC_CREDENTIALS,
     "InvalidAccessKeyId",
     {"the access key was deleted, or belongs to another server (see --endpoint-url)"},
     {"aws configure list"},
     "The administrator who issued the access key can issue a new one."},
    {ACC_CREDENTIALS,
     "",
     {"the credentials expired, were revoked, or belong to another account or server",
      "a policy denies this identity everything, including reading"},
     {"aws sts get-caller-identity", "aws s3 ls{options} s3://{bucket}"},
     "The administrator who issued the credentials; for a policy, the bucket owner's "
     "administrator."},
    {ACC_CLOCK,
     "",
     {"this machine's clock is wrong; S3 refuses signatures more than 15 minutes off"},
     {"timedatectl"},
     "This machine's administrator: timedatectl set-ntp true"},
    {ACC_BUCKET,
     "NoSuchBucket",
     {"the bucket's name is misspelt", "it belongs to another account or another endpoint",
      "it was deleted"},
     {"aws s3 ls{options}"},
     "You, by giving the right name; or the administrator who creates buckets at your archive."},
    {ACC_BUCKET,
     "PermanentRedirect TemporaryRedirect AuthorizationHeaderMalformed",
     {"the bucket is in another region than the one used", "the bucket's name is misspelt"},
     {"aws s3api get-bucket-location{options} --bucket {bucket}", "aws s3 ls{options}"},
     "You, with the right --region or name."},
    {ACC_BUCKET,
     "",
     {"the bucket's name is misspelt", "the bucket is in another region than the one used"},
     {"aws s3 ls{options}", "aws s3api get-bucket-location{options} --bucket {bucket}"},
     "You, with the right name or --region."},
    {ACC_UNREACHABLE,
     "Certificate",
     {"the certificate comes from your own organisation's authority, and no --ca-bundle names "
      "it",
      "something between here and the server opens TLS (a firewall) or answers in its place",
      "the certificate is for another name than the endpoint's, or has expired"},
     {"openssl s_client -showcerts -connect HOST:PORT of the endpoint"},
     "You, once you know that the certificate is right: --ca-bundle. Else the administrator of the "
     "server or the network. There is no option to continue without."},
    {ACC_UNREACHABLE,
     "Tls ClientCertificate",
     {"the server requires a client certificate, or does not accept this one",
      "it supports no TLS newer than 1.1, or speaks plain http:// on this port"},
     {"openssl s_client -connect HOST:PORT of the endpoint"},
     "You, with --client-cert and --client-key or the right --endpoint-url; or the administrator "
     "of the "
     "server."},
    {ACC_UNREACHABLE,
     "Proxy",
     {"the proxy requires a user and a password, or different ones",
      "it does not let this server or this port through"},
     {"env | grep -i _proxy", "curl -v and the endpoint's URL"},
     "The proxy's administrator; or you, with no_proxy, if the server can be reached without "
     "it."},
    {ACC_UNREACHABLE,
     "",
     {"the network or a proxy between here and the server is down",
      "the server is down, or moved to another address (see --endpoint-url)",
      "the endpoint says https:// and the server speaks http://, or the reverse"},
     {"accession probe{options} {url}", "curl -v and the endpoint's URL"},
     "The administrator of the network or the storage. It is safe to try again at any time."},
    {ACC_SERVER,
     "",
     {"the server is overloaded, or in maintenance"},
     {"accession probe{options} {url}"},
     "The storage's administrator; the request id helps to find the cause. If it is overload: "
     "fewer "
     "--jobs, "
     "later."},
    {ACC_PROTOCOL,
     "",
     {"the endpoint is not an S3 server, or something in between answers in its place"},
     {"curl -v and the endpoint's URL"},
     "You, with the right --endpoint-url; or the proxy's administrator."},
};

static bool begins_with_one(const char *code, const char *words)
{
    if (*words == '\0')
        return true;
    for (const char *word = words; *word; word += strspn(word, " ")) {
        size_t len = strcspn(word, " ");
        if (strncmp(code, word, len) == 0)
            return true;
        word += len;
    }
    return false;
}

static const struct advice *find(enum acc_code code, const char *s3_code)
{
    for (size_t i = 0; i < ACC_COUNT_OF(table); i++)
        if (table[i].code == code && begins_with_one(s3_code, table[i].s3_codes))
            return &table[i];
    return NULL;
}

/* The options that decide which server is asked and as whom; the aws command line has the same. */
static void add_options(struct acc_str *out, const struct acc_connection *c)
{
    if (c == NULL)
        return;
    const char *const options[][2] = {{"--endpoint-url", c->endpoint_url},
                                      {"--region", c->region},
                                      {"--profile", c->profile},
                                      {"--ca-bundle", c->ca_bundle}};
    for (size_t i = 0; i < ACC_COUNT_OF(options); i++) {
        if (options[i][1] == NULL)
            continue;
        acc_str_addf(out, " %s ", options[i][0]);
        acc_shell_quote(out, options[i][1]);
    }
}

static void fill_in(struct acc_str *out, const char *text, const struct acc_render_setup *setup)
{
    const char *url = setup->url;
    acc_str_clear(out);
    while (*text) {
        size_t plain = strcspn(text, "{");
        acc_str_add_n(out, text, plain);
        text += plain;
        if (acc_starts_with(text, "{bucket}")) {
            acc_show_bucket(out, url);
            text += strlen("{bucket}");
        } else if (acc_starts_with(text, "{url}")) {
            acc_shell_quote(out, url);
            text += strlen("{url}");
        } else if (acc_starts_with(text, "{options}")) {
            add_options(out, setup->connection);
            text += strlen("{options}");
        } else if (*text) {
            acc_str_add_c(out, *text++);
        }
    }
}

static void likely_line(struct acc_screen *screen, const struct advice *advice, int i)
{
    struct acc_str label = {0};
    bool alone = advice->likely[1] == NULL;
    acc_str_add(&label, i == 0 ? "Likely" : "");
    acc_text_pad(&label, 0, ACC_REPORT_COLUMN - 2);
    if (!alone)
        acc_str_addf(&label, "%d.", i + 1);
    acc_screen_field(screen, 2, label.data, ACC_REPORT_COLUMN + (alone ? 0 : 3), advice->likely[i]);
    acc_str_release(&label);
}

/* Commands to copy: beside the label, or all below it where one is too wide for that. */
static void tell_lines(struct acc_render_setup *setup, const struct advice *advice)
{
    struct acc_screen *screen = &setup->out;
    const char *label = advice->likely[1] == NULL ? "How to check" : "How to tell";
    struct acc_str text[CAUSES] = {0};
    unsigned column = ACC_REPORT_COLUMN;
    for (int i = 0; i < CAUSES && advice->tell[i] != NULL; i++) {
        fill_in(&text[i], advice->tell[i], setup);
        if (ACC_REPORT_COLUMN + acc_text_width(text[i].data) > screen->width)
            column = 4;
    }
    if (column < ACC_REPORT_COLUMN)
        fprintf(screen->file, "  %s\n", label);
    for (int i = 0; i < CAUSES && text[i].len > 0; i++) {
        bool beside = i == 0 && column == ACC_REPORT_COLUMN;
        acc_screen_verbatim(screen, 2, beside ? label : "", column, text[i].data);
    }
    for (int i = 0; i < CAUSES; i++)
        acc_str_release(&text[i]);
}

void acc_report_advice(struct acc_render_setup *setup, enum acc_code code, const char *s3_code)
{
    struct acc_screen *screen = &setup->out;
    const struct advice *advice = find(code, s3_code);
    if (advice == NULL)
        return;
    struct acc_str text = {0};
    for (int i = 0; i < CAUSES && advice->likely[i] != NULL; i++)
        likely_line(screen, advice, i);
    tell_lines(setup, advice);
    fill_in(&text, advice->who, setup);
    acc_screen_field(screen, 2, "Who can fix it", ACC_REPORT_COLUMN, text.data);
    acc_str_release(&text);
}
