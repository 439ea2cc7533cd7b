/* Comparisons of condition operators (IAM User Guide, "IAM JSON policy elements: Condition
 * operators"). A value that is not of the operator's kind satisfies nothing; acc_operator_takes()
 * says so beforehand. */
#include "policy/operators.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "policy/pattern.h"

static bool read_number(const char *text, double *number)
{
    char *end;
    *number = strtod(text, &end);
    return end != text && *end == '\0';
}

/* ISO 8601 as W3C profiles it ("2026", "2026-11-22", "2026-11-22T10:04Z", seconds, fractions, an
 * offset), or seconds since 1970. */
static bool read_date(const char *text, double *seconds)
{
    if (strlen(text) > 4 && read_number(text, seconds))
        return true;
    int64_t ms;
    if (acc_time_parse(text, &ms)) {
        *seconds = (double)ms / 1000;
        return true;
    }
    static const char *const formats[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d",
                                          "%Y-%m", "%Y"};
    for (size_t i = 0; i < ACC_COUNT_OF(formats); i++) {
        struct tm tm = {.tm_mday = 1};
        const char *rest = strptime(text, formats[i], &tm);
        if (rest == NULL)
            continue;
        struct tm offset = {0};
        char sign = *rest;
        if (sign == '+' || sign == '-')
            rest = strptime(rest + 1, "%H:%M", &offset);
        else if (sign == 'Z')
            rest++;
        if (rest == NULL || *rest != '\0')
            continue;
        long shift = offset.tm_hour * 3600L + offset.tm_min * 60L;
        *seconds = (double)timegm(&tm) - (double)(sign == '-' ? -shift : shift);
        return true;
    }
    return false;
}

struct network {
    int family;
    unsigned bits;
    unsigned char address[16];
};

static bool read_network(const char *text, struct network *net)
{
    char address[INET6_ADDRSTRLEN];
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : strlen(text);
    if (len >= sizeof address)
        return false;
    memcpy(address, text, len);
    address[len] = '\0';
    net->family = strchr(address, ':') ? AF_INET6 : AF_INET;
    unsigned long max = net->family == AF_INET6 ? 128 : 32;
    if (inet_pton(net->family, address, net->address) != 1)
        return false;
    long long bits = (long long)max;
    if (slash != NULL && !acc_parse_int(slash + 1, 0, (long long)max, &bits))
        return false;
    net->bits = (unsigned)bits;
    return true;
}

static bool inside(const struct network *host, const struct network *net)
{
    if (host->family != net->family)
        return false;
    size_t whole = net->bits / 8;
    unsigned rest = net->bits % 8;
    if (memcmp(host->address, net->address, whole) != 0)
        return false;
    return rest == 0 || (host->address[whole] ^ net->address[whole]) >> (8 - rest) == 0;
}

/* The text of a pattern that has neither wildcards nor holes; NULL when it has a hole. */
static char *plain(const char *want, size_t len)
{
    struct acc_str text = {0};
    for (size_t i = 0; i < len; i++) {
        if (want[i] == ACC_PATTERN_HOLE) {
            acc_str_release(&text);
            return NULL;
        }
        if (want[i] == ACC_PATTERN_LITERAL && i + 1 < len)
            i++;
        acc_str_add_c(&text, want[i]);
    }
    acc_str_reserve(&text, 0);
    return acc_str_detach(&text);
}

static enum acc_tri match_text(const char *have, const char *want, size_t len)
{
    return acc_pattern_match(want, len, &(struct acc_subject){.text = have});
}

static enum acc_tri match_folded(const char *have, const char *want, size_t len)
{
    return acc_pattern_match(want, len, &(struct acc_subject){.text = have, .fold_case = true});
}

/* An ARN is compared part by part, so that a star does not reach over a colon; the sixth part, the
 * resource, may hold colons of its own. */
static enum acc_tri match_arn(const char *have, const char *want, size_t len)
{
    enum acc_tri answer = ACC_YES;
    for (int part = 1; part <= 6 && answer != ACC_NO; part++) {
        const char *want_end = part < 6 ? memchr(want, ':', len) : NULL;
        const char *have_end = part < 6 ? strchr(have, ':') : NULL;
        if (part < 6 && (want_end == NULL || have_end == NULL))
            return ACC_NO;
        size_t want_len = want_end ? (size_t)(want_end - want) : len;
        char *piece = have_end ? acc_strndup(have, (size_t)(have_end - have)) : acc_strdup(have);
        answer = acc_tri_and(answer, match_text(piece, want, want_len));
        free(piece);
        if (want_end == NULL)
            break;
        want = want_end + 1;
        len -= want_len + 1;
        have = have_end + 1;
    }
    return answer;
}

/* -1, 0, 1, or 2 when one of them cannot be read, 3 when the policy's value has a hole. */
static int order(const char *have, const char *want, size_t len,
                 bool (*read)(const char *text, double *value))
{
    char *text = plain(want, len);
    if (text == NULL)
        return 3;
    double a, b;
    bool both = read(have, &a) && read(text, &b);
    free(text);
    return !both ? 2 : (a > b) - (a < b);
}

#define ORDERED(name, read, test)                                                                  \
    static enum acc_tri name(const char *have, const char *want, size_t len)                       \
    {                                                                                              \
        int c = order(have, want, len, read);                                                      \
        return c == 3 ? ACC_MAYBE : acc_tri_of(test);                                              \
    }
ORDERED(number_equal, read_number, c == 0)
ORDERED(number_less, read_number, c < 0)
ORDERED(number_at_most, read_number, c <= 0)
ORDERED(number_greater, read_number, c == 1)
ORDERED(number_at_least, read_number, c == 0 || c == 1)
ORDERED(date_equal, read_date, c == 0)
ORDERED(date_less, read_date, c < 0)
ORDERED(date_at_most, read_date, c <= 0)
ORDERED(date_greater, read_date, c == 1)
ORDERED(date_at_least, read_date, c == 0 || c == 1)
#undef ORDERED

static enum acc_tri match_address(const char *have, const char *want, size_t len)
{
    char *text = plain(want, len);
    if (text == NULL)
        return ACC_MAYBE;
    struct network host, net;
    bool match = read_network(have, &host) && read_network(text, &net) && inside(&host, &net);
    free(text);
    return acc_tri_of(match);
}

/* X(name, words, operand, wildcards, negated, compare) */
#define OPERATORS(X)                                                                               \
    X(StringEquals, "is", TEXT, false, false, match_text)                                          \
    X(StringNotEquals, "is not", TEXT, false, true, match_text)                                    \
    X(StringEqualsIgnoreCase, "is", TEXT, false, false, match_folded)                              \
    X(StringNotEqualsIgnoreCase, "is not", TEXT, false, true, match_folded)                        \
    X(StringLike, "is like", TEXT, true, false, match_text)                                        \
    X(StringNotLike, "is not like", TEXT, true, true, match_text)                                  \
    X(NumericEquals, "is", NUMBER, false, false, number_equal)                                     \
    X(NumericNotEquals, "is not", NUMBER, false, true, number_equal)                               \
    X(NumericLessThan, "is less than", NUMBER, false, false, number_less)                          \
    X(NumericLessThanEquals, "is at most", NUMBER, false, false, number_at_most)                   \
    X(NumericGreaterThan, "is more than", NUMBER, false, false, number_greater)                    \
    X(NumericGreaterThanEquals, "is at least", NUMBER, false, false, number_at_least)              \
    X(DateEquals, "is", DATE, false, false, date_equal)                                            \
    X(DateNotEquals, "is not", DATE, false, true, date_equal)                                      \
    X(DateLessThan, "is before", DATE, false, false, date_less)                                    \
    X(DateLessThanEquals, "is not after", DATE, false, false, date_at_most)                        \
    X(DateGreaterThan, "is after", DATE, false, false, date_greater)                               \
    X(DateGreaterThanEquals, "is not before", DATE, false, false, date_at_least)                   \
    X(Bool, "is", BOOL, false, false, match_folded)                                                \
    X(BinaryEquals, "is", BINARY, false, false, match_text)                                        \
    X(IpAddress, "is in", ADDRESS, false, false, match_address)                                    \
    X(NotIpAddress, "is not in", ADDRESS, false, true, match_address)                              \
    X(ArnEquals, "is", ARN, true, false, match_arn)                                                \
    X(ArnNotEquals, "is not", ARN, true, true, match_arn)                                          \
    X(ArnLike, "is like", ARN, true, false, match_arn)                                             \
    X(ArnNotLike, "is not like", ARN, true, true, match_arn)                                       \
    X(Null, "is absent:", NULL, false, false, match_folded)

static const struct acc_operator operators[] = {
#define X(name, words, operand, wildcards, negated, compare)                                       \
    {#name, words, ACC_OPERAND_##operand, wildcards, negated, compare},
    OPERATORS(X)
#undef X
};

const struct acc_operator *acc_operator_find(const char *name, size_t len)
{
    for (size_t i = 0; i < ACC_COUNT_OF(operators); i++)
        if (strlen(operators[i].name) == len && strncasecmp(operators[i].name, name, len) == 0)
            return &operators[i];
    return NULL;
}

bool acc_operator_takes(const struct acc_operator *op, const char *value)
{
    double number;
    struct network net;
    if (strstr(value, "${") != NULL)
        return true;
    switch (op->operand) {
    case ACC_OPERAND_NUMBER:
        return read_number(value, &number);
    case ACC_OPERAND_DATE:
        return read_date(value, &number);
    case ACC_OPERAND_BOOL:
    case ACC_OPERAND_NULL:
        return strcasecmp(value, "true") == 0 || strcasecmp(value, "false") == 0;
    case ACC_OPERAND_ADDRESS:
        return read_network(value, &net);
    case ACC_OPERAND_ARN:
        return acc_starts_with(value, "arn:") || strcmp(value, "*") == 0;
    case ACC_OPERAND_TEXT:
    case ACC_OPERAND_BINARY:
        break;
    }
    return true;
}
