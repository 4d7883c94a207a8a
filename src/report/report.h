#ifndef REPORT_H
#define REPORT_H

#include <jansson.h>

#include "base/base.h"

/*
 * A report is one JSON object: title, generated_at, source, export, complete,
 * type, start_time, end_time, timezone, filters; unit (what is counted, like
 * "logs"), total_metrics, total_sessions, total_users, total_errors;
 * duration_stats, token_stats, cost_stats, success_metrics; breakdowns
 * {by_type, tools, agents, errors}; time_series,
 * an array of objects whose first key is the label; latency, an array of
 * {from_ms, to_ms, count}; sections, an array of {title, columns [{name,
 * unit}], rows [[...]]}; notes.  A part that is missing, null, empty or of the
 * wrong type is left out of the report.
 *
 * Units: "text", "count", "number" (one decimal), "money" (in the currency of
 * cost_stats), "ms", "seconds", "percent" (a fraction of 1), "time" (RFC
 * 3339), "map" (an object or an array).  Any other is treated as "text".
 */

enum report_format {
	REPORT_MARKDOWN,
	REPORT_HTML,
	REPORT_JSON,
	REPORT_CSV,
	REPORT_TEXT,
	REPORT_FORMATS
};

/**
 * report_markdown(report, out):
 * Add ${report} to ${out} as Markdown with GitHub's tables.  Foreign text is
 * escaped; a table stops after 50 rows and says how many it leaves out.
 */
void report_markdown(const json_t *, struct text *);

/**
 * report_html(report, out):
 * Add ${report} to ${out} as one self-contained HTML file without scripts,
 * whose policy forbids loading anything.  Tables stop after 500 rows.
 */
void report_html(const json_t *, struct text *);

/**
 * report_csv(report, out):
 * Add ${report} to ${out} as CSV (RFC 4180, but lines end with "\n"): for each
 * section a line with its title, a header, all its rows, and an empty line.
 * Numbers are unformatted and percentages are fractions; null is empty, true
 * and false are words, lists and objects are JSON.
 */
void report_csv(const json_t *, struct text *);

/**
 * report_text(report, out):
 * Add ${report} to ${out} for a terminal that is 80 columns wide.  Tables stop
 * after 50 rows, those of tools, agents and errors after 10.
 */
void report_text(const json_t *, struct text *);

/**
 * report_json(report, out):
 * Add ${report} to ${out} unchanged, its keys in order, indented by 2, numbers
 * with 15 digits.
 */
void report_json(const json_t *, struct text *);

/**
 * report_format_find(name):
 * Return the format called "markdown", "html", "json", "csv" or "text"; or
 * REPORT_FORMATS.
 */
enum report_format report_format_find(const char *);

/** report_suffix(format): Return the suffix of its files, such as "md". */
const char *report_suffix(enum report_format);

/** report_render(format, report, out): Add ${report} to ${out} in ${format}. */
void report_render(enum report_format, const json_t *, struct text *);

#endif
