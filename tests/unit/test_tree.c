#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "tree/tree.h"

static int number;

/* A new export directory, at a fixed time. */
static struct tree *
new_tree(void)
{
	struct tree *tree;
	struct err err;

	clock_fix(1748781045000 + 1000 * (int64_t)number++);
	tree = tree_create("exports", &err);
	if (tree == NULL)
		fail_msg("%s", err.text);
	return tree;
}

static void
read_file(struct tree *tree, const char *path, struct text *text)
{
	struct err err;

	text_init(text, 10000000);
	if (file_read(tree_dir(tree), path, text, &err) == -1)
		fail_msg("%s", err.text);
	if (text->at == NULL)
		text_adds(text, "");
}

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
	struct source_scope scope = { id_value, (void *)id };
	static char copy[10000];
	const char *missing;
	struct text path;

	text_init(&path, sizeof(copy) - 1);
	if (tree_path(tree, &template, &scope,
	    "0123456789abcdef0123456789abcdefXX", &path, &missing) == -1)
		fail_msg("no %s", missing);
	strcpy(copy, path.at);
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
	tree_know(tree, "files/pr_Ab/x");
	tree_know(tree, "files/pr_a%42/x");
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
	assert_string_equal(text.at, "{\"a\":1}");
	text_release(&text);
	assert_int_equal(tree_flush(tree, &err), 0);
	assert_int_equal(fstatat(tree_dir(tree), "files/a/file.json", &st,
	    0), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	read_file(tree, "files/a/file.json", &text);
	assert_string_equal(text.at, "{\"a\":1}");
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

/* --------------------------------------------------------------- streams */

static void
add_lines(struct tree_stream *stream, int from, int n)
{
	struct span *records = calloc((size_t)n, sizeof(*records));
	struct err err;
	int i;

	for (i = 0; i < n; i++) {
		char *text;

		records[i].len = (size_t)asprintf(&text, "{\"n\":%d}",
		    from + i);
		records[i].at = text;
	}
	if (tree_stream_add(stream, records, (size_t)n, false, &err) == -1)
		fail_msg("%s", err.text);
	for (i = 0; i < n; i++)
		free((char *)records[i].at);
	free(records);
}

/* Are the lines of the stream {"n":0}, {"n":1}, ... up to n? */
static void
check_lines(struct tree *tree, const char *dir, int n)
{
	struct tree_lines *lines = tree_lines_new(tree, dir, false);
	struct span line;
	struct err err;
	char expected[32];
	int i;

	for (i = 0; i < n; i++) {
		snprintf(expected, sizeof(expected), "{\"n\":%d}", i);
		assert_int_equal(tree_lines_next(lines, &line, &err), 1);
		assert_true(text_is(line, expected));
	}
	assert_int_equal(tree_lines_next(lines, &line, &err), 0);
	tree_lines_free(lines);
}

/* Is each receipt what sha256 and size of its file are? */
static void
check_receipts(struct tree *tree, const struct tree_receipts *receipts)
{
	unsigned char hash[SHA256_BYTES];
	struct text text;
	size_t i;

	for (i = 0; i < receipts->n; i++) {
		read_file(tree, receipts->at[i].path, &text);
		assert_true(receipts->at[i].bytes <= text.len);
		sha256_of(text.at, receipts->at[i].bytes, hash);
		assert_memory_equal(hash, receipts->at[i].sha256,
		    sizeof(hash));
		text_release(&text);
	}
}

static void
test_shards_have_a_thousand_lines(void **state)
{
	static const struct {
		int n;
		size_t shards;
		uint64_t last;
	} rows[] = { { 0, 0, 0 }, { 1, 1, 1 }, { 999, 1, 999 },
	    { 1000, 1, 1000 }, { 1001, 2, 1 }, { 3500, 4, 500 } };
	struct tree *tree = new_tree();
	struct tree_receipts none = { NULL, 0, 0 }, all;
	struct tree_stream *stream;
	struct err err;
	char dir[16];
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		snprintf(dir, sizeof(dir), "s%zu", i);
		stream = tree_stream_new(tree, dir, &none, false, &err);
		add_lines(stream, 0, rows[i].n);
		assert_int_equal(tree_stream_lines(stream), rows[i].n);
		all = none;
		tree_stream_all(stream, &all);
		assert_int_equal(all.n, rows[i].shards);
		if (all.n > 0)
			assert_int_equal(all.at[all.n - 1].lines,
			    rows[i].last);
		check_receipts(tree, &all);
		check_lines(tree, dir, rows[i].n);
		tree_receipts_release(&all);
		tree_stream_free(stream);
		assert_int_equal(tree_flush(tree, &err), 0);
	}
	tree_close(tree);
}

static void
test_receipts_tell_what_changed(void **state)
{
	struct tree *tree = new_tree();
	struct tree_receipts known = { NULL, 0, 0 };
	struct tree_stream *stream;
	struct err err;

	(void)state;
	stream = tree_stream_new(tree, "s", &known, false, &err);
	add_lines(stream, 0, 900);
	tree_stream_changed(stream, &known);
	assert_int_equal(known.n, 1);
	assert_int_equal(known.at[0].lines, 900);
	tree_receipts_release(&known);
	tree_stream_changed(stream, &known);
	assert_int_equal(known.n, 0);
	assert_int_equal(tree_flush(tree, &err), 0);
	add_lines(stream, 900, 200);
	tree_stream_changed(stream, &known);
	assert_int_equal(known.n, 2);
	assert_string_equal(known.at[1].path, "s/2.jsonl");
	assert_int_equal(known.at[1].lines, 100);
	check_receipts(tree, &known);
	tree_receipts_release(&known);
	tree_stream_free(stream);
	tree_close(tree);
}

static void
test_what_was_not_noted_is_cut_off(void **state)
{
	struct tree *tree = new_tree();
	struct tree_receipts known = { NULL, 0, 0 };
	struct tree_stream *stream;
	struct stat st;
	struct err err;
	int fd;

	(void)state;
	stream = tree_stream_new(tree, "s", &known, false, &err);
	add_lines(stream, 0, 1500);
	tree_stream_all(stream, &known);
	/* Three shards more, and half a line, that no one noted. */
	add_lines(stream, 9000, 2400);
	tree_stream_free(stream);
	assert_int_equal(tree_flush(tree, &err), 0);
	fd = openat(tree_dir(tree), "s/4.jsonl", O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "{\"n", 3), 3);
	close(fd);
	stream = tree_stream_new(tree, "s", &known, false, &err);
	if (stream == NULL)
		fail_msg("%s", err.text);
	assert_int_equal(tree_stream_lines(stream), 1500);
	check_lines(tree, "s", 1500);
	assert_int_equal(fstatat(tree_dir(tree), "s/3.jsonl", &st, 0), -1);
	assert_int_equal(fstatat(tree_dir(tree), "s/4.jsonl", &st, 0), -1);
	/* And it goes on as if nothing had been. */
	add_lines(stream, 1500, 700);
	check_lines(tree, "s", 2200);
	tree_receipts_release(&known);
	tree_stream_all(stream, &known);
	check_receipts(tree, &known);
	tree_receipts_release(&known);
	tree_stream_free(stream);
	tree_close(tree);
}

static void
test_damage_is_seen(void **state)
{
	struct tree *tree = new_tree();
	struct tree_receipts known = { NULL, 0, 0 };
	struct tree_stream *stream;
	struct err err;
	int fd;

	(void)state;
	stream = tree_stream_new(tree, "s", &known, false, &err);
	add_lines(stream, 0, 10);
	tree_stream_all(stream, &known);
	tree_stream_free(stream);
	assert_int_equal(tree_flush(tree, &err), 0);
	fd = openat(tree_dir(tree), "s/1.jsonl", O_RDWR);
	assert_int_equal(pwrite(fd, "X", 1, 20), 1);
	assert_null(tree_stream_new(tree, "s", &known, false, &err));
	assert_contains(err.text, "s/1.jsonl is damaged");
	assert_int_equal(ftruncate(fd, 30), 0);
	assert_null(tree_stream_new(tree, "s", &known, false, &err));
	assert_contains(err.text, "it has 30 bytes");
	close(fd);
	assert_int_equal(unlinkat(tree_dir(tree), "s/1.jsonl", 0), 0);
	assert_null(tree_stream_new(tree, "s", &known, false, &err));
	assert_contains(err.text, "s/1.jsonl");
	tree_receipts_release(&known);
	tree_close(tree);
}

static void
test_a_stream_is_replaced_by_a_new_one(void **state)
{
	struct tree *tree = new_tree();
	struct tree_receipts none = { NULL, 0, 0 }, known = none;
	struct tree_stream *stream;
	struct err err;

	(void)state;
	stream = tree_stream_new(tree, "s", &none, false, &err);
	add_lines(stream, 5000, 2500);
	tree_stream_free(stream);
	stream = tree_stream_new(tree, "s", NULL, true, &err);
	add_lines(stream, 0, 1700);
	tree_stream_all(stream, &known);
	tree_stream_free(stream);
	assert_int_equal(tree_flush(tree, &err), 0);
	/* Twice: a crash may come in between. */
	assert_int_equal(tree_stream_replace(tree, "s", &known, &err), 0);
	assert_int_equal(tree_stream_replace(tree, "s", &known, &err), 0);
	check_lines(tree, "s", 1700);
	check_receipts(tree, &known);
	assert_int_equal(faccessat(tree_dir(tree), "s/3.jsonl", F_OK, 0),
	    -1);
	tree_receipts_release(&known);
	tree_close(tree);
}

static void
test_lines_are_found_by_number(void **state)
{
	static const uint64_t places[] = { 2000, 0, 999, 1000, 2499, 1 };
	struct tree *tree = new_tree();
	struct tree_receipts none = { NULL, 0, 0 };
	struct tree_stream *stream;
	struct tree_lines *lines;
	struct span line;
	struct err err;
	char expected[32];
	size_t i;

	(void)state;
	stream = tree_stream_new(tree, "s", &none, false, &err);
	add_lines(stream, 0, 2500);
	lines = tree_lines_new(tree, "s", false);
	for (i = 0; i < LENGTH(places); i++) {
		snprintf(expected, sizeof(expected), "{\"n\":%d}",
		    (int)places[i]);
		assert_int_equal(tree_lines_seek(lines, places[i], &err), 0);
		assert_int_equal(tree_lines_next(lines, &line, &err), 1);
		assert_true(text_is(line, expected));
	}
	tree_lines_free(lines);
	tree_stream_free(stream);
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
		cmocka_unit_test(test_shards_have_a_thousand_lines),
		cmocka_unit_test(test_receipts_tell_what_changed),
		cmocka_unit_test(test_what_was_not_noted_is_cut_off),
		cmocka_unit_test(test_damage_is_seen),
		cmocka_unit_test(test_a_stream_is_replaced_by_a_new_one),
		cmocka_unit_test(test_lines_are_found_by_number),
		cmocka_unit_test(test_leftovers_are_swept),
		cmocka_unit_test(test_the_newest),
	};

	return cmocka_run_group_tests_name("tree", tests, unit_enter_dir,
	    unit_leave_dir);
}
