"""Makes a failing sequence short: drops steps, then parts of steps, as long as the same kind of violation remains."""
import time

import steps

PATIENCE = 120  # seconds for one sequence


def shrink(run, sequence, violation):
    """`run(sequence)` gives a violation or None. The shortest sequence found, and what is said of it."""
    end = time.monotonic() + PATIENCE
    best, said = sequence, violation

    def fails(tried):
        nonlocal best, said
        found = run(tried) if time.monotonic() < end else None
        if found is None or found.kind != violation.kind:
            return False
        best, said = tried, found
        return True

    size = max(1, len(best) // 2)
    while size:
        at = 0
        while at < len(best):
            if not fails(best[:at] + best[at + size:]):
                at += size
        size //= 2
    at = 0
    while at < len(best):
        if not any(fails(best[:at] + [simpler] + best[at + 1:]) for simpler in steps.simpler(best[at])):
            at += 1
    return best, str(said)
