#include "unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "manifest/manifest.h"

static struct log *the_log;
static int number;

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

static struct manifest *
new_manifest(struct tree *tree)
{
	json_t *header = json_pack("{s:s, s:s}", "source", "humanloop",
	    "tool", "hlexport 0.0.0");
	struct manifest *manifest;
	struct err err;

	manifest = manifest_create(tree, header, &err);
	json_decref(header);
	if (manifest == NULL)
		fail_msg("%s", err.text);
	return manifest;
}

/* Close it and read it again. */
static struct manifest *
again(struct tree *tree, struct manifest *manifest)
{
	struct err err;

	if (manifest != NULL) {
		assert_int_equal(manifest_flush(manifest, &err), 0);
		manifest_close(manifest);
	}
	manifest = manifest_open(tree, the_log, &err);
	if (manifest == NULL)
		fail_msg("%s", err.text);
	return manifest;
}

static void
say_page(struct manifest *manifest, const char *key, uint64_t first,
    unsigned pass, const char *shard, uint64_t lines)
{
	struct manifest_page page = { .first = first, .count = 10,
	    .pass = pass, .received = 10, .distinct = 10, .kept = 10,
	    .position = lines - 10, .total = 40, .size = 10 };
	struct tree_receipt receipt = { .path = (char *)shard,
	    .lines = lines, .bytes = lines * 7 };
	struct tree_receipts receipts = { &receipt, 1, 1 };

	receipt.sha256[0] = (unsigned char)lines;
	manifest_say_page(manifest, key, &page, &receipts);
}

static void
say_gap(struct manifest *manifest, const char *key, int64_t first)
{
	struct manifest_gap gap = { .listing = (char *)key, .first = first,
	    .count = 10, .record = -1, .have = -1, .total = -1,
	    .expected = -1, .status = 500, .url = (char *)"http://h/\033[1m",
	    .why = (char *)"HTTP 500" };

	manifest_say_gap(manifest, &gap);
}

static void
test_what_is_said_is_known_after_reading_it_again(void **state)
{
	struct tree *tree = new_tree();
	struct manifest *manifest = new_manifest(tree);
	struct tree_receipts files = { NULL, 0, 0 };
	struct manifest_listing known;
	struct err err;
	int i;

	(void)state;
	say_page(manifest, "logs/pr_1", 0, 1, "l/1.jsonl", 10);
	say_gap(manifest, "logs/pr_1", 10);
	say_page(manifest, "logs/pr_1", 20, 1, "l/1.jsonl", 20);
	for (i = 0; i < 2; i++) {
		assert_true(manifest_find(manifest, "logs/pr_1", &known));
		assert_false(known.ended);
		assert_int_equal(known.n_pages, 2);
		assert_int_equal(known.records, 20);
		assert_int_equal(known.distinct, 20);
		assert_int_equal(known.total, 40);
		assert_int_equal(known.pages[1].first, 20);
		assert_int_equal(known.pages[1].position, 10);
		assert_non_null(known.gaps);
		assert_int_equal(known.gaps->first, 10);
		assert_int_equal(known.gaps->status, 500);
		assert_string_equal(known.gaps->why, "HTTP 500");
		assert_string_equal(known.gaps->url, "http://h/\\x1b[1m");
		assert_null(known.gaps->next);
		/* Of a shard, what was said last counts. */
		assert_int_equal(manifest_files(manifest, "logs/pr_1",
		    &files, &err), 0);
		assert_int_equal(files.n, 1);
		assert_int_equal(files.items[0].lines, 20);
		assert_int_equal(files.items[0].sha256[0], 20);
		tree_receipts_release(&files);
		assert_false(manifest_find(manifest, "logs/pr_2", &known));
		manifest = again(tree, manifest);
	}
	manifest_close(manifest);
	tree_close(tree);
}

static void
test_a_gap_goes_when_its_window_comes(void **state)
{
	struct tree *tree = new_tree();
	struct manifest *manifest = new_manifest(tree);
	struct manifest_listing known;

	(void)state;
	say_gap(manifest, "logs/pr_1", 10);
	say_gap(manifest, "logs/pr_1", 30);
	say_gap(manifest, "logs/pr_1", 10);
	say_page(manifest, "logs/pr_1", 30, 1, "l/1.jsonl", 10);
	manifest = again(tree, manifest);
	assert_true(manifest_find(manifest, "logs/pr_1", &known));
	assert_int_equal(known.gaps->first, 10);
	assert_null(known.gaps->next);
	say_page(manifest, "logs/pr_1", 10, 1, "l/1.jsonl", 20);
	assert_true(manifest_find(manifest, "logs/pr_1", &known));
	assert_null(known.gaps);
	/* Pages are in the order of their windows. */
	assert_int_equal(known.pages[0].first, 10);
	assert_int_equal(known.pages[1].first, 30);
	manifest_close(manifest);
	tree_close(tree);
}

static void
test_the_end_of_a_listing(void **state)
{
	struct tree *tree = new_tree();
	struct manifest *manifest = new_manifest(tree);
	struct manifest_listing known, whole = { .records = 20, .total = 20 };
	struct tree_receipts files = { NULL, 0, 0 };
	struct tree_receipt done = { .path = (char *)"a/.done" };
	json_t *fields;
	struct err err;

	(void)state;
	say_page(manifest, "files", 0, 1, "a", 10);
	say_page(manifest, "files", 10, 1, "b", 20);
	say_gap(manifest, "files", 20);
	assert_int_equal(manifest_say_end(manifest, "files", &whole,
	    json_pack("{s:s}", "path", "x y"), NULL, &err), 0);
	manifest_say_done(manifest, "files/a", &done);
	manifest = again(tree, manifest);
	assert_true(manifest_find(manifest, "files", &known));
	assert_true(known.ended);
	assert_int_equal(known.records, 20);
	assert_null(known.gaps);
	assert_int_equal(manifest_files(manifest, "files", &files, &err),
	    0);
	assert_int_equal(files.n, 2);
	assert_string_equal(files.items[0].path, "a");
	assert_string_equal(files.items[1].path, "b");
	tree_receipts_release(&files);
	fields = manifest_fields(manifest, "files", &err);
	assert_string_equal(json_string_value(json_object_get(fields,
	    "path")), "x y");
	json_decref(fields);
	assert_true(manifest_is_done(manifest, "files/a"));
	assert_false(manifest_is_done(manifest, "files/b"));
	assert_int_equal(manifest_all_files(manifest, &files, &err), 0);
	assert_int_equal(files.n, 3);
	tree_receipts_release(&files);
	manifest_close(manifest);
	tree_close(tree);
}

/* Change the file's bytes. */
static void
spoil(struct tree *tree, long offset, const char *bytes, bool truncate)
{
	int fd = openat(tree_dir(tree), MANIFEST_NAME, O_RDWR);
	off_t end = lseek(fd, 0, SEEK_END);
	off_t where = offset < 0 ? end + offset : offset;

	if (truncate)
		assert_int_equal(ftruncate(fd, where), 0);
	assert_int_equal(pwrite(fd, bytes, strlen(bytes), where),
	    strlen(bytes));
	close(fd);
}

static void
test_a_torn_last_line_is_cut_off(void **state)
{
	static const char *const tails[] = { "{\"page\":\"logs/pr_1\",\"fi",
	    "{", "\n", "{\"page\":\"logs\"}junk\n" };
	struct tree *tree = new_tree();
	struct manifest *manifest = new_manifest(tree);
	struct manifest_listing known;
	struct stat before, after;
	struct err err;
	size_t i;

	(void)state;
	say_page(manifest, "logs/pr_1", 0, 1, "l/1.jsonl", 10);
	assert_int_equal(manifest_flush(manifest, &err), 0);
	manifest_close(manifest);
	assert_int_equal(fstatat(tree_dir(tree), MANIFEST_NAME, &before, 0),
	    0);
	for (i = 0; i < LENGTH(tails); i++) {
		spoil(tree, before.st_size, tails[i], false);
		manifest = again(tree, NULL);
		assert_true(manifest_find(manifest, "logs/pr_1", &known));
		assert_int_equal(known.n_pages, 1);
		manifest_close(manifest);
		assert_int_equal(fstatat(tree_dir(tree), MANIFEST_NAME,
		    &after, 0), 0);
		assert_int_equal(before.st_size, after.st_size);
	}
	tree_close(tree);
}

static void
test_a_damaged_line_is_named(void **state)
{
	struct tree *tree = new_tree();
	struct manifest *manifest = new_manifest(tree);
	struct err err;

	(void)state;
	say_page(manifest, "logs/pr_1", 0, 1, "l/1.jsonl", 10);
	say_page(manifest, "logs/pr_1", 10, 1, "l/1.jsonl", 20);
	assert_int_equal(manifest_flush(manifest, &err), 0);
	manifest_close(manifest);
	spoil(tree, 140, "\1\1", false);
	assert_null(manifest_open(tree, the_log, &err));
	assert_int_equal(err.kind, ERR_DATA);
	assert_contains(err.text, MANIFEST_NAME ", line 2: ");
	tree_close(tree);
}

static void
test_what_is_no_manifest(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "{\"hlexport\":\"export\",\"format\":2,\"tool\":\"hlexport "
		    "9\"}\n", "its format is 2, but this version supports "
		    "format 1; use the version that wrote it: hlexport 9" },
		{ "{\"x\":1}\n", "was not written by hlexport" },
		{ "[]\n", "was not written by hlexport" },
		{ "", "is empty" },
		{ "{\"hlexport\":\"exp", "is empty" },
	};
	struct tree *tree = new_tree();
	struct err err;
	size_t i;
	int fd;

	(void)state;
	assert_null(manifest_open(tree, the_log, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	assert_contains(err.text, "is not an export");
	for (i = 0; i < LENGTH(rows); i++) {
		fd = openat(tree_dir(tree), MANIFEST_NAME, O_WRONLY |
		    O_CREAT | O_TRUNC, 0600);
		assert_int_equal(write(fd, rows[i].text,
		    strlen(rows[i].text)), strlen(rows[i].text));
		close(fd);
		assert_null(manifest_open(tree, the_log, &err));
		assert_int_equal(err.kind, ERR_USAGE);
		assert_contains(err.text, rows[i].error);
	}
	tree_close(tree);
}

static void
test_a_seal_is_the_end_and_holds(void **state)
{
	struct tree *tree = new_tree();
	struct manifest *manifest = new_manifest(tree);
	struct manifest_listing whole = { .records = 10, .total = 10 };
	struct text text;
	struct err err;
	char *path;
	size_t i;
	int fd;

	(void)state;
	say_page(manifest, "logs/b", 0, 1, "b/1.jsonl", 10);
	assert_int_equal(manifest_say_end(manifest, "logs/b", &whole, NULL,
	    NULL, &err), 0);
	say_page(manifest, "logs/a", 0, 1, "a/1.jsonl", 10);
	assert_int_equal(manifest_say_end(manifest, "logs/a", &whole, NULL,
	    NULL, &err), 0);
	assert_int_equal(manifest_seal(manifest, json_pack("{s:i}", "files",
	    2), &err), 0);
	manifest_close(manifest);
	assert_true(manifest_is_sealed(tree_where(tree)));
	manifest = again(tree, NULL);
	assert_non_null(manifest_sealed(manifest));
	manifest_close(manifest);
	/* Not a byte of it can be changed unseen. */
	text_init(&text, 100000);
	assert_int_equal(file_read(tree_dir(tree), MANIFEST_NAME, &text,
	    &err), 0);
	fd = openat(tree_dir(tree), MANIFEST_NAME, O_RDWR);
	for (i = 0; i < text.len; i++) {
		char byte = (char)(text.data[i] ^ 1);

		assert_int_equal(pwrite(fd, &byte, 1, (off_t)i), 1);
		manifest = manifest_open(tree, the_log, &err);
		/* A last line that is none any more is cut off, and with it
		 * the seal: what is left isn't sealed. */
		if (manifest != NULL && manifest_sealed(manifest) != NULL)
			fail_msg("byte %zu can be changed", i);
		manifest_close(manifest);
		assert_int_equal(pwrite(fd, text.data, text.len, 0),
		    text.len);
	}
	close(fd);
	text_release(&text);
	assert_int_equal(asprintf(&path, "%s/nothing", tree_where(tree)) > 0,
	    1);
	assert_false(manifest_is_sealed(path));
	free(path);
	tree_close(tree);
}

static void
test_it_stays_small(void **state)
{
	struct tree *tree = new_tree();
	struct manifest *manifest = new_manifest(tree);
	struct manifest_listing known, whole = { .records = 200, .total = 200 };
	struct stat st;
	struct err err;
	char key[32];
	int i, k;

	(void)state;
	for (i = 0; i < 400; i++) {
		snprintf(key, sizeof(key), "logs/pr_%d", i);
		for (k = 0; k < 20; k++)
			say_page(manifest, key, (uint64_t)k * 10, 1,
			    "l/1.jsonl", (uint64_t)k * 10 + 10);
		assert_int_equal(manifest_say_end(manifest, key, &whole,
		    NULL, NULL, &err), 0);
		assert_int_equal(manifest_flush(manifest, &err), 0);
	}
	/* 8,000 pages of 250 bytes were said; what counts is a tenth. */
	assert_int_equal(fstatat(tree_dir(tree), MANIFEST_NAME, &st, 0), 0);
	assert_true(st.st_size < 1100000);
	manifest = again(tree, manifest);
	for (i = 0; i < 400; i++) {
		snprintf(key, sizeof(key), "logs/pr_%d", i);
		assert_true(manifest_find(manifest, key, &known));
		assert_true(known.ended);
	}
	manifest_close(manifest);
	tree_close(tree);
}

/* A million records are 10,000 pages; how long it takes is for the bench. */
#define PAGES 150
#define EACH 1000

/* A page of objects; those with an odd number are of the later reading. */
static void
say_objects(struct manifest *manifest, unsigned nth, bool again)
{
	struct manifest_page page = { .first = nth * EACH, .count = EACH,
	    .pass = again ? 2 : 1, .received = EACH, .distinct = EACH,
	    .kept = again ? 0 : EACH, .total = -1, .size = EACH };
	struct tree_receipts receipts = { NULL, 0, 0 };
	unsigned i, object;

	for (i = 0; i < EACH; i++) {
		char path[40];

		object = nth * EACH + i;
		if (again && object % 2 == 0)
			continue;
		snprintf(path, sizeof(path), "prompts/%u.json", object);
		tree_receipts_add(&receipts, &(struct tree_receipt){
		    .path = path, .bytes = again ? 2 : 1 });
	}
	manifest_say_page(manifest, "prompts", &page, &receipts);
	tree_receipts_release(&receipts);
}

/*
 * Each second object was replaced.  They are as many as would take minutes if
 * each was looked for among all that came before.
 */
static void
test_objects_that_were_replaced(void **state)
{
	struct tree *tree = new_tree();
	struct manifest *manifest = new_manifest(tree);
	struct tree_receipts files = { NULL, 0, 0 };
	struct err err;
	char path[40];
	unsigned i;

	(void)state;
	for (i = 0; i < PAGES; i++)
		say_objects(manifest, i, false);
	for (i = 0; i < PAGES; i++)
		say_objects(manifest, i, true);
	assert_int_equal(manifest_files(manifest, "prompts", &files, &err),
	    0);
	assert_int_equal(files.n, PAGES * EACH);
	for (i = 0; i < files.n; i++) {
		snprintf(path, sizeof(path), "prompts/%u.json", i);
		assert_string_equal(files.items[i].path, path);
		assert_int_equal(files.items[i].bytes, 1 + i % 2);
	}
	tree_receipts_release(&files);
	manifest_close(manifest);
	tree_close(tree);
}

static void
test_a_million_records(void **state)
{
	struct tree *tree = new_tree();
	struct manifest *manifest = new_manifest(tree);
	struct manifest_listing known;
	struct timespec begin, end;
	struct err err;
	int i;

	(void)state;
	for (i = 0; i < 10000; i++)
		say_page(manifest, "logs/pr_1", (uint64_t)i * 10, 1,
		    "files/pr_1/logs/1.jsonl", (uint64_t)i * 10 + 10);
	assert_int_equal(manifest_flush(manifest, &err), 0);
	manifest_close(manifest);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	manifest = again(tree, NULL);
	assert_true(manifest_find(manifest, "logs/pr_1", &known));
	clock_gettime(CLOCK_MONOTONIC, &end);
	assert_int_equal(known.n_pages, 10000);
	assert_int_equal(known.distinct, 100000);
	printf("# 10,000 pages replayed in %.0f ms\n",
	    (double)(end.tv_sec - begin.tv_sec) * 1e3 +
	    (double)(end.tv_nsec - begin.tv_nsec) / 1e6);
	manifest_close(manifest);
	tree_close(tree);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    test_what_is_said_is_known_after_reading_it_again),
		cmocka_unit_test(test_a_gap_goes_when_its_window_comes),
		cmocka_unit_test(test_the_end_of_a_listing),
		cmocka_unit_test(test_a_torn_last_line_is_cut_off),
		cmocka_unit_test(test_a_damaged_line_is_named),
		cmocka_unit_test(test_what_is_no_manifest),
		cmocka_unit_test(test_a_seal_is_the_end_and_holds),
		cmocka_unit_test(test_it_stays_small),
		cmocka_unit_test(test_objects_that_were_replaced),
		cmocka_unit_test(test_a_million_records),
	};
	int failed;

	the_log = log_new(LOG_ERROR, LOG_ERROR);
	failed = cmocka_run_group_tests_name("manifest", tests,
	    unit_enter_dir, unit_leave_dir);
	log_free(the_log);
	return failed;
}
