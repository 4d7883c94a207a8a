/*
 * The figures of a report, computed with SQL from a source's events.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "output/output_internal.h"

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

/* ------------------------------------------------------ sections, series */

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
		rows = output_rows_json(report->db, section->sql, true, names,
		    err);
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
	rows = output_rows_json(report->db, sql.data, false, NULL, err);
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
	sums = output_one_json(db, sql.data, err);
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
	if (!add(model, "duration_stats", output_durations(report->db, err)) ||
	    !add(model, "breakdowns", output_breakdowns(report->db, err)) ||
	    !add(model, "time_series", output_report_series(report,
	    report->by, err)) ||
	    !add(model, "latency", output_latency(report->db, err)) ||
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
