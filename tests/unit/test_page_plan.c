/*
 * The values that a walk records, compared with jansson: generated documents
 * with duplicate names, escapes in names, and values in odd places.
 */

#include "unit.h"

#include <jansson.h>

#include "page/page.h"

#define CASES 30000

static uint64_t seed;

static unsigned
dice(unsigned n)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (unsigned)((seed * UINT64_C(2685821657736338717)) >> 33) % n;
}

static const char *const names[] = { "a", "b", "c", "id", "x.y", "" };

static void
add_name(struct text *text)
{
	const char *name = names[dice(LENGTH(names))];

	text_addc(text, '"');
	for (; *name != '\0'; name++)
		text_addf(text, dice(9) == 0 ? "\\u%04x" : "%c", *name);
	text_adds(text, "\"");
	text_adds(text, dice(4) == 0 ? " :\n " : ":");
}

static void
add_value(struct text *text, unsigned depth)
{
	static const char *const scalars[] = { "null", "true", "-1.5e3",
	    "\"t\"", "\"\\\\\\\"]}\"", "\"\xc3\xa9 [{\"", "1234567890123456",
	    "{}", "[ ]", "\"\"" };
	unsigned n, kind = dice(depth == 0 ? 1 : 4);

	if (kind < 2) {
		text_adds(text, scalars[dice(LENGTH(scalars))]);
		return;
	}
	text_adds(text, kind == 2 ? "{" : "[");
	for (n = dice(5); n > 0; n--) {
		if (kind == 2)
			add_name(text);
		add_value(text, depth - 1);
		text_adds(text, n > 1 ? (dice(5) == 0 ? " , " : ",") : "");
	}
	text_adds(text, kind == 2 ? "}" : "]");
}

/* jansson's value at ${path}, or NULL; the last of a name counts. */
static json_t *
find(json_t *json, const char *path)
{
	struct span step;

	while (*path != '\0' && json != NULL) {
		char name[20] = "";

		path = source_step(path, &step);
		memcpy(name, step.data, step.len);
		json = json_object_get(json, name);
	}
	return json;
}

static void
compare(struct span ours, json_t *theirs, const char *path,
    const struct text *text)
{
	json_t *json;

	if (ours.data == NULL || theirs == NULL) {
		if (ours.data != NULL || theirs != NULL)
			fail_msg("%s in %s", path, text->data);
		return;
	}
	json = json_loadb(ours.data, ours.len, JSON_DECODE_ANY, NULL);
	if (json == NULL || !json_equal(json, theirs))
		fail_msg("%s in %s is %.*s", path, text->data, (int)ours.len,
		    ours.data);
	json_decref(json);
}

static const char *paths[] = { "id", "a", "a.b", "a.b.c", "a.b.c.a",
    "\"x.y\"", "\"x.y\".id", "b.id", "c.\"x.y\".c" };

static void
test_noted_is_what_is_there(void **state)
{
	static const struct source_field fields[] = {
		{ .name = "f", .paths = paths, .n = LENGTH(paths) } };
	struct source_resource resource = { .shape = {
	    .form = SOURCE_RECORDS, .records = "b.\"x.y\".a",
	    .cursor = "b.c.a.id" }, .key = paths, .n_key = LENGTH(paths),
	    .fields = (struct source_field *)fields, .n_fields = 1 };
	struct page_plan *plan = page_plan_new(&resource);
	struct page page;
	struct text text;
	struct err err;
	json_t *json, *records;
	size_t i, k, with_records = 0;
	struct span found;
	int round, rc;

	(void)state;
	page_init(&page);
	for (round = 1; round <= CASES; round++) {
		seed = (uint64_t)round * 88172645463325252u;
		text_init(&text, 1 << 20);
		text_adds(&text, "{\"b\":{\"x.y\":{\"a\":[");
		for (k = dice(4); k > 0; k--) {
			add_value(&text, 5);
			text_adds(&text, k > 1 ? "," : "");
		}
		text_adds(&text, "]},\"c\":");
		add_value(&text, 4);
		text_adds(&text, "},\"c\":");
		add_value(&text, 4);
		if (dice(10) == 0) {
			text_adds(&text, ",\"b\":");
			add_value(&text, 6);
		}
		text_addc(&text, '}');
		json = json_loadb(text.data, text.len, JSON_DECODE_ANY, NULL);
		if (json == NULL)
			fail_msg("%s", text.data);
		records = find(json, resource.shape.records);
		rc = page_read(&page, plan, text.data, text.len, &err);
		if ((rc == 0) != json_is_array(records))
			fail_msg("%d: %s", rc, text.data);
		with_records += rc == 0 && page.n > 0;
		if (rc == 0)
			assert_int_equal(page.n, json_array_size(records));
		for (i = 0; rc == 0 && i < page.n; i++) {
			struct page_record record = page_record(&page, i);
			json_t *theirs = json_array_get(records, i);

			compare(record.bytes, theirs, "record", &text);
			for (k = 0; k < LENGTH(paths); k++) {
				/* Key and fields share their slots. */
				found = page_part(&record, k);
				compare(found, find(theirs, paths[k]),
				    paths[k], &text);
				if (!page_find(record.bytes, paths[k],
				    &found))
					found.data = NULL;
				compare(found, find(theirs, paths[k]),
				    paths[k], &text);
			}
		}
		json_decref(json);
		text_release(&text);
	}
	assert_in_range(with_records, CASES / 3, CASES);
	page_release(&page);
	page_plan_free(plan);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_noted_is_what_is_there),
	};

	return cmocka_run_group_tests_name("page_plan", tests, NULL, NULL);
}
