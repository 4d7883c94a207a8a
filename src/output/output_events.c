/*
 * The figures of a report, computed with SQL from a source's events.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "output/output_internal.h"

#define PERCENTILES "the value at index floor(n * p) of all n values in " \
    "ascending order, counted from 0; no interpolation"

/* The columns of events; a source's SQL may omit some. */
static const char *const columns[] = { "time TIMESTAMPTZ", "kind VARCHAR",
    "session VARCHAR", "user VARCHAR", "model VARCHAR", "file VARCHAR",
    "version VARCHAR", "environment VARCHAR", "tool VARCHAR",
    "agent VARCHAR", "evaluator VARCHAR", "project VARCHAR",
    "error VARCHAR", "duration_ms DOUBLE", "tokens BIGINT", "cost DOUBLE",
    "success BOOLEAN" };

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

/* ------------------------------------------------------------ the events */

static int
check_keys(const struct output_filters *filters, struct err *err)
{
	const char *names[COLUMNS], *near;
	char *copies = mem_alloc(COLUMNS * 32);
	size_t i, k;
	int rc = 0;

	for (k = 0; k < COLUMNS; k++) {
		snprintf(&copies[32 * k], 32, "%.*s",
		    (int)strcspn(columns[k], " "), columns[k]);
		names[k] = &copies[32 * k];
	}
	for (i = 0; i < filters->n && rc == 0; i++) {
		for (k = 0; k < COLUMNS && strcmp(names[k],
		    filters->items[i].key) != 0; k++)
			;
		if (k < COLUMNS)
			continue;
		near = config_near(filters->items[i].key, names, COLUMNS);
		rc = err_set(err, ERR_USAGE, "--filter %s: events have no "
		    "such column%s%s%s (kind, session, user, model, file, "
		    "version, environment, tool, agent, evaluator, project, "
		    "error)", filters->items[i].key, near != NULL ?
		    "; did you mean " : "", near != NULL ? near : "",
		    near != NULL ? "?" : "");
	}
	free(copies);
	return rc;
}

/*
 * Read the events once, into a table with the columns that reports need.  Count
 * those that a range of dates leaves out because they have no time.
 */
static int
read_events(const struct output_report *report,
    const struct output_filters *filters, uint64_t *timeless,
    struct err *err)
{
	const struct source_tables *tables = table_list(report->db);
	struct text sql;
	bool any = false;
	size_t i;
	int rc;

	if (tables->events == NULL)
		return err_set(err, ERR_USAGE, "the source %s declares no "
		    "events to report on; use 'hlexport query' instead",
		    report->source);
	text_init(&sql, 1 << 21);
	text_adds(&sql, "CREATE TEMP TABLE events AS SELECT ");
	/* An empty name counts as null. */
	for (i = 0; i < COLUMNS; i++) {
		int len = (int)strcspn(columns[i], " ");
		bool is_text = strcmp(&columns[i][len + 1], "VARCHAR") == 0;

		text_addf(&sql, "%s%s\"%.*s\"%s", i > 0 ? ", " : "",
		    is_text ? "nullif(" : "", len, columns[i],
		    is_text ? ", '')" : "");
		text_addf(&sql, " AS \"%.*s\"", len, columns[i]);
	}
	text_adds(&sql, " FROM (SELECT ");
	for (i = 0; i < COLUMNS; i++) {
		int len = (int)strcspn(columns[i], " ");

		text_addf(&sql, "%sNULL::%s AS \"%.*s\"", i > 0 ? ", " : "",
		    &columns[i][len + 1], len, columns[i]);
	}
	text_addf(&sql, " WHERE false UNION ALL BY NAME (%s\n))",
	    tables->events);
	for (i = 0; i < filters->n; i++)
		output_where_filter(&filters->items[i], &any, &sql);
	if (report->range.from != NULL || report->range.to != NULL) {
		/* Events without a time are counted, then deleted. */
		output_and(&any, &sql);
		text_adds(&sql, "(time IS NULL OR (true");
		output_where_range(&report->range, "time", &any, &sql);
		text_adds(&sql, "))");
	}
	rc = table_run(report->db, sql.data, NULL, err);
	text_release(&sql);
	if (rc == 0 && (report->range.from != NULL ||
	    report->range.to != NULL))
		rc = table_run(report->db, "DELETE FROM events WHERE time IS "
		    "NULL", timeless, err);
	return rc;
}

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
static json_t *
rows_json(struct table_db *db, const char *sql, bool bare, json_t *names,
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
static json_t *
one_json(struct table_db *db, const char *sql, struct err *err)
{
	json_t *rows = rows_json(db, sql, false, NULL, err), *row;

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
	json_t *rows = rows_json(db, sql, false, NULL, err), *row, *map;
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
static json_t *
durations(struct table_db *db, struct err *err)
{
	json_t *stats = one_json(db, "SELECT count(duration_ms) AS count, "
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
		if ((row = one_json(db, sql, err)) == NULL) {
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

static json_t *
breakdowns(struct table_db *db, struct err *err)
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
static json_t *
latency(struct table_db *db, struct err *err)
{
	return rows_json(db, "WITH bounds AS (SELECT unnest([0, 1, 2, 5, 10, "
	    "20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, "
	    "100000, 200000, 500000]) AS from_ms), placed AS (SELECT *, "
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

/* Does a range or a filter restrict the events? */
static bool
is_restricted(const struct output_report *report)
{
	return report->range.from != NULL || report->range.to != NULL ||
	    report->n_filters > 0;
}

static json_t *
sections(const struct output_report *report, struct err *err)
{
	const struct source_tables *tables = table_list(report->db);
	json_t *all = json_array(), *rows, *names, *cols, *name;
	size_t i, k;

	for (i = 0; i < tables->n_sections; i++) {
		const struct source_section *section = &tables->sections[i];

		names = json_array();
		cols = json_array();
		rows = rows_json(report->db, section->sql, true, names, err);
		json_array_foreach(names, k, name)
			json_array_append_new(cols, json_pack("{s:O, s:s}",
			    "name", name, "unit", k < section->n_units ?
			    section->units[k] : "text"));
		json_decref(names);
		if (rows == NULL) {
			err_wrap(err, "section \"%s\"", section->title);
			json_decref(cols);
			json_decref(all);
			return NULL;
		}
		json_array_append_new(all, json_pack("{s:s, s:o, s:o, s:s?}",
		    "title", section->title, "columns", cols, "rows", rows,
		    "note", is_restricted(report) && strstr(section->sql,
		    "events") == NULL ? "Covers the complete export: dates "
		    "and filters do not apply here." : NULL));
	}
	return all;
}

json_t *
output_report_series(const struct output_report *report, const char *by,
    struct err *err)
{
	struct text sql;
	json_t *rows;

	text_init(&sql, 1 << 16);
	output_series(by, report->range.timezone, &sql);
	rows = rows_json(report->db, sql.data, false, NULL, err);
	text_release(&sql);
	return rows;
}

/* ------------------------------------------------------------ the report */

/* A bound of the range, or else the first or last time of the events. */
static json_t *
moment(const char *given, const json_t *found)
{
	return given != NULL ? json_string(given) :
	    json_incref((json_t *)(uintptr_t)found);
}

static json_t *
make_title(const struct output_report *report, const json_t *start,
    const json_t *end)
{
	const char *from = json_string_value(start);
	const char *to = json_string_value(end);
	char *title;
	json_t *json;

	if (from != NULL && to != NULL)
		title = mem_format("%s Usage Report - %.10s to %.10s",
		    output_series_title(report->by), from, to);
	else
		title = mem_format("%s Usage Report",
		    output_series_title(report->by));
	json = json_string(title);
	free(title);
	return json;
}

/* The time "${what}(time)", in the report's time zone. */
static void
add_moment(const char *what, const char *zone, struct text *sql)
{
	char *time = mem_format("%s(time) FILTER " OUTPUT_TIMED, what);
	struct text local;

	if (strcmp(zone, "UTC") == 0) {
		text_adds(sql, time);
		free(time);
		return;
	}
	text_init(&local, 4096);
	text_adds(&local, "timezone(");
	table_literal(&local, zone);
	text_addf(&local, ", %s)", time);
	text_addf(sql, "strftime(%s, '%%Y-%%m-%%dT%%H:%%M:%%S') || "
	    "(SELECT CASE WHEN o = 0 THEN 'Z' ELSE format('{}{:02d}:{:02d}', "
	    "CASE WHEN o < 0 THEN '-' ELSE '+' END, abs(o) // 3600, "
	    "abs(o) %% 3600 // 60) END FROM (SELECT CAST(epoch(%s) - epoch(%s) "
	    "AS BIGINT) AS o))", local.data, local.data, time);
	text_release(&local);
	free(time);
}

static json_t *
totals(struct table_db *db, const char *zone, struct err *err)
{
	struct text sql;
	json_t *sums;

	text_init(&sql, 1 << 16);
	text_adds(&sql, "SELECT count(*) AS total_metrics, "
	    "count(DISTINCT nullif(session, '')) AS total_sessions, "
	    "count(DISTINCT nullif(\"user\", '')) AS total_users, "
	    "count(error) AS total_errors, ");
	add_moment("min", zone, &sql);
	text_adds(&sql, " AS first, ");
	add_moment("max", zone, &sql);
	text_adds(&sql, " AS last, "
	    "TRY_CAST(coalesce(sum(tokens), 0) AS BIGINT) AS tokens, "
	    "TRY_CAST(coalesce(sum(tokens) FILTER (session <> ''), 0) AS "
	    "BIGINT) AS session_tokens, "
	    "round(fsum(cost), 9) AS cost, count(cost) AS costs, count(*) "
	    "FILTER (success) AS good, count(*) FILTER (NOT success) AS bad, "
	    "count(*) - count(*) FILTER " OUTPUT_TIMED " AS timeless "
	    "FROM events");
	sums = one_json(db, sql.data, err);
	text_release(&sql);
	return sums;
}

static json_t *
number_of(const json_t *sums, const char *key)
{
	return json_incref(json_object_get(sums, key));
}

/* Add the figures of the row of sums. */
static void
add_totals(const struct output_report *report, json_t *model,
    const json_t *sums)
{
	static const char *const same[] = { "total_metrics",
	    "total_sessions", "total_users", "total_errors" };
	json_int_t good, bad, sessions, tokens, in_sessions;
	json_t *start, *end;
	size_t i;

	start = moment(report->range.from, json_object_get(sums, "first"));
	end = moment(report->range.to, json_object_get(sums, "last"));
	json_object_set_new(model, "title", make_title(report, start, end));
	json_object_set_new(model, "start_time", start);
	json_object_set_new(model, "end_time", end);
	for (i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		json_object_set_new(model, same[i], number_of(sums,
		    same[i]));
	good = json_integer_value(json_object_get(sums, "good"));
	bad = json_integer_value(json_object_get(sums, "bad"));
	sessions = json_integer_value(json_object_get(sums,
	    "total_sessions"));
	tokens = json_integer_value(json_object_get(sums, "tokens"));
	in_sessions = json_integer_value(json_object_get(sums,
	    "session_tokens"));
	json_object_set_new(model, "token_stats", json_pack("{s:I, s:f}",
	    "total", tokens, "avg_per_session", sessions > 0 ?
	    (double)in_sessions / (double)sessions : 0.0));
	json_object_set_new(model, "cost_stats", json_pack(
	    "{s:o, s:s, s:o}", "total", number_of(sums, "cost"), "currency",
	    "USD", "counted", number_of(sums, "costs")));
	json_object_set_new(model, "success_metrics", json_pack(
	    "{s:I, s:I, s:f}", "success_count", good, "failure_count", bad,
	    "success_rate", good + bad > 0 ? (double)good /
	    (double)(good + bad) : 0.0));
}

/* Add a part of the report.  Return false if it is NULL. */
static bool
add(json_t *model, const char *key, json_t *part)
{
	if (part == NULL)
		return false;
	json_object_set_new(model, key, part);
	return true;
}

static int
fill(const struct output_report *report, json_t *model, uint64_t left_out,
    struct err *err)
{
	json_t *sums = totals(report->db, report->range.timezone, err);

	if (sums == NULL)
		return -1;
	add_totals(report, model, sums);
	/* Notes come here, but are known only at the end. */
	json_object_set_new(model, "notes", json_null());
	if (!add(model, "duration_stats", durations(report->db, err)) ||
	    !add(model, "breakdowns", breakdowns(report->db, err)) ||
	    !add(model, "time_series", output_report_series(report,
	    report->by, err)) ||
	    !add(model, "latency", latency(report->db, err)) ||
	    !add(model, "sections", sections(report, err))) {
		json_decref(sums);
		return -1;
	}
	add(model, "notes", output_report_notes(report, sums,
	    left_out));
	json_decref(sums);
	if (table_left_out(report->db) > 0)
		json_object_set_new(model, "complete", json_false());
	return 0;
}

json_t *
output_report_make(const struct output_report *report, struct err *err)
{
	struct output_filters filters = { NULL, 0 };
	json_t *model = NULL;
	uint64_t left_out = 0;
	char now[32];

	if (output_check_range(&report->range, err) == -1 ||
	    output_filters_read(&filters, report->filters, report->n_filters,
	    err) == -1 || check_keys(&filters, err) == -1 ||
	    read_events(report, &filters, &left_out, err) == -1) {
		output_filters_release(&filters);
		return NULL;
	}
	clock_second(clock_wall(), now);
	model = json_pack("{s:n, s:s, s:s, s:s, s:b, s:I, s:s, s:n, s:n, "
	    "s:s, s:o}", "title", "generated_at", now, "source",
	    report->source, "export", report->export, "complete",
	    report->complete, "gaps", (json_int_t)report->gaps, "type",
	    report->by, "start_time", "end_time", "timezone",
	    report->range.timezone, "filters",
	    output_filters_json(&filters));
	output_filters_release(&filters);
	if (table_list(report->db)->unit != NULL)
		json_object_set_new(model, "unit", json_string(table_list(
		    report->db)->unit));
	if (fill(report, model, left_out, err) == 0)
		return model;
	json_decref(model);
	return NULL;
}
