/* The watcher's voice on standard error: one line a message, with a priority where the journal
 * reads it (sd-daemon(3): "<4>"), with the time elsewhere. */
#ifndef ACC_WATCH_LOG_H
#define ACC_WATCH_LOG_H

#include <stdbool.h>

/* syslog(3)'s numbers. */
enum acc_log_level { ACC_LOG_ERROR = 3, ACC_LOG_WARNING = 4, ACC_LOG_NOTICE = 5, ACC_LOG_INFO = 6 };

/* Whether standard error is the journal's, by $JOURNAL_STREAM ("DEVICE:INODE", systemd.exec(5)). */
bool acc_log_is_journal(void);
/* Makes the text showable first, so names that hold anything are safe in it. */
void acc_log(bool journal, enum acc_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
