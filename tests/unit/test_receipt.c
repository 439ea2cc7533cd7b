/* Receipts: what they say of a run, and that they appear whole or not at all. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/file.h"
#include "base/str.h"
#include "receipt/receipt.h"
#include "sample_ledger.h"

#define PREFIX "digitised/b24967646/"

static char folder[] = "/tmp/acc-receipt-XXXXXX";

struct world {
    struct acc_ledger *ledger;
    int64_t run;
    struct acc_str receipt; /* path */
};

static const char *path_of(struct acc_str *path, const char *name)
{
    acc_str_clear(path);
    acc_str_addf(path, "%s/%s", folder, name);
    return acc_str_cstr(path);
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    struct acc_str ledger = {0};
    world->ledger = acc_sample_ledger(path_of(&ledger, "ledger.db"), 40, &world->run);
    path_of(&world->receipt, "receipt");
    acc_str_release(&ledger);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    unlink(acc_str_cstr(&world->receipt));
    acc_str_release(&world->receipt);
    acc_ledger_close(world->ledger);
    free(world);
    return 0;
}

static json_t *json_receipt(struct world *world)
{
    struct acc_error err;
    json_error_t problem;
    const char *path = acc_str_cstr(&world->receipt);
    assert_int_equal(
        acc_receipt_save(world->ledger, world->run, ACC_RECEIPT_JSON, PREFIX, NULL, path, &err),
        ACC_OK);
    json_t *receipt = json_load_file(path, JSON_REJECT_DUPLICATES, &problem);
    if (receipt == NULL)
        fail_msg("line %d: %s", problem.line, problem.text);
    return receipt;
}

static json_t *entry_of(json_t *receipt, const char *path)
{
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(receipt, "entries"), i,
                       entry) if (strcmp(json_string_value(json_object_get(entry, "path")), path) ==
                                  0) return entry;
    fail_msg("%s: not in the receipt", path);
    return NULL;
}

static const char *text(json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static long long number(json_t *object, const char *name)
{
    assert_true(json_is_integer(json_object_get(object, name)));
    return json_integer_value(json_object_get(object, name));
}

static void json_tells_what_was_asked(void **state)
{
    json_t *receipt = json_receipt(*state), *run = json_object_get(receipt, "run");
    assert_int_equal(number(receipt, "receipt"), 1);
    assert_string_equal(text(json_object_get(receipt, "program"), "version"), ACC_VERSION);
    assert_string_equal(text(run, "kind"), "ingest");
    assert_string_equal(text(run, "outcome"), "DIGEST");
    assert_string_equal(text(run, "source"), "/delivery/b24967646");
    assert_string_equal(text(run, "url"), "s3://archive/digitised/b24967646");
    assert_string_equal(text(run, "command"),
                        "accession ingest /delivery/b24967646 s3://archive/digitised/b24967646");
    json_t *manifest = json_array_get(json_object_get(receipt, "manifests"), 0);
    assert_string_equal(text(manifest, "path"), "/delivery/manifest-sha256.txt");
    assert_string_equal(text(manifest, "format"), "bagit");
    assert_true(acc_starts_with(text(manifest, "sha256"), "1f6e0000"));
    assert_string_equal(text(receipt, "write_once"), "server");
    assert_int_equal(number(json_object_get(receipt, "summary"), "elapsed"), 161000);
    json_t *note = json_array_get(json_object_get(receipt, "notes"), 0);
    assert_string_equal(text(note, "code"), "UNLISTED");
    json_decref(receipt);
}

static void json_tells_every_outcome(void **state)
{
    static const struct {
        const char *path, *outcome, *code;
        bool archived;
    } rows[] = {
        {"failed.tif", "failed", "DIGEST", false}, {"conflict.tif", "conflict", "CONFLICT", false},
        {"parked.mkv", "parked", NULL, false},     {"later.tif", "not_begun", NULL, false},
        {"found.tif", "already", NULL, true},      {"plain/0000005.tif", "archived", NULL, true},
    };
    json_t *receipt = json_receipt(*state);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *entry = entry_of(receipt, rows[i].path);
        assert_string_equal(text(entry, "outcome"), rows[i].outcome);
        if (rows[i].code != NULL)
            assert_string_equal(text(entry, "code"), rows[i].code);
        assert_int_equal(rows[i].code == NULL, json_is_null(json_object_get(entry, "code")));
        assert_int_equal(rows[i].archived, json_is_object(json_object_get(entry, "archived")));
    }
    json_t *counts = json_object_get(receipt, "counts");
    assert_int_equal(number(counts, "entries"), 40);
    assert_int_equal(number(counts, "archived"), 35);
    assert_int_equal(number(counts, "already"), 1);
    assert_int_equal(number(counts, "bytes"), number(counts, "bytes_archived") +
                                                  number(counts, "bytes_already") + 13701 + 14678);
    json_decref(receipt);
}

static void json_carries_odd_names(void **state)
{
    json_t *receipt = json_receipt(*state);
    for (size_t i = 0; i < acc_sample_name_count; i++) {
        json_t *entry = entry_of(receipt, acc_sample_names[i]);
        assert_true(acc_starts_with(text(entry, "key"), PREFIX));
        assert_string_equal(text(entry, "key") + strlen(PREFIX), acc_sample_names[i]);
    }
    assert_string_equal(text(entry_of(receipt, "conflict.tif"), "reason"),
                        "the key holds other content: \\xFF <9,412 bytes>");
    json_decref(receipt);
}

/* One line, byte for byte: what a reader of receipts may rely on. */
static void json_entry_is_as_ever(void **state)
{
    struct world *world = *state;
    static const char want[] =
        "\n    {\"path\":\"data/line\\nbreak\",\"key\":\"" PREFIX "data/line\\nbreak\","
        "\"outcome\":\"archived\",\"code\":null,\"reason\":null,\"role\":\"payload\","
        "\"promised\":{\"size\":null,\"digests\":{\"md5\":\"f6a6cbc7ba89d1b2a21f5dd97e4be9ac\","
        "\"sha256\":\"f84bbcabdf45cbf0044fdef091eaa4f7ef4da73609c79ca896d3c3e3f3432285\"},"
        "\"origin\":\"manifest-sha256.txt\",\"line\":10},"
        "\"archived\":{\"size\":15,\"digests\":{\"md5\":\"f6a6cbc7ba89d1b2a21f5dd97e4be9ac\","
        "\"sha256\":\"f84bbcabdf45cbf0044fdef091eaa4f7ef4da73609c79ca896d3c3e3f3432285\"},"
        "\"version_id\":\"3HL4kqtJlcpXroDTDmJ\",\"etag\":\"9b2f41aa\","
        "\"checksum\":\"sha256:AAAA\",\"part_size\":null,\"proof\":\"sent\","
        "\"at\":\"2026-11-22T10:00:01.360Z\",\"duration\":5},\"checked\":null},\n";
    struct acc_str content = {0};
    json_decref(json_receipt(world));
    assert_int_equal(acc_file_read(acc_str_cstr(&world->receipt), 1 << 20, &content, NULL), ACC_OK);
    assert_non_null(strstr(acc_str_cstr(&content), want));
    acc_str_release(&content);
}

/* A disk that fills is a file that may not grow: the old receipt stays, nothing is left beside it.
 */
static void full_disk_leaves_the_old_receipt(void **state)
{
    struct world *world = *state;
    const char *path = acc_str_cstr(&world->receipt);
    struct acc_error err;
    FILE *old = fopen(path, "w");
    fputs("old", old);
    fclose(old);
    struct rlimit was, small;
    getrlimit(RLIMIT_FSIZE, &was);
    small = was;
    small.rlim_cur = 2000;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    enum acc_code code =
        acc_receipt_save(world->ledger, world->run, ACC_RECEIPT_JSON, PREFIX, NULL, path, &err);
    setrlimit(RLIMIT_FSIZE, &was);
    signal(SIGXFSZ, handler);
    assert_int_equal(code, ACC_LOCAL);
    assert_non_null(strstr(err.message, path));
    struct acc_str content = {0};
    acc_file_read(path, 100, &content, NULL);
    assert_string_equal(acc_str_cstr(&content), "old");
    acc_str_release(&content);
}

static void unknown_run_is_an_error(void **state)
{
    struct world *world = *state;
    struct acc_error err;
    const char *path = acc_str_cstr(&world->receipt);
    assert_int_equal(
        acc_receipt_save(world->ledger, world->run + 1, ACC_RECEIPT_JSON, PREFIX, NULL, path, &err),
        ACC_LEDGER);
    assert_int_not_equal(access(path, F_OK), 0);
}

static int make_folder(void **state)
{
    return mkdtemp(folder) == NULL;
}

/* Fails when a temporary file was left behind. */
static int remove_folder(void **state)
{
    static const char *const ledger[] = {"ledger.db", "ledger.db-wal", "ledger.db-shm"};
    struct acc_str path = {0};
    for (size_t i = 0; i < sizeof ledger / sizeof ledger[0]; i++)
        unlink(path_of(&path, ledger[i]));
    acc_str_release(&path);
    return rmdir(folder);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(json_tells_what_was_asked),        TEST(json_tells_every_outcome),
        TEST(json_carries_odd_names),           TEST(json_entry_is_as_ever),
        TEST(full_disk_leaves_the_old_receipt), TEST(unknown_run_is_an_error),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
