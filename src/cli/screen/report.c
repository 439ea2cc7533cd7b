/* Functions that the reports share. */
#include "cli/screen/report.h"

#include <string.h>

#include "base/file.h"
#include "base/path.h"

void acc_report_field(struct acc_screen *screen, unsigned column, const char *label,
                      const char *text)
{
    struct acc_str shown = {0};
    acc_show_text(&shown, text);
    acc_screen_field(screen, 2, label, column, acc_str_cstr(&shown));
    acc_str_release(&shown);
}

void acc_show_bucket(struct acc_str *out, const char *url)
{
    const char *bucket = acc_starts_with(url, "s3://") ? url + 5 : url;
    size_t len = strcspn(bucket, "/");
    /* An access point's ARN has a slash of its own. */
    if (acc_starts_with(bucket, "arn:") && bucket[len] == '/')
        len += 1 + strcspn(bucket + len + 1, "/");
    acc_text_show(out, bucket, len);
}

void acc_show_abridged(struct acc_str *out, const char *text, const struct acc_glyphs *glyphs)
{
    const char *sign = acc_glyphs_utf8.ellipsis, *cut;
    for (; (cut = strstr(text, sign)) != NULL; text = cut + strlen(sign)) {
        acc_text_show(out, text, (size_t)(cut - text));
        acc_str_add(out, glyphs->ellipsis);
    }
    acc_show_text(out, text);
}

void acc_show_home_path(struct acc_str *out, const char *path)
{
    struct acc_str home = {0};
    acc_home_dir(&home);
    bool below = home.len > 1 && acc_starts_with(path, home.data) && path[home.len] == '/';
    if (below)
        acc_str_add(out, "~");
    acc_show_path(out, below ? path + home.len : path);
    acc_str_release(&home);
}
