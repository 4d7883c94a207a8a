#include "unit_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

static void
put(struct tree *tree, const char *path, const char *words)
{
	struct tree_receipt receipt;
	struct err err;

	if (tree_put_again(tree, path, (struct span){ words, strlen(words) },
	    &receipt, &err) == -1 || tree_flush(tree, &err) == -1)
		fail_msg("%s: %s", path, err.text);
}

/* What stands in the export itself, whatever lies over it. */
static void
check_below(struct tree *tree, const char *path, const char *words)
{
	struct text text;

	text_init(&text, 100000);
	if (words == NULL) {
		assert_int_equal(faccessat(tree_dir(tree), path, F_OK,
		    AT_SYMLINK_NOFOLLOW), -1);
	} else {
		assert_int_equal(file_read(tree_dir(tree), path, &text,
		    NULL), 0);
		assert_string_equal(text.data, words);
	}
	text_release(&text);
}

static void
check_seen(struct tree *tree, const char *path, const char *words)
{
	struct text text;
	struct err err;

	text_init(&text, 100000);
	if (tree_get(tree, path, &text, &err) == -1)
		fail_msg("%s", err.text);
	assert_string_equal(text.data, words);
	text_release(&text);
}

/* Is there a file of that name in the directory beside the export? */
static bool
is_in_layer(struct tree *tree, const char *name)
{
	char *path;
	bool is;

	assert_int_not_equal(asprintf(&path, "%s.repair/%s",
	    tree_where(tree), name), -1);
	is = access(path, F_OK) == 0;
	free(path);
	return is;
}

static void
begin(struct tree *tree, const char *base)
{
	unsigned char hash[SHA256_BYTES];
	char hex[SHA256_HEX], *whole;
	struct text text;
	struct err err;

	text_init(&text, SIZE_MAX / 4);
	(void)file_read(tree_dir(tree), "manifest.jsonl", &text, NULL);
	sha256_of(text.data != NULL ? text.data : "", text.len, hash);
	sha256_hex(hash, hex);
	text_release(&text);
	assert_int_not_equal(asprintf(&whole, "%s %s", hex, base), -1);
	if (tree_layer_begin(tree, whole, &err) == -1)
		fail_msg("%s", err.text);
	free(whole);
	assert_true(tree_is_layered(tree));
}

static void
test_below_nothing_changes_before_the_merge(void **state)
{
	struct tree *tree = new_tree();
	struct err err;

	(void)state;
	put(tree, "a/one", "old");
	begin(tree, "base");
	check_seen(tree, "a/one", "old");
	put(tree, "a/one", "new");
	put(tree, "b/two", "more");
	check_seen(tree, "a/one", "new");
	check_below(tree, "a/one", "old");
	check_below(tree, "b/two", NULL);
	assert_int_equal(tree_layer_merge(tree, &err), 0);
	assert_false(tree_is_layered(tree));
	check_below(tree, "a/one", "new");
	check_below(tree, "b/two", "more");
	assert_false(is_in_layer(tree, ""));
	tree_close(tree);
}

/* One with nothing in it leaves nothing, whichever way it ends. */
static void
test_an_empty_layer(void **state)
{
	struct tree *tree = new_tree();
	struct err err;

	(void)state;
	begin(tree, "base");
	assert_int_equal(tree_layer_merge(tree, &err), 0);
	assert_false(is_in_layer(tree, ""));
	begin(tree, "base");
	assert_null(tree_layer_leave(tree));
	assert_false(is_in_layer(tree, ""));
	begin(tree, "base");
	assert_int_equal(tree_layer_drop(tree, &err), 0);
	assert_false(is_in_layer(tree, ""));
	assert_null(tree_layer_leave(tree));
	assert_int_equal(tree_layer_recover(tree, &err), 0);
	tree_close(tree);
}

/* What was fetched waits for the next one of the same base, and no other. */
static void
test_what_is_left_counts_for_the_same_base(void **state)
{
	struct tree *tree = new_tree();
	struct err err;

	(void)state;
	put(tree, "a/one", "old");
	begin(tree, "base");
	put(tree, "a/one", "new");
	assert_contains(tree_layer_leave(tree), ".repair");
	assert_false(tree_is_layered(tree));
	check_seen(tree, "a/one", "old");
	/* It was not to be merged yet. */
	assert_int_equal(tree_layer_recover(tree, &err), 0);
	check_below(tree, "a/one", "old");
	begin(tree, "base");
	check_seen(tree, "a/one", "new");
	assert_non_null(tree_layer_leave(tree));
	begin(tree, "another");
	check_seen(tree, "a/one", "old");
	assert_int_equal(tree_layer_drop(tree, &err), 0);
	check_below(tree, "a/one", "old");
	tree_close(tree);
}

/* It was ended while it was merged: the rest is done, once. */
static void
test_a_merge_that_was_ended(void **state)
{
	struct tree *tree = new_tree();
	struct err err;
	const char *layer;
	char *mark;
	int fd;

	(void)state;
	put(tree, "a/one", "old");
	put(tree, "manifest.jsonl", "old lines");
	begin(tree, "base");
	put(tree, "a/one", "new");
	put(tree, "manifest.jsonl", "new lines");
	layer = tree_layer_leave(tree);
	assert_non_null(layer);
	assert_int_not_equal(asprintf(&mark, "%s/.commit", layer), -1);
	fd = open(mark, O_WRONLY | O_CREAT, 0600);
	assert_int_not_equal(fd, -1);
	close(fd);
	free(mark);
	assert_int_equal(tree_layer_recover(tree, &err), 1);
	check_below(tree, "a/one", "new");
	check_below(tree, "manifest.jsonl", "new lines");
	assert_false(is_in_layer(tree, ""));
	assert_int_equal(tree_layer_recover(tree, &err), 0);
	tree_close(tree);
}

/* A merge that was ended, of an export that stood here before. */
static void
test_a_merge_of_another_export(void **state)
{
	struct tree *tree = new_tree();
	struct err err;
	char *mark;
	int fd;

	(void)state;
	put(tree, "manifest.jsonl", "old lines");
	begin(tree, "base");
	put(tree, "a/one", "new");
	put(tree, "manifest.jsonl", "new lines");
	assert_int_not_equal(asprintf(&mark, "%s/.commit",
	    tree_layer_leave(tree)), -1);
	fd = open(mark, O_WRONLY | O_CREAT, 0600);
	close(fd);
	free(mark);
	put(tree, "a/one", "another's");
	put(tree, "manifest.jsonl", "another's lines");
	assert_int_equal(tree_layer_recover(tree, &err), -1);
	assert_int_equal(err.kind, ERR_DATA);
	check_below(tree, "a/one", "another's");
	check_below(tree, "manifest.jsonl", "another's lines");
	assert_true(is_in_layer(tree, "a/one"));
	tree_close(tree);
}

/* An export from elsewhere may come with a layer that nobody repaired. */
static void
test_a_merge_of_what_is_no_file(void **state)
{
	static const struct {
		const char *make, *name;
	} rows[] = {
		{ "mkfifo %s/a/pipe", "a/pipe" },
		{ "ln -s /etc/passwd %s/a/link", "a/link" },
		{ "echo not >%s/export.log", "export.log" },
	};
	struct tree *tree;
	char *command;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		tree = new_tree();
		put(tree, "manifest.jsonl", "old lines");
		begin(tree, "base");
		put(tree, "a/one", "new");
		assert_int_not_equal(asprintf(&command, rows[i].make,
		    tree_layer_leave(tree)), -1);
		assert_int_equal(system(command), 0);
		free(command);
		begin(tree, "base");
		assert_int_equal(tree_layer_merge(tree, &err), -1);
		assert_int_equal(err.kind, ERR_DATA);
		assert_contains(err.text, "was not written by a repair");
		assert_true(is_in_layer(tree, rows[i].name));
		tree_close(tree);
	}
}

/* What has the name of a file or folder of the layer is moved, not lost. */
static void
test_something_else_in_its_place(void **state)
{
	struct tree *tree = new_tree();
	struct stat st;
	struct err err;

	(void)state;
	put(tree, "a", "a file where a folder belongs");
	assert_int_equal(mkdirat(tree_dir(tree), "one", 0700), 0);
	put(tree, "one/mine", "precious");
	begin(tree, "base");
	put(tree, "one.new", "x");
	assert_int_equal(tree_layer_merge(tree, &err), 0);
	assert_null(tree_aside(tree));
	begin(tree, "base");
	put(tree, "a/one", "new");
	if (tree_layer_merge(tree, &err) == -1)
		fail_msg("%s", err.text);
	check_below(tree, "a/one", "new");
	assert_non_null(tree_aside(tree));
	assert_int_equal(chdir(tree_aside(tree)), 0);
	assert_int_equal(stat("a", &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(chdir(unit_dir), 0);
	tree_close(tree);
}

/* --------------------------------------------------------------- drafts */

static void
add(struct tree_draft *draft, const char *line, bool breaks)
{
	struct err err;

	if (tree_draft_line(draft, (struct span){ line, strlen(line) },
	    breaks, &err) == -1)
		fail_msg("%s", err.text);
}

static struct tree_draft *
new_draft(struct tree *tree, const char *path)
{
	struct err err;
	struct tree_draft *draft = tree_draft_new(tree, path, &err);

	if (draft == NULL)
		fail_msg("%s", err.text);
	return draft;
}

static struct tree_receipt
receipt_of(const char *words)
{
	struct tree_receipt receipt = { .bytes = strlen(words) };

	sha256_of(words, strlen(words), receipt.sha256);
	return receipt;
}

static void
test_a_draft_that_is_what_it_should_be(void **state)
{
	struct tree *tree = new_tree();
	struct tree_receipt wanted = receipt_of("{\"a\":1}\n{\"b\": [1]}\n");
	struct tree_draft *draft = new_draft(tree, "s/1.jsonl");
	struct err err;

	(void)state;
	add(draft, "{\"a\":1}", false);
	add(draft, "{\"b\":\n [1]}", true);
	assert_int_equal(tree_draft_lines(draft), 2);
	check_below(tree, "s/1.jsonl", NULL);
	assert_int_equal(tree_draft_end(draft, &wanted, &err), 1);
	assert_int_equal(tree_flush(tree, &err), 0);
	check_below(tree, "s/1.jsonl", "{\"a\":1}\n{\"b\": [1]}\n");
	tree_close(tree);
}

static void
test_a_draft_that_is_not(void **state)
{
	struct tree *tree = new_tree();
	struct tree_receipt wanted = receipt_of("{\"a\":1}\n");
	struct tree_draft *draft;
	struct stat st;
	struct err err;

	(void)state;
	put(tree, "s/1.jsonl", "as it was");
	/* One line too many; then none at all; then it is given up. */
	draft = new_draft(tree, "s/1.jsonl");
	add(draft, "{\"a\":1}", false);
	add(draft, "{\"a\":1}", false);
	assert_int_equal(tree_draft_end(draft, &wanted, &err), 0);
	draft = new_draft(tree, "s/1.jsonl");
	assert_int_equal(tree_draft_end(draft, &wanted, &err), 0);
	draft = new_draft(tree, "s/1.jsonl");
	add(draft, "{\"a\":1}", false);
	tree_draft_free(draft);
	tree_draft_free(NULL);
	assert_int_equal(tree_flush(tree, &err), 0);
	check_below(tree, "s/1.jsonl", "as it was");
	assert_int_equal(fstatat(tree_dir(tree), "s/.hlexport-1.jsonl", &st,
	    0), -1);
	tree_close(tree);
}

/* An empty file is a file; and one may be at the top. */
static void
test_a_draft_of_nothing(void **state)
{
	struct tree *tree = new_tree();
	struct tree_receipt wanted = receipt_of("");
	struct tree_draft *draft = new_draft(tree, "top.jsonl");
	struct stat st;
	struct err err;

	(void)state;
	assert_int_equal(tree_draft_end(draft, &wanted, &err), 1);
	assert_int_equal(tree_flush(tree, &err), 0);
	assert_int_equal(fstatat(tree_dir(tree), "top.jsonl", &st, 0), 0);
	assert_int_equal(st.st_size, 0);
	tree_close(tree);
}

/* More than goes into one write. */
static void
test_a_long_draft(void **state)
{
	struct tree *tree = new_tree();
	struct tree_draft *draft = new_draft(tree, "s/1.jsonl");
	struct tree_receipt wanted;
	struct text all;
	struct err err;
	char line[1000];
	int i;

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	text_init(&all, 10000000);
	for (i = 0; i < 1000; i++) {
		add(draft, line, false);
		text_addf(&all, "%s\n", line);
	}
	wanted = receipt_of(all.data);
	assert_int_equal(tree_draft_end(draft, &wanted, &err), 1);
	assert_int_equal(tree_flush(tree, &err), 0);
	text_release(&all);
	read_file(tree, "s/1.jsonl", &all);
	assert_int_equal(all.len, 1000 * 1000);
	text_release(&all);
	tree_close(tree);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_below_nothing_changes_before_the_merge),
		cmocka_unit_test(test_an_empty_layer),
		cmocka_unit_test(test_what_is_left_counts_for_the_same_base),
		cmocka_unit_test(test_a_merge_that_was_ended),
		cmocka_unit_test(test_a_merge_of_another_export),
		cmocka_unit_test(test_a_merge_of_what_is_no_file),
		cmocka_unit_test(test_something_else_in_its_place),
		cmocka_unit_test(test_a_draft_that_is_what_it_should_be),
		cmocka_unit_test(test_a_draft_that_is_not),
		cmocka_unit_test(test_a_draft_of_nothing),
		cmocka_unit_test(test_a_long_draft),
	};

	return cmocka_run_group_tests_name("tree_layer", tests,
	    unit_enter_dir, unit_leave_dir);
}
