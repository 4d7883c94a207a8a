/*
 * The SQL of the view behind a table.  Its form is
 *
 *	SELECT columns FROM (SELECT *, json_extract_string(record, [paths])
 *	    AS v, json_extract(record, [paths]) AS j FROM from)
 *
 * so that DuckDB parses a record at most twice, however many columns it has.
 */

#include <string.h>
#include <strings.h>

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
		text_add(&json, step.data, step.len);
		text_addc(&json, '"');
	}
	table_literal(sql, json.data);
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

/*
 * DuckDB's own casts accept too much: 12.7 is no integer, 0x10 is no JSON
 * number, 1 is no boolean.
 */
static const char exactly[] = "CASE "
    "WHEN regexp_full_match($, '[-+]?[0-9]+') THEN TRY_CAST($ AS @) "
    "WHEN abs(TRY_CAST($ AS DOUBLE)) < 9007199254740992 AND "
    "(TRY_CAST($ AS DOUBLE) <> 0 OR regexp_full_match($, "
    "'[-+]?[0.]+([eE][-+]?[0-9]+)?')) AND NOT contains($, '_') AND "
    "TRY_CAST($ AS DOUBLE) = TRY_CAST($ AS @)::DOUBLE "
    "THEN TRY_CAST($ AS @) END";
/* 1e400 does not fit a double; the word Infinity does. */
static const char in_range[] = "CASE WHEN isfinite(TRY_CAST($ AS @)) OR "
    "regexp_matches($, '(?i)inf|nan') THEN TRY_CAST($ AS @) END";
static const char as_truth[] = "CASE $ WHEN 'true' THEN true WHEN 'false' "
    "THEN false END";
/*
 * And too little: also read seconds, milli-, micro- and nanoseconds since 1970,
 * told apart by their number of digits; ISO 8601 basic format; RFC 2822.
 */
static const char as_time[] = "TRY_CAST(CASE WHEN NOT "
    "contains(lower($), 'inf') THEN coalesce("
    "TRY_CAST($ AS TIMESTAMPTZ), CASE "
    "WHEN regexp_full_match($, '-?[0-9]{9,10}([.][0-9]+)?') "
    "THEN to_timestamp(TRY_CAST($ AS DOUBLE)) "
    "WHEN regexp_full_match($, '[0-9]{12,13}([.][0-9]+)?') "
    "THEN to_timestamp(TRY_CAST($ AS DOUBLE) / 1000) "
    "WHEN regexp_full_match($, '[0-9]{15,16}') "
    "THEN make_timestamptz(TRY_CAST($ AS BIGINT)) "
    "WHEN regexp_full_match($, '[0-9]{18,19}') "
    "THEN make_timestamptz(TRY_CAST($ AS BIGINT) // 1000) "
    "ELSE try_strptime(regexp_replace($, '(Z|GMT|UTC?)\\z', '+0000'), "
    "['%a, %d %b %Y %H:%M:%S %z', '%d %b %Y %H:%M:%S %z', "
    "'%Y%m%dT%H%M%S%z', '%Y%m%dT%H%M%S.%f%z']) END) END AS @)";

/* Add the value of a column; ${*offset} counts the paths used so far. */
static void
add_value(const struct source_column *column, size_t *offset, struct text *sql)
{
	size_t k;

	bool several = column->n_paths + (column->sql != NULL) > 1;

	if (several)
		text_adds(sql, "coalesce(");
	for (k = 0; k < column->n_paths; k++)
		text_addf(sql, is_json(column) ? "%snullif(j[%zu], 'null')" :
		    "%sv[%zu]", k > 0 ? ", " : "", ++*offset);
	if (column->sql != NULL)
		text_addf(sql, "%s(%s)", column->n_paths > 0 ? ", " : "",
		    column->sql);
	if (several)
		text_addc(sql, ')');
}

static bool
begins(const char *type, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strncasecmp(type, names[i], strlen(names[i])) == 0)
			return true;
	return false;
}

/* The SQL that reads a string as the column's type; NULL: a plain cast. */
static const char *
way_to_read(const struct source_column *column)
{
	static const char *const exact[] = { "TINYINT", "SMALLINT", "INT",
	    "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINT", "UBIGINT",
	    "UHUGEINT", "DECIMAL", "NUMERIC" };
	static const char *const times[] = { "TIMESTAMP", "DATE" };
	static const char *const reals[] = { "DOUBLE", "FLOAT", "REAL" };

	if (begins(column->type, reals, sizeof(reals) / sizeof(*reals)))
		return in_range;
	if (begins(column->type, exact, sizeof(exact) / sizeof(*exact)))
		return exactly;
	if (begins(column->type, times, sizeof(times) / sizeof(*times)))
		return as_time;
	return strcasecmp(column->type, "BOOLEAN") == 0 ? as_truth : NULL;
}

/* Add ${how}, replacing each "$" by ${value} and each "@" by ${type}. */
static void
fill_in(const char *how, const char *value, const char *type,
    struct text *sql)
{
	for (; *how != '\0'; how++) {
		if (*how == '$')
			text_adds(sql, value);
		else if (*how == '@')
			text_adds(sql, type);
		else
			text_addc(sql, *how);
	}
}

/* A value that does not fit is NULL, and is counted. */
static void
add_checked(const char *table, const struct source_column *column,
    const char *how, const char *value, struct text *sql)
{
	text_addf(sql, "CASE WHEN %s IS NOT NULL THEN coalesce(", value);
	fill_in(how, value, column->type, sql);
	text_adds(sql, ", CAST(" TABLE_UNFIT "(");
	table_literal(sql, table);
	text_adds(sql, ", ");
	table_literal(sql, column->name);
	text_addf(sql, ", %s) AS %s)) END", value, column->type);
}

static void
add_column(const char *table, const struct source_column *column,
    size_t offsets[2], struct text *sql)
{
	bool is_text = strcmp(column->type, "VARCHAR") == 0 ||
	    strcmp(column->type, "JSON") == 0;
	const char *how = is_json(column) ? NULL : way_to_read(column);
	const char *cast = "TRY_CAST($ AS @)";
	struct text value;

	text_init(&value, SIZE_MAX / 4);
	add_value(column, &offsets[is_json(column)], &value);
	if (column->sql == NULL && is_text)
		text_adds(sql, value.data);
	else if (column->sql != NULL || is_json(column))
		fill_in(cast, value.data, column->type, sql);
	else
		add_checked(table, column, how != NULL ? how : cast, value.data,
		    sql);
	text_release(&value);
	text_adds(sql, " AS ");
	table_quote(sql, column->name);
}

void
table_select(const struct source_table *table, const char *from,
    struct text *sql)
{
	struct text paths;
	size_t i, offsets[2] = { 0, 0 };

	text_adds(sql, "SELECT ");
	for (i = 0; i < table->n_columns; i++) {
		text_adds(sql, i > 0 ? ", " : "");
		add_column(table->name, &table->columns[i], offsets, sql);
	}
	text_adds(sql, ", raw FROM (SELECT *");
	text_init(&paths, 1 << 20);
	if (add_paths(table, false, &paths) > 0)
		text_addf(sql, ", json_extract_string(record, [%s]) AS v",
		    paths.data);
	text_clear(&paths);
	if (add_paths(table, true, &paths) > 0)
		text_addf(sql, ", json_extract(record, [%s]) AS j",
		    paths.data);
	text_release(&paths);
	text_addf(sql, " FROM %s\n)", from);
}

void
table_view(const char *name, const struct source_table *table,
    const char *from, struct text *sql)
{
	text_adds(sql, "CREATE VIEW ");
	table_quote(sql, name);
	text_adds(sql, " AS ");
	table_select(table, from, sql);
}
