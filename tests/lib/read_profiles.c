/* For tests: one JSON object a line on standard input, {"config": PATH, "credentials": PATH, "ask":
 * [[PROFILE, NAME], …]}; one line each comes back: "refused", or the values as an array, null for
 * none; a NAME of null asks whether the profile exists. */
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "s3/config/profile.h"

static json_t *ask(const struct acc_profiles *profiles, json_t *questions)
{
    json_t *answers = json_array(), *question;
    size_t i;
    json_array_foreach(questions, i, question)
    {
        const char *profile = json_string_value(json_array_get(question, 0));
        const char *name = json_string_value(json_array_get(question, 1));
        const char *value = name != NULL ? acc_profiles_get(profiles, profile, name) : NULL;
        json_array_append_new(answers, name == NULL
                                           ? json_boolean(acc_profiles_has(profiles, profile))
                                       : value == NULL ? json_null()
                                                       : json_string(value));
    }
    return answers;
}

static json_t *answer(json_t *task)
{
    struct acc_profiles *profiles;
    struct acc_error err;
    setenv("AWS_CONFIG_FILE", json_string_value(json_object_get(task, "config")), 1);
    setenv("AWS_SHARED_CREDENTIALS_FILE", json_string_value(json_object_get(task, "credentials")),
           1);
    if (acc_profiles_load(&profiles, &err) != ACC_OK)
        return json_string("refused");
    json_t *answers = ask(profiles, json_object_get(task, "ask"));
    acc_profiles_free(profiles);
    return answers;
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        json_t *task = json_loads(line, 0, NULL), *answers = answer(task);
        json_dumpf(answers, stdout, JSON_COMPACT | JSON_ENCODE_ANY);
        putchar('\n');
        json_decref(answers);
        json_decref(task);
    }
    free(line);
    return 0;
}
