/*
 * The plan of a conversion: its tables, and the SQL for their rows.
 */

#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "output/output_internal.h"

/* Report that no chosen table has the column. */
static int
no_column(const struct output_convert *convert, const char *option,
    const char *key, struct err *err)
{
	const char *names[512], *near;
	size_t n = 0, i, k;

	for (i = 0; i < convert->n_parts; i++)
		for (k = 0; k < convert->parts[i].table->n_columns &&
		    n < 512; k++)
			names[n++] =
			    convert->parts[i].table->columns[k].name;
	near = config_near(key, names, n);
	return err_set(err, ERR_USAGE, "--%s %s: no converted table "
	    "has this column%s%s%s; 'hlexport query DIR' lists the "
	    "columns", option, key, near != NULL ? "; did you mean " : "",
	    near != NULL ? near : "", near != NULL ? "?" : "");
}

/* -------------------------------------------------------------- columns */

static bool
part_has(const struct output_convert *convert,
    const struct output_part *part, const char *name)
{
	if (strcmp(name, "raw") == 0)
		return !convert->settings.no_raw &&
		    convert->settings.format != OUTPUT_XLSX;
	return source_has_column(part->table, name);
}

bool
output_has_column(const struct output_convert *convert,
    const struct output_part *part, const char *name)
{
	const struct output_settings *settings = &convert->settings;
	size_t i;

	for (i = 0; i < settings->n_columns; i++)
		if (strcmp(settings->columns[i], name) == 0)
			return part_has(convert, part, name);
	return settings->n_columns == 0;
}

/* Was the column ${i} chosen before? */
static bool
is_repeated(const struct output_settings *settings, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (strcmp(settings->columns[k], settings->columns[i]) == 0)
			return true;
	return false;
}

static void
add_column(const char *name, enum output_raw raw, struct text *sql)
{
	if (strcmp(name, "raw") == 0 && raw == OUTPUT_RAW_LEFT_OUT)
		return;
	if (sql->len > 0 && sql->data[sql->len - 1] != ' ')
		text_adds(sql, ", ");
	if (strcmp(name, "raw") == 0 && raw == OUTPUT_RAW_AS_TEXT)
		text_adds(sql, "CAST(raw AS VARCHAR) AS raw");
	else
		table_quote(sql, name);
}

void
output_add_columns(const struct output_convert *convert,
    const struct output_part *part, enum output_raw raw, struct text *sql)
{
	const struct output_settings *settings = &convert->settings;
	const struct source_table *table = part->table;
	size_t i;

	if (settings->no_raw)
		raw = OUTPUT_RAW_LEFT_OUT;
	for (i = 0; i < settings->n_columns; i++)
		if (part_has(convert, part, settings->columns[i]) &&
		    !is_repeated(settings, i))
			add_column(settings->columns[i], raw, sql);
	for (i = 0; i < table->n_columns && settings->n_columns == 0; i++)
		add_column(table->columns[i].name, raw, sql);
	if (settings->n_columns == 0)
		add_column("raw", raw, sql);
}

/* Drop the tables that have none of the chosen columns. */
static int
choose_columns(struct output_convert *convert, struct err *err)
{
	const struct output_settings *settings = &convert->settings;
	size_t i, k, n = 0;
	bool has;

	for (i = 0; i < settings->n_columns; i++) {
		for (k = 0; k < convert->n_parts; k++)
			if (part_has(convert, &convert->parts[k],
			    settings->columns[i]))
				break;
		if (k == convert->n_parts)
			return no_column(convert, "columns",
			    settings->columns[i], err);
	}
	for (i = 0; i < convert->n_parts; i++) {
		has = settings->n_columns == 0;
		for (k = 0; k < settings->n_columns && !has; k++)
			has = part_has(convert, &convert->parts[i],
			    settings->columns[k]);
		if (has)
			convert->parts[n++] = convert->parts[i];
	}
	convert->n_parts = n;
	return 0;
}

/* -------------------------------------------------------------- filters */

static int
check_filters(const struct output_convert *convert, struct err *err)
{
	size_t i, k;

	for (i = 0; i < convert->filters.n; i++) {
		for (k = 0; k < convert->n_parts; k++)
			if (source_has_column(convert->parts[k].table,
			    convert->filters.items[i].key))
				break;
		if (k == convert->n_parts)
			return no_column(convert, "filter",
			    convert->filters.items[i].key, err);
	}
	return 0;
}

/* --------------------------------------------------------------- tables */

static bool
is_part(const struct output_convert *convert,
    const struct source_table *table)
{
	size_t i;

	for (i = 0; i < convert->n_parts; i++)
		if (convert->parts[i].table == table)
			return true;
	return false;
}

static int
add_part(struct output_convert *convert, const char *name, struct err *err)
{
	const struct source_tables *tables =
	    table_list(convert->settings.db);
	const char *names[256], *near;
	size_t i;

	for (i = 0; i < tables->n && i < 256; i++) {
		names[i] = tables->items[i].name;
		if (name != NULL && strcmp(name, names[i]) != 0)
			continue;
		if (name != NULL && is_part(convert, &tables->items[i]))
			return 0;
		convert->parts = mem_grow(convert->parts,
		    convert->n_parts + 1, sizeof(*convert->parts));
		convert->parts[convert->n_parts++] = (struct output_part){
		    .table = &tables->items[i] };
		if (name != NULL)
			return 0;
	}
	if (name == NULL && tables->n > 0)
		return 0;
	near = name != NULL ? config_near(name, names, i) : NULL;
	return err_set(err, ERR_USAGE, "the source %s has no table%s%s%s%s%s; "
	    "'hlexport query DIR' lists the tables", convert->settings.source,
	    name != NULL ? " " : "s", name != NULL ? name : "",
	    near != NULL ? "; did you mean " : "", near != NULL ? near : "",
	    near != NULL ? "?" : "");
}

/* ------------------------------------------------------------------ SQL */

/* The rows of a part, with or without the range of dates. */
static char *
rows_sql(const struct output_convert *convert,
    const struct output_part *part, bool ranged, bool *filtered)
{
	const struct output_settings *settings = &convert->settings;
	struct text sql;
	size_t i;

	*filtered = false;
	text_init(&sql, 1 << 20);
	text_adds(&sql, "SELECT * FROM ");
	table_quote(&sql, part->table->name);
	if (ranged)
		output_where_range(&settings->range, part->table->time,
		    filtered, &sql);
	for (i = 0; i < convert->filters.n; i++)
		if (source_has_column(
			part->table, convert->filters.items[i].key))
			output_where_filter(&convert->filters.items[i],
			    filtered, &sql);
	if (settings->where != NULL) {
		output_and(filtered, &sql);
		text_addf(&sql, "(%s\n)", settings->where);
	}
	return text_take(&sql);
}

/* Count the rows in the range, and those without a time. */
static char *
count_sql(const struct output_convert *convert,
    const struct output_part *part)
{
	bool filtered, any = true;
	char *rows = rows_sql(convert, part, false, &filtered);
	struct text sql;

	text_init(&sql, 1 << 21);
	text_adds(&sql, "SELECT count(*) FILTER (WHERE true");
	output_where_range(&convert->settings.range, part->table->time, &any,
	    &sql);
	text_adds(&sql, "), count(*) FILTER (WHERE ");
	table_quote(&sql, part->table->time);
	text_addf(&sql, " IS NULL) FROM (%s)", rows);
	free(rows);
	return text_take(&sql);
}

static void
make_sql(struct output_convert *convert, struct output_part *part)
{
	const struct output_range *range = &convert->settings.range;
	bool ranged = part->table->time != NULL && (range->from != NULL ||
	    range->to != NULL);

	part->sql = rows_sql(convert, part, ranged, &part->filtered);
	part->count = ranged ? count_sql(convert, part) :
	    mem_format("SELECT count(*), 0 FROM (%s)", part->sql);
}

int
output_plan(struct output_convert *convert, struct err *err)
{
	const struct output_settings *settings = &convert->settings;
	size_t i;
	int rc = 0;

	if (output_check_range(&settings->range, err) == -1 ||
	    output_filters_read(&convert->filters, settings->filters,
	    settings->n_filters, err) == -1)
		return -1;
	for (i = 0; i < settings->n_tables && rc == 0; i++)
		rc = add_part(convert, settings->tables[i], err);
	if (settings->n_tables == 0)
		rc = add_part(convert, NULL, err);
	if (rc == -1 || check_filters(convert, err) == -1 ||
	    choose_columns(convert, err) == -1)
		return -1;
	for (i = 0; i < convert->n_parts; i++)
		make_sql(convert, &convert->parts[i]);
	return 0;
}
