/*
 * CSV by RFC 4180: lines end with CR LF, and a cell with a comma, a quote or a
 * line break is quoted.  An empty text is quoted as well; a cell without a
 * value is empty.  A cell with ";" is quoted too, since many spreadsheets end a
 * cell there and would run the rest as a formula.
 */

#include <string.h>

#include "output/output_internal.h"
#include "page/page.h"

static void
add_text(struct output_writer *w, struct span cell)
{
	bool native = w->form->native, guard = w->form->guard;
	unsigned how = (guard ? ESCAPE_FORMULA : 0) |
	    (!native || guard ? ESCAPE_SEMICOLON : 0) |
	    (!native ? ESCAPE_EMPTY : 0);

	if (escape_csv(&w->text, cell.data, cell.len, how))
		w->count->guarded++;
}

static void
begin(struct output_writer *w)
{
	const struct source_table *cut = w->form->cut;
	size_t i, n = cut != NULL ? cut->n_native : w->n;

	if (w->form->bom)
		text_adds(&w->text, "\xef\xbb\xbf");
	for (i = 0; i < n; i++) {
		const char *name = cut != NULL ? cut->native[i].name :
		    w->columns[i].name;

		text_adds(&w->text, i > 0 ? "," : "");
		add_text(w, (struct span){ name, strlen(name) });
	}
	text_adds(&w->text, w->form->native ? "\n" : "\r\n");
}

/* Cut the cells out of the record, byte for byte where possible. */
static void
cut_row(struct output_writer *w, struct span record)
{
	const struct source_table *cut = w->form->cut;
	struct span value;
	size_t i;

	if (record.len >= 3 && memcmp(record.data, "\xef\xbb\xbf", 3) == 0)
		record = (struct span){ record.data + 3, record.len - 3 };
	while (record.len > 0 && strchr(" \t\r", *record.data) != NULL)
		record = (struct span){ record.data + 1, record.len - 1 };
	for (i = 0; i < cut->n_native; i++) {
		if (i > 0)
			text_addc(&w->text, ',');
		if (!page_find(record, cut->native[i].path, &value) ||
		    page_is_null(value))
			continue;
		text_clear(&w->held);
		page_plain(value, &w->held);
		/* A negative number is never run as a formula. */
		if (*value.data == '-')
			text_add(&w->text, w->held.data, w->held.len);
		else
			add_text(w, (struct span){ w->held.data,
			    w->held.len });
	}
	text_addc(&w->text, '\n');
}

static void
row(struct output_writer *w, const struct table_cell *cells)
{
	size_t i;

	if (w->form->cut != NULL) {
		cut_row(w, cells[0].is.text);
		return;
	}
	for (i = 0; i < w->n; i++) {
		if (i > 0)
			text_addc(&w->text, ',');
		if (cells[i].is_null)
			continue;
		switch (w->columns[i].kind) {
		case TABLE_TEXT:
			add_text(w, cells[i].is.text);
			break;
		case TABLE_JSON:
			text_clear(&w->held);
			output_plain(TABLE_JSON, &cells[i], &w->held);
			add_text(w, (struct span){ w->held.data,
			    w->held.len });
			break;
		default:
			output_plain(w->columns[i].kind, &cells[i],
			    &w->text);
		}
	}
	text_adds(&w->text, w->form->native ? "\n" : "\r\n");
}

static void
end(struct output_writer *w)
{
	(void)w;
}

const struct output_writes output_csv = { begin, row, end };
