/* Lines that are not a JSON object are ignored. Only the summary counts: a child that gave none has
 * failed, even if it wrote other lines. */
#include "watch/arrival/result.h"

#include <string.h>

#include <jansson.h>

#include "base/path.h"

static void set_text(struct acc_str *to, const json_t *object, const char *name, bool show)
{
    const char *text = json_string_value(json_object_get(object, name));
    acc_str_clear(to);
    if (text != NULL && show)
        acc_text_show(to, text, strlen(text));
    else if (text != NULL)
        acc_str_add(to, text);
}

static long long number(const json_t *object, const char *name)
{
    return (long long)json_integer_value(json_object_get(object, name));
}

static enum acc_code code_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? acc_code_from_name(text) : ACC_INTERNAL;
}

static void add_reason(struct acc_result *result, enum acc_code code, const char *path,
                       const char *reason, const char *detail)
{
    result->by_code[code]++;
    if (result->refused++ >= ACC_RESULT_REASONS)
        return;
    acc_str_add(&result->reasons, "  ");
    acc_path_show(&result->reasons, path, strlen(path));
    acc_str_add(&result->reasons, "\n      ");
    acc_text_show(&result->reasons, reason, strlen(reason));
    if (*detail != '\0') {
        acc_str_add(&result->reasons, ": ");
        acc_text_show(&result->reasons, detail, strlen(detail));
    }
    acc_str_add(&result->reasons, "\n");
}

static const char *text_or(const json_t *object, const char *name, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : otherwise;
}

/* A path with bytes that are not UTF-8 has "path_base64" beside it; for a text U+FFFD will do. */
static void take_file(struct acc_result *result, const json_t *file)
{
    const char *outcome = text_or(file, "outcome", ""), *path = text_or(file, "path", "");
    if (strcmp(outcome, "failed") == 0 || strcmp(outcome, "conflict") == 0)
        add_reason(result, code_of(file, "code"), path, text_or(file, "reason", outcome), "");
}

/* An entry of a verification. */
static void take_check(struct acc_result *result, const json_t *check)
{
    const char *finding = text_or(check, "finding", "");
    if (strcmp(finding, "unchanged") != 0)
        add_reason(result, code_of(check, "code"), text_or(check, "path", ""), finding,
                   text_or(check, "detail", ""));
}

static void take_summary(struct acc_result *result, const json_t *summary)
{
    result->has_summary = true;
    result->code = code_of(summary, "outcome");
    set_text(&result->message, summary, "message", true);
    set_text(&result->run, summary, "run", true);
    set_text(&result->receipt, summary, "receipt", false);
    result->files = (uint64_t)number(summary, "files");
    result->sent = (uint64_t)number(summary, "sent");
    result->already = (uint64_t)number(summary, "already");
    result->bytes_sent = number(summary, "bytes_sent");
    const char *level = json_string_value(json_object_get(summary, "level"));
    if (level != NULL && strcmp(level, "read") == 0)
        result->read = (uint64_t)(number(summary, "checked") + number(summary, "carried"));
}

/* A file that no manifest names is reported as a note, and refuses the arrival as a whole. */
static void take_note(struct acc_result *result, const json_t *note)
{
    const char *text = json_string_value(json_object_get(note, "text"));
    if (json_object_get(note, "code") == NULL || code_of(note, "code") != ACC_UNLISTED || !text)
        return;
    result->by_code[ACC_UNLISTED]++;
    if (result->refused++ >= ACC_RESULT_REASONS)
        return;
    acc_str_add(&result->reasons, "  ");
    acc_text_show(&result->reasons, text, strlen(text));
    acc_str_add(&result->reasons, "\n");
}

void acc_result_take(struct acc_result *result, const char *line, size_t len)
{
    json_t *object = json_loadb(line, len, 0, NULL);
    const char *type = json_string_value(json_object_get(object, "type"));
    if (type != NULL && strcmp(type, "file") == 0)
        take_file(result, object);
    else if (type != NULL && strcmp(type, "check") == 0)
        take_check(result, object);
    else if (type != NULL && strcmp(type, "note") == 0)
        take_note(result, object);
    else if (type != NULL && strcmp(type, "summary") == 0)
        take_summary(result, object);
    json_decref(object);
}

void acc_result_release(struct acc_result *result)
{
    acc_str_release(&result->message);
    acc_str_release(&result->run);
    acc_str_release(&result->receipt);
    acc_str_release(&result->reasons);
    *result = (struct acc_result){0};
}

/* Told apart by the code, not the exit status alone: status 2 covers a bad manifest and a bad
 * configuration. */
static enum acc_arrival_event judge(const struct acc_result *result, int status, int signal,
                                    enum acc_arrival_event good, enum acc_arrival_event bad)
{
    if (signal != 0 || !result->has_summary || status != acc_code_exit(result->code))
        return status == 143 || status == 130 ? ACC_ARRIVAL_ON_ENDED_PARKED
                                              : ACC_ARRIVAL_ON_ENDED_LATER;
    switch (result->code) {
    case ACC_OK:
        return good;
    case ACC_MANIFEST:
    case ACC_SOURCE:
        return bad;
    case ACC_LEDGER_BUSY:
    case ACC_INTERNAL:
        return ACC_ARRIVAL_ON_ENDED_LATER;
    case ACC_INTERRUPTED:
        return ACC_ARRIVAL_ON_ENDED_PARKED;
    default:
        return acc_code_exit(result->code) == 1 ? bad : ACC_ARRIVAL_ON_ENDED_HALTED;
    }
}

enum acc_arrival_event acc_result_judge(const struct acc_result *result, int status, int signal)
{
    /* "Archived" with no file at all would be a check that checked nothing. */
    if (result->has_summary && result->code == ACC_OK && result->files == 0)
        return ACC_ARRIVAL_ON_ENDED_LATER;
    return judge(result, status, signal, ACC_ARRIVAL_ON_ENDED_ARCHIVED,
                 ACC_ARRIVAL_ON_ENDED_REJECTED);
}

enum acc_arrival_event acc_result_judge_verify(const struct acc_result *result, int status,
                                               int signal)
{
    if (result->has_summary && result->code == ACC_OK &&
        (result->files == 0 || result->read != result->files))
        return ACC_ARRIVAL_ON_ENDED_LATER;
    return judge(result, status, signal, ACC_ARRIVAL_ON_VERIFIED, ACC_ARRIVAL_ON_UNVERIFIED);
}
