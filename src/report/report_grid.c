/*
 * A table in aligned columns of characters.  If it is too wide, texts are cut;
 * if it is still too wide, it is split into blocks, one below the other, each
 * repeating the leading columns that name the rows.
 */

#include <stdlib.h>
#include <string.h>

#include "report/report_internal.h"

#define TEXT_MAX 60	/* longer texts are always cut */
#define TEXT_MIN 18	/* texts are never cut shorter */
#define BETWEEN 2

/* Limits of the leading text columns that each block repeats. */
#define LEAD_MAX 50
#define LEAD_EACH 30
#define NAME_MAX_COLUMNS 24	/* in the header of a column of numbers */

struct grid {
	const struct report_view *view;
	const json_t *columns;
	const json_t *rows;
	size_t *shown;		/* indexes of the columns shown */
	size_t *widths;		/* of each of them */
	size_t n;
	size_t lead;		/* the number of leading columns */
	size_t first, n_rows;	/* the rows shown */
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
	/* A cell is never empty, so that columns stay visible. */
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
			width = utf8_width(cell.data, cell.len);
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

/* Narrow the widest text, one column at a time, until the table fits. */
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
	width = utf8_width(cell->data, cell->len);
	pad = width < grid->widths[j] ? grid->widths[j] - width : 0;
	if (report_right(unit_of(grid, j)))
		while (pad > 0 && pad--)
			text_addc(out, ' ');
	text_add(out, cell->data, cell->len);
	while (!last && pad > 0 && pad--)
		text_addc(out, ' ');
}

/* The table is split into blocks anyway, so its texts may be wider. */
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

/* Count the text columns at the left that are not too wide together. */
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

/* Add the leading columns and those from ${from} up to ${to}. */
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
