#include "unit.h"

#include "unit_report.h"

static const char *const hostile[] = { "a|b", "a\\|b", "<script>alert(1)"
	"</script>", "x\" onload=\"y", "it's 'quoted'", "two\nlines\r\nthree",
	"tab\there", "\033[31mred\a", "\u202Eright to left\u2066",
	"\u05e9\u05dc\u05d5\u05dd", "=1+1", "`code` *bold* _em_ ~~no~~",
	"![x](http://example.org)", "https://example.org/x", "www.example.org",
	"WWW.example.org", "someone@example.org", "+1", "-1+2", "@SUM(1)",
	"\t=1", "\r=1", "&lt;b&gt;", " blank ", ",", "\"", "",
	"\u4e00\u4e2a\u975e\u5e38\u957f\u7684\u5de5\u5177\u540d\u79f0"
	"\u7528\u6765\u6d4b\u8bd5\u5bbd\u5ea6", "e\u0301e\u0301",
	"\u2028", "\x7f", "-->", "]]>", "$x$ # %s %n {}", "---", "| --- |" };

/* A report all of whose words are ${name}. */
static json_t *
report_of(const char *name)
{
	json_t *usage = json_pack("{s{si si si sf sf}}", name, "count", 3,
	    "success", 2, "failure", 1, "total_duration_ms", 1.0,
	    "avg_duration_ms", 0.5);
	json_t *report = json_pack("{ss ss ss ss ss ss si s{s[s]}}", "title",
	    name, "generated_at", name, "source", name, "export", name,
	    "timezone", name, "type", name, "total_metrics", 3, "filters",
	    name, name);

	json_object_set_new(report, "breakdowns", json_pack(
	    "{sO so s{si} s{si}}", "tools", usage, "agents", usage,
	    "by_type", name, 3, "errors", name, 1));
	json_object_set_new(report, "time_series", json_pack(
	    "[{ss si s{si} ss}]", "session_id", name, "metrics_count", 3,
	    "tool_uses", name, 1, name, name));
	json_object_set_new(report, "duration_stats", json_pack(
	    "{sf ss}", "min_ms", 1.0, "method", name));
	json_object_set_new(report, "cost_stats", json_pack("{sf ss}",
	    "total", 0.5, "currency", name));
	json_object_set_new(report, "sections", json_pack(
	    "[{ss s[{ss ss} {ss ss}] s[[s f]] ss}]", "title", name, "columns",
	    "name", name, "unit", "text", "name", name, "unit", name, "rows",
	    name, 1.5, "note", name));
	json_object_set_new(report, "notes", json_pack("[s]", name));
	assert_int_equal(json_object_size(report), 14);
	return report;
}

static void
check_all(const json_t *report, const char *name)
{
	struct text text = render(report, "markdown");
	json_t *again;

	check_markdown(text.data);
	text_release(&text);
	text = render(report, "html");
	check_html(text.data);
	text_release(&text);
	text = render(report, "text");
	check_text(text.data);
	text_release(&text);
	text = render(report, "csv");
	/* Titles, head, breakdowns, series, sections, notes. */
	if (strlen(name) > 0)
		assert_in_range(check_csv(text.data, name), 15, 40);
	text_release(&text);
	text = render(report, "json");
	again = load(text.data);
	assert_true(json_equal(report, again));
	json_decref(again);
	text_release(&text);
}

static void
test_names_may_hold_anything(void **state)
{
	char *many;
	json_t *report;
	size_t i;

	(void)state;
	for (i = 0; i < LENGTH(hostile); i++) {
		report = report_of(hostile[i]);
		check_all(report, hostile[i]);
		json_decref(report);
	}
	many = malloc(10001);
	assert_non_null(many);
	for (i = 0; i < 3; i++) {
		memset(many, "x<\n"[i], 10000);
		many[10000] = '\0';
		report = report_of(many);
		check_all(report, many);
		json_decref(report);
	}
	free(many);
}

static void
test_names_are_still_there(void **state)
{
	json_t *report = report_of("a|<b>\n");
	struct text text;

	(void)state;
	text = render(report, "markdown");
	assert_contains(text.data, "| a\\|&lt;b&gt;\\\\n | 3 | 2 | 1 |");
	text_release(&text);
	text = render(report, "html");
	assert_contains(text.data, "<th scope=\"row\">a|&lt;b&gt;\\n</th>");
	text_release(&text);
	json_decref(report);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_may_hold_anything),
		cmocka_unit_test(test_names_are_still_there),
	};

	return cmocka_run_group_tests_name("report_names", tests, NULL,
	    NULL);
}
