/* archive_one FILE SHA256 s3://BUCKET[/PREFIX]: archives one file by libaccession, if it has that
 * digest. Build it with
 *
 *     cc archive_one.c $(pkg-config --cflags --libs libaccession) -o archive_one
 *
 * Credentials and endpoint are found as the aws command line finds them. The exit status is that of
 * `accession ingest`. */
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <accession/ingest.h>

/* A manifest of one line, as sha256sum writes it. */
static int write_manifest(char *path, const char *name, const char *digest)
{
    int fd = mkstemp(path);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (file == NULL)
        return -1;
    fprintf(file, "%s  %s\n", digest, name);
    return fclose(file);
}

static void on_event(void *arg, const struct acc_event *event)
{
    static const char *const outcomes[] = {[ACC_OUTCOME_ARCHIVED] = "archived",
                                           [ACC_OUTCOME_ALREADY] = "already there",
                                           [ACC_OUTCOME_FAILED] = "refused",
                                           [ACC_OUTCOME_CONFLICT] = "conflict",
                                           [ACC_OUTCOME_WITHHELD] = "withheld"};
    (void)arg;
    if (event->kind == ACC_EVENT_FILE)
        printf("%s: %s\n", event->file->path, outcomes[event->file->outcome]);
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fputs("Usage: archive_one FILE SHA256 s3://BUCKET[/PREFIX]\n", stderr);
        return 2;
    }
    char list[] = "/tmp/archive_one-XXXXXX", *folder = strdup(argv[1]), *name = strdup(argv[1]);
    if (folder == NULL || name == NULL || write_manifest(list, basename(name), argv[2]) != 0) {
        perror(list);
        return 2;
    }
    const char *const manifests[] = {list, NULL};
    static struct acc_ingest_summary summary;
    struct acc_error err = {0};
    struct acc_ingest_options options = {
        .connection.retries = -1,
        .source = dirname(folder),
        .destination = argv[3],
        .manifests = manifests,
        .allow_unlisted = true, /* the folder's other files are not our concern */
        .on_event = on_event,
    };
    enum acc_code code = acc_ingest(&options, &summary, &err);
    if (code != ACC_OK)
        fprintf(stderr, "archive_one: %s\n", err.message);
    unlink(list);
    free(folder);
    free(name);
    return acc_code_exit(code);
}
