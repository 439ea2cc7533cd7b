/* Options into headers; what the answers say of them is read in attributes_lacking.c. Values are
 * checked before anything is sent: a run of many hours must not end on a date that was misspelt. */
#include "s3/ops/attributes.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"

#define TAGS_MAX 10
#define TAG_KEY_MAX 128
#define TAG_VALUE_MAX 256
#define METADATA_MAX 2048 /* S3's limit on all user metadata of an object */

static const char *const storage_classes[] = {"STANDARD",   "REDUCED_REDUNDANCY",  "STANDARD_IA",
                                              "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER",
                                              "GLACIER_IR", "DEEP_ARCHIVE",        "OUTPOSTS",
                                              "SNOW",       "EXPRESS_ONEZONE",     NULL};
static const char *const encryptions[] = {"AES256", "aws:kms", "aws:kms:dsse", NULL};
static const char *const acls[] = {
    "private",       "public-read",       "public-read-write",         "authenticated-read",
    "aws-exec-read", "bucket-owner-read", "bucket-owner-full-control", NULL};
static const char *const lock_modes[] = {"COMPLIANCE", "GOVERNANCE", NULL};

static bool is_one_of(const char *value, const char *const *known)
{
    for (size_t i = 0; known[i] != NULL; i++)
        if (strcmp(value, known[i]) == 0)
            return true;
    return false;
}

/* Other servers have storage classes of their own; a name of the right shape is passed on. */
static bool is_class_name(const char *value)
{
    size_t len = strlen(value);
    return len > 0 && len < 32 && strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") == len;
}

static enum acc_code add(struct acc_s3_attributes *a, const char *name, const char *value,
                         struct acc_error *err)
{
    struct acc_s3_object_headers *headers = &a->headers;
    if (headers->count == ACC_S3_OBJECT_HEADERS)
        return acc_error_set(err, ACC_USAGE, "--metadata: too many; leave some out.");
    headers->name[headers->count] = acc_strdup(name);
    headers->value[headers->count++] = acc_strdup(value);
    return ACC_OK;
}

/* "--tag: "x": why". The value is the user's, and may hold anything. */
static enum acc_code bad_value(const char *option, const char *value, const char *why,
                               struct acc_error *err)
{
    struct acc_str shown = {0};
    acc_path_show(&shown, value, strlen(value));
    enum acc_code code =
        acc_error_set(err, ACC_USAGE, "%s: \"%s\" %s", option, acc_str_cstr(&shown), why);
    acc_str_release(&shown);
    return code;
}

static enum acc_code not_known(const char *option, const char *value, const char *const *known,
                               struct acc_error *err)
{
    struct acc_str why = {0};
    acc_str_add(&why, "is not one of ");
    for (size_t i = 0; known[i] != NULL; i++)
        acc_str_addf(&why, "%s%s", i > 0 ? ", " : "", known[i]);
    acc_str_add_c(&why, '.');
    enum acc_code code = bad_value(option, value, acc_str_cstr(&why), err);
    acc_str_release(&why);
    return code;
}

/* ---- dates ---- */

static bool add_years(int64_t now, long long years, int64_t *until)
{
    time_t seconds = (time_t)(now / 1000);
    struct tm tm;
    gmtime_r(&seconds, &tm);
    tm.tm_year += (int)years;
    *until = (int64_t)timegm(&tm) * 1000;
    return true;
}

/* "10y" and "90d" count from now; a date alone means its first moment, UTC. */
static bool parse_until(const char *text, int64_t now, int64_t *until)
{
    char whole[ACC_TIME_TEXT];
    char *end;
    long long number = strtoll(text, &end, 10), ms;
    if (end != text && strcmp(end, "y") == 0 && number > 0 && number <= 1000)
        return add_years(now, number, until);
    if (end != text && strlen(end) == 1 && acc_parse_duration(text, &ms)) {
        *until = now + ms;
        return true;
    }
    if (strlen(text) == 10 && snprintf(whole, sizeof whole, "%sT00:00:00Z", text) > 0)
        return acc_time_parse(whole, until);
    return acc_time_parse(text, until);
}

static enum acc_code apply_lock(struct acc_s3_attributes *a, const struct acc_object_options *o,
                                int64_t now, struct acc_error *err)
{
    enum acc_code code = ACC_OK;
    if ((o->object_lock_mode == NULL) != (o->retain_until == NULL))
        return acc_error_set(err, ACC_USAGE,
                             "--object-lock-mode and --retain-until go together; give both.");
    if (o->object_lock_mode != NULL) {
        if (!is_one_of(o->object_lock_mode, lock_modes))
            return not_known("--object-lock-mode", o->object_lock_mode, lock_modes, err);
        if (!parse_until(o->retain_until, now, &a->retain_until_ms))
            return bad_value("--retain-until", o->retain_until,
                             "is not a date. Write 2046-01-01, 2046-01-01T00:00:00Z, 10y or 90d.",
                             err);
        if (a->retain_until_ms <= now)
            return bad_value("--retain-until", o->retain_until,
                             "is in the past. Nothing would be retained.", err);
        /* Whole seconds: servers keep no more, and the answer must compare equal. */
        a->retain_until_ms -= a->retain_until_ms % 1000;
        snprintf(a->lock_mode, sizeof a->lock_mode, "%s", o->object_lock_mode);
        acc_time_rfc3339(a->retain_until_ms, a->retain_until);
        code = add(a, "x-amz-object-lock-mode", a->lock_mode, err);
        if (code == ACC_OK)
            code = add(a, "x-amz-object-lock-retain-until-date", a->retain_until, err);
    }
    a->legal_hold = o->legal_hold;
    if (code == ACC_OK && o->legal_hold)
        code = add(a, "x-amz-object-lock-legal-hold", "ON", err);
    return code;
}

/* ---- tags and metadata ---- */

static void add_xml_text(struct acc_str *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        switch (text[i]) {
        case '<':
            acc_str_add(out, "&lt;");
            break;
        case '>':
            acc_str_add(out, "&gt;");
            break;
        case '&':
            acc_str_add(out, "&amp;");
            break;
        default:
            acc_str_add_c(out, text[i]);
        }
}

static enum acc_code apply_tags(struct acc_s3_attributes *a, const char *const *tags,
                                struct acc_error *err)
{
    struct acc_str query = {0}, xml = {0};
    enum acc_code code = ACC_OK;
    acc_str_set(&xml, "<Tagging xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><TagSet>");
    for (size_t i = 0; tags != NULL && tags[i] != NULL && code == ACC_OK; i++) {
        const char *equals = strchr(tags[i], '=');
        size_t key_len = equals ? (size_t)(equals - tags[i]) : 0,
               value_len = equals ? strlen(equals + 1) : 0;
        if (key_len == 0 || key_len > TAG_KEY_MAX || value_len > TAG_VALUE_MAX || i == TAGS_MAX) {
            code = bad_value("--tag", tags[i],
                             "is not a valid tag. A tag is KEY=VALUE, of at most 128 and "
                             "256 characters, and an object has at most ten.",
                             err);
            break;
        }
        if (i > 0)
            acc_str_add_c(&query, '&');
        acc_s3_encode(&query, tags[i], key_len, false);
        acc_str_add_c(&query, '=');
        acc_s3_encode(&query, equals + 1, value_len, false);
        acc_str_add(&xml, "<Tag><Key>");
        add_xml_text(&xml, tags[i], key_len);
        acc_str_add(&xml, "</Key><Value>");
        add_xml_text(&xml, equals + 1, value_len);
        acc_str_add(&xml, "</Value></Tag>");
        a->tag_count++;
    }
    acc_str_add(&xml, "</TagSet></Tagging>");
    if (code == ACC_OK && a->tag_count > 0)
        code = add(a, "x-amz-tagging", acc_str_cstr(&query), err);
    a->tagging_xml = acc_str_detach(&xml);
    acc_str_release(&query);
    return code;
}

static bool is_token(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)text[i]) && strchr("-_.", text[i]) == NULL)
            return false;
    return len > 0;
}

static bool is_printable(const char *text)
{
    for (; *text; text++)
        if (*text < 0x20 || *text > 0x7e)
            return false;
    return true;
}

static enum acc_code apply_metadata(struct acc_s3_attributes *a, const char *const *metadata,
                                    struct acc_error *err)
{
    struct acc_str name = {0};
    enum acc_code code = ACC_OK;
    size_t total = 0;
    for (size_t i = 0; metadata != NULL && metadata[i] != NULL && code == ACC_OK; i++) {
        const char *equals = strchr(metadata[i], '=');
        size_t len = equals ? (size_t)(equals - metadata[i]) : 0;
        acc_str_set(&name, "x-amz-meta-");
        for (size_t k = 0; k < len; k++)
            acc_str_add_c(&name, (char)tolower((unsigned char)metadata[i][k]));
        total += strlen(metadata[i]);
        if (!is_token(metadata[i], len) || !is_printable(equals + 1))
            code = bad_value("--metadata", metadata[i],
                             "must be NAME=VALUE, with letters, digits, '-', '_' and '.' in the "
                             "name and printable ASCII in the value (S3 allows no other).",
                             err);
        else if (strcmp(name.data, "x-amz-meta-sha256") == 0 ||
                 strcmp(name.data, "x-amz-meta-accession-upload") == 0)
            code = acc_error_set(
                err, ACC_USAGE, "--metadata: %.*s is set by accession itself. Choose another name.",
                (int)len, metadata[i]);
        else if (total > METADATA_MAX)
            code =
                acc_error_set(err, ACC_USAGE,
                              "--metadata: S3 allows 2 KB of metadata per object. Leave some out.");
        else
            code = add(a, acc_str_cstr(&name), equals + 1, err);
    }
    acc_str_release(&name);
    return code;
}

enum acc_code acc_s3_checksum_option(const char *name, enum acc_s3_checksum *checksum,
                                     struct acc_error *err)
{
    static const char *const known[] = {"sha256", "crc64nvme", "crc32c", "none", "auto", NULL};
    return acc_s3_checksum_parse(name, checksum) ? ACC_OK
                                                 : not_known("--checksum", name, known, err);
}

/* ---- all of it ---- */

static enum acc_code apply_named(struct acc_s3_attributes *a, const struct acc_object_options *o,
                                 struct acc_error *err)
{
    enum acc_code code = ACC_OK;
    if (o->storage_class != NULL) {
        if (!is_class_name(o->storage_class))
            return not_known("--storage-class", o->storage_class, storage_classes, err);
        snprintf(a->storage_class, sizeof a->storage_class, "%s", o->storage_class);
        code = add(a, "x-amz-storage-class", o->storage_class, err);
    }
    if (code == ACC_OK && o->sse_kms_key_id != NULL &&
        (o->sse == NULL || strncmp(o->sse, "aws:kms", 7) != 0))
        return acc_error_set(err, ACC_USAGE, "--sse-kms-key-id needs --sse aws:kms.");
    if (code == ACC_OK && o->sse_kms_key_id != NULL && !is_printable(o->sse_kms_key_id))
        return bad_value("--sse-kms-key-id", o->sse_kms_key_id,
                         "must be the key's ID, ARN or alias, in printable ASCII.", err);
    if (code == ACC_OK && o->sse != NULL) {
        if (!is_one_of(o->sse, encryptions))
            return not_known("--sse", o->sse, encryptions, err);
        snprintf(a->sse, sizeof a->sse, "%s", o->sse);
        code = add(a, "x-amz-server-side-encryption", o->sse, err);
        if (code == ACC_OK && o->sse_kms_key_id != NULL)
            code = add(a, "x-amz-server-side-encryption-aws-kms-key-id", o->sse_kms_key_id, err);
    }
    if (code == ACC_OK && o->acl != NULL) {
        if (!is_one_of(o->acl, acls))
            return not_known("--acl", o->acl, acls, err);
        code = add(a, "x-amz-acl", o->acl, err);
    }
    if (code == ACC_OK && o->content_type != NULL && strcmp(o->content_type, "auto") != 0) {
        if (strchr(o->content_type, '/') == NULL || !is_printable(o->content_type))
            return bad_value("--content-type", o->content_type,
                             "is not a media type. Write one such as image/tiff, or auto.", err);
        a->typed = true;
        code = add(a, "content-type", o->content_type, err);
    }
    return code;
}

enum acc_code acc_s3_attributes_init(struct acc_s3_attributes *a,
                                     const struct acc_object_options *o, int64_t now,
                                     struct acc_error *err)
{
    *a = (struct acc_s3_attributes){0};
    enum acc_code code = apply_named(a, o, err);
    if (code == ACC_OK)
        code = apply_tags(a, o->tags, err);
    if (code == ACC_OK)
        code = apply_metadata(a, o->metadata, err);
    if (code == ACC_OK)
        code = apply_lock(a, o, now, err);
    a->any =
        a->storage_class[0] || a->sse[0] || a->lock_mode[0] || a->legal_hold || a->tag_count > 0;
    return code;
}

void acc_s3_attributes_release(struct acc_s3_attributes *a)
{
    for (size_t i = 0; i < a->headers.count; i++) {
        free(a->headers.name[i]);
        free(a->headers.value[i]);
    }
    free(a->tagging_xml);
    *a = (struct acc_s3_attributes){0};
}

enum acc_code acc_s3_owner_option(struct acc_s3 *s3, const char *account, struct acc_error *err)
{
    if (account == NULL)
        return ACC_OK;
    if (strspn(account, "0123456789") != strlen(account) || strlen(account) != 12)
        return bad_value("--expected-bucket-owner", account,
                         "is not an account number of 12 digits.", err);
    acc_s3_set_expected_owner(s3, account);
    return ACC_OK;
}
