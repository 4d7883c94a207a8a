/*
 * The metrics of the whole report: totals, tokens, cost, durations.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_internal.h"

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
