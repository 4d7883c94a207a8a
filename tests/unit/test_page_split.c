#include "unit.h"

#include "page/page.h"

static struct source_resource resource = { .shape = {
    .form = SOURCE_OBJECT } };

/* The items that page_split() finds in a file. */
static const struct {
	const char *text;
	const char *found;	/* R record, E empty, D damaged */
	unsigned odd;		/* of all of it */
} files[] = {
	{ "", "", 0 },
	{ "{}\n", "R", 0 },
	{ "{}\n{}\n", "RR", 0 },
	/* Two equal records are two records. */
	{ "{\"id\":1}\n{\"id\":1}\n", "RR", 0 },
	{ "\n", "E", 0 }, { "\n\n{}\n\n", "EERE", 0 }, { " \t\r\n", "E", 0 },
	{ "{}", "R", PAGE_ODD_END },
	{ "{}\n{}", "RR", PAGE_ODD_END },
	{ "{}\n  ", "RE", PAGE_ODD_END },
	{ "\xef\xbb\xbf{}\n{}\n", "RR", PAGE_ODD_BOM },
	{ "\xef\xbb\xbf", "E", PAGE_ODD_END },
	{ "\xef\xbb\xbf\n{}\n", "ER", 0 },
	{ "\xef\xbb{}\n", "D", 0 },
	{ "{}\r\n{}\r\n", "RR", PAGE_ODD_RETURNS },
	{ " {}\n", "R", PAGE_ODD_BLANKS }, { "{} \n", "R", PAGE_ODD_BLANKS },
	{ "{} \r\n", "R", PAGE_ODD_BLANKS | PAGE_ODD_RETURNS },
	{ "{\"a\":NaN}\n", "R", PAGE_ODD_WORDS },
	{ "{\"a\":-Infinity}\n", "R", PAGE_ODD_WORDS },
	/* Over several lines: beside others, nested, unterminated. */
	{ "{\n \"a\": 1\n}\n", "R", PAGE_ODD_LAYOUT },
	{ "{}\n{\n\t\"a\": 1\n}\n{}\n", "RRR", PAGE_ODD_LAYOUT },
	{ "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n", "R", PAGE_ODD_LAYOUT },
	{ "{\n \"a\": 1\n\n}\n", "R", PAGE_ODD_LAYOUT },
	{ "{\n \"a\": 1\n}", "R", PAGE_ODD_LAYOUT | PAGE_ODD_END },
	{ "\xef\xbb\xbf{\n \"a\": 1\n}\n", "R", PAGE_ODD_LAYOUT |
	    PAGE_ODD_BOM },
	/* Torn lines don't hide their neighbours. */
	{ "{\"a\":1}\n{\"a\":", "RD", PAGE_ODD_END },
	{ "{\"a\":\n{\"a\":1}\n", "DR", 0 },
	{ "{\n{\"a\":1}\n", "DR", 0 },
	{ "{\n \"a\": 1\n{\"b\":1}\n", "DDR", 0 },
	{ "{\n \"a\": 1\n", "DD", 0 },
	{ "}\n{}\n", "DR", 0 }, { "{}}\n{}\n", "DR", 0 },
	{ "{} {}\n{}\n", "DR", 0 }, { "{\"a\":1}}{\n{}\n", "DR", 0 },
};

static void
say(char *found, enum page_kind kind)
{
	size_t n = strlen(found);

	assert_true(n < 15);
	found[n] = kind == PAGE_RECORD ? 'R' : kind == PAGE_EMPTY ? 'E' : 'D';
	found[n + 1] = '\0';
}

/*
 * Split with ${step} more bytes at a time.  The result must not depend on that,
 * and every byte must be used once.
 */
static void
split(const char *text, size_t step, char found[16], unsigned *odd)
{
	struct page_plan *plan = page_plan_new(&resource);
	size_t len = strlen(text), offset = 0, have = 0;
	struct page_item item;
	struct page page;
	struct err err;
	char *copy;

	page_init(&page);
	found[0] = '\0';
	*odd = 0;
	for (;;) {
		/* The exact size, so that sanitizers notice overreads. */
		copy = malloc(have - offset + 1);
		memcpy(copy, &text[offset], have - offset);
		page_split(&page, plan, (struct span){ copy, have - offset },
		    have == len, &item, &err);
		free(copy);
		if (item.kind == PAGE_OVER)
			break;
		if (item.kind == PAGE_MORE) {
			assert_true(have < len);
			have = have + step < len ? have + step : len;
			continue;
		}
		assert_true(item.used > 0 && item.used <= have - offset);
		offset += item.used;
		*odd |= item.odd;
		say(found, item.kind);
	}
	assert_int_equal(offset, len);
	page_release(&page);
	page_plan_free(plan);
}

static void
test_whatever_was_done_to_a_file(void **state)
{
	unsigned odd;
	char found[16];
	size_t i, step;

	(void)state;
	for (i = 0; i < LENGTH(files); i++)
		for (step = 1; step < 40; step++) {
			split(files[i].text, step, found, &odd);
			if (strcmp(found, files[i].found) != 0 ||
			    odd != files[i].odd)
				fail_msg("file %zu, %zu bytes at a time: %s, "
				    "%u", i, step, found, odd);
		}
}

static const struct {
	const char *text;
	enum page_kind kind;
	unsigned odd;
	const char *record;
} wholes[] = {
	{ "{\"a\":1}", PAGE_RECORD, 0, "{\"a\":1}" },
	{ "{\"a\":1}\n", PAGE_RECORD, 0, "{\"a\":1}" },
	{ "\n\n{\n\"a\":1}\r\n", PAGE_RECORD, 0, "{\n\"a\":1}" },
	{ "\xef\xbb\xbf{}", PAGE_RECORD, PAGE_ODD_BOM, "{}" },
	{ "{\"a\":Infinity}", PAGE_RECORD, PAGE_ODD_WORDS,
	    "{\"a\":Infinity}" },
	{ "", PAGE_DAMAGED, 0, "" },
	{ "\n", PAGE_DAMAGED, 0, "\n" },
	{ "\xef\xbb\xbf", PAGE_DAMAGED, PAGE_ODD_BOM, "\xef\xbb\xbf" },
	{ "\xef\xbb\xbf\xef\xbb\xbf{}", PAGE_RECORD, PAGE_ODD_BOM, "{}" },
	{ "\xef\xbb\xbf\xef\xbb\xbf\xef\xbb\xbf{}", PAGE_DAMAGED,
	    PAGE_ODD_BOM, "\xef\xbb\xbf\xef\xbb\xbf\xef\xbb\xbf{}" },
	{ "{\"a\":", PAGE_DAMAGED, 0, "{\"a\":" },
	{ "{}{}", PAGE_DAMAGED, 0, "{}{}" },
	{ "{}\n{}\n", PAGE_DAMAGED, 0, "{}\n{}\n" },
};

static void
test_a_file_that_is_one_record(void **state)
{
	struct page_plan *plan = page_plan_new(&resource);
	struct page_item item;
	struct page page;
	struct err err;
	size_t i, len;

	(void)state;
	page_init(&page);
	for (i = 0; i < LENGTH(wholes); i++) {
		len = strlen(wholes[i].text);
		page_whole(&page, plan, (struct span){ wholes[i].text, len },
		    &item, &err);
		if (item.kind != wholes[i].kind || item.odd != wholes[i].odd ||
		    item.used != len || !text_is(item.bytes,
		    wholes[i].record))
			fail_msg("file %zu: kind %d, odd %u, \"%.*s\"", i,
			    (int)item.kind, item.odd, (int)item.bytes.len,
			    item.bytes.data);
		if (item.kind == PAGE_DAMAGED)
			assert_int_equal(err.kind, ERR_DATA);
	}
	page_release(&page);
	page_plan_free(plan);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whatever_was_done_to_a_file),
		cmocka_unit_test(test_a_file_that_is_one_record),
	};

	return cmocka_run_group_tests_name("page_split", tests, NULL, NULL);
}
