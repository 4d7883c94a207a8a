#include "unit.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <fcntl.h>

#include "base/base.h"

static void
put(const char *path, const char *text)
{
	int fd = file_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC,
	    NULL);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void
assert_holds(const char *path, const char *wanted)
{
	struct text text;

	text_init(&text, 1 << 16);
	assert_int_equal(file_read(AT_FDCWD, path, &text, NULL), 0);
	assert_string_equal(text.data != NULL ? text.data : "", wanted);
	text_release(&text);
}

static bool
is_there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

/* Make the leftovers of a process that was killed at the stage ${mark}. */
static void
leave(const char *path, mode_t mode, const char *mark)
{
	char *pos;

	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(asprintf(&pos, "%s/%s", path, mark), strlen(path) +
	    1 + strlen(mark));
	put(pos, "");
	free(pos);
	assert_int_equal(chmod(path, mode), 0);
}

#define LEFT(n) "in/.hlexport-scratch-" #n

static void
test_only_what_is_ours_is_swept(void **state)
{
	struct scratch *scratch;
	struct err err;

	(void)state;
	assert_int_equal(mkdir("in", 0700), 0);
	leave(LEFT(left), 0700, "hlexport-scratch");
	put(LEFT(left) "/files/a/b.csv", "1");
	assert_int_equal(mkdir(LEFT(begun), 0700), 0);
	leave(LEFT(open), 0770, "hlexport-scratch");
	leave(LEFT(unmarked), 0700, "mine");
	leave(LEFT(theirs), 0700, "hlexport-scratch");
	assert_int_equal(mkdir("in/.hlexport-scratchy", 0700), 0);
	put(LEFT(file), "");
	leave("elsewhere", 0700, "hlexport-scratch");
	assert_int_equal(symlink("../elsewhere", LEFT(link)), 0);
	if (geteuid() == 0)
		assert_int_equal(chown(LEFT(theirs), 1, 1), 0);
	scratch = scratch_new("in", &err);
	assert_non_null(scratch);
	assert_false(is_there(LEFT(left)));
	assert_false(is_there(LEFT(begun)));
	assert_true(is_there(LEFT(open) "/hlexport-scratch"));
	assert_true(is_there(LEFT(unmarked) "/mine"));
	assert_true(is_there("in/.hlexport-scratchy"));
	assert_true(is_there(LEFT(file)));
	assert_true(is_there(LEFT(link)));
	assert_true(is_there("elsewhere/hlexport-scratch"));
	if (geteuid() == 0)
		assert_true(is_there(LEFT(theirs) "/hlexport-scratch"));
	scratch_free(scratch);
}

/* The sweep follows no links. */
static void
test_no_link_is_followed(void **state)
{
	struct scratch *scratch;
	struct err err;

	(void)state;
	assert_int_equal(mkdir("links", 0700), 0);
	put("precious/file", "precious");
	leave("links/.hlexport-scratch-x", 0700, "hlexport-scratch");
	assert_int_equal(mkdir("links/.hlexport-scratch-x/files", 0700), 0);
	assert_int_equal(symlink("../../../precious",
	    "links/.hlexport-scratch-x/files/to"), 0);
	assert_int_equal(symlink("../../precious/file",
	    "links/.hlexport-scratch-x/to"), 0);
	scratch = scratch_new("links", &err);
	assert_non_null(scratch);
	assert_false(is_there("links/.hlexport-scratch-x"));
	assert_holds("precious/file", "precious");
	assert_int_equal(symlink("../../precious", "to"), 0);
	assert_int_equal(rename("to", "links/to"), 0);
	scratch_free(scratch);
	assert_holds("precious/file", "precious");
}

/* A sweep spares directories in use, another process's or ours. */
static void
test_one_in_use_stays(void **state)
{
	struct scratch *one, *other;
	struct err err;

	(void)state;
	one = scratch_new("used", &err);
	other = scratch_new("used", &err);
	assert_non_null(one);
	assert_non_null(other);
	assert_true(is_there(scratch_path(one)));
	assert_true(is_there(scratch_path(other)));
	scratch_free(one);
	scratch_free(other);
	assert_int_equal(rmdir("used"), 0);
}

/* Publish a file or directory that holds ${text} as ${to}. */
static int
publish(const char *to, bool is_file, const char *text, const char *command,
    bool replace, struct err *err)
{
	struct scratch *scratch = scratch_new("out", err);
	char *path;
	int rc;

	assert_non_null(scratch);
	path = mem_format("%s/made%s", scratch_path(scratch), is_file ? "" :
	    "/file");
	put(path, text);
	rc = scratch_publish(scratch, "made", to, command, replace, err);
	free(path);
	scratch_free(scratch);
	return rc;
}

static void
test_what_is_there_stays(void **state)
{
	struct err err;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		put("out/file", "old");
		assert_int_equal(publish("out/file", i, "new", "make", false,
		    &err), -1);
		assert_int_equal(err.kind, ERR_USAGE);
		assert_holds("out/file", "old");
		put("out/full/x", "old");
		assert_int_equal(publish("out/full", i, "new", "make", false,
		    &err), -1);
		assert_holds("out/full/x", "old");
		assert_int_equal(publish("out/full", i, "new", "make", true,
		    &err), 0);
		assert_holds(i ? "out/full" : "out/full/file", "new");
		assert_int_equal(publish("out/full", 1 - i, "newer", "make",
		    true, &err), 0);
		assert_holds(i ? "out/full/file" : "out/full", "newer");
		assert_int_equal(publish("out/new", i, "new", "make", false,
		    &err), 0);
		assert_holds(i ? "out/new" : "out/new/file", "new");
		assert_int_equal(system("rm -r out/full out/new"), 0);
	}
	assert_int_equal(mkdir("out/empty", 0700), 0);
	assert_int_equal(publish("out/empty", false, "new", "make", false,
	    &err), 0);
	assert_holds("out/empty/file", "new");
}

/* Let a child process publish, and then be killed or exit. */
static void
publish_in_child(const char *to, bool is_file, const char *text,
    const char *command, bool is_killed)
{
	struct err err;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (publish(to, is_file, text, command, true, &err) != 0)
			_exit(1);
		if (is_killed)
			_exit(0);
		exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static int
count_left(void)
{
	return system("test -z \"$(ls -A out | grep hlexport)\"");
}

static void
test_one_that_was_cut_off_is_known(void **state)
{
	int i;

	(void)state;
	assert_int_equal(system("rm -rf out"), 0);
	for (i = 0; i < 2; i++) {
		publish_in_child("out/x", i, "one", "make x", true);
		assert_true(scratch_was_cut_off("out/x", "make x"));
		assert_false(scratch_was_cut_off("out/x", "make y"));
		assert_false(scratch_was_cut_off("out/y", "make x"));
		/* A sweep keeps valid notes and removes the others. */
		publish_in_child("out/y", i, "other", "make y", false);
		assert_true(scratch_was_cut_off("out/x", "make x"));
		assert_false(scratch_was_cut_off("out/y", "make y"));
		/* Killed again, then completed. */
		publish_in_child("out/x", i, "two", "make x", true);
		assert_true(scratch_was_cut_off("out/x", "make x"));
		publish_in_child("out/x", i, "three", "make x", false);
		assert_false(scratch_was_cut_off("out/x", "make x"));
		assert_int_equal(count_left(), 0);
		/* A file changed since then belongs to the user. */
		publish_in_child("out/x", true, "one", "make x", true);
		put("out/x", "mine, and longer");
		assert_false(scratch_was_cut_off("out/x", "make x"));
		publish_in_child("out/y", false, "other", "make y", false);
		assert_int_equal(count_left(), 0);
		assert_int_equal(system("rm -r out/x out/y"), 0);
	}
}

/* A file that was set aside is put back if its replacement failed. */
static void
test_what_was_set_aside_comes_back(void **state)
{
	struct scratch *scratch;
	struct err err;

	(void)state;
	leave("in/.hlexport-scratch-aside", 0700, "hlexport-scratch");
	put("in/.hlexport-scratch-aside/hlexport-replaced/aside/file", "old");
	put("in/.hlexport-scratch-aside/hlexport-replaced/other", "old");
	put("in/other", "new");
	scratch = scratch_new("in", &err);
	assert_non_null(scratch);
	scratch_free(scratch);
	assert_false(is_there("in/.hlexport-scratch-aside"));
	assert_holds("in/aside/file", "old");
	assert_holds("in/other", "new");
}

#define PROCESSES 6
#define EACH 400

/* Several processes sweep and create at the same time. */
static void
test_many_at_once(void **state)
{
	struct scratch *scratch;
	int i, n, status;
	pid_t pids[PROCESSES];

	(void)state;
	for (i = 0; i < PROCESSES; i++) {
		if ((pids[i] = fork()) != 0)
			continue;
		for (n = 0; n < EACH; n++) {
			scratch = scratch_new("many", NULL);
			if (scratch == NULL || !is_there(scratch_path(
			    scratch)))
				_exit(1);
			scratch_free(scratch);
		}
		_exit(0);
	}
	for (i = 0; i < PROCESSES; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_int_equal(rmdir("many"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_what_is_ours_is_swept),
		cmocka_unit_test(test_no_link_is_followed),
		cmocka_unit_test(test_one_in_use_stays),
		cmocka_unit_test(test_what_is_there_stays),
		cmocka_unit_test(test_one_that_was_cut_off_is_known),
		cmocka_unit_test(test_what_was_set_aside_comes_back),
		cmocka_unit_test(test_many_at_once),
	};

	return cmocka_run_group_tests(tests, unit_enter_dir, unit_leave_dir);
}
