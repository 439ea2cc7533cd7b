/* Matches by walking the text once with the set of positions in the pattern that are alive: no
 * backtracking, so a hostile pattern costs length times length and no more.
 *
 * When the subject is open the walk ends in a set of positions. None alive: no text that begins so
 * can match. One with nothing but stars after it: all do. Anything else is open. */
#include "policy/pattern.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void acc_pattern_literal(struct acc_str *pattern, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (strchr("*?\001\002", text[i]) != NULL)
            acc_str_add_c(pattern, ACC_PATTERN_LITERAL);
        acc_str_add_c(pattern, text[i]);
    }
}

static bool spans(char c)
{
    return c == '*' || c == ACC_PATTERN_HOLE;
}

/* Marks `at` and what follows it without consuming a character. */
static void enter(bool *alive, const char *pattern, size_t len, size_t at)
{
    alive[at] = true;
    while (at < len && spans(pattern[at]))
        alive[++at] = true;
}

static bool same(char a, char b, bool fold_case)
{
    return a == b || (fold_case && tolower((unsigned char)a) == tolower((unsigned char)b));
}

/* One step: from the positions alive, those reached by consuming `c`. */
static bool step(const bool *alive, bool *next, const char *pattern, size_t len, char c, bool fold)
{
    bool any = false;
    memset(next, 0, len + 1);
    for (size_t i = 0; i < len; i++) {
        if (!alive[i])
            continue;
        size_t to = len + 1;
        if (spans(pattern[i]))
            to = i;
        else if (pattern[i] == '?')
            to = i + 1;
        else if (pattern[i] == ACC_PATTERN_LITERAL && i + 1 < len && same(pattern[i + 1], c, fold))
            to = i + 2;
        else if (pattern[i] != ACC_PATTERN_LITERAL && same(pattern[i], c, fold))
            to = i + 1;
        if (to <= len) {
            enter(next, pattern, len, to);
            any = true;
        }
    }
    return any;
}

static bool takes_all(const bool *alive, const char *pattern, size_t len)
{
    for (size_t end = len; end > 0 && pattern[end - 1] == '*'; end--)
        if (alive[end - 1])
            return true;
    return false;
}

enum acc_tri acc_pattern_match(const char *pattern, size_t len, const struct acc_subject *subject)
{
    bool *alive = acc_calloc(2 * (len + 1), sizeof *alive);
    bool *next = alive + len + 1, *now = alive;
    enum acc_tri answer = ACC_NO;
    enter(now, pattern, len, 0);
    bool any = true;
    for (const char *c = subject->text; *c != '\0' && any; c++) {
        any = step(now, next, pattern, len, *c, subject->fold_case);
        bool *swap = now;
        now = next;
        next = swap;
    }
    if (any && subject->open)
        answer = takes_all(now, pattern, len) ? ACC_YES : ACC_MAYBE;
    else if (any && now[len])
        answer = ACC_YES;
    if (answer == ACC_YES && memchr(pattern, ACC_PATTERN_HOLE, len) != NULL)
        answer = ACC_MAYBE;
    free(alive);
    return answer;
}

bool acc_wildcard(const char *pattern, const char *text, bool fold_case)
{
    const struct acc_subject subject = {.text = text, .fold_case = fold_case};
    return acc_pattern_match(pattern, strlen(pattern), &subject) == ACC_YES;
}
