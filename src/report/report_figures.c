/*
 * The sections of figures: totals, tokens, cost and durations; counts by type,
 * tool, agent and error; the latency distribution.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_internal.h"

/* ---------------------------------------------------------------- metrics */

static void
add_metric(json_t *section, const char *name, const json_t *object,
    const char *key, const char *unit)
{
	json_t *value = json_object_get(object, key);

	if (json_is_number(value))
		json_array_append_new(json_object_get(section, "rows"),
		    json_pack("[sOs]", name, value, unit));
}

static json_t *
metrics_new(const char *title, const char *role)
{
	return report_section_new(title, role, "Metric|Value",
	    "text|text");
}

static bool
has_any(const json_t *report, const char *key)
{
	return json_number_value(json_object_get(report, key)) > 0;
}

static void
add_summary(struct report_view *view)
{
	const json_t *success = json_object_get(view->report,
	    "success_metrics");
	json_t *section = metrics_new("Summary", "summary");
	double known = json_number_value(json_object_get(success,
	    "success_count")) + json_number_value(json_object_get(success,
	    "failure_count"));
	char name[64], rate[96];

	snprintf(name, sizeof(name), "Total %s", view->unit);
	snprintf(rate, sizeof(rate), "Success Rate of %.0f %s", known,
	    view->unit);
	add_metric(section, name, view->report, "total_metrics", "count");
	/* Sessions and users are left out if no record has them. */
	if (has_any(view->report, "total_sessions"))
		add_metric(section, "Total Sessions", view->report,
		    "total_sessions", "count");
	if (has_any(view->report, "total_users"))
		add_metric(section, "Total Users", view->report, "total_users",
		    "count");
	add_metric(section, "Total Errors", view->report, "total_errors",
	    "count");
	if (known > 0)
		add_metric(section, rate, success, "success_rate", "percent");
	report_add_section(view, section);
}

/* Tokens and cost, if there are any. */
static void
add_spent(struct report_view *view)
{
	const json_t *tokens = json_object_get(view->report, "token_stats");
	const json_t *cost = json_object_get(view->report, "cost_stats");
	json_t *section;

	section = metrics_new("Token Usage", "tokens");
	if (json_number_value(json_object_get(tokens, "total")) > 0) {
		add_metric(section, "Total Tokens", tokens, "total", "count");
		if (has_any(view->report, "total_sessions"))
			add_metric(section, "Avg Tokens per Session", tokens,
			    "avg_per_session", "whole");
	}
	report_add_section(view, section);
	section = metrics_new("Cost", "cost");
	if (json_number_value(json_object_get(cost, "counted")) > 0 ||
	    json_number_value(json_object_get(cost, "total")) > 0) {
		add_metric(section, "Total Cost", cost, "total", "money");
		add_metric(section, "Records with a Cost", cost, "counted",
		    "count");
	}
	report_add_section(view, section);
}

static void
add_performance(struct report_view *view)
{
	static const char *const metrics[][2] = {
		{ "Average Duration", "avg_ms" }, { "Min Duration", "min_ms" },
		{ "Max Duration", "max_ms" }, { "P50 Duration", "p50_ms" },
		{ "P95 Duration", "p95_ms" }, { "P99 Duration", "p99_ms" },
		{ "Total Duration", "total_ms" },
	};
	const json_t *stats = json_object_get(view->report, "duration_stats");
	const char *method = report_string(stats, "method");
	json_t *section = metrics_new("Performance Metrics", "performance");
	struct text note;
	size_t i;

	/* The sum and the average are 0, not null, if nothing was timed. */
	if (json_is_number(json_object_get(stats, "min_ms")) ||
	    json_is_number(json_object_get(stats, "p50_ms")))
		for (i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
			add_metric(section, metrics[i][0], stats, metrics[i][1],
			    "exact ms");
	text_init(&note, SIZE_MAX / 4);
	if (json_is_number(json_object_get(stats, "count"))) {
		report_add_count(json_object_get(stats, "count"),
		    &note);
		text_adds(&note, json_integer_value(json_object_get(stats,
		    "count")) == 1 ? " record has a duration." :
		    " records have a duration.");
	}
	if (method != NULL)
		text_addf(&note, "%sPercentiles: %s.", note.len > 0 ? " " : "",
		    method);
	if (note.len > 0)
		json_object_set_new(section, "note", json_string(note.data));
	text_release(&note);
	report_add_section(view, section);
}

void
report_add_metrics(struct report_view *view)
{
	add_summary(view);
	add_spent(view);
	add_performance(view);
}

/* ------------------------------------------------------------- breakdowns */

struct counted {
	json_t *row;	/* stolen */
	double count;
	size_t i;
};

/* The largest first; equal ones in their order. */
static int
by_count(const void *a, const void *b)
{
	const struct counted *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->i < y->i ? -1 : x->i > y->i;
}

/* Sort rows by their second column. */
static void
sort_rows(json_t *rows)
{
	size_t n = json_array_size(rows), i;
	struct counted *all = mem_zero(n + 1, sizeof(*all));

	for (i = 0; i < n; i++) {
		all[i].row = json_incref(json_array_get(rows, i));
		all[i].count = json_number_value(json_array_get(all[i].row,
		    1));
		all[i].i = i;
	}
	qsort(all, n, sizeof(*all), by_count);
	json_array_clear(rows);
	for (i = 0; i < n; i++)
		json_array_append_new(rows, all[i].row);
	free(all);
}

static json_t *
share_of(double count, double total)
{
	return total > 0 ? json_real(count / total) : json_null();
}

/* Each name's count, and its share of all. */
static void
add_counts(struct report_view *view, const char *key,
    const char *title, const char *role, const char *names)
{
	json_t *counts = json_object_get(json_object_get(view->report,
	    "breakdowns"), key);
	json_t *section = report_section_new(title, role, names,
	    "text|count|percent");
	json_t *rows = json_object_get(section, "rows"), *value;
	double total = 0;
	const char *name;

	json_object_foreach(counts, name, value)
		total += json_number_value(value);
	json_object_foreach(counts, name, value)
		if (json_is_number(value))
			json_array_append_new(rows, json_pack("[sOo]", name,
			    value, share_of(json_number_value(value), total)));
	sort_rows(rows);
	report_add_section(view, section);
}

/* The number ${key}, or null. */
static json_t *
number_or_null(const json_t *object, const char *key)
{
	json_t *value = json_object_get(object, key);

	return json_is_number(value) ? json_incref(value) : json_null();
}

/* Is success or failure known for any use? */
static bool
has_success(json_t *used)
{
	const char *name;
	json_t *value;

	json_object_foreach(used, name, value)
		if (json_is_number(json_object_get(value, "success")))
			return true;
	return false;
}

static json_t *
usage_row(const char *name, json_t *value, bool rated)
{
	double success = json_number_value(json_object_get(value,
	    "success"));
	double failure = json_number_value(json_object_get(value,
	    "failure"));
	json_t *average = json_object_get(value, "avg_duration_ms");

	/* The average is 0, not null, if nothing was timed. */
	if (json_number_value(average) == 0)
		average = json_null();
	if (!rated)
		return json_pack("[soO]", name, number_or_null(value,
		    "count"), average);
	return json_pack("[sooooO]", name, number_or_null(value, "count"),
	    number_or_null(value, "success"), number_or_null(value,
	    "failure"), share_of(success, success + failure), average);
}

/* How often each tool or agent was used, how well, how fast. */
static void
add_usage(struct report_view *view, const char *key,
    const char *title, const char *role, const char *first)
{
	json_t *used = json_object_get(json_object_get(view->report,
	    "breakdowns"), key);
	bool rated = has_success(used);
	char *names = mem_format("%s|%sAvg Duration", first, rated ?
	    "Success|Failure|Success Rate|" : "");
	json_t *section = report_section_new(title, role, names, rated ?
	    "text|count|count|count|percent|ms" : "text|count|ms");
	json_t *rows = json_object_get(section, "rows"), *value;
	const char *name;

	json_object_foreach(used, name, value)
		if (json_is_object(value))
			json_array_append_new(rows, usage_row(name, value,
			    rated));
	sort_rows(rows);
	report_add_section(view, section);
	free(names);
}

void
report_add_breakdowns(struct report_view *view)
{
	char title[64];

	snprintf(title, sizeof(title), "%s by Type", view->unit);
	add_counts(view, "by_type", title, "types", "Type|Count|Percentage");
	add_usage(view, "tools", "Tool Usage", "tools",
	    "Tool|Uses");
	add_usage(view, "agents", "Agent Usage", "agents",
	    "Agent|Executions");
	add_counts(view, "errors", "Errors by Type", "errors",
	    "Error Type|Count|Percentage");
}

void
report_add_latency(struct report_view *view)
{
	json_t *spread = json_object_get(view->report, "latency");
	json_t *section = report_section_new("Latency Distribution",
	    "latency", "From|To|Count|Percentage", "ms|ms|count|percent");
	json_t *rows = json_object_get(section, "rows"), *bucket;
	size_t i, first = json_array_size(spread), last = 0;
	double total = 0, count;

	/* Skip empty buckets at either end. */
	json_array_foreach(spread, i, bucket) {
		count = json_number_value(json_object_get(bucket, "count"));
		if (count <= 0)
			continue;
		total += count;
		first = i < first ? i : first;
		last = i;
	}
	for (i = first; i <= last && total > 0; i++) {
		bucket = json_array_get(spread, i);
		count = json_number_value(json_object_get(bucket, "count"));
		json_array_append_new(rows, json_pack("[oooo]",
		    number_or_null(bucket, "from_ms"),
		    number_or_null(bucket, "to_ms"),
		    number_or_null(bucket, "count"),
		    share_of(count, total)));
	}
	report_add_section(view, section);
}
