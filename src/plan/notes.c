/* Remarks of a plan on their way to the run, and the question whether it is to go on. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"
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

static void note_windows(struct acc_planning *p)
{
    struct acc_str shown = {0};
    if (p->windows == 0 || !p->any_found)
        return;
    acc_path_show(&shown, p->first_windows.data, p->first_windows.len);
    acc_plan_note(
        p, ACC_OK,
        "%llu names have backslashes and are found with slashes instead; the first is %s. "
        "If the manifest was made on Windows, pass --windows-paths.",
        (unsigned long long)p->windows, shown.data);
    acc_str_release(&shown);
}

static void note_nested(struct acc_planning *p)
{
    struct acc_str shown = {0};
    if (p->nested == 0)
        return;
    acc_path_show(&shown, p->first_nested.data, p->first_nested.len);
    acc_plan_note(
        p, ACC_OK,
        "%s: %s in the payload. It is archived as payload, compared with the manifests of "
        "the bag around it; its own are not read.",
        shown.data, p->nested == 1 ? "a bag lies" : "the first of several bags that lie");
    acc_str_release(&shown);
}

void acc_plan_note_names(struct acc_planning *p)
{
    note_windows(p);
    note_nested(p);
}
