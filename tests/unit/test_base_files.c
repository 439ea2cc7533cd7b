/* Paths, small files, folder trees and marks. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/marks.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/process.h"
#include "base/walk.h"

static char root[] = "/tmp/acc-base-XXXXXX";

/* ---- paths ---- */

static void paths_that_leave_or_deceive_are_refused(void **state)
{
    static const char *const good[] = {
        "a",   "a/b", "...",  "..a/b..", "a~",          "~user/a",         "a\nb",
        " a ", "-rf", "a\\b", "a:b",     "caf\xc3\xa9", "\xf0\x9f\x97\xba"};
    static const char *const bad[] = {"",
                                      "/",
                                      "/a",
                                      "..",
                                      "a/..",
                                      "../a",
                                      "a/../b",
                                      ".",
                                      "./a",
                                      "a/.",
                                      "a//b",
                                      "a/",
                                      "~",
                                      "~/a",
                                      "\xff",
                                      "a\xc3",
                                      "\xc0\xaf",
                                      "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xe0\x80\xaf",
                                      "\x80"};
    char name[258];
    for (size_t i = 0; i < ACC_COUNT_OF(good); i++)
        assert_null(acc_path_problem(good[i], strlen(good[i])));
    for (size_t i = 0; i < ACC_COUNT_OF(bad); i++)
        if (acc_path_problem(bad[i], strlen(bad[i])) == NULL)
            fail_msg("path %zu of the bad ones passes", i);
    assert_non_null(acc_path_problem("a\0b", 3));
    /* legal, and archived as they are */
    assert_null(acc_path_problem("a\tb", 3));
    assert_null(acc_path_problem("Icon\r", 5));
    assert_true(acc_path_has_control("Icon\r", 5));
    assert_false(acc_path_has_control("Icon", 4));
    memset(name, 'n', sizeof name);
    assert_null(acc_path_problem(name, 255));
    assert_non_null(acc_path_problem(name, 256));
}

static void paths_are_cleaned_in_place(void **state)
{
    static const char *const cases[][2] = {
        {"a", "a"},       {"./a", "a"},         {".//a", "a"}, {"././a", "a"},   {"a//b", "a/b"},
        {"a/./b", "a/b"}, {"a/.//./b", "a/b"},  {"./", ""},    {".a/b", ".a/b"}, {"a/.b", "a/.b"},
        {"../a", "../a"}, {"a/../b", "a/../b"}, {"/a", "/a"},  {"", ""}};
    for (size_t i = 0; i < ACC_COUNT_OF(cases); i++) {
        char path[32];
        snprintf(path, sizeof path, "%s", cases[i][0]);
        path[acc_path_clean(path, strlen(path))] = '\0';
        assert_string_equal(path, cases[i][1]);
    }
}

static void what_is_shown_cannot_move_a_cursor(void **state)
{
    static const char *const cases[][2] = {
        {"plain caf\xc3\xa9", "plain caf\xc3\xa9"},
        {"a\nb", "a\\nb"},
        {"a\\nb", "a\\\\nb"},
        {"\033[2J", "\\x1B[2J"},
        {"\xff", "\\xFF"},
        {"a\xc3", "a\\xC3"},
        {"\xc2\x9b", "\\xC2\\x9B"}, /* C1: CSI */
        {"\xe2\x80\xae"
         "gpj",
         "\\xE2\\x80\\xAEgpj"},              /* right-to-left override */
        {"\xe2\x81\xa6", "\\xE2\\x81\\xA6"}, /* isolate */
        {"\xe2\x80\xa6", "\xe2\x80\xa6"}};   /* an ellipsis is only that */
    for (size_t i = 0; i < ACC_COUNT_OF(cases); i++) {
        struct acc_str out = {0};
        acc_path_show(&out, cases[i][0], strlen(cases[i][0]));
        assert_string_equal(out.data, cases[i][1]);
        acc_str_release(&out);
    }
    struct acc_str sentence = {0};
    acc_text_show(&sentence, "a\\nb\033", 5);
    assert_string_equal(sentence.data, "a\\nb\\x1B");
    acc_str_release(&sentence);
}

static void names_have_one_normal_form(void **state)
{
    assert_null(acc_path_nfc("ascii only"));
    char *composed = acc_path_nfc("cafe\xcc\x81"), *decomposed = acc_path_nfd("caf\xc3\xa9");
    assert_string_equal(composed, "caf\xc3\xa9");
    assert_string_equal(decomposed, "cafe\xcc\x81");
    free(composed);
    free(decomposed);
}

/* ---- files ---- */

static void in_root(char out[128], const char *name)
{
    snprintf(out, 128, "%s/%s", root, name);
}

static void put(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void files_are_read_whole_or_not(void **state)
{
    struct acc_str text = {0};
    struct acc_error err;
    char path[128];
    in_root(path, "small");
    put(path, "0123456789");
    acc_str_set(&text, "what was there");
    assert_int_equal(acc_file_read(path, 10, &text, &err), ACC_OK);
    assert_string_equal(text.data, "0123456789");
    assert_int_equal(acc_file_read(path, 9, &text, &err), ACC_FILE_TOO_LARGE);
    in_root(path, "absent");
    assert_int_equal(acc_file_read(path, 9, &text, &err), ACC_FILE_MISSING);
    assert_non_null(strstr(err.message, path));
    assert_int_equal(acc_file_read(root, 9, &text, &err), ACC_FILE_UNREADABLE);
    acc_str_release(&text);
}

static unsigned names_in(const char *folder);

static void a_new_file_appears_whole_or_not_at_all(void **state)
{
    struct acc_file_new file;
    struct acc_str text = {0};
    struct acc_error err;
    char folder[128], path[160];
    in_root(folder, "new");
    assert_int_equal(acc_mkdirs(folder, &err), ACC_OK);
    snprintf(path, sizeof path, "%s/receipt.json", folder);
    put(path, "old");
    assert_int_equal(acc_file_begin(&file, path, &err), ACC_OK);
    fputs("half", file.stream);
    fflush(file.stream);
    assert_int_equal(acc_file_read(path, 100, &text, &err), ACC_OK);
    assert_string_equal(text.data, "old"); /* as long as it is not committed */
    acc_file_abandon(&file);
    acc_file_abandon(&file);
    assert_int_equal(names_in(folder), 1); /* nothing is left beside it */
    assert_int_equal(acc_file_begin(&file, path, &err), ACC_OK);
    fputs("new", file.stream);
    assert_int_equal(acc_file_commit(&file, &err), ACC_OK);
    assert_int_equal(acc_file_read(path, 100, &text, &err), ACC_OK);
    assert_string_equal(text.data, "new");
    assert_int_equal(names_in(folder), 1);
    acc_str_release(&text);
}

static void what_cannot_take_its_place_leaves_nothing(void **state)
{
    struct acc_file_new file;
    struct acc_error err;
    char folder[128], path[160];
    in_root(folder, "taken");
    snprintf(path, sizeof path, "%s/is-a-folder", folder);
    assert_int_equal(acc_mkdirs(path, &err), ACC_OK);
    assert_int_equal(acc_file_begin(&file, path, &err), ACC_LOCAL);
    assert_null(file.stream);
    assert_non_null(strstr(err.message, "is-a-folder: cannot be written"));
    assert_int_equal(names_in(folder), 0);
    in_root(path, "no/such/folder/file");
    assert_int_equal(acc_file_begin(&file, path, &err), ACC_LOCAL);
    assert_null(file.stream);
}

static mode_t kind_of(const char *path)
{
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode & S_IFMT;
}

static void write_to(const char *path, const char *text)
{
    struct acc_file_new file;
    struct acc_error err;
    assert_int_equal(acc_file_begin(&file, path, &err), ACC_OK);
    fputs(text, file.stream);
    acc_file_share(&file);
    assert_int_equal(acc_file_commit(&file, &err), ACC_OK);
}

static void what_is_no_regular_file_is_written_into(void **state)
{
    struct acc_file_new file;
    struct acc_str text = {0};
    struct acc_error err;
    struct stat before, after;
    char folder[128], fifo[160], link[160], plain[160], got[32] = "";
    in_root(folder, "nodes");
    assert_int_equal(acc_mkdirs(folder, &err), ACC_OK);
    snprintf(fifo, sizeof fifo, "%s/fifo", folder);
    snprintf(link, sizeof link, "%s/link", folder);
    snprintf(plain, sizeof plain, "%s/plain", folder);

    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(acc_file_begin(&file, fifo, &err), ACC_LOCAL); /* and does not wait */
    assert_non_null(strstr(err.message, "start the reader first"));
    int reader = open(fifo, O_RDONLY | O_NONBLOCK);
    write_to(fifo, "through");
    assert_int_equal(read(reader, got, sizeof got), 7);
    assert_string_equal(got, "through");
    close(reader);
    assert_int_equal(kind_of(fifo), S_IFIFO);

    assert_int_equal(symlink("/dev/null", link), 0);
    assert_int_equal(stat("/dev/null", &before), 0);
    write_to(link, "gone");
    assert_int_equal(stat("/dev/null", &after), 0);
    assert_int_equal(after.st_mode, before.st_mode);
    assert_int_equal(kind_of(link), S_IFLNK);

    unlink(link);
    assert_int_equal(symlink("plain", link), 0); /* leads nowhere yet */
    write_to(link, "first");
    assert_int_equal(acc_file_begin(&file, link, &err), ACC_OK);
    fputs("second", file.stream);
    fflush(file.stream);
    assert_int_equal(acc_file_read(plain, 100, &text, &err), ACC_OK);
    assert_string_equal(text.data, "first"); /* whole or not at all behind a link, too */
    assert_int_equal(acc_file_commit(&file, &err), ACC_OK);
    assert_int_equal(acc_file_read(plain, 100, &text, &err), ACC_OK);
    assert_string_equal(text.data, "second");
    assert_int_equal(kind_of(link), S_IFLNK);
    assert_int_equal(names_in(folder), 3);
    acc_str_release(&text);
}

static void folders_are_made_with_their_parents(void **state)
{
    struct acc_error err;
    struct stat st;
    char path[128];
    in_root(path, "a/b//c/");
    assert_int_equal(acc_mkdirs(path, &err), ACC_OK);
    assert_int_equal(acc_mkdirs(path, &err), ACC_OK);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    in_root(path, "a/file");
    put(path, "");
    in_root(path, "a/file/b");
    assert_int_equal(acc_mkdirs(path, &err), ACC_LOCAL);
    assert_non_null(strstr(err.message, "folder cannot be made"));
}

static void the_state_folder_follows_the_environment(void **state)
{
    struct acc_str folder = {0};
    setenv("HOME", "/home/ann", 1);
    unsetenv("XDG_STATE_HOME");
    acc_state_dir(&folder);
    assert_string_equal(folder.data, "/home/ann/.local/state/accession");
    setenv("XDG_STATE_HOME", "relative", 1); /* to be ignored, says the specification */
    acc_state_dir(&folder);
    assert_string_equal(folder.data, "/home/ann/.local/state/accession");
    setenv("XDG_STATE_HOME", "/var/lib", 1);
    acc_state_dir(&folder);
    assert_string_equal(folder.data, "/var/lib/accession");
    unsetenv("HOME");
    acc_home_dir(&folder);
    assert_int_equal(folder.data[0], '/');
    acc_str_release(&folder);
}

/* ---- walking ---- */

struct seen {
    unsigned files, links, regular;
    char last[256];
    enum acc_code answer; /* what each file is answered with */
};

static enum acc_code on_file(void *arg, const char *path, const struct stat *st,
                             struct acc_error *err)
{
    struct seen *seen = arg;
    seen->files++;
    seen->links += S_ISLNK(st->st_mode) != 0;
    seen->regular += S_ISREG(st->st_mode) != 0;
    snprintf(seen->last, sizeof seen->last, "%s", path);
    return seen->answer == ACC_OK ? ACC_OK : acc_error_set(err, seen->answer, "%s: enough", path);
}

static unsigned names_in(const char *folder)
{
    struct seen seen = {0};
    assert_int_equal(acc_walk(folder, on_file, NULL, &seen, NULL), ACC_OK);
    return seen.files;
}

static int not_hidden(void *arg, const char *path)
{
    return strcmp(path, "one/hidden") != 0;
}

static void a_tree_is_walked_once_and_links_are_not_entered(void **state)
{
    struct seen seen = {0};
    struct acc_error err;
    char folder[128], path[160];
    in_root(folder, "tree");
    snprintf(path, sizeof path, "%s/one/hidden", folder);
    assert_int_equal(acc_mkdirs(path, &err), ACC_OK);
    snprintf(path, sizeof path, "%s/one/hidden/file", folder);
    put(path, "");
    snprintf(path, sizeof path, "%s/file", folder);
    put(path, "");
    snprintf(path, sizeof path, "%s/one/up", folder);
    assert_int_equal(symlink("..", path), 0); /* a circle for a reader that follows it */
    assert_int_equal(acc_walk(folder, on_file, NULL, &seen, &err), ACC_OK);
    assert_int_equal(seen.files, 3);
    assert_int_equal(seen.links, 1);
    seen = (struct seen){0};
    assert_int_equal(acc_walk_names(folder, on_file, NULL, &seen, &err), ACC_OK);
    assert_int_equal(seen.files, 3);
    assert_int_equal(seen.links, 1);
    assert_int_equal(seen.regular, 2);
    seen = (struct seen){0};
    assert_int_equal(acc_walk(folder, on_file, not_hidden, &seen, &err), ACC_OK);
    assert_int_equal(seen.files, 2);
    seen = (struct seen){.answer = ACC_INTERRUPTED};
    assert_int_equal(acc_walk(folder, on_file, NULL, &seen, &err), ACC_INTERRUPTED);
    assert_int_equal(seen.files, 1);
    in_root(path, "tree/nowhere");
    assert_int_equal(acc_walk(path, on_file, NULL, &seen, &err), ACC_SOURCE);
}

static void a_shortage_is_not_the_folders_fault(void **state)
{
    struct seen seen = {0};
    struct rlimit was, few;
    struct acc_error err;
    int last = dup(0);
    close(last);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
    few = (struct rlimit){(rlim_t)last, was.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    enum acc_code code = acc_walk(root, on_file, NULL, &seen, &err);
    setrlimit(RLIMIT_NOFILE, &was);
    assert_int_equal(code, ACC_LOCAL);
    assert_non_null(strstr(err.message, "Too many open files"));
    assert_int_equal(acc_code_of_errno(EIO, ACC_FILE_UNREADABLE), ACC_LOCAL);
    assert_int_equal(acc_code_of_errno(EACCES, ACC_FILE_UNREADABLE), ACC_FILE_UNREADABLE);
}

static void a_tree_without_end_ends_the_walk(void **state)
{
    struct seen seen = {0};
    struct acc_error err;
    struct acc_str path = {0};
    acc_str_addf(&path, "%s/deep", root);
    for (int i = 0; i < ACC_WALK_DEPTH; i++)
        acc_str_add(&path, "/d");
    assert_int_equal(acc_mkdirs(path.data, &err), ACC_OK);
    acc_str_add(&path, "/file");
    put(path.data, "");
    char folder[128];
    in_root(folder, "deep");
    assert_int_equal(acc_walk(folder, on_file, NULL, &seen, &err), ACC_OK);
    assert_int_equal(seen.files, 1);
    acc_str_cut(&path, path.len - strlen("file"));
    acc_str_add(&path, "e");
    assert_int_equal(acc_mkdirs(path.data, &err), ACC_OK);
    assert_int_equal(acc_walk(folder, on_file, NULL, &seen, &err), ACC_SOURCE);
    assert_non_null(strstr(err.message, "nested"));
    acc_str_release(&path);
}

/* ---- marks ---- */

static void marks_stay_with_their_number(void **state)
{
    struct acc_marks marks = {0};
    static const int64_t ids[] = {0, 1, 2, 65535, 65536, 1000003};
    assert_int_equal(acc_marks_of(&marks, 12345678), 0);
    for (size_t i = 0; i < ACC_COUNT_OF(ids); i++)
        acc_marks_add(&marks, ids[i], (unsigned)i + 1);
    for (size_t i = 0; i < ACC_COUNT_OF(ids); i++)
        assert_int_equal(acc_marks_of(&marks, ids[i]), i + 1);
    assert_int_equal(acc_marks_of(&marks, 3), 0);
    assert_int_equal(acc_marks_of(&marks, 200000), 0); /* a chunk that was never made */
    assert_int_equal(acc_marks_of(&marks, 1000002), 0);
    acc_marks_add(&marks, 1, 8);
    assert_int_equal(acc_marks_of(&marks, 1), 2 | 8);
    acc_marks_release(&marks);
    acc_marks_release(&marks);
}

static int make_root(void **state)
{
    return mkdtemp(root) == NULL;
}

static int remove_root(void **state)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", root);
    return system(command);
}

/* ---- processes ---- */

static void a_process_is_judged_by_who_can(void **state)
{
    char self[ACC_PROCESS_TEXT], child[ACC_PROCESS_TEXT] = "", other[ACC_PROCESS_TEXT];
    int said[2];
    assert_int_equal(acc_process_state(acc_process_self(self)), ACC_PROCESS_ALIVE);
    assert_int_equal(pipe(said), 0);
    pid_t pid = fork();
    if (pid == 0)
        _exit(write(said[1], acc_process_self(child), sizeof child) != sizeof child);
    assert_int_equal(read(said[0], child, sizeof child), sizeof child);
    close(said[0]);
    close(said[1]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(acc_process_state(child), ACC_PROCESS_DEAD);
    /* Another process that has our pid, and one of another boot. */
    snprintf(other, sizeof other, "%.*s.1", (int)(strrchr(self, '.') - self), self);
    assert_int_equal(acc_process_state(other), ACC_PROCESS_DEAD);
    assert_int_equal(acc_process_state("0a826119.00000000000000ab.1.1"), ACC_PROCESS_UNKNOWN);
    assert_int_equal(acc_process_state(""), ACC_PROCESS_UNKNOWN);
    assert_int_equal(acc_process_state("2026.run"), ACC_PROCESS_UNKNOWN);
    assert_string_equal(acc_process_host("0a826119.00000000000000ab.1.1", other), "0a826119");
    assert_string_equal(acc_process_host("dead", other), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_is_judged_by_who_can),
        cmocka_unit_test(paths_that_leave_or_deceive_are_refused),
        cmocka_unit_test(paths_are_cleaned_in_place),
        cmocka_unit_test(what_is_shown_cannot_move_a_cursor),
        cmocka_unit_test(names_have_one_normal_form),
        cmocka_unit_test(files_are_read_whole_or_not),
        cmocka_unit_test(a_new_file_appears_whole_or_not_at_all),
        cmocka_unit_test(what_cannot_take_its_place_leaves_nothing),
        cmocka_unit_test(what_is_no_regular_file_is_written_into),
        cmocka_unit_test(folders_are_made_with_their_parents),
        cmocka_unit_test(the_state_folder_follows_the_environment),
        cmocka_unit_test(a_tree_is_walked_once_and_links_are_not_entered),
        cmocka_unit_test(a_shortage_is_not_the_folders_fault),
        cmocka_unit_test(a_tree_without_end_ends_the_walk),
        cmocka_unit_test(marks_stay_with_their_number),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
