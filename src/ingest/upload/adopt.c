/* Taking up an upload that an earlier run left unfinished: the ledger has its id and the SHA-256 of
 * each part that was answered, the server lists what it holds. A part counts when both agree on its
 * ETag and the bytes, read again, have that SHA-256. A part that only the server has (its answer
 * was lost) is sent again: an ETag is an MD5 at best, and different bytes can have the same one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ingest/upload/actions.h"

/* "crc64nvme" or, once it was gated, "crc64nvme:BASE64". A name that this version does not know is
 * left to the server to refuse. */
static void load_checksum(struct acc_upload *u, const char *recorded)
{
    char name[16];
    snprintf(name, sizeof name, "%s", recorded);
    name[strcspn(name, ":")] = '\0';
    if (!acc_s3_checksum_parse(name, &u->multipart.checksum))
        u->multipart.checksum = ACC_S3_CHECKSUM_SHA256;
    if (strchr(recorded, ':') != NULL)
        snprintf(u->sum.expected, sizeof u->sum.expected, "%s", recorded);
}

/* A part that was sent unsigned has no digest. */
static bool has_digest(const struct acc_part_row *part)
{
    static const uint8_t none[ACC_SHA256_LEN];
    return memcmp(part->sha256, none, sizeof none) != 0;
}

/* Its metadata was fixed when it was created, and names the SHA-256 promised then. */
static bool same_promise(const struct acc_digests *then, const struct acc_digests *now)
{
    unsigned shared;
    return acc_digests_differ(then, now, &shared) == ACC_ALG_COUNT &&
           acc_digests_has(then, ACC_SHA256) == acc_digests_has(now, ACC_SHA256);
}

bool acc_upload_load_unfinished(struct acc_upload *u)
{
    struct acc_upload_row row = {0};
    struct acc_error err;
    bool found = false;
    if (acc_ledger_upload(u->env->ledger, u->id, &row, &found, &err) != ACC_OK || !found)
        return false;
    /* One that this program never began: what is there cannot be gone on with. */
    if (row.part_size < 5 * ACC_S3_MIB || row.part_size % 64 != 0) {
        acc_upload_row_release(&row);
        return false;
    }
    acc_str_set(&u->multipart.id, row.upload_id);
    snprintf(u->token, sizeof u->token, "%s", row.token);
    load_checksum(u, row.checksum);
    u->multipart.part_size = row.part_size;
    u->facts.gated = row.gated;
    u->multipart.outdated = !same_promise(&row.promised, &u->entry.promised);
    if (row.gated)
        u->archived.digests = row.digests;
    u->multipart.on_server = acc_calloc(ACC_S3_PARTS_MAX, sizeof *u->multipart.on_server);
    for (uint32_t i = 0; i < row.part_count; i++)
        u->known.gated_size += row.parts[i].size;
    for (uint32_t i = 0; i < row.part_count; i++)
        if (row.parts[i].number >= 1 && row.parts[i].number <= ACC_S3_PARTS_MAX &&
            has_digest(&row.parts[i]))
            u->multipart.on_server[row.parts[i].number - 1] = row.parts[i];
    acc_upload_row_release(&row);
    return true;
}

/* Marks, by a negative number, what the ledger has and the listing has not confirmed yet. */
static void doubt_all(struct acc_upload *u)
{
    for (int32_t i = 0; i < ACC_S3_PARTS_MAX; i++)
        u->multipart.on_server[i].number = -u->multipart.on_server[i].number;
}

static void on_listed(void *arg, const struct acc_s3_listed_part *part)
{
    struct acc_upload *u = arg;
    if (part->number < 1 || part->number > ACC_S3_PARTS_MAX)
        return;
    struct acc_part_row *row = &u->multipart.on_server[part->number - 1];
    if (row->number != 0 && strcmp(row->etag, part->etag) == 0 && row->size == part->size)
        row->number = part->number;
}

static void forget_doubtful(struct acc_upload *u)
{
    for (int32_t i = 0; i < ACC_S3_PARTS_MAX; i++)
        if (u->multipart.on_server[i].number < 0) {
            struct acc_record record = {.kind = ACC_RECORD_PART_FORGOTTEN,
                                        .run = u->env->run,
                                        .entry = u->id,
                                        .part = {.number = -u->multipart.on_server[i].number}};
            acc_ledger_post(u->env->ledger, &record);
            u->multipart.on_server[i] = (struct acc_part_row){0};
        }
}

static void ask(struct acc_upload *u);

static void on_outdated_aborted(struct acc_s3_call *call)
{
    struct acc_upload *u = ACC_CONTAINER_OF(call, struct acc_upload, call);
    if (call->class == ACC_S3_OK || call->class == ACC_S3_RESTART ||
        call->class == ACC_S3_MISSING) {
        u->multipart.outdated = false;
        acc_upload_post(u, ACC_ON_ADOPT_GONE);
    } else {
        acc_upload_call_failed(u, call);
    }
    acc_upload_end(u);
}

static void abort_outdated(struct acc_upload *u)
{
    u->facts.gated = false; /* it is not completed, so nothing of it is to be found */
    acc_s3_abort_upload(&u->call, u->env->s3, acc_str_cstr(&u->key),
                        acc_str_cstr(&u->multipart.id));
    u->call.on_done = on_outdated_aborted;
    acc_upload_begin(u);
    acc_s3_call_start(&u->call);
}

static void on_parts(struct acc_s3_call *call)
{
    struct acc_upload *u = ACC_CONTAINER_OF(call, struct acc_upload, call);
    switch (call->class) {
    case ACC_S3_OK:
        if (!acc_s3_read_list_parts(call, &u->page, on_listed, u)) {
            call->class = ACC_S3_PROTOCOL;
            acc_upload_call_failed(u, call);
        } else if (u->page.more) {
            ask(u);
        } else {
            forget_doubtful(u);
            if (u->multipart.outdated) {
                abort_outdated(u);
                break;
            }
            u->multipart.composite = acc_s3_read_parts_composite(call, u->multipart.checksum);
            acc_upload_post(u, ACC_ON_ADOPTED);
        }
        break;
    case ACC_S3_RESTART:
    case ACC_S3_MISSING:
        acc_upload_post(u, ACC_ON_ADOPT_GONE);
        break;
    default:
        acc_upload_call_failed(u, call);
        break;
    }
    acc_upload_end(u);
}

static void ask(struct acc_upload *u)
{
    acc_s3_list_parts(&u->call, u->env->s3, acc_str_cstr(&u->key), acc_str_cstr(&u->multipart.id),
                      &u->page);
    u->call.delay_ms = acc_upload_take_pause(u);
    u->call.on_done = on_parts;
    acc_upload_begin(u);
    acc_s3_call_start(&u->call);
}

void acc_upload_do_adopt(struct acc_upload *u)
{
    if (u->multipart.on_server == NULL)
        u->multipart.on_server = acc_calloc(ACC_S3_PARTS_MAX, sizeof *u->multipart.on_server);
    doubt_all(u);
    acc_s3_page_release(&u->page);
    ask(u);
}
