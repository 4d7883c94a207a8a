#ifndef REPORT_INTERNAL_H
#define REPORT_INTERNAL_H

#include "report/report.h"

/*
 * All formats show the same: a head of facts, perhaps a warning, sections,
 * notes.  report_view.c derives these from a report once, as unformatted
 * values; each format then writes them.
 */
struct report_view {
	const json_t *report;	/* borrowed */
	const char *title;
	const char *type;	/* "daily", "tool", ...; never NULL */
	const char *currency;
	char unit[32];		/* what is counted: "Logs"; else "Metrics" */
	const char *warning;	/* or NULL */
	bool empty;		/* no records match */

	/* An array of [name, text]: period, source, filters and so on. */
	json_t *head;

	/*
	 * An array of {title, role, columns, rows, note}, columns and rows as
	 * in the report's own sections.  Roles:
	 *	summary, tokens, cost, performance
	 *		metrics: columns are "Metric" and "Value", and a row has
	 *		its unit as third value (also "whole", "exact ms")
	 *	types, tools, agents, errors, latency, section
	 *		tables
	 *	time	the time series, by time; columns also have a "key"
	 *	group	the series by something else; the same
	 */
	json_t *sections;
};

/** report_view_init(view, report): Derive ${view} from ${report}. */
void report_view_init(struct report_view *, const json_t *);

/** report_view_release(view): Free the contents of ${view}. */
void report_view_release(struct report_view *);

/** report_role(section, role): Does ${section} have the role ${role}? */
bool report_role(const json_t *, const char *);

/** report_is_metrics(section): Does ${section} hold metrics, not a table? */
bool report_is_metrics(const json_t *);

/**
 * report_shown(section, limit, first):
 * Return how many of ${section}'s rows are shown, at most ${limit}, and set
 * ${*first} to the first one: a time series shows its latest rows, any other
 * section its first.
 */
size_t report_shown(const json_t *, size_t, size_t *);

/**
 * report_add_left_out(section, limit, out):
 * Add a sentence that says how many of ${section}'s rows are not shown and
 * where to find all; nothing if all are shown.
 */
void report_add_left_out(const json_t *, size_t, struct text *);

/**
 * report_add_section(view, section):
 * Add ${section}, which is stolen, if it has rows.
 */
void report_add_section(struct report_view *, json_t *);

/** report_add_metrics(view): Add totals, tokens, cost and durations. */
void report_add_metrics(struct report_view *);

/** report_add_latency(view): Add the distribution of the latency. */
void report_add_latency(struct report_view *);

/** report_add_breakdowns(view): Add types, tools, agents and errors. */
void report_add_breakdowns(struct report_view *);

/** report_add_series(view): Add the section of the time series. */
void report_add_series(struct report_view *);

/**
 * report_section_new(title, role, names, units):
 * Return a new section without rows; ${names} and ${units} list its columns,
 * separated by "|".
 */
json_t *report_section_new(const char *, const char *, const char *,
    const char *);

/* ------------------------------------------------------------- words */

/** report_string(object, key): Return the string ${key}, or NULL. */
const char *report_string(const json_t *, const char *);

/**
 * report_numeric(value, number):
 * If ${value} is a number, set ${*number} to it and return true.
 */
bool report_numeric(const json_t *, double *);

/** report_add_decimal(value, digits, out): "-1,234.5" */
void report_add_decimal(double, int, struct text *);

/** report_add_count(value, out): "1,234"; a fraction with one decimal. */
void report_add_count(const json_t *, struct text *);

/**
 * report_money_digits(amount):
 * Return the number of decimals that show three digits of ${amount}.
 */
int report_money_digits(double);

/**
 * report_add_money(amount, digits, currency, out):
 * "$1,234.50", "$0.0123", "$0.000310", "EUR 3.10", with ${digits} decimals.
 */
void report_add_money(double, int, const char *, struct text *);

/** report_add_ms(ms, out): "21,270 ms", "<1 ms". */
void report_add_ms(double, struct text *);

/** report_add_long(ms, out): "21.3 s", "2m05s", "3h12m", "7d03h". */
void report_add_long(double, struct text *);

/** report_add_short(value, out): "1.5k", "20M", for an axis. */
void report_add_short(double, struct text *);

/**
 * report_add_time(time, out):
 * RFC 3339 as "2025-03-01 10:00:00 UTC" (or with its offset), without seconds
 * if they are 0; anything else unchanged.
 */
void report_add_time(const char *, struct text *);

/**
 * report_add_bucket(time, hour, out):
 * The same without the offset; unless ${hour}, also without the time if it is
 * midnight.
 */
void report_add_bucket(const char *, bool, struct text *);

/* ------------------------------------------------------------- cells */

/**
 * report_add_clean(data, len, max, out):
 * Add foreign text, with control characters and bidirectional controls written
 * as \n, \x1b, \u202e.  Text wider than ${max} columns is cut and ends with an
 * ellipsis.
 */
void report_add_clean(const char *, size_t, size_t, struct text *);

/**
 * report_add_cell(view, value, unit, max, out):
 * Add ${value} formatted by its ${unit}; text is sanitized and cut at ${max}
 * columns; null is "-".
 */
void report_add_cell(const struct report_view *, const json_t *,
    const char *, size_t, struct text *);

/**
 * report_long(metric):
 * Is ${metric} a duration so long that it is also shown in hours?
 */
bool report_long(const json_t *);

/** report_right(unit): Are values of ${unit} aligned to the right? */
bool report_right(const char *);

/** report_unit(columns, i): Return column ${i}'s unit, or "text". */
const char *report_unit(const json_t *, size_t);

/** report_name(columns, i): Return column ${i}'s name, or "". */
const char *report_name(const json_t *, size_t);

/**
 * report_columns(section, n):
 * Return the indexes, new, of ${section}'s columns that are not empty, and set
 * ${*n} to their number.  The first column always counts.
 */
size_t *report_columns(const json_t *, size_t *);

/**
 * report_add_grid(view, section, width, limit, out):
 * Add at most ${limit} rows of ${section} in aligned columns, at most ${width}
 * wide.
 */
void report_add_grid(const struct report_view *, const json_t *,
    size_t, size_t, struct text *);

/**
 * report_html_text(text, max, out):
 * Add foreign text, sanitized, cut at ${max} columns and escaped for HTML.
 */
void report_html_text(const char *, size_t, struct text *);

/** report_html_cell(view, value, unit, out): Add a cell escaped for HTML. */
void report_html_cell(const struct report_view *,
    const json_t *, const char *, struct text *);

/** report_html_table(view, section, out): Add a table. */
void report_html_table(const struct report_view *,
    const json_t *, struct text *);

/* ------------------------------------------------------------ charts */

/* One bar; ${bad} is part of ${value}. */
struct report_bar {
	double value;
	double bad;
	char *name;	/* in full; sanitized */
	char *label;	/* short, for the axis; NULL: the name */
};

/* A chart: what it shows, and how. */
struct report_chart {
	const struct report_view *view;
	const char *id;		/* unique in the file */
	const char *title;
	const char *unit;	/* of the values */
	const char *bad;	/* name of the failed part, or NULL */
	struct report_bar *bars;
	size_t n;
	bool horizontal;	/* bars grow from the left */
	const char *bucket;	/* "day" */
	size_t merged;		/* buckets that one bar sums up */
};

/** report_chart_release(chart): Free the bars. */
void report_chart_release(struct report_chart *);

/** report_chart_largest(chart): Return the index of the largest bar. */
size_t report_chart_largest(const struct report_chart *);

/**
 * report_find(section, name):
 * Return the index of ${section}'s column with this key or name; or the number
 * of columns if none has it or ${name} is NULL.
 */
size_t report_find(const json_t *, const char *);

/**
 * report_chart_top(chart, section, value, bad, max):
 * Make bars of the ${max} rows of ${section} with the largest values in column
 * ${value}.  The first column is the name; column ${bad}, if it exists, the
 * failed part.
 */
void report_chart_top(struct report_chart *, const json_t *,
    size_t, size_t, size_t);

/**
 * report_chart_merge(chart, section, value, bad, max):
 * Make at most ${max} bars of a time series.  Every bar covers the same span of
 * time, one or more buckets; a span without records is a bar of zero.
 */
void report_chart_merge(struct report_chart *, const json_t *,
    size_t, size_t, size_t);

/**
 * report_chart_latency(chart, section, max):
 * Make at most ${max} bars of the latency distribution.
 */
void report_chart_latency(struct report_chart *, const json_t *,
    size_t);

/**
 * report_draw_open(chart, wide, width, height, out):
 * Open a chart: its size, and its description for screen readers.
 */
void report_draw_open(const struct report_chart *, bool, int,
    int, struct text *);

/**
 * report_draw_bar(chart, i, box, out):
 * Draw bar ${i} into ${box} (x, y, width, height), and name it.
 */
void report_draw_bar(const struct report_chart *, size_t,
    const double [4], struct text *);

/**
 * report_draw_vertical(chart, wide, out):
 * Draw vertical bars as inline SVG, for a ${wide} page or for a phone.
 */
void report_draw_vertical(const struct report_chart *, bool,
    struct text *);

/** report_draw_horizontal(chart, wide, out): The same with horizontal bars. */
void report_draw_horizontal(const struct report_chart *, bool,
    struct text *);

/**
 * report_add_charts(view, section, out):
 * Add the charts of ${section}, if it has any.
 */
void report_add_charts(const struct report_view *,
    const json_t *, struct text *);

#endif
