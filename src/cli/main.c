/* accession: sets up the process, then hands over to the table of commands. */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <sys/resource.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/cli.h"

/* A closed standard descriptor would be given to the next file opened, a ledger perhaps, and
 * messages be written into it. Opened for the wrong direction, so that its use still fails. */
static void fill_standard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
            _exit(70);
}

/* Many small files and concurrent connections need more descriptors than the usual soft limit
 * allows; the administrator sets the hard limit, and it stays. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
        setrlimit(RLIMIT_NOFILE, &limit); /* the old limit is enough for most runs */
    }
}

int main(int argc, char **argv)
{
    fill_standard_descriptors();
    raise_descriptor_limit();
    signal(SIGPIPE, SIG_IGN); /* a reader that goes away must not end an ingest */
    setlocale(LC_CTYPE, "");
    return acc_cli_main(argc, argv, stdout, stderr);
}
