#include "unit_tree.h"

#include <fcntl.h>
#include <sys/stat.h>

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
		records[i].data = text;
	}
	if (tree_stream_add(stream, records, (size_t)n, false, &err) == -1)
		fail_msg("%s", err.text);
	for (i = 0; i < n; i++)
		free((char *)records[i].data);
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
		read_file(tree, receipts->items[i].path, &text);
		assert_true(receipts->items[i].bytes <= text.len);
		sha256_of(text.data, receipts->items[i].bytes, hash);
		assert_memory_equal(hash, receipts->items[i].sha256,
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
			assert_int_equal(all.items[all.n - 1].lines,
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
	assert_int_equal(known.items[0].lines, 900);
	tree_receipts_release(&known);
	tree_stream_changed(stream, &known);
	assert_int_equal(known.n, 0);
	assert_int_equal(tree_flush(tree, &err), 0);
	add_lines(stream, 900, 200);
	tree_stream_changed(stream, &known);
	assert_int_equal(known.n, 2);
	assert_string_equal(known.items[1].path, "s/2.jsonl");
	assert_int_equal(known.items[1].lines, 100);
	check_receipts(tree, &known);
	tree_receipts_release(&known);
	tree_stream_free(stream);
	tree_close(tree);
}

/* Is the file kept beside the export, with so many lines and that end? */
static void
check_aside(struct tree *tree, const char *path, size_t lines,
    const char *ends)
{
	struct text text;
	struct err err;
	char *name;
	size_t i, n = 0;

	assert_int_not_equal(asprintf(&name, "%s/%s", tree_aside(tree),
	    path), -1);
	text_init(&text, 10000000);
	if (file_read(AT_FDCWD, name, &text, &err) == -1)
		fail_msg("%s", err.text);
	for (i = 0; i < text.len; i++)
		n += text.data[i] == '\n';
	assert_int_equal(n, lines);
	assert_string_equal(&text.data[text.len - strlen(ends)], ends);
	text_release(&text);
	free(name);
}

static void
test_what_was_not_noted_is_kept_beside(void **state)
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
	/* Nothing is touched before something else is to stand there. */
	assert_int_equal(fstatat(tree_dir(tree), "s/4.jsonl", &st, 0), 0);
	assert_null(tree_aside(tree));
	/* And it goes on as if nothing had been. */
	add_lines(stream, 1500, 700);
	check_lines(tree, "s", 2200);
	assert_int_equal(fstatat(tree_dir(tree), "s/4.jsonl", &st, 0), -1);
	assert_non_null(tree_aside(tree));
	check_aside(tree, "s/2.jsonl", 1000, "{\"n\":9499}\n");
	check_aside(tree, "s/3.jsonl", 1000, "{\"n\":10499}\n");
	check_aside(tree, "s/4.jsonl", 900, "{\"n\":11399}\n{\"n");
	tree_receipts_release(&known);
	tree_stream_all(stream, &known);
	check_receipts(tree, &known);
	tree_receipts_release(&known);
	tree_stream_free(stream);
	tree_close(tree);
}

/* What is appended again is what stands there: no byte of it changes. */
static void
test_what_comes_again_stays(void **state)
{
	struct tree *tree = new_tree();
	struct tree_receipts known = { NULL, 0, 0 };
	struct tree_stream *stream;
	struct err err;

	(void)state;
	stream = tree_stream_new(tree, "s", &known, false, &err);
	add_lines(stream, 0, 1200);
	tree_stream_all(stream, &known);
	add_lines(stream, 1200, 1300);
	tree_stream_free(stream);
	assert_int_equal(tree_flush(tree, &err), 0);
	/* A page, and it ends again. */
	stream = tree_stream_new(tree, "s", &known, false, &err);
	add_lines(stream, 1200, 100);
	tree_stream_free(stream);
	assert_int_equal(tree_flush(tree, &err), 0);
	check_lines(tree, "s", 2500);
	/* All but the last, and that is the end of it. */
	stream = tree_stream_new(tree, "s", &known, false, &err);
	add_lines(stream, 1200, 1299);
	assert_null(tree_aside(tree));
	assert_int_equal(tree_stream_cut(stream, &err), 0);
	check_lines(tree, "s", 2499);
	check_aside(tree, "s/3.jsonl", 500, "{\"n\":2499}\n");
	tree_receipts_release(&known);
	tree_stream_all(stream, &known);
	check_receipts(tree, &known);
	tree_stream_free(stream);
	tree_receipts_release(&known);
	tree_close(tree);
}

/* A tail of half a line, or of zeros, is no record: nothing is kept of it. */
static void
test_what_is_no_line_goes(void **state)
{
	static const char *const tails[] = { "{\"n", "\0\0\0\0\n", "" };
	struct tree_receipts known = { NULL, 0, 0 };
	struct tree_stream *stream;
	struct tree *tree;
	struct err err;
	size_t i;
	int fd;

	(void)state;
	for (i = 0; i < LENGTH(tails); i++) {
		tree = new_tree();
		stream = tree_stream_new(tree, "s", &known, false, &err);
		add_lines(stream, 0, 10);
		tree_stream_all(stream, &known);
		tree_stream_free(stream);
		fd = openat(tree_dir(tree), "s/1.jsonl", O_WRONLY | O_APPEND);
		assert_int_equal(write(fd, tails[i], i == 1 ? 5 :
		    strlen(tails[i])), i == 1 ? 5 : strlen(tails[i]));
		close(fd);
		stream = tree_stream_new(tree, "s", &known, false, &err);
		add_lines(stream, 10, 5);
		assert_int_equal(tree_stream_cut(stream, &err), 0);
		check_lines(tree, "s", 15);
		assert_null(tree_aside(tree));
		tree_stream_free(stream);
		tree_receipts_release(&known);
		tree_close(tree);
	}
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shards_have_a_thousand_lines),
		cmocka_unit_test(test_receipts_tell_what_changed),
		cmocka_unit_test(test_what_was_not_noted_is_kept_beside),
		cmocka_unit_test(test_what_comes_again_stays),
		cmocka_unit_test(test_what_is_no_line_goes),
		cmocka_unit_test(test_damage_is_seen),
		cmocka_unit_test(test_a_stream_is_replaced_by_a_new_one),
		cmocka_unit_test(test_lines_are_found_by_number),
	};

	return cmocka_run_group_tests_name("tree_stream", tests,
	    unit_enter_dir, unit_leave_dir);
}
