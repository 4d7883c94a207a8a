/*
 * The view that a table is, in SQL.  Its form is
 *
 *	SELECT columns FROM (SELECT *, json_extract_string(record, [paths])
 *	    AS v, json_extract(record, [paths]) AS j FROM from)
 *
 * so that a record is read at most twice, however many columns there are.
 */

#include <string.h>

#include "table/table_internal.h"

/* "a.b" as '$."a"."b"' */
static void
add_path(struct text *sql, const char *path)
{
	struct text json;
	struct span step;

	text_init(&json, 4096);
	text_addc(&json, '$');
	while (*path != '\0') {
		path = source_step(path, &step);
		text_adds(&json, ".\"");
		text_add(&json, step.at, step.len);
		text_addc(&json, '"');
	}
	table_literal(sql, json.at);
	text_release(&json);
}

static bool
is_json(const struct source_column *column)
{
	return strcmp(column->type, "JSON") == 0 ||
	    strchr(column->type, '[') != NULL;
}

static size_t
add_paths(const struct source_table *table, bool json, struct text *sql)
{
	size_t i, k, n = 0;

	for (i = 0; i < table->n_columns; i++) {
		const struct source_column *column = &table->columns[i];

		if (is_json(column) != json)
			continue;
		for (k = 0; k < column->n_paths; k++) {
			text_adds(sql, n++ > 0 ? ", " : "");
			add_path(sql, column->paths[k]);
		}
	}
	return n;
}

/* The value of a column; ${at} counts paths. */
static void
add_value(const struct source_column *column, size_t *at, struct text *sql)
{
	size_t k;

	bool several = column->n_paths + (column->sql != NULL) > 1;

	if (several)
		text_adds(sql, "coalesce(");
	for (k = 0; k < column->n_paths; k++)
		text_addf(sql, is_json(column) ? "%snullif(j[%zu], 'null')" :
		    "%sv[%zu]", k > 0 ? ", " : "", ++*at);
	if (column->sql != NULL)
		text_addf(sql, "%s(%s)", column->n_paths > 0 ? ", " : "",
		    column->sql);
	if (several)
		text_addc(sql, ')');
}

static void
add_column(const struct source_column *column, size_t at[2],
    struct text *sql)
{
	bool cast = strcmp(column->type, "VARCHAR") != 0 &&
	    strcmp(column->type, "JSON") != 0;

	if (column->sql != NULL)
		cast = true;
	text_adds(sql, cast ? "TRY_CAST(" : "");
	add_value(column, &at[is_json(column)], sql);
	if (cast)
		text_addf(sql, " AS %s)", column->type);
	text_adds(sql, " AS ");
	table_quote(sql, column->name);
}

void
table_view(const char *name, const struct source_table *table,
    const char *from, struct text *sql)
{
	struct text paths;
	size_t i, at[2] = { 0, 0 };

	text_adds(sql, "CREATE VIEW ");
	table_quote(sql, name);
	text_adds(sql, " AS SELECT ");
	for (i = 0; i < table->n_columns; i++) {
		text_adds(sql, i > 0 ? ", " : "");
		add_column(&table->columns[i], at, sql);
	}
	text_adds(sql, ", raw FROM (SELECT *");
	text_init(&paths, 1 << 20);
	if (add_paths(table, false, &paths) > 0)
		text_addf(sql, ", json_extract_string(record, [%s]) AS v",
		    paths.at);
	text_clear(&paths);
	if (add_paths(table, true, &paths) > 0)
		text_addf(sql, ", json_extract(record, [%s]) AS j",
		    paths.at);
	text_release(&paths);
	text_addf(sql, " FROM %s\n)", from);
}
