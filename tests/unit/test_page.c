#include "unit.h"

#include "page/page.h"

/* ---------------------------------------------- RFC 8259, case by case */

/*
 * Written from the text of the RFC: section 2 (grammar and white space), 3
 * (values), 4 (objects), 5 (arrays), 6 (numbers), 7 (strings), 8 (encoding).
 */
static const char *const accepted[] = {
	"null", "true", "false", "0", "\"\"", "[]", "{}",
	" \t\r\n[ \t\r\n1 \t\r\n, \t\r\n2 \t\r\n] \t\r\n",
	"{ \"a\" : 1 , \"b\" : [ ] }",
	"-0", "-1", "10", "123456789012345678901234567890",
	"1.5", "-0.0", "0.1e1", "1E400", "1e-400", "1E+2", "1e00",
	"9007199254740993", "18446744073709551616",
	"1.000000000000000000000000000000000001",
	"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0000\"", "\"\\uD83D\"",
	"\"\\ud83d\\udd34\"", "\"\\uDD34\\uD83D\"", "\"\\uFFFF\"",
	"\"\\u00e9\"", "\"\x7f\"", "\"/\"", "\"a\xc3\xa9z\"",
	"\"\xe2\x82\xac\"", "\"\xf0\x9f\x94\xb4\"", "\"\xed\x9f\xbf\"",
	"\"\xee\x80\x80\"", "\"\xef\xbf\xbf\"", "\"\xf4\x8f\xbf\xbf\"",
	"\"\xe2\x80\xa8\xe2\x80\xa9\"", "\"\xef\xbb\xbf\"",
	"{\"a\":1,\"a\":2}", "{\"\":0}", "{\"\\u0000\":1}",
	"[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]",
	"[null,true,false,0,\"\",[],{}]", "{\"a\":{\"b\":{\"c\":[{}]}}}",
	"\xef\xbb\xbf{}",
	/* Strings that end at every offset in a block of 16. */
	"\"123456789012345\"", "\"1234567890123456\"",
	"\"12345678901234567\"", "\"1234567890123456789012345678901\"",
	"\"12345678901234\\n\"", "\"123456789012345\xc3\xa9\"",
};

static const char *const refused[] = {
	"", " ", "nul", "nulll", "True", "NaN", "Infinity", "-Infinity",
	"undefined", "'a'", "a", "//", "/**/1", "1 2", "[] []", "{}x",
	"[", "]", "[1", "[1,", "[1,]", "[,1]", "[1,,2]", "[1 2]", "[1:2]",
	"[1;2]", "{", "}", "{]", "[}", "{\"a\"", "{\"a\":", "{\"a\":1",
	"{\"a\":1,", "{\"a\":1,}", "{,}", "{\"a\" 1}", "{\"a\",1}",
	"{a:1}", "{1:1}", "{'a':1}", "{\"a\":1 \"b\":2}", "{\"a\"::1}",
	"{\"a\":1;\"b\":2}", "{null:1}", "{\"a\":}",
	"01", "-01", "00", "-", "+1", ".5", "1.", "-.5", "1.e1", "1e", "1e+",
	"1E-", "0x10", "1_000", "1,000", "--1", "- 1", "1e1.5", "1 000",
	"\"", "\"a", "\"\\\"", "\"\\", "\"\\x41\"", "\"\\a\"", "\"\\'\"",
	"\"\\u\"", "\"\\u12\"", "\"\\u123g\"", "\"\\U0041\"", "\"\\0\"",
	"\"\t\"", "\"\n\"", "\"a\x01z\"", "\"\x1f\"", "\"\r\n\"",
	"\"\x80\"", "\"\xc0\x80\"", "\"\xc1\xbf\"", "\"\xc3\"", "\"\xc3(\"",
	"\"\xe0\x80\x80\"", "\"\xe0\x9f\xbf\"", "\"\xe2\x82\"",
	"\"\xed\xa0\x80\"", "\"\xed\xbf\xbf\"", "\"\xf0\x80\x80\x80\"",
	"\"\xf0\x8f\xbf\xbf\"", "\"\xf4\x90\x80\x80\"", "\"\xf5\x80\x80\x80\"",
	"\"\xf8\x88\x80\x80\x80\"", "\"\xff\"", "\"\xfe\"",
	"\xc3\xa9", "[\"a\xff\"]", "\xef\xbb", "[1]\xef\xbb\xbf",
	"\x0b[]", "[\x0c]", "\xc2\xa0[]", "[1\x00]",
	"\"12345678901234\x01\"", "\"123456789012345\xff\"",
	"<html></html>", "<?xml version=\"1.0\"?>",
};

static void
test_what_rfc_8259_accepts(void **state)
{
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(accepted); i++)
		if (page_check(accepted[i], strlen(accepted[i]), &err) == -1)
			fail_msg("%s: %s", accepted[i], err.text);
	/* A NUL does not end the text. */
	assert_int_equal(page_check("[1]\0", 4, &err), -1);
}

static void
test_what_rfc_8259_refuses(void **state)
{
	struct err err;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(refused); i++) {
		if (page_check(refused[i], strlen(refused[i]), &err) == 0)
			fail_msg("accepted: %s", refused[i]);
		assert_int_equal(err.kind, ERR_DATA);
		assert_contains(err.text, "byte ");
	}
}

/* Every valid text, truncated anywhere, is invalid (except numbers). */
static void
test_cut_texts_are_refused(void **state)
{
	struct err err;
	size_t i, n;

	(void)state;
	for (i = 0; i < LENGTH(accepted); i++) {
		const char *text = accepted[i];
		char *copy;

		if (strchr("{[\"", text[0]) == NULL)
			continue;
		for (n = 0; n < strlen(text); n++) {
			/* The exact size: sanitizers notice overreads. */
			copy = memcpy(malloc(n + 1), text, n);
			copy = realloc(copy, n > 0 ? n : 1);
			if (page_check(copy, n, &err) == 0)
				fail_msg("accepted %zu bytes of %s", n, text);
			free(copy);
		}
	}
}

static void
test_no_depth_is_too_deep(void **state)
{
	size_t depth = 300000, i;
	char *text = malloc(2 * depth);
	struct err err;

	(void)state;
	memset(text, '[', depth);
	memset(&text[depth], ']', depth);
	assert_int_equal(page_check(text, 2 * depth, &err), 0);
	assert_int_equal(page_check(text, 2 * depth - 1, &err), -1);
	for (i = 0; i < depth; i++)
		text[i] = "{\"a\":"[i % 5];
	assert_int_equal(page_check(text, depth, &err), -1);
	free(text);
}

/* ------------------------------------------------------------ envelopes */

static const struct source_shape listed = { .form = SOURCE_RECORDS,
    .records = "records", .total = "total", .size = "size",
    .number = "page" };

/* Read ${text}; the result is valid until the next call. */
static int
read_text(struct page *page, const struct source_shape *shape, const char *text,
    struct err *err)
{
	static struct source_resource resource;
	static struct page_plan *plan;

	page_plan_free(plan);
	plan = NULL;
	if (shape == NULL)
		return 0;
	resource = (struct source_resource){ .shape = *shape };
	plan = page_plan_new(&resource);
	return page_read(page, plan, text, strlen(text), err);
}

static int
forget_plan(void **state)
{
	(void)state;
	return read_text(NULL, NULL, NULL, NULL);
}

static void
test_records_are_cut_out_as_they_are(void **state)
{
	const char *text = "{\"records\": [ {\"id\": 1E400} ,[1, 2],\n "
	    "\"x\", -0 , {\"records\": [9], \"total\": 7}], \"page\": 3, "
	    "\"size\": 100, \"total\": 205}";
	const char *expected[] = { "{\"id\": 1E400}", "[1, 2]", "\"x\"",
	    "-0", "{\"records\": [9], \"total\": 7}" };
	struct page page;
	struct err err;
	size_t i;

	(void)state;
	page_init(&page);
	assert_int_equal(read_text(&page, &listed, text, &err), 0);
	assert_int_equal(page.n, 5);
	for (i = 0; i < 5; i++)
		assert_true(text_is(page.records[i], expected[i]));
	assert_int_equal(page.total, 205);
	assert_int_equal(page.size, 100);
	assert_int_equal(page.number, 3);
	assert_int_equal(page.more, -1);
	page_release(&page);
}

static void
test_envelopes_in_any_order(void **state)
{
	static const char *const texts[] = {
		"{\"total\":2,\"records\":[{},{}],\"size\":9,\"page\":1}",
		"{\"page\":1,\"size\":9,\"total\":2,\"records\":[{},{}]}",
		"{\"x\":{\"records\":[1,2,3],\"total\":9},\"records\":[1,2],"
		    "\"total\":2,\"size\":9,\"page\":1,\"y\":[{\"size\":1}]}",
		"{\"r\\u0065cords\":[[],[]],\"t\\u006ftal\":2,\"size\":9,"
		    "\"page\":1}",
		"\r\n{ \"records\" : [ 1 , 2 ] , \"total\" : 2 , \"size\":9,"
		    "\"page\":1 }\r\n",
	};
	struct page page;
	struct err err;
	size_t i;

	(void)state;
	page_init(&page);
	for (i = 0; i < LENGTH(texts); i++) {
		assert_int_equal(read_text(&page, &listed, texts[i], &err), 0);
		assert_int_equal(page.n, 2);
		assert_int_equal(page.total, 2);
		assert_int_equal(page.size, 9);
	}
	page_release(&page);
}

static void
test_broken_promises(void **state)
{
	static const struct {
		const char *text, *error;
	} rows[] = {
		{ "{\"detail\": \"no\"}", "no \"records\" in the reply" },
		{ "[]", "no \"records\"" },
		{ "{\"records\": null}", "add \"empty: null\"" },
		{ "{\"records\": {}}", "no array of records" },
		{ "{\"records\": [], \"records\": 1}", "no array of "
		    "records" },
		{ "", "the body is empty" },
		{ " \n", "the body is empty" },
		{ "<html>", "HTML" },
		{ "{\"records\": [}", "byte 13" },
	};
	struct page page;
	struct err err;
	size_t i;

	(void)state;
	page_init(&page);
	for (i = 0; i < LENGTH(rows); i++) {
		assert_int_equal(read_text(&page, &listed, rows[i].text, &err),
		    -1);
		assert_contains(err.text, rows[i].error);
		assert_int_equal(err.kind, ERR_DATA);
	}
	page_release(&page);
}

static void
test_other_shapes(void **state)
{
	const struct source_shape nested = { .form = SOURCE_RECORDS,
	    .records = "data.items", .total = "meta.total_count",
	    .more = "meta.has_more", .cursor = "meta.next" };
	const struct source_shape dotted = { .form = SOURCE_RECORDS,
	    .records = "v", .total = "\"@odata.count\"",
	    .cursor = "a.b.c.d.e.f", .empty_null = true };
	const struct source_shape bare = { .form = SOURCE_RECORDS,
	    .records = "" };
	const struct source_shape failing = { .form = SOURCE_RECORDS,
	    .records = "data", .failure = "errors" };
	const struct source_shape object = { .form = SOURCE_OBJECT };
	const struct source_shape array = { .form = SOURCE_ARRAY };
	const struct source_shape text = { .form = SOURCE_TEXT };
	struct page page;
	struct err err;

	(void)state;
	page_init(&page);
	assert_int_equal(read_text(&page, &nested,
	    "{\"data\":{\"items\":[1,2]},\"meta\":{\"total_count\":7,"
	    "\"has_more\":true,\"next\":\"c1\",\"x\":[{\"has_more\":false}]}}",
	    &err), 0);
	assert_int_equal(page.n, 2);
	assert_int_equal(page.total, 7);
	assert_int_equal(page.more, 1);
	assert_true(text_is(page.cursor, "\"c1\""));
	/* If a name occurs twice, the last one counts. */
	assert_int_equal(read_text(&page, &nested, "{\"data\":{\"items\":[1],"
	    "\"items\":[2,3]},\"meta\":{\"has_more\":true},\"meta\":{}}",
	    &err), 0);
	assert_int_equal(page.n, 2);
	assert_true(text_is(page.records[0], "2"));
	assert_int_equal(page.more, -1);
	assert_false(page.has_more);
	assert_int_equal(read_text(&page, &nested, "{\"data\":{\"items\":[1]},"
	    "\"data\":{}}", &err), -1);
	assert_int_equal(read_text(&page, &dotted, "{\"@odata.count\":\"5\","
	    "\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":\"x\"}}}}},\"v\":null}",
	    &err), 0);
	assert_int_equal(page.n, 0);
	assert_int_equal(page.total, 5);
	assert_true(text_is(page.cursor, "\"x\""));
	assert_int_equal(read_text(&page, &bare, "[{},[]]", &err), 0);
	assert_int_equal(page.n, 2);
	assert_int_equal(read_text(&page, &object, " {\"a\":[1]} ", &err), 0);
	assert_true(text_is(page.records[0], "{\"a\":[1]}"));
	assert_int_equal(read_text(&page, &object, "[]", &err), -1);
	assert_int_equal(read_text(&page, &array, "[1,2]", &err), 0);
	assert_int_equal(read_text(&page, &array, "{}", &err), -1);
	assert_int_equal(read_text(&page, &failing,
	    "{\"data\":[1],\"errors\":[{}]}", &err), 0);
	assert_true(text_is(page.failure, "[{}]"));
	assert_int_equal(read_text(&page, &failing,
	    "{\"data\":[1],\"errors\":[]}", &err), 0);
	assert_true(page.failure.data == NULL);
	assert_int_equal(read_text(&page, &listed,
	    "{\"records\":[],\"errors\":[1]}", &err), 0);
	assert_true(text_is(page.errors, "[1]"));
	assert_string_equal(page.errors_name, "errors");
	assert_int_equal(read_text(&page, &listed,
	    "{\"records\":[],\"error\":{\"x\":1}}", &err), 0);
	assert_string_equal(page.errors_name, "error");
	assert_int_equal(read_text(&page, &text, "any {text", &err), 0);
	assert_true(text_is(page.records[0], "any {text"));
	page_release(&page);
}

/* Values beside the records, and their meaning; -1: none. */
struct said {
	const char *value;
	int64_t means;
};

static const struct source_shape telling = { .form = SOURCE_RECORDS,
    .records = "records", .total = "total", .more = "more" };

/* Read each of ${n} as ${member}, which is the total or whether more come. */
static void
read_all_reported(const struct said *rows, size_t n, const char *member)
{
	bool is_total = strcmp(member, "total") == 0;
	struct page page;
	struct err err;
	char *text;
	size_t i;

	page_init(&page);
	for (i = 0; i < n; i++) {
		text = mem_format("{\"records\": [], \"%s\": %s}", member,
		    rows[i].value);
		assert_int_equal(read_text(&page, &telling, text, &err), 0);
		assert_int_equal(is_total ? page.total : page.more,
		    rows[i].means);
		assert_int_equal(page.n_unread, rows[i].means == -1);
		assert_true(is_total ? page.has_total : page.has_more);
		if (page.n_unread > 0) {
			assert_string_equal(page.unread[0].path, member);
			assert_true(text_is(page.unread[0].value,
			    rows[i].value));
		}
		free(text);
	}
	text = mem_format("{\"records\": [], \"%s\": null}", member);
	assert_int_equal(read_text(&page, &telling, text, &err), 0);
	assert_int_equal(is_total ? page.total : page.more, -1);
	assert_false(page.has_total);
	assert_int_equal(page.n_unread, 0);
	free(text);
	page_release(&page);
}

static void
test_numbers_in_any_form(void **state)
{
	static const struct said rows[] = {
		{ "250", 250 }, { "250.0", 250 }, { "2.5e2", 250 },
		{ "2500E-1", 250 }, { "25e+1", 250 }, { "\"250\"", 250 },
		{ "\"250.00\"", 250 }, { "0", 0 }, { "0.0e9", 0 },
		{ "999999999999999999", INT64_C(999999999999999999) },
		{ "1000000000000000000", -1 }, { "1e18", -1 },
		{ "1e99999999999999999999", -1 }, { "1e-1", -1 },
		{ "2.5", -1 }, { "-1", -1 }, { "\"many\"", -1 },
		{ "\"\"", -1 }, { "true", -1 }, { "[250]", -1 },
		{ "\"2e\"", -1 }, { "\".5\"", -1 }, { "\"1,000\"", -1 },
		{ "99999999999999999999999", -1 }, { "NaN", -1 },
		{ "0.000000000000000000000000000001", -1 },
		{ "1.0000000000000000000000000000000", 1 },
	};

	(void)state;
	read_all_reported(rows, LENGTH(rows), "total");
}

static void
test_yes_and_no_in_any_form(void **state)
{
	static const struct said rows[] = {
		{ "true", 1 }, { "false", 0 }, { "1", 1 }, { "0", 0 },
		{ "\"true\"", 1 }, { "\"False\"", 0 }, { "\"1\"", 1 },
		{ "\"yes\"", -1 }, { "2", -1 }, { "{}", -1 },
	};

	(void)state;
	read_all_reported(rows, LENGTH(rows), "more");
}

/* ------------------------------------------------------- looking inside */

static struct span
span(const char *text)
{
	return (struct span){ text, strlen(text) };
}

static void
test_values_are_found(void **state)
{
	const char *text = "{ \"a\\\"b\" : 1, \"s\": \"x\\\\\", \"o\": "
	    "{\"in\": [1, {\"o\": 2}], \"n\": null}, \"\\u0069d\": \"7\", "
	    "\"id\": 8}";
	static const struct {
		const char *path, *value;
	} rows[] = {
		{ "s", "\"x\\\\\"" },
		{ "o.in", "[1, {\"o\": 2}]" }, { "o.n", "null" },
		{ "id", "8" }, { "\"o\".n", "null" }, { "o.x", NULL },
		{ "x", NULL },
		{ "s.x", NULL }, { "in", NULL },
	};
	struct span found;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		bool is_there = page_find(span(text), rows[i].path, &found);

		assert_int_equal(is_there, rows[i].value != NULL);
		if (is_there)
			assert_true(text_is(found, rows[i].value));
	}
	assert_false(page_find(span("{}"), "a", &found));
	assert_false(page_find(span("[1]"), "a", &found));
}

static void
test_items_and_sums(void **state)
{
	const char *place = NULL;
	struct span item;
	int64_t sum = 0;
	int n = 0;

	(void)state;
	while (page_next(span("[ 1, [2,3] ,{\"a\":[]}, \"]\" ]"), &place,
	    &item))
		n++;
	assert_int_equal(n, 4);
	place = NULL;
	assert_false(page_next(span("[ ]"), &place, &item));
	place = NULL;
	assert_false(page_next(span("null"), &place, &item));
	assert_true(page_sum(span("{\"r\":[{\"n\":2},{\"n\":40}]}"), "r.n",
	    &sum));
	assert_int_equal(sum, 42);
	sum = 0;
	assert_true(page_sum(span("{\"r\":[]}"), "r.n", &sum));
	assert_int_equal(sum, 0);
	assert_false(page_sum(span("{\"r\":[{\"n\":null}]}"), "r.n", &sum));
	assert_false(page_sum(span("{\"r\":[[{\"n\":1}]]}"), "r.n", &sum));
	assert_false(page_sum(span("{}"), "r.n", &sum));
}

/* A value, and how it is written. */
struct written {
	const char *value, *text;
};

static void
write_all(const struct written *rows, size_t n,
    void (*write)(struct span, struct text *))
{
	struct text text;
	size_t i;

	for (i = 0; i < n; i++) {
		text_init(&text, 100);
		write(span(rows[i].value), &text);
		assert_string_equal(text.data != NULL ? text.data : "",
		    rows[i].text);
		text_release(&text);
	}
}

static void
test_texts_of_values(void **state)
{
	static const struct written rows[] = {
		{ "\"plain\"", "plain" }, { "\"\"", "" }, { "12", "12" },
		{ "[1, 2]", "[1, 2]" }, { "\"a\\nb\\t\\\"\"", "a\nb\t\"" },
		{ "\"\\u00e9\\u20ac\"", "\xc3\xa9\xe2\x82\xac" },
		{ "\"\\ud83d\\udd34\"", "\xf0\x9f\x94\xb4" },
		{ "\"\\ud83d\"", "\xed\xa0\xbd" },
		{ "\"\\ud83dx\"", "\xed\xa0\xbdx" },
		{ "\"\\udd34\\ud83d\"", "\xed\xb4\xb4\xed\xa0\xbd" },
		{ "\"a\\u0000b\"", "a\xc0\x80" "b" }, { "\"\\/\"", "/" },
	};

	(void)state;
	write_all(rows, LENGTH(rows), page_value_text);
}

static void
test_cells_of_values(void **state)
{
	static const struct written rows[] = {
		{ "\"a\\nb\\u00e9\"", "a\nb\xc3\xa9" }, { "1.50", "1.50" },
		{ "\"\\ud83d\"", "\xef\xbf\xbd" }, { "true", "true" },
		{ "[ 1 ,\t2e0 ]", "[1,2e0]" }, { "{ }", "{}" },
		{ "{ \"\\u00e9 \" : [ \"\\/\\u0022\\u000a\\u001f\" ] }",
		    "{\"\xc3\xa9 \":[\"/\\\"\\n\\u001f\"]}" },
		{ "[\"\\ud83d\", \"\\ud83d\\udd34\"]",
		    "[\"\\ud83d\",\"\xf0\x9f\x94\xb4\"]" },
	};

	(void)state;
	write_all(rows, LENGTH(rows), page_plain);
}

static void
test_lines_lose_breaks_and_nothing_else(void **state)
{
	const char *text = "{\"records\":[{\"a\":\r\n 1,\n\t\"b\" : "
	    "\"x\\ny\"}]}";
	struct page page;
	struct text line;
	struct err err;

	(void)state;
	page_init(&page);
	assert_int_equal(read_text(&page, &listed, text, &err), 0);
	assert_true(page.has_breaks);
	text_init(&line, 100);
	page_line(page.records[0], &line);
	assert_string_equal(line.data, "{\"a\": 1,\t\"b\" : \"x\\ny\"}");
	text_release(&line);
	/* Line breaks between records are not in them. */
	assert_int_equal(read_text(&page, &listed,
	    "{\"records\":[\n{},\n{}\n]\n}", &err), 0);
	assert_false(page.has_breaks);
	page_release(&page);
}

static void
test_small_questions(void **state)
{
	(void)state;
	assert_true(page_is_null(span("null")));
	assert_true(page_is_empty(span("null")));
	assert_true(page_is_empty(span("\"\"")));
	assert_true(page_is_empty(span("[ ]")));
	assert_true(page_is_empty(span("{\n}")));
	assert_false(page_is_empty(span("[0]")));
	assert_false(page_is_empty(span("0")));
	assert_int_equal(page_count(span("0")), 0);
	assert_int_equal(page_count(span("123456789012345678")),
	    123456789012345678);
	assert_int_equal(page_count(span("1234567890123456789")), -1);
	assert_int_equal(page_count(span("-1")), -1);
	assert_int_equal(page_count(span("1e3")), 1000);
	assert_int_equal(page_count(span("\"1\"")), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_rfc_8259_accepts),
		cmocka_unit_test(test_what_rfc_8259_refuses),
		cmocka_unit_test(test_cut_texts_are_refused),
		cmocka_unit_test(test_no_depth_is_too_deep),
		cmocka_unit_test(test_records_are_cut_out_as_they_are),
		cmocka_unit_test(test_envelopes_in_any_order),
		cmocka_unit_test(test_broken_promises),
		cmocka_unit_test(test_other_shapes),
		cmocka_unit_test(test_numbers_in_any_form),
		cmocka_unit_test(test_yes_and_no_in_any_form),
		cmocka_unit_test(test_values_are_found),
		cmocka_unit_test(test_items_and_sums),
		cmocka_unit_test(test_texts_of_values),
		cmocka_unit_test(test_cells_of_values),
		cmocka_unit_test(test_lines_lose_breaks_and_nothing_else),
		cmocka_unit_test(test_small_questions),
	};

	return cmocka_run_group_tests_name("page", tests, NULL, forget_plan);
}
