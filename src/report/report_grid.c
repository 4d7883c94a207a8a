/*
 * A table in columns of characters.  One that is too wide gets narrower
 * texts; what is still too wide is set in blocks one below the other, each
 * with the columns in front that say what its rows are.
 */

#include <stdlib.h>
#include <string.h>

#include "report/report_internal.h"

#define TEXT_MAX 60	/* a text is cut here at the latest */
#define TEXT_MIN 18	/* and no earlier than here */
#define BETWEEN 2

/* In front of each block are the first columns of text, as long as these. */
#define LEAD_MAX 50
#define LEAD_EACH 30
#define NAME_MAX_COLUMNS 24	/* of numbers */

struct grid {
	const struct report_view *view;
	const json_t *columns;
	const json_t *rows;
	size_t *shown;		/* which columns */
	size_t *widths;		/* of each of these */
	size_t n;
	size_t lead;		/* how many of them say what a row is */
	size_t first, n_rows;	/* which rows */
};

static const char *
unit_of(const struct grid *grid, size_t j)
{
	return report_unit(grid->columns, grid->shown[j]);
}

/* Write row ${i}'s cell ${j}, or the header's, into ${cell}. */
static void
get_cell(const struct grid *grid, size_t i, size_t j, size_t max,
    struct text *cell)
{
	const char *name = report_name(grid->columns, grid->shown[j]);

	text_clear(cell);
	if (i == 0 && report_right(unit_of(grid, j)) &&
	    max > NAME_MAX_COLUMNS)
		max = NAME_MAX_COLUMNS;
	if (i == 0)
		report_add_clean(name, strlen(name), max, cell);
	else
		report_add_cell(grid->view, json_array_get(
		    json_array_get(grid->rows, grid->first + i - 1),
		    grid->shown[j]), unit_of(grid, j), max, cell);
	/* Not all numbers and times know of ${max}. */
	if (cell->len == 0)
		text_adds(cell, "-");
}

static void
measure(struct grid *grid)
{
	struct text cell;
	size_t i, j, width;

	text_init(&cell, SIZE_MAX / 4);
	for (j = 0; j < grid->n; j++) {
		for (i = 0; i <= grid->n_rows; i++) {
			get_cell(grid, i, j, TEXT_MAX, &cell);
			width = report_width(cell.data, cell.len);
			if (width > grid->widths[j])
				grid->widths[j] = width;
		}
	}
	text_release(&cell);
}

static size_t
width_of(const struct grid *grid)
{
	size_t j, width = 0;

	for (j = 0; j < grid->n; j++)
		width += grid->widths[j] + (j > 0 ? BETWEEN : 0);
	return width;
}

/* Take from the widest text, column for column, until all fits. */
static void
narrow(struct grid *grid, size_t width)
{
	size_t j, widest;

	while (width_of(grid) > width) {
		widest = grid->n;
		for (j = 0; j < grid->n; j++)
			if ((strcmp(unit_of(grid, j), "text") == 0 ||
			    strcmp(unit_of(grid, j), "map") == 0) &&
			    grid->widths[j] > TEXT_MIN &&
			    (widest == grid->n ||
			    grid->widths[j] > grid->widths[widest]))
				widest = j;
		if (widest == grid->n)
			return;
		grid->widths[widest]--;
	}
}

static void
add_cell(const struct grid *grid, size_t i, size_t j, bool last,
    struct text *cell, struct text *out)
{
	size_t width, pad;

	get_cell(grid, i, j, grid->widths[j], cell);
	width = report_width(cell->data, cell->len);
	pad = width < grid->widths[j] ? grid->widths[j] - width : 0;
	if (report_right(unit_of(grid, j)))
		while (pad > 0 && pad--)
			text_addc(out, ' ');
	text_add(out, cell->data, cell->len);
	while (!last && pad > 0 && pad--)
		text_addc(out, ' ');
}

/* It takes blocks anyway: so texts need not be that narrow. */
static void
widen(struct grid *grid, const size_t *natural)
{
	size_t j;

	for (j = 0; j < grid->n; j++)
		if (natural[j] < LEAD_EACH)
			grid->widths[j] = natural[j];
		else if (grid->widths[j] < LEAD_EACH)
			grid->widths[j] = LEAD_EACH;
}

/* How many columns at the left are text, and not too wide together. */
static void
find_lead(struct grid *grid)
{
	size_t width = grid->widths[0];

	for (grid->lead = 1; grid->lead < grid->n; grid->lead++) {
		width += BETWEEN + grid->widths[grid->lead];
		if (strcmp(unit_of(grid, grid->lead), "text") != 0 ||
		    width > LEAD_MAX)
			return;
	}
}

/* Set the columns that lead, and those from ${from} up to ${to}. */
static void
add_block(const struct grid *grid, size_t from, size_t to, struct text *out)
{
	struct text cell;
	size_t i, j;

	text_init(&cell, SIZE_MAX / 4);
	for (i = 0; i <= grid->n_rows; i++) {
		for (j = 0; j < to; j++) {
			if (j >= grid->lead && j < from)
				continue;
			text_addf(out, "%*s", j > 0 ? BETWEEN : 0, "");
			add_cell(grid, i, j, j + 1 == to, &cell, out);
		}
		text_addc(out, '\n');
	}
	text_release(&cell);
}

void
report_add_grid(const struct report_view *view,
    const json_t *section, size_t width, size_t limit, struct text *out)
{
	struct grid grid = {
		.view = view,
		.columns = json_object_get(section, "columns"),
		.rows = json_object_get(section, "rows"),
	};
	size_t from, to, used, i, *natural;

	grid.shown = report_columns(section, &grid.n);
	grid.widths = mem_zero(grid.n + 1, sizeof(*grid.widths));
	grid.n_rows = report_shown(section, limit, &grid.first);
	measure(&grid);
	natural = mem_copy(grid.widths, grid.n * sizeof(*natural));
	narrow(&grid, width);
	if (width_of(&grid) > width)
		widen(&grid, natural);
	find_lead(&grid);
	from = grid.lead;
	do {
		for (used = i = 0; i < grid.lead; i++)
			used += grid.widths[i] + (i > 0 ? BETWEEN : 0);
		for (to = from; to < grid.n; to++) {
			used += BETWEEN + grid.widths[to];
			if (used > width && to > from)
				break;
		}
		if (from > grid.lead)
			text_addc(out, '\n');
		add_block(&grid, from, to, out);
		from = to;
	} while (from < grid.n);
	free(grid.shown);
	free(grid.widths);
	free(natural);
}
