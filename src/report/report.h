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
 * unit}], rows [[...]]}; notes.  Each may be missing, null, empty or of
 * another kind than it should be: then what would be made of it is left out.
 *
 * Units: "text", "count", "number" (one decimal), "money" (in the currency of
 * cost_stats), "ms", "seconds", "percent" (a fraction of 1), "time" (RFC
 * 3339), "map" (an object or an array).  Any other is taken for "text".
 */

/**
 * report_markdown(report, out):
 * Add ${report} to ${out} as Markdown with GitHub's tables.  Foreign text is
 * escaped; tables end after 50 rows and say what was left out.
 */
void report_markdown(const json_t *, struct text *);

/**
 * report_html(report, out):
 * Add ${report} to ${out} as one HTML file that needs nothing else, runs
 * nothing and lets nothing be loaded.  Tables end after 500 rows.
 */
void report_html(const json_t *, struct text *);

/**
 * report_csv(report, out):
 * Add ${report} to ${out} as CSV (RFC 4180, but lines end with "\n"): for each
 * section a line with its title, a header, all its rows, and an empty line.
 * Numbers are plain, percentages fractions; null is empty, true and false are
 * words, lists and objects JSON.
 */
void report_csv(const json_t *, struct text *);

/**
 * report_text(report, out):
 * Add ${report} to ${out} for a terminal, 80 columns wide (a column is what
 * a character takes there, not a byte).  Tables end after 50 rows, those of
 * tools, agents and errors after 10.
 */
void report_text(const json_t *, struct text *);

/**
 * report_json(report, out):
 * Add ${report} to ${out} as it is, its keys in their order, indented by 2;
 * numbers have 15 digits.
 */
void report_json(const json_t *, struct text *);

/**
 * report_render(format, report, out):
 * Add ${report} to ${out} in ${format}: "markdown", "html", "csv", "text" or
 * "json".  Return 0; or -1 if there is no such format.
 */
int report_render(const char *, const json_t *, struct text *);

#endif
