/* A profile is a JSON object, kept as it was read; the bag's tags are collected beside it as an
 * object of arrays, and acc_profile_check() compares the two, element by element. Elements of the
 * wrong type are the profile's fault and refused when it is opened. */
#include "plan/profile.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>

#include "base/mem.h"
#include "base/path.h"

struct acc_profile {
    json_t *rules;
    json_t *tags; /* label: [value, ...] */
};

/* What each element must be, so that the checks need not ask. */
static const struct {
    const char *name;
    json_type type;
    bool flag;
} elements[] = {
    {"BagIt-Profile-Info", JSON_OBJECT, false},    {"Bag-Info", JSON_OBJECT, false},
    {"Manifests-Required", JSON_ARRAY, false},     {"Manifests-Allowed", JSON_ARRAY, false},
    {"Tag-Manifests-Required", JSON_ARRAY, false}, {"Tag-Manifests-Allowed", JSON_ARRAY, false},
    {"Tag-Files-Required", JSON_ARRAY, false},     {"Tag-Files-Allowed", JSON_ARRAY, false},
    {"Accept-Serialization", JSON_ARRAY, false},   {"Accept-BagIt-Version", JSON_ARRAY, false},
    {"Serialization", JSON_STRING, false},         {"Allow-Fetch.txt", JSON_TRUE, true},
    {"Fetch.txt-Required", JSON_TRUE, true},       {"Data-Empty", JSON_TRUE, true},
};

static enum acc_code wrong(const char *file, struct acc_error *err, const char *element)
{
    return acc_error_set(err, ACC_CONFIG,
                         "%s: %s of the BagIt Profile is missing or of the wrong type. Correct the "
                         "profile.",
                         file, element);
}

static enum acc_code check_types(const char *file, const json_t *rules, struct acc_error *err)
{
    if (!json_is_object(rules) || json_object_get(rules, "BagIt-Profile-Info") == NULL)
        return wrong(file, err, "BagIt-Profile-Info");
    for (size_t i = 0; i < ACC_COUNT_OF(elements); i++) {
        const json_t *value = json_object_get(rules, elements[i].name);
        bool fits = value == NULL || (elements[i].flag ? json_is_boolean(value)
                                                       : json_typeof(value) == elements[i].type);
        if (!fits)
            return wrong(file, err, elements[i].name);
    }
    return ACC_OK;
}

enum acc_code acc_profile_open(const char *file, struct acc_profile **profile,
                               struct acc_error *err)
{
    json_error_t problem;
    json_t *rules = json_load_file(file, JSON_REJECT_DUPLICATES, &problem);
    if (rules == NULL)
        return acc_error_set(
            err, ACC_CONFIG,
            "%s:%d: cannot be read as a BagIt Profile: %s. Give the profile's JSON "
            "file.",
            file, problem.line, problem.text);
    enum acc_code code = check_types(file, rules, err);
    if (code != ACC_OK) {
        json_decref(rules);
        return code;
    }
    *profile = ACC_NEW(struct acc_profile);
    **profile = (struct acc_profile){.rules = rules, .tags = json_object()};
    return ACC_OK;
}

void acc_profile_free(struct acc_profile *profile)
{
    if (profile == NULL)
        return;
    json_decref(profile->rules);
    json_decref(profile->tags);
    free(profile);
}

void acc_profile_tag(struct acc_profile *profile, const char *label, const char *value)
{
    json_t *values = json_object_get(profile->tags, label);
    if (values == NULL) {
        values = json_array();
        json_object_set_new(profile->tags, label, values);
    }
    json_array_append_new(values, json_string(value));
}

/* ---- the bag's own description ---- */

static void fault(struct acc_str *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void fault(struct acc_str *out, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    acc_str_addf(out, "%s%s", out->len > 0 ? "; " : "", text);
}

static bool holds(const json_t *array, const char *text)
{
    size_t i;
    const json_t *value;
    json_array_foreach(array, i, value)
    {
        if (json_is_string(value) && strcmp(json_string_value(value), text) == 0)
            return true;
    }
    return false;
}

static bool is_set(const json_t *rule, const char *name, bool fallback)
{
    const json_t *value = json_object_get(rule, name);
    return value != NULL ? json_is_true(value) : fallback;
}

static void check_label(const struct acc_profile *p, const char *label, const json_t *rule,
                        struct acc_str *faults, struct acc_str *notes)
{
    const json_t *found = json_object_get(p->tags, label),
                 *allowed = json_object_get(rule, "values");
    size_t i;
    const json_t *value;
    if (found == NULL && is_set(rule, "required", false))
        fault(faults, "bag-info.txt has no %s", label);
    else if (found == NULL && is_set(rule, "recommended", false))
        fault(notes, "bag-info.txt has no %s, which the profile recommends", label);
    if (json_array_size(found) > 1 && !is_set(rule, "repeatable", true))
        fault(faults, "bag-info.txt has %s more than once", label);
    json_array_foreach(found, i, value)
    {
        if (json_array_size(allowed) > 0 && !holds(allowed, json_string_value(value)))
            fault(faults, "%s is '%.100s', which is not one of the allowed values", label,
                  json_string_value(value));
    }
}

static void check_bag_info(const struct acc_profile *p, struct acc_str *faults,
                           struct acc_str *notes)
{
    const char *label;
    json_t *rule;
    json_object_foreach(json_object_get(p->rules, "Bag-Info"), label, rule)
    {
        check_label(p, label, rule, faults, notes);
    }
    const char *id = json_string_value(json_object_get(
        json_object_get(p->rules, "BagIt-Profile-Info"), "BagIt-Profile-Identifier"));
    const json_t *claimed = json_object_get(p->tags, "BagIt-Profile-Identifier");
    if (id != NULL && claimed != NULL && !holds(claimed, id))
        fault(faults, "the bag's BagIt-Profile-Identifier is not '%.200s'", id);
}

/* ---- files ---- */

static bool has_manifest(const struct acc_bag_info *info, bool tags, const char *name)
{
    enum acc_alg alg = acc_alg_parse(name, strlen(name));
    for (unsigned i = 0; i < info->manifest_count; i++)
        if (info->manifests[i].tags == tags && info->manifests[i].alg == alg)
            return true;
    return false;
}

static bool allows(const json_t *allowed, enum acc_alg alg)
{
    size_t i;
    const json_t *value;
    json_array_foreach(allowed, i, value)
    {
        const char *name = json_string_value(value);
        if (name != NULL && acc_alg_parse(name, strlen(name)) == alg)
            return true;
    }
    return false;
}

static void check_manifests(const struct acc_profile *p, const struct acc_bag_info *info, bool tags,
                            struct acc_str *faults)
{
    const char *kind = tags ? "tagmanifest" : "manifest";
    const json_t *allowed =
        json_object_get(p->rules, tags ? "Tag-Manifests-Allowed" : "Manifests-Allowed");
    size_t i;
    const json_t *value;
    json_array_foreach(
        json_object_get(p->rules, tags ? "Tag-Manifests-Required" : "Manifests-Required"), i, value)
    {
        if (json_is_string(value) && !has_manifest(info, tags, json_string_value(value)))
            fault(faults, "%s-%.40s.txt is missing", kind, json_string_value(value));
    }
    for (unsigned m = 0; allowed != NULL && m < info->manifest_count; m++)
        if (info->manifests[m].tags == tags && !allows(allowed, info->manifests[m].alg))
            fault(faults, "%s is not allowed", info->manifests[m].name);
}

struct tag_files {
    const json_t *allowed;
    struct acc_str *faults;
};

static bool is_structural(const char *path)
{
    return strcmp(path, "bagit.txt") == 0 || strcmp(path, "bag-info.txt") == 0 ||
           strcmp(path, "fetch.txt") == 0 ||
           (strchr(path, '/') == NULL && acc_ends_with(path, ".txt") &&
            (acc_starts_with(path, "manifest-") || acc_starts_with(path, "tagmanifest-")));
}

static enum acc_code on_tag_file(void *arg, const char *path, const struct stat *st,
                                 struct acc_error *err)
{
    struct tag_files *t = arg;
    size_t i;
    const json_t *value;
    json_array_foreach(t->allowed, i, value)
    {
        if (json_is_string(value) && fnmatch(json_string_value(value), path, FNM_PATHNAME) == 0)
            return ACC_OK;
    }
    if (!is_structural(path))
        fault(t->faults, "the tag file %.200s is not allowed", path);
    return ACC_OK;
}

static int outside_data(void *arg, const char *path)
{
    return strcmp(path, "data") != 0;
}

static void check_tag_files(const struct acc_profile *p, const struct acc_source *source,
                            struct acc_str *faults)
{
    struct tag_files t = {json_object_get(p->rules, "Tag-Files-Allowed"), faults};
    size_t i;
    const json_t *value;
    json_array_foreach(json_object_get(p->rules, "Tag-Files-Required"), i, value)
    {
        const char *name = json_is_string(value) ? json_string_value(value) : "";
        if (!acc_source_has(source, name))
            fault(faults, "the tag file %.200s is missing", name);
    }
    if (t.allowed != NULL)
        acc_source_walk(source, "", on_tag_file, outside_data, &t, NULL);
}

void acc_profile_check(struct acc_profile *p, const struct acc_source *source,
                       const struct acc_bag_info *info, struct acc_str *faults,
                       struct acc_str *notes)
{
    const json_t *versions = json_object_get(p->rules, "Accept-BagIt-Version");
    const char *serialization = json_string_value(json_object_get(p->rules, "Serialization"));
    check_bag_info(p, faults, notes);
    check_manifests(p, info, false, faults);
    check_manifests(p, info, true, faults);
    check_tag_files(p, source, faults);
    if (versions != NULL && !holds(versions, info->version))
        fault(faults, "BagIt version %s is not accepted", info->version);
    if (serialization != NULL && strcmp(serialization, "required") == 0)
        fault(faults, "the bag must be serialized (an archive file), but it is a folder");
    if (info->has_fetch && !is_set(p->rules, "Allow-Fetch.txt", true))
        fault(faults, "fetch.txt is not allowed");
    if (!info->has_fetch && is_set(p->rules, "Fetch.txt-Required", false))
        fault(faults, "fetch.txt is missing");
    /* The specification lets an empty payload hold one empty file, such as .keep. */
    bool empty = info->payload_listed == 0 ||
                 (info->payload_listed == 1 && info->has_oxum && info->payload_bytes == 0);
    if (is_set(p->rules, "Data-Empty", false) && !empty)
        fault(faults, "data/ must be empty");
}
