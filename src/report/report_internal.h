#ifndef REPORT_INTERNAL_H
#define REPORT_INTERNAL_H

#include "report/report.h"

/*
 * All formats show the same: a head of facts, perhaps a warning, sections,
 * notes.  report_view.c makes these of a report once, in values that
 * are not yet formatted; each format then writes them in its own way.
 */
struct report_view {
	const json_t *report;	/* borrowed */
	const char *title;
	const char *type;	/* "daily", "tool", ...; never NULL */
	const char *currency;
	char unit[32];		/* of what is counted: "Logs"; "Metrics" */
	const char *warning;	/* or NULL */
	bool empty;		/* nothing was counted */

	/* An array of [name, text]: when, of what, which filters. */
	json_t *head;

	/*
	 * An array of {title, role, columns, rows, note}, columns and rows as
	 * in the report's own sections.  ${role} says what it is:
	 *	summary, tokens, cost, performance
	 *		facts: columns are "Metric" and "Value", and a row has
	 *		its unit behind them (also "whole", "exact ms")
	 *	types, tools, agents, errors, latency, section
	 *		tables
	 *	time	the time series, by time; columns have a "key" too
	 *	group	the time series, by something else; the same
	 */
	json_t *sections;
};

/** report_view_init(view, report): Make ${view} of ${report}. */
void report_view_init(struct report_view *, const json_t *);

/** report_view_release(view): Free what ${view} holds. */
void report_view_release(struct report_view *);

/** report_role(section, role): Does ${section} have this ${role}? */
bool report_role(const json_t *, const char *);

/** report_is_metrics(section): Does ${section} have facts, no table? */
bool report_is_metrics(const json_t *);

/**
 * report_shown(section, limit, first):
 * Return how many of ${section}'s rows are shown if there may be ${limit},
 * and put the first of them into ${first}: of a time series the latest are
 * shown, of all else the first.
 */
size_t report_shown(const json_t *, size_t, size_t *);

/**
 * report_add_left_out(section, limit, out):
 * Say in a sentence how many of ${section}'s rows are not shown and where
 * all are; nothing if all are shown.
 */
void report_add_left_out(const json_t *, size_t, struct text *);

/**
 * report_add_section(view, section):
 * Have ${section} (stolen) shown, if it has rows.
 */
void report_add_section(struct report_view *, json_t *);

/** report_add_metrics(view): Add totals, tokens, cost, durations. */
void report_add_metrics(struct report_view *);

/** report_add_latency(view): Add how the latency is spread. */
void report_add_latency(struct report_view *);

/** report_add_breakdowns(view): Add types, tools, agents, errors. */
void report_add_breakdowns(struct report_view *);

/** report_add_series(view): Add the time series' section. */
void report_add_series(struct report_view *);

/**
 * report_section_new(title, role, names, units):
 * Return a section, new, without rows; ${names} and ${units} are lists of
 * its columns with "|" between them.
 */
json_t *report_section_new(const char *, const char *, const char *,
    const char *);

/* ------------------------------------------------------------- words */

/** report_string(object, key): Return a string's text, or NULL. */
const char *report_string(const json_t *, const char *);

/**
 * report_numeric(value, number):
 * Is ${value} a number?  Then put it into ${number}.
 */
bool report_numeric(const json_t *, double *);

/** report_add_decimal(value, digits, out): "-1,234.5" */
void report_add_decimal(double, int, struct text *);

/** report_add_count(value, out): "1,234"; decimals as there are. */
void report_add_count(const json_t *, struct text *);

/**
 * report_money_digits(amount):
 * Return how many decimals it takes to see three digits of ${amount}.
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

/** report_add_short(value, out): For an axis: "1.5k", "20M". */
void report_add_short(double, struct text *);

/**
 * report_add_time(time, out):
 * RFC 3339 as "2025-03-01 10:00:00 UTC" (or what offset it has), the seconds
 * left out where there are none; what is no time as it is.
 */
void report_add_time(const char *, struct text *);

/**
 * report_add_bucket(time, hour, out):
 * The same without the offset, and unless ${hour} is what matters without the
 * time if that is midnight.
 */
void report_add_bucket(const char *, bool, struct text *);

/* ------------------------------------------------------------- cells */

/**
 * report_char(data, len, c):
 * Put the character at the beginning of the ${len} bytes of UTF-8 at ${data}
 * into ${c}.  Return how many bytes it takes, at least 1.
 */
size_t report_char(const char *, size_t, unsigned *);

/** report_width(data, len): How many columns this text takes. */
size_t report_width(const char *, size_t);

/**
 * report_add_clean(data, len, max, out):
 * Add foreign text, with control characters and those that turn text round
 * as \n, \x1b, \u202e; what is more than ${max} columns wide is cut and ends
 * with an ellipsis.
 */
void report_add_clean(const char *, size_t, size_t, struct text *);

/**
 * report_add_cell(view, value, unit, max, out):
 * Add ${value} as people read it, clean and at most ${max} columns wide if
 * it is text; "-" for null.
 */
void report_add_cell(const struct report_view *, const json_t *,
    const char *, size_t, struct text *);

/**
 * report_long(metric):
 * Is ${metric}'s value a time so long that it is told in hours too?
 */
bool report_long(const json_t *);

/** report_right(unit): Are values of ${unit} set to the right? */
bool report_right(const char *);

/** report_unit(columns, i): Return column ${i}'s unit, or "text". */
const char *report_unit(const json_t *, size_t);

/** report_name(columns, i): Return column ${i}'s name, or "". */
const char *report_name(const json_t *, size_t);

/**
 * report_columns(section, n):
 * Return the numbers, new, of those of ${section}'s columns in which there is
 * something; put how many into ${n}.  The first is always there.
 */
size_t *report_columns(const json_t *, size_t *);

/**
 * report_add_grid(view, section, width, limit, out):
 * Add at most ${limit} rows of ${section} in aligned columns that take no more
 * than ${width} columns.
 */
void report_add_grid(const struct report_view *, const json_t *,
    size_t, size_t, struct text *);

/** report_add_html(data, len, out): Add text, escaped for HTML. */
void report_add_html(const char *, size_t, struct text *);

/**
 * report_html_text(text, max, out):
 * Add foreign text, clean, cut at ${max} columns, escaped for HTML.
 */
void report_html_text(const char *, size_t, struct text *);

/** report_html_cell(view, value, unit, out): A cell, for HTML. */
void report_html_cell(const struct report_view *,
    const json_t *, const char *, struct text *);

/** report_html_table(view, section, out): Add a table. */
void report_html_table(const struct report_view *,
    const json_t *, struct text *);

/* ------------------------------------------------------------ charts */

/* One bar; what ${bad} counts is part of ${value}. */
struct report_bar {
	double value;
	double bad;
	char *name;	/* in full; clean */
	char *label;	/* short, for the axis; NULL: the name */
};

/* A picture: what it shows, and how. */
struct report_chart {
	const struct report_view *view;
	const char *id;		/* unlike all others in the file */
	const char *title;
	const char *unit;	/* of the values */
	const char *bad;	/* what the bad are called, or NULL */
	struct report_bar *bars;
	size_t n;
	bool horizontal;		/* from the left */
	const char *bucket;	/* "day" */
	size_t merged;		/* how many of them a bar stands for */
};

/** report_chart_release(chart): Free the bars. */
void report_chart_release(struct report_chart *);

/** report_chart_largest(chart): Return the largest bar's number. */
size_t report_chart_largest(const struct report_chart *);

/**
 * report_find(section, name):
 * Return the number of ${section}'s column with this key or name, or the
 * number of columns if there is none (or ${name} is NULL).
 */
size_t report_find(const json_t *, const char *);

/**
 * report_chart_top(chart, section, value, bad, max):
 * Make bars of the ${max} rows of ${section} that are largest in the column
 * ${value}; the first column is their name, ${bad} (or none) a part of them.
 */
void report_chart_top(struct report_chart *, const json_t *,
    size_t, size_t, size_t);

/**
 * report_chart_merge(chart, section, value, bad, max):
 * Make at most ${max} bars of a time series: each stands for the same span
 * of time, as many buckets as it takes; where nothing was counted there is a
 * bar of zero.
 */
void report_chart_merge(struct report_chart *, const json_t *,
    size_t, size_t, size_t);

/**
 * report_chart_latency(chart, section, max):
 * Make at most ${max} bars of the latency's buckets.
 */
void report_chart_latency(struct report_chart *, const json_t *,
    size_t);

/**
 * report_draw_open(chart, wide, width, height, out):
 * Begin a picture: size, and what is read aloud instead of it.
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
 * Draw upright bars as inline SVG, for a ${wide} page or for a phone.
 */
void report_draw_vertical(const struct report_chart *, bool,
    struct text *);

/** report_draw_horizontal(chart, wide, out): The same, from the left. */
void report_draw_horizontal(const struct report_chart *, bool,
    struct text *);

/**
 * report_add_charts(view, section, out):
 * Add the pictures that tell what ${section} says, if there are any.
 */
void report_add_charts(const struct report_view *,
    const json_t *, struct text *);

/** report_style: What HTML looks like. */
extern const char report_style[];

#endif
