/* What the processor offers, as it says itself. Nothing fails: a processor that says nothing has
 * none. */
#include "digest/acceleration.h"

#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#include <asm/hwcap.h>
#endif

const char *acc_sha256_acceleration(void)
{
#if defined(__x86_64__) || defined(__i386__)
    unsigned a, b, c, d;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) && b & 1u << 29)
        return "SHA-NI";
#elif defined(__aarch64__)
    if (getauxval(AT_HWCAP) & HWCAP_SHA2)
        return "ARMv8 SHA2";
#endif
    return "none";
}
