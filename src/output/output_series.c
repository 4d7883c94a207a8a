/*
 * The series of a report: what events are grouped by, and the SQL.
 */

#include <string.h>

#include "output/output_internal.h"

enum shape { BY_TIME, BY_USE, BY_PERSON, BY_GROUP };

static const struct kind {
	const char *by;
	const char *title;	/* "Daily Usage Report" */
	const char *label;	/* the name of its first column */
	enum shape shape;
	const char *of;		/* the grouped column, or the unit of time */
} kinds[] = {
	{ "hourly", "Hourly", "timestamp", BY_TIME, "hour" },
	{ "daily", "Daily", "timestamp", BY_TIME, "day" },
	{ "weekly", "Weekly", "week_start", BY_TIME, "week" },
	{ "monthly", "Monthly", "month", BY_TIME, "month" },
	{ "session", "Session", "session_id", BY_PERSON, "session" },
	{ "user", "User", "user_id", BY_PERSON, "user" },
	{ "project", "Project", "project_path", BY_PERSON, "project" },
	{ "tool", "Tool", "tool", BY_USE, "tool" },
	{ "agent", "Agent", "agent", BY_USE, "agent" },
	{ "model", "Model", "model", BY_GROUP, "model" },
	{ "file", "File", "file", BY_GROUP, "file" },
	{ "version", "Version", "version", BY_GROUP, "version" },
	{ "evaluator", "Evaluator", "evaluator", BY_GROUP, "evaluator" },
};

static const struct kind *
kind_of(const char *by)
{
	const struct kind *kind = kinds;

	while (strcmp(kind->by, by) != 0)
		kind++;
	return kind;
}

const char *
output_series_kind(size_t i)
{
	return i < sizeof(kinds) / sizeof(kinds[0]) ? kinds[i].by : NULL;
}

const char *
output_series_title(const char *by)
{
	return kind_of(by)->title;
}

#define SUMS "count(error) AS errors, " \
    "coalesce(round(fsum(duration_ms), 6), 0) AS total_duration_ms, " \
    "TRY_CAST(coalesce(sum(tokens), 0) AS BIGINT) AS tokens, " \
    "round(fsum(cost), 9) AS cost"

/* Buckets begin by the time zone of the report. */
static void
by_time(const struct kind *kind, const char *timezone, struct text *sql)
{
	bool weeks = strcmp(kind->of, "week") == 0 ||
	    strcmp(kind->of, "month") == 0;
	bool utc = strcmp(timezone, "UTC") == 0;

	/* In another zone, a bucket is named by its local time. */
	text_adds(sql, utc ? "SELECT bucket" : "SELECT strftime(timezone(");
	if (!utc) {
		table_literal(sql, timezone);
		text_adds(sql, ", bucket), '%Y-%m-%dT%H:%M:%S') || CASE WHEN "
		    "ahead < 0 THEN '-' ELSE '+' END || "
		    "format('{:02d}:{:02d}', abs(ahead) // 60, "
		    "abs(ahead) % 60)");
	}
	text_addf(sql, " AS %s, count(*) AS metrics_count, ", kind->label);
	if (strcmp(kind->of, "hour") != 0)
		text_adds(sql, "count(DISTINCT session) AS sessions, ");
	if (weeks)
		text_adds(sql, "count(DISTINCT \"user\") AS users, ");
	text_adds(sql, SUMS " FROM (SELECT *, (epoch(timezone(");
	table_literal(sql, timezone);
	text_adds(sql, ", bucket)) - epoch(bucket))::BIGINT // 60 AS ahead "
	    "FROM (SELECT *, timezone(");
	table_literal(sql, timezone);
	text_addf(sql, ", date_trunc('%s', timezone(", kind->of);
	table_literal(sql, timezone);
	text_adds(sql, ", time))) AS bucket FROM events WHERE " OUTPUT_TIMED
	    ")) GROUP BY bucket, ahead ORDER BY bucket");
}

/* Sessions, users, projects: also with the tools they used. */
static void
by_person(const struct kind *kind, struct text *sql)
{
	bool session = strcmp(kind->of, "session") == 0;
	bool project = strcmp(kind->of, "project") == 0;

	text_addf(sql, "WITH used AS (SELECT \"%s\" AS who, "
	    "json_group_object(tool, n) AS tool_uses FROM (SELECT \"%s\", "
	    "tool, count(*) AS n, min(time) AS since FROM events "
	    "WHERE tool IS NOT NULL GROUP BY 1, 2 ORDER BY since, tool) "
	    "GROUP BY 1), summed AS (SELECT \"%s\" AS who, min(time) AS "
	    "start_time, max(time) AS end_time, count(*) AS metrics_count, "
	    "count(DISTINCT session) AS sessions, count(DISTINCT \"user\") "
	    "AS users, " SUMS " FROM events WHERE \"%s\" IS NOT NULL "
	    "GROUP BY 1) SELECT who AS %s, ", kind->of, kind->of, kind->of,
	    kind->of, kind->label);
	if (session)
		text_adds(sql, "start_time, end_time, (epoch_us(end_time) - "
		    "epoch_us(start_time)) / 1e6 AS duration_seconds, "
		    "metrics_count, ");
	else
		text_addf(sql, "sessions, %smetrics_count, ", project ?
		    "users, " : "");
	text_adds(sql, "coalesce(tool_uses, '{}'::JSON) AS tool_uses, errors, "
	    "total_duration_ms, tokens, cost FROM summed LEFT JOIN used "
	    "USING (who) ORDER BY start_time, who");
}

static void
by_use(const struct kind *kind, struct text *sql)
{
	text_addf(sql, "SELECT \"%s\" AS %s, count(*) AS count, "
	    OUTPUT_SUCCESS ", coalesce(round(fsum(duration_ms), "
	    "6), 0) AS total_duration_ms, coalesce(round(fsum(duration_ms) / "
	    "count(*), 6), 0) AS avg_duration_ms FROM events WHERE \"%s\" "
	    "IS NOT NULL GROUP BY 1 ORDER BY min(time), 1", kind->of,
	    kind->label, kind->of);
}

static void
by_group(const struct kind *kind, struct text *sql)
{
	text_addf(sql, "SELECT \"%s\" AS %s, count(*) AS metrics_count, "
	    "count(DISTINCT session) AS sessions, CASE WHEN count(success) > "
	    "0 THEN count(*) FILTER (success) END AS success, CASE WHEN "
	    "count(success) > 0 THEN count(*) FILTER (NOT success) END AS "
	    "failure, "
	    "round(fsum(duration_ms) / count(duration_ms), 6) AS "
	    "avg_duration_ms, " SUMS " FROM events WHERE \"%s\" IS NOT NULL "
	    "GROUP BY 1 ORDER BY count(*) DESC, 1", kind->of, kind->label,
	    kind->of);
}

const char *
output_series_column(const char *by)
{
	const struct kind *kind = kind_of(by);

	return kind->shape == BY_TIME || kind->shape == BY_USE ? NULL :
	    kind->of;
}

void
output_series(const char *by, const char *timezone, struct text *sql)
{
	const struct kind *kind = kind_of(by);

	switch (kind->shape) {
	case BY_TIME:
		by_time(kind, timezone, sql);
		break;
	case BY_PERSON:
		by_person(kind, sql);
		break;
	case BY_USE:
		by_use(kind, sql);
		break;
	case BY_GROUP:
		by_group(kind, sql);
		break;
	}
}
