#include "unit.h"

#include "unit_report.h"

/* The formats, in the order in which most tests go through them. */
static const char *const formats[] = { "markdown", "html", "csv", "text",
	"json" };

static const char full[] =
    "{\"title\": \"Daily Usage Report\", \"generated_at\":"
    " \"2025-11-21T10:00:00Z\", \"source\": \"humanloop\", \"export\":"
    " \"20250606-120000\", \"complete\": true, \"type\": \"daily\","
    "\"start_time\": \"2025-03-01T00:00:00Z\", \"end_time\":"
    " \"2025-03-31T23:59:59.5+02:00\", \"timezone\": \"UTC\","
    "\"filters\": {\"model\": [\"gpt-4o\", \"o1\"]}, \"total_metrics\": 1234,"
    "\"total_sessions\": 2, \"total_users\": 2, \"total_errors\": 1,"
    "\"duration_stats\": {\"count\": 6, \"total_ms\": 127619.5, \"avg_ms\":"
    " 21269.9, \"min_ms\": 0, \"max_ms\": 125500, \"p50_ms\": 100,"
    " \"p95_ms\": 125500, \"p99_ms\": 125500, \"method\": \"nearest rank\"},"
    "\"token_stats\": {\"total\": 1500, \"avg_per_session\": 750},"
    "\"cost_stats\": {\"total\": 0.00031, \"currency\": \"USD\","
    " \"counted\": 8}, \"success_metrics\": {\"success_count\": 4,"
    " \"failure_count\": 2, \"success_rate\": 0.6667},"
    "\"breakdowns\": {\"by_type\": {\"tool_use\": 3, \"session_start\": 1},"
    "\"tools\": {\"Read, file\": {\"count\": 1, \"success\": 1, \"failure\":"
    " 0, \"total_duration_ms\": 12.5, \"avg_duration_ms\": 12.5}, \"Bash\":"
    " {\"count\": 2, \"success\": 0, \"failure\": 2, \"total_duration_ms\":"
    " 0, \"avg_duration_ms\": 0}}, \"agents\": {\"ag|1\": {\"count\": 1,"
    " \"success\": 1, \"failure\": 0, \"avg_duration_ms\": 2000}},"
    "\"errors\": {\"TimeoutError\": 1}},"
    "\"time_series\": [{\"timestamp\": \"2025-03-03T00:00:00Z\","
    " \"metrics_count\": 4, \"sessions\": 2, \"errors\": 1, \"cost\": 0.0002},"
    "{\"timestamp\": \"2025-03-10T00:00:00Z\", \"metrics_count\": 4,"
    " \"tool_uses\": {\"Read, file\": 1}, \"errors\": 0}],"
    "\"latency\": [{\"from_ms\": 0, \"to_ms\": 10, \"count\": 0},"
    " {\"from_ms\": 10, \"to_ms\": 100, \"count\": 3}, {\"from_ms\": 100,"
    " \"to_ms\": null, \"count\": 3}], \"sections\": [{\"title\": \"Cost by"
    " version\", \"columns\": [{\"name\": \"Prompt\", \"unit\": \"text\"},"
    "{\"name\": \"Cost\", \"unit\": \"money\"}, {\"name\": \"p95\","
    " \"unit\": \"ms\"}, {\"name\": \"Success\", \"unit\": \"percent\"}],"
    "\"rows\": [[\"Support/Triage\", 0.0123, 400.4, 0.98],"
    " [\"Other\", 1234.5, null]]}], \"notes\": [\"2 rows are odd.\"]}";

static void
assert_has(const char *report, const char *format, const char *const *parts)
{
	json_t *json = load(report);
	struct text text = render(json, format);

	for (; *parts != NULL; parts++)
		assert_contains(text.data, *parts);
	text_release(&text);
	json_decref(json);
}

#define HAS(report, format, ...) \
	assert_has(report, format, (const char *const []){ __VA_ARGS__, NULL })

static void
test_markdown_has_all(void **state)
{
	(void)state;
	HAS(full, "markdown", "# Daily Usage Report\n",
	    "**Generated:** 2025-11-21 10:00 UTC",
	    "**Period:** 2025-03-01 00:00 UTC to 2025-03-31 23:59:59 +02:00",
	    "**Filters:** model = gpt-4o or o1",
	    "- **Total Metrics:** 1,234\n",
	    "- **Success Rate of 6 Metrics:** 66.7%\n",
	    "- **Total Cost:** $0.000310\n",
	    "- **Average Duration:** 21,270 ms (21.3 s)\n",
	    "- **Min Duration:** 0 ms\n",
	    "- **Max Duration:** 125,500 ms (2m05s)\n",
	    "Percentiles: nearest rank.",
	    "| Type | Count | Percentage |\n| --- | ---: | ---: |\n"
	    "| tool\\_use | 3 | 75.0% |\n",
	    "| Bash | 2 | 0 | 2 | 0.0% | - |\n"
	    "| Read, file | 1 | 1 | 0 | 100.0% | 12 ms |\n",
	    "| ag\\|1 | 1 | 1 | 0 | 100.0% | 2,000 ms |\n",
	    "## Errors by Type\n",
	    "| Time | Metrics | Sessions | Errors | Cost | Tools |",
	    "| 2025-03-03 | 4 | 2 | 1 | $0.000200 | - |\n"
	    "| 2025-03-10 | 4 | - | 0 | - | Read, file 1 |\n",
	    "| 10 ms | 100 ms | 3 | 50.0% |\n| 100 ms | - | 3 | 50.0% |\n",
	    "| Support/Triage | $0.0123 | 400 ms | 98.0% |\n"
	    "| Other | $1,234.50 | - | - |\n",
	    "## Notes\n\n- 2 rows are odd.\n");
}

static void
test_html_has_all(void **state)
{
	(void)state;
	HAS(full, "html", "<!DOCTYPE html>\n<html lang=\"en\">",
	    "content=\"default-src 'none'; style-src 'unsafe-inline'\"",
	    "<meta name=\"viewport\"", "<title>Daily Usage Report</title>",
	    "<span class=\"value\">1,234</span>",
	    "<th scope=\"col\" class=\"n\">Metrics</th>",
	    "<th scope=\"row\" class=\"t\">2025-03-03</th>"
	    "<td data-name=\"Metrics\" class=\"n\">4</td>",
	    "id=\"series-wide-title\">Metrics by day</title>",
	    "id=\"series-narrow-title\"", "id=\"tools-wide-desc\"",
	    "id=\"latency-wide-title\"", "id=\"series-cost-wide-title\"",
	    "<g><title>2025-03-03: 4 (errors: 1)</title>",
	    "<g><title>Bash: 2 (failed: 2)</title>",
	    "Percentiles: nearest rank.</p>", "<li>2 rows are odd.</li>");
}

static void
test_csv_has_all(void **state)
{
	(void)state;
	HAS(full, "csv", "Report\nField,Value\ntitle,Daily Usage Report\n",
	    "filters,\"{\"\"model\"\":[\"\"gpt-4o\"\",\"\"o1\"\"]}\"\n",
	    "\n\nSummary\nMetric,Value\nTotal Metrics,1234\n",
	    "Success Rate of 6 Metrics,0.667\n",
	    "\n\nPerformance Metrics\nMetric,Value (ms)\n"
	    "Average Duration,21269.9\nMin Duration,0.0\n",
	    "\n\nTool Usage\nTool,Uses,Success,Failure,Success Rate,"
	    "Avg Duration (ms)\nBash,2,0,2,0,\n"
	    "\"Read, file\",1,1,0,1,12.5\n",
	    "\n\nTime Series Data\ntimestamp,metrics_count,sessions,errors,"
	    "cost,tool_uses\n2025-03-03T00:00:00Z,4,2,1,0.0002,\n"
	    "2025-03-10T00:00:00Z,4,,0,,\"{\"\"Read, file\"\":1}\"\n",
	    "\n\nCost by version\nPrompt,Cost,p95 (ms),Success\n"
	    "Support/Triage,0.0123,400.4,0.98\nOther,1234.5,,\n",
	    "\n\nNotes\nNote\n2 rows are odd.\n");
}

static void
test_text_has_all(void **state)
{
	(void)state;
	HAS(full, "text", "==================\nDaily Usage Report\n====",
	    "\nSUMMARY\n----------------------------------------\n",
	    "Total Metrics                   1,234\n",
	    "Max Duration               125,500 ms  (2m05s)\n",
	    "\nTOP TOOLS\n", "Tool        Uses  Success  Failure  Success Rate"
	    "  Avg Duration\nBash           2        0        2          0.0%"
	    "             -\n",
	    "Time        Metrics  Sessions  Errors       Cost  Tools\n"
	    "2025-03-03        4         2       1  $0.000200  -\n",
	    "* 2 rows are odd.\n");
}

static void
test_json_is_what_it_was(void **state)
{
	json_t *report = load(full), *again;
	struct text text = render(report, "json");

	(void)state;
	assert_memory_equal(text.data, "{\n  \"title\": ", 13);
	assert_contains(text.data, "\"success_rate\": 0.6667\n");
	again = load(text.data);
	assert_true(json_equal(report, again));
	json_decref(again);
	json_decref(report);
	text_release(&text);
}

static void
test_no_such_format(void **state)
{
	(void)state;
	assert_int_equal(report_format_find("pdf"), REPORT_FORMATS);
	assert_int_equal(report_format_find("text"), REPORT_TEXT);
	assert_string_equal(report_suffix(REPORT_MARKDOWN), "md");
}

/* Nothing, and what amounts to nothing: a title and a line, no section. */
static void
test_empty_reports_say_so(void **state)
{
	static const char *const reports[] = { "{}", "[]",
		"{\"total_metrics\": 0, \"time_series\": [],"
		" \"total_errors\": 0,"
		" \"duration_stats\": {\"total_ms\": 0, \"avg_ms\": 0,"
		" \"min_ms\": null}, \"breakdowns\": {\"tools\": {}},"
		" \"sections\": [{"
		"\"title\": \"x\", \"columns\": [{\"name\": \"x\"}],"
		" \"rows\": []}], \"latency\": [{\"count\": 0}]}" };
	size_t i, j;

	(void)state;
	for (i = 0; i < LENGTH(reports); i++) {
		json_t *report = load(reports[i]);

		for (j = 0; j < LENGTH(formats) - 1; j++) {
			struct text text = render(report, formats[j]);

			assert_contains(text.data, "No records match");
			assert_null(strstr(text.data, "##"));
			assert_null(strstr(text.data, "<h2"));
			assert_null(strstr(text.data, "----"));
			text_release(&text);
		}
		json_decref(report);
	}
	for (j = 0; j < LENGTH(formats); j++) {
		struct text text = render(NULL, formats[j]);

		text_release(&text);
	}
}

static void
test_what_is_not_complete_is_said_first(void **state)
{
	static const char report[] =
	    "{\"complete\": false, \"gaps\": 2, \"total_metrics\": 3}";
	static const char unproven[] =
	    "{\"complete\": false, \"gaps\": 0, \"total_metrics\": 3}";

	(void)state;
	HAS(report, "markdown", "# Usage Report\n\n> **Warning:** This export "
	    "is not complete");
	HAS(report, "html", "</h1>\n<p class=\"warning\">");
	HAS(report, "csv", "Report\nField,Value\nWarning,\"This export");
	HAS("{\"title\": \"a;=1\"}", "csv", "title,\"a;=1\"\n");
	HAS("{\"title\": \"\uff1d1;\"}", "csv", "title,\"'\uff1d1;\"\n");
	HAS(report, "text", "==\n\nWARNING: This export is not complete");
	HAS(unproven, "markdown", "This export is not proven complete: "
	    "records may be missing");
}

/* Any member may be away, null, or not what it should be. */
static void
test_each_member_may_be_anything(void **state)
{
	static const char *const odd[] = { "null", "[]", "{}", "\"x\"", "-1",
		"1e300", "true", "[null, 1, \"x\", [], {}]",
		"{\"a\": null, \"b\": 1, \"c\": {\"count\": \"x\"}, \"\": []}",
		"[{\"columns\": [1, {}], \"rows\": [1, [], [{}, [], null]]}]",
		"[{\"a\": 1}, {\"b\": {}}, {}, {\"a\": -1e300}]" };
	json_t *model = load(full), *report, *value;
	const char *key;
	size_t i, j;

	(void)state;
	json_object_foreach(model, key, value) {
		for (i = 0; i <= LENGTH(odd); i++) {
			report = json_deep_copy(model);
			if (i == LENGTH(odd))
				json_object_del(report, key);
			else
				json_object_set_new(report, key, json_loads(
				    odd[i], JSON_DECODE_ANY, NULL));
			for (j = 0; j < LENGTH(formats); j++) {
				struct text text = render(report, formats[j]);

				text_release(&text);
			}
			json_decref(report);
		}
	}
	json_decref(model);
}

/* The same one level below: what is in the objects of the report. */
static void
test_each_inner_member_may_be_anything(void **state)
{
	static const char *const odd[] = { "null", "[1]", "{\"x\": {}}",
		"\"x\"", "-3", "1e-300" };
	json_t *model = load(full), *inner, *value, *report, *copy;
	const char *key, *name;
	size_t i, j;

	(void)state;
	json_object_foreach(model, key, inner) {
		json_object_foreach(inner, name, value) {
			for (i = 0; i < LENGTH(odd); i++) {
				report = json_deep_copy(model);
				copy = json_object_get(report, key);
				json_object_set_new(copy, name, json_loads(
				    odd[i], JSON_DECODE_ANY, NULL));
				for (j = 0; j < LENGTH(formats); j++) {
					struct text text = render(report,
					    formats[j]);

					text_release(&text);
				}
				json_decref(report);
			}
		}
	}
	json_decref(model);
}

static json_t *
series_of(size_t n, const char *key, const char *format)
{
	json_t *series = json_array();
	char when[64];
	size_t i;

	for (i = 0; i < n; i++) {
		snprintf(when, sizeof(when), format, 1000 + (int)(i / 336),
		    (int)(i / 28 % 12) + 1, (int)(i % 28) + 1);
		json_array_append_new(series, json_pack("{ss si si}", key,
		    when, "metrics_count", 7, "errors", 1));
	}
	return json_pack("{ss si so}", "type", "daily", "total_metrics", 7,
	    "time_series", series);
}

static size_t
count(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)) != NULL; text++)
		n++;
	return n;
}

static void
test_long_series_are_cut_and_drawn_whole(void **state)
{
	json_t *report = series_of(5000, "timestamp", "%04d-%02d-%02dT00:00Z");
	struct text text;

	(void)state;
	text = render(report, "markdown");
	assert_int_equal(count(text.data, "| 7 | 1 |\n"), 50);
	assert_contains(text.data, "*4,950 earlier rows are left out here; the "
	    "csv and json formats have all 5,000.*\n");
	assert_contains(text.data, "| 1014-11-16 | 7 | 1 |\n");
	text_release(&text);
	text = render(report, "text");
	assert_contains(text.data, "4,950 earlier rows are left out");
	text_release(&text);
	text = render(report, "csv");
	assert_int_equal(count(text.data, ",7,1\n"), 5000);
	text_release(&text);
	text = render(report, "html");
	assert_int_equal(count(text.data, "<th scope=\"row\""), 500);
	assert_contains(text.data, "4,500 earlier rows are left out");
	/* Bars for a page and for a phone. */
	assert_in_range(count(text.data, "class=\"bar\""), 90, 165);
	assert_in_range(count(text.data, "class=\"middle\""), 4, 24);
	assert_contains(text.data, "<title>1000-01-01 – 1000-02-15: 301 "
	    "(errors: 43)</title>");
	check_html(text.data);
	text_release(&text);
	json_decref(report);
}

static void
test_series_of_all_lengths(void **state)
{
	static const struct {
		const char *key, *format;
	} kinds[] = {
		{ "timestamp", "%04d-%02d-%02dT00:00:00+00:00" },
		{ "week_start", "%04d-%02d-%02dT00:00:00Z" },
		{ "month", "%04d-%02d-%02d" },
		{ "model", "%04d-%02d-%02d" },
		{ "timestamp", "not a time: %d %d %d" },
	};
	size_t i, n;

	(void)state;
	for (i = 0; i < LENGTH(kinds); i++) {
		for (n = 1; n < 400; n = n * 3 / 2 + 1) {
			json_t *report = series_of(n, kinds[i].key,
			    kinds[i].format);
			struct text text = render(report, "html");

			assert_int_equal(count(text.data, "<svg class"), 2);
			check_html(text.data);
			text_release(&text);
			text = render(report, "text");
			check_text(text.data);
			text_release(&text);
			json_decref(report);
		}
	}
}

static void
test_gaps_in_time_are_seen(void **state)
{
	static const char report[] = "{\"time_series\": [{\"timestamp\":"
	    " \"2024-02-28T00:00:00Z\", \"metrics_count\": 1}, {\"timestamp\":"
	    " \"2024-03-02T00:00:00Z\", \"metrics_count\": 2}]}";
	static const char hours[] = "{\"type\": \"hourly\", \"time_series\": ["
	    "{\"timestamp\": \"2024-12-31T23:00:00Z\", \"metrics_count\": 1},"
	    "{\"timestamp\": \"2025-01-01T01:00:00Z\", \"metrics_count\": 1}]}";

	(void)state;
	HAS(report, "html", "4 bars. The largest is 2024-03-02: 2.",
	    ">2024-02-29</text>");
	HAS(hours, "html", "3 bars.", ">2025-01-01 00:00</text>",
	    ">2025-01-01 01:00</th>");
	HAS(hours, "markdown", "| 2024-12-31 23:00 | 1 |");
}

static void
test_units(void **state)
{
	static const struct {
		const char *unit;
		double value;
		const char *text;
	} rows[] = {
		{ "money", 0, "$0.00" }, { "money", 0.00031, "$0.000310" },
		{ "money", 0.0123, "$0.0123" }, { "money", 0.5, "$0.5000" },
		{ "money", 1234567.891, "$1,234,567.89" },
		{ "money", -0.005, "-$0.00500" },
		{ "money", 1e-11, "$0.000000000010" },
		{ "ms", 0, "0 ms" }, { "ms", 0.2, "&lt;1 ms" },
		{ "ms", 12.5, "12 ms" }, { "ms", 59999, "59,999 ms" },
		{ "ms", 125500, "2m05s" }, { "ms", 5 * 3600e3, "5h00m" },
		{ "ms", 90000e3, "1d01h" }, { "ms", 1e300, "1e+300 ms" },
		{ "seconds", 615602, "7d03h" }, { "seconds", 0.25, "250 ms" },
		{ "seconds", 5, "5 s" }, { "seconds", 5.26, "5.3 s" },
		{ "percent", 0.66666, "66.7%" }, { "percent", 1, "100.0%" },
		{ "count", 1234567, "1,234,567" }, { "count", -1000, "-1,000" },
		{ "count", 2.5, "2.5" }, { "number", 4, "4.0" },
		{ "number", -0.01, "0.0" }, { "count", 1e300, "1e+300" },
		{ "unknown", 12, "12" },
	};
	char cell[80];
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		json_t *report = json_pack("{s[{s[{ss ss}] s[[f]]}]}",
		    "sections", "columns", "name", "x", "unit", rows[i].unit,
		    "rows", rows[i].value);
		struct text text = render(report, "markdown");

		snprintf(cell, sizeof(cell), "\n| %s |\n", rows[i].text);
		assert_contains(text.data, cell);
		text_release(&text);
		json_decref(report);
	}
}

/* Tables that no terminal has room for are set in blocks. */
static void
test_wide_tables_lose_nothing(void **state)
{
	json_t *columns = json_array(), *row = json_array(), *report;
	struct text text;
	char name[24];
	int i;

	(void)state;
	for (i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "column %d", i);
		json_array_append_new(columns, json_pack("{ss ss}", "name",
		    name, "unit", i < 3 ? "text" : "count"));
		json_array_append_new(row, i < 3 ? json_string("some text of "
		    "more than thirty characters") : json_integer(1000 + i));
	}
	report = json_pack("{s[{ss so s[o]}]}", "sections", "title", "Wide",
	    "columns", columns, "rows", row);
	text = render(report, "text");
	check_text(text.data);
	for (i = 3; i < 40; i++) {
		snprintf(name, sizeof(name), "1,0%02d", i);
		assert_int_equal(count(text.data, name), 1);
	}
	text_release(&text);
	json_decref(report);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_markdown_has_all),
		cmocka_unit_test(test_html_has_all),
		cmocka_unit_test(test_csv_has_all),
		cmocka_unit_test(test_text_has_all),
		cmocka_unit_test(test_json_is_what_it_was),
		cmocka_unit_test(test_no_such_format),
		cmocka_unit_test(test_empty_reports_say_so),
		cmocka_unit_test(test_what_is_not_complete_is_said_first),
		cmocka_unit_test(test_each_member_may_be_anything),
		cmocka_unit_test(test_each_inner_member_may_be_anything),
		cmocka_unit_test(test_long_series_are_cut_and_drawn_whole),
		cmocka_unit_test(test_series_of_all_lengths),
		cmocka_unit_test(test_gaps_in_time_are_seen),
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_wide_tables_lose_nothing),
	};

	return cmocka_run_group_tests_name("report", tests, NULL,
	    NULL);
}
