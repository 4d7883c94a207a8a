/*
 * Conditions in SQL: dates, and columns that must have a value.
 */

#include <stdlib.h>
#include <string.h>

#include "output/output_internal.h"

void
output_and(bool *any, struct text *sql)
{
	text_adds(sql, *any ? " AND " : " WHERE ");
	*any = true;
}

/* Does the date have a time zone? */
static bool
has_zone(const char *date)
{
	return strlen(date) > 10 && strpbrk(&date[10], "Zz+-") != NULL;
}

/* Is its second a leap second, which DuckDB refuses? */
static bool
is_leap(const char *date)
{
	return strlen(date) >= 19 && strncmp(&date[17], "60", 2) == 0;
}

/* Add the moment of a date or, with ${next}, of the day after it. */
static void
add_moment(const struct output_range *range, const char *date, bool next,
    struct text *sql)
{
	char plain[32];
	int64_t wall;

	if (is_leap(date) && clock_parse(date, &wall) == 0) {
		clock_rfc3339(wall, plain);
		if (!has_zone(date))
			*strchr(plain, 'Z') = '\0';
		date = plain;
	}
	if (has_zone(date)) {
		text_adds(sql, "TIMESTAMPTZ ");
		table_literal(sql, date);
		return;
	}
	text_adds(sql, "timezone(");
	table_literal(sql, range->timezone);
	text_adds(sql, ", TIMESTAMP ");
	table_literal(sql, date);
	text_adds(sql, next ? " + INTERVAL 1 DAY)" : ")");
}

void
output_where_range(const struct output_range *range, const char *column,
    bool *any, struct text *sql)
{
	bool whole_day;

	if (range->from != NULL) {
		output_and(any, sql);
		table_quote(sql, column);
		text_adds(sql, " >= ");
		add_moment(range, range->from, false, sql);
	}
	if (range->to != NULL) {
		whole_day = strlen(range->to) == 10;
		output_and(any, sql);
		table_quote(sql, column);
		text_adds(sql, whole_day ? " < " : " <= ");
		add_moment(range, range->to, whole_day, sql);
	}
}

int
output_check_range(const struct output_range *range, struct err *err)
{
	int64_t from, to;

	/* Dates of different zones are left to SQL. */
	if (range->from == NULL || range->to == NULL ||
	    has_zone(range->from) != has_zone(range->to))
		return 0;
	clock_parse(range->from, &from);
	clock_parse(range->to, &to);
	if (from > to + (strlen(range->to) == 10 ? 86399999 : 0))
		return err_set(err, ERR_USAGE, "--from %s is after --to %s",
		    range->from, range->to);
	return 0;
}

/* -------------------------------------------------------------- filters */

static struct output_filter *
filter_for(struct output_filters *all, const char *key, size_t len)
{
	size_t i;

	for (i = 0; i < all->n; i++)
		if (strlen(all->items[i].key) == len &&
		    memcmp(all->items[i].key, key, len) == 0)
			return &all->items[i];
	all->items = mem_grow(all->items, all->n + 1, sizeof(*all->items));
	all->items[all->n] = (struct output_filter){
	    .key = mem_copy(key, len) };
	return &all->items[all->n++];
}

int
output_filters_read(struct output_filters *all, char *const *texts, size_t n,
    struct err *err)
{
	struct output_filter *filter;
	const char *equals;
	size_t i;

	for (i = 0; i < n; i++) {
		equals = strchr(texts[i], '=');
		if (equals == NULL || equals == texts[i])
			return err_set(err, ERR_USAGE, "--filter \"%s\": "
			    "write KEY=VALUE, like type=prompt", texts[i]);
		filter = filter_for(all, texts[i],
		    (size_t)(equals - texts[i]));
		filter->values = mem_grow(filter->values, filter->n + 1,
		    sizeof(char *));
		filter->values[filter->n++] = mem_text(equals + 1);
	}
	return 0;
}

void
output_where_filter(const struct output_filter *filter, bool *any,
    struct text *sql)
{
	size_t i;

	output_and(any, sql);
	text_adds(sql, "CAST(");
	table_quote(sql, filter->key);
	text_adds(sql, " AS VARCHAR) IN (");
	for (i = 0; i < filter->n; i++) {
		text_adds(sql, i > 0 ? ", " : "");
		table_literal(sql, filter->values[i]);
	}
	text_addc(sql, ')');
}

json_t *
output_filters_json(const struct output_filters *filters)
{
	json_t *all = json_object(), *values;
	size_t i, k;

	for (i = 0; i < filters->n; i++) {
		values = json_array();
		for (k = 0; k < filters->items[i].n; k++)
			json_array_append_new(values, json_string(
			    filters->items[i].values[k]));
		json_object_set_new(all, filters->items[i].key, values);
	}
	return all;
}

void
output_filters_release(struct output_filters *all)
{
	size_t i, k;

	for (i = 0; i < all->n; i++) {
		for (k = 0; k < all->items[i].n; k++)
			free(all->items[i].values[k]);
		free(all->items[i].values);
		free(all->items[i].key);
	}
	free(all->items);
	*all = (struct output_filters){ NULL, 0 };
}
