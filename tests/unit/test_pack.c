#include "unit.h"

#include <fcntl.h>

#include "pack/pack.h"

static void
write_file(const char *path, const char *text)
{
	int fd = file_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC,
	    NULL);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

static void
test_formats(void **state)
{
	static const struct {
		const char *path;
		int format;	/* -1: none */
	} rows[] = {
		{ "a.zip", ARCHIVE_ZIP }, { "x/y/a.ZIP", ARCHIVE_ZIP },
		{ "a.tar", ARCHIVE_TAR }, { "a.tar.gz", ARCHIVE_TAR_GZ },
		{ "a.b.tar.zst", ARCHIVE_TAR_ZST }, { "a", -1 }, { "", -1 },
		{ "a.gz", -1 }, { ".zip", -1 }, { "x/.tar", -1 },
		{ "a.zip/", -1 }, { "azip", -1 }, { "a.tgz", -1 },
	};
	enum archive_format format;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		int rc = archive_format_of(rows[i].path, &format, &err);

		if (rc != (rows[i].format == -1 ? -1 : 0))
			fail_msg("\"%s\"", rows[i].path);
		if (rc == 0) {
			assert_int_equal(format, rows[i].format);
			continue;
		}
		assert_int_equal(err.kind, ERR_USAGE);
		assert_contains(err.text, ".zip, .tar.zst, .tar.gz or .tar");
	}
}

/* Names that are given are packed, and no others, in their order. */
static void
test_named_files(void **state)
{
	static const char *const names[] = { "z.csv", "sub/b.json", "a.csv" };
	struct pack_settings settings = { .dir = "named", .names = names,
	    .n = LENGTH(names), .target = "one.zip", .time = 1000000000 };
	struct pack_progress progress;
	struct pack *pack;
	struct text one, two;
	struct err err;

	(void)state;
	write_file("named/z.csv", "1,2\n");
	write_file("named/sub/b.json", "{}");
	write_file("named/a.csv", "");
	write_file("named/not", "no");
	assert_int_equal(pack_files(&settings, &err), 0);
	assert_int_equal(pack_files(&settings, &err), -1);
	assert_contains(err.text, "one.zip exists");
	/* The same in another order is the same archive. */
	settings.names = (const char *const []){ "a.csv", "sub/b.json",
	    "z.csv" };
	settings.target = "two.zip";
	pack = pack_new(&settings, &err);
	assert_non_null(pack);
	while (pack_step(pack, &err) == 1)
		;
	pack_progress(pack, &progress);
	pack_free(pack);
	assert_int_equal(progress.files, 3);
	assert_int_equal(progress.bytes, 6);
	text_init(&one, 1 << 20);
	text_init(&two, 1 << 20);
	assert_int_equal(file_read(AT_FDCWD, "one.zip", &one, &err), 0);
	assert_int_equal(file_read(AT_FDCWD, "two.zip", &two, &err), 0);
	assert_int_equal(progress.archive_bytes, two.len);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.data, two.data, one.len);
	text_release(&one);
	text_release(&two);
}

/* One that is given up leaves nothing, wherever that is. */
static void
test_given_up(void **state)
{
	static const char *const names[] = { "z.csv", "a.csv" };
	struct pack_settings settings = { .dir = "named", .names = names,
	    .n = LENGTH(names), .target = "none.tar.gz",
	    .format = ARCHIVE_TAR_GZ };
	struct pack *pack;
	struct err err;
	int steps, i, rc = 1;

	(void)state;
	for (steps = 0; rc == 1; steps++) {
		pack = pack_new(&settings, &err);
		assert_non_null(pack);
		for (i = 0, rc = 1; i < steps && rc == 1; i++)
			rc = pack_step(pack, &err);
		pack_free(pack);
		assert_int_equal(access("none.tar.gz", F_OK),
		    rc == 0 ? 0 : -1);
		assert_int_equal(access(".hlexport-none.tar.gz", F_OK), -1);
	}
	assert_int_equal(rc, 0);
	assert_true(steps > 8);
}

static void
test_named_wrongly(void **state)
{
	const char *names[] = { "z.csv", "gone" };
	struct pack_settings settings = { .dir = "named", .names = names,
	    .n = LENGTH(names), .target = "bad.zip" };
	struct err err;

	(void)state;
	assert_int_equal(pack_files(&settings, &err), -1);
	assert_contains(err.text, "gone");
	names[1] = "z.csv";
	assert_int_equal(pack_files(&settings, &err), -1);
	assert_contains(err.text, "named twice");
	names[1] = "sub";
	assert_int_equal(pack_files(&settings, &err), -1);
	assert_contains(err.text, "a directory");
	assert_int_equal(symlink("/etc/passwd", "named/link"), 0);
	names[1] = "link";
	assert_int_equal(pack_files(&settings, &err), -1);
	assert_int_equal(access("bad.zip", F_OK), -1);
}

/* Somebody else's file takes the name under which the archive is written. */
static void
test_replaced_meanwhile(void **state)
{
	static const char *const names[] = { "z.csv" };
	struct pack_settings settings = { .dir = "named", .names = names,
	    .n = LENGTH(names), .target = "swap.zip" };
	struct pack *pack;
	struct err err;
	int steps, i, rc = 1;
	bool is_given = false;

	(void)state;
	for (steps = 0; rc != 0 || !is_given; steps++) {
		assert_true(steps < 100);
		pack = pack_new(&settings, &err);
		assert_non_null(pack);
		for (i = 0, rc = 1; i < steps && rc == 1; i++)
			rc = pack_step(pack, &err);
		if (rc == 0) {
			is_given = true;
			pack_free(pack);
			break;
		}
		assert_int_equal(system("for f in .hlexport-swap.zip-*; do "
		    "rm $f && echo theirs >$f; done"), 0);
		while ((rc = pack_step(pack, &err)) == 1)
			;
		assert_int_equal(rc, -1);
		assert_contains(err.text, "was replaced; write");
		pack_free(pack);
		assert_int_equal(access("swap.zip", F_OK), -1);
	}
	assert_true(steps > 3);
}

/* Held against receipts: what differs is named. */
static void
test_receipts(void **state)
{
	static const struct {
		const char *path, *text;
		uint64_t bytes, lines;
		const char *error;
	} rows[] = {
		{ "1.jsonl", "1\n2\n", 4, 2, NULL },
		{ "1.jsonl", "1\n2\n", 4, 3, "it has 2 lines" },
		{ "1.jsonl", "1\n3\n", 4, 2, "its SHA-256" },
		{ "1.jsonl", "1\n", 2, 1, "it has 4 bytes; the manifest" },
		{ "2.jsonl", "", 0, 0, "2.jsonl is in the manifest but" },
	};
	static const char *const names[] = { "1.jsonl" };
	struct tree_receipt receipt = { .path = NULL };
	struct tree_receipts receipts = { &receipt, 1, 1 };
	struct pack_settings settings = { .dir = "named", .names = names,
	    .n = 1, .target = "checked.zip", .receipts = &receipts,
	    .force = true };
	struct err err;
	size_t i;

	(void)state;
	write_file("named/1.jsonl", "1\n2\n");
	for (i = 0; i < LENGTH(rows); i++) {
		receipt.path = (char *)rows[i].path;
		receipt.bytes = rows[i].bytes;
		receipt.lines = rows[i].lines;
		sha256_of(rows[i].text, strlen(rows[i].text),
		    receipt.sha256);
		settings.growing = false;
		if (rows[i].error == NULL) {
			assert_int_equal(pack_files(&settings, &err),
			    0);
			continue;
		}
		assert_int_equal(pack_files(&settings, &err), -1);
		assert_int_equal(err.kind, ERR_DATA);
		assert_contains(err.text, rows[i].error);
		/* In an export that goes on, a shard may be longer. */
		settings.growing = true;
		assert_int_equal(pack_files(&settings, &err),
		    i == 3 ? 0 : -1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_named_files),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_replaced_meanwhile),
		cmocka_unit_test(test_named_wrongly),
		cmocka_unit_test(test_receipts),
	};

	return cmocka_run_group_tests_name("output", tests, unit_enter_dir,
	    unit_leave_dir);
}
