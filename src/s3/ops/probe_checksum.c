/* Which additional checksum parts get: settled by what the server answers to the one byte. Nothing
 * fails: a server that shows to know none gets none. */
#include "s3/ops/probe_questions.h"

const char acc_s3_probe_byte[1] = "\n";

/* The checksums that AUTO tries, the best first. */
static const enum acc_s3_checksum candidates[] = {
    ACC_S3_CHECKSUM_CRC64NVME,
    ACC_S3_CHECKSUM_CRC32C,
    ACC_S3_CHECKSUM_SHA256,
    ACC_S3_CHECKSUM_NONE,
};

static bool is_choosing(const struct acc_s3_probe *probe)
{
    return probe->checksum == ACC_S3_CHECKSUM_AUTO && !probe->cancelled &&
           probe->settled != ACC_S3_CHECKSUM_NONE;
}

/* A default that is refused is left out, and the rest asked again. */
static bool is_to_be_dropped(const struct acc_s3_probe *probe)
{
    return probe->may_drop && !probe->cancelled && probe->settled != ACC_S3_CHECKSUM_NONE &&
           probe->refused != NULL && probe->refused->class == ACC_S3_KEY;
}

/* The server supports the checksum, and does not make a composite one out of CRCs. */
static bool serves(const struct acc_s3_probe *probe)
{
    return probe->heard && !(probe->composite && acc_s3_checksum_joins(probe->settled));
}

void acc_s3_probe_first_checksum(struct acc_s3_probe *probe)
{
    probe->candidate = 0;
    probe->settled = probe->checksum == ACC_S3_CHECKSUM_AUTO ? candidates[0] : probe->checksum;
}

/* Not without any: what is accepted without being known is accepted when it is left out. */
bool acc_s3_probe_tries_another(const struct acc_s3_probe *probe)
{
    if (is_to_be_dropped(probe))
        return true;
    if (!is_choosing(probe))
        return false;
    if (probe->refused != NULL)
        return probe->refused->class == ACC_S3_KEY;
    return !serves(probe) && candidates[probe->candidate + 1] != ACC_S3_CHECKSUM_NONE;
}

void acc_s3_probe_next_checksum(struct acc_s3_probe *probe)
{
    probe->settled =
        is_to_be_dropped(probe) ? ACC_S3_CHECKSUM_NONE : candidates[++probe->candidate];
}

void acc_s3_probe_settle(struct acc_s3_probe *probe)
{
    if (is_choosing(probe) && probe->refused == NULL && !serves(probe))
        probe->settled = ACC_S3_CHECKSUM_NONE;
}

bool acc_s3_probe_learns(const struct acc_s3_probe *probe)
{
    return probe->learn && !probe->cancelled && probe->refused == NULL &&
           !acc_s3_is_aws(probe->s3) && !acc_s3_probe_tries_another(probe);
}
