/* Feeds bytes to the whole check of a bucket policy: parsed, judged as AWS and as Ceph would,
 * reported in both forms. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <accession/policy.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void check(const char *text, enum acc_policy_server server)
{
    struct acc_policy_options options = {.server = server, .prefix = "p/"};
    struct acc_policy_report *report = NULL;
    struct acc_error err = {0};
    if (acc_policy_check_text("policy.json", text, "archive", &options, &report, &err) != ACC_OK) {
        if (err.message[0] == '\0')
            abort();
        return;
    }
    char *out = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&out, &len);
    if (file == NULL)
        abort();
    acc_policy_report_text(report, file);
    acc_policy_report_json(report, file);
    fclose(file);
    if (len == 0)
        abort();
    free(out);
    acc_policy_report_free(report);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char *text = malloc(len + 1);
    if (text == NULL)
        abort();
    memcpy(text, bytes, len);
    text[len] = '\0';
    check(text, ACC_POLICY_AWS);
    check(text, ACC_POLICY_RGW);
    free(text);
    return 0;
}
