/*
 * The charts of a report.
 */

#include <stdlib.h>
#include <string.h>

#include "report/report_internal.h"

#define TOP_MAX 10

/* What a chart shows. */
struct plan {
	const char *id;
	const char *what;	/* what is counted */
	const char *column;	/* its key or name */
	const char *bad;	/* of the failed part, or NULL */
	const char *bad_name;
	const char *unit;
};

/* The most bars that remain distinguishable. */
static size_t
bars_max(bool wide)
{
	return wide ? 120 : 45;
}

static void
make_bars(struct report_chart *chart, const json_t *section,
    const struct plan *plan, bool wide)
{
	size_t value = report_find(section, plan->column);
	size_t bad = report_find(section, plan->bad);

	if (report_role(section, "latency"))
		report_chart_latency(chart, section, wide ? 40 : 20);
	else if (report_role(section, "time"))
		report_chart_merge(chart, section, value, bad,
		    bars_max(wide));
	else
		report_chart_top(chart, section, value, bad, TOP_MAX);
}

static bool
has_bad(const struct report_chart *chart)
{
	size_t i;

	for (i = 0; i < chart->n && chart->bad != NULL; i++)
		if (chart->bars[i].bad > 0)
			return true;
	return false;
}

static void
add_caption(const struct report_chart *chart, struct text *out)
{
	text_adds(out, "<figcaption>");
	escape_html(out, chart->title, strlen(chart->title));
	if (has_bad(chart))
		text_addf(out, " <span class=\"key\"></span>%s", chart->bad);
	text_adds(out, "</figcaption>\n");
}

/* The span of time of one row of a time series. */
static const char *
bucket_of(const json_t *section)
{
	const json_t *columns = json_object_get(section, "columns");

	if (!report_role(section, "time"))
		return "bucket";
	if (strcmp(report_name(columns, 0), "Week") == 0)
		return "week";
	return report_unit(columns, 0);
}

/* "Metrics by day", "Cost by Model: the 10 largest"; new. */
static char *
title_of(const json_t *section, const char *what)
{
	const json_t *columns = json_object_get(section, "columns");
	size_t n = json_array_size(json_object_get(section, "rows"));

	if (report_role(section, "latency"))
		return mem_text(what);
	if (report_role(section, "time"))
		return mem_format("%s by %s", what, bucket_of(section));
	return mem_format(n > TOP_MAX ? "%s by %s: the %d largest" :
	    "%s by %s", what, report_name(columns, 0), TOP_MAX);
}

/* Draw a chart twice: for a page, and for a phone. */
static void
add_chart(const struct report_view *view, const json_t *section,
    const struct plan *plan, struct text *out)
{
	char *title = title_of(section, plan->what);
	struct report_chart chart = {
		.view = view,
		.id = plan->id,
		.title = title,
		.unit = plan->unit,
		.bad = plan->bad_name,
		.bucket = bucket_of(section),
		.horizontal = !report_role(section, "time") &&
		    !report_role(section, "latency"),
	};
	int wide;

	for (wide = 1; wide >= 0; wide--) {
		make_bars(&chart, section, plan, wide);
		if (chart.n > 0 && chart.bars[report_chart_largest(
		    &chart)].value > 0) {
			if (wide) {
				text_adds(out, "<figure>\n");
				add_caption(&chart, out);
			}
			if (chart.horizontal)
				report_draw_horizontal(&chart, wide, out);
			else
				report_draw_vertical(&chart, wide, out);
			if (chart.merged > 1)
				text_addf(out, "<p class=\"%s\">Each bar "
				    "is the sum of %zu %ss.</p>\n", wide ?
				    "wide" : "narrow", chart.merged,
				    chart.bucket);
			if (!wide)
				text_adds(out, "</figure>\n");
		}
		report_chart_release(&chart);
	}
	free(title);
}

/* The column of a series that counts records. */
static const char *
main_column(const json_t *section)
{
	static const char *const names[] = { "metrics_count", "count", "logs",
	    "records" };
	const json_t *columns = json_object_get(section, "columns");
	size_t i, n = json_array_size(columns);

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (report_find(section, names[i]) < n)
			return names[i];
	for (i = 1; i < n; i++)
		if (strcmp(report_unit(columns, i), "count") == 0)
			return report_string(json_array_get(columns, i),
			    "key");
	return NULL;
}

static void
add_series_charts(const struct report_view *view,
    const json_t *section, struct text *out)
{
	const json_t *columns = json_object_get(section, "columns");
	const char *column = main_column(section);
	bool errors = report_find(section, "errors") <
	    json_array_size(columns);
	struct plan plan = {
		.id = "series",
		.column = column,
		.bad = errors ? "errors" : "failure",
		.bad_name = errors ? "errors" : "failed",
		.unit = "count",
	};

	if (column != NULL) {
		plan.what = report_name(columns, report_find(
		    section, column));
		add_chart(view, section, &plan, out);
	}
	if (report_find(section, "cost") < json_array_size(columns)) {
		plan = (struct plan){ .id = "series-cost", .what = "Cost",
		    .column = "cost", .unit = "money" };
		add_chart(view, section, &plan, out);
	}
}

void
report_add_charts(const struct report_view *view,
    const json_t *section, struct text *out)
{
	static const struct plan tools = { "tools", "Uses", "Uses", "Failure",
	    "failed", "count" };
	static const struct plan agents = { "agents", "Executions",
	    "Executions", "Failure", "failed", "count" };
	static const struct plan latency = { "latency", "Records by duration",
	    "Count", NULL, NULL, "count" };

	if (report_role(section, "time") ||
	    report_role(section, "group"))
		add_series_charts(view, section, out);
	else if (report_role(section, "tools"))
		add_chart(view, section, &tools, out);
	else if (report_role(section, "agents"))
		add_chart(view, section, &agents, out);
	else if (report_role(section, "latency"))
		add_chart(view, section, &latency, out);
}
