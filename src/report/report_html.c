/*
 * A report as one HTML file.  It loads and runs nothing, and a content security
 * policy makes the browser enforce that.
 */

#include <stdlib.h>
#include <string.h>

#include "report/report_internal.h"

/* -------------------------------------------------------- text and tables */

#define ROWS_MAX 500
#define CELL_MAX 160
#define MAX_NARROW 4	/* columns that fit side by side on a phone */

void
report_html_text(const char *text, size_t max, struct text *out)
{
	struct text clean;

	text_init(&clean, SIZE_MAX / 4);
	report_add_clean(text, strlen(text), max, &clean);
	escape_html(out, clean.data, clean.len);
	text_release(&clean);
}

void
report_html_cell(const struct report_view *view,
    const json_t *value, const char *unit, struct text *out)
{
	struct text cell;

	text_init(&cell, SIZE_MAX / 4);
	report_add_cell(view, value, unit, CELL_MAX, &cell);
	escape_html(out, cell.data, cell.len);
	text_release(&cell);
}

static void
add_row(const struct report_view *view, const json_t *columns,
    const json_t *row, const size_t *shown, size_t n, struct text *out)
{
	const char *unit;
	size_t j;

	text_adds(out, "<tr>");
	for (j = 0; j < n; j++) {
		unit = report_unit(columns, shown[j]);
		text_adds(out, j == 0 ? "<th scope=\"row\"" : "<td");
		if (j > 0 && n > MAX_NARROW) {
			text_adds(out, " data-name=\"");
			report_html_text(report_name(columns, shown[j]), 60,
			    out);
			text_addc(out, '"');
		}
		text_adds(out, report_right(unit) ? " class=\"n\">" :
		    strcmp(unit, "time") == 0 || strcmp(unit, "day") == 0 ||
		    strcmp(unit, "hour") == 0 ? " class=\"t\">" : ">");
		report_html_cell(view, json_array_get(row, shown[j]),
		    unit, out);
		text_adds(out, j == 0 ? "</th>" : "</td>");
	}
	text_adds(out, "</tr>\n");
}

void
report_html_table(const struct report_view *view,
    const json_t *section, struct text *out)
{
	const json_t *columns = json_object_get(section, "columns");
	const json_t *rows = json_object_get(section, "rows");
	size_t first, n = report_shown(section, ROWS_MAX, &first);
	size_t i, n_shown;
	size_t *shown = report_columns(section, &n_shown);

	text_adds(out, "<div class=\"scroll\" role=\"region\" tabindex=\"0\" "
	    "aria-label=\"");
	report_html_text(report_string(section, "title"), 200,
	    out);
	text_addf(out, "\">\n<table%s>\n<thead><tr>", n_shown > MAX_NARROW ?
	    " class=\"stack\"" : "");
	for (i = 0; i < n_shown; i++) {
		text_addf(out, "<th scope=\"col\"%s>", report_right(
		    report_unit(columns, shown[i])) ? " class=\"n\"" :
		    "");
		report_html_text(report_name(columns, shown[i]),
		    60, out);
		text_adds(out, "</th>");
	}
	text_adds(out, "</tr></thead>\n<tbody>\n");
	for (i = first; i < first + n; i++)
		add_row(view, columns, json_array_get(rows, i), shown,
		    n_shown, out);
	text_adds(out, "</tbody>\n</table>\n</div>\n");
	if (n < json_array_size(rows)) {
		text_adds(out, "<p class=\"note\">");
		report_add_left_out(section, ROWS_MAX, out);
		text_adds(out, "</p>\n");
	}
	free(shown);
}

/* ------------------------------------------------------------------- page */

/* Add a style sheet of src/assets. */
static void
add_style(const char *name, struct text *out)
{
	const struct embedded *asset = embedded_assets;

	for (; asset->name != NULL; asset++)
		if (strcmp(asset->name, name) == 0)
			text_add(out, asset->data, asset->len);
}

static void
add_head(const struct report_view *view, struct text *out)
{
	json_t *row;
	size_t i;

	text_adds(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
	    "<meta charset=\"utf-8\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\""
	    "default-src 'none'; style-src 'unsafe-inline'\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, "
	    "initial-scale=1\">\n"
	    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>");
	report_html_text(view->title, 200, out);
	text_adds(out, "</title>\n<style>\n");
	add_style("design", out);
	add_style("report", out);
	text_adds(out, "</style>\n</head>\n<body>\n<main>\n<header>\n<h1>");
	report_html_text(view->title, 200, out);
	text_adds(out, "</h1>\n");
	if (view->warning != NULL)
		text_addf(out, "<p class=\"warning\"><strong>Warning:"
		    "</strong> %s</p>\n", view->warning);
	if (json_array_size(view->head) > 0)
		text_adds(out, "<dl>\n");
	json_array_foreach(view->head, i, row) {
		text_addf(out, "<div><dt>%s</dt><dd>", json_string_value(
		    json_array_get(row, 0)));
		report_html_text(json_string_value(json_array_get(row,
		    1)), 400, out);
		text_adds(out, "</dd></div>\n");
	}
	if (json_array_size(view->head) > 0)
		text_adds(out, "</dl>\n");
	text_adds(out, "</header>\n");
	if (view->empty)
		text_adds(out, "<p class=\"empty\">No records match, so there "
		    "is nothing to report.</p>\n");
}

/* Metrics as cards. */
static void
add_cards(const struct report_view *view, const json_t *section,
    struct text *out)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(section, "rows"), i, row) {
		const json_t *value = json_array_get(row, 1);
		const char *unit = json_string_value(json_array_get(row, 2));

		text_addf(out, "<li><span class=\"label\">%s</span> "
		    "<span class=\"value\">", json_string_value(
		    json_array_get(row, 0)));
		if (report_long(row)) {
			report_add_long(json_number_value(value), out);
			text_adds(out, "</span> <span class=\"label\">");
		}
		report_html_cell(view, value, unit, out);
		text_adds(out, "</span>");
		text_adds(out, "</li>\n");
	}
}

static bool
is_summary(const json_t *section)
{
	return report_is_metrics(section) &&
	    !report_role(section, "performance");
}

static void
add_summary(const struct report_view *view, struct text *out)
{
	json_t *section;
	size_t i, n = 0;

	json_array_foreach(view->sections, i, section) {
		if (!is_summary(section))
			continue;
		if (n++ == 0)
			text_adds(out, "<section>\n<h2>Summary</h2>\n"
			    "<ul class=\"cards\">\n");
		add_cards(view, section, out);
	}
	if (n > 0)
		text_adds(out, "</ul>\n</section>\n");
}

static bool
is_series(const json_t *section)
{
	return report_role(section, "time") ||
	    report_role(section, "group");
}

static void
add_title(const json_t *section, struct text *out)
{
	text_adds(out, "<section>\n<h2>");
	report_html_text(report_string(section, "title"), 200,
	    out);
	text_adds(out, "</h2>\n");
}

static void
add_section(const struct report_view *view, const json_t *section,
    struct text *out)
{
	const char *note = report_string(section, "note");

	add_title(section, out);
	if (report_is_metrics(section)) {
		text_adds(out, "<ul class=\"cards\">\n");
		add_cards(view, section, out);
		text_adds(out, "</ul>\n");
	} else {
		report_add_charts(view, section, out);
		report_html_table(view, section, out);
	}
	if (note != NULL) {
		text_adds(out, "<p class=\"note\">");
		report_html_text(note, 1000, out);
		text_adds(out, "</p>\n");
	}
	text_adds(out, "</section>\n");
}

static void
add_notes(const struct report_view *view, struct text *out)
{
	const char *text;
	json_t *note;
	size_t i, n = 0;

	json_array_foreach(json_object_get(view->report, "notes"), i, note) {
		if ((text = json_string_value(note)) == NULL)
			continue;
		text_adds(out, n++ == 0 ? "<section>\n<h2>Notes</h2>\n<ul "
		    "class=\"notes\">\n<li>" : "<li>");
		report_html_text(text, 1000, out);
		text_adds(out, "</li>\n");
	}
	text_adds(out, n > 0 ? "</ul>\n</section>\n" : "");
}

void
report_html(const json_t *report, struct text *out)
{
	struct report_view view;
	json_t *section;
	size_t i;

	report_view_init(&view, report);
	add_head(&view, out);
	add_summary(&view, out);
	/* Series come first, since tables may be long. */
	json_array_foreach(view.sections, i, section)
		if (is_series(section))
			add_section(&view, section, out);
	json_array_foreach(view.sections, i, section)
		if (!is_series(section) && !is_summary(section))
			add_section(&view, section, out);
	add_notes(&view, out);
	text_adds(out, "</main>\n</body>\n</html>\n");
	report_view_release(&view);
}
