/*
 * Cells: values formatted for people.
 */

#include <stdlib.h>
#include <string.h>

#include "report/report_internal.h"

/* "Bash 2, Read 1" */
static void
add_map(const json_t *map, size_t max, struct text *out)
{
	struct text all;
	const char *key;
	json_t *value;

	text_init(&all, SIZE_MAX / 4);
	json_object_foreach((json_t *)map, key, value) {
		text_addf(&all, "%s%s", all.len > 0 ? ", " : "", key);
		if (json_is_number(value)) {
			text_addc(&all, ' ');
			report_add_count(value, &all);
		}
	}
	if (all.len > 0)
		report_add_clean(all.data, all.len, max, out);
	else
		text_adds(out, "-");
	text_release(&all);
}

/* A value without a unit, formatted by its type. */
static void
add_any(const json_t *value, size_t max, struct text *out)
{
	char *text;

	if (json_is_object(value)) {
		add_map(value, max, out);
	} else if (json_is_number(value)) {
		report_add_count(value, out);
	} else if (json_is_boolean(value)) {
		text_adds(out, json_is_true(value) ? "yes" : "no");
	} else if (json_is_string(value) && json_string_length(value) > 0) {
		report_add_clean(json_string_value(value),
		    json_string_length(value), max, out);
	} else if (json_is_array(value) && json_array_size(value) > 0) {
		text = json_dumps(value, JSON_COMPACT);
		if (text != NULL)
			report_add_clean(text, strlen(text), max, out);
		free(text);
	} else {
		text_adds(out, "-");
	}
}

void
report_add_cell(const struct report_view *view,
    const json_t *value, const char *unit, size_t max, struct text *out)
{
	double number;

	if (json_is_string(value) && (strcmp(unit, "day") == 0 ||
	    strcmp(unit, "hour") == 0))
		report_add_bucket(json_string_value(value),
		    unit[0] == 'h', out);
	else if (json_is_string(value) && strcmp(unit, "month") == 0)
		report_add_clean(json_string_value(value),
		    strnlen(json_string_value(value), 7), max, out);
	else if (json_is_string(value) && strcmp(unit, "time") == 0)
		report_add_time(json_string_value(value), out);
	else if (!report_numeric(value, &number) ||
	    strcmp(unit, "count") == 0 || strcmp(unit, "text") == 0)
		add_any(value, max, out);
	else if (strcmp(unit, "money") == 0)
		report_add_money(number, report_money_digits(
		    number), view->currency, out);
	else if (strcmp(unit, "percent") == 0)
		text_addf(out, "%.1f%%", number * 100);
	else if (strcmp(unit, "number") == 0)
		report_add_decimal(number, 1, out);
	else if (strcmp(unit, "whole") == 0)
		report_add_decimal(number, 0, out);
	else if (strcmp(unit, "seconds") == 0)
		report_add_long(number * 1000, out);
	else if (strcmp(unit, "ms") == 0 && number >= 60000)
		report_add_long(number, out);
	else if (strcmp(unit, "ms") == 0 || strcmp(unit, "exact ms") == 0)
		report_add_ms(number, out);
	else
		add_any(value, max, out);
}

bool
report_long(const json_t *metric)
{
	const char *unit = json_string_value(json_array_get(metric, 2));

	return unit != NULL && strcmp(unit, "exact ms") == 0 &&
	    json_number_value(json_array_get(metric, 1)) >= 10000;
}

bool
report_right(const char *unit)
{
	static const char *const right[] = { "count", "number", "whole",
	    "money", "ms", "exact ms", "seconds", "percent" };
	size_t i;

	for (i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		if (strcmp(unit, right[i]) == 0)
			return true;
	return false;
}

const char *
report_unit(const json_t *columns, size_t i)
{
	const char *unit = report_string(json_array_get(columns, i),
	    "unit");

	return unit != NULL ? unit : "text";
}

const char *
report_name(const json_t *columns, size_t i)
{
	const char *name = report_string(json_array_get(columns, i),
	    "name");

	return name != NULL ? name : "";
}

/* Is the column empty in every row? */
static bool
is_blank(const json_t *section, size_t column)
{
	json_t *row, *value;
	size_t i;

	json_array_foreach(json_object_get(section, "rows"), i, row) {
		value = json_array_get(row, column);
		if (json_is_number(value) || json_is_boolean(value) ||
		    json_string_length(value) > 0 ||
		    json_array_size(value) > 0 || json_object_size(value) > 0)
			return false;
	}
	return true;
}

size_t *
report_columns(const json_t *section, size_t *n)
{
	size_t all = json_array_size(json_object_get(section, "columns")), i;
	size_t *columns = mem_zero(all + 1, sizeof(*columns));

	*n = 0;
	for (i = 0; i < all; i++)
		if (i == 0 || !is_blank(section, i))
			columns[(*n)++] = i;
	return columns;
}
