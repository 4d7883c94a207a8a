/*
 * Text and tables in HTML.
 */

#include <stdlib.h>
#include <string.h>

#include "report/report_internal.h"

#define ROWS_MAX 500
#define CELL_MAX 160
#define MAX_NARROW 4	/* columns that fit side by side on a phone */

void
report_add_html(const char *data, size_t len, struct text *out)
{
	size_t i;

	for (i = 0; i < len; i++) {
		switch (data[i]) {
		case '<':
			text_adds(out, "&lt;");
			break;
		case '>':
			text_adds(out, "&gt;");
			break;
		case '&':
			text_adds(out, "&amp;");
			break;
		case '"':
			text_adds(out, "&quot;");
			break;
		case '\'':
			text_adds(out, "&#39;");
			break;
		default:
			text_addc(out, data[i]);
		}
	}
}

void
report_html_text(const char *text, size_t max, struct text *out)
{
	struct text clean;

	text_init(&clean, SIZE_MAX / 4);
	report_add_clean(text, strlen(text), max, &clean);
	report_add_html(clean.data, clean.len, out);
	text_release(&clean);
}

void
report_html_cell(const struct report_view *view,
    const json_t *value, const char *unit, struct text *out)
{
	struct text cell;

	text_init(&cell, SIZE_MAX / 4);
	report_add_cell(view, value, unit, CELL_MAX, &cell);
	report_add_html(cell.data, cell.len, out);
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
