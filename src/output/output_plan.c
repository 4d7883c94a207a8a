/*
 * What is to be made: which tables, and the SQL for their rows.
 */

#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "output/output_internal.h"

/* -------------------------------------------------------------- filters */

static struct output_filter *
filter_for(struct output_convert *convert, const char *key, size_t len)
{
	struct output_filter *filter;
	size_t i;

	for (i = 0; i < convert->n_filters; i++)
		if (strlen(convert->filters[i].key) == len &&
		    memcmp(convert->filters[i].key, key, len) == 0)
			return &convert->filters[i];
	convert->filters = mem_grow(convert->filters, convert->n_filters + 1,
	    sizeof(*convert->filters));
	filter = &convert->filters[convert->n_filters++];
	*filter = (struct output_filter){ .key = mem_copy(key, len) };
	return filter;
}

static int
read_filters(struct output_convert *convert, struct err *err)
{
	const struct output_settings *settings = &convert->settings;
	struct output_filter *filter;
	const char *equals;
	size_t i;

	for (i = 0; i < settings->n_filters; i++) {
		equals = strchr(settings->filters[i], '=');
		if (equals == NULL || equals == settings->filters[i])
			return err_set(err, ERR_USAGE, "--filter \"%s\": "
			    "write KEY=VALUE, like type=prompt",
			    settings->filters[i]);
		filter = filter_for(convert, settings->filters[i],
		    (size_t)(equals - settings->filters[i]));
		filter->values = mem_grow(filter->values, filter->n + 1,
		    sizeof(char *));
		filter->values[filter->n++] = mem_text(equals + 1);
	}
	return 0;
}

static bool
has_column(const struct source_table *table, const char *name)
{
	size_t i;

	for (i = 0; i < table->n_columns; i++)
		if (strcmp(table->columns[i].name, name) == 0)
			return true;
	return false;
}

/* No table that is wanted has the column. */
static int
no_column(const struct output_convert *convert, const char *key,
    struct err *err)
{
	const char *names[512], *near;
	size_t n = 0, i, k;

	for (i = 0; i < convert->n_parts; i++)
		for (k = 0; k < convert->parts[i].table->n_columns &&
		    n < 512; k++)
			names[n++] =
			    convert->parts[i].table->columns[k].name;
	near = config_near(key, names, n);
	return err_set(err, ERR_USAGE, "--filter %s: no table that is "
	    "converted has such a column%s%s%s; 'hlexport query DIR' lists "
	    "them", key, near != NULL ? "; did you mean " : "",
	    near != NULL ? near : "", near != NULL ? "?" : "");
}

static int
check_filters(const struct output_convert *convert, struct err *err)
{
	size_t i, k;

	for (i = 0; i < convert->n_filters; i++) {
		for (k = 0; k < convert->n_parts; k++)
			if (has_column(convert->parts[k].table,
			    convert->filters[i].key))
				break;
		if (k == convert->n_parts)
			return no_column(convert, convert->filters[i].key,
			    err);
	}
	return 0;
}

/* --------------------------------------------------------------- tables */

static int
add_part(struct output_convert *convert, const char *name, struct err *err)
{
	const struct source_tables *tables =
	    table_list(convert->settings.db);
	const char *names[256], *near;
	size_t i;

	for (i = 0; i < tables->n && i < 256; i++) {
		names[i] = tables->at[i].name;
		if (name != NULL && strcmp(name, names[i]) != 0)
			continue;
		convert->parts = mem_grow(convert->parts,
		    convert->n_parts + 1, sizeof(*convert->parts));
		convert->parts[convert->n_parts++] = (struct output_part){
		    .table = &tables->at[i] };
		if (name != NULL)
			return 0;
	}
	if (name == NULL && tables->n > 0)
		return 0;
	near = name != NULL ? config_near(name, names, i) : NULL;
	return err_set(err, ERR_USAGE, "the source %s has no table%s%s%s%s%s; "
	    "'hlexport query DIR' lists them", convert->settings.source,
	    name != NULL ? " " : "s", name != NULL ? name : "",
	    near != NULL ? "; did you mean " : "", near != NULL ? near : "",
	    near != NULL ? "?" : "");
}

/* ------------------------------------------------------------------ SQL */

/* Does the date say in which zone it is? */
static bool
has_zone(const char *date)
{
	return strlen(date) > 10 && strpbrk(&date[10], "Zz+-") != NULL;
}

/* The moment of a date; with ${next}, that of the next day. */
static void
add_moment(const struct output_settings *settings, const char *date,
    bool next, struct text *sql)
{
	if (has_zone(date)) {
		text_adds(sql, "TIMESTAMPTZ ");
		table_literal(sql, date);
		return;
	}
	text_adds(sql, "timezone(");
	table_literal(sql, settings->timezone);
	text_adds(sql, ", TIMESTAMP ");
	table_literal(sql, date);
	text_adds(sql, next ? " + INTERVAL 1 DAY)" : ")");
}

/* " WHERE " before the first condition, " AND " before others. */
static void
add_and(struct output_part *part, struct text *sql)
{
	text_adds(sql, part->filtered ? " AND " : " WHERE ");
	part->filtered = true;
}

static void
add_dates(const struct output_settings *settings, struct output_part *part,
    struct text *sql)
{
	bool whole_day;

	if (part->table->time == NULL)
		return;
	if (settings->from != NULL) {
		add_and(part, sql);
		table_quote(sql, part->table->time);
		text_adds(sql, " >= ");
		add_moment(settings, settings->from, false, sql);
	}
	if (settings->to != NULL) {
		whole_day = strlen(settings->to) == 10;
		add_and(part, sql);
		table_quote(sql, part->table->time);
		text_adds(sql, whole_day ? " < " : " <= ");
		add_moment(settings, settings->to, whole_day, sql);
	}
}

static void
add_filter(const struct output_filter *filter, struct output_part *part,
    struct text *sql)
{
	size_t i;

	add_and(part, sql);
	text_adds(sql, "CAST(");
	table_quote(sql, filter->key);
	text_adds(sql, " AS VARCHAR) IN (");
	for (i = 0; i < filter->n; i++) {
		text_adds(sql, i > 0 ? ", " : "");
		table_literal(sql, filter->values[i]);
	}
	text_addc(sql, ')');
}

static void
make_sql(struct output_convert *convert, struct output_part *part)
{
	const struct output_settings *settings = &convert->settings;
	struct text sql;
	size_t i;

	text_init(&sql, 1 << 20);
	text_adds(&sql, "SELECT * FROM ");
	table_quote(&sql, part->table->name);
	add_dates(settings, part, &sql);
	for (i = 0; i < convert->n_filters; i++)
		if (has_column(part->table, convert->filters[i].key))
			add_filter(&convert->filters[i], part, &sql);
	if (settings->where != NULL) {
		add_and(part, &sql);
		text_addf(&sql, "(%s\n)", settings->where);
	}
	part->sql = text_take(&sql);
}

static int
check_dates(const struct output_settings *settings, struct err *err)
{
	int64_t from, to;

	if (settings->from == NULL || settings->to == NULL)
		return 0;
	clock_parse(settings->from, &from);
	clock_parse(settings->to, &to);
	if (from > to + (strlen(settings->to) == 10 ? 86399999 : 0))
		return err_set(err, ERR_USAGE, "--from %s is after --to %s",
		    settings->from, settings->to);
	return 0;
}

int
output_plan(struct output_convert *convert, struct err *err)
{
	const struct output_settings *settings = &convert->settings;
	size_t i;
	int rc = 0;

	if (check_dates(settings, err) == -1 ||
	    read_filters(convert, err) == -1)
		return -1;
	for (i = 0; i < settings->n_tables && rc == 0; i++)
		rc = add_part(convert, settings->tables[i], err);
	if (settings->n_tables == 0)
		rc = add_part(convert, NULL, err);
	if (rc == -1 || check_filters(convert, err) == -1)
		return -1;
	for (i = 0; i < convert->n_parts; i++)
		make_sql(convert, &convert->parts[i]);
	return 0;
}
