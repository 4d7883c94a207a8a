#include "unit_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static void
test_directories_of_one_second(void **state)
{
	struct tree *one, *other;
	struct stat st;
	struct err err;

	(void)state;
	clock_fix(1764000000000);
	one = tree_create("deep/er/exports/", &err);
	other = tree_create("deep/er/exports", &err);
	assert_non_null(one);
	assert_non_null(other);
	assert_string_equal(tree_where(one),
	    "deep/er/exports//20251124-160000");
	assert_string_equal(tree_where(other),
	    "deep/er/exports/20251124-160000-2");
	assert_int_equal(stat(tree_where(one), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	tree_close(one);
	tree_close(other);
	assert_null(tree_open("nowhere", &err));
	assert_int_equal(err.kind, ERR_DISK);
}

/* ----------------------------------------------------------------- names */

static const char *
id_value(void *cookie, const struct source_var *var)
{
	(void)var;
	return cookie;
}

/* The path of "files/{id}/x.{id}" for an id. */
static const char *
path_of(struct tree *tree, const char *id)
{
	struct source_part parts[] = {
		{ .text = "files/" },
		{ .var = { .kind = SOURCE_KEY, .name = "id" } },
		{ .text = "/x." },
		{ .var = { .kind = SOURCE_KEY, .name = "id" } },
	};
	struct source_template template = { parts, 4, 1 };
	struct source_lookup lookup = { id_value, (void *)id };
	static char copy[10000];
	const char *missing;
	struct text path;

	text_init(&path, sizeof(copy) - 1);
	if (tree_path(tree, &template, &lookup,
	    "0123456789abcdef0123456789abcdefXX", &path, &missing) == -1)
		fail_msg("no %s", missing);
	strcpy(copy, path.data);
	text_release(&path);
	return copy;
}

static void
test_names_are_safe(void **state)
{
	static const struct {
		const char *id, *path;
	} rows[] = {
		{ "pr_1", "files/pr_1/x.pr_1" },
		{ ".", "files/%2E/x.." },
		{ "..", "files/%2E./x..." },
		{ "../../etc", "files/%2E.%2F..%2Fetc/x...%2F..%2Fetc" },
		{ "a/b", "files/a%2Fb/x.a%2Fb" },
		{ "", "files/%/x.%" },
		{ ".done", "files/%2Edone/x..done" },
		{ "a b\n", "files/a%20b%0A/x.a%20b%0A" },
		{ "caf\xc3\xa9", "files/caf%C3%A9/x.caf%C3%A9" },
		{ "100%", "files/100%25/x.100%25" },
		{ "~x", "files/%7Ex/x.%7Ex" },
		{ "-rf", "files/-rf/x.-rf" },
		{ "back\\slash", "files/back%5Cslash/x.back%5Cslash" },
		{ NULL, "files/~0123456789abcdef0123456789abcdefXX/"
		    "x.~0123456789abcdef0123456789abcdefXX" },
	};
	struct tree *tree = new_tree();
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++)
		assert_string_equal(path_of(tree, rows[i].id), rows[i].path);
	tree_close(tree);
}

static void
test_long_names_are_cut_and_stay_different(void **state)
{
	struct tree *tree = new_tree();
	char one[1000], other[1000];
	char *path;

	(void)state;
	memset(one, 'x', 999);
	one[999] = '\0';
	memcpy(other, one, 1000);
	other[998] = 'y';
	path = strdup(path_of(tree, one));
	assert_string_not_equal(path, path_of(tree, other));
	assert_string_equal(path, path_of(tree, one));
	assert_true(strlen(path) < 400);
	assert_int_equal(strchr(path, '~') - path, 6 + 150);
	free(path);
	tree_close(tree);
}

static void
test_names_that_differ_in_case_only(void **state)
{
	struct tree *tree = new_tree();

	(void)state;
	assert_string_equal(path_of(tree, "pr_Ab"), "files/pr_Ab/x.pr_Ab");
	assert_string_equal(path_of(tree, "pr_aB"),
	    "files/pr_a%42/x.pr_aB");
	assert_string_equal(path_of(tree, "pr_ab"),
	    "files/%70r_ab/x.pr_ab");
	/* Asked again, each has the name it got. */
	assert_string_equal(path_of(tree, "pr_Ab"), "files/pr_Ab/x.pr_Ab");
	assert_string_equal(path_of(tree, "pr_aB"),
	    "files/pr_a%42/x.pr_aB");
	assert_string_equal(path_of(tree, "pr_ab"),
	    "files/%70r_ab/x.pr_ab");
	tree_close(tree);
	/* And in a later run, whichever is asked for first. */
	tree = new_tree();
	tree_register(tree, "files/pr_Ab/x");
	tree_register(tree, "files/pr_a%42/x");
	assert_string_equal(path_of(tree, "pr_aB"),
	    "files/pr_a%42/x.pr_aB");
	assert_string_equal(path_of(tree, "pr_Ab"), "files/pr_Ab/x.pr_Ab");
	tree_close(tree);
}

/* --------------------------------------------------------------- objects */

static void
test_objects_get_their_name_when_they_are_on_disk(void **state)
{
	struct tree *tree = new_tree();
	struct tree_receipt receipt;
	struct text text;
	struct stat st;
	struct err err;
	char hex[SHA256_HEX];

	(void)state;
	assert_int_equal(tree_put(tree, "files/a/file.json",
	    (struct span){ "{\"a\":1}", 7 }, &receipt, &err), 0);
	assert_int_equal(receipt.bytes, 7);
	sha256_hex(receipt.sha256, hex);
	assert_string_equal(hex, "015abd7f5cc57a2dd94b7590f04ad8084273905ee33"
	    "ec5cebeae62276a97f862");
	assert_int_equal(fstatat(tree_dir(tree), "files/a/file.json", &st,
	    0), -1);
	/* It can be read back all the same. */
	text_init(&text, 100);
	assert_int_equal(tree_get(tree, "files/a/file.json", &text, &err),
	    0);
	assert_string_equal(text.data, "{\"a\":1}");
	text_release(&text);
	assert_int_equal(tree_flush(tree, &err), 0);
	assert_int_equal(fstatat(tree_dir(tree), "files/a/file.json", &st,
	    0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	read_file(tree, "files/a/file.json", &text);
	assert_string_equal(text.data, "{\"a\":1}");
	text_release(&text);
	/* A second record for the same file is no overwriting. */
	assert_int_equal(tree_put(tree, "files/a/file.json",
	    (struct span){ "{}", 2 }, &receipt, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
	tree_close(tree);
}

static void
test_links_in_the_tree_are_not_followed(void **state)
{
	struct tree *tree = new_tree();
	struct tree_receipt receipt;
	struct err err;

	(void)state;
	assert_int_equal(mkdir("away", 0700), 0);
	assert_int_equal(symlinkat("../../away", tree_dir(tree), "files"),
	    0);
	assert_int_equal(tree_put(tree, "files/a/file.json",
	    (struct span){ "{}", 2 }, &receipt, &err), -1);
	assert_int_equal(err.kind, ERR_DISK);
	assert_int_equal(access("away/a", F_OK), -1);
	tree_close(tree);
}

static void
test_leftovers_are_swept(void **state)
{
	struct tree *tree = new_tree();
	struct err err;
	int fd;

	(void)state;
	fd = file_open(tree_dir(tree), "files/a/.hlexport-file.json",
	    O_WRONLY | O_CREAT, &err);
	close(fd);
	fd = file_open(tree_dir(tree), "files/a/.done", O_WRONLY | O_CREAT,
	    &err);
	close(fd);
	assert_int_equal(tree_sweep(tree, &err), 0);
	assert_int_equal(faccessat(tree_dir(tree),
	    "files/a/.hlexport-file.json", F_OK, 0), -1);
	assert_int_equal(faccessat(tree_dir(tree), "files/a/.done", F_OK, 0),
	    0);
	tree_close(tree);
}

static bool
any(const char *path)
{
	return strstr(path, "000003") != NULL;
}

static void
test_the_newest(void **state)
{
	char *path;

	(void)state;
	assert_int_equal(mkdir("many", 0700), 0);
	assert_int_equal(mkdir("many/20250101-000001", 0700), 0);
	assert_int_equal(mkdir("many/20250101-000003", 0700), 0);
	assert_int_equal(mkdir("many/20250101-000003-2", 0700), 0);
	assert_int_equal(mkdir("many/20250101-000003-10", 0700), 0);
	assert_int_equal(mkdir("many/20250101-000009", 0700), 0);
	assert_int_equal(mkdir("many/other", 0700), 0);
	path = tree_newest("many", any);
	assert_string_equal(path, "many/20250101-000003-10");
	free(path);
	assert_null(tree_newest("nowhere", any));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_directories_of_one_second),
		cmocka_unit_test(test_names_are_safe),
		cmocka_unit_test(test_long_names_are_cut_and_stay_different),
		cmocka_unit_test(test_names_that_differ_in_case_only),
		cmocka_unit_test(
		    test_objects_get_their_name_when_they_are_on_disk),
		cmocka_unit_test(test_links_in_the_tree_are_not_followed),
		cmocka_unit_test(test_leftovers_are_swept),
		cmocka_unit_test(test_the_newest),
	};

	return cmocka_run_group_tests_name("tree", tests, unit_enter_dir,
	    unit_leave_dir);
}
