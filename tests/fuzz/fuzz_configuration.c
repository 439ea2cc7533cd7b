/* Feeds bytes to the program as its configuration file. What it accepts it can show, of every
 * section; what it refuses it names in one line. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static int show(char *config, const char *section)
{
    char *out_text = NULL, *err_text = NULL, name[256];
    size_t out_len = 0, err_len = 0;
    snprintf(name, sizeof name, "%s", section != NULL ? section : "");
    FILE *out = open_memstream(&out_text, &out_len), *err = open_memstream(&err_text, &err_len);
    must(out != NULL && err != NULL);
    char *words[] = {(char[]){"accession"},
                     (char[]){"--config"},
                     config,
                     (char[]){"config"},
                     (char[]){"show"},
                     name,
                     NULL};
    int status = acc_cli_main(section != NULL ? 6 : 5, words, out, err);
    fclose(out);
    fclose(err);
    must((status == 0) == (err_len == 0));
    must(strchr(err_text, '\x1b') == NULL && strchr(out_text, '\x1b') == NULL);
    free(out_text);
    free(err_text);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct acc_settings settings = {0};
    struct acc_error err = {0};
    char path[40];
    int file = memfd_create("config", MFD_CLOEXEC);
    must(file >= 0 && write(file, bytes, len) == (ssize_t)len);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    bool read = acc_settings_read(&settings, path, &err) == ACC_OK;
    must(read || (err.code == ACC_CONFIG && err.message[0] != '\0'));
    if (show(path, NULL) == 0) {
        must(read);
        for (size_t i = 0; i < settings.count && i < 8; i++)
            show(path, settings.rows[i].section);
    }
    acc_settings_release(&settings);
    close(file);
    return 0;
}
