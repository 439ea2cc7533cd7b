/* bagit.txt and bag-info.txt (RFC 8493, 2.1.1 and 2.2.2; the latter was package-info.txt before
 * 0.96). Errors are ACC_MANIFEST with file and line. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "manifest/bag.h"

static const struct {
    const char *text;
    unsigned number;
} versions[] = {{"0.93", 93}, {"0.94", 94}, {"0.95", 95}, {"0.96", 96}, {"0.97", 97}, {"1.0", 100}};

/* The value after "LABEL:" and white space, trailing white space cut; NULL when the label differs.
 */
static char *value_of(char *line, size_t len, const char *label)
{
    size_t n = strlen(label);
    if (len <= n || strncmp(line, label, n) != 0 || line[n] != ':')
        return NULL;
    while (len > n && strchr(" \t", line[len - 1]) != NULL)
        line[--len] = '\0';
    char *value = line + n + 1;
    return value + strspn(value, " \t");
}

static enum acc_code take_version(struct acc_bag *bag, struct acc_reading *r, const char *text)
{
    for (size_t i = 0; i < ACC_COUNT_OF(versions); i++) {
        if (strcmp(text, versions[i].text) != 0)
            continue;
        bag->version = versions[i].number;
        snprintf(bag->info->version, sizeof bag->info->version, "%s", text);
        return ACC_OK;
    }
    return acc_reading_fail(r, r->input.line,
                            "BagIt version '%s' is not known (0.93 to 0.97 and 1.0 "
                            "are). Correct the version.",
                            acc_reading_show(r, text, strlen(text)));
}

static enum acc_code take_encoding(struct acc_bag *bag, struct acc_reading *r, const char *text)
{
    bag->encoding = acc_encoding_parse(text, strlen(text));
    if (bag->encoding != ACC_ENC_UNKNOWN)
        return ACC_OK;
    return acc_reading_fail(r, r->input.line,
                            "encoding '%s' is not supported (UTF-8, ISO-8859-1 and "
                            "UTF-16 are). Convert the tag files to UTF-8.",
                            acc_reading_show(r, text, strlen(text)));
}

static enum acc_code declaration_line(struct acc_bag *bag, struct acc_reading *r, char *line,
                                      size_t len)
{
    char *value;
    if (bag->version == 0 && (value = value_of(line, len, "BagIt-Version")) != NULL)
        return take_version(bag, r, value);
    if (bag->version != 0 && bag->encoding == ACC_ENC_UNKNOWN &&
        (value = value_of(line, len, "Tag-File-Character-Encoding")) != NULL)
        return take_encoding(bag, r, value);
    if (strspn(line, " \t") == len && bag->encoding != ACC_ENC_UNKNOWN) {
        acc_reading_remark(r, ACC_REMARK_BLANK);
        return ACC_OK;
    }
    return acc_reading_fail(r, r->input.line,
                            "'%s' was not expected. The file must have two lines, \"BagIt-Version: "
                            "M.N\" and \"Tag-File-Character-Encoding: UTF-8\". Correct it.",
                            acc_reading_show(r, line, len));
}

enum acc_code acc_bag_read_declaration(struct acc_bag *bag)
{
    struct acc_reading r;
    struct acc_manifest_info info = {0};
    enum acc_code code = acc_bag_begin(bag, "bagit.txt", ACC_ENC_UTF8, &info, &r);
    if (code != ACC_OK)
        return code;
    bag->encoding = ACC_ENC_UNKNOWN;
    while (code == ACC_OK) {
        char *line;
        size_t len;
        code = acc_reading_line(&r, &line, &len);
        if (code != ACC_OK || line == NULL)
            break;
        code = declaration_line(bag, &r, line, len);
    }
    if (code == ACC_OK && bag->encoding == ACC_ENC_UNKNOWN)
        code = acc_reading_fail(&r, 0,
                                "lacks \"BagIt-Version\" or \"Tag-File-Character-Encoding\". "
                                "Complete it.");
    return acc_bag_end(bag, &r, code);
}

/* "OCTETS.STREAMS" */
static enum acc_code take_oxum(struct acc_bag *bag, struct acc_reading *r, uint64_t line,
                               const char *text, size_t len)
{
    const char *dot = memchr(text, '.', len);
    int64_t octets, streams;
    if (dot == NULL || !acc_parse_size(text, (size_t)(dot - text), &octets) ||
        !acc_parse_size(dot + 1, len - (size_t)(dot + 1 - text), &streams))
        return acc_reading_fail(r, line, "Payload-Oxum '%s' is not OCTETS.FILES. Correct it.",
                                acc_reading_show(r, text, len));
    struct acc_bag_info *info = bag->info;
    bool differs = info->has_oxum && (info->payload_bytes != (uint64_t)octets ||
                                      info->payload_files != (uint64_t)streams);
    if (differs || (info->has_oxum && bag->version >= 100))
        return acc_reading_fail(r, line, "Payload-Oxum is given a second time. Keep one.");
    info->has_oxum = true;
    info->payload_bytes = (uint64_t)octets;
    info->payload_files = (uint64_t)streams;
    return ACC_OK;
}

/* An element of bag-info.txt, its continuation lines joined by spaces. */
struct element {
    struct acc_str label, value;
    uint64_t line;
};

static void trim(struct acc_str *s)
{
    while (s->len > 0 && strchr(" \t", s->data[s->len - 1]) != NULL)
        acc_str_cut(s, s->len - 1);
}

/* The element is complete: it goes to the sink, and an Oxum is kept. */
static enum acc_code end_element(struct acc_bag *bag, struct acc_reading *r, struct element *e)
{
    enum acc_code code = ACC_OK;
    if (e->label.len == 0)
        return ACC_OK;
    trim(&e->value);
    if (bag->sink->tag != NULL)
        bag->sink->tag(bag->sink->arg, e->label.data, acc_str_cstr(&e->value));
    if (strcasecmp(e->label.data, "Payload-Oxum") == 0)
        code = take_oxum(bag, r, e->line, acc_str_cstr(&e->value), e->value.len);
    acc_str_clear(&e->label);
    acc_str_clear(&e->value);
    return code;
}

static enum acc_code begin_element(struct acc_bag *bag, struct acc_reading *r, struct element *e,
                                   char *line, size_t len)
{
    char *colon = memchr(line, ':', len);
    if (colon == NULL && bag->version >= 100)
        return acc_reading_fail(r, r->input.line, "'%s' has no colon. Write \"Label: value\".",
                                acc_reading_show(r, line, len));
    if (colon == NULL) {
        acc_reading_note(r, r->input.line, "the line has no colon; it was skipped");
        return ACC_OK;
    }
    acc_str_add_n(&e->label, line, (size_t)(colon - line));
    trim(&e->label);
    const char *value = colon + 1 + strspn(colon + 1, " \t");
    acc_str_add(&e->value, value);
    e->line = r->input.line;
    return ACC_OK;
}

static enum acc_code info_line(struct acc_bag *bag, struct acc_reading *r, struct element *e,
                               char *line, size_t len)
{
    bool continues = len > 0 && (line[0] == ' ' || line[0] == '\t');
    if (len == 0)
        return ACC_OK;
    if (continues) {
        if (e->label.len > 0) {
            trim(&e->value);
            acc_str_addf(&e->value, "%s%s", e->value.len > 0 ? " " : "",
                         line + strspn(line, " \t"));
        }
        return ACC_OK;
    }
    enum acc_code code = end_element(bag, r, e);
    return code == ACC_OK ? begin_element(bag, r, e, line, len) : code;
}

enum acc_code acc_bag_read_info(struct acc_bag *bag)
{
    const char *name = "bag-info.txt";
    if (!acc_bag_has(bag, name) && bag->version < 96)
        name = "package-info.txt";
    if (!acc_bag_has_text(bag, name))
        return ACC_OK;
    struct acc_reading r;
    struct acc_manifest_info info = {0};
    struct element element = {0};
    enum acc_code code = acc_bag_begin(bag, name, bag->encoding, &info, &r);
    if (code != ACC_OK)
        return code;
    while (code == ACC_OK) {
        char *line;
        size_t len;
        code = acc_reading_line(&r, &line, &len);
        if (code != ACC_OK || line == NULL)
            break;
        code = info_line(bag, &r, &element, line, len);
    }
    if (code == ACC_OK)
        code = end_element(bag, &r, &element);
    acc_str_release(&element.label);
    acc_str_release(&element.value);
    return acc_bag_end(bag, &r, code);
}
