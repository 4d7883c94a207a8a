#include "unit.h"

#include "table/table_internal.h"

/* Records that DuckDB refuses, and what it is given; NULL: as they are. */
static const struct {
	const char *record, *sanitized;
} halves[] = {
	{ "\"\"", NULL }, { "\"\\\\ud800\"", NULL }, { "\"\\n\"", NULL },
	{ "\"\\ud83d\\ude00\"", NULL }, { "\"\\uD83D\\uDE00\"", NULL },
	{ "\"\\ud800\"", "\"\\ufffd\"" },
	{ "\"\\udc00\"", "\"\\ufffd\"" },
	{ "\"\\ud800x\"", "\"\\ufffdx\"" },
	{ "\"\\udc00\\ud800\"", "\"\\ufffd\\ufffd\"" },
	{ "\"\\ud800\\ud800\\udc00\"", "\"\\ufffd\\ud800\\udc00\"" },
	{ "\"\\ud800\\u0041\"", "\"\\ufffd\\u0041\"" },
	{ "\"\\\\\\ud800\"", "\"\\\\\\ufffd\"" },
	{ "{\"\\ud800\":[1,\"\\udfff\"]}", "{\"\\ufffd\":[1,\"\\ufffd\"]}" },
}, numbers[] = {
	{ "1", NULL }, { "\"NaN\"", NULL }, { "{\"NaN\":\"Infinity\"}", NULL },
	{ "NaN", "\"NaN\"" }, { "-Infinity", "\"-Infinity\"" },
	{ "[NaN, 1,Infinity]", "[\"NaN\", 1,\"Infinity\"]" },
	{ "{\"a\":-Infinity,\"b\":\"NaN\"}",
	    "{\"a\":\"-Infinity\",\"b\":\"NaN\"}" },
	{ "[nan]", NULL }, { "[Nan", NULL }, { "[NaN", NULL }, { "N", NULL },
	{ "[-]", NULL }, { "[+Infinity]", NULL }, { "\"NaN", NULL },
};

static void
compare(const char *record, const char *wanted, const struct text *text,
    bool is_changed)
{
	if (is_changed != (wanted != NULL))
		fail_msg("%s: %schanged", record, is_changed ? "" : "not ");
	if (is_changed && (text->len != strlen(wanted) ||
	    memcmp(text->data, wanted, text->len) != 0))
		fail_msg("%s: %.*s", record, (int)text->len, text->data);
}

static void
test_what_duckdb_refuses(void **state)
{
	struct text text;
	size_t i;

	(void)state;
	text_init(&text, 1024);
	for (i = 0; i < LENGTH(halves); i++) {
		const char *record = halves[i].record;

		compare(record, halves[i].sanitized, &text, table_sanitize(
		    (struct span){ record, strlen(record) }, &text));
	}
	for (i = 0; i < LENGTH(numbers); i++) {
		const char *record = numbers[i].record;

		compare(record, numbers[i].sanitized, &text,
		    table_sanitize_numbers((struct span){ record,
		    strlen(record) }, &text));
	}
	text_release(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_duckdb_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
