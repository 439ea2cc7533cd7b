/* Which digests of a body the server checks: the one byte is sent with one digest that is
 * another's. Refused: it is checked. Accepted: it is not, and the next one is tried. Any other
 * answer shows nothing. */
#include "s3/ops/probe_questions.h"

static const uint8_t wrong_sha256[ACC_SHA256_LEN] = {1};

static bool learns_of_part(const struct acc_s3_probe *probe)
{
    return probe->open && !probe->unsigned_parts && acc_s3_probe_learns(probe);
}

static bool asks_hash(const struct acc_s3_probe *probe)
{
    return learns_of_part(probe) && acc_s3_can(probe->s3)->signed_hash_checked == ACC_KNOWN_NOT;
}

static bool asks_sum(const struct acc_s3_probe *probe)
{
    const struct acc_capabilities *can = acc_s3_can(probe->s3);
    return learns_of_part(probe) && can->signed_hash_checked == ACC_KNOWN_NO &&
           probe->settled != ACC_S3_CHECKSUM_NONE && can->checksum_checked == ACC_KNOWN_NOT;
}

static bool asks_md5(const struct acc_s3_probe *probe)
{
    const struct acc_capabilities *can = acc_s3_can(probe->s3);
    return learns_of_part(probe) && can->signed_hash_checked == ACC_KNOWN_NO &&
           can->checksum_checked != ACC_KNOWN_YES && can->md5_checked == ACC_KNOWN_NOT;
}

static void send_again(struct acc_s3_probe *probe, const uint8_t *sha256, enum acc_s3_checksum kind,
                       bool wrong_sum)
{
    probe->sum = acc_s3_sum_of(kind, acc_s3_probe_byte, sizeof acc_s3_probe_byte);
    if (wrong_sum)
        probe->sum.bytes[0] ^= 1;
    acc_s3_upload_part(&probe->call, probe->s3, acc_str_cstr(&probe->key),
                       acc_str_cstr(&probe->upload_id), 1, acc_s3_probe_byte,
                       sizeof acc_s3_probe_byte, sha256, &probe->sum);
    probe->call.question = true;
}

static void make_hash(struct acc_s3_probe *probe)
{
    send_again(probe, wrong_sha256, probe->settled, false);
}

static void make_sum(struct acc_s3_probe *probe)
{
    send_again(probe, NULL, probe->settled, true);
}

static void make_md5(struct acc_s3_probe *probe)
{
    send_again(probe, NULL, ACC_S3_CHECKSUM_NONE, false);
    acc_base64_encode(wrong_sha256, 16, probe->call.content_md5);
}

static enum acc_known checked(const struct acc_s3_call *call)
{
    if (call->class == ACC_S3_OK)
        return ACC_KNOWN_NO;
    bool refused = call->status >= 400 && call->status < 500 && call->status != 429 &&
                   call->class != ACC_S3_DENIED;
    return refused ? ACC_KNOWN_YES : ACC_KNOWN_NOT;
}

static void read_hash(struct acc_s3_probe *probe, bool ok)
{
    acc_s3_can(probe->s3)->signed_hash_checked = checked(&probe->call);
}

static void read_sum(struct acc_s3_probe *probe, bool ok)
{
    acc_s3_can(probe->s3)->checksum_checked = checked(&probe->call);
}

static void read_md5(struct acc_s3_probe *probe, bool ok)
{
    acc_s3_can(probe->s3)->md5_checked = checked(&probe->call);
}

const struct acc_s3_probe_question acc_s3_ask_hash = {asks_hash, make_hash, read_hash},
                                   acc_s3_ask_sum = {asks_sum, make_sum, read_sum},
                                   acc_s3_ask_md5 = {asks_md5, make_md5, read_md5};
