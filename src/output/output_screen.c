/*
 * Rows for people: Markdown, and tables for the terminal, with column widths
 * that suit the first rows.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "output/output_internal.h"

#define HELD_ROWS 500	/* rows that determine the widths */
#define MAX_CELL 60	/* columns */
#define MIN_CELL 8	/* when the table must fit a width */
#define DIGITS 10	/* of a number on a screen, after rounding */

static bool
is_number(enum table_kind kind)
{
	return kind == TABLE_INTEGER || kind == TABLE_DOUBLE ||
	    kind == TABLE_NUMBER;
}

/* -------------------------------------------------------------- Markdown */

static void
add_markdown(struct output_writer *w, const char *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (data[i] == '\n')
			text_adds(&w->text, "<br>");
		else if (data[i] == '|' || data[i] == '\\')
			text_addf(&w->text, "\\%c", data[i]);
		else if (data[i] == '<')
			text_adds(&w->text, "&lt;");
		else if (data[i] != '\r')
			text_addc(&w->text, data[i]);
	}
}

static void
begin_markdown(struct output_writer *w)
{
	size_t i;

	for (i = 0; i < w->n; i++) {
		text_adds(&w->text, "| ");
		add_markdown(w, w->columns[i].name,
		    strlen(w->columns[i].name));
		text_addc(&w->text, ' ');
	}
	text_adds(&w->text, "|\n");
	for (i = 0; i < w->n; i++)
		text_adds(&w->text, is_number(w->columns[i].kind) ?
		    "| ---: " : "| --- ");
	text_adds(&w->text, "|\n");
}

static void
row_markdown(struct output_writer *w, const struct table_cell *cells)
{
	size_t i;

	for (i = 0; i < w->n; i++) {
		text_adds(&w->text, "| ");
		text_clear(&w->held);
		if (!cells[i].is_null)
			output_plain(w->columns[i].kind, &cells[i],
			    &w->held);
		add_markdown(w, w->held.data, w->held.len);
		text_addc(&w->text, ' ');
	}
	text_adds(&w->text, "|\n");
}

static void
end_nothing(struct output_writer *w)
{
	(void)w;
}

const struct output_writes output_markdown = { begin_markdown,
    row_markdown, end_nothing };

/* ----------------------------------------------------------------- table */

/* Add a value, on a screen with rounded numbers and a visible NULL. */
static void
add_value(const struct output_writer *w, size_t i,
    const struct table_cell *cell, struct text *text)
{
	if (cell->is_null && w->form->is_screen)
		text_adds(text, "NULL");
	else if (!cell->is_null && w->form->is_screen &&
	    w->columns[i].kind == TABLE_DOUBLE)
		text_addf(text, "%.*g", DIGITS, cell->is.real);
	else if (!cell->is_null)
		output_plain(w->columns[i].kind, cell, text);
}

/* Add a cell on one line, cut at MAX_CELL columns. */
static void
add_shown(const struct output_writer *w, size_t i,
    const struct table_cell *cell, struct text *out)
{
	struct text plain, visible;
	size_t width, n, k;

	text_init(&plain, SIZE_MAX / 4);
	text_init(&visible, SIZE_MAX / 4);
	add_value(w, i, cell, &plain);
	for (k = 0; k < plain.len; k++)
		if (plain.data[k] == '\n' || plain.data[k] == '\t')
			plain.data[k] = ' ';
	/* The rest would be cut anyway. */
	text_add_visible(&visible, plain.data, plain.len < 4 * MAX_CELL ?
	    plain.len : 4 * MAX_CELL);
	n = utf8_fit(visible.data, visible.len, MAX_CELL, &width);
	if (n < visible.len || plain.len > 4 * MAX_CELL) {
		n = utf8_fit(visible.data, n, MAX_CELL - 1, &width);
		text_add(out, visible.data, n);
		text_adds(out, "\xe2\x80\xa6");
	} else {
		text_add(out, visible.data, n);
	}
	text_release(&plain);
	text_release(&visible);
}

static void
add_padded(struct output_writer *w, size_t i, const char *data, size_t len)
{
	size_t width, pad;
	bool is_cut;

	utf8_fit(data, len, SIZE_MAX, &width);
	is_cut = w->is_fitted && width > w->widths[i];
	if (is_cut) {
		len = utf8_fit(data, len, w->widths[i] - 1, &width);
		width++;
	}
	pad = w->widths[i] > width ? w->widths[i] - width : 0;
	if (i > 0)
		text_adds(&w->text, "  ");
	if (is_number(w->columns[i].kind))
		text_addf(&w->text, "%*s", (int)pad, "");
	text_add(&w->text, data, len);
	text_adds(&w->text, is_cut ? "\xe2\x80\xa6" : "");
	if (!is_number(w->columns[i].kind) && i + 1 < w->n)
		text_addf(&w->text, "%*s", (int)pad, "");
}

/*
 * Fit the columns to the terminal by narrowing the widest, down to MIN_CELL.  A
 * table that is still too wide exceeds the width.
 */
static void
fit(struct output_writer *w)
{
	size_t all = w->n > 0 ? 2 * (w->n - 1) : 0, i, widest;

	for (i = 0; i < w->n; i++)
		all += w->widths[i];
	while (all > w->form->width) {
		widest = w->n;
		for (i = 0; i < w->n; i++)
			if (!is_number(w->columns[i].kind) &&
			    w->widths[i] > MIN_CELL && (widest == w->n ||
			    w->widths[i] > w->widths[widest]))
				widest = i;
		if (widest == w->n) {
			w->count->is_wide = true;
			return;
		}
		w->widths[widest]--;
		all--;
	}
}

/* Write the held rows, now that the widths are known. */
static void
flush_held(struct output_writer *w)
{
	const char *pos = w->held.data, *end = pos + w->held.len;
	size_t i = 0, len;

	if (w->form->width > 0 && !w->is_fitted) {
		fit(w);
		w->is_fitted = true;
	}
	for (; pos < end; pos += len + 1) {
		len = strlen(pos);
		add_padded(w, i, pos, len);
		if (++i == w->n) {
			text_addc(&w->text, '\n');
			i = 0;
		}
	}
	text_clear(&w->held);
	w->n_held = 0;
}

static void
hold(struct output_writer *w, size_t i, const char *data, size_t len)
{
	size_t width;

	utf8_fit(data, len, SIZE_MAX, &width);
	if (width > w->widths[i] && !w->is_fitted)
		w->widths[i] = width;
	text_add(&w->held, data, len);
	text_addc(&w->held, '\0');
}

static void
begin_table(struct output_writer *w)
{
	struct text shown;
	size_t i;

	w->widths = mem_zero(w->n + 1, sizeof(*w->widths));
	text_init(&shown, SIZE_MAX / 4);
	for (i = 0; i < w->n; i++) {
		/* PIVOT turns values into names. */
		text_clear(&shown);
		text_add_visible(&shown, w->columns[i].name,
		    strlen(w->columns[i].name));
		hold(w, i, shown.data != NULL ? shown.data : "", shown.len);
	}
	text_release(&shown);
}

static void
row_table(struct output_writer *w, const struct table_cell *cells)
{
	struct text shown;
	size_t i;

	text_init(&shown, SIZE_MAX / 4);
	for (i = 0; i < w->n; i++) {
		text_clear(&shown);
		add_shown(w, i, &cells[i], &shown);
		hold(w, i, shown.data != NULL ? shown.data : "", shown.len);
	}
	text_release(&shown);
	if (++w->n_held >= HELD_ROWS)
		flush_held(w);
}

static void
end_table(struct output_writer *w)
{
	flush_held(w);
	free(w->widths);
	w->widths = NULL;
}

const struct output_writes output_table = { begin_table, row_table,
    end_table };

/* -------------------------------------------------------------- expanded */

static void
begin_expanded(struct output_writer *w)
{
	size_t i, width;

	w->widths = mem_zero(1, sizeof(*w->widths));
	for (i = 0; i < w->n; i++) {
		utf8_fit(w->columns[i].name, strlen(w->columns[i].name),
		    SIZE_MAX, &width);
		if (width > *w->widths)
			*w->widths = width;
	}
}

/* Add the value, with its lines aligned. */
static void
add_block(struct output_writer *w, const char *data, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		text_addc(&w->text, data[i]);
		if (data[i] == '\n')
			text_addf(&w->text, "%*s", (int)*w->widths + 2, "");
	}
	text_addc(&w->text, '\n');
}

static void
row_expanded(struct output_writer *w, const struct table_cell *cells)
{
	struct text value;
	size_t i, width;

	text_init(&value, SIZE_MAX / 4);
	text_addf(&w->text, "%s[%" PRIu64 "]\n", w->count->rows > 0 ? "\n" :
	    "", w->count->rows + 1);
	for (i = 0; i < w->n; i++) {
		text_clear(&value);
		text_add_visible(&value, w->columns[i].name,
		    strlen(w->columns[i].name));
		utf8_fit(value.data != NULL ? value.data : "", value.len,
		    SIZE_MAX, &width);
		text_addf(&w->text, "%s%*s", value.data != NULL ? value.data :
		    "", (int)(*w->widths > width ? *w->widths - width : 0) +
		    2, "");
		text_clear(&value);
		add_value(w, i, &cells[i], &value);
		add_block(w, value.data, value.len);
	}
	text_release(&value);
}

static void
end_expanded(struct output_writer *w)
{
	free(w->widths);
	w->widths = NULL;
}

const struct output_writes output_expanded = { begin_expanded,
    row_expanded, end_expanded };
