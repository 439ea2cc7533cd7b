/* Retention, legal hold and tags: kept as the headers that a write would have set, so that GET and
 * HEAD show what was put here. Failures are S3's error replies. */
#include "exchange.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "xml.h"

static void set_kept(struct version *version, const char *name, const char *value)
{
    for (size_t i = 0; i < version->kept.count; i++) {
        if (strcmp(version->kept.at[i].name, name) != 0)
            continue;
        free(version->kept.at[i].value);
        version->kept.at[i].value = acc_strdup(value);
        return;
    }
    http_pairs_add(&version->kept, name, value);
}

static void set_from_body(struct exchange *x, struct version *version, const char *element,
                          const char *name)
{
    char *value = xml_text_of(&x->body, element);
    if (value != NULL)
        set_kept(version, name, value);
    free(value);
}

void handle_PutObjectRetention(struct exchange *x)
{
    struct version *version = wanted_version(x);
    if (version == NULL)
        return;
    set_from_body(x, version, "Mode", "x-amz-object-lock-mode");
    set_from_body(x, version, "RetainUntilDate", "x-amz-object-lock-retain-until-date");
    x->reply.status = 200;
}

void handle_PutObjectLegalHold(struct exchange *x)
{
    struct version *version = wanted_version(x);
    if (version == NULL)
        return;
    set_from_body(x, version, "Status", "x-amz-object-lock-legal-hold");
    x->reply.status = 200;
}

void handle_GetObjectRetention(struct exchange *x)
{
    const struct version *version = wanted_version(x);
    if (version == NULL)
        return;
    const char *mode = http_pairs_find(&version->kept, "x-amz-object-lock-mode");
    const char *until = http_pairs_find(&version->kept, "x-amz-object-lock-retain-until-date");
    if (mode == NULL || until == NULL) {
        reply_error(x, 404, "NoSuchObjectLockConfiguration", "No retention is set.");
        return;
    }
    struct acc_str *xml = reply_xml(x, 200, "Retention");
    xml_element(xml, "Mode", mode);
    xml_element(xml, "RetainUntilDate", until);
    acc_str_add(xml, "</Retention>");
}

void handle_GetObjectLegalHold(struct exchange *x)
{
    const struct version *version = wanted_version(x);
    if (version == NULL)
        return;
    const char *status = http_pairs_find(&version->kept, "x-amz-object-lock-legal-hold");
    struct acc_str *xml = reply_xml(x, 200, "LegalHold");
    xml_element(xml, "Status", status ? status : "OFF");
    acc_str_add(xml, "</LegalHold>");
}

void handle_PutObjectTagging(struct exchange *x)
{
    struct version *version = wanted_version(x);
    if (version == NULL)
        return;
    char *tags = tags_as_query(&x->body);
    set_kept(version, "x-amz-tagging", tags);
    free(tags);
    x->reply.status = 200;
}

void handle_GetObjectTagging(struct exchange *x)
{
    const struct version *version = wanted_version(x);
    if (version == NULL)
        return;
    const char *tags = http_pairs_find(&version->kept, "x-amz-tagging");
    struct acc_str *xml = reply_xml(x, 200, "Tagging");
    acc_str_add(xml, "<TagSet>");
    char *copy = acc_strdup(tags ? tags : ""), *rest = copy, *tag;
    while ((tag = strsep(&rest, "&")) != NULL) {
        char *equals = strchr(tag, '=');
        char *name = http_percent_decode(tag, equals ? (size_t)(equals - tag) : strlen(tag));
        char *value =
            http_percent_decode(equals ? equals + 1 : "", equals ? strlen(equals + 1) : 0);
        if (name != NULL && *name != '\0' && value != NULL) {
            acc_str_add(xml, "<Tag>");
            xml_element(xml, "Key", name);
            xml_element(xml, "Value", value);
            acc_str_add(xml, "</Tag>");
        }
        free(name);
        free(value);
    }
    free(copy);
    acc_str_add(xml, "</TagSet></Tagging>");
}
