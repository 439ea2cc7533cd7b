/* A datagram that cannot be sent is dropped: if the manager is restarted meanwhile, the next one
 * reports the same. */
#include "watch/outside/notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"

/* Half of what the manager allows, as sd_watchdog_enabled(3) advises. */
static uint64_t watchdog_from_environment(void)
{
    const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
    long long value, owner;
    if (usec == NULL || !acc_parse_int(usec, 1, INT64_MAX, &value))
        return 0;
    if (pid != NULL && (!acc_parse_int(pid, 1, INT64_MAX, &owner) || owner != getpid()))
        return 0;
    return value / 2000 > 0 ? (uint64_t)(value / 2000) : 1;
}

void acc_notify_open(struct acc_notify *notify)
{
    const char *path = getenv("NOTIFY_SOCKET");
    size_t len = path != NULL ? strlen(path) : 0;
    *notify = (struct acc_notify){.fd = -1, .watchdog_ms = watchdog_from_environment()};
    notify->to.sun_family = AF_UNIX;
    if ((len > 1 && len < sizeof notify->to.sun_path) && (path[0] == '/' || path[0] == '@')) {
        memcpy(notify->to.sun_path, path, len);
        if (path[0] == '@')
            notify->to.sun_path[0] = '\0'; /* an abstract name */
        notify->to_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
        notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    }
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

void acc_notify_send(struct acc_notify *notify, const char *lines)
{
    if (notify->fd >= 0)
        sendto(notify->fd, lines, strlen(lines), MSG_NOSIGNAL, (const struct sockaddr *)&notify->to,
               notify->to_len);
}

void acc_notify_close(struct acc_notify *notify)
{
    if (notify->fd >= 0)
        close(notify->fd);
    notify->fd = -1;
}
