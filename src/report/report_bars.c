/*
 * The bars of charts made from tables.
 */

#include <stdlib.h>
#include <string.h>

#include "report/report_internal.h"

#define NAME_MAX_COLUMNS 60

void
report_chart_release(struct report_chart *chart)
{
	size_t i;

	for (i = 0; i < chart->n; i++) {
		free(chart->bars[i].name);
		free(chart->bars[i].label);
	}
	free(chart->bars);
	chart->bars = NULL;
	chart->n = 0;
}

size_t
report_chart_largest(const struct report_chart *chart)
{
	size_t i, largest = 0;

	for (i = 1; i < chart->n; i++)
		if (chart->bars[i].value > chart->bars[largest].value)
			largest = i;
	return largest;
}

size_t
report_find(const json_t *section, const char *name)
{
	const json_t *columns = json_object_get(section, "columns");
	size_t i, n = json_array_size(columns);
	const char *key;

	for (i = 0; i < n && name != NULL; i++) {
		key = report_string(json_array_get(columns, i), "key");
		if (strcmp(key != NULL ? key : report_name(columns, i),
		    name) == 0)
			return i;
	}
	return n;
}

struct ranked {
	double value;
	size_t row;
};

static int
by_value(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	if (x->value != y->value)
		return x->value > y->value ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

void
report_chart_top(struct report_chart *chart,
    const json_t *section, size_t value, size_t bad, size_t max)
{
	const json_t *rows = json_object_get(section, "rows"), *row;
	size_t n = json_array_size(rows), i;
	struct ranked *all = mem_zero(n + 1, sizeof(*all));
	struct text name;

	for (i = 0; i < n; i++) {
		all[i].value = json_number_value(json_array_get(json_array_get(
		    rows, i), value));
		all[i].row = i;
	}
	qsort(all, n, sizeof(*all), by_value);
	chart->merged = 1;
	chart->n = 0;
	chart->bars = mem_zero(max, sizeof(*chart->bars));
	for (i = 0; i < n && i < max && all[i].value > 0; i++) {
		struct report_bar *bar = &chart->bars[chart->n++];

		row = json_array_get(rows, all[i].row);
		bar->value = all[i].value;
		bar->bad = json_number_value(json_array_get(row, bad));
		text_init(&name, SIZE_MAX / 4);
		report_add_cell(chart->view, json_array_get(row, 0),
		    "text", NAME_MAX_COLUMNS, &name);
		bar->name = text_take(&name);
	}
	free(all);
}

/* "100 ms – 1.0 s", "<1.0 s"; "10.0 s and more", "≥10.0 s" */
static void
name_latency(struct report_bar *bar, const json_t *from,
    const json_t *to)
{
	struct text low, high;

	text_init(&low, SIZE_MAX / 4);
	text_init(&high, SIZE_MAX / 4);
	report_add_long(json_number_value(from), &low);
	report_add_long(json_number_value(to), &high);
	if (json_is_number(to)) {
		bar->name = mem_format("%s – %s", low.data, high.data);
		bar->label = mem_format("<%s", high.data);
	} else {
		bar->name = mem_format("%s and more", low.data);
		bar->label = mem_format("≥%s", low.data);
	}
	text_release(&low);
	text_release(&high);
}

void
report_chart_latency(struct report_chart *chart,
    const json_t *section, size_t max)
{
	const json_t *rows = json_object_get(section, "rows");
	size_t n = json_array_size(rows), per = n / max + (n % max > 0);
	size_t i, end, j;

	chart->merged = per;
	chart->n = 0;
	chart->bars = mem_zero(max, sizeof(*chart->bars));
	for (i = 0; i < n; i = end) {
		struct report_bar *bar = &chart->bars[chart->n++];

		end = i + per < n ? i + per : n;
		for (j = i; j < end; j++)
			bar->value += json_number_value(json_array_get(
			    json_array_get(rows, j), 2));
		name_latency(bar, json_array_get(json_array_get(rows, i), 0),
		    json_array_get(json_array_get(rows, end - 1), 1));
	}
}
