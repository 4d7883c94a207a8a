/*
 * The bars of charts: of tables; and of time series, whose time is counted in
 * slots (hours, days, weeks or months), so that a span without rows shows as
 * empty, and so that thousands of buckets can be merged into a readable number
 * of bars.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/report_internal.h"

/* ----------------------------------------------------------------- tables */

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

/* ------------------------------------------------------------ time series */

enum slot_kind {
	SLOT_HOUR,
	SLOT_DAY,
	SLOT_WEEK,
	SLOT_MONTH,
	SLOT_ROW	/* a row without a readable time */
};

#define MONDAY 4	/* 1970-01-05 */

/* Days since 1970-01-01 (Gregorian, years from March on). */
static int64_t
days_of(int64_t y, int m, int d)
{
	int64_t era, year, day;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	year = y - era * 400;
	day = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	return era * 146097 + year * 365 + year / 4 - year / 100 + day -
	    719468;
}

/* The inverse. */
static void
date_of(int64_t days, int64_t *y, int *m, int *d)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t day = z - era * 146097;
	int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	int64_t rest = day - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * rest + 2) / 153;

	*d = (int)(rest - (153 * month + 2) / 5 + 1);
	*m = (int)(month < 10 ? month + 3 : month - 9);
	*y = year + era * 400 + (*m <= 2);
}

static int64_t
divide_down(int64_t n, int64_t by)
{
	return n >= 0 ? n / by : -((by - 1 - n) / by);
}

/* The slot of a time.  Return false if it can't be read. */
static bool
slot_of(enum slot_kind kind, const char *time, int64_t *slot)
{
	int y, m, d = 1, hour = 0, n;

	if (time == NULL || strlen(time) > 40)
		return false;
	n = sscanf(time, "%4d-%2d-%2d%*1[T ]%2d", &y, &m, &d, &hour);
	if (n < (kind == SLOT_MONTH ? 2 : 3) || m < 1 || m > 12 || d < 1 ||
	    d > 31 || hour < 0 || hour > 24 || y < 0)
		return false;
	*slot = days_of(y, m, d);
	if (kind == SLOT_HOUR)
		*slot = *slot * 24 + hour;
	else if (kind == SLOT_WEEK)
		*slot = divide_down(*slot - MONDAY, 7);
	else if (kind == SLOT_MONTH)
		*slot = (int64_t)y * 12 + m - 1;
	return true;
}

static char *
slot_name(const json_t *rows, enum slot_kind kind, int64_t slot)
{
	int64_t y, days = slot;
	const char *text;
	struct text name;
	int m, d;

	if (kind == SLOT_ROW) {
		text = json_string_value(json_array_get(json_array_get(rows,
		    (size_t)slot), 0));
		text_init(&name, SIZE_MAX / 4);
		if (text != NULL)
			report_add_clean(text, strlen(text), 20, &name);
		return text_take(&name);
	}
	if (kind == SLOT_MONTH)
		return mem_format("%04" PRId64 "-%02" PRId64, slot / 12,
		    slot % 12 + 1);
	if (kind == SLOT_HOUR)
		days = divide_down(slot, 24);
	else if (kind == SLOT_WEEK)
		days = slot * 7 + MONDAY;
	date_of(days, &y, &m, &d);
	if (kind == SLOT_HOUR)
		return mem_format("%04" PRId64 "-%02d-%02d %02" PRId64 ":00",
		    y, m, d, slot - days * 24);
	return mem_format("%04" PRId64 "-%02d-%02d", y, m, d);
}

static enum slot_kind
kind_of(const json_t *section)
{
	const json_t *columns = json_object_get(section, "columns");
	const char *unit = report_unit(columns, 0);
	const char *key = report_string(json_array_get(columns, 0),
	    "key");

	if (strcmp(unit, "hour") == 0)
		return SLOT_HOUR;
	if (strcmp(unit, "month") == 0)
		return SLOT_MONTH;
	return key != NULL && strcmp(key, "week_start") == 0 ? SLOT_WEEK :
	    SLOT_DAY;
}

/* Find each row's slot and the range; if a row has no time, use its index. */
static enum slot_kind
number(const json_t *section, int64_t *slots, int64_t *first, int64_t *last)
{
	const json_t *rows = json_object_get(section, "rows");
	enum slot_kind kind = kind_of(section);
	size_t i, n = json_array_size(rows);

	for (i = 0; i < n; i++)
		if (!slot_of(kind, json_string_value(json_array_get(
		    json_array_get(rows, i), 0)), &slots[i]))
			break;
	if (i < n) {
		kind = SLOT_ROW;
		for (i = 0; i < n; i++)
			slots[i] = (int64_t)i;
	}
	*first = *last = slots[0];
	for (i = 0; i < n; i++) {
		*first = slots[i] < *first ? slots[i] : *first;
		*last = slots[i] > *last ? slots[i] : *last;
	}
	return kind;
}

void
report_chart_merge(struct report_chart *chart,
    const json_t *section, size_t value, size_t bad, size_t max)
{
	const json_t *rows = json_object_get(section, "rows"), *row;
	size_t n = json_array_size(rows), i;
	int64_t *slots = mem_zero(n + 1, sizeof(*slots));
	int64_t first, last, from, to, per;
	enum slot_kind kind = number(section, slots, &first, &last);

	per = (last - first) / (int64_t)max + 1;
	chart->merged = (size_t)per;
	chart->n = (size_t)((last - first) / per + 1);
	chart->bars = mem_zero(chart->n, sizeof(*chart->bars));
	for (i = 0; i < n; i++) {
		struct report_bar *bar =
		    &chart->bars[(slots[i] - first) / per];

		row = json_array_get(rows, i);
		bar->value += json_number_value(json_array_get(row, value));
		bar->bad += json_number_value(json_array_get(row, bad));
	}
	for (i = 0; i < chart->n; i++) {
		from = first + (int64_t)i * per;
		to = from + per - 1 < last ? from + per - 1 : last;
		chart->bars[i].label = slot_name(rows, kind, from);
		if (to == from) {
			chart->bars[i].name = mem_text(chart->bars[i].label);
			continue;
		}
		char *end = slot_name(rows, kind, to);

		chart->bars[i].name = mem_format("%s – %s",
		    chart->bars[i].label, end);
		free(end);
	}
	free(slots);
}
