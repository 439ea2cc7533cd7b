/* The processor's own instructions for SHA-256. */
#ifndef ACC_DIGEST_ACCELERATION_H
#define ACC_DIGEST_ACCELERATION_H

/* "SHA-NI", "ARMv8 SHA2" or "none": what the processor offers to SHA-256. Static storage. */
const char *acc_sha256_acceleration(void);

#endif
