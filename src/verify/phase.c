/* The phase of a verification. */
#include "base/trace.h"
#include "verify/run.h"

void acc_verify_enter(struct acc_verify_run *run, enum acc_verify_phase phase)
{
    static const char *const names[] = {[ACC_VERIFY_PLANNING] = "PLANNING",
                                        [ACC_VERIFY_LISTING] = "LISTING",
                                        [ACC_VERIFY_CHECKING] = "CHECKING",
                                        [ACC_VERIFY_OVER] = "OVER"};
    if (run->phase == ACC_VERIFY_OVER || run->phase == phase)
        return;
    acc_trace(ACC_TRACE_RUN, "verify: %s -> %s", names[run->phase], names[phase]);
    run->phase = phase;
    if (phase != ACC_VERIFY_OVER)
        return;
    acc_timer_stop(&run->tick);
    acc_timer_stop(&run->drawn);
    acc_loop_stop(&run->loop);
}
