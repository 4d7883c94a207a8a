/*
 * Queries of a report's events, and their rows as JSON.
 */

#include <stdlib.h>
#include <string.h>

#include "output/output_internal.h"

#define PERCENTILES "of all n values in order, counted from 0, the one at " \
    "floor(n * p); no interpolation"

/* ------------------------------------------------------------ SQL to JSON */

static json_t *
cell_json(enum table_kind kind, const struct table_cell *cell)
{
	struct text text;
	json_t *json;

	text_init(&text, SIZE_MAX / 4);
	output_cell_json(kind, cell, &text);
	json = json_loadb(text.data, text.len, JSON_DECODE_ANY |
	    JSON_ALLOW_NUL, NULL);
	text_release(&text);
	return json != NULL ? json : json_null();
}

/* The rows of a query as objects or, with ${bare}, as arrays. */
json_t *
output_rows_json(struct table_db *db, const char *sql, bool bare, json_t *names,
    struct err *err)
{
	struct table_rows *rows = table_query(db, sql, 0, err);
	const struct table_column *cols;
	const struct table_cell *cells;
	json_t *all = json_array(), *row;
	size_t n, i;
	int rc = -1;

	if (rows != NULL) {
		cols = table_columns(rows, &n);
		for (i = 0; i < n && names != NULL; i++)
			json_array_append_new(names,
			    json_string(cols[i].name));
		while ((rc = table_next(rows, &cells, err)) == 1) {
			row = bare ? json_array() : json_object();
			for (i = 0; i < n; i++)
				if (bare)
					json_array_append_new(row, cell_json(
					    cols[i].kind, &cells[i]));
				else
					json_object_set_new(row, cols[i].name,
					    cell_json(cols[i].kind,
					    &cells[i]));
			json_array_append_new(all, row);
		}
	}
	table_rows_free(rows);
	if (rc != -1)
		return all;
	json_decref(all);
	return NULL;
}

/* The first row of a query, as an object. */
json_t *
output_one_json(struct table_db *db, const char *sql, struct err *err)
{
	json_t *rows = output_rows_json(db, sql, false, NULL, err), *row;

	if (rows == NULL)
		return NULL;
	row = json_incref(json_array_get(rows, 0));
	json_decref(rows);
	return row;
}

/* Rows as an object keyed by the first column; a single other is the value. */
static json_t *
map_json(struct table_db *db, const char *sql, struct err *err)
{
	json_t *rows = output_rows_json(db, sql, false, NULL, err), *row, *map;
	size_t i;

	if (rows == NULL)
		return NULL;
	map = json_object();
	json_array_foreach(rows, i, row) {
		void *first = json_object_iter(row);
		char *name = mem_text(json_string_value(
		    json_object_iter_value(first)));

		json_object_del(row, json_object_iter_key(first));
		json_object_set(map, name != NULL ? name : "",
		    json_object_size(row) > 1 ? row : json_object_iter_value(
		    json_object_iter(row)));
		free(name);
	}
	json_decref(rows);
	return map;
}

/* ------------------------------------------------------------- the parts */

/* Percentiles by index, so that each is a value that occurred. */
json_t *
output_durations(struct table_db *db, struct err *err)
{
	json_t *stats = output_one_json(db, "SELECT "
	    "count(duration_ms) AS count, "
	    "coalesce(round(fsum(duration_ms), 6), 0) AS total_ms, "
	    "coalesce(round(fsum(duration_ms) / count(duration_ms), 6), 0) AS "
	    "avg_ms, min(duration_ms) AS min_ms, max(duration_ms) AS max_ms "
	    "FROM events", err);
	static const struct {
		const char *name;
		double position;
	} wanted[] = { { "p50_ms", 0.5 }, { "p95_ms", 0.95 },
	    { "p99_ms", 0.99 } };
	json_int_t n, place;
	char sql[256];
	size_t i;

	if (stats == NULL)
		return NULL;
	n = json_integer_value(json_object_get(stats, "count"));
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		json_t *row;

		place = (json_int_t)((double)n * wanted[i].position);
		snprintf(sql, sizeof(sql), "SELECT (SELECT duration_ms FROM "
		    "events WHERE duration_ms IS NOT NULL ORDER BY 1 LIMIT 1 "
		    "OFFSET %lld) AS v", (long long)place);
		if ((row = output_one_json(db, sql, err)) == NULL) {
			json_decref(stats);
			return NULL;
		}
		json_object_set(stats, wanted[i].name,
		    json_object_get(row, "v"));
		json_decref(row);
	}
	json_object_set_new(stats, "method", json_string(PERCENTILES));
	return stats;
}

static const char usage[] = "SELECT \"%s\" AS name, count(*) AS count, "
    OUTPUT_SUCCESS ", coalesce(round(fsum(duration_ms), 6), 0) AS "
    "total_duration_ms, coalesce(round(fsum(duration_ms) / count(*), 6), 0) "
    "AS avg_duration_ms FROM events WHERE \"%s\" IS NOT NULL GROUP BY 1 "
    "ORDER BY min(time), 1";

/* Errors that differ only in a number or an id are of one kind. */
#define ERROR_KIND "regexp_replace(error, '\\b[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}" \
    "\\b|\\b0x[0-9a-fA-F]+|[0-9]+([.,][0-9]+)*', '#', 'g')"

json_t *
output_breakdowns(struct table_db *db, struct err *err)
{
	json_t *types, *tools, *agents, *errors;
	char *sql = mem_format(usage, "tool", "tool");

	tools = map_json(db, sql, err);
	free(sql);
	sql = mem_format(usage, "agent", "agent");
	agents = tools == NULL ? NULL : map_json(db, sql, err);
	free(sql);
	types = agents == NULL ? NULL : map_json(db, "SELECT "
	    "coalesce(kind, '(none)') AS name, count(*) AS count FROM events "
	    "GROUP BY 1 ORDER BY 1", err);
	errors = types == NULL ? NULL : map_json(db, "SELECT " ERROR_KIND
	    " AS name, count(*) AS count FROM events WHERE error <> '' "
	    "GROUP BY 1 ORDER BY count(*) DESC, 1", err);
	if (errors != NULL)
		return json_pack("{s:o, s:o, s:o, s:o}", "by_type", types,
		    "tools", tools, "agents", agents, "errors", errors);
	json_decref(types);
	json_decref(tools);
	json_decref(agents);
	return NULL;
}

/* The number of durations between bounds of 1, 2, 5, 10 ... ms. */
json_t *
output_latency(struct table_db *db, struct err *err)
{
	return output_rows_json(db, "WITH bounds AS (SELECT unnest([0, 1, 2, "
	    "5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, "
	    "50000, 100000, 200000, 500000]) AS from_ms), placed AS (SELECT *, "
	    "coalesce(lead(from_ms) OVER (ORDER BY from_ms), "
	    "9223372036854775807) AS beyond FROM bounds), counted AS (SELECT "
	    "from_ms, beyond, (SELECT count(*) FROM events WHERE duration_ms "
	    ">= from_ms AND duration_ms < beyond) AS count FROM placed) "
	    "SELECT from_ms, CASE WHEN beyond < 9223372036854775807 THEN "
	    "beyond END AS to_ms, count FROM counted WHERE from_ms >= (SELECT "
	    "min(from_ms) FROM counted WHERE count > 0) AND from_ms <= "
	    "(SELECT max(from_ms) FROM counted WHERE count > 0) ORDER BY 1",
	    false, NULL, err);
}
