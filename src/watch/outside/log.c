/* One write a line, so that lines of several processes do not mix. A line that cannot be written is
 * lost: no other place to report it is left. */
#include "watch/outside/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/path.h"

bool acc_log_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    unsigned long long device, inode;
    struct stat st;
    return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
           fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

void acc_log(bool journal, enum acc_log_level level, const char *format, ...)
{
    char text[2048], time[ACC_TIME_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct acc_str line = {0};
    if (journal)
        acc_str_addf(&line, "<%d>", (int)level);
    else
        acc_str_addf(&line, "%s  ", acc_time_show(acc_time_now(), time));
    acc_text_show(&line, text, strlen(text));
    acc_str_add_c(&line, '\n');
    ssize_t written = write(STDERR_FILENO, line.data, line.len);
    (void)written;
    acc_str_release(&line);
}
