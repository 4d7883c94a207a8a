/*
 * The section of the time series.
 */

#include <stdlib.h>
#include <string.h>

#include "report/report_internal.h"

/* Known keys: their names and units. */
static const struct {
	const char *key, *name, *unit;
} known[] = {
	{ "timestamp", "Time", "day" },
	{ "week_start", "Week", "day" },
	{ "month", "Month", "month" },
	{ "metrics_count", "Metrics", "count" },
	{ "total_duration_ms", "Duration", "ms" },
	{ "avg_duration_ms", "Avg Duration", "ms" },
	{ "duration_seconds", "Span", "seconds" },
	{ "start_time", "Start", "time" },
	{ "end_time", "End", "time" },
	{ "tool_uses", "Tools", "map" },
	{ "success_rate", "Success Rate", "percent" },
	{ "cost", "Cost", "money" },
	{ "project_path", "Project", "text" },
	{ "session_id", "Session", "text" },
	{ "user_id", "User", "text" },
};

static bool
ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(&text[n - m], end) == 0;
}

/* "p95_ms" is "P95", "total_cost" is "Total Cost". */
static json_t *
name_of(const char *key)
{
	struct text name;
	json_t *json;
	size_t i;

	text_init(&name, SIZE_MAX / 4);
	for (i = 0; key[i] != '\0'; i++) {
		if (strcmp(&key[i], "_ms") == 0 && i > 0)
			break;
		if (key[i] == '_')
			text_addc(&name, ' ');
		else if ((i == 0 || key[i - 1] == '_') && key[i] >= 'a' &&
		    key[i] <= 'z')
			text_addc(&name, (char)(key[i] - 'a' + 'A'));
		else
			text_addc(&name, key[i]);
	}
	json = json_string(name.data != NULL ? name.data : "");
	text_release(&name);
	return json;
}

static const char *
unit_of(const char *key, const json_t *value)
{
	if (ends_with(key, "_ms"))
		return "ms";
	if (ends_with(key, "_seconds"))
		return "seconds";
	if (ends_with(key, "cost"))
		return "money";
	if (ends_with(key, "_rate"))
		return "percent";
	if (ends_with(key, "_time"))
		return "time";
	if (json_is_object(value) || json_is_array(value))
		return "map";
	return json_is_number(value) ? "count" : "text";
}

static json_t *
column_of(const struct report_view *view, const char *key,
    const json_t *value)
{
	const char *unit;
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strcmp(known[i].key, key) != 0)
			continue;
		unit = known[i].unit;
		if (strcmp(key, "timestamp") == 0 &&
		    strcmp(view->type, "hourly") == 0)
			unit = "hour";
		return json_pack("{ss ss ss}", "name", strcmp(key,
		    "metrics_count") == 0 ? view->unit : known[i].name,
		    "unit", unit, "key", key);
	}
	return json_pack("{so ss ss}", "name", name_of(key), "unit",
	    unit_of(key, value), "key", key);
}

/* A value of the key that shows its unit, which null does not. */
static const json_t *
sample_value(const json_t *series, size_t from, const char *key)
{
	const json_t *value = NULL;
	size_t i;

	for (i = from; i < json_array_size(series) && i < from + 100; i++) {
		value = json_object_get(json_array_get(series, i), key);
		if (value != NULL && !json_is_null(value))
			break;
	}
	return value;
}

/* Is it a column of sessions or users, and does no record have any? */
static bool
is_left_out(const json_t *series, const char *key)
{
	json_t *entry;
	size_t i;

	if (strcmp(key, "sessions") != 0 && strcmp(key, "users") != 0)
		return false;
	json_array_foreach(series, i, entry)
		if (json_number_value(json_object_get(entry, key)) > 0)
			return false;
	return true;
}

/* The columns: all keys, in the order of their first occurrence. */
static json_t *
columns_of(const struct report_view *view, const json_t *series)
{
	json_t *columns = json_array(), *seen = json_object();
	json_t *entry, *value;
	const char *key;
	size_t i;

	json_array_foreach(series, i, entry) {
		json_object_foreach(entry, key, value) {
			if (json_object_get(seen, key) != NULL)
				continue;
			json_object_set_new(seen, key, json_true());
			if (is_left_out(series, key))
				continue;
			json_array_append_new(columns, column_of(view, key,
			    sample_value(series, i, key)));
		}
	}
	json_decref(seen);
	return columns;
}

/* "Time Series Data", or "Usage by Model". */
static char *
title_of(const json_t *columns, bool by_time)
{
	if (by_time)
		return mem_text("Time Series Data");
	return mem_format("Usage by %s", report_name(columns, 0));
}

void
report_add_series(struct report_view *view)
{
	json_t *series = json_object_get(view->report, "time_series");
	json_t *columns = columns_of(view, series), *rows = json_array();
	json_t *entry, *row, *value;
	const char *unit = report_unit(columns, 0);
	bool by_time = strcmp(unit, "day") == 0 || strcmp(unit, "hour") == 0 ||
	    strcmp(unit, "month") == 0;
	char *title = title_of(columns, by_time);
	size_t i, j;

	json_array_foreach(series, i, entry) {
		if (json_object_size(entry) == 0)
			continue;
		row = json_array();
		for (j = 0; j < json_array_size(columns); j++) {
			value = json_object_get(entry, report_string(
			    json_array_get(columns, j), "key"));
			json_array_append(row, value != NULL ? value :
			    json_null());
		}
		json_array_append_new(rows, row);
	}
	if (json_array_size(rows) > 0)
		json_array_append_new(view->sections, json_pack(
		    "{ss ss sO sO}", "title", title, "role", by_time ?
		    "time" : "group", "columns", columns, "rows", rows));
	json_decref(rows);
	json_decref(columns);
	free(title);
}
