/* Pure. */
#include "verify/schedule.h"

#include <string.h>

#include <openssl/sha.h>

#include "base/str.h"

static uint64_t leading(const void *bytes, size_t len)
{
    uint8_t sum[SHA256_DIGEST_LENGTH];
    uint64_t number = 0;
    SHA256(bytes, len, sum);
    for (int i = 0; i < 8; i++)
        number = number << 8 | sum[i];
    return number;
}

static bool in_slice(const struct acc_verify_options *o, const char *path)
{
    return o->slices == 0 || leading(path, strlen(path)) % o->slices == o->slice - 1;
}

static bool in_sample(const struct acc_verify_options *o, const char *path)
{
    struct acc_str text = {0};
    if (o->sample <= 0 || o->sample >= 1)
        return true;
    const char *seed = o->sample_seed != NULL ? o->sample_seed : "";
    acc_str_add_n(&text, seed, strlen(seed) + 1);
    acc_str_add(&text, path);
    bool in = (double)leading(text.data, text.len) < o->sample * 18446744073709551616.0;
    acc_str_release(&text);
    return in;
}

bool acc_schedule_takes(const struct acc_verify_options *options, const char *path)
{
    return in_slice(options, path) && in_sample(options, path);
}

bool acc_schedule_due(const struct acc_verify_options *options, int64_t last, int64_t now)
{
    return options->older_than <= 0 || last == 0 || now - last >= options->older_than;
}

bool acc_schedule_is_idle(const struct acc_verify_options *options, uint64_t recent)
{
    return recent > 0 || options->slices > 1;
}
