/*
 * The contents of a report, prepared for all formats: its head and sections,
 * and which of their rows are shown.
 */

#include <stdio.h>
#include <string.h>

#include "report/report_internal.h"

/* --------------------------------------------------------------- sections */

size_t
report_shown(const json_t *section, size_t limit, size_t *first)
{
	size_t n = json_array_size(json_object_get(section, "rows"));

	*first = 0;
	if (n <= limit)
		return n;
	if (report_role(section, "time"))
		*first = n - limit;
	return limit;
}

void
report_add_left_out(const json_t *section, size_t limit,
    struct text *out)
{
	size_t n = json_array_size(json_object_get(section, "rows"));
	char count[32];

	if (n <= limit)
		return;
	text_human_count(n - limit, count);
	text_addf(out, "%s %s left out here; the csv and json formats have "
	    "all ", count, n - limit > 1 ? report_role(section,
	    "time") ? "earlier rows are" : "more rows are" :
	    report_role(section, "time") ? "earlier row is" :
	    "more row is");
	text_human_count(n, count);
	text_addf(out, "%s.", count);
}

/* ------------------------------------------------------------------- view */

static void
add_head(struct report_view *view, const char *name, const char *text)
{
	if (text != NULL && text[0] != '\0')
		json_array_append_new(view->head, json_pack("[ss]", name,
		    text));
}

static void
add_head_time(struct report_view *view, const char *name,
    const char *key)
{
	const char *time = report_string(view->report, key);
	struct text text;

	text_init(&text, SIZE_MAX / 4);
	if (time != NULL)
		report_add_time(time, &text);
	add_head(view, name, text.data);
	text_release(&text);
}

static void
add_period(struct report_view *view)
{
	const char *from = report_string(view->report, "start_time");
	const char *to = report_string(view->report, "end_time");
	struct text text;

	if (from == NULL && to == NULL) {
		if (json_object_size(view->report) > 0)
			add_head(view, "Period", "all records");
		return;
	}
	text_init(&text, SIZE_MAX / 4);
	if (from == NULL)
		text_adds(&text, "until ");
	else if (to == NULL)
		text_adds(&text, "since ");
	else
		report_add_time(from, &text);
	if (from != NULL && to != NULL)
		text_adds(&text, " to ");
	report_add_time(to != NULL ? to : from, &text);
	add_head(view, "Period", text.data);
	text_release(&text);
}

/* "model = gpt-4o or gpt-4; user = u1" */
static void
add_filters(struct report_view *view)
{
	json_t *filters = json_object_get(view->report, "filters");
	const char *key, *value;
	struct text text;
	json_t *values;
	size_t i;

	text_init(&text, SIZE_MAX / 4);
	json_object_foreach(filters, key, values) {
		if (json_is_null(values))
			continue;
		text_addf(&text, "%s%s = ", text.len > 0 ? "; " : "", key);
		for (i = 0; i < json_array_size(values); i++) {
			value = json_string_value(json_array_get(values, i));
			text_addf(&text, "%s%s", i > 0 ? " or " : "",
			    value != NULL ? value : "?");
		}
		if (json_is_string(values))
			text_adds(&text, json_string_value(values));
	}
	add_head(view, "Filters", text.data);
	text_release(&text);
}

/* The report's own sections, if they have rows and columns. */
static void
add_given(struct report_view *view)
{
	json_t *section, *copy;
	const char *title;
	size_t i;

	json_array_foreach(json_object_get(view->report, "sections"), i,
	    section) {
		if (json_array_size(json_object_get(section, "columns")) == 0)
			continue;
		copy = json_copy(section);
		title = report_string(section, "title");
		json_object_set_new(copy, "title", json_string(title != NULL ?
		    title : "More"));
		json_object_set_new(copy, "role", json_string("section"));
		report_add_section(view, copy);
	}
}

/* Does the report count nothing? */
static bool
is_empty(const struct report_view *view)
{
	json_t *section;
	size_t i;

	json_array_foreach(view->sections, i, section)
		if (!report_role(section, "summary"))
			return false;
	return json_number_value(json_object_get(view->report,
	    "total_metrics")) == 0;
}

/* The source's word for what it counts, as a heading. */
static void
set_unit(struct report_view *view)
{
	const char *unit = report_string(view->report, "unit");

	if (unit == NULL || *unit == '\0')
		return;
	snprintf(view->unit, sizeof(view->unit), "%s", unit);
	if (view->unit[0] >= 'a' && view->unit[0] <= 'z')
		view->unit[0] = (char)(view->unit[0] - 'a' + 'A');
}

void
report_view_init(struct report_view *view, const json_t *report)
{
	const json_t *cost = json_object_get(report, "cost_stats");

	*view = (struct report_view){
		.report = report,
		.title = report_string(report, "title"),
		.type = report_string(report, "type"),
		.currency = report_string(cost, "currency"),
		.unit = "Metrics",
		.head = json_array(),
		.sections = json_array(),
	};
	if (view->title == NULL || view->title[0] == '\0')
		view->title = "Usage Report";
	if (view->type == NULL)
		view->type = "";
	set_unit(view);
	if (view->currency == NULL)
		view->currency = "USD";
	if (json_is_false(json_object_get(report, "complete")))
		view->warning = json_number_value(json_object_get(report,
		    "gaps")) > 0 ? "This export is not complete: some records "
		    "are missing, and the numbers below leave them out." :
		    "This export is not proven complete: records may be "
		    "missing, and the numbers below leave them out.";
	add_head_time(view, "Generated", "generated_at");
	add_period(view);
	add_head(view, "Time Zone", report_string(report, "timezone"));
	add_head(view, "Source", report_string(report, "source"));
	add_head(view, "Export", report_string(report, "export"));
	add_filters(view);
	report_add_metrics(view);
	report_add_latency(view);
	report_add_breakdowns(view);
	report_add_series(view);
	add_given(view);
	view->empty = is_empty(view);
	if (view->empty)
		json_array_clear(view->sections);
}

void
report_view_release(struct report_view *view)
{
	json_decref(view->head);
	json_decref(view->sections);
}
