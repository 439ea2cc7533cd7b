/* Refused files: kept as texts, at most ACC_FAILURES_KEPT of them, and listed at the end. */
#include "cli/screen/report.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define WIDEST_PATH 36
#define SHORTEST_DIGEST 32 /* hex digits: MD5 */

static char *shown_path(const char *path)
{
    struct acc_str out = {0};
    acc_show_path(&out, path);
    return acc_str_detach(&out);
}

static char *digest_text(const struct acc_digests *digests, enum acc_alg alg,
                         const struct acc_glyphs *glyphs)
{
    char hex[ACC_DIGEST_MAX * 2 + 1];
    struct acc_str out = {0};
    acc_digests_hex(digests, alg, hex);
    if (alg != ACC_SHA256)
        acc_str_addf(&out, "%s ", acc_alg_name(alg));
    acc_show_digest(&out, hex, glyphs);
    return acc_str_detach(&out);
}

/* Manifest and what was read side by side; false when the event does not hold both. */
static bool compare(struct acc_failure *failure, const struct acc_file_event *file,
                    const struct acc_glyphs *glyphs)
{
    unsigned shared;
    if (file->code != ACC_DIGEST || file->promised == NULL || file->digests == NULL)
        return false;
    enum acc_alg alg = acc_digests_differ(file->promised, file->digests, &shared);
    if (alg == ACC_ALG_COUNT)
        return false;
    char *promised = digest_text(file->promised, alg, glyphs);
    char *found = digest_text(file->digests, alg, glyphs);
    char count[32], time[ACC_TIME_TEXT];
    struct acc_str a = {0}, b = {0};
    acc_str_addf(&a, "%s   (", promised);
    acc_show_path(&a, file->origin ? file->origin : "manifest");
    if (file->line > 0)
        acc_str_addf(&a, ", line %llu", (unsigned long long)file->line);
    acc_str_add(&a, ")");
    acc_str_add(&b, found);
    if (file->size >= 0)
        acc_str_addf(&b, "   (%s bytes", acc_show_count((unsigned long long)file->size, count));
    if (file->size >= 0 && file->modified != 0)
        acc_str_addf(&b, ", modified %.16s", acc_time_show(file->modified, time));
    acc_str_add(&b, file->size >= 0 ? ")" : "");
    failure->of_object = file->of_object;
    failure->promised = acc_str_detach(&a);
    failure->found = acc_str_detach(&b);
    free(promised);
    free(found);
    return true;
}

/* A reason as it may be shown. Digests within it are shortened, as everywhere on a screen: receipts
 * and JSON have them whole. */
static void show_reason(struct acc_str *out, const char *reason, const struct acc_glyphs *glyphs)
{
    static const char digits[] = "0123456789abcdef";
    struct acc_str shown = {0}, digest = {0};
    acc_show_text(&shown, reason);
    for (const char *at = acc_str_cstr(&shown); *at != '\0';) {
        size_t hex = strspn(at, digits), other = strcspn(at, digits);
        acc_str_clear(&digest);
        acc_str_add_n(&digest, at, hex);
        if (hex >= SHORTEST_DIGEST)
            acc_show_digest(out, digest.data, glyphs);
        else
            acc_str_add_n(out, at, hex);
        acc_str_add_n(out, at + hex, hex == 0 ? other : 0);
        at += hex > 0 ? hex : other;
    }
    acc_str_release(&shown);
    acc_str_release(&digest);
}

void acc_failures_add(struct acc_failures *failures, const struct acc_file_event *file,
                      const struct acc_glyphs *glyphs)
{
    if (failures->count == ACC_FAILURES_KEPT) {
        failures->more++;
        return;
    }
    struct acc_failure *failure = &failures->kept[failures->count++];
    struct acc_str reason = {0};
    *failure = (struct acc_failure){.path = shown_path(file->path)};
    if (compare(failure, file, glyphs))
        acc_str_add(&reason, "digest differs from the manifest");
    else
        show_reason(&reason,
                    file->reason && *file->reason ? file->reason : acc_code_text(file->code),
                    glyphs);
    failure->reason = acc_str_detach(&reason);
}

void acc_failures_release(struct acc_failures *failures)
{
    for (unsigned i = 0; i < failures->count; i++) {
        free(failures->kept[i].path);
        free(failures->kept[i].reason);
        free(failures->kept[i].promised);
        free(failures->kept[i].found);
    }
    *failures = (struct acc_failures){0};
}

static unsigned path_column(const struct acc_screen *screen, const struct acc_failures *failures)
{
    unsigned widest = 0, most = screen->width >= 80 ? WIDEST_PATH : 12;
    for (unsigned i = 0; i < failures->count; i++) {
        unsigned width = acc_text_width(failures->kept[i].path);
        if (width <= most && width > widest)
            widest = width;
    }
    return 2 + (widest ? widest : 2) + 3;
}

void acc_failures_print(struct acc_screen *screen, const struct acc_failures *failures,
                        unsigned most, const char *receipt)
{
    unsigned column = path_column(screen, failures);
    unsigned count = failures->count < most ? failures->count : most;
    unsigned long long more = failures->more + (failures->count - count);
    for (unsigned i = 0; i < count; i++) {
        const struct acc_failure *failure = &failures->kept[i];
        unsigned at = 2 + acc_text_width(failure->path);
        /* Never cut: the user is going to look for this file. */
        fputs("  ", screen->file);
        acc_screen_styled(screen, ACC_BAD, failure->path);
        acc_screen_paragraph(screen, at + 2 > column ? column + 1 : at, column, failure->reason);
        if (failure->promised == NULL)
            continue;
        acc_screen_field(screen, column, "manifest", column + 10, failure->promised);
        acc_screen_field(screen, column, failure->of_object ? "object" : "file", column + 10,
                         failure->found);
    }
    if (more > 0) {
        char text[32];
        fprintf(screen->file, "  and %s more%s\n", acc_show_count(more, text),
                *receipt ? ": see the receipt" : "");
    }
    if (count > 0)
        fputc('\n', screen->file);
}
