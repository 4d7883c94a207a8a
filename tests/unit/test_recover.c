#include "unit_tree.h"

#include <fcntl.h>

#include "manifest/manifest.h"

/* The names of three files: what is written to them, and what comes of it. */
struct given {
	struct tree *tree;
	struct text manifest;	/* as it was sealed */
	char *header, *seal;	/* its first and its last line */
};

static void
write_file(struct tree *tree, const char *name, const char *data, size_t len)
{
	struct err err;

	if (file_replace(tree_dir(tree), name, data, len, &err) == -1)
		fail_msg("%s", err.text);
}

static void
remove_file(struct tree *tree, const char *name)
{
	(void)!unlinkat(tree_dir(tree), name, 0);
}

/* A manifest of four lines, sealed, with its copy; and an empty log. */
static void
begin(struct given *given)
{
	struct manifest_listing whole = { .records = 10, .total = 10 };
	json_t *header = json_pack("{s:s, s:s}", "source", "humanloop",
	    "tool", "hlexport 0.0.0");
	struct manifest *manifest;
	struct err err;

	given->tree = new_tree();
	manifest = manifest_create(given->tree, header, &err);
	json_decref(header);
	if (manifest == NULL)
		fail_msg("%s", err.text);
	assert_int_equal(manifest_say_end(manifest, "logs/a", &whole, NULL,
	    NULL, &err), 0);
	assert_int_equal(manifest_say_end(manifest, "logs/b", &whole, NULL,
	    NULL, &err), 0);
	assert_int_equal(manifest_seal(manifest, json_pack("{s:i}", "files",
	    2), &err), 0);
	given->header = manifest_line_text(manifest, false);
	given->seal = manifest_line_text(manifest, true);
	manifest_close(manifest);
	read_file(given->tree, MANIFEST_NAME, &given->manifest);
}

static void
end(struct given *given)
{
	tree_close(given->tree);
	text_release(&given->manifest);
	free(given->header);
	free(given->seal);
}

/* The place of line ${n}, from 0. */
static size_t
line_at(const struct given *given, int n)
{
	const char *p = given->manifest.data;

	while (n-- > 0)
		p = strchr(p, '\n') + 1;
	return (size_t)(p - given->manifest.data);
}

/* Write it with the byte at ${at} changed. */
static void
write_hurt(const struct given *given, const char *name, size_t offset)
{
	char *copy = malloc(given->manifest.len);

	memcpy(copy, given->manifest.data, given->manifest.len);
	copy[offset] ^= 1;
	write_file(given->tree, name, copy, given->manifest.len);
	free(copy);
}

/* Recover: does it come to ${state}, sealed or not, with ${n} listings? */
static void
check(const struct given *given, enum manifest_state wanted, bool sealed,
    size_t n)
{
	struct manifest_listing listing = { .key = NULL };
	enum manifest_state state;
	struct manifest *manifest;
	struct err err = { ERR_NONE, "" };
	json_t *header;

	manifest = manifest_recover(given->tree, NULL, &state, &err);
	if (manifest == NULL)
		fail_msg("%s", err.text);
	assert_int_equal(state, wanted);
	assert_int_equal(manifest_sealed(manifest) != NULL, sealed);
	while (manifest_each(manifest, listing.key, &listing))
		n--;
	assert_int_equal(n, 0);
	manifest_close(manifest);
	header = manifest_peek(tree_where(given->tree), &err);
	if (header == NULL)
		fail_msg("%s", err.text);
	assert_string_equal(json_string_value(json_object_get(header,
	    "source")), "humanloop");
	json_decref(header);
}

static void
write_log(const struct given *given, bool header, bool seal)
{
	struct log *log = log_new(LOG_ERROR, LOG_INFO);
	struct err err;

	log_to_file(log, tree_log(given->tree), LOG_TEXT);
	if (header)
		log_event(log, LOG_INFO, "run", "header", MANIFEST_LOGGED,
		    given->header, NULL);
	if (seal)
		log_event(log, LOG_INFO, "run", "sealed", MANIFEST_LOGGED,
		    given->seal, NULL);
	assert_int_equal(log_write_digest(log, &err), 0);
	log_free(log);
}

static void
test_one_of_two_is_enough(void **state)
{
	struct given given;

	(void)state;
	begin(&given);
	check(&given, MANIFEST_INTACT, true, 2);
	write_hurt(&given, MANIFEST_NAME, line_at(&given, 1) + 3);
	check(&given, MANIFEST_COPIED, true, 2);
	remove_file(given.tree, MANIFEST_NAME);
	check(&given, MANIFEST_COPIED, true, 2);
	write_file(given.tree, MANIFEST_NAME, "", 0);
	check(&given, MANIFEST_COPIED, true, 2);
	write_file(given.tree, MANIFEST_NAME, "\xef\xbb\xbf", 3);
	check(&given, MANIFEST_COPIED, true, 2);
	/* A last line that is torn, or was never there. */
	write_file(given.tree, MANIFEST_NAME, given.manifest.data,
	    given.manifest.len - 10);
	check(&given, MANIFEST_COPIED, true, 2);
	write_file(given.tree, MANIFEST_NAME, given.manifest.data,
	    line_at(&given, 3));
	check(&given, MANIFEST_COPIED, true, 2);
	/* And the other way round. */
	write_file(given.tree, MANIFEST_NAME, given.manifest.data,
	    given.manifest.len);
	write_hurt(&given, MANIFEST_COPY, 3);
	check(&given, MANIFEST_INTACT, true, 2);
	remove_file(given.tree, MANIFEST_COPY);
	check(&given, MANIFEST_INTACT, true, 2);
	end(&given);
}

/*
 * Both are damaged, at any two lines: together they fit the seal, unless it is
 * one that the log does not repeat.
 */
static void
test_both_are_damaged(void **state)
{
	struct given given;
	int one, other;

	(void)state;
	begin(&given);
	write_log(&given, true, true);
	for (one = 0; one < 4; one++)
		for (other = 0; other < 4; other++) {
			write_hurt(&given, MANIFEST_NAME,
			    line_at(&given, one));
			write_hurt(&given, MANIFEST_COPY,
			    line_at(&given, other));
			if (one == other && (one == 1 || one == 2))
				check(&given, MANIFEST_SALVAGED, false, 1);
			else
				check(&given, MANIFEST_MERGED, true, 2);
		}
	end(&given);
}

/* A line that stands there twice counts once. */
static void
test_lines_that_come_twice(void **state)
{
	struct given given;
	struct text twice;

	(void)state;
	begin(&given);
	text_init(&twice, 100000);
	text_add(&twice, given.manifest.data, line_at(&given, 2));
	text_adds(&twice, &given.manifest.data[line_at(&given, 1)]);
	write_file(given.tree, MANIFEST_NAME, twice.data, twice.len);
	check(&given, MANIFEST_COPIED, true, 2);
	write_file(given.tree, MANIFEST_COPY, twice.data, twice.len);
	check(&given, MANIFEST_MERGED, true, 2);
	text_release(&twice);
	end(&given);
}

/* Only the log is left; or not even that. */
static void
test_only_the_log(void **state)
{
	enum manifest_state how;
	struct given given;
	struct err err;

	(void)state;
	begin(&given);
	remove_file(given.tree, MANIFEST_NAME);
	remove_file(given.tree, MANIFEST_COPY);
	assert_false(manifest_is_there(tree_where(given.tree)));
	assert_null(manifest_peek(tree_where(given.tree), &err));
	assert_int_equal(err.kind, ERR_USAGE);
	assert_null(manifest_recover(given.tree, NULL, &how, &err));
	write_log(&given, true, true);
	assert_true(manifest_is_there(tree_where(given.tree)));
	check(&given, MANIFEST_SALVAGED, false, 0);
	assert_null(manifest_peek("nowhere", &err));
	assert_int_equal(err.kind, ERR_USAGE);
	end(&given);
}

/* What both have lost, the log may have: the first line, and the seal. */
static void
test_what_the_log_has(void **state)
{
	struct given given;
	size_t n;

	(void)state;
	begin(&given);
	write_log(&given, true, true);
	write_hurt(&given, MANIFEST_NAME, 0);
	write_hurt(&given, MANIFEST_COPY, 0);
	check(&given, MANIFEST_MERGED, true, 2);
	n = line_at(&given, 3);
	write_file(given.tree, MANIFEST_NAME, given.manifest.data, n);
	remove_file(given.tree, MANIFEST_COPY);
	check(&given, MANIFEST_MERGED, true, 2);
	end(&given);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_of_two_is_enough),
		cmocka_unit_test(test_both_are_damaged),
		cmocka_unit_test(test_lines_that_come_twice),
		cmocka_unit_test(test_only_the_log),
		cmocka_unit_test(test_what_the_log_has),
	};

	return cmocka_run_group_tests_name("recover", tests, unit_enter_dir,
	    unit_leave_dir);
}
