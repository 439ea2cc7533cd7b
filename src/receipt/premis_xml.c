/* XML of the PREMIS receipt. Writing never fails here; what cannot be carried is replaced, see
 * premis.h. */
#include "receipt/premis.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"

static bool xml_can_carry(const char *text, size_t len)
{
    unsigned char c = (unsigned char)text[0];
    if (len == 1)
        return c >= 0x20 || c == '\t' || c == '\n' || c == '\r';
    return len != 3 || memcmp(text, "\xEF\xBF", 2) != 0 || (unsigned char)text[2] < 0xBE;
}

/* How many bytes from `text` on XML can carry. */
static size_t carried_len(const char *text, size_t left)
{
    size_t at = 0;
    while (at < left) {
        size_t len = acc_utf8_len(text + at, left - at);
        if (len == 0 || !xml_can_carry(text + at, len))
            break;
        at += len;
    }
    return at;
}

/* Bytes from `text` on that XML cannot carry: a character, or a byte that is in none. */
static size_t odd_len(const char *text, size_t left)
{
    size_t len = acc_utf8_len(text, left);
    return len > 0 || left == 0 ? len : 1;
}

static const char *carried(struct acc_premis *premis, const char *text)
{
    size_t left = strlen(text), good = carried_len(text, left);
    if (good == left)
        return text;
    acc_str_clear(&premis->text);
    while (left > 0) {
        size_t odd = odd_len(text + good, left - good);
        acc_str_add_n(&premis->text, text, good);
        for (size_t i = 0; i < odd; i++)
            acc_str_addf(&premis->text, "\\x%02X", (unsigned char)text[good + i]);
        text += good + odd;
        left -= good + odd;
        good = carried_len(text, left);
    }
    return acc_str_cstr(&premis->text);
}

void acc_premisxml_begin(struct acc_premis *premis, const char *name)
{
    xmlTextWriterStartElement(premis->xml, BAD_CAST name);
}

void acc_premisxml_end(struct acc_premis *premis)
{
    xmlTextWriterEndElement(premis->xml);
}

void acc_premisxml_element(struct acc_premis *premis, const char *name, const char *text)
{
    xmlTextWriterWriteElement(premis->xml, BAD_CAST name, BAD_CAST carried(premis, text));
}

void acc_premisxml_attribute(struct acc_premis *premis, const char *name, const char *value)
{
    xmlTextWriterWriteAttribute(premis->xml, BAD_CAST name, BAD_CAST value);
}

void acc_premisxml_begin_identifier(struct acc_premis *premis, const char *name, const char *type,
                                    const char *value)
{
    char part[64];
    acc_premisxml_begin(premis, name);
    snprintf(part, sizeof part, "%sType", name);
    acc_premisxml_element(premis, part, type);
    snprintf(part, sizeof part, "%sValue", name);
    acc_premisxml_element(premis, part, value);
}

void acc_premisxml_identifier(struct acc_premis *premis, const char *name, const char *type,
                              const char *value)
{
    acc_premisxml_begin_identifier(premis, name, type, value);
    acc_premisxml_end(premis);
}

void acc_premisxml_percent_encode(struct acc_str *out, const char *text)
{
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     strchr("-._~/", c) != NULL;
        if (plain)
            acc_str_add_c(out, (char)c);
        else
            acc_str_addf(out, "%%%02X", c);
    }
}

/* The bucket is what the run's URL has before the prefix. */
void acc_premisxml_object_uri(struct acc_premis *premis, const char *key, struct acc_str *uri)
{
    const struct acc_run_info *run = &premis->receipt->run;
    bool restored = acc_receipt_restores(premis->receipt);
    const char *url = restored ? run->source : run->url, *prefix = premis->receipt->prefix;
    size_t len = strlen(url), prefix_len = strlen(prefix);
    if (prefix_len > 0 && len >= prefix_len)
        len -= prefix_len;
    acc_str_clear(uri);
    acc_str_add_n(uri, url, len);
    acc_str_add_c(uri, '/');
    acc_premisxml_percent_encode(uri, key);
}

void acc_premisxml_file_uri(struct acc_premis *premis, const char *path, struct acc_str *uri)
{
    acc_str_set(uri, "file://");
    for (const char *part = premis->receipt->run.url; *part != '\0';) {
        char name[NAME_MAX + 1];
        size_t len = strcspn(++part, "/");
        snprintf(name, sizeof name, "%.*s", (int)len, part);
        acc_str_add_c(uri, '/');
        acc_premisxml_percent_encode(uri, name);
        part += len;
    }
    if (*path == '\0')
        return;
    acc_str_add_c(uri, '/');
    acc_premisxml_percent_encode(uri, path);
}

void acc_premisxml_delivery_uri(struct acc_premis *premis, struct acc_str *uri)
{
    if (acc_receipt_restores(premis->receipt))
        acc_premisxml_file_uri(premis, "", uri);
    else
        acc_str_set(uri, premis->receipt->run.url);
}
