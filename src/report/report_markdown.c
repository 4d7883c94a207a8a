/*
 * A report as Markdown (CommonMark with GitHub's tables).
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "report/report_internal.h"

#define ROWS_MAX 50
#define CELL_MAX 120

/*
 * Does GitHub turn the text around ${data}[${i}] into a link by itself?  It
 * does for "://", "www." and "@".
 */
static bool
makes_link(const char *data, size_t i, size_t len)
{
	return data[i] == '@' || (data[i] == ':' && i + 2 < len &&
	    data[i + 1] == '/' && data[i + 2] == '/') || (data[i] == '.' &&
	    i >= 3 && strncasecmp(&data[i - 3], "www", 3) == 0);
}

/* Add sanitized text, escaping all Markdown in it. */
static void
add_escaped(const char *data, size_t len, struct text *out)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (data[i] == '<')
			text_adds(out, "&lt;");
		else if (data[i] == '>')
			text_adds(out, "&gt;");
		else if (data[i] == '&')
			text_adds(out, "&amp;");
		else if (makes_link(data, i, len))
			text_addf(out, "&#%d;", data[i]);
		else if (strchr("\\`*_[]|~$#", data[i]) != NULL)
			text_addf(out, "\\%c", data[i]);
		else
			text_addc(out, data[i]);
	}
}

static void
add_text(const char *text, size_t max, struct text *out)
{
	struct text clean;

	text_init(&clean, SIZE_MAX / 4);
	report_add_clean(text, strlen(text), max, &clean);
	add_escaped(clean.data != NULL ? clean.data : "", clean.len, out);
	text_release(&clean);
}

static void
add_cell(const struct report_view *view, const json_t *value,
    const char *unit, struct text *out)
{
	struct text cell;

	text_init(&cell, SIZE_MAX / 4);
	report_add_cell(view, value, unit, CELL_MAX, &cell);
	/* A "$" before an amount is readable, and starts no formula. */
	if (strcmp(unit, "money") == 0 && json_is_number(value) &&
	    strcmp(view->currency, "USD") == 0)
		text_adds(out, cell.data);
	else
		add_escaped(cell.data != NULL ? cell.data : "", cell.len, out);
	text_release(&cell);
}

static void
add_metrics(const struct report_view *view, const json_t *section,
    struct text *out)
{
	json_t *row;
	size_t i;

	json_array_foreach(json_object_get(section, "rows"), i, row) {
		const json_t *value = json_array_get(row, 1);
		const char *unit = json_string_value(json_array_get(row, 2));

		text_adds(out, "- **");
		add_text(json_string_value(json_array_get(row, 0)), CELL_MAX,
		    out);
		text_adds(out, ":** ");
		add_cell(view, value, unit, out);
		if (report_long(row)) {
			text_adds(out, " (");
			report_add_long(json_number_value(value), out);
			text_adds(out, ")");
		}
		text_addc(out, '\n');
	}
	text_addc(out, '\n');
}

static void
add_header(const json_t *columns, const size_t *shown, size_t n,
    struct text *out)
{
	size_t j;

	for (j = 0; j < n; j++) {
		text_adds(out, "| ");
		add_text(report_name(columns, shown[j]), CELL_MAX,
		    out);
		text_addc(out, ' ');
	}
	text_adds(out, "|\n");
	for (j = 0; j < n; j++)
		text_adds(out, report_right(report_unit(columns,
		    shown[j])) ? "| ---: " : "| --- ");
	text_adds(out, "|\n");
}

static void
add_table(const struct report_view *view, const json_t *section,
    struct text *out)
{
	const json_t *columns = json_object_get(section, "columns");
	const json_t *rows = json_object_get(section, "rows");
	size_t first, n = report_shown(section, ROWS_MAX, &first);
	size_t i, j, n_shown;
	size_t *shown = report_columns(section, &n_shown);

	add_header(columns, shown, n_shown, out);
	for (i = first; i < first + n; i++) {
		for (j = 0; j < n_shown; j++) {
			text_adds(out, "| ");
			add_cell(view, json_array_get(json_array_get(rows, i),
			    shown[j]), report_unit(columns, shown[j]),
			    out);
			text_addc(out, ' ');
		}
		text_adds(out, "|\n");
	}
	text_addc(out, '\n');
	if (n < json_array_size(rows)) {
		text_addc(out, '*');
		report_add_left_out(section, ROWS_MAX, out);
		text_adds(out, "*\n\n");
	}
	free(shown);
}

static void
add_head(const struct report_view *view, struct text *out)
{
	json_t *row;
	size_t i;

	text_adds(out, "# ");
	add_text(view->title, 200, out);
	text_adds(out, "\n\n");
	if (view->warning != NULL)
		text_addf(out, "> **Warning:** %s\n\n", view->warning);
	json_array_foreach(view->head, i, row) {
		/* Two blanks at the end of a line break it. */
		text_addf(out, "%s**%s:** ", i > 0 ? "  \n" : "",
		    json_string_value(json_array_get(row, 0)));
		add_text(json_string_value(json_array_get(row, 1)), 400, out);
	}
	text_adds(out, json_array_size(view->head) > 0 ? "\n\n" : "");
	if (view->empty)
		text_adds(out, "No records match, so there is nothing to "
		    "report.\n\n");
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
		text_adds(out, n++ == 0 ? "## Notes\n\n- " : "- ");
		add_text(text, 1000, out);
		text_addc(out, '\n');
	}
	text_adds(out, n > 0 ? "\n" : "");
}

void
report_markdown(const json_t *report, struct text *out)
{
	struct report_view view;
	const char *note;
	json_t *section;
	size_t i;

	report_view_init(&view, report);
	add_head(&view, out);
	json_array_foreach(view.sections, i, section) {
		text_adds(out, "## ");
		add_text(report_string(section, "title"), 200, out);
		text_adds(out, "\n\n");
		if (report_is_metrics(section))
			add_metrics(&view, section, out);
		else
			add_table(&view, section, out);
		if ((note = report_string(section, "note")) != NULL) {
			add_text(note, 1000, out);
			text_adds(out, "\n\n");
		}
	}
	add_notes(&view, out);
	/* The file ends with a single line end. */
	if (out->len > 1 && !out->over && out->data[out->len - 1] == '\n' &&
	    out->data[out->len - 2] == '\n')
		out->data[--out->len] = '\0';
	report_view_release(&view);
}
