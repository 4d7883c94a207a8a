/*
 * The vectorized walks against the portable one: the same result, place and
 * records, for texts with any damage, at each alignment, and with no readable
 * memory after their end.
 */

#include "unit.h"

#include <sys/mman.h>
#include <unistd.h>

#include "page/page_internal.h"

#define CASES 20000
#define MAX_LEN 1024

static uint64_t seed;

static unsigned
dice(unsigned n)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (unsigned)((seed * UINT64_C(2685821657736338717)) >> 33) % n;
}

/* Add part of a string. */
static void
add_inside(struct text *text)
{
	static const char *const odd[] = { "\\n", "\\\"", "\\\\", "\\u00e9",
	    "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x94\xb4", "\x7f", "{", "]",
	    ":", "," };
	unsigned n = dice(dice(8) == 0 ? 150 : 12);

	for (; n > 0; n--) {
		if (dice(12) == 0)
			text_adds(text, odd[dice(LENGTH(odd))]);
		else
			text_addc(text, (char)('a' + dice(26)));
	}
}

static void
add_value(struct text *text, unsigned depth)
{
	static const char *const scalars[] = { "null", "true", "false", "0",
	    "-1.5e3", "1234567890123456", "{}", "[ ]", "NaN" };
	unsigned n, kind = dice(depth == 0 ? 2 : 5);

	if (kind == 0) {
		text_adds(text, scalars[dice(LENGTH(scalars))]);
	} else if (kind == 1) {
		text_addc(text, '"');
		add_inside(text);
		text_addc(text, '"');
	} else {
		text_addc(text, kind == 2 ? '[' : '{');
		for (n = dice(6); n > 0; n--) {
			if (kind > 2) {
				text_adds(text, dice(3) == 0 ? "\"id" : "\"");
				add_inside(text);
				text_adds(text, dice(3) == 0 ? "\" :\n " :
				    "\": ");
			}
			add_value(text, depth - 1);
			text_adds(text, n == 1 ? "" : dice(4) == 0 ? " ,\t" :
			    ", ");
		}
		text_addc(text, kind == 2 ? ']' : '}');
	}
}

/* Damage it, or not. */
static void
hurt(struct text *text)
{
	static const char bytes[] = "\"\\{}[]:,\x01\x1f\x80\xff\n 0";
	unsigned n = dice(3);

	if (text->len > MAX_LEN || dice(6) == 0)
		text->len = dice((unsigned)(text->len < MAX_LEN ? text->len :
		    MAX_LEN) + 1);
	for (; n > 0 && text->len > 0; n--)
		text->data[dice((unsigned)text->len)] = bytes[dice(
		    sizeof(bytes) - 1)];
}

struct result {
	int rc;
	struct page page;
	struct page_scan scan;
};

static void
walk(struct result *result, const struct page_plan *plan, const char *data,
    size_t len, enum page_means means)
{
	page_init(&result->page);
	page_clear(&result->page, plan);
	result->scan = (struct page_scan){ .begin = data, .end = data + len,
	    .plan = plan, .words = true, .page = &result->page,
	    .is_record = true };
	result->rc = page_scan_by(&result->scan, means);
}

/* The length of a missing value is undefined. */
static void
compare_found(const struct page_plan *plan, const struct span *plain,
    const struct span *other)
{
	size_t i;

	for (i = 0; i < (size_t)plan->record.n_slots; i++) {
		assert_ptr_equal(plain[i].data, other[i].data);
		if (plain[i].data != NULL)
			assert_int_equal(plain[i].len, other[i].len);
	}
}

static void
compare(const struct page_plan *plan, const char *data, size_t len,
    enum page_means means)
{
	struct result plain, other;

	walk(&plain, plan, data, len, PAGE_PLAIN);
	walk(&other, plan, data, len, means);
	assert_int_equal(plain.rc, other.rc);
	if (plain.rc == -1) {
		assert_ptr_equal(plain.scan.where, other.scan.where);
		assert_string_equal(plain.scan.why, other.scan.why);
	} else {
		assert_int_equal(plain.page.n, 1);
		assert_int_equal(other.page.n, 1);
		assert_ptr_equal(plain.page.records[0].data,
		    other.page.records[0].data);
		assert_int_equal(plain.page.records[0].len,
		    other.page.records[0].len);
		assert_int_equal(plain.page.n_words, other.page.n_words);
		assert_int_equal(plain.page.has_breaks,
		    other.page.has_breaks);
		compare_found(plan, plain.page.found, other.page.found);
	}
	page_release(&plain.page);
	page_release(&other.page);
}

/* A readable page before an unreadable one. */
static char *
map_edge(size_t *size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pos = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(pos != MAP_FAILED);
	assert_int_equal(mprotect(pos + page, page, PROT_NONE), 0);
	*size = page;
	return pos;
}

static void
try_all(enum page_means means)
{
	const char *keys[] = { "id" };
	struct source_resource resource = { .name = "things",
	    .key = keys, .n_key = 1, .shape = { .form = SOURCE_OBJECT } };
	struct page_plan *plan = page_plan_new(&resource);
	size_t size, n, off;
	struct text text;
	char *edge = map_edge(&size), *pos;

	seed = 20251124;
	for (n = 0; n < CASES; n++) {
		text_init(&text, 1 << 20);
		add_value(&text, 4);
		hurt(&text);
		if (text.len > MAX_LEN)
			text.len = MAX_LEN;
		/* Up to the end of the page, so at each alignment. */
		pos = edge + size - text.len;
		memcpy(pos, text.data, text.len);
		compare(plan, pos, text.len, means);
		off = dice(65);
		memcpy(edge + off, text.data, text.len);
		compare(plan, edge + off, text.len, means);
		text_release(&text);
	}
	munmap(edge, 2 * size);
	page_plan_free(plan);
}

/* A long valid string, with one byte replaced at each place. */
static void
try_each_place(enum page_means means)
{
	static const char bytes[] = "\"\\\x1f\x7f\x80\xc3";
	struct page_scan plain, other;
	char text[202];
	size_t i, k;

	for (k = 0; k < sizeof(bytes) - 1; k++)
		for (i = 0; i < sizeof(text); i++) {
			memset(text, 'x', sizeof(text));
			text[0] = text[sizeof(text) - 1] = '"';
			text[i] = bytes[k];
			plain = other = (struct page_scan){ .begin = text,
			    .end = text + sizeof(text) };
			assert_int_equal(page_scan_by(&plain, PAGE_PLAIN),
			    page_scan_by(&other, means));
			assert_ptr_equal(plain.where, other.where);
		}
}

static void
test_16_at_a_time_are_as_one(void **state)
{
	(void)state;
	if (!page_can(PAGE_WIDE))
		skip();
	try_all(PAGE_WIDE);
	try_each_place(PAGE_WIDE);
}

static void
test_32_at_a_time_are_as_one(void **state)
{
	(void)state;
	if (!page_can(PAGE_WIDER))
		skip();
	try_all(PAGE_WIDER);
	try_each_place(PAGE_WIDER);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_16_at_a_time_are_as_one),
		cmocka_unit_test(test_32_at_a_time_are_as_one),
	};

	return cmocka_run_group_tests_name("page_scan", tests, NULL, NULL);
}
