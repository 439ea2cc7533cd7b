/* Notifies the service manager (sd_notify(3)): we are ready, a line of status, we are alive.
 *
 * The protocol is a datagram of "NAME=VALUE" lines to the socket that $NOTIFY_SOCKET names. It is
 * documented and promised to be stable, and takes less code than a dependency on libsystemd.
 * Without the variable nothing is sent. */
#ifndef ACC_WATCH_NOTIFY_H
#define ACC_WATCH_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct acc_notify {
    int fd; /* -1: no service manager listens */
    struct sockaddr_un to;
    socklen_t to_len;
    uint64_t watchdog_ms; /* send "WATCHDOG=1" at least once in this time; 0: not asked for */
};

/* Reads the variables and removes them from the environment: a child must not notify for us. */
void acc_notify_open(struct acc_notify *notify);
/* `lines` is "READY=1", "STATUS=…\nWATCHDOG=1", …; never waits. */
void acc_notify_send(struct acc_notify *notify, const char *lines);
void acc_notify_close(struct acc_notify *notify);

#endif
