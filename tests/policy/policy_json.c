/* policy_json POLICY BUCKET OWNER PRINCIPAL: what Ceph RGW would do, over plain HTTP, as JSON. For
 * the comparison with a real gateway (tests/cli/policy.bats). */
#include <stdio.h>
#include <string.h>

#include <accession/policy.h>
#include "base/file.h"

int main(int argc, char **argv)
{
    if (argc != 5) {
        fputs("usage: policy_json POLICY BUCKET OWNER PRINCIPAL\n", stderr);
        return 2;
    }
    struct acc_error err = {0};
    struct acc_str text = {0};
    struct acc_policy_report *report;
    const struct acc_policy_options options = {
        .server = ACC_POLICY_RGW,
        .plain_http = true,
        .source_ip = "127.0.0.1",
        .owner = argv[3],
        .principal = argv[4],
        .prefix = "in/",
        .now = 1767225600000, /* 2026-01-01 */
    };
    enum acc_code code = acc_file_read(argv[1], 1 << 20, &text, &err);
    if (code == ACC_OK)
        code = acc_policy_check_text(argv[1], acc_str_cstr(&text), argv[2], &options, &report, &err);
    acc_str_release(&text);
    if (code != ACC_OK) {
        fprintf(stderr, "%s\n", err.message);
        return 2;
    }
    acc_policy_report_json(report, stdout);
    int status = acc_policy_report_exit(report);
    acc_policy_report_free(report);
    return status;
}
