/* Replies: the scanner, and what is taken out of records. */

#include <jansson.h>

#include "fuzz.h"
#include "page/page.h"

/* What jansson takes, the scanner must take. */
static void
compare(const char *data, size_t len, bool is_native)
{
	json_t *json;

	/* jansson takes a NUL for the end. */
	if (memchr(data, '\0', len) != NULL)
		return;
	json = json_loadb(data, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
	if (json != NULL)
		MUST(is_native);
	json_decref(json);
}

/* Compact JSON means the same, and is its own compact form. */
static void
look_native(struct span record)
{
	struct text plain, again;
	json_t *one, *other;

	if (record.len == 0 || (*record.data != '{' && *record.data != '['))
		return;
	text_init(&plain, 1 << 26);
	text_init(&again, 1 << 26);
	page_plain(record, &plain);
	MUST(page_check(plain.data, plain.len, NULL) == 0);
	page_plain((struct span){ plain.data, plain.len }, &again);
	MUST(again.len == plain.len &&
	    memcmp(again.data, plain.data, plain.len) == 0);
	one = json_loadb(record.data, record.len, JSON_ALLOW_NUL, NULL);
	if (one != NULL) {
		other = json_loadb(plain.data, plain.len, JSON_ALLOW_NUL,
		    NULL);
		MUST(other != NULL && json_equal(one, other));
		json_decref(other);
	}
	json_decref(one);
	text_release(&plain);
	text_release(&again);
}

static void
look_into(struct span record)
{
	struct text line, text;
	struct span found, item;
	const char *place = NULL;
	int64_t sum = 0;

	text_init(&line, 1 << 26);
	text_init(&text, 1 << 26);
	look_native(record);
	page_line(record, &line);
	MUST(memchr(line.data, '\n', line.len) == NULL);
	MUST(page_check(line.data, line.len, NULL) == 0);
	if (page_find(record, "a.b", &found)) {
		MUST(page_check(found.data, found.len, NULL) == 0);
		page_value_text(found, &text);
		MUST(memchr(text.data != NULL ? text.data : "", '\0',
		    text.len) == NULL);
	}
	(void)page_sum(record, "a.b", &sum);
	while (page_next(record, &place, &item))
		MUST(page_check(item.data, item.len, NULL) == 0);
	text_release(&line);
	text_release(&text);
}

/* What the walk noted is what a look into the record finds. */
static void
look_at(const struct page *page, size_t i)
{
	struct page_record record = page_record(page, i);
	struct text key, other;
	struct span part;

	text_init(&key, 1 << 26);
	text_init(&other, 1 << 26);
	if (page_key(&record, NULL, &key)) {
		MUST(page_find(record.bytes, "id", &part));
		page_value_text(part, &other);
		text_addc(&other, '\0');
		MUST(page_find(record.bytes, "a.b", &part));
		page_value_text(part, &other);
		MUST(key.len == other.len &&
		    memcmp(key.data, other.data, key.len) == 0);
	}
	text_release(&key);
	text_release(&other);
	/* A record with NaN in it is no JSON. */
	if (page->n_words == 0)
		look_into(record.bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *key[] = { "id", "a.b" };
	static const struct source_resource resource = { .shape = {
	    .form = SOURCE_RECORDS, .records = "records", .total = "total",
	    .size = "size", .number = "page", .cursor = "a.b.c" },
	    .key = key, .n_key = 2 };
	static const struct source_resource lines = { .shape = {
	    .form = SOURCE_LINES, .records = "", .failure = "a.b" },
	    .key = key, .n_key = 2 };
	struct page_plan *plan = page_plan_new(&resource);
	struct page_plan *plan_lines = page_plan_new(&lines);
	char *copy = malloc(size + 1);	/* so that reading beyond shows */
	struct page page;
	struct err err;
	size_t i;
	bool ok;

	memcpy(copy, data, size);
	copy = realloc(copy, size > 0 ? size : 1);
	ok = page_check(copy, size, &err) == 0;
	compare(copy, size, ok);
	if (ok)
		look_into((struct span){ copy, size });
	page_init(&page);
	if (page_read(&page, plan, copy, size, &err) == 0)
		for (i = 0; i < page.n; i++)
			look_at(&page, i);
	if (page_read(&page, plan_lines, copy, size, &err) == 0)
		for (i = 0; i < page.n; i++)
			look_at(&page, i);
	page_plan_free(plan);
	page_plan_free(plan_lines);
	page_release(&page);
	free(copy);
	return 0;
}
