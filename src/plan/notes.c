/* Remarks of a plan on their way to the run, and the question whether it is to go on. */
#include <stdarg.h>
#include <stdio.h>

#include "plan/planning.h"

void acc_plan_note(struct acc_planning *p, enum acc_code code, const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    p->plan->on_note(p->plan->arg, code, text);
}

enum acc_code acc_plan_stopped(const struct acc_planning *p, struct acc_error *err)
{
    return atomic_load(p->plan->stop)
               ? acc_error_set(err, ACC_INTERRUPTED, "interrupted while reading the manifests")
               : ACC_OK;
}
