/*
 * Writing the rows of a query in some format.
 */

#include <stdlib.h>
#include <string.h>

#include "output/output_internal.h"

#define CHUNK (1 << 18)

static int
put(struct output_writer *w, const struct output_sink *sink,
    struct err *err)
{
	int rc = w->text.len == 0 ? 0 : sink->write(sink->cookie, w->text.data,
	    w->text.len, err);

	text_clear(&w->text);
	return rc;
}

void
output_note_time(struct output_count *count, const struct table_cell *cell)
{
	if (cell->is_null)
		return;
	if (!count->has_time || cell->is.integer < count->first_time)
		count->first_time = cell->is.integer;
	if (!count->has_time || cell->is.integer > count->last_time)
		count->last_time = cell->is.integer;
	count->has_time = true;
}

/* The index of the time column, or ${w->n}. */
static size_t
time_column(const struct output_writer *w)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (w->form->time != NULL &&
		    w->columns[i].kind == TABLE_TIME &&
		    strcmp(w->columns[i].name, w->form->time) == 0)
			break;
	return i;
}

static int
write_all(struct output_writer *w, const struct output_writes *writes,
    struct table_rows *rows, const struct output_sink *sink, struct err *err)
{
	const struct table_cell *cells;
	size_t when = time_column(w);
	int rc;

	writes->begin(w);
	while ((rc = table_next(rows, &cells, err)) == 1) {
		writes->row(w, cells);
		w->count->rows++;
		if (when < w->n)
			output_note_time(w->count, &cells[when]);
		if (w->text.len >= CHUNK && put(w, sink, err) == -1)
			return -1;
	}
	writes->end(w);
	return rc == -1 ? -1 : put(w, sink, err);
}

int
output_rows(struct table_rows *rows, const struct output_form *form,
    const struct output_sink *sink, struct output_count *count,
    struct err *err)
{
	struct output_writer w = { .form = form, .count = count };
	int rc;

	*count = (struct output_count){ .rows = 0 };
	w.columns = table_columns(rows, &w.n);
	text_init(&w.text, SIZE_MAX / 4);
	text_init(&w.held, SIZE_MAX / 4);
	rc = write_all(&w, output_format_info(form->format)->rows, rows, sink,
	    err);
	text_release(&w.text);
	text_release(&w.held);
	free(w.widths);
	return rc;
}
