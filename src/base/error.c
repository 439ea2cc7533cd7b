/* Errors: formatting and the table of codes. Never fails: a message too long for its buffer is cut
 * and ends in "...". */
#include <accession/error.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int exit_status;
    const char *fault;
    const char *text;
} codes[ACC_CODE_COUNT] = {
#define X(name, exit, fault, text) {#name, exit, fault, text},
    ACC_CODES(X)
#undef X
};

__attribute__((format(printf, 3, 0))) static void format_message(char *out, size_t size,
                                                                 const char *format, va_list args)
{
    int len = vsnprintf(out, size, format, args);
    if (len >= (int)size)
        memcpy(out + size - 4, "...", 4);
}

enum acc_code acc_error_set(struct acc_error *err, enum acc_code code, const char *format, ...)
{
    if (err == NULL)
        return code;
    /* Arguments may point into err->message itself, so format aside. */
    char message[sizeof err->message];
    va_list args;
    va_start(args, format);
    format_message(message, sizeof message, format, args);
    va_end(args);
    memcpy(err->message, message, sizeof message);
    err->code = code;
    return code;
}

enum acc_code acc_error_context(struct acc_error *err, const char *format, ...)
{
    if (err == NULL)
        return ACC_INTERNAL;
    char context[sizeof err->message];
    va_list args;
    va_start(args, format);
    format_message(context, sizeof context, format, args);
    va_end(args);
    return acc_error_set(err, err->code, "%s: %s", context, err->message);
}

const char *acc_code_name(enum acc_code code)
{
    return codes[code].name;
}

const char *acc_code_text(enum acc_code code)
{
    return codes[code].text;
}

const char *acc_code_fault(enum acc_code code)
{
    return codes[code].fault;
}

enum acc_code acc_code_from_name(const char *name)
{
    for (int code = 0; code < ACC_CODE_COUNT; code++)
        if (strcmp(codes[code].name, name) == 0)
            return (enum acc_code)code;
    return ACC_INTERNAL;
}

int acc_code_exit(enum acc_code code)
{
    return codes[code].exit_status;
}

enum acc_code acc_code_of_errno(int number, enum acc_code otherwise)
{
    switch (number) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case ENOSPC:
    case EIO:
        return ACC_LOCAL;
    default:
        return otherwise;
    }
}
