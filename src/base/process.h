/* Which process this is, as one word that others can judge: "HOST.BOOT.PID.START", all in
 * hexadecimal but the pid. HOST stands for the machine, BOOT for this boot of it and the pid
 * namespace, START for when the process began. Processes of another boot or machine cannot be
 * judged from here. See proc(5), random(4) and machine-id(5). */
#ifndef ACC_BASE_PROCESS_H
#define ACC_BASE_PROCESS_H

#include <stdbool.h>

#define ACC_PROCESS_TEXT 80

enum acc_process_state {
    ACC_PROCESS_UNKNOWN, /* of another boot, another machine, or not such a word */
    ACC_PROCESS_ALIVE,
    ACC_PROCESS_DEAD /* of this boot and namespace, and there is no such process any more */
};

/* `out` is returned. Without /proc, HOST, BOOT and START are 0, and no run can judge it. */
char *acc_process_self(char out[ACC_PROCESS_TEXT]);
enum acc_process_state acc_process_state(const char *process);
/* HOST of a word, into `out`; "" if it is no such word. */
char *acc_process_host(const char *process, char out[ACC_PROCESS_TEXT]);

#endif
