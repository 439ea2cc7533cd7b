/* The words and colours of outcomes, the same wherever the HTML page names one. Never fails. */
#include "receipt/page.h"

static const struct {
    const char *said, *colour;
} outcomes[ACC_ROW_OUTCOME_COUNT] = {
    [ACC_ROW_ARCHIVED] = {"archived", "ok"},        [ACC_ROW_ALREADY] = {"already there", "ok"},
    [ACC_ROW_FAILED] = {"refused", "bad"},          [ACC_ROW_CONFLICT] = {"conflict", "bad"},
    [ACC_ROW_PARKED] = {"parked", "wait"},          [ACC_ROW_NOT_BEGUN] = {"not begun", "wait"},
    [ACC_ROW_UNCHANGED] = {"unchanged", "ok"},      [ACC_ROW_DIFFERENT] = {"different", "bad"},
    [ACC_ROW_UNREADABLE] = {"not readable", "bad"}, [ACC_ROW_NOT_CHECKED] = {"not checked", "wait"},
    [ACC_ROW_WITHHELD] = {"withheld", "wait"},
};

const char *acc_page_outcome(enum acc_row_outcome outcome)
{
    return outcomes[outcome].said;
}

const char *acc_page_colour(enum acc_row_outcome outcome)
{
    return outcomes[outcome].colour;
}
