#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/base.h"

static void
test_errors_keep_their_kind(void **state)
{
	struct err err;
	char long_text[3000];

	(void)state;
	assert_int_equal(err_set(&err, ERR_DATA, "page %d", 3), -1);
	assert_int_equal(err_wrap(&err, "file %s", "x"), -1);
	assert_int_equal(err.kind, ERR_DATA);
	assert_string_equal(err.text, "file x: page 3");
	errno = ENOSPC;
	err_errno(&err, ERR_DISK, "write %s", "y");
	assert_string_equal(err.text, "write y: No space left on device");
	memset(long_text, 'a', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	err_set(&err, ERR_DATA, "%s", long_text);
	assert_string_equal(&err.text[sizeof(err.text) - 6], "aa...");
	assert_int_equal(err_set(NULL, ERR_DATA, "nobody listens"), -1);
}

static void
test_text_stops_at_its_ceiling(void **state)
{
	struct text text;

	(void)state;
	text_init(&text, 5);
	assert_int_equal(text_adds(&text, "abc"), 0);
	assert_int_equal(text_adds(&text, "def"), -1);
	assert_true(text.over);
	assert_int_equal(text_adds(&text, "d"), -1);
	assert_string_equal(text.data, "abc");
	text_clear(&text);
	assert_int_equal(text_addf(&text, "%05d", 42), 0);
	assert_string_equal(text.data, "00042");
	text_release(&text);
	text_init(&text, 1000000);
	assert_int_equal(text_addf(&text, "%0999d", 7), 0);
	assert_int_equal(text.len, 999);
	text_release(&text);
}

static void
test_text_from_outside_is_made_visible(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
		{ "plain", "plain" },
		{ "a\033[31mb", "a\\x1b[31mb" },
		{ "tab\there", "tab\\x09here" },
		{ "\x7f", "\\x7f" },
		{ "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "\xe2\x82\xac", "\xe2\x82\xac" },
		{ "\xf0\x9f\x94\xb4", "\xf0\x9f\x94\xb4" },
		{ "\xc2\x9b" "31m", "\\xc2\\x9b31m" },		/* C1 CSI */
		{ "\xe2\x80\xae" "abc", "\\xe2\\x80\\xaeabc" },	/* RTL */
		{ "\xff\xfe", "\\xff\\xfe" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },	/* a surrogate */
		{ "\xc3", "\\xc3" },
		{ "\xe0\x80\x80", "\\xe0\\x80\\x80" },
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
	};
	struct text text;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		text_init(&text, 100);
		text_add_visible(&text, rows[i].from, strlen(rows[i].from));
		assert_string_equal(text.data, rows[i].to);
		text_release(&text);
	}
}

static void
test_human_figures(void **state)
{
	char bytes[16], count[32], time[24];

	(void)state;
	text_human_bytes(999, bytes);
	assert_string_equal(bytes, "999 B");
	text_human_bytes(1000, bytes);
	assert_string_equal(bytes, "1.0 kB");
	text_human_bytes(999950, bytes);
	assert_string_equal(bytes, "1.0 MB");
	text_human_bytes(550123456, bytes);
	assert_string_equal(bytes, "550.1 MB");
	text_human_count(0, count);
	assert_string_equal(count, "0");
	text_human_count(999, count);
	assert_string_equal(count, "999");
	text_human_count(1234567, count);
	assert_string_equal(count, "1,234,567");
	text_human_time(850, time);
	assert_string_equal(time, "850 ms");
	text_human_time(12345, time);
	assert_string_equal(time, "12.3 s");
	text_human_time(185000, time);
	assert_string_equal(time, "3m05s");
	text_human_time(7260000, time);
	assert_string_equal(time, "2h01m");
}

static void
test_percent_encoding(void **state)
{
	struct text text;

	(void)state;
	text_init(&text, 100);
	text_add_percent(&text, "a/b c~%\n", 8, "");
	assert_string_equal(text.data, "a%2Fb%20c%7E%25%0A");
	text_clear(&text);
	text_add_percent(&text, "a/b~", 4, "~/");
	assert_string_equal(text.data, "a/b~");
	text_release(&text);
}

static void
test_clock_reads_dates(void **state)
{
	static const struct {
		const char *text;
		int64_t wall;	/* -1: invalid */
	} rows[] = {
		{ "1970-01-01", 0 },
		{ "1970-01-01T00:00:00Z", 0 },
		{ "2025-06-01", 1748736000000 },
		{ "2025-06-01T12:30:45Z", 1748781045000 },
		{ "2025-06-01 12:30:45", 1748781045000 },
		{ "2025-06-01T12:30:45.5Z", 1748781045500 },
		{ "2025-06-01T12:30:45.123456789Z", 1748781045123 },
		{ "2025-06-01T14:30:45+02:00", 1748781045000 },
		{ "2025-06-01T07:00:45-0530", 1748781045000 },
		{ "2024-02-29", 1709164800000 },
		{ "2000-02-29T00:00", 951782400000 },
		{ "2025-02-29", -1 },
		{ "1900-02-29", -1 },
		{ "2025-13-01", -1 },
		{ "2025-06-31", -1 },
		{ "2025-6-1", -1 },
		{ "2025-06-01T25:00:00Z", -1 },
		{ "2025-06-01T12:00:00Zjunk", -1 },
		{ "2025-06-01T12", -1 },
		{ "2025-06-01T12:00:00.", -1 },
		{ "", -1 },
		{ "yesterday", -1 },
	};
	int64_t wall;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		wall = -1;
		if (clock_parse(rows[i].text, &wall) == -1)
			wall = -1;
		if (wall != rows[i].wall)
			fail_msg("%s: %lld", rows[i].text, (long long)wall);
	}
}

static void
test_clock_writes_dates(void **state)
{
	char text[32];

	(void)state;
	clock_rfc3339(1748781045123, text);
	assert_string_equal(text, "2025-06-01T12:30:45.123Z");
	clock_rfc3339(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999Z");
	clock_second(1748781045123, text);
	assert_string_equal(text, "2025-06-01T12:30:45Z");
	clock_stamp(1748781045123, text);
	assert_string_equal(text, "20250601-123045");
}

static void
test_sha256_vectors(void **state)
{
	/* The examples of FIPS 180-4. */
	static const struct {
		const char *text, *hex;
	} rows[] = {
		{ "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca4959"
		    "91b7852b855" },
		{ "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb4"
		    "10ff61f20015ad" },
		{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
		    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd4"
		    "19db06c1" },
	};
	unsigned char hash[SHA256_BYTES], back[SHA256_BYTES];
	struct sha256 *sum = sha256_new();
	char hex[SHA256_HEX];
	size_t i, k;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		sha256_of(rows[i].text, strlen(rows[i].text), hash);
		sha256_hex(hash, hex);
		assert_string_equal(hex, rows[i].hex);
		assert_int_equal(sha256_from_hex(hex, back), 0);
		assert_memory_equal(hash, back, sizeof(hash));
		/* Byte by byte, with a peek after each. */
		sha256_restart(sum);
		for (k = 0; k < strlen(rows[i].text); k++) {
			sha256_peek(sum, back);
			sha256_add(sum, &rows[i].text[k], 1);
		}
		sha256_peek(sum, back);
		assert_memory_equal(hash, back, sizeof(hash));
	}
	sha256_free(sum);
	assert_int_equal(sha256_from_hex("xyz", back), -1);
}

/* One at a time, two at a time and by libcrypto: the same hash. */
static void
test_sha256_ways(void **state)
{
	struct sha256 *a = sha256_new(), *b = sha256_new();
	struct sha256 *slow = sha256_new_slow();
	unsigned char hash[SHA256_BYTES], wanted[SHA256_BYTES];
	char bytes[1000];
	size_t i, len, cut;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * i >> 3);
	for (len = 0; len <= 400; len++) {
		sha256_restart(slow);
		sha256_add(slow, bytes, len);
		sha256_peek(slow, wanted);
		sha256_of(bytes, len, hash);
		assert_memory_equal(hash, wanted, sizeof(hash));
		for (cut = 0; cut <= len; cut += cut < 130 ? 1 : 37) {
			sha256_restart(a);
			sha256_restart(b);
			sha256_add_two(a, (struct span){ bytes, cut }, b,
			    (struct span){ bytes, len });
			sha256_add_two(b, (struct span){ &bytes[len], cut },
			    a, (struct span){ &bytes[cut], len - cut });
			sha256_peek(a, hash);
			assert_memory_equal(hash, wanted, sizeof(hash));
			sha256_peek(b, hash);
			sha256_restart(slow);
			sha256_add(slow, bytes, len + cut);
			sha256_peek(slow, wanted);
			assert_memory_equal(hash, wanted, sizeof(hash));
			sha256_of(bytes, len, wanted);
		}
	}
	sha256_free(a);
	sha256_free(b);
	sha256_free(slow);
}

static void
test_set_tells_new_from_old(void **state)
{
	struct set *set = set_new();
	char text[32];
	int i, n;

	(void)state;
	for (i = 0; i < 20000; i++) {
		n = snprintf(text, sizeof(text), "log_%d", i);
		assert_true(set_add(set, text, (size_t)n));
	}
	for (i = 0; i < 20000; i++) {
		n = snprintf(text, sizeof(text), "log_%d", i);
		assert_false(set_add(set, text, (size_t)n));
		assert_true(set_has(set, text, (size_t)n));
	}
	assert_int_equal(set_count(set), 20000);
	assert_false(set_has(set, "log_x", 5));
	set_free(set);
	set_free(NULL);
}

static void
test_set_counts_what_comes_again(void **state)
{
	struct set *set = set_new();
	char text[32];
	unsigned round;
	int i, n;

	(void)state;
	for (round = 1; round <= 3; round++) {
		for (i = 0; i < 1000; i++) {
			n = snprintf(text, sizeof(text), "tick %d", i);
			assert_int_equal(set_tally(set, text, (size_t)n),
			    round);
		}
	}
	assert_int_equal(set_count(set), 1000);
	set_free(set);
}

static void
test_yaml_is_read_and_refused(void **state)
{
	static const struct {
		const char *text, *error;	/* NULL: valid */
	} rows[] = {
		{ "a: 1\nb: [x, y]\nc: {d: e}\n", NULL },
		{ "a: 1\na: 2\n", "t:2: duplicate key \"a\"" },
		{ "a: &x 1\nb: *x\n", "t:1: anchors" },
		{ "a: !!int 1\n", "t:1: tags" },
		{ "a: [1\nb: 2\n", "t:" },
		{ "", "empty" },
		{ "a: 1\n---\nb: 2\n", "a second document" },
		{ "%TAG ! x:\n---\na: 1\n", "t:1: directives" },
		{ "\xef\xbb\xbf%YAML 1.1\n---\na: 1\n", "directives" },
		{ "a: 1\n...\r%YAML 1.1\n---\n", "t:3: directives" },
		{ "? [a]\n: b\n", "a map key must be a string" },
		{ "a: \"x\\0y\"\n", "a NUL character" },
		{ "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1", "too deeply" },
	};
	struct arena *arena = arena_new();
	struct yaml *top;
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		top = yaml_parse(arena, "t", rows[i].text,
		    strlen(rows[i].text), &err);
		if (rows[i].error == NULL) {
			assert_non_null(top);
			assert_string_equal(yaml_get(top, "a")->text, "1");
			assert_int_equal(yaml_get(top, "c")->line, 3);
			assert_null(yaml_get(top, "z"));
		} else {
			assert_null(top);
			assert_contains(err.text, rows[i].error);
			assert_int_equal(err.kind, ERR_USAGE);
		}
	}
	arena_free(arena);
}

static void
read_back(const char *path, const char *expected)
{
	struct text text;
	struct err err;

	text_init(&text, 1000);
	assert_int_equal(file_read(AT_FDCWD, path, &text, &err), 0);
	assert_string_equal(text.data, expected);
	text_release(&text);
}

static void
test_files_are_replaced_whole(void **state)
{
	int dir = open(".", O_RDONLY | O_DIRECTORY);
	struct stat st;
	struct err err;

	(void)state;
	assert_int_equal(file_replace(dir, "a", "one", 3, &err), 0);
	read_back("a", "one");
	assert_int_equal(file_replace(dir, "a", "two", 3, &err), 0);
	read_back("a", "two");
	assert_int_equal(stat("a", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(access(".hlexport-a", F_OK), -1);
	/* A missing directory: an error that names it. */
	assert_int_equal(file_replace(dir, "no/a", "x", 1, &err), 0);
	assert_int_equal(stat("no", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	close(dir);
}

static void
test_files_never_follow_links(void **state)
{
	int dir = open(".", O_RDONLY | O_DIRECTORY), fd;
	struct stat st;
	struct err err;

	(void)state;
	assert_int_equal(mkdir("outside", 0700), 0);
	assert_int_equal(file_replace(dir, "outside/there", "x", 1, &err), 0);
	assert_int_equal(symlink("outside", "link"), 0);
	assert_int_equal(symlink("outside/file", "file"), 0);
	assert_int_equal(file_open(dir, "link/x", O_WRONLY | O_CREAT, &err),
	    -1);
	assert_int_equal(err.kind, ERR_DISK);
	assert_int_equal(file_open(dir, "file", O_WRONLY | O_CREAT, &err),
	    -1);
	assert_int_equal(file_dir(dir, "link", true, &err), -1);
	assert_int_equal(file_stat(dir, "outside/there", &st), 0);
	assert_int_equal(st.st_size, 1);
	assert_int_equal(file_stat(dir, "link/there", &st), -1);
	assert_int_equal(file_stat(dir, "file", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	/* Replacing a link replaces the link, not what it leads to. */
	assert_int_equal(file_replace(dir, "file", "x", 1, &err), 0);
	assert_int_equal(access("outside/file", F_OK), -1);
	fd = file_open(dir, "deep/er/x", O_WRONLY | O_CREAT, &err);
	assert_int_not_equal(fd, -1);
	close(fd);
	close(dir);
}

/* A sparse file may be larger than memory; it is not read. */
static void
test_endless_files(void **state)
{
	int dir = open(".", O_RDONLY | O_DIRECTORY), fd;
	struct text text;
	struct err err;

	(void)state;
	text_init(&text, SIZE_MAX / 4);
	fd = file_open(dir, "endless", O_RDWR | O_CREAT, &err);
	assert_int_equal(ftruncate(fd, (off_t)1 << 43), 0);
	assert_false(file_fits_memory(fd));
	assert_int_equal(file_read(dir, "endless", &text, &err), -1);
	assert_contains(err.text, "larger than half of this machine");
	assert_int_equal(text.len, 0);
	assert_int_equal(ftruncate(fd, 100), 0);
	assert_int_equal(file_read(dir, "endless", &text, &err), 0);
	text_release(&text);
	close(fd);
	close(dir);
}

/* Creating a file never writes to an existing one of that name. */
static void
test_new_files_are_nobody_elses(void **state)
{
	int dir = open(".", O_RDONLY | O_DIRECTORY), fd;
	struct err err;

	(void)state;
	assert_int_equal(mkdir("theirs", 0700), 0);
	assert_int_equal(file_replace(dir, "theirs/it", "it", 2, &err), 0);
	assert_int_equal(link("theirs/it", ".hlexport-linked"), 0);
	assert_int_equal(symlink("theirs/new", ".hlexport-dangling"), 0);
	assert_int_equal(mkfifo(".hlexport-pipe", 0600), 0);
	assert_int_equal(file_replace(dir, "linked", "x", 1, &err), 0);
	assert_int_equal(file_replace(dir, "dangling", "y", 1, &err), 0);
	assert_int_equal(file_replace(dir, "pipe", "z", 1, &err), 0);
	read_back("linked", "x");
	read_back("dangling", "y");
	read_back("pipe", "z");
	read_back("theirs/it", "it");
	assert_int_equal(access("theirs/new", F_OK), -1);
	/* An existing file is written to only if it has one link. */
	assert_int_equal(link("theirs/it", "second"), 0);
	assert_int_equal(file_open(dir, "second", O_RDWR | O_APPEND, &err), -1);
	assert_int_equal(errno, EMLINK);
	fd = file_open(dir, "second", O_RDONLY, &err);
	assert_int_not_equal(fd, -1);
	close(fd);
	/* Only regular files are opened. */
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(file_open(dir, "fifo", O_RDONLY, &err), -1);
	assert_int_equal(errno, ENXIO);
	assert_int_equal(file_open(dir, "fifo", O_RDWR | O_CREAT, &err), -1);
	close(dir);
}

static void
test_litter_is_told_from_files(void **state)
{
	static const char *const litter[] = { ".DS_Store", "Thumbs.db",
	    "thumbs.DB", "desktop.ini", "Desktop.ini", "._file.json",
	    "file.json~", ".file.json.swp", "#file.json#", ".#file.json",
	    "files/pr_1/.DS_Store", "a/b~", "\xff~" };
	static const char *const files[] = { "", ".", "..", ".done",
	    "file.json", "file~.json", "x.swp", ".swp", "#1", "1#", "#",
	    ".DS_Store2", "my Thumbs.db", "desktop.ini.txt", "~", "a~/b",
	    ".#/b", ".DS_Store/x", ".hlexport-1.jsonl" };
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(litter); i++)
		if (!litter_is(litter[i]))
			fail_msg("%s is litter", litter[i]);
	for (i = 0; i < LENGTH(files); i++)
		if (litter_is(files[i]))
			fail_msg("%s is none", files[i]);
}

static void
test_a_log_is_kept_until_it_has_a_file(void **state)
{
	struct log *log = log_new(LOG_WARN, LOG_INFO);
	enum log_level level;
	struct text line;
	int fd = open("log", O_RDWR | O_CREAT, 0600);
	char text[4096];
	ssize_t n;

	(void)state;
	text_init(&line, 1000);
	log_say(log, LOG_INFO, "test", "early %d", 1);
	log_say(log, LOG_DEBUG, "test", "not wanted");
	log_to_file(log, fd, LOG_TEXT);
	log_event(log, LOG_WARN, "test", "escape \033[1m", "key", "a b",
	    "none", NULL, NULL);
	assert_true(log_take(log, &level, &line));
	assert_int_equal(level, LOG_WARN);
	assert_string_equal(line.data, "escape \\x1b[1m");
	assert_false(log_take(log, &level, &line));
	log_to_file(log, fd, LOG_JSON);
	log_event(log, LOG_ERROR, "test", "as \"json\"", "n", "1", NULL);
	n = pread(fd, text, sizeof(text) - 1, 0);
	text[n] = '\0';
	assert_contains(text, "Z INFO  test     early 1\n");
	assert_contains(text, "WARN  test     escape \\x1b[1m key=\"a b\"\n");
	assert_contains(text, "\"message\":\"as \\\"json\\\"\",\"n\":\"1\"}\n");
	assert_null(strstr(text, "not wanted"));
	text_release(&line);
	log_free(log);
	close(fd);
}

static void
test_a_log_on_a_full_disk_says_so(void **state)
{
	struct log *log = log_new(LOG_WARN, LOG_INFO);
	int fd = open("/dev/full", O_RDWR);
	struct err err;

	(void)state;
	assert_int_not_equal(fd, -1);
	assert_int_equal(log_write_digest(log, &err), 0);
	log_to_file(log, fd, LOG_TEXT);
	log_say(log, LOG_INFO, "test", "lost");
	close(fd);
	fd = open("log", O_RDWR | O_CREAT, 0600);
	log_to_file(log, fd, LOG_TEXT);
	assert_int_equal(log_write_digest(log, &err), -1);
	assert_string_equal(err.text, "export.log: write: No space left on "
	    "device");
	log_free(log);
	close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_log_on_a_full_disk_says_so),
		cmocka_unit_test(test_errors_keep_their_kind),
		cmocka_unit_test(test_text_stops_at_its_ceiling),
		cmocka_unit_test(test_text_from_outside_is_made_visible),
		cmocka_unit_test(test_human_figures),
		cmocka_unit_test(test_percent_encoding),
		cmocka_unit_test(test_clock_reads_dates),
		cmocka_unit_test(test_clock_writes_dates),
		cmocka_unit_test(test_sha256_vectors),
		cmocka_unit_test(test_sha256_ways),
		cmocka_unit_test(test_set_tells_new_from_old),
		cmocka_unit_test(test_set_counts_what_comes_again),
		cmocka_unit_test(test_yaml_is_read_and_refused),
		cmocka_unit_test(test_files_are_replaced_whole),
		cmocka_unit_test(test_files_never_follow_links),
		cmocka_unit_test(test_endless_files),
		cmocka_unit_test(test_new_files_are_nobody_elses),
		cmocka_unit_test(test_litter_is_told_from_files),
		cmocka_unit_test(test_a_log_is_kept_until_it_has_a_file),
	};

	return cmocka_run_group_tests_name("base", tests, unit_enter_dir,
	    unit_leave_dir);
}
