/* What it rests on that the bucket holds what a manifest promises. Only the gate says so
 * (gate/gate.h); the ledger and receipts keep the names. */
#ifndef ACC_BASE_GROUNDS_H
#define ACC_BASE_GROUNDS_H

#define ACC_GROUNDS(X)                                                                             \
    X(NONE, "")                  /* nothing yet */                                                 \
    X(SENT, "sent")              /* bytes that passed the gate and were then sent */               \
    X(LEDGER, "ledger")          /* the very write that this ledger recorded */                    \
    X(SERVER, "server-checksum") /* found there: the server's SHA-256 of the whole object */       \
    X(READ, "read")              /* found there: every byte read back */                           \
    X(FILE, "file")              /* found there: the local file has the object's SHA-256 */

enum acc_grounds {
#define X(id, name) ACC_GROUNDS_##id,
    ACC_GROUNDS(X)
#undef X
        ACC_GROUNDS_COUNT
};

const char *acc_grounds_name(enum acc_grounds grounds); /* static */
/* NONE for a name that is not known. */
enum acc_grounds acc_grounds_from_name(const char *name);

#endif
