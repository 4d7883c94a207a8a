/*
 * A report as CSV: one table after the other, separated by empty lines.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_internal.h"

/* People open reports in spreadsheets, and anyone may have chosen the names. */
static void
add_field(const char *data, size_t len, struct text *out)
{
	(void)escape_csv(out, data, len, ESCAPE_FORMULA | ESCAPE_SEMICOLON);
}

static void
add_string(const char *text, struct text *out)
{
	add_field(text, strlen(text), out);
}

static void
add_value(const json_t *value, struct text *out)
{
	char *text;

	switch (json_typeof(value)) {
	case JSON_STRING:
		add_field(json_string_value(value), json_string_length(value),
		    out);
		break;
	case JSON_INTEGER:
		text_addf(out, "%" JSON_INTEGER_FORMAT,
		    json_integer_value(value));
		break;
	case JSON_REAL:
		text_addf(out, "%.15g", json_real_value(value));
		break;
	case JSON_TRUE:
		text_adds(out, "true");
		break;
	case JSON_FALSE:
		text_adds(out, "false");
		break;
	case JSON_OBJECT:
	case JSON_ARRAY:
		if ((text = json_dumps(value, JSON_COMPACT |
		    JSON_REAL_PRECISION(15))) != NULL)
			add_string(text, out);
		free(text);
		break;
	case JSON_NULL:
		break;
	}
}

/* A number, with the digits that suit its unit. */
static void
add_metric(const json_t *value, const char *unit, struct text *out)
{
	if (strcmp(unit, "exact ms") == 0 || strcmp(unit, "whole") == 0)
		text_addf(out, "%.1f", json_number_value(value));
	else if (strcmp(unit, "percent") == 0)
		text_addf(out, "%.3f", json_number_value(value));
	else
		add_value(value, out);
}

static void
add_metrics(const json_t *section, struct text *out)
{
	json_t *row;
	size_t i;

	text_adds(out, report_role(section, "performance") ?
	    "Metric,Value (ms)\n" : "Metric,Value\n");
	json_array_foreach(json_object_get(section, "rows"), i, row) {
		add_string(json_string_value(json_array_get(row, 0)), out);
		text_addc(out, ',');
		add_metric(json_array_get(row, 1), json_string_value(
		    json_array_get(row, 2)), out);
		text_addc(out, '\n');
	}
}

/* The name of a column; in a time series its key. */
static void
add_column(const json_t *columns, size_t i, struct text *out)
{
	const char *key = report_string(json_array_get(columns, i),
	    "key");
	const char *name = report_name(columns, i);

	if (key == NULL && strcmp(report_unit(columns, i), "ms") == 0) {
		char *with_unit = mem_format("%s (ms)", name);

		add_string(with_unit, out);
		free(with_unit);
		return;
	}
	add_string(key != NULL ? key : name, out);
}

static void
add_table(const json_t *section, struct text *out)
{
	const json_t *columns = json_object_get(section, "columns");
	bool shares = !report_role(section, "section");
	size_t i, j, n = json_array_size(columns), before;
	json_t *row, *value;

	for (j = 0; j < n; j++) {
		text_adds(out, j > 0 ? "," : "");
		add_column(columns, j, out);
	}
	text_addc(out, '\n');
	json_array_foreach(json_object_get(section, "rows"), i, row) {
		before = out->len;
		for (j = 0; j < n; j++) {
			text_adds(out, j > 0 ? "," : "");
			value = json_array_get(row, j);
			/* Shares computed here get six digits. */
			if (shares && json_is_real(value) && strcmp(
			    report_unit(columns, j), "percent") == 0)
				text_addf(out, "%.6g",
				    json_real_value(value));
			else if (value != NULL)
				add_value(value, out);
		}
		/* An empty line would end the section. */
		text_adds(out, out->len == before ? "\"\"\n" : "\n");
	}
}

/* The head, with the warning first. */
static void
add_head(const struct report_view *view, struct text *out)
{
	static const char *const keys[] = { "title", "generated_at", "source",
	    "export", "complete", "type", "start_time", "end_time",
	    "timezone", "filters" };
	const json_t *value;
	size_t i;

	text_adds(out, "Report\nField,Value\n");
	if (view->warning != NULL) {
		text_adds(out, "Warning,");
		add_string(view->warning, out);
		text_addc(out, '\n');
	}
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		value = json_object_get(view->report, keys[i]);
		if (value == NULL || json_is_null(value) ||
		    (json_is_object(value) && json_object_size(value) == 0))
			continue;
		text_addf(out, "%s,", keys[i]);
		add_value(value, out);
		text_addc(out, '\n');
	}
	if (view->empty)
		text_adds(out, "Result,No records match\n");
}

static void
add_notes(const struct report_view *view, struct text *out)
{
	json_t *note;
	size_t i, n = 0;

	json_array_foreach(json_object_get(view->report, "notes"), i, note) {
		if (!json_is_string(note))
			continue;
		text_adds(out, n++ == 0 ? "\nNotes\nNote\n" : "");
		add_value(note, out);
		text_addc(out, '\n');
	}
}

void
report_csv(const json_t *report, struct text *out)
{
	struct report_view view;
	json_t *section;
	size_t i;

	report_view_init(&view, report);
	add_head(&view, out);
	json_array_foreach(view.sections, i, section) {
		text_addc(out, '\n');
		add_string(report_string(section, "title"), out);
		text_addc(out, '\n');
		if (report_is_metrics(section))
			add_metrics(section, out);
		else
			add_table(section, out);
	}
	add_notes(&view, out);
	report_view_release(&view);
}
