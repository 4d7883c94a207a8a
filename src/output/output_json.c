/*
 * JSON as an array of objects, and JSON lines.  Records keep their original
 * bytes except for line breaks.
 */

#include <string.h>

#include "output/output_internal.h"

static void
add_row(struct output_writer *w, const struct table_cell *cells)
{
	size_t i;

	text_addc(&w->text, '{');
	for (i = 0; i < w->n; i++) {
		text_adds(&w->text, i > 0 ? "," : "");
		output_quoted(w->columns[i].name,
		    strlen(w->columns[i].name), &w->text);
		text_addc(&w->text, ':');
		output_cell_json(w->columns[i].kind, &cells[i], &w->text);
	}
	text_addc(&w->text, '}');
}

static void
begin_array(struct output_writer *w)
{
	text_addc(&w->text, '[');
}

static void
row_of_array(struct output_writer *w, const struct table_cell *cells)
{
	text_adds(&w->text, w->count->rows > 0 ? ",\n" : "\n");
	if (w->form->native)
		output_cell_json(TABLE_JSON, &cells[0], &w->text);
	else
		add_row(w, cells);
}

static void
end_array(struct output_writer *w)
{
	text_adds(&w->text, "\n]\n");
}

const struct output_writes output_json = { begin_array, row_of_array,
    end_array };

static void
begin_lines(struct output_writer *w)
{
	if (w->form->first != NULL)
		text_addf(&w->text, "%s\n", w->form->first);
}

static void
row_line(struct output_writer *w, const struct table_cell *cells)
{
	add_row(w, cells);
	text_addc(&w->text, '\n');
}

static void
end_lines(struct output_writer *w)
{
	(void)w;
}

const struct output_writes output_jsonl = { begin_lines, row_line,
    end_lines };
