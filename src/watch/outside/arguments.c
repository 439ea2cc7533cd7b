/* Options that were not given are left out, so that a child's own defaults hold. Words follow "--",
 * so that a name may begin with "-". */
#include "watch/outside/arguments.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/str.h"

static void add(struct acc_arguments *a, const char *word)
{
    if (a->count + 1 >= a->cap) {
        a->cap = a->cap > 0 ? 2 * a->cap : 32;
        a->list = acc_realloc(a->list, a->cap * sizeof *a->list);
    }
    a->list[a->count++] = acc_strdup(word);
    a->list[a->count] = NULL;
}

static void text(struct acc_arguments *a, const char *option, const char *value)
{
    struct acc_str word = {0};
    if (value == NULL)
        return;
    acc_str_addf(&word, "%s=%s", option, value);
    add(a, acc_str_cstr(&word));
    acc_str_release(&word);
}

/* `unset` is the value that stands for "not given". */
static void number(struct acc_arguments *a, const char *option, int64_t value, int64_t unset)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%lld", (long long)value);
    if (value != unset)
        text(a, option, digits);
}

static void begin(struct acc_arguments *a, const char *command,
                  const struct acc_connection *connection)
{
    add(a, "accession");
    add(a, command);
    add(a, "--json");
    text(a, "--endpoint-url", connection->endpoint_url);
    text(a, "--region", connection->region);
    text(a, "--profile", connection->profile);
    text(a, "--ca-bundle", connection->ca_bundle);
    text(a, "--client-cert", connection->client_cert);
    text(a, "--client-key", connection->client_key);
    text(a, "--addressing", connection->addressing);
    number(a, "--retries", connection->retries, -1);
    number(a, "--connect-timeout", connection->connect_timeout_s, 0);
    text(a, "--max-rate", connection->max_rate);
    number(a, "--read-timeout", connection->read_timeout_s, 0);
}

static void list(struct acc_arguments *a, const char *option, const char *const *values)
{
    for (size_t i = 0; values != NULL && values[i] != NULL; i++)
        text(a, option, values[i]);
}

/* The probe carries them too: a bucket may refuse writes for one of them. */
static void object(struct acc_arguments *a, const struct acc_object_options *object)
{
    text(a, "--storage-class", object->storage_class);
    text(a, "--sse", object->sse);
    text(a, "--sse-kms-key-id", object->sse_kms_key_id);
    text(a, "--acl", object->acl);
    text(a, "--expected-bucket-owner", object->expected_bucket_owner);
    text(a, "--content-type", object->content_type);
    text(a, "--checksum", object->checksum);
    list(a, "--tag", object->tags);
    list(a, "--metadata", object->metadata);
    text(a, "--object-lock-mode", object->object_lock_mode);
    text(a, "--retain-until", object->retain_until);
    if (object->legal_hold)
        add(a, "--legal-hold");
}

static void package(struct acc_arguments *a, const struct acc_manifest_rules *rules)
{
    text(a, "--archive-encoding", rules->archive_encoding);
    number(a, "--max-expansion", rules->max_expansion, 0);
}

static void words(struct acc_arguments *a, const char *first, const char *second)
{
    add(a, "--");
    add(a, first);
    if (second != NULL)
        add(a, second);
}

void acc_arguments_ingest(struct acc_arguments *a, const struct acc_watch_options *options,
                          const char *ledger, const char *source, const char *url,
                          const char *manifest)
{
    begin(a, "ingest", &options->connection);
    object(a, &options->object);
    list(a, "--rule", options->object_rules);
    add(a, "--no-progress");
    text(a, "--manifest", manifest);
    text(a, "--ledger", ledger);
    text(a, "--receipts", options->receipts);
    if (options->premis)
        add(a, "--premis");
    number(a, "--jobs", options->jobs, 0);
    number(a, "--part-size", options->part_size, 0);
    number(a, "--memory", options->memory, 0);
    if (options->accept_unchecked)
        add(a, "--accept-unchecked-transfer");
    if (options->allow_unlisted)
        add(a, "--allow-unlisted");
    package(a, &options->package);
    /* What is archived is moved or deleted: no file of it may go uncompared. */
    add(a, "--compare-all");
    words(a, source, url);
}

void acc_arguments_check(struct acc_arguments *a, const struct acc_watch_options *options,
                         const char *source, const char *manifest)
{
    static const struct acc_connection none = {.retries = -1};
    begin(a, "verify", &none);
    add(a, "--local");
    package(a, &options->package);
    text(a, "--manifest", manifest);
    words(a, source, NULL);
}

void acc_arguments_verify(struct acc_arguments *a, const struct acc_watch_options *options,
                          const char *ledger, const char *source, const char *url,
                          const char *manifest)
{
    begin(a, "verify", &options->connection);
    text(a, "--level", "read");
    text(a, "--manifest", manifest);
    text(a, "--ledger", ledger);
    package(a, &options->package);
    words(a, source, url);
}

void acc_arguments_probe(struct acc_arguments *a, const struct acc_watch_options *options,
                         const char *url)
{
    begin(a, "probe", &options->connection);
    object(a, &options->object);
    words(a, url, NULL);
}

void acc_arguments_digest(struct acc_arguments *a, const struct acc_watch_options *options,
                          const char *ledger, const char *url, int64_t since_s)
{
    add(a, "accession");
    add(a, "status");
    add(a, "--json");
    text(a, "--ledger", ledger);
    number(a, "--since", since_s, 0);
    number(a, "--due-after", options->due_days, 0);
    words(a, url, NULL);
}

void acc_arguments_release(struct acc_arguments *a)
{
    for (size_t i = 0; i < a->count; i++)
        free(a->list[i]);
    free(a->list);
    *a = (struct acc_arguments){0};
}
